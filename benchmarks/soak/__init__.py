"""Keep rendered servers busy for an hour, and look whether they are still what they were."""
