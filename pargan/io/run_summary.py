"""What W&B and TensorBoard show of a run as a whole: beside its curves, and in tables and sweeps over runs."""

from collections.abc import Mapping
from functools import singledispatch

from pytorch_lightning.loggers import Logger, TensorBoardLogger, WandbLogger

X_AXIS = "trainer/global_step"  # as Lightning defines it for every metric


def define_summaries(logger: WandbLogger, summaries: Mapping[str, str]) -> None:
    """Choose what a table of runs shows of a curve.

    Args:
        logger: started.
        summaries: metric -> `max`, `min` or `last`, or several with commas between; W&B shows `<metric>.max`.
    """
    for metric, summary in summaries.items():
        logger.experiment.define_metric(metric, step_metric=X_AXIS, step_sync=True, summary=summary)


@singledispatch
def log_summary(logger: Logger, summary: Mapping[str, float | str]) -> None:
    """Log numbers and texts that describe a finished run; loggers other than W&B and TensorBoard ignore it.

    W&B shows them as columns of runs. TensorBoard shows numbers beside the hyperparameters, and texts as text.
    """


@log_summary.register
def _(logger: WandbLogger, summary: Mapping[str, float | str]) -> None:
    logger.experiment.summary.update(dict(summary))


@log_summary.register
def _(logger: TensorBoardLogger, summary: Mapping[str, float | str]) -> None:
    for name, value in summary.items():
        if isinstance(value, str):
            logger.experiment.add_text(name, value)
    numbers = {name: value for name, value in summary.items() if not isinstance(value, str)}
    logger.log_hyperparams(dict(logger.hparams), numbers)
