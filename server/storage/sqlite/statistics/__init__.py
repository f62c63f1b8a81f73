"""Statistics of the embedded store: sums that the index keeps, and beside them what it does not have yet."""
