"""Classes of records from an array, however they were written. Legend: N records, C classes."""

from collections.abc import Mapping

import numpy as np

from pargan.errors import ParganError


def class_values(labels: np.ndarray, num_records: int, key: str, argument: str, path: str) -> np.ndarray:
    """(N,) or (N, 1) integers, whole floats, truth values or texts, or one-hot rows (N, C) -> (N,) int64 or texts.

    1, 1.0 and True are one class; so is a 1 in the second of C columns.

    Args:
        labels: the array.
        num_records: N.
        key: name of the array, for errors.
        argument, path: the parameter that the array's file was given as, and the file.

    Raises:
        ParganError: another number of labels, or values that name no class.
    """

    def refuse(problem: str, remedy: str) -> ParganError:
        return ParganError(f"has labels {key} {problem}", argument=argument, value=path, remedy=remedy)

    leave_out = "or leave them out with labels_key=None"
    if labels.dtype.kind not in "iubfUS" or labels.ndim not in (1, 2) or len(labels) != num_records:
        raise refuse(
            f"of type {labels.dtype} and shape {labels.shape} for {num_records} records",
            f"write {num_records} integers, {leave_out}",
        )
    if labels.ndim == 2 and labels.shape[1] > 1:
        if labels.dtype.kind in "US" or not (((labels == 0) | (labels == 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise refuse(
                f"of shape {labels.shape} that are not one-hot (a single 1 in each row, 0 elsewhere)",
                f"write one label for each record, {leave_out}",
            )
        return labels.argmax(axis=1)
    flat = labels.reshape(-1)
    if flat.dtype.kind in "US":
        return flat.astype(np.str_)
    if flat.dtype.kind == "f" and not (np.isfinite(flat) & (flat == np.rint(flat))).all():
        raise refuse("that are not whole numbers", f"write {num_records} integers, {leave_out}")
    return flat.astype(np.int64)


def numbered(groups: Mapping[str, np.ndarray | None]) -> tuple[dict[str, np.ndarray | None], tuple[str, ...] | None]:
    """Number the classes of several groups alike, in their order: 0, 1, ... (N,) values -> (N,) int64.

    Returns:
        The numbers of each group, and what the user calls class 0, 1, ...; None where no group has labels.
    """
    known = [values for values in groups.values() if values is not None]
    if not known:
        return dict(groups), None
    classes = np.unique(np.concatenate(known))
    numbers = {
        name: None if values is None else np.searchsorted(classes, values.astype(classes.dtype))
        for name, values in groups.items()
    }
    return numbers, tuple(map(str, classes.tolist()))
