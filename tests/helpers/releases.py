"""Small generators of every kind of record, with real records beside them, ready to be exported."""

from dataclasses import dataclass

import numpy as np
import torch

from pargan.models import DCGANGenerator, MLPGenerator
from pargan.records import Categorical, ImageSpec, Integer, Numeric, PointsSpec, TableSpec
from pargan.records.columns import Constant, Identifier
from pargan.release import Generator, KnownRecords, Release

RNG = np.random.default_rng(0)
NUM = 150
RESULT = {
    "settings": {"dataset": "mine", "loss": "js"},
    "data": {"records": 2 * NUM, "members": NUM, "nonmembers": NUM, "reference": 0},
    "training": {"generator_steps": 12},
    "quality": {"distance": 0.25},
    "attacks": [
        {"attack": "nearest_neighbour", "access": "samples", "auc": 0.61, "auc_low": 0.57, "auc_high": 0.648,
         "tpr_at_1pct_fpr": 0.02, "tpr_at_1pct_fpr_low": 0.01, "tpr_at_1pct_fpr_high": 0.04},
        {"attack": "latent_search", "access": "generator", "auc": 0.5, "auc_low": 0.45, "auc_high": 0.55,
         "tpr_at_1pct_fpr": None, "tpr_at_1pct_fpr_low": None, "tpr_at_1pct_fpr_high": None},
        {"attack": "own_partition", "access": "partitions", "auc": 0.9, "auc_low": 0.8, "auc_high": 1.0,
         "tpr_at_1pct_fpr": 0.5, "tpr_at_1pct_fpr_low": 0.4, "tpr_at_1pct_fpr_high": 0.6},
    ],
    "verdict": {"levels": [{"access": "samples", "sentence": "Releasing the samples: leak found."}]},
}  # fmt: skip


@dataclass(frozen=True)
class Example:
    """A generator, its members in model space, and what is exported."""

    generator: Generator
    members: np.ndarray
    release: Release

    @property
    def spec(self):
        return self.generator.spec

    def known(self):
        return KnownRecords({"members": self.members, "nonmembers": self.members[:0]}, self.spec)


def _points():
    values = RNG.normal(size=(NUM, 3)) * [1, 1000, 1e-3] + [0, 5000, 0]
    spec = PointsSpec.fit(values)
    return spec, spec.encode(values), "MLPGenerator", {"latent_dim": 4, "hidden": [8, 8], "batch_norm": True}


def _images(channels):
    spec = ImageSpec(channels, 8, 8)
    records = spec.snap(RNG.uniform(-1, 1, (NUM, channels, 8, 8)).astype(np.float32))
    return spec, records, "DCGANGenerator", {"latent_dim": 4, "width": 4}


def _table():
    table = {
        "age": RNG.integers(20, 26, NUM),
        "town": RNG.choice(["Ulm, Donau", "Köln"], NUM),
        "dose": np.round(RNG.gamma(2.0, 3.0, NUM), 1),
        "ill": RNG.choice(["yes", "no"], NUM),
    }
    types = {"age": Integer, "town": Categorical, "dose": Numeric, "ill": Categorical}
    columns = TableSpec.fit(table, types).columns
    spec = TableSpec((Identifier("key", "C", 4, 998), *columns, Constant("country", "DE")))
    table = {"key": np.array(["C0001"] * NUM), **table, "country": np.array(["DE"] * NUM)}
    sizes = {"latent_dim": 4, "hidden": [8, 6], "batch_norm": True, "skip_connections": True, "sharpness": 3.0}
    return spec, spec.encode(table), "MLPGenerator", sizes


def _survey():
    """So few distinct rows that a generator returns nothing else."""
    table = {name: RNG.choice(["yes", "no"], NUM) for name in ("a", "b", "c")}
    spec = TableSpec.fit(table, dict.fromkeys(table, Categorical))
    return spec, spec.encode(table), "MLPGenerator", {"latent_dim": 4, "hidden": [8]}


KINDS = {
    "points": _points,
    "grey": lambda: _images(1),
    "colour": lambda: _images(3),
    "table": _table,
    "survey": _survey,
}


def example(kind):
    """Initial weights, the same at every call."""
    spec, members, name, arguments = KINDS[kind]()
    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = {"MLPGenerator": MLPGenerator, "DCGANGenerator": DCGANGenerator}[name](spec, **arguments)
    generator = Generator(network, spec, 4)
    facts = {"dataset": "mine", "loss": "js", "num_partitions": 2, "checkpoint": "last", "result": RESULT}
    return Example(
        generator, members, Release(generator, {"class": f"pargan.models.{name}", "arguments": arguments}, facts)
    )
