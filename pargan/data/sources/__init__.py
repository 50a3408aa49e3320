"""Data sources: functions that return a pool."""
