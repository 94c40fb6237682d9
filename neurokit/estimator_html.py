"""What a notebook shows of an estimator: its problem, its parameters, what was fitted."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from html import escape
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema.html_tables import html_block, html_table

_LONGEST = 60


def estimator_html(estimator: Any, fitted: Mapping[str, Any]) -> str:
    """Draw an estimator: its problem, its parameters, what was fitted.

    Parameters
    ----------
    estimator : Estimator
        With ``get_params`` and a numpydoc docstring.
    fitted : mapping of str to object
        Fitted attributes.

    Returns
    -------
    str
        One ``div``; parameters that differ from their defaults are bold.
    """
    doc = inspect.getdoc(type(estimator)) or ""
    problem = doc.split("\n", 1)[0]
    parts = [
        f"<b>{escape(type(estimator).__name__)}</b> <i>{_state(estimator, fitted)}</i>",
        f"<div><code>{escape(problem)}</code></div>",
        _folded("Parameters", _parameters(estimator), opened=not fitted),
    ]
    if fitted:
        parts.append(_folded("Fitted", _attributes(fitted, doc), opened=True))
    return html_block(parts)


def _state(estimator: Any, fitted: Mapping[str, Any]) -> str:
    if not fitted:
        return "not fitted"
    if getattr(estimator, "converged_", True) is False:
        return "fitted, did not converge"
    return "fitted"


def _parameters(estimator: Any) -> list[list[str]]:
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(type(estimator).__init__).parameters.items()
    }
    rows = []
    for name, value in sorted(estimator.get_params(deep=False).items()):
        text = escape(_short(repr(value)))
        same = name in defaults and _equal(value, defaults[name])
        rows.append([escape(name), text if same else f"<b>{text}</b>"])
    return rows


def _equal(value: Any, default: Any) -> bool:
    # An array compared with a default has no one truth.
    return value is default or (type(value) is type(default) and repr(value) == repr(default))


def _attributes(fitted: Mapping[str, Any], doc: str) -> list[list[str]]:
    said = _described(doc)
    return [
        [escape(name), escape(_form(value)), escape(said.get(name, ""))]
        for name, value in sorted(fitted.items())
        if name != "history_"
    ]


def _form(value: Any) -> str:
    """Dims and sizes of an array, the value of a number."""
    if isinstance(value, xr.Dataset):
        return f"Dataset of {', '.join(map(str, value.data_vars))}"
    if isinstance(value, xr.DataArray):
        if not value.ndim:
            return _short(f"{value.item()!r}{_units(value)}")
        sizes = ", ".join(f"{dim}: {size}" for dim, size in value.sizes.items())
        return f"({sizes}) {value.dtype}{_units(value)}"
    if isinstance(value, np.ndarray):
        return f"{value.shape} {value.dtype}"
    if isinstance(value, float | np.floating):
        return f"{value:.6g}"
    return _short(repr(value))


def _units(value: xr.DataArray) -> str:
    units = str(value.attrs.get("units", "1"))
    return "" if units == "1" else f", {units}"


def _described(doc: str) -> dict[str, str]:
    """First sentence about each attribute of a numpydoc docstring."""
    found = re.search(r"\nAttributes\n-+\n(.*?)(?=\n\n\S|\n\S[^\n]*\n-{3,}|\Z)", doc, re.DOTALL)
    said: dict[str, str] = {}
    names: list[str] = []
    for line in found.group(1).split("\n") if found else []:
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.split(":")[0].split(",")]
        elif line.strip():
            for name in names:
                said[name] = f"{said.get(name, '')} {line.strip()}".strip()
    return {name: re.split(r"(?<=\.)\s", text)[0] for name, text in said.items()}


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST else f"{flat[: _LONGEST - 1]}…"


def _folded(title: str, rows: list[list[str]], *, opened: bool) -> str:
    mark = " open" if opened else ""
    return f"<details{mark}><summary>{title} ({len(rows)})</summary>{html_table(rows)}</details>"
