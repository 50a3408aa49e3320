"""A batch of records: what is carried, moved and converted with it."""

import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torch.utils.data import DataLoader

from pargan.records.batch import Batch
from tests.helpers.tiny import trainer

FULL = Batch(torch.ones(3, 5, 2), torch.zeros(3, 5, 4), torch.full((3, 5), 0.5))


def test_batch_map_reaches_every_tensor_that_is_present():
    doubled = FULL.map(lambda tensor: tensor * 2)
    assert doubled.records.eq(2).all()
    assert doubled.condition.shape == (3, 5, 4)
    assert doubled.weight.eq(1).all()
    alone = Batch(torch.ones(1, 2)).map(lambda tensor: tensor * 2)
    assert (alone.condition, alone.weight) == (None, None)
    assert len(FULL.tensors) == 3
    assert [tensor.tolist() for tensor in alone.tensors] == [[[2, 2]]]


def test_batch_to_moves_and_converts():
    moved = FULL.to("meta", torch.float64)
    assert {(tensor.device.type, tensor.dtype) for tensor in moved.tensors} == {("meta", torch.float64)}


def test_batch_wrap_takes_a_plain_tensor():
    records = torch.ones(3, 5, 2)
    assert Batch.wrap(records).records is records
    assert Batch.wrap(FULL) is FULL


class Keeps(pl.LightningModule):
    """Keeps the batches it is given."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.zeros(()))
        self.seen = []

    def training_step(self, batch, _):
        self.seen.append(batch)
        return self.scale * batch.records.sum()

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.0)


@pytest.mark.parametrize("precision", ["32-true", "64-true", "bf16-mixed", "bf16-true"])
def test_batch_passes_through_a_trainer(precision, tmp_path):
    module = Keeps()
    trainer(tmp_path, 1, precision=precision).fit(module, DataLoader([FULL], batch_size=None))
    (seen,) = module.seen
    assert type(seen) is Batch
    expected = {"64-true": torch.float64, "bf16-true": torch.bfloat16}.get(precision, torch.float32)
    assert {tensor.dtype for tensor in seen.tensors} == {expected}
