"""Files, checkpoints, loggers, locks, progress bars, provenance and the paths of a run directory."""
