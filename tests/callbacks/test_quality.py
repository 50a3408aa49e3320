from dataclasses import replace

from pargan import QualityCallback
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


def test_quality_callback_logs_the_metrics_of_the_data_set(tmp_path):
    callback = QualityCallback(1, 50, 40)
    pl_trainer = trainer(tmp_path, 1, [callback])
    pl_trainer.fit(gan(), blobs_in_partitions())
    logged = pl_trainer.callback_metrics
    assert {key for key in logged if key.startswith("quality/")} == {
        "quality/wasserstein2",
        "quality/modes_covered",
        "quality/high_quality_share",
        "quality/distance",
    }
    assert logged["quality/distance"] == logged["quality/wasserstein2"] > 0
    assert callback.seconds > 0


def test_quality_callback_never_sees_the_nonmembers(tmp_path):
    # A checkpoint is chosen by this metric, and the nonmembers are attacked afterwards.
    datamodule, callback = blobs_in_partitions(), QualityCallback(1, 50, 40)
    datamodule.setup()
    seen = []

    def measure(generated, real, seed):
        seen.append(real)
        return {"distance_to_held_out": 1.0}

    datamodule.pool = replace(datamodule.pool, quality=measure)
    trainer(tmp_path, 1, [callback]).fit(gan(), datamodule)
    rows = {tuple(row) for group in (seen[0].nonmembers, seen[0].reference) for row in group.tolist()}
    assert not rows & {tuple(row) for row in datamodule.take_nonmembers().tolist()}
    assert rows == {tuple(row) for row in datamodule.take_reference().tolist()}
