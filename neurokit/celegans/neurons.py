"""The 302 neurons of the adult hermaphrodite, one row each.

Names and classes as in White et al. 1986 (doi:10.1098/rstb.1986.0056), groups as in Cook et al.
2019 (doi:10.1038/s41586-019-1352-7), supplementary information 5.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

from neurokit.errors import check_option

if TYPE_CHECKING:
    import pandas as pd

NEURON_TYPES = ("sensory", "interneuron", "motor", "pharyngeal", "other")
ORDERS = ("natural", "simeon2024")


class Neuron(NamedTuple):
    """One row of the table."""

    name: str
    neuron_class: str
    neuron_type: str
    side: str
    dorsoventral: str
    is_neuron_300: bool


@cache
def rows() -> tuple[Neuron, ...]:
    """Return the 302 neurons in natural order, without pandas, for the many single look-ups."""
    text = files("neurokit.celegans").joinpath("neurons.csv").read_text(encoding="utf-8")
    lines = list(csv.reader(text.splitlines()))[1:]
    return tuple(Neuron._make([*line[:5], line[5] == "true"]) for line in lines)


@cache
def by_name() -> dict[str, Neuron]:
    """Return the rows by name."""
    return {neuron.name: neuron for neuron in rows()}


def _padded(neuron: Neuron) -> str:
    """Return the spelling with a nought that tables use to sort motor neurons: VB01."""
    number = neuron.name.removeprefix(neuron.neuron_class)
    motor = neuron.neuron_type == "motor" and number.isdigit() and len(number) == 1
    return f"{neuron.neuron_class}0{number}" if motor else ""


def neurons(order: str = "natural") -> pd.DataFrame:
    """Return the table of the 302 hermaphrodite neurons.

    Parameters
    ----------
    order : {"natural", "simeon2024"}
        ``natural``: all 302, numbers counted as numbers (AS1, AS2, ..., AS11). ``simeon2024``:
        300 in the order of characters (AS1, AS10, AS11, AS2, ...), without CANL and CANR.

    Returns
    -------
    pandas.DataFrame
        One row per neuron:

        - ``name``: as in the literature, without zero padding (VB1),
        - ``neuron_class``: one of 118 (AVA for AVAL and AVAR),
        - ``neuron_type``: sensory, interneuron, motor (with HSN and VC), pharyngeal (the 20
          neurons of the pharynx, whatever they do) or other (CANL and CANR, which have no
          chemical synapses),
        - ``side``: L, R or "" where there is no pair,
        - ``dorsoventral``: D, V or "",
        - ``is_neuron_300``: False for CANL and CANR, which Cook et al. count as end organs,
        - ``alias``: the other certain spelling that files use (VB01 for VB1), or "";
          `identify` knows it, and what is not certain (AVA?, AWCON), too.

    Raises
    ------
    OptionError
        If the order is unknown.

    References
    ----------
    .. [1] White et al. 1986, Phil. Trans. R. Soc. B 314, doi:10.1098/rstb.1986.0056
    .. [2] Cook et al. 2019, Nature 571, doi:10.1038/s41586-019-1352-7
    .. [3] Simeon et al. 2024, arXiv:2411.12091

    Examples
    --------
    >>> table = neurons()
    >>> len(table), table["neuron_class"].nunique()
    (302, 118)
    >>> neurons("simeon2024")["name"].tolist()[28:31]
    ['AS1', 'AS10', 'AS11']
    """
    import pandas as pd

    check_option("order", order, ORDERS)
    table = pd.DataFrame(rows(), columns=list(Neuron._fields))
    table["alias"] = [_padded(neuron) for neuron in rows()]
    if order == "simeon2024":
        # CANL and CANR are left out there, because Cook et al. list them with the end organs.
        table = table[table["is_neuron_300"]].sort_values("name", ignore_index=True)
    return table
