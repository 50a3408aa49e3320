"""Reference models: GANs trained by a run's own recipe on its reference set, kept beside it and used again.

Each is a small run directory, `<run>/private/reference_models/<digest>/<i>/`, with membership.npz and
checkpoints/last.ckpt in a private/ of its own. The digest covers everything a model depends on, as listed in
recipe.json, so an existing model equals the one that would be trained. An interrupted one is continued. A process waits
while another one trains the model that it needs.
"""

import hashlib
import json
import sys
import time
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import ceil
from typing import Any

import numpy as np
import torch
from hydra.utils import instantiate
from omegaconf import DictConfig, OmegaConf

from pargan.app.load_run import LoadedRun
from pargan.app.matched_categories import match_categories
from pargan.app.objects import build_module, build_trainer, cpu_threads, quiet_lightning
from pargan.attacks import Attack, NeedsModels, ReferenceModel, Target
from pargan.audits.targets import target_of
from pargan.callbacks import PeriodicCheckpoint
from pargan.data.membership import Membership
from pargan.data.splitting import split_reference
from pargan.errors import ParganError
from pargan.io.checkpoints import load_checkpoint
from pargan.io.files import write_atomically
from pargan.io.locks import locked
from pargan.io.run_directory import RunDirectory
from pargan.seeding import derive

MACHINE = ("accelerator", "devices", "default_root_dir", "max_epochs")  # of the trainer: not part of the recipe


@dataclass(frozen=True)
class ReferenceRecipe:
    """How reference models of one run are trained.

    Attributes:
        run: the attacked run, its module at the checkpoint under attack. Reference models get as many generator
            steps (to whole epochs) as that module has had, whatever ended its training.
        share: of the reference set that each model is trained on.
        seed: the attack's; model i is trained with a seed derived from it.
    """

    run: LoadedRun
    share: float
    seed: int

    @property
    def device(self) -> torch.device:
        """Where models are trained: where the attacked module is."""
        return self.run.module.device

    @cached_property
    def settings(self) -> dict[str, Any]:
        """Everything a model depends on except its number, JSON-ready."""
        cfg = self._seeded(self.seed)
        # Not the paths of the data: the membership's digest covers the records themselves.
        cfg.data_dir = None
        if "path" in cfg.dataset:
            cfg.dataset.path = None
        recipe = {key: OmegaConf.to_container(cfg[key], resolve=True) for key in ("data", "model", "module", "trainer")}
        module, trainer = recipe["module"], recipe["trainer"]
        assert isinstance(module, dict)
        assert isinstance(trainer, dict)
        module.pop("acceleration", None)  # the training is the same
        return recipe | {
            "trainer": {key: value for key, value in trainer.items() if key not in MACHINE},
            "generator_steps": self.run.module.generator_steps,
            "match_frequencies": cfg.get("match_frequencies", False),
            "share": self.share,
            "seed": self.seed,
            "membership": self.run.datamodule.membership.digest,
        }

    @cached_property
    def digest(self) -> str:
        """16 hex digits, equal for equal recipes."""
        return hashlib.sha256(json.dumps(self.settings, sort_keys=True, default=str).encode()).hexdigest()[:16]

    def directory_of(self, number: int) -> RunDirectory:
        """The directory of model `number`, counted from 0."""
        return RunDirectory(self.run.directory.reference_models / self.digest / str(number))

    def membership_of(self, number: int) -> Membership:
        """Who is a member of model `number`.

        Raises:
            ParganError: the reference set is too small for one batch of every partition.
        """
        data = self.run.datamodule
        num_partitions, batch_size, available = data.num_partitions, data.batch_size, len(data.membership.reference)
        needed = num_partitions * batch_size
        if int(self.share * available) < needed:
            raise ParganError(
                f"records of the attacked run are too few for reference models: share={self.share} of them are "
                f"{int(self.share * available)}, and num_partitions={num_partitions} with batch_size={batch_size} "
                f"need {needed}",
                argument="data.reference",
                value=available,
                remedy=f"train with data.reference={ceil(needed / self.share)} or more",
            )
        scheme = instantiate(self.run.cfg.data.scheme)
        seed = self._seed_of(number)
        return split_reference(data.pool, data.membership, self.share, scheme, num_partitions, seed)

    def train(self, number: int) -> str:
        """Train model `number`, from its last checkpoint on if there is one; returns what was done."""
        directory, membership, start = self.directory_of(number), self.membership_of(number), time.perf_counter()
        steps_per_epoch = membership.partitions.shape[1] // self.run.datamodule.batch_size
        epochs = ceil(self.run.module.generator_steps / steps_per_epoch)
        checkpoint = directory.last_checkpoint if directory.last_checkpoint.is_file() else None
        done = load_checkpoint(checkpoint)["pargan"]["generator_steps"] if checkpoint else 0
        if done >= epochs * steps_per_epoch:
            return "found"
        cfg = self._seeded(self._seed_of(number))
        cfg.run_directory = str(directory.path)
        OmegaConf.update(cfg, "trainer.max_epochs", epochs)
        OmegaConf.update(cfg, "trainer.enable_progress_bar", False, force_add=True)
        if self.device.type == "cpu":
            OmegaConf.update(cfg, "module.acceleration", None, force_add=True)  # a GPU's acceleration would be refused
        OmegaConf.update(cfg, "trainer.accelerator", "cpu" if self.device.type == "cpu" else "gpu")
        OmegaConf.update(cfg, "trainer.devices", 1 if self.device.index is None else [self.device.index])
        # Only the checkpoint that a continuation needs: nothing is measured while these models train.
        keep = PeriodicCheckpoint(
            directory.checkpoints,
            filename="last",
            every_n_epochs=cfg.evaluate_every,
            enable_version_counter=False,
        )
        # Loaded once for all models, in the model space of the attacked run, which their records must not change.
        pool = replace(self.run.datamodule.pool, refit=None)
        data = instantiate(cfg.data, _partial_=True)(source=lambda: pool, membership=membership)
        membership.save(directory.membership)
        with quiet_lightning(), cpu_threads(cfg.model.threads):
            trainer = build_trainer(cfg, [keep])
            module = build_module(cfg, pool.spec, self.run.datamodule.conditioning)
            trainer.fit(module, data, ckpt_path=checkpoint)
            match_categories(cfg, module, data)
            trainer.save_checkpoint(directory.last_checkpoint)
        how = f"continued at step {done} and trained" if done else "trained"
        return f"{how} in {time.perf_counter() - start:.1f} s"

    def model(self, number: int, num_samples: int) -> ReferenceModel:
        """The trained model `number`, for an attack that may look at `num_samples` of its samples."""
        held_out, reference = self.membership_of(number).reference, self.run.datamodule.membership.reference
        left_out = torch.from_numpy(np.isin(reference, held_out)).to(self.device)
        return ReferenceModel(partial(self._target, number, num_samples), left_out)

    def _target(self, number: int, num_samples: int) -> Target:
        data = self.run.datamodule
        module = build_module(self._seeded(self._seed_of(number)), data.spec, data.conditioning)
        module.load_state_dict(load_checkpoint(self.directory_of(number).last_checkpoint)["state_dict"])
        unseen = torch.as_tensor(data.pool.take(self.membership_of(number).reference))
        return target_of(
            *(module.to(self.device), unseen, num_samples, self._seed_of(number)), condition_of=data.condition_of
        )

    def _seed_of(self, number: int) -> int:
        return derive(self.seed, "reference model", number)

    def _seeded(self, seed: int) -> DictConfig:
        cfg = deepcopy(self.run.cfg)
        for key in ("seed", "data.seed", "module.seed"):
            OmegaConf.update(cfg, key, seed)
        return cfg


