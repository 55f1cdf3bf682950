"""What reports: the targets and whether they hold, the tables, the page and its chart."""
