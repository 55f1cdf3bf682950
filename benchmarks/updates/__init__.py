"""What updates do to thousands of edits, counted for this layout and for the usual one."""
