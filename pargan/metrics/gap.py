"""The generalization gap: how much higher a discriminator rates its own records than records it never saw.

Legend: K partitions, m members, n nonmembers.
"""

import numpy as np


def generalization_gap(members: np.ndarray, partition: np.ndarray, nonmembers: np.ndarray) -> np.ndarray:
    """Mean of z_k over partition k minus mean of z_k over nonmembers, per discriminator.

    Args:
        members: (K, m) standardised logits of every discriminator on every member.
        partition: (m,) the partition of each member.
        nonmembers: (K, n) standardised logits on nonmembers.

    Returns:
        (K,) gaps in standard deviations of the discriminator's logit; NaN for a partition without a member.
    """
    own = [row[partition == k] for k, row in enumerate(members)]
    means = np.array([row.mean() if row.size else np.nan for row in own])
    return means - nonmembers.mean(axis=1)
