"""Features of the Inception network, by which FID is defined, where its weights can be had.

Legend: N images of H x W pixels with C channels.
"""

import hashlib
import io
from pathlib import Path

import numpy as np
import torch

from pargan.errors import ParganError
from pargan.io.files import TORCH_LOAD_ERRORS
from pargan.metrics.content_cache import ContentCache
from pargan.records.grey_levels import grey_levels

FEATURES = "2048"  # torch-fidelity's name of the last pooling layer, which FID and KID are defined on
BATCH = 32  # images at a time; 0.3 GiB of activations
PUBLISHED = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"  # sha256 of the file everybody uses
FILE = "pt_inception-2015-12-05-6726825d.pth"


class Inception:
    """The 2048 features of FID (arXiv 1706.08500) and KID (arXiv 1801.01401), neither centred nor scaled.

    Network, resizing and normalisation are torch-fidelity's, which agree with the original TensorFlow graph.
    The features of the last two arrays are kept, so that the held-out records a run is measured with are
    passed through the network once.

    Attributes:
        name: `inception` for the published weights; for others the start of the file's sha256 follows, because
            their metrics compare only with themselves.

    Args:
        weights: the file pt_inception-2015-12-05-6726825d.pth, under whatever name; torch-fidelity calls it
            weights-inception-2015-12-05-6726825d.pth.
        device: where to compute; None is the GPU where there is one.

    Raises:
        ParganError: torch-fidelity is not installed, no file, or a file without these weights.
    """

    def __init__(self, weights: str | Path, device: torch.device | None = None) -> None:
        content = _content(weights)
        digest = hashlib.sha256(content).hexdigest()
        self.name = "inception" if digest == PUBLISHED else f"inception_{digest[:8]}"
        self.device = device
        self._network = _network(weights, content)
        self._remembered = ContentCache(self._features, size=2)

    def __call__(self, records: np.ndarray) -> np.ndarray:
        """(N, C, H, W) images in [-1, 1] with C = 1 or 3 -> (N, 2048) float64, >= 0.

        Raises:
            ParganError: records of another shape or range.
        """
        if records.ndim != 4 or records.shape[1] not in (1, 3):
            raise ParganError(
                f"Inception takes images (N, C, H, W) with C = 1 or 3, these records have shape {records.shape}; "
                f"leave inception out"
            )
        if records.min() < -1 or records.max() > 1:
            raise ParganError(
                f"Inception takes images in [-1, 1], these range from {records.min():.6g} to {records.max():.6g}; "
                f"scale 0..255 by x / 127.5 - 1"
            )
        return self._remembered(records)

    def _features(self, records: np.ndarray) -> np.ndarray:
        device = self.device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network = self._network.to(device)
        found = []
        with torch.no_grad():
            for start in range(0, len(records), BATCH):
                levels = torch.from_numpy(grey_levels(records[start : start + BATCH])).to(device)
                # expand: a grey image has three equal channels
                (features,) = network(levels.expand(-1, 3, -1, -1))
                found.append(features.cpu().numpy())
        return np.concatenate(found).astype(np.float64)


def _content(weights: str | Path) -> bytes:
    try:
        return Path(weights).expanduser().read_bytes()
    except OSError as error:
        raise ParganError(
            f"inception={weights} cannot be read ({error.strerror}); give the path of {FILE}, or leave inception out"
        ) from error


def _network(weights: str | Path, content: bytes) -> torch.nn.Module:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise ParganError(
            f"inception={weights} needs torch-fidelity, which is not installed; "
            f"type pip install torch-fidelity, or leave inception out"
        ) from error
    try:
        # torch-fidelity would run whatever code a pickle holds, so it is given a copy of what are tensors for sure.
        checked = io.BytesIO()
        torch.save(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True), checked)
        checked.seek(0)
        with torch.random.fork_rng(devices=[]):  # layers are initialised before they get their weights
            network: torch.nn.Module = FeatureExtractorInceptionV3("inception", [FEATURES], checked)
    except TORCH_LOAD_ERRORS as error:
        raise ParganError(
            f"inception={weights} does not hold the weights of torch-fidelity's Inception network; "
            f"give the path of {FILE}, or leave inception out"
        ) from error
    return network
