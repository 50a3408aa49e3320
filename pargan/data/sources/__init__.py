"""Sources of records: each function returns a pool."""
