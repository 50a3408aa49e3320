"""A file of random weights for the Inception network; the published weights are not available offline."""

import io

import torch
from torch import nn


def write_inception_weights(path):
    """Write `path` in the format of the published file; features vary between images, as those of a trained network."""
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Untrained(FeatureExtractorInceptionV3):
        def load_state_dict(self, state_dict):
            assert state_dict == {}  # the class requires a file

    empty = io.BytesIO()
    torch.save({}, empty)
    empty.seek(0)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Untrained("untrained", ["2048"], empty)
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
    torch.save(network.state_dict(), path)
    return path
