"""The commands `pargan-train`, -attack, -sample and -export, which train.py, attack.py and the others call.

An error in the user's input ends here: one line on stderr, exit status 1. What a job needs (PyTorch, Lightning) is
imported when the configuration has been read and checked, so that --help and typing errors are answered at once.
"""

import functools
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from pargan.app import resolvers
from pargan.app.argument_keys import errors_in_configuration_keys, typed
from pargan.app.command_line import as_typed, normalised
from pargan.app.config_checks import check_objective, check_recipe, check_structure, check_values
from pargan.app.config_directory import config_directory
from pargan.app.error_messages import as_called, error_message, exit_with
from pargan.app.gate_status import exit_if_gate_failed
from pargan.app.help_text import help_text
from pargan.app.interrupted import how_to_continue, how_to_continue_sweep
from pargan.app.output_folder import remove_created
from pargan.app.overrides import readable, refuse_nameless_options
from pargan.app.resume import resumed_config, settings_of
from pargan.app.saved_config import load_choices
from pargan.app.signals import signals_interrupt
from pargan.app.sweep import finished_before, record_failure, stored_overrides
from pargan.app.warning_lines import warnings_on_one_line
from pargan.errors import ParganError
from pargan.io.files import remove_partial_files
from pargan.io.locks import locked
from pargan.io.run_directory import RunDirectory
from pargan.io.sweep_directory import SweepDirectory

FULL_ERROR = "HYDRA_FULL_ERROR"
INTERRUPTED = 130  # exit status, as shells have it for SIGINT


def train() -> None:
    """Entry of train.py and pargan-train."""
    _enter("train", _train)


def attack() -> None:
    """Entry of attack.py and pargan-attack."""
    _enter("attack", _attack)


def sample() -> None:
    """Entry of sample.py and pargan-sample."""
    _enter("sample", _sample)


def export() -> None:
    """Entry of export.py and pargan-export."""
    _enter("export", _export)


def _enter(config_name: str, job: Callable[[DictConfig], Any]) -> None:
    resolvers.register()
    sys.argv[1:] = map(readable, sys.argv[1:])
    if not _is_in_run_directory(Path.cwd()):  # a stranger's would bring modules for what is not installed here
        sys.path.append(str(Path.cwd()))  # for `_target_: my_losses.Relativistic`
    with _hydra_raises() as wants_trace, warnings_on_one_line(), signals_interrupt():

        @functools.wraps(job)
        def job_or_exit(cfg: DictConfig) -> Any:
            try:
                return job(cfg)
            except Exception as error:  # here, because Hydra would print a line of its own before it
                _exit_or_raise(error, wants_trace)

        try:
            sys.argv[1:] = normalised(sys.argv[1:])
            if "--version" in sys.argv:
                print(f"pargan {version('pargan')}")
                return
            if {"--help", "-h"} & set(sys.argv):
                print(as_called(help_text(config_name, sys.argv[1:])))
                return
            refuse_nameless_options(sys.argv[1:])
            hydra.main(version_base="1.3", config_path=str(config_directory()), config_name=config_name)(job_or_exit)()
        except BrokenPipeError:  # as in `train.py --help | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except Exception as error:
            _exit_or_raise(error, wants_trace)
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            sys.exit(INTERRUPTED)


def _is_in_run_directory(folder: Path) -> bool:
    return any(RunDirectory(parent).config.is_file() for parent in (folder, *folder.parents))


@contextmanager
def _hydra_raises() -> Iterator[bool]:
    """Keep Hydra from printing errors itself, on many lines; yields whether the user asked for stack traces."""
    asked = os.environ.get(FULL_ERROR)
    os.environ[FULL_ERROR] = "1"
    try:
        yield asked == "1"
    finally:
        del os.environ[FULL_ERROR]
        if asked is not None:
            os.environ[FULL_ERROR] = asked


def _exit_or_raise(error: Exception, wants_trace: bool) -> NoReturn:
    """End with the error's message, or raise it again where it is a bug or the user asked for the stack trace."""
    message = error_message(error)
    if message is None or wants_trace:
        raise error
    exit_with(message)


def _train(cfg: DictConfig) -> float:
    job = HydraConfig.get()
    # Unresolved: Hydra would look for the ${seed} of an override among its own keys.
    overrides: Any = OmegaConf.to_container(job.overrides.task, resolve=False)
    if cfg.resume is not None:
        return _resume(cfg, overrides)
    directory = RunDirectory(Path(job.runtime.output_dir))
    try:
        if cfg.trust is not None:
            problem = "is for resume=: what a new run names is your own configuration"
            raise ParganError(problem, argument="trust", value=typed(cfg.trust), remedy="leave it out")
        settings = settings_of(cfg, job.runtime.choices, overrides)
    except Exception:
        _discard_unstarted(directory)
        raise
    if job.mode == RunMode.MULTIRUN and (before := finished_before(directory)):
        print(f"finished before: {directory.from_here}", flush=True)
        return _objective(cfg, before)
    try:
        with _resumable(directory, cfg):
            _refuse_another_folder(cfg, directory)
            result = _fit(cfg, directory, settings, job.runtime.choices, overrides)
    except Exception as error:
        if job.mode == RunMode.RUN:
            _discard_unstarted(directory)
            raise
        # One job must not end the sweep, and Hydra itself would report it only after the last job.
        message = error_message(error)
        if message is None:
            traceback.print_exc()
        print(f"job {job.job.num} failed: {message or repr(error)}", file=sys.stderr)
        record_failure(directory, settings, message or repr(error))
        return math.nan
    if job.mode == RunMode.RUN:  # the jobs of a sweep are counted at its end
        exit_if_gate_failed(result)
    return _objective(cfg, result)  # not caught: a metric that one job does not have is missing in the others too


