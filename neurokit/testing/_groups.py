"""How the groups of random recordings are drawn: clocks, labels, values, tables.

Values come from a drawn seed, so that examples are quick to make; what can go wrong (shapes,
labels, rates, cuts, NaN, empty tables) is drawn and shrinks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.schema import (
    CELL_TYPES,
    CHANNEL_UNITS,
    SYNAPSE_TYPES,
    activity,
    connectome,
    events,
    regular_time,
    series,
    spikes,
)
from neurokit.testing._hypothesis import st

Draw = Callable[[st.SearchStrategy[Any]], Any]
RATES = (0.1, 1 / 3, 1.0, 3.0, 25.0, 1000 / 3, 1000.0, 4882.8125)
CHANNELS_OF = {
    "eeg": ("EEG", "EOG", "ECG", "MISC"),
    "meg": ("MEGMAG", "MEGGRADPLANAR", "MEGREFMAG", "EEG"),
    "seeg": ("SEEG", "ECG"),
    "ecog": ("ECOG", "EMG"),
    "ieeg": ("SEEG", "ECOG", "DBS"),
    "nirs": ("NIRSCWAMPLITUDE", "NIRSCWHBO", "NIRSCWHBR"),
}
# Typical sizes in the channel's unit: what is far above them is a misread unit.
SIZE_OF = {"V": 1e-5, "T": 1e-13, "T/m": 1e-12, "mol/L": 1e-6, "1": 1.0}

# Whatever a label or attribute may hold; NUL ends strings in C and surrogates are no text.
text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
seeds = st.integers(0, 2**32 - 1)


def draw_clock(draw: Draw, max_size: int, *, regular: bool | None = None) -> dict[str, Any]:
    """Draw a time axis: keyword arguments of the schema's builders."""
    n = draw(st.integers(1, 3 * max_size))
    time: Any
    rate = draw(st.sampled_from(RATES)) if regular is not False else None
    if regular is None and draw(st.booleans()):
        rate = None
    clock: dict[str, Any] = {
        "rate": rate,
        "time_origin": draw(text.filter(bool)),
        "time_offset": draw(st.floats(-1e6, 1e6)),
    }
    if rate is None:
        steps = np.random.default_rng(draw(seeds)).uniform(0.01, 2.0, size=(n,))
        time = np.cumsum(steps) - steps[0]
    else:
        time = regular_time(n, rate)
    if n > 1 and draw(st.booleans()):
        cut = draw(st.integers(1, n - 1))
        clock["run"] = np.repeat([0, 1], [cut, n - cut])
        lost = draw(st.integers(0, 5)) / (rate or 1.0)
        time[cut:] += lost
    return {**clock, "time": time}


def draw_names(draw: Draw, n: int) -> list[str]:
    """Draw unique labels that are not empty."""
    names: list[str] = draw(st.lists(text.filter(bool), min_size=n, max_size=n, unique=True))
    return names


def draw_values(draw: Draw, shape: tuple[int, ...], scale: Any = 1.0) -> np.ndarray[Any, Any]:
    """Draw float32 values, now and then with NaN, zeros or a constant last column."""
    rng = np.random.default_rng(draw(seeds))
    values = rng.normal(size=shape) * scale
    share = draw(st.sampled_from([0.0, 0.0, 0.1, 1.0]))
    values[rng.random(shape) < share] = np.nan
    if draw(st.booleans()):
        values[..., -1] = 0.0
    return np.asarray(values, dtype=np.float32)


def _column(draw: Draw, n: int) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(draw(seeds))
    kind = draw(st.sampled_from(["bool", "int", "float", "text"]))
    if kind == "text":
        return np.array(draw(st.lists(text, min_size=n, max_size=n)), dtype=str)
    if kind == "bool":
        return rng.random(n) < 0.5
    return rng.integers(-9, 9, n) if kind == "int" else rng.normal(size=n)


