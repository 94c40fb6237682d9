"""What kind of cell a label names, and its one name: files pad numbers and vary in case.

Names of muscles and other cells follow Cook et al. 2019 (doi:10.1038/s41586-019-1352-7).
"""

from __future__ import annotations

import re

from neurokit.celegans.neurons import by_name

# Release-dependent names of one cell; the right-hand side is that of the 2019 matrices.
_ALIASES = {
    "anal": "mu_anal",
    "sph": "mu_sph",
    "mu_sphincter": "mu_sph",
    "intL": "mu_intL",
    "intR": "mu_intR",
    "intestine": "int",
    "excgl": "exc_gl",
}
_PADDED = re.compile(r"([A-Z]+)0+([1-9]\d*)")
# MDL01 (White), BWM-DL01 (Witvliet) and dBWML1 (Cook) are one muscle.
_BODY_WALL = re.compile(r"(?:M|BWM-?)([DV])([LR])0*([1-9]\d?)|([dv])BWM([LR])0*([1-9]\d?)")
# pm4vl, vm2pL: the same cells in lower case.
_MIXED_CASE = re.compile(r"(pm[1-8]|mc[1-3]|e[1-3]|[uv]m[12]|g[12])([a-zA-Z]{1,2})")
_MUSCLE = re.compile(
    r"[dv]BWM[LR]\d+|pm[1-8][A-Z]*|[uv]m[12][A-Z]*|mu_(?:int[LR]|anal|sph)|MANAL|MVULVA"
    r"|dgl[LR]\d|(?:aob|pob|gec|grt|cdl|ail|pil|pol|[dv]sp|[dv]sr)[LR]"
)
_MALE_NEURON = re.compile(
    r"C[AP]\d|CEM[DV][LR]|MCM[LR]|R[1-9][AB][LR]|PHD[LR]|HO[AB]|PC[ABC][LR]|SP[CDV][LR]"
    r"|PV[VXYZ]|DV[EF]|DX[1-3]|EF[1-4]|PDC|PGA"
)
_OTHER = re.compile(
    r"CEPsh[DV][LR]|GLR[DV]?[LR]|mc[1-3][DV]?[LR]?|e[1-3][DV]?[LR]?|g1P|g1A[LR]|g2[LR]|bm"
    r"|exc_(?:cell|gl)|hmc|hyp|int|gonad|proctodeum|R[1-9]s[ht][LR]"
)


def cell_name(label: str) -> str:
    """Return the name of a cell as in the literature, without zero padding.

    Nothing is guessed: a label that is no known spelling comes back as it is, without the
    blanks around it.

    Parameters
    ----------
    label : str
        As it stands in a file: ``VB01``, ``BWM-DL01``, ``pm4vl``.

    Returns
    -------
    str
        The name: ``VB1``, ``dBWML1``, ``pm4VL``.

    Examples
    --------
    >>> [cell_name(label) for label in ("VB01", " I1L ", "MDL01", "vm2pR", "IL2DL")]
    ['VB1', 'I1L', 'dBWML1', 'vm2PR', 'IL2DL']
    """
    plain = label.strip()
    if plain in by_name():
        return plain
    if plain in _ALIASES:
        return _ALIASES[plain]
    if found := _BODY_WALL.fullmatch(plain):
        row, side, number = [part for part in found.groups() if part is not None]
        return f"{row.lower()}BWM{side}{number}"
    if found := _MIXED_CASE.fullmatch(plain):
        return found[1] + found[2].upper()
    if found := _PADDED.fullmatch(plain):
        return found[1] + found[2]
    return plain


def cell_type(label: str) -> str:
    """Say whether a label names a neuron, a muscle or another cell.

    Parameters
    ----------
    label : str
        As it stands in a file, or a name.

    Returns
    -------
    {"neuron", "muscle", "other"}
        ``neuron`` for the 302 of the hermaphrodite and the neurons that only males have;
        ``other`` for glia, gland, epithelium, marginal cells, intestine, hypodermis, and for
        labels of no known cell.

    Examples
    --------
    >>> [cell_type(label) for label in ("AVAL", "CP05", "BWM-DL01", "hyp")]
    ['neuron', 'neuron', 'muscle', 'other']
    """
    name = cell_name(label)
    if name in by_name() or _MALE_NEURON.fullmatch(name):
        return "neuron"
    return "muscle" if _MUSCLE.fullmatch(name) else "other"


def is_known(label: str) -> bool:
    """Whether a label names a cell of the worm, of any kind and either sex."""
    return cell_type(label) != "other" or _OTHER.fullmatch(cell_name(label)) is not None
