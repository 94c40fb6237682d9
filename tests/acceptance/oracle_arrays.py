"""Tables, arrays, NWB, suite2p and worm activity as pandas, scipy, numpy, h5py and pynwb read them.

Each oracle states in plain code what the entry of the catalog says in its options.
"""

from __future__ import annotations

import gzip
import json
import warnings
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import scipy.io
from oracles import Expected, Signal


def regular(n: int, rate: float) -> Any:
    """Return times of samples."""
    return np.arange(n) / rate


def one(values: Any, names: list[str], time: Any, **more: Any) -> dict[str, Signal]:
    """Return the only group of a recording."""
    return {"activity": Signal(values, names, time, **more)}


def numbered(n: int) -> list[str]:
    """Return labels of neurons that have none, in an order that sorts."""
    return [f"neuron-{i:0{len(str(n - 1))}d}" for i in range(n)]


def muse(path: Path) -> Expected:
    """EEG in microvolts, a channel of unknown unit, a marker; time stamps that jitter."""
    table = pd.read_csv(path)
    names = ["TP9", "AF7", "AF8", "TP10", "Right AUX"]
    stamps = table["timestamps"].to_numpy()
    time = stamps - stamps[0]
    values = table[names].to_numpy() * [1e-6, 1e-6, 1e-6, 1e-6, 1.0]
    types = ["EEG"] * 4 + ["MISC"]
    units = ["V"] * 4 + ["1"]
    signals = one(values, names, time, types=types, units=units, offset=stamps[0])
    codes = table[["Marker"]].to_numpy()
    signals["auxiliary/trigger"] = Signal(codes, ["Marker"], time, types=["TRIG"])
    hit = np.flatnonzero(codes[:, 0])
    arrays = {"events/onset": time[hit], "events/value": codes[hit, 0], "events/sample": hit}
    begin = datetime.fromtimestamp(stamps[0], UTC).isoformat()
    return Expected(signals, arrays=arrays, attrs={"start_time": begin})


def muse_monitor(path: Path) -> Expected:
    """Dates for time; the last field is missing in every row."""
    table = pd.read_csv(path, index_col=False)
    names = [name for name in table if name.startswith("RAW_")]
    dates = pd.to_datetime(table["TimeStamp"])
    time = (dates - dates[0]).dt.total_seconds().to_numpy()
    moved = [name for name in table if name.startswith(("Accelerometer_", "Gyro_"))]
    arrays = {f"behavior/{name}": table[name] for name in moved}
    values = table[names].to_numpy() * 1e-6
    return Expected(one(values, names, time, types=["EEG"] * 4, units="V"), arrays=arrays)


def blinks(path: Path) -> Expected:
    """A header that ends with the sampling rate, then columns between blanks."""
    with gzip.open(path, "rt") as stream:
        *labels, rate = stream.readline().split()
        values = np.loadtxt(stream)
    globs = [("Fp",), ("F",), ("T",), ("C",), ("P",), ("O",)]
    order = [
        i
        for (start,) in globs
        for i, name in enumerate(labels)
        if name.startswith(start) and (start != "F" or not name.startswith("Fp"))
    ]
    names = [labels[i] for i in order]
    time = regular(len(values), float(rate))
    return Expected(one(values[:, order] * 1e-6, names, time, rate=128.0, units="V"))


def ssvep(path: Path) -> Expected:
    """Numbers of no stated unit; events at samples counted from 1."""
    mat = scipy.io.loadmat(path)
    names = ["Oz", "O1", "O2", "PO3", "POz", "PO7", "PO8", "PO4"]
    rate = float(mat["SampleRate"].item())
    onset = (mat["EVENTPOS"].ravel().astype(float) - 1) / rate
    arrays = {"events/onset": onset, "events/trial_type": mat["EVENTTYP"].ravel().astype(str)}
    time = regular(len(mat["s"]), rate)
    return Expected(one(mat["s"], names, time, rate=256.0, units="1"), arrays=arrays)


def trials(*columns: str) -> Callable[[Path], Expected]:
    """Channels that are one variable (trial, time) each."""

    def read(path: Path) -> Expected:
        mat = scipy.io.loadmat(path)
        values = np.stack([mat[name] for name in columns], axis=-1)
        types = ["ECOG"] * len(columns)
        return Expected(one(values, list(columns), mat["t"].ravel(), types=types, units="1"))

    return read


def seizure(path: Path) -> Expected:
    """Channels first, on a clock that begins before the seizure."""
    with np.load(path) as arrays:
        values, rate, times = arrays["data"].T, float(arrays["sfreq"]), arrays["times"]
        soz = arrays["soz"]
    names = [f"channel-{i:02d}" for i in range(values.shape[1])]
    time = regular(len(values), rate)
    assert np.abs(times - times[0] - time).max() < 1e-6
    signals = one(values, names, time, rate=rate, types=["ECOG"] * len(names), offset=times[0])
    return Expected(signals, arrays={"activity/soz": soz})


