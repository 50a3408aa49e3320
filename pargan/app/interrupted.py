"""How to continue an interrupted run, and from which epoch; and an interrupted sweep."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from omegaconf import DictConfig

from pargan.app.command_line import as_typed
from pargan.errors import counted
from pargan.io.run_directory import RunDirectory


def how_to_continue(directory: RunDirectory, cfg: DictConfig) -> str:
    """The message for the user, of a run whose training had begun.

    A checkpoint is written where it is due, never in the middle of an epoch: a run that goes on from one equals the run
    that was not interrupted.
    """
    from pargan.app.trust import overrides_to_resume
    from pargan.io.checkpoints import load_checkpoint  # PyTorch has been imported by the training

    more = map(shlex.quote, overrides_to_resume(cfg))
    again = " ".join([as_typed("resume", directory.from_here), *more])
    if not directory.last_checkpoint.is_file():
        return f"interrupted; there is no checkpoint yet, so it starts again at epoch 1; continue with {again}"
    done = load_checkpoint(directory.last_checkpoint)["loops"]["fit_loop"]["epoch_progress"]["current"]["processed"]
    return f"interrupted; {counted(done, 'epoch is', 'epochs are')} kept; continue at epoch {done + 1} with {again}"


def how_to_continue_sweep(folder: Path, overrides: Sequence[str] | None) -> str:
    """The message for the user, of a sweep in one of whose jobs Ctrl+C was typed.

    Args:
        folder: of the sweep.
        overrides: of the command that started it; None where they are not known.
    """
    kept = "the jobs that have finished are kept, and the one that was interrupted starts again"
    again = "the same command and " + as_typed("hydra.sweep.dir", folder)
    return (
        f"interrupted; continue the sweep with {again if overrides is None else sweep_again(folder, overrides)}; {kept}"
    )


def sweep_again(folder: Path, overrides: Sequence[str]) -> str:
    """What to type after the name of the command to continue a sweep."""
    return " ".join(["-m", *map(shlex.quote, overrides), as_typed("hydra.sweep.dir", folder)])
