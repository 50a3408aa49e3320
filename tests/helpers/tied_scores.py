"""Scores with many ties, and their form for scikit-learn."""

import numpy as np
from hypothesis import strategies as st

# Few distinct values, so that most examples have ties within and between the groups.
tied_scores = st.lists(st.integers(-3, 3).map(float), min_size=1, max_size=40).map(np.array)


def labelled(members, nonmembers):
    """(labels, scores) of both groups, as scikit-learn takes them."""
    return np.repeat([1, 0], [len(members), len(nonmembers)]), np.concatenate([members, nonmembers])
