"""What a recipe is: an analysis that a catalog can name, with parameters that can be checked.

Analyses fill the dataclass, batch reads it. Imports nothing heavy, because a run whose
results are all cached checks its parameters here.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, cast

from pydantic import BaseModel, ConfigDict

from neurokit.errors import OptionError, suggest
from neurokit.io.plugins import load_entry_points

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame
    from xarray import DataTree

GROUP = "neurokit.recipes"


class Parameters(BaseModel):
    """Base of every recipe's parameters: unknown names are refused, values do not change.

    Examples
    --------
    >>> class Mine(Parameters):
    ...     rank: int = 3
    >>> Mine(rank=6).rank
    6
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Recipe:
    """An analysis that a catalog can name.

    Parameters
    ----------
    name : str
        The registered name, for example ``connectome.motifs``.
    title : str
        What it does, a few words for the report.
    run : str
        ``"package.module:function"``; imported only in the process that runs it. The function
        takes ``(recordings, parameters, needs)``, mappings of id to recording and of recipe to
        result around its checked parameters, and returns an `Outcome`.
    parameters : type of Parameters
        The model that a catalog's ``params`` are checked against.
    over : {"recording", "dataset"}
        Whether a job gets one recording or all recordings of a dataset.
    needs : tuple of str
        Names of recipes whose results it takes.
    time_limit_s : float
        Wall seconds after which its job is ended.
    memory_limit_mb : int
        Resident megabytes above which its job is ended.

    Examples
    --------
    >>> Recipe("mylab.peaks", "Peaks of every neuron", "mylab.peaks:run").over
    'recording'
    """

    name: str
    title: str
    run: str
    parameters: type[Parameters] = Parameters
    over: Literal["recording", "dataset"] = "recording"
    needs: tuple[str, ...] = ()
    time_limit_s: float = 1800.0
    memory_limit_mb: int = 6000


@dataclass
class Picture:
    """A figure with the sentence that belongs under it.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The figure.
    caption : str
        What it shows, with units.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> Picture(Figure(), "Peaks over time.").caption
    'Peaks over time.'
    """

    figure: Figure
    caption: str


@dataclass
class Outcome:
    """What a recipe gives back.

    Parameters
    ----------
    result : xarray.DataTree
        Everything computed; stored as one file.
    pictures : dict of str to Picture
        Figures in the order of the report.
    facts : dict of str to str, int, float or bool
        A short table for the report; units stand in the key.
    tables : dict of str to pandas.DataFrame
        Longer tables, stored as CSV.

    Examples
    --------
    >>> import xarray as xr
    >>> Outcome(xr.DataTree(), facts={"peaks": 12}).facts
    {'peaks': 12}
    """

    result: DataTree
    pictures: dict[str, Picture] = field(default_factory=dict)
    facts: dict[str, str | int | float | bool] = field(default_factory=dict)
    tables: dict[str, DataFrame] = field(default_factory=dict)


def registered_recipes() -> dict[str, Recipe]:
    """Return all installed recipes by name.

    Returns
    -------
    dict of str to Recipe
        Sorted by name.

    Raises
    ------
    NeurokitError
        If two distributions register one name.

    Examples
    --------
    >>> "summary" in registered_recipes()
    True
    """
    return {name: point.load() for name, point in load_entry_points(GROUP).items()}


def load_function(reference: str) -> Callable[..., object]:
    """Import ``"package.module:function"`` and return the function.

    Parameters
    ----------
    reference : str
        Module and function, separated by a colon.

    Returns
    -------
    callable
        The function.

    Raises
    ------
    OptionError
        If the reference has no colon, or the module has no such function.

    Examples
    --------
    >>> load_function("math:sqrt")(4.0)
    2.0
    """
    module_name, colon, attribute = reference.partition(":")
    if not colon:
        raise OptionError(
            f"{reference!r} has no colon", where="run", mend='Write "package.module:function".'
        )
    module = importlib.import_module(module_name)
    if not hasattr(module, attribute):
        near = suggest(attribute, dir(module))
        raise OptionError(
            f"module {module_name} has no function {attribute!r}{near}",
            where=reference,
            mend="Correct the recipe's run.",
        )
    return cast("Callable[..., object]", getattr(module, attribute))
