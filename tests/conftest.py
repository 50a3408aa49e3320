"""Shared by every test: what Lightning says about workers, validation and checkpoints does not apply here."""

import logging
import os
import warnings

import hypothesis
import pytest
import torch

from tests.helpers.inception_weights import write_inception_weights

# The libraries of one process would take all cores, on which the other processes of pytest -n run too.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    torch.set_num_threads(1)

# Hypothesis fails an example that takes longer than 200 ms, which says something about the machine alone.
hypothesis.settings.register_profile("untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("untimed")


def pytest_collection_modifyitems(items):
    """Skip what needs a GPU where there is none."""
    if not torch.cuda.is_available():
        for item in items:
            if item.get_closest_marker("gpu"):
                item.add_marker(pytest.mark.skip(reason="needs a GPU"))


@pytest.fixture(autouse=True)
def _quiet_lightning():
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pytorch_lightning|lightning_fabric|torch\.optim")
        yield


@pytest.fixture(scope="session")
def inception_weights(tmp_path_factory):
    """A file of random weights for the Inception network, 95 MB; skips where torch-fidelity is missing."""
    pytest.importorskip("torch_fidelity")
    return write_inception_weights(tmp_path_factory.mktemp("inception") / "weights.pth")
