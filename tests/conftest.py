"""Shared by every test: what Lightning says about workers, validation and checkpoints does not apply here."""

import logging
import warnings

import pytest


@pytest.fixture(autouse=True)
def _quiet_lightning():
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"pytorch_lightning|lightning_fabric|torch\.optim")
        yield
