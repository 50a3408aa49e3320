"""Exact copies of known records among generated ones. Legend: N records, *shape of one record in model space."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pargan.records.pool import record_hashes
from pargan.records.spec import RecordSpec


@dataclass
class CopyCounts:
    """How many generated records equal a known one.

    Attributes:
        checked: generated records that were compared.
        copies: group -> how many of them equal a record of the group.
        sizes: group -> number of its records.
    """

    checked: int
    copies: dict[str, int]
    sizes: dict[str, int]

    def sentence(self) -> str:
        """For the terminal and the model card."""
        parts = [
            f"{number:,} ({number / max(self.checked, 1):.2%}) equal one of {self.sizes[name]:,} {name}"
            for name, number in self.copies.items()
        ]
        return f"of {self.checked:,} generated records {' and '.join(parts)}"


class KnownRecords:
    """Groups of real records, of which only hashes are kept.

    Args:
        groups: name -> (N, *shape) records in model space.
        spec: the record format; records are compared as they would be written.
    """

    def __init__(self, groups: Mapping[str, np.ndarray], spec: RecordSpec) -> None:
        self._hashes = {name: np.unique(record_hashes(_written(records, spec))) for name, records in groups.items()}
        self._spec = spec
        self.counts = CopyCounts(0, dict.fromkeys(groups, 0), {name: len(records) for name, records in groups.items()})

    def find(self, records: np.ndarray) -> dict[str, np.ndarray]:
        """Group -> (N,) bool: which generated records equal one of its records; they are counted in `counts`."""
        hashes = record_hashes(_written(records, self._spec))
        found = {name: np.isin(hashes, known) for name, known in self._hashes.items()}
        self.counts.checked += len(records)
        for name, is_copy in found.items():
            self.counts.copies[name] += int(is_copy.sum())
        return found


def _written(records: np.ndarray, spec: RecordSpec) -> np.ndarray:
    if not len(records):  # which scikit-learn's encoders refuse
        return records
    return np.ascontiguousarray(spec.snap(records), dtype=np.float32)
