"""Errors of pydantic in the words of neurokit: line, what was found, how to mend it."""

from __future__ import annotations

from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from neurokit.catalog.document import Document, Place
from neurokit.errors import CatalogError, suggest

_SHAPES = {
    "string_type": ("text", "Put it in quotes."),
    "int_type": ("a whole number", "Write digits without quotes."),
    "int_from_float": ("a whole number", "Write digits without a point."),
    "int_parsing": ("a whole number", "Write digits without quotes."),
    "float_type": ("a number", "Write it without quotes."),
    "bool_type": ("true or false", "Write true or false."),
    "list_type": ("a list", "Write [a, b], or one item per line after a dash."),
    "tuple_type": ("a list", "Write [a, b], or one item per line after a dash."),
    "dict_type": ("a mapping", "Write key: value pairs."),
    "model_type": ("a mapping", "Write key: value pairs."),
    "model_attributes_type": ("a mapping", "Write key: value pairs."),
}


def catalog_error(
    document: Document, error: ValidationError, model: type[BaseModel], above: Place = ()
) -> CatalogError:
    """Turn what pydantic found into one error with a line.

    Parameters
    ----------
    document : Document
        What was checked.
    error : pydantic.ValidationError
        What was found.
    model : type of BaseModel
        What it was checked against; its keys are suggested.
    above : tuple of str or int, optional
        Place in the document of what was checked.

    Returns
    -------
    CatalogError
        The fault that stands first in the file; how many there are if there are more.
    """
    # On one line an unknown key comes first: it is often the missing one, misspelt.
    details = sorted(error.errors(include_url=False), key=lambda d: d["type"] != "extra_forbidden")
    faults = sorted(
        (_fault(detail, model, above) for detail in details),
        key=lambda fault: document.line(fault[0]),
    )
    place, found, mend = faults[0]
    more = f" (the first of {len(faults)} faults)" if len(faults) > 1 else ""
    return document.error(place, found + more, mend)


def _fault(detail: ErrorDetails, model: type[BaseModel], above: Place) -> tuple[Place, str, str]:
    """Place, what was found, how to mend it."""
    inside, kind = tuple(detail["loc"]), detail["type"]
    place = above + inside
    context: dict[str, Any] = detail.get("ctx", {})
    if kind == "neurokit":
        return (*place, *context["below"]), context["found"], context["mend"]
    if kind == "extra_forbidden":
        known = list(_fields(model, inside[:-1]))
        found = f"unknown key {str(inside[-1])[:60]!r}{suggest(inside[-1], known)}"
        return place, found, f"Use {', '.join(known)}." if known else "Delete it; none is known."
    if kind == "missing":
        field = _fields(model, inside[:-1]).get(str(inside[-1]))
        about = f" ({field.description})" if field and field.description else ""
        mend = f"Add {inside[-1]}{about}."
        return place, f"key {inside[-1]!r} is missing{_of(place)}", mend
    return place, *_value_fault(detail, place, context)


def _value_fault(detail: ErrorDetails, place: Place, context: dict[str, Any]) -> tuple[str, str]:
    name, given = _name(place), _describe(detail["input"])
    if detail["type"] in _SHAPES:
        shape, mend = _SHAPES[detail["type"]]
        return f"{name} is {given}, not {shape}", mend
    if detail["type"] == "literal_error":
        value, expected = detail["input"], context["expected"]
        near = suggest(value, expected.replace("'", "").replace(" or ", ", ").split(", "))
        return f"{name} is {given}{near}", f"Write {expected}."
    said = detail["msg"].replace(" after validation", "")
    return f"{name} is {given}: {said[:1].lower()}{said[1:]}", "Correct it."


def _of(place: Place) -> str:
    return f" in {_name(place[:-1])}" if len(place) > 1 else ""


def _name(place: Place) -> str:
    """The nearest key, with the index of a list item."""
    if not place:
        return "the catalog"
    if isinstance(place[-1], int):
        return f"item {place[-1] + 1} of {_name(place[:-1])}"
    return place[-1][:60]


def _describe(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}"
    if isinstance(value, str):
        return f"the text {value[:60]!r}"
    return "a list" if isinstance(value, list | tuple) else "a mapping"


def _fields(model: type[BaseModel], inside: Place) -> dict[str, FieldInfo]:
    """Fields of the part at a place below `model`; empty where it is no model."""
    current: Any = model
    for step in inside:
        if _is_model(current):
            field = current.model_fields.get(str(step))
            current = field.annotation if field else None
        else:
            current = (get_args(current) or (None,))[-1]
        current = _without_none(current)
    return dict(current.model_fields) if _is_model(current) else {}


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _without_none(annotation: Any) -> Any:
    """``X`` for ``X | None`` and ``Annotated[X, ...]``."""
    if hasattr(annotation, "__metadata__"):
        return _without_none(get_args(annotation)[0])
    others = [one for one in get_args(annotation) if one is not type(None)]
    if type(None) in get_args(annotation) and len(others) == 1:
        return _without_none(others[0])
    return annotation
