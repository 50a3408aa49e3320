"""Early stopping that an interruption does not change."""

from typing import Any

import pytorch_lightning as pl
from pytorch_lightning import callbacks
from torch import Tensor


class EarlyStopping(callbacks.EarlyStopping):
    """Lightning's, for a metric that is not measured in every epoch: in between, the last value stands.

    Lightning forgets it with the process, and a resumed run would fail in its first epoch without an evaluation.
    """

    _last: Tensor | None = None

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Take the value from before the interruption, until there is a new one."""
        if self.monitor not in trainer.callback_metrics and self._last is not None:
            trainer.callback_metrics[self.monitor] = self._last
        self._last = trainer.callback_metrics.get(self.monitor)
        super().on_train_epoch_end(trainer, pl_module)

    def state_dict(self) -> dict[str, Any]:
        """Lightning's, and the value that stands."""
        return {**super().state_dict(), "last": self._last}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue with the value that stood."""
        self._last = state_dict.get("last")
        super().load_state_dict(state_dict)
