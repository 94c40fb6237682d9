"""What all figures share: colours that colour-blind readers can tell apart, units, tidy axes.

Colours: Okabe & Ito, Color Universal Design, https://jfly.uni-koeln.de/color/.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit.errors import OptionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, YELLOW, BLACK = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#E69F00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
    "#000000",
)
COLOURS = (BLUE, VERMILLION, GREEN, ORANGE, PURPLE, SKY, BLACK)
GREY = "#8A8A8A"

_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G"}
# Units that people read with a prefix; a prefix before anything else would surprise.
_SCALABLE = ("V", "T", "T/m", "A", "s", "m", "Hz", "F", "S")


def detached_figure(size: tuple[float, float]) -> Figure:
    """Return a new figure that pyplot knows nothing of, so that many jobs leave none open.

    Parameters
    ----------
    size : (float, float)
        Width and height, inches.

    Returns
    -------
    matplotlib.figure.Figure
        Without axes.
    """
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def axes_or_new(ax: Axes | None, size: tuple[float, float]) -> Axes:
    """Return `ax`, or the only axes of a new pyplot figure of `size` inches."""
    if ax is not None:
        if not hasattr(ax, "add_patch"):
            raise OptionError(
                f"is a {type(ax).__name__}", where="ax", mend="Give one matplotlib Axes, or none."
            )
        return ax
    import matplotlib.pyplot as plt

    _, new = plt.subplots(figsize=size, layout="constrained")
    return new


def tidy(ax: Axes) -> Axes:
    """Take away the frame lines that carry nothing."""
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def prefixed(magnitude: float, units: str) -> tuple[float, str]:
    """Return the factor and the unit in which values of this magnitude are easy to read.

    Parameters
    ----------
    magnitude : float
        Size of the values, in `units`.
    units : str
        UDUNITS string.

    Returns
    -------
    factor : float
        Multiply the values by it.
    text : str
        The unit after that.

    Examples
    --------
    >>> prefixed(3e-5, "V")
    (1000000.0, 'µV')
    """
    if units not in _SCALABLE or not (np.isfinite(magnitude) and magnitude > 0):
        return 1.0, units_text(units)
    exponent = 3 * math.floor(math.log10(magnitude) / 3 + 1e-9)
    exponent = min(max(exponent, min(_PREFIXES)), max(_PREFIXES))
    return float(f"1e{-exponent}"), f"{_PREFIXES[exponent]}{units}"


def units_text(units: str) -> str:
    """Return `units` as written on an axis; the unit 1 is said in words.

    Examples
    --------
    >>> units_text("1"), units_text("V")
    ('no unit', 'V')
    """
    return "no unit" if units in ("", "1") else units


def labelled(name: str, units: str) -> str:
    """Return an axis label with its unit in brackets.

    Examples
    --------
    >>> labelled("signal", "1"), labelled("speed", "mm/s")
    ('signal (no unit)', 'speed (mm/s)')
    """
    return f"{name} ({units_text(units)})"


def nice_number(value: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is not above `value`.

    Examples
    --------
    >>> nice_number(37.0), nice_number(0.8)
    (20.0, 0.5)
    """
    exponent = math.floor(math.log10(value))
    leading = value / 10.0**exponent
    digit = max(step for step in (1, 2, 5) if step <= leading + 1e-9)
    return float(f"{digit}e{exponent}")


def name_ticks(axis: Axis, names: Sequence[Any], at_most: int = 40) -> None:
    """Write names on an axis at 0, 1, 2, ...: all of them, or evenly chosen ones."""
    step = max(1, math.ceil(len(names) / at_most))
    places = range(0, len(names), step)
    axis.set_ticks(places, [plain(names[i]) for i in places])


def plain(text: object) -> str:
    """Return a label that matplotlib writes as it is: a dollar would start a formula."""
    return str(text).replace("$", r"\$")


def no_data(ax: Axes, why: str) -> Axes:
    """Say in the middle of the axes why nothing is drawn."""
    ax.text(0.5, 0.5, why, transform=ax.transAxes, ha="center", va="center", color=GREY)
    return ax
