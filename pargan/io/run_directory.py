"""The paths of the files and folders of a training run."""

import os
from dataclasses import dataclass
from pathlib import Path

from pargan.errors import ParganError


@dataclass(frozen=True)
class RunDirectory:
    """The paths inside a run directory. The constructor neither reads nor writes the disk."""

    path: Path

    @classmethod
    def open(cls, path: str | Path | None, argument: str = "run") -> "RunDirectory":
        """The directory of an existing run.

        Args:
            path: the directory.
            argument: the caller's parameter that `path` came from, for errors.

        Raises:
            ParganError: `path` is None, not a run directory, or holds a link that leads out of it.
        """
        folder = "the folder that train.py printed"
        if path is None:
            raise ParganError(
                "is missing", argument=argument, remedy=f"give {folder}: {argument}=outputs/<name>/<time>"
            )
        directory = cls(Path(path).expanduser())
        for file in (directory.config, directory.membership):
            if not file.is_file():
                raise ParganError(
                    f"is not a run directory: {file.relative_to(directory.path)} is missing",
                    argument=argument,
                    value=path,
                    remedy=f"give {folder} (outputs/<name>/<time>)",
                )
        directory._refuse_links_out_of_it(argument, path)
        return directory

    def _refuse_links_out_of_it(self, argument: str, value: object) -> None:
        """Refuse links through which a command would write outside of the directory, which may be a stranger's."""
        inside = Path(os.path.realpath(self.path))
        for folder, folders, files in os.walk(inside):
            if Path(folder) == inside / "wandb":  # its logs are links into the user's cache, and we do not write here
                folders.clear()
                continue
            for name in (*folders, *files):
                entry = Path(folder, name)
                if entry.is_symlink() and not Path(os.path.realpath(entry)).is_relative_to(inside):
                    raise ParganError(
                        f"holds a link out of the directory, {entry.relative_to(inside)} -> {entry.readlink()}",
                        argument=argument,
                        value=value,
                        remedy="replace the link by what it points to",
                    )

    @property
    def from_here(self) -> Path:
        """The path relative to the current folder, if it lies inside it."""
        return self.path.relative_to(Path.cwd()) if self.path.is_relative_to(Path.cwd()) else self.path

    @property
    def config(self) -> Path:
        """The composed configuration, written by Hydra."""
        return self.path / ".hydra" / "config.yaml"

    @property
    def hydra(self) -> Path:
        """Hydra's own settings: the chosen options of each group, and the overrides."""
        return self.path / ".hydra" / "hydra.yaml"

    @property
    def schema(self) -> Path:
        """What the columns of a table were taken for."""
        return self.path / "schema.json"

    @property
    def metrics(self) -> Path:
        """One row per epoch."""
        return self.path / "metrics.csv"

    @property
    def attacks(self) -> Path:
        """One JSON line per epoch and attack."""
        return self.path / "attacks.jsonl"

    @property
    def membership(self) -> Path:
        """The members of each partition, the nonmembers and the reference records, as indices into the pool."""
        return self.path / "membership.npz"

    @property
    def checkpoints(self) -> Path:
        """last.ckpt and best.ckpt."""
        return self.path / "checkpoints"

    @property
    def last_checkpoint(self) -> Path:
        """The checkpoint that training resumes from and attacks use by default."""
        return self.checkpoints / "last.ckpt"

    def checkpoint(self, name: str) -> Path:
        """Path of the checkpoint `name` (without suffix); it may be missing if the run has no checkpoint at all.

        Raises:
            ParganError: the run has checkpoints, but not this one.
        """
        names = sorted(path.stem for path in self.checkpoints.glob("*.ckpt"))
        if names and name not in names:
            raise ParganError(
                "is not there", argument="checkpoint", value=name, remedy=f"choose one of {', '.join(names)}"
            )
        return self.checkpoints / f"{name}.ckpt"

    @property
    def lock(self) -> Path:
        """Lock file of the process that trains this run."""
        return self.path / ".training.lock"

    @property
    def reference_models(self) -> Path:
        """Reference models that attacks trained for this run: one folder per recipe, with one per model inside."""
        return self.path / "reference_models"

    @property
    def samples(self) -> Path:
        """Generated records: images over the epochs, and a file in the user's units at the end."""
        return self.path / "samples"

    @property
    def plots(self) -> Path:
        """Training curves, ROC curves and histograms."""
        return self.path / "plots"

    @property
    def records(self) -> Path:
        """One row per attacked record, with its risk."""
        return self.path / "records.csv"

    @property
    def record_columns(self) -> Path:
        """What each column of `records` means."""
        return self.records.with_name("records_columns.csv")

    @property
    def partitions(self) -> Path:
        """Attack metrics of each partition: one row per attack and partition."""
        return self.path / "partitions.csv"

    @property
    def result(self) -> Path:
        """The final metrics as JSON; its presence marks a finished run."""
        return self.path / "result.json"

    @property
    def result_before(self) -> Path:
        """The final metrics that a finished run had before it was continued."""
        return self.path / "result.before.json"
