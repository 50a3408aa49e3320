"""ParganError keeps its fields apart and puts them into one sentence."""

import pickle

import pytest

from pargan.errors import ParganError, counted


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ParganError("the disk is full"), "the disk is full"),
        (ParganError("the disk is full", remedy="free some space"), "the disk is full; free some space"),
        (ParganError("is missing", argument="path"), "path is missing"),
        (ParganError("is no count", argument="draws", value=None, remedy="give 1"), "draws=None is no count; give 1"),
    ],
)
def test_parganerror_is_one_sentence(error, message):
    assert str(error) == message
    assert isinstance(error, ValueError)


def test_parganerror_can_be_put_in_other_words():
    error = ParganError("is too large", argument="batch_size", value=9, remedy="set batch_size=3 or less")
    assert error.message("data.batch_size", "set data.batch_size=3 or less") == (
        "data.batch_size=9 is too large; set data.batch_size=3 or less"
    )


def test_parganerror_survives_pickling():
    error = pickle.loads(pickle.dumps(ParganError("is too large", argument="batch_size", value=9)))
    assert (str(error), error.argument, error.value) == ("batch_size=9 is too large", "batch_size", 9)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ((0, "record"), "0 records"),
        ((1, "record"), "1 record"),
        ((1200, "record"), "1,200 records"),
        ((1, "epoch is", "epochs are"), "1 epoch is"),
        ((2, "epoch is", "epochs are"), "2 epochs are"),
    ],
)
def test_counted_agrees_in_number(given, text):
    assert counted(*given) == text
