"""The generalization gap: mean discriminator logit on its training records minus the mean on unseen records.

Legend: K partitions, m members, n nonmembers.
"""

import numpy as np


def generalization_gap(members: np.ndarray, partition: np.ndarray, nonmembers: np.ndarray) -> np.ndarray:
    """Mean of the logits z_k over partition k minus their mean over nonmembers, for each discriminator k.

    Args:
        members: (K, m) standardised logits of all discriminators on all members.
        partition: (m,) partition of each member, 0 to K - 1.
        nonmembers: (K, n) standardised logits of all discriminators on nonmembers.

    Returns:
        (K,) gaps in standard deviations of the discriminator's logit; NaN for a partition without members.
    """
    partition_logits = [logits[partition == k] for k, logits in enumerate(members)]
    means = np.array([logits.mean() if logits.size else np.nan for logits in partition_logits])
    return means - nonmembers.mean(axis=1)
