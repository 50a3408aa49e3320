"""K discriminators, evaluated together where their structure allows it.

Legend: K partitions, B records of each, *shape of one record.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from pargan.errors import ParganError, counted
from pargan.fast.parallel_streams import ParallelStreams
from pargan.fast.stacking import LogitsAndGradients, Stack, reason_not_stackable
from pargan.gan.streams import PartitionStreams
from pargan.records.conditioning import UNCONDITIONAL, Conditioning
from pargan.seeding import derive

logger = logging.getLogger(__name__)


class Discriminators(nn.ModuleList):
    """K independent networks; network k sees only row k of a batch.

    Networks with a method `features_of`, (..., *shape) -> (..., f), are given the features of a record in place of it,
    (B, f), and a condition behind these; a gradient penalty is on the gradient at the features.

    Args:
        discriminator: builds one network, (B, *shape) -> (B,) or (B, 1) logits; called K times, so that
            every network starts from its own random weights.
        num_partitions: K.
        rows: partitions to build networks for, where one process trains only some; by default all. Shapes below then
            have K = len(rows). Network k draws the same random numbers whichever rows are built.
        conditioning: what the networks are told beside a record.

    Raises:
        ParganError: K < 1, or the factory returned the same network twice.
    """

    def __init__(
        self,
        discriminator: Callable[[], nn.Module],
        num_partitions: int,
        rows: Sequence[int] | None = None,
        conditioning: Conditioning = UNCONDITIONAL,
    ) -> None:
        if num_partitions < 1:
            raise ParganError(
                "leaves no discriminator", argument="num_partitions", value=num_partitions, remedy="give 1 or more"
            )
        built = tuple(range(num_partitions) if rows is None else rows)
        networks = [discriminator() for _ in built]
        if len({id(network) for network in networks}) < len(networks):
            raise ParganError(
                "returned one network twice, so that partitions would share it",
                argument="discriminator",
                remedy="give a function that builds a new network at every call",
            )
        super().__init__(networks)
        self.num_partitions = num_partitions
        self.rows = built
        self.conditioning = conditioning
        self._streams: PartitionStreams | None = None  # of a loop, inside `drawing_from`
        self._is_drawing = False
        self._runs_in_parallel = False  # on a GPU, where networks are not stacked
        self._parallel_streams: ParallelStreams | None = None
        self._stack: Stack | None = None
        self._reason_not_stacked: str | None = None  # as logged last
        self.register_load_state_dict_post_hook(_rebind_parameters)  # assign=True replaces parameters

    def stack(self) -> list[nn.Parameter]:
        """Evaluate the networks as one from now on if they are dense and of equal structure, else in a loop.

        On a GPU the networks of a loop run at the same time.
        A single network is stacked too: its written-out derivatives save a fifth of a step with a gradient penalty.
        Copies, pickles and state dicts are those of K separate networks, and a copy is not stacked. Call it again
        after a layer was frozen or given a hook, and before an optimizer is made, which holds what is returned.

        Returns:
            The parameters to optimize. If the networks are stacked, one vector of which their parameters are views;
            the gradients of the parameters are views too, so change them in place only, as clipping does.
        """
        self._runs_in_parallel = True
        reason = reason_not_stackable(list(self))
        if reason is not None and reason != self._reason_not_stacked and len(self) > 1:
            logger.info(
                "the %d discriminators are computed one by one, which takes longer than as one, because %s",
                *(len(self), reason),
            )
        self._reason_not_stacked = reason
        if reason is not None:
            self._stack = None
        elif self._stack is None:
            self._stack = Stack(list(self), self.num_partitions, self.rows)
        self.rebind_parameters()
        return self.trainable_parameters

    @property
    def stacked(self) -> bool:
        """Whether the networks are evaluated as one."""
        return self._stack is not None

    @property
    def trainable_parameters(self) -> list[nn.Parameter]:
        """What `stack` returned last: all parameters, in one vector where the networks are stacked."""
        return list(self.parameters()) if self._stack is None else [self._stack.vector]

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """No gradients for the discriminators inside: they would be computed and thrown away."""
        learning = [parameter for parameter in self.trainable_parameters if parameter.requires_grad]
        for parameter in learning:
            parameter.requires_grad_(False)
        try:
            yield
        finally:
            for parameter in learning:
                parameter.requires_grad_(True)

    def forward(self, records: Tensor, condition: Tensor | None = None) -> Tensor:
        """Logits of every network on its own records: (K, B, *shape), (num_partitions, B, c) -> (K, B)."""
        return self._told_logits(self.tell(records, condition))

    def tell(self, records: Tensor, condition: Tensor | None) -> Tensor:
        """What networks take: records (K, B, *shape), or their features, beside conditions (num_partitions, B, c)."""
        self._refuse_other_num_partitions(records)
        records = features_of(self[0], records)
        if not self.conditioning.size_beside:
            return records
        return self.conditioning.tell_records(records, None if condition is None else self.select_rows(condition))

    def _told_logits(self, records: Tensor) -> Tensor:
        if self._stack is not None:
            return self._stack(records)
        if records.stride(0) == 0:  # one set of records for all, which a network may modify in place
            records = records.clone()
        if self._runs_in_parallel and records.is_cuda and not torch.compiler.is_compiling():
            return torch.stack(self._streams_on(records.device).map(self._logits, records.unbind()))
        return torch.stack([self._logits(index, row) for index, row in enumerate(records)])

    def _logits(self, index: int, records: Tensor) -> Tensor:
        """Logits (B,) of one network in a loop on its records (B, *shape)."""
        streams = self._streams if self._is_drawing else None
        if streams is not None:
            streams.enter(index)
        logits: Tensor = self[index](records).reshape(len(records))
        if streams is not None:
            streams.leave(index)
        return logits

    def _streams_on(self, device: torch.device) -> ParallelStreams:
        if self._parallel_streams is None or self._parallel_streams.device != device:
            self._parallel_streams = ParallelStreams(len(self), device)
        return self._parallel_streams

    def select_rows(self, values: Tensor) -> Tensor:
        """The rows of this process's networks: (num_partitions, ...) -> (K, ...)."""
        return values if len(self.rows) == self.num_partitions else values[list(self.rows)]

    @contextmanager
    def drawing_from(self, seed: int, step: int, device: torch.device) -> Iterator[None]:
        """Inside, what network k draws, such as its dropout, depends on (seed, step, k) alone.

        In a loop each network has a stream of its own. Stacked networks draw from the global stream, for all
        `num_partitions` at once, and take their rows.
        """
        if self._stack is None:
            if self._streams is None or self._streams.device != device:
                self._streams = PartitionStreams(len(self), device)
            self._streams.seed([derive(seed, f"discriminator {k}", step) for k in self.rows])
            self._is_drawing = True
        try:
            yield
        finally:
            self._is_drawing = False

    @property
    def generators(self) -> list[torch.Generator]:
        """The streams that networks in a loop draw from."""
        return self._streams.generators if self._is_drawing and self._streams is not None else []

    def logits_and_input_gradients(
        self, real: Tensor, fake: Tensor, penalised: Tensor | None, condition: Tensor | None = None
    ) -> LogitsAndGradients:
        """Everything that an update needs of the networks, in one pass if that gives the same.

        Args:
            real: (K, B, *shape).
            fake: (K, B, *shape), detached.
            penalised: the penalty records (K, n, *shape), detached, or None.
            condition: (num_partitions, B, c) of real, of fake, and of penalised, where n = B.

        Returns:
            The logits (K, B) of real and of fake, and the gradients (K, n, ...) of the logits at what the networks take
            of the penalty records, without a condition.
        """
        real, fake = self.tell(real, condition), self.tell(fake, condition)
        penalised = None if penalised is None else self.tell(penalised, condition)
        real_logits, fake_logits, gradients = self._told_logits_and_gradients(real, fake, penalised)
        return real_logits, fake_logits, None if gradients is None else self.conditioning.record_slopes(gradients)

    def _told_logits_and_gradients(self, real: Tensor, fake: Tensor, penalised: Tensor | None) -> LogitsAndGradients:
        in_one_pass = None if self._stack is None else self._stack.logits_and_input_gradients(real, fake, penalised)
        if in_one_pass is not None:
            return in_one_pass
        real_logits, fake_logits = self._told_logits(real), self._told_logits(fake)  # dropout is drawn in this order
        return real_logits, fake_logits, None if penalised is None else input_gradients(self._told_logits, penalised)

    def input_gradients(self, records: Tensor, condition: Tensor | None = None) -> Tensor:
        """Gradient of every logit at what its network takes of a record, for a loss to differentiate again.

        (K, B, *shape) -> (K, B, ...): records, or their features, without a condition.
        """
        return self.conditioning.record_slopes(input_gradients(self._told_logits, self.tell(records, condition)))

    def _refuse_other_num_partitions(self, records: Tensor) -> None:
        if len(records) != len(self):
            raise ParganError(
                f"holds {counted(len(records), 'partition')} for {len(self)} discriminators",
                argument="batch",
                remedy=f"give batches (K, B, *shape) with K={len(self)}",
            )

    def rebind_parameters(self) -> None:
        """Copy replaced parameters of stacked networks back into the one vector.

        Needed after `parameter.data = ...` or `load_state_dict(..., assign=True)` of one network; conversions, moves
        and state dicts of the whole list are followed at once.
        """
        if self._stack is not None:
            self._stack.rebind_parameters(list(self))

    def _apply(self, *arguments: Any, **settings: Any) -> "Discriminators":
        """Move or convert the parameters, which replaces them."""
        super()._apply(*arguments, **settings)
        self.rebind_parameters()
        return self

    def __getstate__(self) -> dict[str, Any]:
        """A copy consists of K separate networks, each with parameters of its own."""
        state = {**self.__dict__, "_streams": None, "_parallel_streams": None, "_is_drawing": False}
        return state if self._stack is None else {**state, "_stack": None, "_modules": deepcopy(self._modules)}


def features_of(network: nn.Module, records: Tensor) -> Tensor:
    """What a network takes of records: (..., *shape) -> (..., f) where it has a method of this name, else the same."""
    return network.features_of(records) if hasattr(network, "features_of") else records  # type: ignore[operator]


@torch.compiler.disable
def input_gradients(discriminators: Callable[[Tensor], Tensor], records: Tensor) -> Tensor:
    """Gradient of every logit at its record, (K, B, *shape) -> (K, B, *shape), differentiable in the parameters.

    Not compiled, because torch.compile does not support double backward.
    """
    records = records.detach().requires_grad_()
    # Every logit depends on its own record alone, so the gradient of the sum holds each record's gradient.
    (gradient,) = torch.autograd.grad(discriminators(records).sum(), records, create_graph=True)
    return gradient


def _rebind_parameters(discriminators: Discriminators, incompatible_keys: Any) -> None:
    discriminators.rebind_parameters()
