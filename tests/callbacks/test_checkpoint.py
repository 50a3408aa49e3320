import pytest
from pytorch_lightning.callbacks import ModelCheckpoint

from pargan.callbacks import PeriodicCheckpoint, QualityCallback
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


@pytest.mark.parametrize("kind", [ModelCheckpoint, PeriodicCheckpoint])
def test_periodic_checkpoint_writes_the_files_of_lightning(kind, tmp_path):
    def keep(name, **settings):
        return kind(tmp_path, filename=name, every_n_epochs=2, enable_version_counter=False, **settings)

    all_of_them = keep("{epoch}", save_top_k=-1)
    best = keep("best-{epoch}", monitor="quality/distance")
    pl_trainer = trainer(tmp_path, 5, [QualityCallback(every_n_epochs=1), best, all_of_them])
    pl_trainer.fit(gan(), blobs_in_partitions())
    names = {path.name for path in tmp_path.glob("*.ckpt")}
    assert {"epoch=1.ckpt", "epoch=3.ckpt"} < names
    assert best.best_model_path in (str(tmp_path / f"best-epoch={epoch}.ckpt") for epoch in (1, 3))
    assert len(names) == 3


def test_periodic_checkpoint_copies_metrics_only_where_a_checkpoint_is_due(tmp_path, monkeypatch):
    epochs = []
    copied = ModelCheckpoint._monitor_candidates
    monkeypatch.setattr(
        ModelCheckpoint,
        "_monitor_candidates",
        lambda self, trainer: epochs.append(trainer.current_epoch) or copied(self, trainer),
    )
    pl_trainer = trainer(tmp_path, 5, [PeriodicCheckpoint(tmp_path, every_n_epochs=2)])
    pl_trainer.fit(gan(), blobs_in_partitions())
    assert epochs == [1, 3]
