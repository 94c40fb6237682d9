"""The loaders that are installed: found through entry points, chosen by what a file holds."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurokit.errors import DependencyError, LoaderError, OptionError, suggest
from neurokit.io.plugins import load_entry_points

if TYPE_CHECKING:
    from xarray import DataTree

GROUP = "neurokit.loaders"

# Two loaders whose scores differ by less than this are a tie, which the user decides.
TIE = 0.05


@dataclass(frozen=True)
class Loader:
    """How one family of formats is recognised and opened.

    Parameters
    ----------
    name : str
        The registered name, for example ``mne.raw``.
    title : str
        What it reads, a few words.
    modality : str
        What its recordings mostly are.
    suffixes : tuple of str
        Usual file suffixes, with the dot.
    sniff : callable
        ``sniff(path) -> float`` from 0 (certainly not) to 1 (certainly); reads headers only and
        never raises for a file that is merely not its own.
    open : callable
        ``open(path, **options) -> DataTree``, lazily.
    info : callable
        ``info(path) -> dict``, from headers only.
    options : mapping of str to str
        The options that `open` takes, one line each.
    extra : str
        The pip extra that it needs, if any.

    Examples
    --------
    >>> loader = get_loader("npy")
    >>> loader.title != "" and ".npy" in loader.suffixes
    True
    """

    name: str
    title: str
    modality: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Path], float]
    open: Callable[..., DataTree]
    info: Callable[[Path], dict[str, Any]]
    options: Mapping[str, str] = field(default_factory=dict)
    extra: str = ""

    def check_options(self, options: Mapping[str, Any]) -> None:
        """Raise if an option is not of this loader.

        Parameters
        ----------
        options : mapping
            What the user gave.

        Raises
        ------
        OptionError
            With the nearest name and all that are allowed.
        """
        for key in options:
            if key not in self.options:
                listed = ", ".join(self.options) or "none"
                raise OptionError(
                    f"loader {self.name} has no option {key!r}{suggest(key, self.options)}",
                    where="options",
                    mend=f"Its options: {listed}.",
                )


def loader_names() -> list[str]:
    """Return the names of all installed loaders, without importing any.

    Returns
    -------
    list of str
        Sorted.

    Examples
    --------
    >>> "nwb" in loader_names()
    True
    """
    return list(load_entry_points(GROUP))


def get_loader(name: str) -> Loader:
    """Import and return one loader.

    Parameters
    ----------
    name : str
        A registered name.

    Returns
    -------
    Loader
        The loader.

    Raises
    ------
    LoaderError
        If there is none of that name.
    DependencyError
        If a library that it needs is not installed.

    Examples
    --------
    >>> get_loader("npy").modality
    'calcium'
    """
    points = load_entry_points(GROUP)
    if name not in points:
        raise LoaderError(
            f"unknown loader {name!r}{suggest(name, points)}",
            where="loader",
            mend=f"Installed: {', '.join(points)}.",
        )
    try:
        loader: Loader = points[name].load()
    except ImportError as error:
        raise DependencyError(
            f"loader {name} needs a library that is not installed ({error.name})",
            where="loader",
            mend="Install it with pip install 'neurokit-xarray[formats]'.",
        ) from error
    return loader


def sniff_scores(path: Path) -> dict[str, float]:
    """Return how well each loader fits a file.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    dict of str to float
        Only loaders with a score above 0, best first. A loader that lacks a library counts as
        one that does not fit.
    """
    scores: dict[str, float] = {}
    for name in loader_names():
        with contextlib.suppress(DependencyError):
            scores[name] = get_loader(name).sniff(path)
    best_first = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
    return {name: score for name, score in best_first if score > 0}


def choose_loader(path: Path) -> Loader:
    """Return the loader that fits a file best.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    Loader
        The one with the highest score.

    Raises
    ------
    LoaderError
        If none fits, or two fit equally well; the message names candidates and scores.
    """
    scores = sniff_scores(path)
    if not scores:
        raise LoaderError(
            "no loader recognises the file",
            where=str(path),
            mend=f"Name one with loader=...; installed: {', '.join(loader_names())}.",
        )
    names = list(scores)
    if len(names) > 1 and scores[names[0]] - scores[names[1]] < TIE:
        tied = ", ".join(f"{n} ({s:.2f})" for n, s in scores.items() if scores[names[0]] - s < TIE)
        raise LoaderError(
            f"several loaders fit: {tied}",
            where=str(path),
            mend=f"Choose one, for example loader={names[0]!r}.",
        )
    return get_loader(names[0])