def _signal_options(draw: Draw, shape: tuple[int, ...]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if len(shape) == 3:
        options["trial"] = {"choice": _column(draw, shape[0]), "block": _column(draw, shape[0])}
    if draw(st.booleans()):
        rng = np.random.default_rng(draw(seeds))
        options["observed"] = rng.random(shape) < 0.8
    if draw(st.booleans()):
        rng = np.random.default_rng(draw(seeds))
        position = rng.uniform(-0.1, 0.1, (shape[-1], 3))
        position[rng.random(shape[-1]) < 0.2] = np.nan
        options["position"] = position
    return options


def draw_neurons(draw: Draw, max_size: int) -> xr.Dataset:
    """Draw ``/activity`` of neurons."""
    clock, n = draw_clock(draw, max_size), draw(st.integers(1, max_size))
    shape: tuple[int, ...] = (clock["time"].size, n)
    if draw(st.booleans()):
        shape = (draw(st.integers(1, 3)), *shape)
    names = draw_names(draw, n)
    # Nobody has identified what is called "?".
    sure = [k % 2 == 0 and "?" not in str(name) for k, name in enumerate(names)]
    coords = {"identified": sure, "neuron_class": _column(draw, n).astype(str)}
    return activity(
        draw_values(draw, shape),
        names=names,
        coords=draw(st.sampled_from([{}, coords])),
        units=draw(st.sampled_from(["1", "Hz", "µm"])),
        **clock,
        **_signal_options(draw, shape),
    )


def draw_channels(
    draw: Draw, kinds: Sequence[str], max_size: int, *, plain: bool = False
) -> xr.Dataset:
    """Draw ``/activity`` of channels."""
    clock, n = draw_clock(draw, max_size, regular=True), draw(st.integers(1, max_size))
    types = draw(st.lists(st.sampled_from(kinds), min_size=n, max_size=n))
    scale = np.array([SIZE_OF[CHANNEL_UNITS[kind]] for kind in types])
    form = "time" if plain else draw(st.sampled_from(["time", "trial", "condition"]))
    shape: tuple[int, ...] = (clock["time"].size, n)
    if form != "time":
        shape = (draw(st.integers(1, 3)), *shape)
    group = activity(
        draw_values(draw, shape, scale),
        names=draw_names(draw, n),
        space="channel",
        coords={
            "channel_type": types,
            "bad": np.arange(n) % 3 == 0,
            "region": draw(st.lists(text, min_size=n, max_size=n)),
        },
        **clock,
        **({} if plain else _signal_options(draw, shape)),
    )
    if form != "condition":
        return group
    evoked = group.drop_vars(["choice", "block"]).rename_dims(trial="condition")
    evoked["n_averages"] = ("condition", np.arange(1, shape[0] + 1))
    return evoked.assign_coords(condition=np.array(draw_names(draw, shape[0])))


def draw_events(
    draw: Draw, main: xr.Dataset | None, max_size: int, *, fewest: int = 0
) -> xr.Dataset:
    """Draw ``/events``: inside the record, perhaps none at all."""
    n = draw(st.integers(fewest, max_size))
    last = 0.0 if main is None else float(main["time"].values[-1])
    onset = np.sort(np.random.default_rng(draw(seeds)).uniform(0.0, 1.0, n)) * last
    names = draw(st.sampled_from([(), ("value",), ("value", "side")]))
    columns: dict[str, Any] = {name: _column(draw, n) for name in names}
    trial_type = draw(st.lists(text, min_size=n, max_size=n))
    return events(onset, duration=onset * 0.1, trial_type=trial_type, columns=columns)


def draw_series(draw: Draw, max_size: int) -> xr.Dataset:
    """Draw ``/behavior``: measures of one and two dims on one clock."""
    clock = draw_clock(draw, max_size)
    n = clock["time"].size
    values = {"speed": draw_values(draw, (n,)), "centroid": draw_values(draw, (n, 2))}
    return series(values, units={"speed": "mm/s"}, **clock)


def draw_features(draw: Draw, max_size: int) -> xr.Dataset:
    """Draw ``/stimulus``: named features on one clock."""
    clock, n = draw_clock(draw, max_size), draw(st.integers(1, max_size))
    values = draw_values(draw, (clock["time"].size, n))
    group = series({"feature_values": (("time", "feature"), values)}, **clock)
    return group.assign_coords(feature=np.array(draw_names(draw, n)))


def draw_spikes(draw: Draw, max_size: int) -> xr.Dataset:
    """Draw ``/spikes``: neurons with many spikes, few or none."""
    n = draw(st.integers(1, max_size))
    rng = np.random.default_rng(draw(seeds))
    most = draw(st.sampled_from([max_size, max_size, 0]))
    counts = draw(st.lists(st.integers(0, most), min_size=n, max_size=n))
    trains = [rng.uniform(0, 100, count) for count in counts]
    group = spikes(dict(zip(draw_names(draw, n), trains, strict=True)))
    if draw(st.booleans()):
        group["held_out"] = ("neuron", np.arange(n) % 2 == 0)
    return group


def draw_connectome(draw: Draw, max_size: int) -> xr.Dataset:
    """Draw ``/connectome``: several kinds of synapses, pre and post cells that may differ."""
    kinds = draw(st.lists(st.sampled_from(SYNAPSE_TYPES), min_size=1, max_size=3, unique=True))
    sides = [draw_names(draw, draw(st.integers(1, max_size))) for _ in range(2)]
    if draw(st.booleans()):
        sides[1] = sides[0]
    shape = (len(kinds), len(sides[0]), len(sides[1]))
    weight = np.abs(draw_values(draw, shape))
    cells = sorted({*sides[0], *sides[1]})
    kind_of = {cell: draw(st.sampled_from(CELL_TYPES)) for cell in cells}
    types = [[kind_of[cell] for cell in side] for side in sides]
    further = {"n_sources": np.ones(shape, dtype=np.int64), "weight_sd": weight / 2}
    return connectome(
        weight,
        pre=sides[0],
        post=sides[1],
        synapse_type=kinds,
        pre_type=types[0],
        post_type=types[1],
        units="synapses",
        **draw(st.sampled_from([{}, further])),
    )
