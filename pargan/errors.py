"""The error and the warning of this package, written for the person who gave the input."""

from typing import Any

_NOT_GIVEN: Any = object()


class ParganError(ValueError):
    """Input that cannot be used: what is wrong, with which argument, and what to give instead.

    Raised in the terms of the function or class that was called: `argument` is the name of its parameter. The
    commands turn that name, and every `name=value` in the remedy, into the configuration key that the user typed;
    see `pargan.app.argument_keys`.

    Args:
        problem: what is wrong; follows `argument=value` in the message where an argument is given.
        argument: name of the parameter that was given something unusable.
        value: what it was given.
        remedy: what to give instead, in words that work when they are typed.

    Attributes:
        argument: as given, or None.
        value: as given; None where there was none.
        problem: as given.
        remedy: as given, or None.
        has_value: whether a value was given, which may itself be None.

    Example:
        >>> ParganError("never trains a discriminator", argument="d_steps", value=0, remedy="give 1 or more")
        ParganError('d_steps=0 never trains a discriminator; give 1 or more')
    """

    def __init__(
        self, problem: str, *, argument: str | None = None, value: Any = _NOT_GIVEN, remedy: str | None = None
    ) -> None:
        self.argument = argument
        self.value = None if value is _NOT_GIVEN else value
        self.has_value = value is not _NOT_GIVEN
        self.problem = problem
        self.remedy = remedy
        super().__init__(self.message(argument, remedy))

    def message(self, argument: str | None, remedy: str | None) -> str:
        """The whole message, with the argument and the remedy in other words, such as those of a configuration."""
        value = f"={self.value}" if self.has_value else ""
        given = f"{argument}{value} " if argument is not None else ""
        return f"{given}{self.problem}" + (f"; {remedy}" if remedy else "")


class ParganWarning(UserWarning):
    """Something that does not change a metric went wrong, such as a plot. The commands print it as one line."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number of things in a message: `1 record`, `1,200 records`; `many` is `one` with an s if not given."""
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"
