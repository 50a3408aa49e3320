"""Match the categories of a trained run with its reference set, where the configuration asks for it."""

from omegaconf import DictConfig

from pargan.data.datamodule import PartitionDataModule
from pargan.gan.frequencies import ShiftableGenerator, match_frequencies
from pargan.gan.module import ParGANModule
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec


def match_categories(cfg: DictConfig, module: ParGANModule, datamodule: PartitionDataModule) -> None:
    """After a training: match where the configuration asks for it, the records have categories and the generator can.

    Doing it again changes nothing, so that a run which ended before it was saved can be continued.
    """
    categories = _to_match(cfg, datamodule.spec)
    if categories and isinstance(module.released, ShiftableGenerator):
        match_frequencies(module, datamodule.take_reference(), categories)


def note_on_categories(cfg: DictConfig, module: ParGANModule, spec: RecordSpec) -> list[str]:
    """A note where they are wanted as frequent, and the generator is one that cannot shift its outputs."""
    if not _to_match(cfg, spec) or isinstance(module.released, ShiftableGenerator):
        return []
    name = type(module.released).__name__
    return [
        f"the categories of {name} are generated as often as it has learnt, not as often as in the reference set: it "
        "has no before_head and shift_before_head, which pargan.models.MLPGenerator has"
    ]


def _to_match(cfg: DictConfig, spec: RecordSpec) -> tuple[slice, ...]:
    # Runs of earlier versions have no key, and were trained without.
    wanted = cfg.get("match_frequencies", False)
    return spec.categories if wanted and isinstance(spec, TableSpec) else ()
