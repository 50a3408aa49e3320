"""Write a folder with a generator and nothing else of its training: no discriminator, no record, no membership."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors.torch import save

import pargan
from pargan.errors import ParganError
from pargan.io.new_output import new_output
from pargan.release.copies import CopyCounts, KnownRecords
from pargan.release.folder import CARD, CONFIG, FORMAT, SAMPLES, SCHEMA, VERSION, WEIGHTS, load_generator
from pargan.release.model_card import model_card
from pargan.release.networks import build_network, is_ours
from pargan.release.programs import check_program, write_program
from pargan.release.record_formats import format_to_dict
from pargan.release.sampling import Generator, OnlyCopiesError
from pargan.release.write_records import WRITERS


@dataclass(frozen=True)
class Release:
    """What is handed on.

    Attributes:
        generator: the trained one, with its record format.
        network: `class` and `arguments` that build it anew.
        facts: of the training and its audit, for the model card; see `model_card`.
    """

    generator: Generator
    network: Mapping[str, Any]
    facts: Mapping[str, Any]


def export_release(
    release: Release, folder: Path, known: KnownRecords, num: int = 1000, seed: int = 0, programs: Sequence[str] = ()
) -> CopyCounts:
    """Write a new folder that `load_generator` loads.

    It holds the generator's weights, config.json, for tables schema.json, the model card README.md, and a sample of
    generated records without those that equal a member.

    Args:
        release: what is handed on.
        folder: to write; appears when it is complete.
        known: members, and other groups, whose copies in the sample are counted.
        num: generated records in the sample.
        seed: of the sample.
        programs: further forms of the generator, `pt2` and `onnx`, for points and images.

    Returns:
        How many of the generated records were copies.

    Raises:
        ParganError: the folder exists or cannot be written, or a program that cannot be.
    """
    generator = release.generator
    for kind in programs:
        check_program(kind, generator.spec)
        if generator.conditioning.size:
            raise ParganError(
                "is for generators without a condition, and this one is told a category beside each latent",
                argument="format",
                value=kind,
                remedy="leave it out: the weights are exported anyway",
            )
    with new_output(folder, "out") as partial:
        partial.mkdir()
        _write_network(release, partial)
        for kind in programs:
            write_program(kind, _plain_network(release), generator.spec, generator.latent_dim, partial)
        sample = _write_sample(generator, partial, known, num, seed)
        files = sorted(path.name for path in partial.iterdir())
        card = model_card(
            *(release.facts, generator.spec, folder.name, files, sample, known.counts, release.network),
            conditioning=generator.conditioning,
        )
        (partial / CARD).write_text(card, encoding="utf-8")
    return known.counts


def _write_network(release: Release, folder: Path) -> None:
    generator = release.generator
    content = save({name: value.detach().cpu().contiguous() for name, value in generator.network.state_dict().items()})
    (folder / WEIGHTS).write_bytes(content)
    record_format = format_to_dict(generator.spec)
    schema = record_format.pop("schema", None)  # of tables, in a file of its own, which dataset.schema= takes
    if schema is not None:
        (folder / SCHEMA).write_text(json.dumps(schema, indent=2, ensure_ascii=False), encoding="utf-8")
    config = {
        "format": FORMAT,
        "version": VERSION,
        "pargan": pargan.__version__,
        "latent_dim": generator.latent_dim,
        "network": dict(release.network),
        "record_format": record_format,
        "conditioning": generator.conditioning.to_dict(),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    (folder / CONFIG).write_text(json.dumps(config, indent=2), encoding="utf-8")
    if is_ours(str(release.network["class"])):
        load_generator(folder)  # refuses now what could not be loaded later


def _plain_network(release: Release) -> Any:
    """The generator of PyTorch's own layers: the faster ones that training puts in cannot be exported."""
    network = build_network(release.network, release.generator.spec)
    network.load_state_dict(release.generator.network.state_dict())
    return network.eval().requires_grad_(False)


def _write_sample(generator: Generator, folder: Path, known: KnownRecords, num: int, seed: int) -> str | None:
    """The name of the file; None where the generator returns nothing but members' records."""
    ending = next(iter(WRITERS[generator.spec.kind]))
    path = folder / f"{SAMPLES}{ending}"
    with suppress(OnlyCopiesError):
        generator.write(path, num, seed, known=known, drop_copies=True)
        return path.name
    return None
