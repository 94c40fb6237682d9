"""Every code of `nk.validate`: a broken recording that has it, a mended one that has not.

One whole recording, of a chimera that has everything, is broken in one place at a time; beside
each fault stands the nearest thing that is none.
"""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from neurokit import schema
from neurokit.schema import (
    activity,
    connectome,
    events,
    findings_to_json,
    recording,
    series,
    spikes,
    validate,
)
from neurokit.schema.checks import Code

WORM = ["AVAL", "AVA?", "VB1"]
CELLS = ["AVAL", "AVAR", "mc1"]


def _eeg(n=200):
    rng = np.random.default_rng(0)
    return activity(
        rng.standard_normal((n, 3)) * 1e-5,
        names=["Fp1", "Fp2", "Cz"],
        space="channel",
        rate=100.0,
        coords={"channel_type": ["EEG"] * 3},
        observed=rng.random((n, 3)) > 0.1,
        run=np.repeat([4, 7], n // 2),
        position=[[-0.03, 0.08, 0.0], [0.03, 0.08, 0.0], [0.0, 0.0, 0.1]],
        position_attrs={"coordinate_frame": "head"},
    )


def _spiking():
    group = spikes({"a": [0.1, 0.2], "silent": [], "b": [0.05, 1.5]}, coords={"bad": [False] * 3})
    return group.assign(
        obs_start=("interval", [0.0, 0.0, 1.0]),
        obs_stop=("interval", [2.0, 0.5, 2.0]),
        obs_end=("neuron", [1, 1, 3]),
    )


def _wired():
    chemical = [[0.0, 2.0, 5.0], [1.0, 0.0, np.nan], [0.0, 0.0, 0.0]]
    electrical = [[0.0, 3.0, 0.0], [3.0, 0.0, np.nan], [0.0, np.nan, 0.0]]
    return connectome(
        np.array([chemical, electrical]),
        pre=CELLS,
        post=CELLS,
        synapse_type=["chemical", "electrical"],
        pre_type=["neuron", "neuron", "muscle"],
        post_type=["neuron", "neuron", "muscle"],
        n_sources=np.ones((2, 3, 3)),
        weight_sd=np.zeros((2, 3, 3)),
    )


def _worm():
    return activity(
        np.random.default_rng(1).standard_normal((50, 3)),
        names=WORM,
        rate=3.0,
        coords={
            "identified": [True, False, True],
            "candidates": ["", "AVAL,AVAR", ""],
            "identity_confidence": ["exact", "lateral-ambiguous", "zero-stripped"],
        },
    )


def whole():
    """A recording with everything that is checked, and nothing that is wrong."""
    return recording(
        {
            "activity": _eeg(),
            "events": events(
                [0.5, 1.0, 1.99], duration=[0.1, 0.1, 0.5], trial_type=["a", "b", "a"]
            ),
            "behavior": series({"speed": np.zeros(7)}, rate=3.0),
            "spikes": _spiking(),
            "connectome": _wired(),
            "auxiliary/worm": _worm(),
        },
        modality="calcium",
        species="Caenorhabditis elegans",
        start_time="2024-02-29T12:00:00+01:00",
        licence="CC-BY-4.0",
        doi="10.1016/j.cell.2023.07.035",
        source="worm.json",
        loader="celegans.atanas",
        attrs={"source_sha256": "0" * 64, "findings": findings_to_json([])},
    )


def at(path, change):
    """A step that changes one group, past the builders that would refuse it."""

    def step(rec):
        rec[path] = xr.DataTree(change(rec[path].to_dataset(inherit=False).copy(deep=True)))
        return rec

    return step


def signal(change):
    return at("activity", change)


def root(**attrs):
    def step(rec):
        rec.attrs.update(attrs)
        return rec

    return step


def without(name):
    def step(rec):
        del rec.attrs[name]
        return rec

    return step


def attrs(path, **changed):
    """Change attributes of a group, or of a variable of it; None removes one."""

    def step(rec):
        owner = rec[path]
        for name, value in changed.items():
            owner.attrs[name] = value
            if value is None:
                del owner.attrs[name]
        return rec

    return step


def column(path, name, values, dim=None):
    """Set a coordinate or variable of a group."""

    def change(group):
        dims = group[name].dims if dim is None else (dim,)
        replaced = (dims, values, group[name].attrs if name in group.variables else {})
        if name in group.coords or name in ("run", "identified"):
            return group.assign_coords({name: replaced})
        return group.assign({name: replaced})

    return at(path, change)


def retimed(change):
    return at(
        "activity", lambda g: g.assign_coords(time=("time", change(g.time.values), g.time.attrs))
    )


def value(samples, what):
    def change(group):
        group.signal[samples, 1] = what
        return group

    return signal(change)


def trace(values):
    """Put `values` (time,) in place of the second channel."""
    return value(slice(None), values)


def scaled(by):
    return signal(lambda g: g.assign(signal=g.signal.copy(data=g.signal.values * by)))


def placed(places, **changed):
    def change(group):
        group["position"].values[:] = places
        group["position"].attrs.update(changed)
        return group

    return signal(change)


def brightened(by):
    def change(group):
        return group.assign(signal=group.signal.copy(data=group.signal.values * by))

    return at("auxiliary/worm", change)


def weight(change):
    def step(group):
        group["weight"].values[:] = change(group["weight"].values.copy())
        return group

    return at("connectome", step)


def averages(*names):
    """Put two conditions in place of the record, with or without how many trials they hold."""

    def change(group):
        group = group.drop_vars(["observed", "run"])
        group["signal"] = group["signal"].expand_dims(condition=["x", "y"])
        return group.assign({name: ("condition", [20, 30]) for name in names})

    return signal(change)


def multi_index(rec):
    index = pd.MultiIndex.from_product([["a"], ["x", "y", "z"]], names=["shaft", "contact"])
    coords = xr.Coordinates.from_pandas_multiindex(index, "channel")
    return signal(lambda g: g.drop_vars("channel").assign_coords(coords))(rec)


def group(path, content):
    def step(rec):
        rec[path] = xr.DataTree(content)
        return rec

    return step


def nothing(rec):
    return rec


def only_attrs(rec):
    return xr.DataTree(xr.Dataset(attrs=rec.attrs))


def transposed_worms(n_times):
    values = np.random.default_rng(0).random((n_times, 40))
    return group("activity", activity(values, names=[str(i) for i in range(40)], rate=1.0))


TRIPLE = np.eye(3) * 0.05
NOISE = np.random.default_rng(3).standard_normal(200) * 1e-5

# Code: how to break it, the nearest thing that is no fault, words of the mend.
EXAMPLES = {
    "NK001": (root(schema="neurokit/0"), root(schema="neurokit/1"), "Build"),
    "NK002": (group("extras", xr.Dataset({"x": 1.0})), nothing, "/auxiliary"),
    "NK004": (root(weights=[1, 2]), root(weights="[1, 2]"), "JSON"),
    "NK005": (without("licence"), nothing, "Add"),
    "NK006": (
        signal(lambda g: g.assign(signal=g.signal.astype("f2"))),
        signal(lambda g: g.assign(signal=g.signal.astype("f8"))),
        "float32",
    ),
    "NK007": (multi_index, nothing, "one plain column"),
    "NK008": (signal(lambda g: g.rename(signal="traces")), nothing, "signal"),
    "NK009": (only_attrs, nothing, "Give one of"),
    "NK010": (
        root(start_time="2024-02-29T12:00:00"),
        root(start_time="2024-02-29T12:00:00Z"),
        "+01:00",
    ),
    "NK011": (root(licence="CC BY 4.0"), root(licence="MIT OR CC0-1.0"), "SPDX"),
    "NK012": (root(source_sha256="A" * 64), root(source_sha256="a" * 64), "checksum=True"),
    "NK013": (root(source_sha256=""), root(source_sha256="", source=""), "checksum=True"),
    "NK014": (root(doi="https://doi.org/10.1101/x"), root(doi="10.1101/x"), "without https"),
    "NK015": (root(modality="Calcium"), root(modality="eeg"), "Use calcium"),
    "NK016": (root(history="filtered"), root(history="[]"), "add_history"),
    "NK017": (
        group("behavior/eye", series({"gaze": np.zeros(7)}, rate=3.0)),
        group("auxiliary/eye", _eeg()),
        "group of their own",
    ),
    "NK101": (signal(lambda g: g.drop_vars("time")), nothing, "float64"),
    "NK102": (
        retimed(lambda t: np.where(t == t[61], t[59], t)),
        retimed(lambda t: t + 1e-5 * np.sin(t)),
        "sortby",
    ),
    "NK103": (retimed(lambda t: np.where(t == t[5], np.nan, t)), nothing, "repair"),
    "NK104": (retimed(lambda t: t * 1.0011), retimed(lambda t: t * 1.0009), "mark cuts in run"),
    "NK105": (
        lambda rec: attrs("activity/time", sampling_rate=-1.0)(
            attrs("activity", sampling_rate=-1.0)(rec)
        ),
        nothing,
        "positive",
    ),
    "NK106": (attrs("activity", sampling_rate=50.0), nothing, "neurokit.schema"),
    "NK107": (attrs("activity", time_origin=None), nothing, "t = 0"),
    "NK108": (signal(lambda g: g.assign_coords(time=g.time.astype("f4"))), nothing, "float64"),
    "NK109": (
        column("activity", "run", np.repeat([0.0, 1.0], 100)),
        column("activity", "run", np.repeat([0, 1], 100).astype("u1")),
        "integers",
    ),
    "NK110": (signal(lambda g: g.transpose("channel", "time", "space")), nothing, "transpose"),
    "NK111": (transposed_worms(39), transposed_worms(40), "transposed"),
    "NK112": (retimed(lambda t: t + 3.0), retimed(lambda t: t + 1e-7), "time_offset"),
    "NK113": (
        column("activity", "run", np.repeat([1, 2, 1, 3], 50)),
        column("activity", "run", np.repeat([4, 2, 1, 3], 50)),
        "its own number",
    ),
    "NK114": (
        column("activity", "observed", np.ones((200, 3), dtype=int)),
        column("activity", "observed", np.ones((200, 3), dtype=bool)),
        "bool",
    ),
    "NK115": (averages(), averages("n_averages"), "n_averages"),
    "NK201": (
        column("activity", "channel", ["a", "a", "b"]),
        column("activity", "channel", ["a", "A", "b"]),
        "unique",
    ),
    "NK202": (signal(lambda g: g.drop_vars("channel")), nothing, "Name"),
    "NK203": (column("activity", "channel", ["a", "", "b"]), nothing, "Name"),
    "NK204": (
        column("activity", "channel_type", ["eeg"] * 3),
        column("activity", "channel_type", ["ECOG"] * 3),
        "BIDS",
    ),
    "NK205": (
        column("auxiliary/worm", "neuron", ["AVAl", "AVA?", "VB1"]),
        column("auxiliary/worm", "neuron", ["AVAR", "glia", "VB1"]),
        "nk.celegans.identify",
    ),
    "NK206": (
        column("auxiliary/worm", "neuron", ["AVAL-1", "AVA?", "AVAL-2"]),
        column("auxiliary/worm", "neuron", ["AVAL", "AVAL-1", "AVAR"]),
        "candidates",
    ),
    "NK207": (
        column("auxiliary/worm", "candidates", ["", "", "VB1,VB2"]),
        column("auxiliary/worm", "candidates", ["", "AVAR", ""]),
        "identified False",
    ),
    "NK208": (
        column("activity", "bad", ["False"] * 3),
        column("activity", "bad", [False] * 3),
        "bool",
    ),
    "NK301": (
        column("activity", "unit", ["V", "", "V"]),
        column("activity", "unit", ["V", "V", "V"]),
        "UDUNITS",
    ),
    "NK302": (scaled(1e6), scaled(100.0), 'unit="uV"'),
    "NK303": (attrs("activity/signal", units="uV"), attrs("activity/signal", units=None), "share"),
    "NK304": (placed(TRIPLE, units=""), placed(TRIPLE, units="m"), "frame"),
    "NK305": (placed(TRIPLE * 1000), placed(TRIPLE * 1000, units="mm"), "Millimetres"),
    "NK306": (signal(lambda g: g.isel(space=slice(2))), nothing, "x, y and z"),
    "NK307": (
        placed([[0, 0, 0], [0, 0, 0], [0, 0.1, 0]]),
        placed([[np.nan] * 3, [np.nan] * 3, [0, 0.1, 0]]),
        "NaN, not 0",
    ),
    "NK308": (placed(TRIPLE, units="mm"), placed(TRIPLE * 1000, units="mm"), "probably metres"),
    "NK309": (
        column("activity", "unit", ["n/a"] * 3),
        column("activity", "unit", ["1"] * 3),
        '"1"',
    ),
    "NK310": (
        column("activity", "unit", ["V", "fT", "V"]),
        column("activity", "unit", ["V", "uV", "1"]),
        "type",
    ),
    "NK311": (scaled(1e-6), scaled(1e-3), "scaled twice"),
    "NK312": (brightened(1e6), brightened(1e4), "byte order"),
    "NK401": (value(slice(None), np.nan), value(slice(1, None), np.nan), "nk.pick"),
    "NK402": (value(slice(None), 3e-6), trace(NOISE), "bad"),
    "NK403": (value(slice(10, 20), np.nan), value(slice(10, 20), 0.0), "mask"),
    "NK404": (value(slice(10, 11), np.inf), value(slice(10, 11), 1.0), "NaN"),
    "NK405": (trace(np.arange(200) * 1e-5), trace(np.arange(200) // 2 * 1e-5), "as time"),
    "NK406": (
        signal(lambda g: g.assign(signal=g.signal[:, [0, 0, 2]].assign_coords(channel=g.channel))),
        trace(NOISE),
        "copies",
    ),
    "NK501": (
        column("events", "onset", [0.5, 1.0, 16.7]),
        column("events", "onset", [0.5, 1.0, 16.6]),
        "first sample",
    ),
    "NK502": (column("events", "onset", [0.5, np.nan, 1.0]), nothing, "find their time"),
    "NK503": (
        column("events", "duration", [0.1, -0.1, 0.1]),
        column("events", "duration", [0.1, np.nan, 0.0]),
        ">= 0",
    ),
    "NK504": (at("events", lambda g: g.drop_vars("onset")), nothing, "seconds"),
    "NK505": (
        at("events", lambda g: g.isel(event=[0, 0, 1])),
        column("events", "onset", [0.5, 0.5, 1.0]),
        "Drop",
    ),
    "NK506": (
        column("events", "onset", [1.0, 0.5, 1.5]),
        column("events", "onset", [0.5, 0.5, 1.5]),
        "sortby",
    ),
    "NK507": (
        column("events", "duration", [0.1, 17.0, 0.1]),
        column("events", "duration", [0.1, 16.6, 0.1]),
        "in seconds",
    ),
    "NK508": (
        at("events", lambda g: g.assign(onset=g.onset.astype("f4"))),
        nothing,
        "float64",
    ),
    "NK601": (column("spikes", "spike_time", [0.2, 0.1, 0.05, 1.5]), nothing, "Sort"),
    "NK602": (column("spikes", "spike_end", [2, 2, 5]), nothing, "offset behind"),
    "NK603": (
        column("spikes", "spike_time", [-0.1, 0.2, 0.05, 1.5]),
        column("spikes", "spike_time", [0.0, 0.2, 0.05, 1.5]),
        "spike_trial",
    ),
    "NK604": (column("spikes", "spike_time", [0.1, np.nan, 0.05, 1.5]), nothing, "Drop"),
    "NK605": (
        column("spikes", "spike_time", [0.1, 0.2, 0.05, 0.7]),
        column("spikes", "spike_time", [0.1, 0.2, 0.05, 1.0]),
        "one clock",
    ),
    "NK606": (
        column("spikes", "obs_stop", [2.0, -0.5, 2.0]),
        column("spikes", "obs_stop", [2.0, 0.6, 2.0]),
        "Order",
    ),
    "NK607": (
        at("spikes", lambda g: g.assign(spike_time=g.spike_time.astype("f4"))),
        nothing,
        "float64",
    ),
    "NK608": (
        column("spikes", "spike_time", [0.1, 0.1, 0.05, 1.5]),
        column("spikes", "spike_time", [0.1, 0.2, 0.2, 1.5]),
        "copies",
    ),
    "NK609": (
        at("spikes", lambda g: g.assign(spike_trial=("spike", [0.0, 0.0, 1.0, 1.0]))),
        at("spikes", lambda g: g.assign(spike_trial=("spike", [0, 0, 1, 1]))),
        "from 0",
    ),
    "NK701": (
        at("connectome", lambda g: g.transpose("pre", "post", ...)),
        nothing,
        "(synapse_type",
    ),
    "NK702": (weight(lambda w: -w), nothing, ">= 0"),
    "NK703": (
        weight(lambda w: np.stack([w[0], w[0]])),
        weight(lambda w: np.stack([w[1], w[1]])),
        "both ways",
    ),
    "NK704": (
        column("connectome", "synapse_type", ["chem", "electrical"]),
        column("connectome", "synapse_type", ["contact", "electrical"]),
        "Use chemical",
    ),
    "NK705": (
        column("connectome", "pre_type", ["neuron", "glia", "muscle"]),
        nothing,
        "Use neuron",
    ),
    "NK706": (
        column("connectome", "pre", ["AVAL", "AVAR", "mc2"]),
        at("connectome", lambda g: g.isel(pre=[2, 0, 1])),
        "the same cells",
    ),
    "NK707": (
        weight(lambda w: np.where(w == 5, np.inf, w)),
        weight(lambda w: np.where(w == 5, np.nan, w)),
        "not observed is NaN",
    ),
    "NK708": (
        at("connectome", lambda g: g.assign(weight=g.weight.astype("f8"))),
        nothing,
        "float32",
    ),
    "NK709": (
        at("connectome", lambda g: g.assign(n_sources=-g.n_sources)),
        at("connectome", lambda g: g.assign(n_sources=0 * g.n_sources)),
        "neurokit.schema",
    ),
    "NK710": (
        column("connectome", "post_type", ["neuron", "muscle", "muscle"]),
        at("connectome", lambda g: g.isel(post=[2, 0, 1])),
        "one type",
    ),
    "NK711": (
        weight(lambda w: np.stack([w[0] * 0, w[1]])),
        weight(lambda w: np.stack([w[0] * 1e-6, w[1]])),
        "Leave the kind out",
    ),
}
EXAMPLES["NK003"] = (
    lambda rec: rec.assign(loose=xr.DataArray(1.0)),
    nothing,
    "into a group",
)


def _codes():
    found = {}
    for module in pkgutil.iter_modules(schema.__path__):
        if module.name.startswith("checks_"):
            holder = importlib.import_module(f"neurokit.schema.{module.name}")
            found |= {c.code: c.severity for c in vars(holder).values() if isinstance(c, Code)}
    return found


CODES = _codes()


def test_the_whole_recording_has_no_finding():
    found = validate(whole(), deep=True)
    assert list(found) == []
    assert found.ok
    assert "none" in repr(found)


def test_there_are_as_many_checks_as_the_contract_needs():
    assert len(CODES) >= 30
    assert set(EXAMPLES) == set(CODES)


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_fault_is_found_and_its_mended_form_is_not(code):
    broken, mended, words = EXAMPLES[code]
    bad = [f for f in validate(broken(whole()), deep=True) if f.code == code]
    assert bad, "the broken example is not found"
    for finding in bad:
        assert finding.severity == CODES[code]
        assert finding.where.startswith("/")
        assert finding.found
        assert finding.mend[0].isupper()
        assert finding.mend.endswith(".")
        assert str(finding).endswith(finding.mend)
    assert any(words in f.mend for f in bad), [f.mend for f in bad]
    good = [f for f in validate(mended(whole()), deep=True) if f.code == code]
    assert not good, good
