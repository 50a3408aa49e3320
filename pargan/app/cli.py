"""The commands `pargan-train` and `pargan-attack`, which train.py and attack.py call.

Every error of the user's ends here as one sentence on stderr and exit status 1.
"""

import functools
import math
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from pargan.app import resolvers, run
from pargan.app.config_directory import config_directory
from pargan.app.error_messages import say_and_exit, sentence
from pargan.app.resume import resumed_config, settings_of
from pargan.app.sweep import record_failure
from pargan.errors import ParganError
from pargan.io.locks import locked
from pargan.io.run_directory import RunDirectory

FULL_ERROR = "HYDRA_FULL_ERROR"
INTERRUPTED = 130  # exit status, as shells have it for SIGINT


def train() -> None:
    """Entry of train.py and pargan-train."""
    _enter("train", _train)


def attack() -> None:
    """Entry of attack.py and pargan-attack."""
    _enter("attack", _attack)


def _enter(config_name: str, job: Callable[[DictConfig], Any]) -> None:
    resolvers.register()
    with _hydra_raises() as wants_trace:

        @functools.wraps(job)
        def ending_in_a_sentence(cfg: DictConfig) -> Any:
            try:
                return job(cfg)
            except Exception as error:  # here, because Hydra would print a line of its own before it
                _say_and_exit(error, wants_trace)

        try:
            hydra.main(version_base="1.3", config_path=str(config_directory()), config_name=config_name)(
                ending_in_a_sentence
            )()
        except Exception as error:
            _say_and_exit(error, wants_trace)
        except KeyboardInterrupt:
            sys.exit(INTERRUPTED)


@contextmanager
def _hydra_raises() -> Iterator[bool]:
    """Keep Hydra from printing errors itself, on many lines; gives whether the user asked for stack traces."""
    asked = os.environ.get(FULL_ERROR)
    os.environ[FULL_ERROR] = "1"
    try:
        yield asked == "1"
    finally:
        del os.environ[FULL_ERROR]
        if asked is not None:
            os.environ[FULL_ERROR] = asked


def _say_and_exit(error: Exception, wants_trace: bool) -> NoReturn:
    message = sentence(error)
    if message is None or wants_trace:
        raise error
    say_and_exit(message)


def _train(cfg: DictConfig) -> float:
    job = HydraConfig.get()
    if cfg.resume is not None:
        return _resume(cfg, list(job.overrides.task))
    directory = RunDirectory(Path(job.runtime.output_dir))
    settings = settings_of(cfg, job)
    try:
        _refuse_another_folder(cfg, directory)
        with _alone(directory), _resumable(directory):
            result = run.train(cfg, settings)
    except Exception as error:
        if job.mode == RunMode.RUN:
            _discard_unstarted(directory)
            raise
        # One job must not end the sweep, and Hydra itself would mention it only after the last job.
        message = sentence(error)
        if message is None:
            traceback.print_exc()
        print(f"job {job.job.num} failed: {message or repr(error)}", file=sys.stderr)
        record_failure(directory, settings, message or repr(error))
        return math.nan
    return run.objective(cfg, result)  # what is not measured in one job is not in the others either


def _refuse_another_folder(cfg: DictConfig, directory: RunDirectory) -> None:
    """Refuse a run apart from the configuration that Hydra keeps for it, without which it is no run directory."""
    if Path(cfg.run_directory) != directory.path:
        raise ParganError(
            f"run_directory={cfg.run_directory} is not where the run's configuration is written; "
            f"give hydra.run.dir={cfg.run_directory}, or hydra.sweep.dir=... for a sweep"
        )


def _resume(composed: DictConfig, overrides: list[str]) -> float:
    try:
        directory = RunDirectory.open(composed.resume, key="resume")
        cfg = resumed_config(directory, [each for each in overrides if not each.startswith("resume=")], composed)
        saved = OmegaConf.load(directory.hydra)
        with _alone(directory), _resumable(directory):
            return run.objective(cfg, run.train(cfg, settings_of(cfg, saved.hydra)))
    except Exception:
        _take_away(Path(HydraConfig.get().runtime.output_dir))
        raise


def _attack(cfg: DictConfig) -> None:
    output = Path(HydraConfig.get().runtime.output_dir)
    try:
        run.attack(cfg, output)
    except (Exception, KeyboardInterrupt):
        _take_away(output)
        raise
    except SystemExit:  # Lightning's, out of the training of a reference model
        _take_away(output)
        print("interrupted; the same command continues where it stopped", file=sys.stderr)
        sys.exit(INTERRUPTED)


@contextmanager
def _alone(directory: RunDirectory) -> Iterator[None]:
    """Refuse a run that another process is training: both would write the same files."""

    def refuse() -> NoReturn:
        raise ParganError(
            f"{directory.from_here} is still being trained by another process; wait until that has ended, or stop it, "
            f"and give resume={directory.from_here} again"
        )

    with locked(directory.lock, refuse):
        yield


@contextmanager
def _resumable(directory: RunDirectory) -> Iterator[None]:
    """Say how an interrupted run goes on; Lightning makes SystemExit of SIGINT and SIGTERM, of the latter with 0."""
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        if directory.membership.exists():
            print(f"interrupted; continue with resume={directory.from_here}", file=sys.stderr)
        else:
            _discard_unstarted(directory)
        sys.exit(INTERRUPTED)


def _discard_unstarted(directory: RunDirectory) -> None:
    """Take away the folder Hydra made for a run that was refused before its first step."""
    if not directory.membership.exists():
        _take_away(directory.path)


def _take_away(folder: Path) -> None:
    """Remove a folder this process made a moment ago, and the folders around it that hold nothing else."""
    shutil.rmtree(folder)
    for parent in folder.parents:
        if parent == Path.cwd() or any(parent.iterdir()):
            return
        parent.rmdir()