def states(path: Path) -> Expected:
    """Three components and what the worm did, per frame."""
    table = pd.read_csv(path)
    names = ["PC1", "PC2", "PC3"]
    rest = ["velocity", "angular_velocity", "behavioral_state", "neural_cluster"]
    arrays = {f"behavior/{name}": table[name] for name in rest}
    return Expected(one(table[names], names, np.arange(len(table))), arrays=arrays)


def frames(variable: str, turned: bool, places: str = "") -> Callable[[Path], Expected]:
    """A matrix of traces of which nobody says how fast they were sampled."""

    def read(path: Path) -> Expected:
        mat = scipy.io.loadmat(path)
        values = mat[variable].T if turned else mat[variable]
        names = numbered(values.shape[1])
        signals = one(values, names, np.arange(len(values)))
        if places:
            xy = dict(zip(names, np.c_[mat[places], np.full(len(names), np.nan)], strict=True))
            signals["activity"].positions, signals["activity"].position_units = xy, "1"
        return Expected(signals)

    return read


def lfp(path: Path) -> Expected:
    """One channel at 1 kHz."""
    values = np.load(path)[:, None]
    time = regular(len(values), 1000.0)
    return Expected(one(values, ["LFP"], time, rate=1000.0, types=["SEEG"]))


def fish_regions(path: Path) -> Expected:
    """Regions first; names in companions."""
    values = np.load(path).T
    names = np.load(path.with_name("legare2025_region_acronyms.npy")).tolist()
    regions = np.load(path.with_name("legare2025_region_names.npy"))
    arrays = {"activity/region": regions}
    return Expected(one(values, names, np.arange(len(values))), arrays=arrays)


def triplets(neuron: str, trial: str, time: str, table: str = "") -> Callable[[Path], Expected]:
    """Spikes as triplets, in milliseconds from the start of their trial."""

    def read(path: Path) -> Expected:
        with np.load(path) as arrays:
            owner, when, which = arrays[neuron], arrays[time] * 1e-3, arrays[trial]
            columns = {} if table else {name: arrays[name] for name in ("tap1", "tap2")}
        if table:
            with np.load(path.with_name(table)) as arrays:
                columns = {name: arrays[name] for name in arrays.files}
        order = np.lexsort((which, when, owner))
        ends = np.searchsorted(owner[order], np.arange(owner.max() + 1), side="right")
        parts = np.split(when[order], ends[:-1])
        spikes = dict(zip(numbered(len(parts)), parts, strict=True))
        arrays = {f"events/{name}": column for name, column in columns.items()}
        arrays["spikes/spike_trial"] = which[order]
        return Expected(spikes=spikes, arrays=arrays)

    return read


def reaches(path: Path) -> Expected:
    """A field potential per trial, milliseconds around an event."""
    with np.load(path) as arrays:
        values, time = arrays["lfp"][..., None], arrays["lfp_time"] * 1e-3
    return Expected(one(values, ["lfp"], time, types=["SEEG"], units="1"))


def counts(path: Path) -> Expected:
    """Counts in half seconds, one neuron per row."""
    values = np.loadtxt(path, delimiter=",").T
    stem = str(path).removesuffix("Y.csv")
    names = numbered(values.shape[1])
    arrays = {
        "activity/cluster": np.loadtxt(f"{stem}Lab_neuron.csv"),
        "behavior/0": np.loadtxt(f"{stem}Lab_states.csv"),
    }
    time = regular(len(values), 2.0)
    return Expected(one(values, names, time, rate=2.0), arrays=arrays)


def maze(path: Path) -> Expected:
    """Choices and ten inputs per trial, without a clock."""
    load = lambda name: np.load(path.with_name(f"bolkan2022_direct_{name}.npy"))  # noqa: E731
    inputs = load("x")
    arrays = {f"events/input_{i}": inputs[:, i] for i in range(inputs.shape[1])}
    arrays |= {"events/choice": load("y").ravel(), "events/session_sign": load("dates").ravel()}
    return Expected(arrays=arrays)


def two_conditions(path: Path) -> Expected:
    """One neuron, spikes of two conditions as two trials."""
    mat = scipy.io.loadmat(path)
    low, high = mat["SpikesLow"].ravel(), mat["SpikesHigh"].ravel()
    both, trial = np.r_[low, high], np.repeat([0, 1], [low.size, high.size])
    order = np.argsort(both, kind="stable")
    arrays = {"events/trial_type": np.array(["SpikesLow", "SpikesHigh"])}
    arrays["spikes/spike_trial"] = trial[order]
    return Expected(spikes={"neuron-0": both[order]}, arrays=arrays)


