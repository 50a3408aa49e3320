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
