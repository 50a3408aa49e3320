"""What every fuzz test asks: a sane result, or one sentence; within 2 GiB and 60 s.

`PARGAN_FUZZ=20 pytest -m slow tests/fuzz` tries 20 times as many examples, others each time.
"""

import os
import resource
import time

import hypothesis

from pargan.app.error_messages import error_message
from pargan.errors import ParganError

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


def _peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
