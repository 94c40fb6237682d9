"""Words for units in BIDS tables, and the UDUNITS strings of the contract.

https://bids-specification.readthedocs.io/en/stable/common-principles.html#units
"""

from __future__ import annotations

import re

_PREFIXES = {
    **{"": 1.0, "m": 1e-3, "u": 1e-6, "\u00b5": 1e-6, "\u03bc": 1e-6, "n": 1e-9, "p": 1e-12},
    **{"f": 1e-15, "k": 1e3, "M": 1e6, "c": 1e-2},
}
_BASES = {
    **{name: name for name in ("V", "T", "S", "A", "Pa", "N", "m", "s", "g", "K", "Hz", "rad")},
    **{"T/m": "T/m", "ohm": "ohm", "\u03a9": "ohm", "\u2126": "ohm", "degC": "degC"},
    **{
        "oC": "degC",
        "\u00b0C": "degC",
        "C": "degC",
        "%": "percent",
        "mol/L": "mol/L",
        "M": "mol/L",
    },
    **{"pixels": "pixel", "arbitrary": "1", "boolean": "1", "1": "1"},
}


def unit_of(text: str) -> tuple[str, float] | None:
    """Return the UDUNITS string of what a table calls a unit, and the factor to it.

    Parameters
    ----------
    text : str
        ``"uV"``, ``"\u00b5V"``, ``"fT/cm"``, ``"oC"``...

    Returns
    -------
    (str, float) or None
        None for a word that is none of these.

    Examples
    --------
    >>> unit_of("uV"), unit_of("oC"), unit_of("n/a")
    (('V', 1e-06), ('degC', 1.0), None)
    """
    if text in _BASES:
        return _BASES[text], 1.0
    field, slash, length = text.partition("/")
    if slash and length in ("m", "cm", "mm") and field.endswith("T") and field[:-1] in _PREFIXES:
        per = {"m": 1.0, "cm": 1e-2, "mm": 1e-3}[length]
        return "T/m", float(f"{_PREFIXES[field[:-1]] / per:.12g}")
    found = re.fullmatch(r"([munpfkMc\u00b5\u03bc])(.+)", text)
    if found is None or found[2] not in _BASES:
        return None
    return _BASES[found[2]], _PREFIXES[found[1]]
