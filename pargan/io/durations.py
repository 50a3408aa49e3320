"""Durations in words."""

UNITS = (("day", 86_400.0), ("hour", 3_600.0), ("minute", 60.0), ("second", 1.0))


def about(seconds: float) -> str:
    """A duration as an estimate is given: `about 5.8 days`, `about 12 minutes`, `less than a second`."""
    for unit, length in UNITS:
        if seconds >= length:
            number = seconds / length
            shown = f"{number:.1f}" if number < 9.95 and unit != "second" else f"{number:.0f}"
            shown = shown.removesuffix(".0")
            return f"about {shown} {unit}{'' if shown == '1' else 's'}"
    return "less than a second"
