"""Whether a value of the configuration fits the annotation of the parameter that it is given to."""

import inspect
import math
import types
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

SCALARS: Mapping[Any, tuple[type, ...]] = {
    bool: (bool,),
    int: (int,),
    float: (int, float),
    str: (str,),
    Path: (str,),
    type(None): (type(None),),
}
WANTED = {
    bool: "true or false",
    int: "a whole number",
    float: "a finite number",
    str: "text",
    Path: "a path",
    type(None): "null",
}
NUMBERS = {int: "whole numbers", float: "finite numbers"}


def annotations(target: Any) -> dict[str, Any]:
    """Parameter -> annotation of a class or function, `Any` where there is none; {} if Python does not know them."""
    try:
        parameters = inspect.signature(target, eval_str=True).parameters.values()
    except (TypeError, ValueError, NameError, AttributeError):
        return {}
    empty = inspect.Parameter.empty
    return {each.name: Any if each.annotation is empty else each.annotation for each in parameters}


def fits(value: Any, annotation: Any) -> bool:
    """Whether a plain value (a number, text, null, list or mapping) can be meant for this annotation.

    A mapping with a `_target_` fits everything, because what it builds is not known. NaN and infinity fit nothing.
    """
    if annotation is Any or (isinstance(value, Mapping) and "_target_" in value):
        return True
    if isinstance(value, float) and not math.isfinite(value):
        return False
    options = _options(annotation)
    if options is not None:
        return any(fits(value, option) for option in options)
    origin = get_origin(annotation)
    if origin is Literal:
        return value in get_args(annotation)
    kind = origin or annotation
    if kind in SCALARS:
        is_flag = isinstance(value, bool) and kind is not bool
        return isinstance(value, SCALARS[kind]) and not is_flag
    if not isinstance(kind, type):
        return True  # a type variable, or what else is not a class
    if issubclass(kind, Mapping):
        return isinstance(value, Mapping) and _fit(value.values(), (get_args(annotation) or (Any, Any))[1])
    if issubclass(kind, tuple) and get_args(annotation)[-1:] != (...,) and get_args(annotation):
        wanted = get_args(annotation)
        return _is_list(value) and len(value) == len(wanted) and all(map(fits, value, wanted))
    if issubclass(kind, Iterable) and kind.__module__ in ("builtins", "collections.abc"):
        return _is_list(value) and _fit(value, (get_args(annotation) or (Any,))[0])
    return False  # an object, which neither a scalar nor a mapping without a `_target_` can be


def wanted(annotation: Any) -> str:
    """What fits an annotation, in words."""
    options = _options(annotation)
    if options is not None:
        return ", or ".join(dict.fromkeys(map(wanted, options)))
    kind, inner = get_origin(annotation) or annotation, get_args(annotation)
    if kind is Literal:
        return f"one of {', '.join(map(str, inner))}"
    if kind in WANTED:
        return WANTED[kind]
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return "pairs such as {name: value}"
    if isinstance(kind, type) and issubclass(kind, tuple) and inner and inner[-1] is not ...:
        return f"a list of {len(inner)} {_many(inner[0])}"
    if isinstance(kind, type) and issubclass(kind, Sequence):
        return f"a list of {_many(inner[0] if inner else Any)}"
    return "an object: a mapping with a _target_"


def _options(annotation: Any) -> tuple[Any, ...] | None:
    is_union = get_origin(annotation) in (Union, types.UnionType)
    return get_args(annotation) if is_union else None


def _many(annotation: Any) -> str:
    scalars = [option for option in _options(annotation) or (annotation,) if option in NUMBERS]
    return NUMBERS[scalars[0]] if scalars else "values"


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _fit(values: Iterable[Any], annotation: Any) -> bool:
    return all(fits(value, annotation) for value in values)
