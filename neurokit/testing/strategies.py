"""Hypothesis strategies for recordings that keep the contract, small and of every modality."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from neurokit.errors import check_option
from neurokit.schema import MODALITIES, Finding, add_history, recording
from neurokit.testing._groups import (
    CHANNELS_OF,
    Draw,
    draw_channels,
    draw_connectome,
    draw_events,
    draw_features,
    draw_neurons,
    draw_series,
    draw_spikes,
    seeds,
    text,
)
from neurokit.testing._hypothesis import st

_attribute = st.one_of(
    text,
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False, allow_infinity=False),
)
_NOTICED = Finding("NK999", "SUGGESTION", "/", "an example of a loader's finding", "Nothing.")


def recordings(
    modalities: Sequence[str] | None = None, *, max_size: int = 8
) -> st.SearchStrategy[xr.DataTree]:
    """Draw recordings of schema ``neurokit/1``, for use with `hypothesis.given`.

    They have no CRITICAL finding and no VIOLATION; SUGGESTIONs (NaN, constant channels) occur.
    Drawn are the groups, sizes, rates (regular and irregular), cuts, trials, masks, positions,
    labels of any script, columns of every dtype, empty tables, attributes and history.

    Parameters
    ----------
    modalities : sequence of str, optional
        Which to draw from; default all of the contract.
    max_size : int, default 8
        Largest number of neurons, channels, events, ...; time is up to three times as long.

    Returns
    -------
    hypothesis.strategies.SearchStrategy
        Of DataTrees.

    Raises
    ------
    OptionError
        If a modality is unknown.
    DependencyError
        If hypothesis is not installed.

    Examples
    --------
    >>> from hypothesis import given, settings
    >>> from neurokit.schema import validate
    >>> @settings(max_examples=3)
    ... @given(recordings(["calcium"]))
    ... def test(rec):
    ...     assert validate(rec).ok
    >>> test()
    """
    chosen = tuple(MODALITIES if modalities is None else modalities)
    for name in chosen:
        check_option("modalities", name, MODALITIES)
    return _recordings(chosen, max_size)


@st.composite
def _recordings(draw: Draw, modalities: Sequence[str], max_size: int) -> xr.DataTree:
    modality = draw(st.sampled_from(modalities))
    groups: dict[str, xr.Dataset] = {}
    if modality in CHANNELS_OF:
        groups["activity"] = draw_channels(draw, CHANNELS_OF[modality], max_size)
        if draw(st.booleans()):
            groups["auxiliary/trigger"] = draw_channels(draw, ("TRIG",), max_size, plain=True)
    elif modality == "spikes":
        groups["spikes"] = draw_spikes(draw, max_size)
    elif modality == "connectome":
        groups["connectome"] = draw_connectome(draw, max_size)
    elif modality != "behavior":
        groups["activity"] = draw_neurons(draw, max_size)
    groups |= _around(draw, groups.get("activity"), max_size, needed=not groups)
    rec = recording(
        groups,
        modality=modality,
        subject=draw(text),
        session=draw(text),
        start_time=draw(st.sampled_from(["", "2024-02-29T12:00:00+01:00"])),
        findings=draw(st.sampled_from([(), (_NOTICED,)])),
        attrs=draw(st.dictionaries(st.sampled_from(["note", "étage", "n_x"]), _attribute)),
    )
    if draw(st.booleans()):
        rec = add_history(rec, "testing.recordings", {"max_size": max_size}, draw(seeds))
    return rec


def _around(
    draw: Draw, main: xr.Dataset | None, max_size: int, *, needed: bool
) -> dict[str, xr.Dataset]:
    """Draw what stands beside the main group: events, behavior, stimulus."""
    groups: dict[str, xr.Dataset] = {}
    if draw(st.booleans()):
        groups["events"] = draw_events(draw, main, max_size)
    if needed or draw(st.booleans()):
        key = draw(st.sampled_from(["behavior", "behavior/eye"]))
        groups[key] = draw_series(draw, max_size)
    if draw(st.booleans()):
        groups["stimulus"] = draw_features(draw, max_size)
    return groups
