from PIL import Image

from pargan import SampleImages
from pargan.records.points import PointsSpec
from tests.helpers.tiny import blobs_in_partitions, gan, trainer


def test_sample_images_of_the_first_the_last_and_every_nth_epoch(tmp_path):
    folder = tmp_path / "samples"
    pl_trainer = trainer(tmp_path, 5, [SampleImages(folder, every_n_epochs=3, num_samples=20)])
    pl_trainer.fit(gan(spec=PointsSpec(2)), blobs_in_partitions())
    plots = sorted(folder.iterdir())
    assert [path.name for path in plots] == ["epoch_00001.png", "epoch_00003.png", "epoch_00005.png"]
    for path in plots:
        with Image.open(path) as image:
            assert min(image.size) > 100
            assert image.convert("L").getextrema()[0] < 250  # something is drawn
