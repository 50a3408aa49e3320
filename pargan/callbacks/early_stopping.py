"""Early stopping that gives the same result in an interrupted and resumed run."""

import inspect
from typing import Any

import pytorch_lightning as pl
from pytorch_lightning import callbacks
from torch import Tensor

from pargan.errors import ParganError


class EarlyStopping(callbacks.EarlyStopping):
    """Lightning's `EarlyStopping` for a metric that is not measured in every epoch; its last value is used in between.

    Lightning loses that value when the process ends, and a resumed run would fail in the first epoch that does not
    measure the metric. Here it is saved in the checkpoint.

    Args:
        arguments: those of Lightning's `EarlyStopping`; `patience` is 0 or more.

    Raises:
        ParganError: a negative patience.
    """

    _last: Tensor | None = None

    __signature__ = inspect.signature(callbacks.EarlyStopping)

    def __init__(self, *args: Any, **arguments: Any) -> None:
        super().__init__(*args, **arguments)
        if self.patience < 0:
            raise ParganError(
                "is no number of epochs",
                argument="patience",
                value=self.patience,
                remedy="give a whole number, 0 or more",
            )

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Use the last value until a new one is measured."""
        if self.monitor not in trainer.callback_metrics and self._last is not None:
            trainer.callback_metrics[self.monitor] = self._last
        self._last = trainer.callback_metrics.get(self.monitor)
        super().on_train_epoch_end(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        """The state of Lightning's callback, and the last value."""
        return {**super().state_dict(), "last": self._last}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the last value too."""
        self._last = state_dict.get("last")
        super().load_state_dict(state_dict)
