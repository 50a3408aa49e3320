"""The README.md of a released generator. Its template is model_card.md.j2."""

from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from pargan.records.conditioning import UNCONDITIONAL, Categories, Conditioning
from pargan.records.spec import RecordSpec
from pargan.release.copies import CopyCounts
from pargan.release.networks import is_ours
from pargan.release.record_formats import revealed_by

RELEASED = ("samples", "generator")
"""Access levels of an attacker who has the folder; discriminators and partitions stay where they are."""

FILES = {
    "config.json": "network and record format",
    "generator.safetensors": "the generator's weights",
    "generator.pt2": "the generator as a program of torch.export: latents in, records out",
    "generator.onnx": "the generator as a program for ONNX runtimes: latents in, records out",
    "schema.json": "columns, types, ranges and categories",
}


def model_card(
    facts: Mapping[str, Any],
    spec: RecordSpec,
    name: str,
    files: Sequence[str],
    sample: str | None,
    copies: CopyCounts,
    network: Mapping[str, Any],
    conditioning: Conditioning = UNCONDITIONAL,
) -> str:
    """Markdown.

    Args:
        facts: `dataset`, `loss`, `num_partitions`, `checkpoint` and `result`, the content of the run's result.json.
        spec: the record format.
        name: of the folder.
        files: names of the files beside the card.
        sample: that of the generated records, or None.
        copies: what was found in the sample.
        network: class and arguments of the generator.
        conditioning: what can be asked of it.
    """
    environment = Environment(
        loader=PackageLoader("pargan.release", "."), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    result = facts["result"]
    template = environment.get_template("model_card.md.j2")
    return template.render(
        name=name,
        facts=facts,
        kind={"image": "images", "table": "rows of a table"}.get(spec.kind, spec.kind),
        data=result["data"],
        training=result["training"],
        quality=result["quality"],
        attacks=[attack for attack in result["attacks"] if attack["access"] in RELEASED],
        verdicts=[
            level["sentence"]
            for level in (result.get("verdict") or {}).get("levels", [])
            if level["access"] in RELEASED
        ],
        warnings=result.get("warnings", []),
        revealed=revealed_by(spec),
        files={file: FILES.get(file, "generated records") for file in files},
        sample=sample,
        copies=copies,
        is_ours=is_ours(str(network["class"])),
        network=network,
        condition=conditioning.to_dict(),
        learnt=conditioning.learnt if isinstance(conditioning, Categories) else [],
    )