def _fit(
    cfg: DictConfig,
    directory: RunDirectory,
    settings: dict[str, Any],
    choices: Mapping[str, Any],
    overrides: Sequence[str] = (),
) -> dict[str, Any]:
    """Check the configuration, print what is trained, then import what trains it."""
    check_structure(cfg, "train")
    check_recipe(choices, overrides)
    check_values(cfg)
    check_objective(cfg)
    with errors_in_configuration_keys(cfg, choices), _locked(directory):
        remove_partial_files(directory.path, skipped=("attacks", "reference_models"))  # whose writers have other locks
        named = ", ".join(f"{key}={settings[key]}" for key in ("dataset", "loss", "num_partitions", "seed"))
        print(f"training {named} -> {directory.from_here}", flush=True)
        from pargan.app.train import train as train_run

        return train_run(cfg, settings)


def _objective(cfg: DictConfig, result: Mapping[str, Any]) -> float:
    from pargan.app.train import objective

    return objective(cfg.objective, result)


def _refuse_another_folder(cfg: DictConfig, directory: RunDirectory) -> None:
    """Refuse a run directory other than the folder where Hydra writes the run's configuration."""
    if Path(str(cfg.run_directory)) != directory.path:
        raise ParganError(
            f"run_directory={cfg.run_directory} is not where the run's configuration is written; "
            f"give {as_typed('hydra.run.dir', cfg.run_directory)}, or hydra.sweep.dir=... for a sweep"
        )


def _resume(composed: DictConfig, overrides: list[str]) -> float:
    try:
        directory = RunDirectory.open(str(composed.resume), argument="resume")
        with _resumable(directory, composed):
            given = [text for text in overrides if not text.startswith("resume=")]
            cfg = resumed_config(directory, given, composed)
            choices, first_overrides = load_choices(directory)
            result = _fit(cfg, directory, settings_of(cfg, choices, first_overrides), choices)
        exit_if_gate_failed(result)
        return _objective(cfg, result)
    except Exception:
        remove_created(Path(HydraConfig.get().runtime.output_dir))
        raise


def _attack(cfg: DictConfig) -> None:
    output = RunDirectory(Path(HydraConfig.get().runtime.output_dir))
    try:
        check_structure(cfg, "attack")
        check_values(cfg)
        with errors_in_configuration_keys(cfg, HydraConfig.get().runtime.choices), _locked(output):
            print(f"attacking with {', '.join(cfg.attack) or 'no attack'} -> {output.from_here}", flush=True)
            from pargan.app.attack import attack as attack_target

            result = attack_target(cfg, output.path)
        output.lock.unlink(missing_ok=True)  # a finished audit is not written again
    except (Exception, KeyboardInterrupt, SystemExit) as error:  # SystemExit: Lightning's, in a reference model
        if output.result.exists() and isinstance(error, KeyboardInterrupt):
            print(f"interrupted; the metrics are in {output.result}", file=sys.stderr)
            sys.exit(INTERRUPTED)
        remove_created(output.path)
        if isinstance(error, Exception):
            raise
        print("interrupted; the same command continues where it stopped", file=sys.stderr)
        sys.exit(INTERRUPTED)
    exit_if_gate_failed(result)


def _sample(cfg: DictConfig) -> None:
    check_values(cfg)
    with errors_in_configuration_keys(cfg, {}):
        from pargan.app.release import sample as sample_run

        sample_run(cfg)


def _export(cfg: DictConfig) -> None:
    check_values(cfg)
    with errors_in_configuration_keys(cfg, {}):
        from pargan.app.release import export as export_run

        export_run(cfg)


@contextmanager
def _locked(directory: RunDirectory) -> Iterator[None]:
    """Refuse a run that another process is training: both would write the same files."""

    def refuse() -> NoReturn:
        raise ParganError(
            f"{directory.from_here} is still being trained by another process; wait until that has ended, or stop it, "
            f"and give {as_typed('resume', directory.from_here)} again"
        )

    with locked(directory.lock, refuse):
        yield


@contextmanager
def _resumable(directory: RunDirectory, cfg: DictConfig) -> Iterator[None]:
    """Print how to continue an interrupted run. Lightning turns SIGINT and SIGTERM into SystemExit, SIGTERM into 0."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        _discard_unstarted(directory)
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            sweep = SweepDirectory(Path(HydraConfig.get().sweep.dir))
            print(how_to_continue_sweep(sweep.path, stored_overrides(sweep)), file=sys.stderr)
        elif directory.membership.exists():
            print(how_to_continue(directory, cfg), file=sys.stderr)
        else:
            print("interrupted before the first step; nothing was written", file=sys.stderr)
        sys.exit(INTERRUPTED)


def _discard_unstarted(directory: RunDirectory) -> None:
    """Remove the folder that Hydra created for a run that was refused before its first step."""
    if not directory.membership.exists():
        remove_created(directory.path)
