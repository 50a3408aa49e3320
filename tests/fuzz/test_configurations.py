"""Values of the configuration: a run with sane results, or one sentence and nothing written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import DictConfig

from tests.fuzz.test_runs import without_plots
from tests.helpers.composed import composed
from tests.helpers.forked import contents, run_forked
from tests.helpers.fuzzed import assert_worked_or_refused, examples
from tests.helpers.launch import SMALL

pytestmark = pytest.mark.slow
QUICK = (*SMALL, "attack=[nearest_neighbour]", "audit.draws=10", "callbacks.attacks.draws=10", "trainer.max_epochs=1")
UNENDING = ("trainer.max_epochs", "generator_steps", "audit.draws", "callbacks.attacks.draws", "trainer.accelerator")
"""Keys that are not varied: values that work but take long, or a GPU."""

VALUES = st.one_of(
    st.sampled_from(["null", "true", "-1", "0", "1", "2", "3", "1.5", "0.5", "nan", "inf", "-inf", "1e400", "1e-300"]),
    st.sampled_from(
        ["abc", "''", "[]", "[1]", "[a,b]", "[[1]]", "{a:1}", "{}", "x/y", "/dev/null", "max", "independent"]
    ),
    st.sampled_from(["${seed}", "${nosuch}", "${oc.env:NOSUCH}", "???", "99999999999999999999", "é", "1_000", "1,2"]),
    st.floats(allow_nan=False).map(repr),
    st.integers(-(2**70), 2**70).map(str),
)
"""As typed on the command line."""


def _leaves(node, prefix=""):
    for name in node:
        key = f"{prefix}{name}"
        if isinstance(node._get_node(name), DictConfig):
            yield key
            yield from _leaves(node[name], f"{key}.")
        else:
            yield key


KEYS = [key for key in _leaves(composed(*QUICK)) if key not in UNENDING]
OVERRIDES = st.builds(
    lambda sign, key, value: f"~{key}" if sign == "~" else f"{sign}{key}={value}",
    st.sampled_from(["", "", "", "", "", "", "+", "++", "~"]),
    st.sampled_from(KEYS),
    VALUES,
)


@given(overrides=st.lists(OVERRIDES, min_size=1, max_size=2))
@examples(20)
def test_train_works_or_refuses_any_value(tmp_path_factory, overrides):
    folder = tmp_path_factory.mktemp("fuzz", numbered=True) / "here"
    folder.mkdir()
    before = contents(folder.parent)
    ended = run_forked("train", *QUICK, *overrides, cwd=folder, before=without_plots)
    assert_worked_or_refused(ended, before, contents(folder.parent))
