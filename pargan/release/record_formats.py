"""Record formats as plain data, to be written beside a generator and read where there is no data."""

from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any

from pargan.errors import ParganError
from pargan.records.images import ImageSpec
from pargan.records.points import PointsSpec
from pargan.records.spec import RecordSpec
from pargan.records.tables import TableSpec
from pargan.release.table_formats import table_from_dict, table_to_dict, what_it_reveals


@singledispatch
def format_to_dict(spec: Any) -> dict[str, Any]:
    """A record format, JSON-ready; `format_from_dict` is the inverse. A further kind is added with `.register`.

    Raises:
        ParganError: nothing is registered for this kind.
    """
    raise ParganError(
        f"cannot be written: {type(spec).__name__} is unknown",
        argument="spec",
        remedy="register it with pargan.release.format_to_dict.register",
    )


@format_to_dict.register
def _images_to_dict(spec: ImageSpec) -> dict[str, Any]:
    return {"kind": spec.kind, "channels": spec.channels, "height": spec.height, "width": spec.width}


@format_to_dict.register
def _points_to_dict(spec: PointsSpec) -> dict[str, Any]:
    centre, scale = (None if numbers is None else list(numbers) for numbers in (spec.centre, spec.scale))
    return {"kind": spec.kind, "size": spec.size, "centre": centre, "scale": scale, "dtype": spec.dtype}


def _images(content: Mapping[str, Any]) -> ImageSpec:
    return ImageSpec(int(content["channels"]), int(content["height"]), int(content["width"]))


def _points(content: Mapping[str, Any]) -> PointsSpec:
    centre, scale = (
        None if content[name] is None else tuple(float(number) for number in content[name])
        for name in ("centre", "scale")
    )
    return PointsSpec(int(content["size"]), centre, scale, str(content["dtype"]))


format_to_dict.register(TableSpec, table_to_dict)

READERS: dict[str, Callable[[Mapping[str, Any]], RecordSpec]] = {
    ImageSpec.kind: _images,
    PointsSpec.kind: _points,
    TableSpec.kind: table_from_dict,
}


def format_from_dict(content: Mapping[str, Any]) -> RecordSpec:
    """The inverse of `format_to_dict`.

    Raises:
        KeyError, TypeError, ValueError: this is no such content.
    """
    return READERS[content["kind"]](content)


@singledispatch
def revealed_by(spec: Any) -> list[str]:
    """What the record format alone tells about the data, one phrase each; kinds are added with `.register`."""
    return [f"a record format of the class {type(spec).__name__}; look at it yourself"]


@revealed_by.register
def _by_images(spec: ImageSpec) -> list[str]:
    return [f"that images have {spec.height} x {spec.width} pixels and {spec.channels} channels"]


@revealed_by.register
def _by_points(spec: PointsSpec) -> list[str]:
    if spec.scale is None:
        return [f"that records have {spec.size} coordinates"]
    return [f"mean and standard deviation of each of the {spec.size} coordinates, over all records of the data"]


revealed_by.register(TableSpec, what_it_reveals)
