import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st

from pargan.app.command_line import as_typed, normalised, quoted
from pargan.errors import ParganError


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20))
def test_as_typed_is_read_as_the_value(text):
    (word,) = shlex.split(as_typed("dataset.path", text))
    if "${" not in text:  # a reference of OmegaConf, also in quotes
        assert OverridesParser.create().parse_override(f"k={quoted(text)}").value() == text
        assert str(OverridesParser.create().parse_override(word).value()) == text


def test_as_typed_quotes_only_where_it_is_needed():
    assert as_typed("resume", "outputs/x/2024-01-01") == "resume=outputs/x/2024-01-01"
    assert as_typed("resume", "a=b") == "'resume=\"a=b\"'"


def test_normalised_puts_options_in_front():
    assert normalised(["a=1", "-m", "b=2,3", "--config-dir", "d", "c=1"]) == [
        "-m",
        "--config-dir",
        "d",
        "a=1",
        "b=2,3",
        "c=1",
    ]
    assert normalised(["a=1", "--config-dir=d"]) == ["--config-dir=d", "a=1"]
    assert normalised(["~a", "b=-1"]) == ["~a", "b=-1"]


@pytest.mark.parametrize("word", ["--num_partitions=5", "--num_partitions", "-x", "--"])
def test_normalised_refuses_unknown_options(word):
    with pytest.raises(ParganError, match="is not an option; write keys without dashes"):
        normalised(["seed=1", word])


def test_normalised_expands_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert normalised(["a=~/x y", 'a="~/x"', "a=~", "a=b~c", "~logger=wandb", "a=~nosuchuser/x"]) == [
        *("a=/home/me/x y", 'a="/home/me/x"', "a=/home/me", "a=b~c", "~logger=wandb", "a=~nosuchuser/x")
    ]
