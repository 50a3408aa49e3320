import numpy as np
import pytest

from pargan.errors import ParganError
from pargan.metrics.require_finite import require_finite


def test_require_finite_returns_the_records_unchanged():
    generated = np.ones((2, 3))
    assert require_finite(generated) is generated


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_require_finite_counts_broken_records(value):
    with pytest.raises(ParganError, match="1 of 2 generated records") as error:
        require_finite(np.array([[value, value], [0.0, 0.0]]))
    assert "learning rate" in error.value.remedy
