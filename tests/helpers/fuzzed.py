"""What every fuzz test asks: a sane result, or one sentence; within 2 GiB and 60 s.

`PARGAN_FUZZ=20 pytest -m slow tests/fuzz` tries 20 times as many examples, others each time.
"""

import os
import resource
import time

import hypothesis

from pargan.app.error_messages import error_message
from pargan.errors import ParganError
from tests.helpers.launch import result_of, strict_json

TIMES = int(os.environ.get("PARGAN_FUZZ", "1"))
LONGEST = 60.0
GIB = 2**30


def examples(number):
    """Settings of a fuzz test: the same `number` of examples in CI, more and new ones by hand."""
    return hypothesis.settings(
        max_examples=number * TIMES,
        derandomize=TIMES == 1,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        print_blob=False,
        report_multiple_bugs=TIMES > 1,
    )


def result_or_sentence(function):
    """What a function returns; None where it refuses with one sentence."""
    before, start, result = _peak(), time.monotonic(), None
    try:
        result = function()
    except ParganError as error:
        assert_sentence(error_message(error))
    assert time.monotonic() - start < LONGEST
    assert _peak() - before < 2 * GIB
    return result


def assert_sentence(text):
    """One line that says something, with a remedy."""
    assert "\n" not in text
    assert text.isprintable(), text
    assert 10 < len(text) < 2000, text
    assert "; " in text or ", " in text, text


def assert_worked_or_refused(ended, before, after):
    """A command ended with status 0 and whole files, or with one sentence and nothing new.

    A training that diverged has begun, so that its files stay; none of them is half-written.
    """
    assert ended.seconds < LONGEST
    assert ended.peak_bytes < 2 * GIB
    assert "Traceback" not in ended.err, ended.err
    has_diverged = ended.status == 1 and "training diverged" in ended.err
    if ended.status == 0 or has_diverged:
        for path in after:
            assert not path.name.endswith(".partial")
            if path.name == "result.json" and path not in before:
                assert_sane_result(path.parent)
            elif path.name == "attacks.jsonl" and path not in before:
                _ = [strict_json(line) for line in path.read_text().splitlines()]
    if ended.status == 0:
        return
    assert ended.status == 1, (ended.status, ended.err)
    line = ended.err.removesuffix("\n").splitlines()[-1] if has_diverged else ended.err.removesuffix("\n")
    assert_sentence(line)
    assert line.partition(".py: ")[0] in ("train", "attack"), line
    assert has_diverged or after == before, sorted(set(after) ^ set(before)) or "a file was changed"


def assert_sane_result(directory):
    """result.json is JSON, and every AUC lies in its interval in [0, 1]."""
    result = result_of(directory)
    assert result["status"] == "finished"
    for attack in result["attacks"]:
        assert 0 <= attack["auc_low"] <= attack["auc"] <= attack["auc_high"] <= 1, attack


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