def with_reference_models(
    attacks: Mapping[str, Attack], run: LoadedRun, *, seed: int, num_samples: int
) -> dict[str, Attack]:
    """The attacks, with trained reference models handed to those that need them.

    Attacks that use the same share of the reference set share one set of models; a model that is missing in the run
    directory is trained there.

    Args:
        attacks: by name.
        run: the attacked run, on the device to train and attack on.
        seed: the attack's.
        num_samples: generated records of each model that the attacks may look at.

    Raises:
        ParganError: the reference set is too small; nothing has been trained or written by then.
    """
    ready = dict(attacks)
    shares: dict[float, dict[str, NeedsModels]] = {}
    for name, attack in attacks.items():
        if isinstance(attack, NeedsModels) and attack.models_wanted:
            shares.setdefault(attack.share, {})[name] = attack
    recipes = {share: ReferenceRecipe(run, share, seed) for share in shares}
    for recipe in recipes.values():
        recipe.membership_of(0)  # refuses a reference set that is too small
    for share, wanting in shares.items():
        models = list(_trained(recipes[share], max(attack.models_wanted for attack in wanting.values()), num_samples))
        ready |= {name: attack.with_models(models[: attack.models_wanted]) for name, attack in wanting.items()}
    return ready


def _trained(recipe: ReferenceRecipe, count: int, num_samples: int) -> Iterator[ReferenceModel]:
    folder = recipe.directory_of(0).path.parent
    write_atomically(folder / "recipe.json", json.dumps(recipe.settings, indent=2, default=str).encode())
    for number in range(count):
        report = partial(_print, f"reference model {number + 1} of {count}")
        with locked(recipe.directory_of(number).lock, partial(report, "another process is training it; waiting")):
            report(recipe.train(number))
        yield recipe.model(number, num_samples)


def _print(model: str, event: str) -> None:
    print(f"{model}: {event}", file=sys.stderr, flush=True)
