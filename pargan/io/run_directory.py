"""Everything one training run leaves behind, and the one place that knows the file names."""

from dataclasses import dataclass
from pathlib import Path

from pargan.errors import ParganError


@dataclass(frozen=True)
class RunDirectory:
    """The paths inside a run directory. Making the object touches nothing on disk."""

    path: Path

    @classmethod
    def open(cls, path: str | Path | None, key: str = "run") -> "RunDirectory":
        """The run directory of a run that was started before.

        Raises:
            ParganError: `path` is missing or not a run directory; `key` is the config key the sentence names.
        """
        if path is None:
            raise ParganError(f"{key} is missing; give the folder that train.py printed: {key}=outputs/<name>/<time>")
        directory = cls(Path(path).expanduser())
        for needed in (directory.config, directory.membership):
            if not needed.is_file():
                raise ParganError(
                    f"{key}={path} is not a run directory: {needed.relative_to(directory.path)} is missing; "
                    f"give the folder that train.py printed (outputs/<name>/<time>)"
                )
        return directory

    @property
    def from_here(self) -> Path:
        """The path as a user in the current folder would type it."""
        return self.path.relative_to(Path.cwd()) if self.path.is_relative_to(Path.cwd()) else self.path

    @property
    def config(self) -> Path:
        """The composed configuration, written by Hydra."""
        return self.path / ".hydra" / "config.yaml"

    @property
    def hydra(self) -> Path:
        """Hydra's own settings: which group options were chosen, which overrides given."""
        return self.path / ".hydra" / "hydra.yaml"

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
        """Who is a member of which partition, who is not."""
        return self.path / "membership.npz"

    @property
    def checkpoints(self) -> Path:
        """last.ckpt and the best."""
        return self.path / "checkpoints"

    @property
    def last_checkpoint(self) -> Path:
        """Where `resume=` and `attack.py` pick the run up."""
        return self.checkpoints / "last.ckpt"

    def checkpoint(self, name: str) -> Path:
        """The checkpoint that a user calls `name`; it need not be there where the run left none at all.

        Raises:
            ParganError: there are checkpoints, and none of them has that name.
        """
        there = sorted(path.stem for path in self.checkpoints.glob("*.ckpt"))
        if there and name not in there:
            raise ParganError(f"checkpoint={name} is not there; choose one of {', '.join(there)}")
        return self.checkpoints / f"{name}.ckpt"

    @property
    def lock(self) -> Path:
        """Held by the process that trains here."""
        return self.path / ".training.lock"

    @property
    def reference_models(self) -> Path:
        """What attacks trained to compare this run with: a folder per recipe, in it one per model."""
        return self.path / "reference_models"

    @property
    def samples(self) -> Path:
        """Generated records: images over the epochs, and a file in the user's units at the end."""
        return self.path / "samples"

    @property
    def plots(self) -> Path:
        """Curves, ROC, histograms."""
        return self.path / "plots"

    @property
    def records(self) -> Path:
        """The records attacked by risk, one row each."""
        return self.path / "records.csv"

    @property
    def partitions(self) -> Path:
        """Leakage of each partition, one row per attack and partition."""
        return self.path / "partitions.csv"

    @property
    def result(self) -> Path:
        """The final metrics, machine-readable; it stands for a whole directory."""
        return self.path / "result.json"

    @property
    def result_before(self) -> Path:
        """The metrics from before a finished run was continued."""
        return self.path / "result.before.json"
