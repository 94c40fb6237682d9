"""What the user knows better than the file: units, types, how large a metre is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neurokit.errors import LabelError, OptionError, check_option, suggest
from neurokit.schema import CHANNEL_TYPES

PREFIXES: dict[str, float] = {
    "": 1.0,
    "m": 1e-3,
    "u": 1e-6,
    "\u00b5": 1e-6,
    "\u03bc": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
    "f": 1e-15,
}
_LENGTHS: dict[str, float] = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}


def in_si(unit: str) -> tuple[str, float]:
    """Return the SI unit of a unit, and the factor to it.

    Parameters
    ----------
    unit : str
        ``"uV"``, ``"mV"``, ``"V"``, ``"fT"``, ``"pT"``, ``"T"``, ``"fT/cm"``, ``"T/m"``...

    Returns
    -------
    unit : str
        ``"V"``, ``"T"`` or ``"T/m"``.
    factor : float
        What values are multiplied with.

    Raises
    ------
    OptionError
        If it is none of these.

    Examples
    --------
    >>> in_si("uV"), in_si("fT/cm")
    (('V', 1e-06), ('T/m', 1e-13))
    """
    field, _, length = unit.partition("/")
    known = field[-1:] in ("V", "T") and field[:-1] in PREFIXES and length in ("", *_LENGTHS)
    if not known or (length and field[-1] != "T"):
        raise OptionError(
            f"unknown unit {unit!r}{suggest(unit, ('uV', 'mV', 'V', 'fT', 'T', 'fT/cm', 'T/m'))}",
            where="unit",
            mend="Use V, T or T/m, with m, u, n, p or f before it.",
        )
    # 1e-15 / 1e-2 is one digit off 1e-13, which a reader of the tree would wonder about.
    factor = float(f"{PREFIXES[field[:-1]] / _LENGTHS[length or 'm']:.12g}")
    return field[-1] + ("/m" if length else ""), factor


def stated_units(
    unit: str | Mapping[str, str] | None, names: Sequence[str], units: Sequence[str]
) -> dict[str, tuple[str, float]]:
    """Return what the option `unit` says about channels.

    Parameters
    ----------
    unit : str, mapping of str to str, or None
        One unit for all channels whose SI unit it is, or one per channel name.
    names : sequence of str
        All channels.
    units : sequence of str
        What the file says their units are, in SI.

    Returns
    -------
    dict of str to (str, float)
        SI unit and factor per channel that the option is about.

    Raises
    ------
    LabelError
        If a name is no channel.
    OptionError
        If a unit is unknown, or no channel has such a unit.
    """
    if unit is None:
        return {}
    if isinstance(unit, str):
        stated = in_si(unit)
        found = {n: stated for n, u in zip(names, units, strict=True) if u == stated[0]}
        if not found:
            raise OptionError(
                f"no channel is in {stated[0]}, but unit is {unit!r}",
                where="unit",
                mend=f"Channels are in {', '.join(sorted(set(units)))}: give a unit per channel.",
            )
        return found
    for name in unit:
        _known(name, names, "unit")
    return {name: in_si(one) for name, one in unit.items()}


def stated_types(types: Mapping[str, str] | None, names: Sequence[str]) -> dict[str, str]:
    """Return what the option `types` says about channels, checked.

    Parameters
    ----------
    types : mapping of str to str, or None
        BIDS channel type per channel name, in any case.
    names : sequence of str
        All channels.

    Returns
    -------
    dict of str to str
        BIDS channel types.

    Raises
    ------
    LabelError
        If a name is no channel.
    OptionError
        If a type is no BIDS channel type.
    """
    found = {}
    for name, kind in (types or {}).items():
        _known(name, names, "types")
        found[name] = check_option("types", kind.upper(), CHANNEL_TYPES)
    return found


def metres_per(position_unit: str) -> float:
    """Return how many metres the file's unit of length is.

    Parameters
    ----------
    position_unit : {"m", "cm", "mm"}
        The option.

    Returns
    -------
    float
        1, 0.01 or 0.001.

    Raises
    ------
    OptionError
        If it is none of these.
    """
    return _LENGTHS[check_option("position_unit", position_unit, _LENGTHS)]


def _known(name: str, names: Sequence[str], where: str) -> None:
    if name not in names:
        raise LabelError(
            f"{name!r} is no channel{suggest(name, names)}",
            where=where,
            mend=f"There are: {', '.join(list(names)[:8])}{', ...' if len(names) > 8 else ''}.",
        )
