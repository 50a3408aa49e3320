"""How long a training will take, from the time of its first steps."""

import time
from collections.abc import Callable

from pargan.io.durations import about

LEAST_SECONDS, MOST_STEPS = 2.0, 50
"""The rate is measured over so many seconds, which may be a single long step, and over no more steps than that."""

LONG = 3 * 3600.0
"""Seconds from which on a shorter run is offered."""


class Pace:
    """Times the first steps, but for the very first, which also pays for what is prepared once.

    Evaluations between steps are not counted.

    Args:
        steps_left: in the whole training; None where it has no end.
        clock: seconds that only grow.
        most_steps: steps that are timed at most.

    Attributes:
        seconds_left: of the whole training, once they have been estimated; None before, and where it has no end.
    """

    def __init__(
        self,
        steps_left: int | None,
        clock: Callable[[], float] = time.perf_counter,
        most_steps: int = MOST_STEPS,
    ) -> None:
        self.steps_left = steps_left
        self.clock = clock
        self.most_steps = most_steps
        self.seconds_left: float | None = None
        self._steps = -1
        self._seconds = self._began = 0.0

    def begin(self) -> None:
        """A step begins."""
        self._began = self.clock()

    def end(self) -> str | None:
        """It has ended; returns the estimate as soon as it can be made, then None again."""
        self._steps += 1
        if self._steps == 0:
            return None
        self._seconds += self.clock() - self._began
        is_enough = self._seconds >= LEAST_SECONDS or self._steps >= self.most_steps
        return self._estimate(self._seconds / self._steps) if is_enough else None

    def _estimate(self, rate: float) -> str:
        measured = f"a step takes {rate:.2g} s here, measured over {self._steps}"
        if self.steps_left is None:
            return f"the training has no end; {measured}"
        self.seconds_left = rate * self.steps_left
        text = f"{about(self.seconds_left)} for {self.steps_left:,} generator steps, evaluations apart; {measured}"
        if self.seconds_left < LONG:
            return text
        return f"{text}; for about an hour give generator_steps={_two_digits(3600 / rate)}"


def _two_digits(number: float) -> int:
    return max(1, int(float(f"{number:.2g}")))
