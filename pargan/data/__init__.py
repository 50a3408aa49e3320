"""Data: sources, the facts about their records, the split into groups and partitions, and batches.

Nothing is imported here, so that `pargan.data.partition` and its neighbours stay free of Lightning.
"""