def trains(path: Path) -> Expected:
    """Zeros and ones per trial and millisecond."""
    mat = scipy.io.loadmat(path)
    arrays = {"activity/direction": mat["direction"].ravel()}
    time = mat["t"].ravel() * 1e-3
    return Expected(one(mat["train"][..., None], ["train"], time), arrays=arrays)


def place_cell(path: Path) -> Expected:
    """Spikes and place on one clock."""
    mat = scipy.io.loadmat(path)
    spikes = {"spiketimes": np.sort(mat["spiketimes"].ravel()) - mat["t"][0, 0]}
    attrs = {"spikes/time_offset": mat["t"][0, 0], "behavior/time_offset": mat["t"][0, 0]}
    time = mat["t"].ravel() - mat["t"][0, 0]
    arrays = {"behavior/X": mat["X"].ravel(), "behavior/time": time}
    return Expected(spikes=spikes, arrays=arrays, attrs=attrs)


def spike_field(path: Path) -> Expected:
    """A field potential and a train per trial."""
    mat = scipy.io.loadmat(path)
    time = mat["t"].ravel()
    signals = one(mat["y"][..., None], ["LFP"], time, types=["SEEG"])
    signals["auxiliary/counts"] = Signal(mat["n"][..., None], ["n"], time)
    return Expected(signals)


def rat(path: Path) -> Expected:
    """Choices of a rat and what it saw."""
    with np.load(path) as arrays:
        found = {f"events/{name}": arrays[name].ravel() for name in ("y", "answer", "correct")}
        for name in arrays.files:
            if name.startswith("inputs__"):
                for i, column in enumerate(np.atleast_2d(arrays[name].T)):
                    found[f"events/{name}_{i}"] = column
    return Expected(arrays=found)


def suite2p(rate: float, plane: str, neuropil: bool) -> Callable[[Path], Expected]:
    """Traces of regions, cells or not."""

    def read(path: Path) -> Expected:
        values = np.load(path).T
        cells = np.load(path.with_name("iscell.npy"))
        names = [f"{plane}_{i}" for i in range(values.shape[1])]
        time = regular(len(values), rate)
        signals = one(values, names, time, rate=rate)
        if neuropil:
            beside = np.load(path.with_name("Fneu.npy")).T
            signals["auxiliary/neuropil"] = Signal(beside, names, time, rate=rate)
        arrays = {"activity/is_cell": cells[:, 0] > 0, "activity/cell_probability": cells[:, 1]}
        return Expected(signals, arrays=arrays)

    return read


def atanas(path: Path) -> Expected:
    """Frames as [seconds, values]; names in the other file."""
    rows = json.loads(path.read_text())
    values = np.array([row[1] for row in rows])
    seconds = np.array([row[0] for row in rows])
    names = json.loads(path.with_name("atanas2023_neuron_order.json").read_text())
    names = [n.replace("0", "") if n[-2:-1] == "0" else n for n in names[: values.shape[1]]]
    signals = one(values, names, seconds - seconds[0], offset=seconds[0])
    return Expected(signals)


def dag(path: Path) -> Expected:
    """Traces and behaviour of HDF5, neurons as the audited sheet of the workbook names them."""
    with h5py.File(path) as file:
        clock = np.asarray(file["timing/timestamp_confocal"])
        traces = {name: np.asarray(file[f"gcamp/{name}"]) for name in TRACES}
        moved = [name for name in file["behavior"] if name != "reversal_events"]
        arrays = {f"behavior/{name}": np.asarray(file[f"behavior/{name}"]) for name in moved}
        turns = np.asarray(file["behavior/reversal_vec"]) > 0
        camera = np.asarray(file["timing/timestamp_nir"])
        marks = [int(n) - 1 for name in MARKS if name in file for n in np.ravel(file[name])]
        found = "neuropal_registration" in file
        columns = np.asarray(file["neuropal_registration/roi_match"]) if found else []
    arrays |= {
        f"{group}/signal": values if len(values) == len(clock) else values.T
        for group, values in zip(GROUPS, traces.values(), strict=True)
    }
    for group in (*GROUPS, "behavior"):
        arrays[f"{group}/time"] = clock - clock[0]
    # From the first to the last frame that the vector calls one; food or heat in one frame.
    first = np.flatnonzero(np.diff(turns.astype(int), prepend=0) == 1).tolist()
    last = np.flatnonzero(np.diff(turns.astype(int), append=0) == -1).tolist()
    frames = np.array(sorted(zip(first + marks, last + marks, strict=True)))
    arrays["events/onset"] = clock[frames[:, 0]] - clock[0]
    arrays["events/duration"] = clock[frames[:, 1]] - clock[frames[:, 0]]
    arrays["auxiliary/nir/time"] = camera - camera[0]
    attrs = {"activity/time_offset": clock[0], "auxiliary/nir/time_offset": camera[0]}
    return Expected(arrays=arrays, attrs=attrs, labels=_labels(path, columns), signals=None)


