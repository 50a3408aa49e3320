import pytest

from pargan.callbacks.pace import Pace
from pargan.io.durations import about


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def estimate(seconds_a_step, steps_left, first=0.0, between=0.0):
    """The line, and after how many steps it was there."""
    clock = Clock()
    pace = Pace(steps_left, clock)
    for step in range(100):
        pace.begin()
        clock.now += first if step == 0 else seconds_a_step
        if (line := pace.end()) is not None:
            return line, step + 1
        clock.now += between  # an evaluation
    raise AssertionError("no estimate")


def test_pace_says_after_a_few_long_steps_what_takes_days_and_what_takes_an_hour():
    line, steps = estimate(2.4, 210_000, first=9.0, between=100.0)
    assert steps == 2
    assert line == (
        "about 5.8 days for 210,000 generator steps, evaluations apart; a step takes 2.4 s here, measured over 1; "
        "for about an hour give generator_steps=1500"
    )


def test_pace_of_short_steps_waits_for_enough_of_them():
    line, steps = estimate(0.01, 5000)
    assert steps == 51
    assert line.startswith("about 50 seconds for 5,000 generator steps")
    assert "hour" not in line


def test_pace_of_a_training_without_end():
    line, _ = estimate(1.0, None)
    assert line.startswith("the training has no end; a step takes 1 s here")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "less than a second"),
        (1, "about 1 second"),
        (59.4, "about 59 seconds"),
        (60, "about 1 minute"),
        (754, "about 13 minutes"),
        (150, "about 2.5 minutes"),
        (7200, "about 2 hours"),
        (500_000, "about 5.8 days"),
    ],
)
def test_about_is_an_estimate_in_words(seconds, text):
    assert about(seconds) == text
