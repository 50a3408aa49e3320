"""Where the metrics on speed come from."""
