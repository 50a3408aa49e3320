"""Run directories with flipped bits: continued and audited with sane results, or refused and left as they are."""

import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pargan.app.write
import pargan.report
from tests.helpers.forked import contents, run_forked
from tests.helpers.fuzzed import assert_worked_or_refused, examples
from tests.helpers.launch import SMALL, only_run

pytestmark = pytest.mark.slow
ATTACK = ("attack=[discriminator_max]", "audit.draws=20", "audit.num_samples=50", "audit.controls=false")


def without_plots():
    """Plots and reports take most of a small run, and what fails in them is a warning."""
    pargan.app.write._plots = lambda *arguments: []
    pargan.report.write_report = lambda *arguments: None


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    ended = run_forked("train", *SMALL, "attack=[discriminator_max]", "trainer.max_epochs=2", cwd=folder, timeout=300)
    assert ended.status == 0, ended.err
    return only_run(folder)


@st.composite
def flips(draw):
    """A file of the run, by its place among them, and the places of bits in it."""
    return draw(st.floats(0, 1, exclude_max=True)), draw(
        st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3)
    )


@given(flip=flips(), resume=st.booleans())
@examples(20)
def test_run_with_flipped_bits_is_used_or_refused(tmp_path_factory, whole, flip, resume):
    folder = tmp_path_factory.mktemp("flipped", numbered=True)
    run = shutil.copytree(whole, folder / "run")
    files = [path for path in sorted(run.rglob("*")) if path.is_file() and path.suffix not in (".png", ".html")]
    files = [path for path in files if path.stat().st_size]
    path = files[int(flip[0] * len(files))]
    content = bytearray(path.read_bytes())
    for place in flip[1]:
        bit = int(place * 8 * len(content))
        content[bit // 8] ^= 1 << bit % 8
    path.write_bytes(content)
    before = _without_lock(contents(folder))
    command = ("train", "resume=run", "trainer.max_epochs=3") if resume else ("attack", "run=run", *ATTACK)
    ended = run_forked(*command, cwd=folder, before=without_plots)
    assert_worked_or_refused(ended, before, _without_lock(contents(folder)))


def _without_lock(paths):
    return {path: content for path, content in paths.items() if path.name != ".training.lock"}