TRACES = ("traces_array_F_F20", "trace_array", "trace_array_original")
MARKS = ("timing/time_food_encounter", "timing/stim_begin_confocal")
GROUPS = ("activity", "auxiliary/trace_array", "auxiliary/trace_array_original")


def _labels(path: Path, columns: Any) -> dict[int, str]:
    """Return labels of full confidence by column; the workbook counts regions from 1."""
    book = path.with_name(path.name.replace("-data.h5", "_Neuron_ID.xlsx"))
    if not len(columns):
        return {}
    table = pd.read_excel(book, sheet_name="labels v2 (1st audit)", engine="calamine")
    table.columns = [str(name).strip().lower() for name in table.columns]
    sure = table[pd.to_numeric(table["confidence"], errors="coerce") >= 4]
    regions = pd.to_numeric(sure["roi id"], errors="coerce")
    labels: dict[int, list[str]] = {}
    for name, region in zip(sure["neuron class"], regions, strict=True):
        if np.isfinite(region) and str(name).isalnum() and columns[int(region) - 1] > 0:
            labels.setdefault(int(columns[int(region) - 1]) - 1, []).append(str(name))
    return {column: names[0] for column, names in labels.items() if len(names) == 1}


def nwb(read: Callable[[Any], Expected]) -> Callable[[Path], Expected]:
    """Return an oracle that asks pynwb."""

    def opened(path: Path) -> Expected:
        from pynwb import NWBHDF5IO

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with NWBHDF5IO(str(path), "r") as io:
                file = io.read()
                expected = read(file)
                expected.attrs |= {"start_time": file.session_start_time.isoformat()}
                return expected

    return opened


@nwb
def scholz(file: Any) -> Expected:
    """One irregular series per neuron, and where the worm was."""
    series = [s for s in file.acquisition.values() if s.name.startswith("Activity_")]
    series += [
        s
        for module in file.processing.values()
        for box in module.data_interfaces.values()
        for s in getattr(box, "time_series", {}).values()
        if s.name.startswith("Activity_")
    ]
    series.sort(key=lambda one: one.name)
    stamps = np.asarray(series[0].timestamps)
    values = np.stack([np.asarray(s.data) * s.conversion for s in series], axis=1)
    names = [s.name for s in series]
    arrays = {"activity/description": np.array([s.description for s in series])}
    (spot,) = file.acquisition["Tracked 2D position"].spatial_series.values()
    seconds = np.asarray(spot.timestamps) - stamps[0]
    arrays |= {"behavior/ss_2D": np.asarray(spot.data), "behavior/time": seconds}
    return Expected(one(values, names, stamps - stamps[0], offset=stamps[0]), arrays=arrays)


@nwb
def phy(file: Any) -> Expected:
    """Sorted units and one epoch."""
    units = file.units
    spikes = {str(units.id[i]): np.asarray(units["spike_times"][i]) for i in range(len(units))}
    epochs = file.epochs.to_dataframe()
    rows = [(e.start_time, e.stop_time - e.start_time, e.tags[0]) for e in epochs.itertuples()]
    arrays = {
        f"spikes/{name}": np.array([str(units[name][i]) for i in range(len(units))])
        for name in ("group", "location")
    }
    arrays["events/tags"] = np.array([json.dumps(list(tags)) for tags in epochs["tags"]])
    return Expected(spikes=spikes, events=rows, arrays=arrays)


@nwb
def lantyer(file: Any) -> Expected:
    """Two sweeps of a patched cell with the command beside each."""

    def whole(parts: Any) -> Any:
        return np.stack([np.asarray(s.data) * s.conversion for s in parts])[..., None]

    sweeps = [file.acquisition[name] for name in sorted(file.acquisition)]
    commands = [file.stimulus[name] for name in sorted(file.stimulus)]
    rate = sweeps[0].rate
    time = regular(len(sweeps[0].data), rate)
    signals = one(whole(sweeps), [sweeps[0].electrode.name], time, rate=rate, units="A")
    name = commands[0].name
    group = f"auxiliary/{name.rpartition('_')[0]}"
    signals[group] = Signal(whole(commands), [name], time, rate=rate, units="V")
    arrays = {
        f"activity/{name}": np.array([getattr(s, name) for s in sweeps])
        for name in ("sweep_number", "gain", "stimulus_description")
    }
    return Expected(signals, arrays=arrays)
