"""Columns of dates, points in time and durations. Legend: N rows."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from pargan.records.column import integer_places, integers_at
from pargan.records.numbers import OUT_OF_RANGE

CLOCK = re.compile(r"(-?)(?:(\d+) days?,? \+?)?(\d+):([0-5]\d)(?::([0-5]\d)(?:\.(\d{1,9}))?)?")
AFTERNOONS = {"a.m.": "p.m.", "A.M.": "P.M."}  # in a format, the former stand for both: %p has no points
SECONDS = {"day": 86400, "h": 3600, "min": 60}


@dataclass(frozen=True)
class _OnTimeAxis:
    """What dates, points in time and durations share: whole numbers of a unit of time, scaled to [-1, 1].

    Attributes:
        name: of the column.
        low, high: the range, as ISO 8601 text or as a number of units.
        unit: of the range: D, h, m, s or us. Generated values are whole numbers of it.
    """

    name: str
    low: str | int
    high: str | int
    unit: str
    is_number: ClassVar[bool] = True
    width: ClassVar[int] = 1
    first_indicator: ClassVar[int] = 1
    type: ClassVar[str]
    dtype: ClassVar[str]

    @property
    def scales(self) -> np.ndarray:
        """(1,): the range, from -1 to 1, is 2 long."""
        return np.array([0.5], np.float32)

    @property
    def _range(self) -> tuple[int, int]:
        low, high = self._ticks(np.array([self.low, self.high], dtype=self._values_dtype)).tolist()
        return low, high

    @property
    def _values_dtype(self) -> str:
        return f"{self.dtype}[{self.unit}]"

    def _ticks(self, values: np.ndarray) -> np.ndarray:
        return values.astype(self._values_dtype).astype(np.int64)

    def deviations(self, values: np.ndarray) -> dict[str, np.ndarray]:
        """Values out of range."""
        low, high = self._range
        ticks = self._ticks(values)
        return {OUT_OF_RANGE: (ticks < low) | (ticks > high)}

    def canonical(self, values: np.ndarray) -> list[str]:
        """Microseconds."""
        return [str(tick) for tick in values.astype(f"{self.dtype}[us]").astype(np.int64).tolist()]

    def places(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N,) float64 in [-1, 1]: where values lie in the range."""
        return integer_places(self._ticks(values), *self._range)

    def values_at(self, places: np.ndarray) -> np.ndarray:
        """(N,) -> (N,) values of the unit in the fitted range."""
        return integers_at(places, *self._range).astype(self._values_dtype)

    def encode(self, values: np.ndarray) -> np.ndarray:
        """(N,) -> (N, 1) float32 in [-1, 1]."""
        return self.places(values).astype(np.float32)[:, None]

    def decode(self, block: np.ndarray) -> np.ndarray:
        """(N, 1) -> (N,): `values_at`."""
        return self.values_at(block[:, 0])

    def activation(self, block: Tensor) -> Tensor:
        """Tanh."""
        return torch.tanh(block)

    def numbers(self, values: np.ndarray) -> np.ndarray:
        """(N,) float64 in units of time, since 1970 for dates."""
        return self._ticks(values).astype(np.float64)

    def describe(self) -> str:
        """The range."""
        low, high = self.text(np.array([self.low, self.high], dtype=self._values_dtype))
        return f"{low} to {high}"

    def text(self, values: np.ndarray) -> list[str]:
        """In the notation of the file."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"type": self.type, **asdict(self)}

    @classmethod
    def from_dict(cls, fields: dict[str, Any]) -> Self:
        """The inverse of `to_dict`, without the type; TypeError or ValueError if it does not fit."""
        column = cls(**fields)
        low, high = column._range
        if low > high:
            raise ValueError(f"low {column.low} is above high {column.high}")
        return column


@dataclass(frozen=True)
class DateTime(_OnTimeAxis):
    """A point in time.

    Attributes:
        format: as in `datetime.strptime`, with %z where a zone is written; in it a.m. stands for a.m. and p.m.
        zone: the zone that is written, Z or such as +02:00; empty for times without one.
    """

    format: str = "%Y-%m-%d %H:%M:%S"
    zone: str = ""
    type: ClassVar[str] = "datetime"
    dtype: ClassVar[str] = "datetime64"

    @classmethod
    def fit(cls, name: str, values: np.ndarray, format: str, zone: str = "", unit: str | None = None) -> Self:
        """Fit the range to (N,) datetime64, in UTC where there is a zone; the unit is the longest they are whole in."""
        unit = unit or whole_unit(values.astype("datetime64[us]").astype(np.int64))
        low, high = (str(bound.astype(f"datetime64[{unit}]")) for bound in (values.min(), values.max()))
        return cls(name, low, high, unit, format, zone)

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) datetime64[us], in UTC where there is a zone. ISO 8601 is read beside the format of the file."""
        values = parse_times(cells, self.format)
        other = np.flatnonzero(np.isnat(values))
        if len(other):
            values[other] = parse_times([cells[place] for place in other.tolist()], "ISO8601")
        readable = ~np.isnat(values)
        return np.where(readable, values, np.datetime64(0, "us")), readable

    def text(self, values: np.ndarray) -> list[str]:
        """In the format and the zone of the file."""
        offset = timedelta(0) if self.zone in ("", "Z") else datetime.strptime(self.zone, "%z").utcoffset()
        written = self.format.replace("%z", self.zone)
        moments = (values.astype("datetime64[us]") + np.timedelta64(offset)).astype(object)
        # %Y of the C library writes the year 558 with three digits, which cannot be read again.
        return [
            moment.strftime(_at_hour(written, moment.hour).replace("%Y", f"{moment.year:04d}"))
            for moment in moments.tolist()
        ]


