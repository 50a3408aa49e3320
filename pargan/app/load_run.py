"""A finished run, given back from its directory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from omegaconf import DictConfig

from pargan.app import resolvers
from pargan.app.allowed_targets import Trust
from pargan.app.argument_keys import errors_in_configuration_keys
from pargan.app.config_digest import check_config_digest
from pargan.app.objects import build_datamodule, build_module, device_of
from pargan.app.saved_config import load_config
from pargan.app.trust import check_trusted
from pargan.data.datamodule import PartitionDataModule
from pargan.data.membership import Membership
from pargan.errors import ParganError
from pargan.gan.module import ParGANModule
from pargan.io.checkpoints import load_checkpoint
from pargan.io.run_directory import RunDirectory

NOT_BUILT = ("callbacks", "logger", "attack", "audit")
"""Keys of the configuration that only a training builds."""


@dataclass(frozen=True)
class LoadedRun:
    """A run of train.py, rebuilt.

    Attributes:
        directory: where it lies.
        cfg: the configuration it was trained with; empty where only a training builds something: callbacks, logger,
            attack and audit.
        datamodule: its data, set up, with the membership of the run.
        module: its networks with the weights of a checkpoint.
    """

    directory: RunDirectory
    cfg: DictConfig
    datamodule: PartitionDataModule
    module: ParGANModule

    def untrained(self) -> ParGANModule:
        """The same networks with the weights the run began with, on the CPU."""
        return build_module(self.cfg, self.datamodule.spec, self.datamodule.conditioning)


def load_run(
    directory: str | Path,
    checkpoint: str = "last",
    device: str = "cpu",
    *,
    data_dir: str | None = None,
    dataset_path: str | None = None,
    inception: str | None = None,
    trust: bool | str | Sequence[str] = False,
) -> LoadedRun:
    """Rebuild a run of train.py from its directory: `run = pargan.load_run("outputs/digits-js-k5-s0/<time>")`.

    The directory may come from a stranger: only networks, losses and data sets of pargan, torch.nn and torch.optim
    are built, and nothing is written outside of the directory.

    Args:
        directory: the run directory that train.py printed.
        checkpoint: a name in its `checkpoints/`, without .ckpt: last or best.
        device: for the networks: cpu, cuda, cuda:1; auto takes the GPU where there is one.
        data_dir: where downloaded data lies; None: where the run found it.
        dataset_path: the run's own file or folder of records, where it has moved; None: where the run found it.
        inception: a file with Inception's weights for the quality of images; None: the extractor of the data set.
        trust: packages whose classes and functions the run may name too, for a network or loss of your own; True
            builds whatever it names, which may be any program.

    Raises:
        ParganError: a directory, checkpoint or membership that is missing, damaged or altered, records that are not
            those of the run, a device that is not there, code or paths that are not trusted.
    """
    resolvers.register()
    run = RunDirectory.open(directory)
    cfg = load_config(run)
    if data_dir is not None:
        cfg.data_dir = data_dir
    if dataset_path is not None:
        if "path" not in cfg.dataset:
            raise ParganError(
                "cannot be given: the run's data set reads no file of yours",
                argument="dataset.path",
                value=dataset_path,
                remedy="leave it out",
            )
        cfg.dataset.path = dataset_path
    cfg.inception = inception
    for key in NOT_BUILT:
        cfg[key] = {}
    check_trusted(cfg, run, Trust.of(trust), given=[data_dir, dataset_path])
    where = device_of(device)
    saved = load_checkpoint(run.checkpoint(checkpoint))
    check_config_digest(run, saved)
    membership = Membership.load(run.membership)
    with errors_in_configuration_keys(cfg, {}):
        datamodule = build_datamodule(cfg, membership, where)
    module = build_module(cfg, datamodule.spec, datamodule.conditioning)
    module.on_load_checkpoint(saved)
    datamodule.load_state_dict(saved[type(datamodule).__qualname__])
    module.load_state_dict(saved["state_dict"])
    module = module.to(where)
    module.updates.discriminator_parameters()  # stacked, as in training: separate networks round in another order
    return LoadedRun(run, cfg, datamodule, module)
