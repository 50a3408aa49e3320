"""The paths of the files and folders of a training run."""

import os
from dataclasses import dataclass
from pathlib import Path

from pargan.errors import ParganError
from pargan.io.files import write_atomically, write_error

PRIVATE = "private"
README = """\
private/ tells who was a member of the training data, and shows records of the data: do not pass it on.
It holds the membership, the attacked records with their risks, samples beside real records, and checkpoints.
The rest shows metrics and generated records; look it through before you show it to people who may not see the data.
"""


@dataclass(frozen=True)
class RunDirectory:
    """The paths inside a run directory. The constructor neither reads nor writes the disk.

    What tells who was a member, or shows a record of the data, lies in `private`.
    """

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
    def private(self) -> Path:
        """The folder of what tells who was a member; a run of an earlier version has that beside the rest."""
        return self.path if self._has_earlier_form else self.path / PRIVATE

    @property
    def _has_earlier_form(self) -> bool:
        return (self.path / "membership.npz").is_file()

    def create_private(self) -> None:
        """Create the private folder, which only its owner may enter, and the README.txt that says what it holds.

        A folder that is there keeps its permissions; a run of an earlier version stays as it is.

        Raises:
            ParganError: it cannot be written.
        """
        if self._has_earlier_form:
            return
        try:
            self.private.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise write_error(self.private, error) from error
        write_atomically(self.path / "README.txt", README.encode())

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
        return self.private / "membership.npz"

    @property
    def checkpoints(self) -> Path:
        """last.ckpt and best.ckpt."""
        return self.private / "checkpoints"

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
        return self.private / "reference_models"

    @property
    def samples(self) -> Path:
        """Generated records alone, at the end: a plot, and a file in the user's units."""
        return self.path / "samples"

    @property
    def compared_samples(self) -> Path:
        """Plots of generated records beside real ones, over the epochs and at the end."""
        return self.private / "samples"

    @property
    def plots(self) -> Path:
        """Training curves, ROC curves and histograms."""
        return self.path / "plots"

    @property
    def records(self) -> Path:
        """One row per attacked record, with its risk."""
        return self.private / "records.csv"

    @property
    def record_columns(self) -> Path:
        """What each column of `records` means."""
        return self.records.with_name("records_columns.csv")

    @property
    def exposed_images(self) -> Path:
        """The most exposed members beside their nearest generated records, where records are images."""
        return (self.plots if self._has_earlier_form else self.private) / "exposed.png"

    @property
    def exposed_rows(self) -> Path:
        """The same where records are rows of a table."""
        return self.private / "exposed.csv"

    @property
    def partitions(self) -> Path:
        """Attack metrics of each partition: one row per attack and partition."""
        return self.path / "partitions.csv"

    @property
    def report(self) -> Path:
        """The results as one page, without any record."""
        return self.path / "report.html"

    @property
    def report_with_records(self) -> Path:
        """The same with the most exposed members, for those who may see the data."""
        return self.private / "report_with_records.html"

    @property
    def summary(self) -> Path:
        """What the terminal showed at the end."""
        return self.path / "summary.txt"

    @property
    def junit(self) -> Path:
        """What `fail_if` found, for continuous integration servers."""
        return self.path / "junit.xml"

    @property
    def result(self) -> Path:
        """The final metrics as JSON; its presence marks a finished run."""
        return self.path / "result.json"

    @property
    def result_before(self) -> Path:
        """The final metrics that a finished run had before it was continued."""
        return self.path / "result.before.json"
