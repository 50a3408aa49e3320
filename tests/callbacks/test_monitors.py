from types import SimpleNamespace

import pytest

from pargan.callbacks.monitors import refuse_unmeasured
from pargan.errors import ParganError


def trainer_that_monitors(*names):
    return SimpleNamespace(callbacks=[SimpleNamespace(monitor=name) for name in names])


def test_refuse_unmeasured_names_the_monitor_and_the_logged_metrics():
    with pytest.raises(ParganError) as error:
        refuse_unmeasured(trainer_that_monitors(None, "quality/fid"), "quality/", ["distance", "coverage"])
    assert (error.value.argument, error.value.value) == ("monitor", "quality/fid")
    assert "quality/distance, quality/coverage" in error.value.remedy


@pytest.mark.parametrize("monitor", [None, "quality/distance", "gap/mean"])
def test_refuse_unmeasured_accepts_logged_metrics_and_other_prefixes(monitor):
    refuse_unmeasured(trainer_that_monitors(monitor), "quality/", ["distance"])
