import pytest

from pargan.errors import ParganWarning
from pargan.io.optional import optional


def test_optional_turns_an_error_into_one_warning():
    message = r"^plots/roc\.png is missing \(IndexError: no bin\); no metric"
    with pytest.warns(ParganWarning, match=message) as caught, optional("plots/roc.png"):
        raise IndexError("no\n  bin")
    assert len(caught) == 1


def test_optional_lets_an_interruption_through():
    with pytest.raises(KeyboardInterrupt), optional("a plot"):
        raise KeyboardInterrupt