@dataclass(frozen=True)
class Date(DateTime):
    """A day of the calendar."""

    format: str = "%Y-%m-%d"
    type: ClassVar[str] = "date"

    @classmethod
    def fit(cls, name: str, values: np.ndarray, format: str, zone: str = "", unit: str | None = "D") -> Self:
        """Fit the range to (N,) datetime64."""
        return super().fit(name, values, format, zone, unit)


@dataclass(frozen=True)
class Duration(_OnTimeAxis):
    """A length of time or a time of day: hours, minutes, seconds, and days before them.

    Attributes:
        has_days, has_seconds: what is written.
        format: as in `datetime.strptime`, of times of day on a clock of 12 hours; empty for all others.
    """

    has_days: bool = False
    has_seconds: bool = True
    format: str = ""
    type: ClassVar[str] = "duration"
    dtype: ClassVar[str] = "timedelta64"

    @classmethod
    def fit(cls, name: str, values: np.ndarray, has_days: bool, has_seconds: bool, format: str = "") -> Self:
        """Fit the range to (N,) timedelta64[us]."""
        unit = whole_unit(values.astype("timedelta64[us]").astype(np.int64))
        ticks = values.astype(f"timedelta64[{unit}]").astype(np.int64)
        return cls(name, int(ticks.min()), int(ticks.max()), unit, has_days, has_seconds, format)

    def parse(self, cells: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """(N,) timedelta64[us] from h:mm, h:mm:ss, d days hh:mm:ss, or a time of day in the format of the file."""
        ticks = [microseconds(cell) for cell in cells]
        values = np.array(["NaT" if tick is None else tick for tick in ticks], dtype="timedelta64[us]")
        other = np.flatnonzero(np.isnat(values))
        if len(other) and self.format:
            values[other] = times_of_day([cells[place] for place in other.tolist()], self.format)
        readable = ~np.isnat(values)
        return np.where(readable, values, np.timedelta64(0, "us")), readable

    def text(self, values: np.ndarray) -> list[str]:
        """In the notation of the file."""
        return [self._text(tick) for tick in values.astype("timedelta64[us]").astype(np.int64).tolist()]

    def _text(self, tick: int) -> str:
        if self.format:
            moment = datetime.min + timedelta(microseconds=tick)
            return moment.strftime(_at_hour(self.format, moment.hour))
        seconds, fraction = divmod(abs(tick), 1_000_000)
        days, seconds = divmod(seconds, SECONDS["day"]) if self.has_days else (0, seconds)
        hours, minutes = seconds // SECONDS["h"], seconds % SECONDS["h"] // SECONDS["min"]
        text = f"{days} days " * self.has_days + f"{hours:02}:{minutes:02}"
        text += f":{seconds % 60:02}" * self.has_seconds
        text += f".{fraction:06}" * (self.unit == "us")
        return "-" * (tick < 0) + text


def whole_unit(ticks: np.ndarray) -> str:
    """The longest of hours, minutes, seconds and microseconds that (N,) microseconds are whole numbers of."""
    lengths = {"h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000}
    return next((unit for unit, length in lengths.items() if not (ticks % length).any()), "us")


def parse_times(cells: Sequence[str], format: str) -> np.ndarray:
    """(N,) cells -> (N,) datetime64[us], in UTC where the format has a zone; NaT where a cell has another format."""
    cells, format = _without_points(cells, format)
    has_zone = "%z" in format or format == "ISO8601"
    parsed = pd.to_datetime(pd.Series(list(cells), dtype=object), format=format, errors="coerce", utc=has_zone)
    if has_zone:
        parsed = parsed.dt.tz_localize(None)
    values = parsed.to_numpy().astype("datetime64[us]")
    if format != "ISO8601":
        for place in np.flatnonzero(np.isnat(values)).tolist():  # some versions of pandas refuse years beyond 2262
            values[place] = _parse_time(cells[place], format)
    return values


def _parse_time(cell: str, format: str) -> np.datetime64:
    try:
        moment = datetime.strptime(cell, format)
        moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (ValueError, OverflowError):
        return np.datetime64("NaT")
    return np.datetime64(moment, "us")


def _without_points(cells: Sequence[str], format: str) -> tuple[Sequence[str], str]:
    """The same times with AM and PM, where the format has a.m.; a cell that lacks it becomes empty."""
    for before_noon, after_noon in AFTERNOONS.items():
        if before_noon in format:
            marked = [cell if before_noon in cell or after_noon in cell else "" for cell in cells]
            plain = [cell.replace(before_noon, "AM").replace(after_noon, "PM") for cell in marked]
            return plain, format.replace(before_noon, "%p")
    return cells, format


def _at_hour(format: str, hour: int) -> str:
    """The format with p.m. in place of a.m. for the hours after noon."""
    for before_noon, after_noon in AFTERNOONS.items() if hour >= 12 else ():
        format = format.replace(before_noon, after_noon)
    return format


def times_of_day(cells: Sequence[str], format: str) -> np.ndarray:
    """(N,) cells -> (N,) timedelta64[us] since midnight; NaT where a cell has another format."""
    times = parse_times(cells, format)
    return times - times.astype("datetime64[D]")


def zone_of(cell: str, format: str) -> str:
    """The zone that a cell names: Z, such as +02:00, or empty."""
    if "%z" not in format:
        return ""
    (plain,), plain_format = _without_points([cell], format)
    zone = datetime.strptime(plain, plain_format).tzinfo or UTC
    return "Z" if cell.endswith("Z") else datetime(2000, 1, 1, tzinfo=zone).isoformat()[-6:]


def microseconds(cell: str) -> int | None:
    """A duration in microseconds; None for other text, and for one that NumPy's 64 bits do not hold."""
    match = CLOCK.fullmatch(cell)
    if match is None:
        return None
    sign, days, hours, minutes, seconds, fraction = match.groups()
    whole = int(days or 0) * SECONDS["day"] + int(hours) * SECONDS["h"] + int(minutes) * 60 + int(seconds or 0)
    ticks = whole * 1_000_000 + int((fraction or "0").ljust(6, "0")[:6])
    if ticks > np.iinfo(np.int64).max:
        return None
    return -ticks if sign else ticks
