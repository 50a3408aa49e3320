"""One forward pass before anything is written, so that networks that do not fit are refused and not met in a step.

Legend: K partitions, B records of each, *shape of one record.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from pargan.errors import ParganError
from pargan.gan.module import ParGANModule
from pargan.seeding import seeded

NETWORK_ERRORS = (RuntimeError, ValueError, TypeError, IndexError)


def refuse_unfit_networks(module: ParGANModule, shape: tuple[int, ...], batch_size: int) -> None:
    """Evaluate generator and first discriminator in training mode, on two records, or one where a batch is one.

    Weights, buffers and random numbers stay as they are.

    Args:
        module: its networks, with weights, on the CPU.
        shape: of one record.
        batch_size: B.

    Raises:
        ParganError: the generator does not take the latents or returns records of another shape, the discriminator
            does not return one logit per record, or a layer such as BatchNorm needs more records than a batch has.
    """
    with torch.no_grad(), seeded(0, torch.device("cpu")):
        latents = module.updates.latents(module.num_partitions, batch_size, module.latent_dim, torch.device("cpu"))
        num_latents = latents.numel() // module.latent_dim
        conditioning = module.conditioning
        if conditioning.size:
            num_latents = module.num_partitions * batch_size  # shared latents too are told K conditions
        told = module.latent_dim + conditioning.size
        records = _outputs(module.generator, lambda n: torch.zeros(n, told), num_latents, batch_size)
        if isinstance(records, Exception):
            raise ParganError(
                f"does not fit the generator, which cannot take latents of that length ({_reason(records)})",
                argument="latent_dim",
                value=module.latent_dim,
                remedy="give the length that the generator was built with",
            ) from records
        if tuple(records.shape[1:]) != tuple(shape):
            raise ParganError(
                f"returns records of shape {tuple(records.shape[1:])}, and the data has {tuple(shape)}",
                argument="generator",
                remedy="build it for the record format of the data",
            )
        discriminators = module.discriminators

        def judged(number: int) -> Tensor:
            condition = torch.zeros(module.num_partitions, number, conditioning.size)
            return discriminators.tell(torch.zeros(len(discriminators), number, *shape), condition)[0]

        logits = _outputs(discriminators[0], judged, batch_size, batch_size)
        if isinstance(logits, Exception) or logits.numel() != len(logits):
            returned = _reason(logits) if isinstance(logits, Exception) else f"it returns {tuple(logits.shape)}"
            raise ParganError(
                f"does not map records of shape {tuple(shape)} to one logit each ({returned})",
                argument="discriminator",
                remedy="build it for the record format of the data",
            )


def _outputs(network: nn.Module, inputs: Callable[[int], Tensor], number: int, batch_size: int) -> Tensor | Exception:
    """The output for min(number, 2) records, or the error that two records end in.

    Raises:
        ParganError: one record is too few, and two are not.
    """
    with _same_afterwards(network):
        try:
            return network(inputs(min(number, 2)))
        except NETWORK_ERRORS as error:
            if number > 1:
                return error
            try:
                network(inputs(2))
            except NETWORK_ERRORS as further:
                return further
            raise ParganError(
                f"is too small for a layer of these networks ({_reason(error)})",
                argument="batch_size",
                value=batch_size,
                remedy="give batch_size=2 or more",
            ) from error


@contextmanager
def _same_afterwards(network: nn.Module) -> Iterator[None]:
    """Training mode inside; afterwards modes and buffers, such as BatchNorm's averages, are as before."""
    modes = [(layer, layer.training) for layer in network.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in network.buffers()]
    network.train()
    try:
        yield
    finally:
        for layer, mode in modes:
            layer.training = mode
        for buffer, before in buffers:
            buffer.copy_(before)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
