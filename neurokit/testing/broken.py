"""Recordings with one known fault each, beside the code of the finding that must report it."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from neurokit.errors import check_option
from neurokit.testing import (  # noqa: F401  importing registers the faults
    _faults_axes,
    _faults_connectome,
    _faults_events,
    _faults_labels,
    _faults_positions,
    _faults_provenance,
    _faults_spikes,
    _faults_structure,
    _faults_values,
)
from neurokit.testing._faults import FAULTS
from neurokit.testing._groups import Draw
from neurokit.testing._hypothesis import st


def broken_recordings(
    codes: Sequence[str] | None = None,
) -> st.SearchStrategy[tuple[xr.DataTree, str]]:
    """Draw a recording with a fault, and the code that `nk.validate` must give for it.

    Every code that `nk.validate` can give is among them. The code is sure to be among the
    findings; a fault may have further ones.

    Parameters
    ----------
    codes : sequence of str, optional
        Which faults to draw from; default all.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Of (DataTree, code).

    Raises
    ------
    OptionError
        If a code is unknown.
    DependencyError
        If hypothesis is not installed.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from neurokit.schema import validate
    >>> @settings(max_examples=3)
    ... @given(broken_recordings(["NK102"]))
    ... def test(broken):
    ...     rec, code = broken
    ...     assert code in validate(rec).codes
    >>> test()
    """
    chosen = tuple(FAULTS if codes is None else codes)
    for code in chosen:
        check_option("codes", code, FAULTS)
    return _broken(chosen)


@st.composite
def _broken(draw: Draw, codes: Sequence[str]) -> tuple[xr.DataTree, str]:
    code = draw(st.sampled_from(codes))
    return FAULTS[code](draw), code
