"""Where the figures on speed come from."""
