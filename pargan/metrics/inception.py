"""Features of the Inception network, which FID and KID are defined on; its weights must be on the disk.

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

FEATURES = "2048"  # torch-fidelity's name for the last pooling layer
BATCH = 32  # images at a time; 0.3 GiB of activations
PUBLISHED = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"  # SHA-256 of the published file
FILE = "pt_inception-2015-12-05-6726825d.pth"


class Inception:
    """The 2048 features of FID (arXiv 1706.08500) and KID (arXiv 1801.01401), neither centred nor scaled.

    Network, resizing and normalisation are those of torch-fidelity, which agree with the original TensorFlow graph.
    The features of the last two arrays are cached, so that held-out records pass through the network only once.

    Attributes:
        name: `inception` for the published weights; for others the first digits of the file's SHA-256 are appended,
            because their metrics are not comparable with published ones.

    Args:
        weights: path of the file pt_inception-2015-12-05-6726825d.pth, which may be renamed; torch-fidelity calls it
            weights-inception-2015-12-05-6726825d.pth.
        device: where to compute; None is the GPU if there is one, else the CPU.

    Raises:
        ParganError: torch-fidelity is not installed, or the file is missing or holds other content.
    """

    def __init__(self, weights: str | Path, device: torch.device | None = None) -> None:
        content = _content(weights)
        digest = hashlib.sha256(content).hexdigest()
        self.name = "inception" if digest == PUBLISHED else f"inception_{digest[:8]}"
        self.device = device
        self._network = _network(weights, content)
        self._cached_features = ContentCache(self._features, size=2)

    def __call__(self, records: np.ndarray) -> np.ndarray:
        """(N, C, H, W) images in [-1, 1] with C = 1 or 3 -> (N, 2048) float64, >= 0.

        Raises:
            ParganError: `records` have another shape or range.
        """
        if records.ndim != 4 or records.shape[1] not in (1, 3):
            raise ParganError(
                f"have shape {records.shape}; Inception takes images (N, C, H, W) with 1 or 3 channels",
                argument="records",
                remedy="measure them without Inception",
            )
        if records.min() < -1 or records.max() > 1:
            raise ParganError(
                f"range from {records.min():.6g} to {records.max():.6g}; Inception takes images in [-1, 1]",
                argument="records",
                remedy="scale 0..255 by x / 127.5 - 1",
            )
        return self._cached_features(records)

    def _features(self, records: np.ndarray) -> np.ndarray:
        device = self.device or torch.device("cuda" if torch.cuda.is_available() else "cpu")
        network = self._network.to(device)
        batches = []
        with torch.no_grad():
            for start in range(0, len(records), BATCH):
                levels = torch.from_numpy(grey_levels(records[start : start + BATCH])).to(device)
                # grey images: three equal channels
                (features,) = network(levels.expand(-1, 3, -1, -1))
                batches.append(features.cpu().numpy())
        return np.concatenate(batches).astype(np.float64)


def _content(weights: str | Path) -> bytes:
    try:
        return Path(weights).expanduser().read_bytes()
    except OSError as error:
        raise ParganError(
            f"cannot be read ({error.strerror})", argument="weights", value=weights, remedy=f"give the path of {FILE}"
        ) from error


def _network(weights: str | Path, content: bytes) -> torch.nn.Module:
    try:
        from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3
    except ImportError as error:
        raise ParganError(
            "needs torch-fidelity, which is not installed",
            argument="weights",
            value=weights,
            remedy="type pip install torch-fidelity",
        ) from error
    try:
        # torch-fidelity unpickles the file, which could run code: pass it a copy that holds tensors only.
        tensors_only = io.BytesIO()
        torch.save(torch.load(io.BytesIO(content), map_location="cpu", weights_only=True), tensors_only)
        tensors_only.seek(0)
        with torch.random.fork_rng(devices=[]):  # the constructor draws initial weights before it loads these
            network: torch.nn.Module = FeatureExtractorInceptionV3("inception", [FEATURES], tensors_only)
    except TORCH_LOAD_ERRORS as error:
        raise ParganError(
            "does not hold the weights of torch-fidelity's Inception network",
            argument="weights",
            value=weights,
            remedy=f"give the path of {FILE}",
        ) from error
    return network
