"""One training batch: K rows of records, one row per partition.

Legend: K partitions, B records of each, *shape of one record, c numbers in a condition.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from pargan.errors import ParganError


@dataclass  # not frozen: for precision=64-true and bf16-true Lightning assigns converted tensors to the fields
class Batch:
    """The records of one training step, and what is known about each of them.

    A batch is carried unchanged from the data loader through the training step, compiled and recorded steps included.

    Attributes:
        records: (K, B, *shape), row k drawn from partition k.
        condition: (K, B, c), what both networks are told about a record: see `pargan.records.Conditioning`. Of all
            partitions, also where a process trains some of them: the generator is called once for all. None for none.
        weight: (K, B), 0 or more: how much a record counts in the mean over its row. None counts all alike.
    """

    records: Tensor
    condition: Tensor | None = None
    weight: Tensor | None = None

    @classmethod
    def wrap(cls, batch: "Batch | Tensor") -> "Batch":
        """A batch as it is; a plain tensor (K, B, *shape), as a user's own data loader may give, as its records."""
        return batch if isinstance(batch, Batch) else cls(batch)

    @property
    def tensors(self) -> list[Tensor]:
        """The tensors that are present."""
        return [tensor for tensor in (self.records, self.condition, self.weight) if tensor is not None]

    def map(self, function: Callable[[Tensor], Tensor]) -> "Batch":
        """A batch of `function(tensor)` for every tensor that is present, called in the order of `tensors`."""
        records = function(self.records)
        condition = None if self.condition is None else function(self.condition)
        weight = None if self.weight is None else function(self.weight)
        return Batch(records, condition, weight)

    def refuse_other_condition(self, num_partitions: int, size: int) -> None:
        """Refuse a batch without the conditions that the networks are told, `size` numbers beside each record.

        Raises:
            ParganError: there is no condition, or one of another shape; where `size` is 0, none is needed.
        """
        wanted = (num_partitions, self.records.shape[1], size)
        found = None if self.condition is None else tuple(self.condition.shape)
        if size and found != wanted:
            raise ParganError(
                f"holds {'no condition' if found is None else f'conditions of shape {found}'}, and the networks are "
                f"told one of shape {wanted}",
                argument="batch",
                remedy="train on a PartitionDataModule with the same conditioning, or give Batch(records, condition)",
            )

    def to(self, *arguments: Any, **settings: Any) -> "Batch":
        """The batch on another device, or of another type: `Tensor.to` of every tensor. Lightning calls it."""
        return self.map(lambda tensor: tensor.to(*arguments, **settings))

    def pin_memory(self) -> "Batch":
        """The batch in pinned memory; PyTorch's data loader calls it."""
        return self.map(Tensor.pin_memory)
