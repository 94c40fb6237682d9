"""MEG, EEG and intracranial EEG as MNE reads it."""

from __future__ import annotations

import gzip
import json
import re
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import h5py
import mne
import numpy as np
import pandas as pd
from oracles import Expected, Signal

BIDS = {"eeg": "EEG", "ecog": "ECOG", "seeg": "SEEG", "eog": "EOG", "ecg": "ECG", "emg": "EMG"}
BIDS |= {"mag": "MEGMAG", "grad": "MEGGRADPLANAR", "ref_meg": "MEGREFMAG", "stim": "TRIG"}
BIDS |= {"misc": "MISC", "bio": "MISC", "syst": "OTHER"}
# By coil (FIFF): gradiometers of CTF and KIT, which MNE calls magnetometers, and references.
COILS = {5001: "MEGGRADAXIAL", 6001: "MEGGRADAXIAL", 5002: "MEGREFMAG"}
COILS |= {5003: "MEGREFGRADAXIAL", 5004: "MEGREFGRADPLANAR"}
UNITS = {107: "V", 112: "T", 201: "T/m", 114: "degC", -1: "1", 0: "1"}
FRAMES = {0: "unknown", 1: "meg", 4: "head", 1001: "ctf_meg"}


def quietly(read: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Return what a library reads, whatever it has to say."""
    with warnings.catch_warnings(), mne.utils.use_log_level("ERROR"):
        warnings.simplefilter("ignore")
        return read(*args, **options)


def signal(
    info: Any,
    names: Sequence[str],
    values: Any,
    time: Any,
    scale: float = 1.0,
    length: float = 1.0,
    orig_units: Any = None,
) -> Signal:
    """Return channels with all that MNE's info says of them."""
    channels = {ch["ch_name"]: ch for ch in info["chs"]}
    kinds = dict(zip(info["ch_names"], info.get_channel_types(), strict=True))
    placed = {
        name: np.asarray(channels[name]["loc"][:3], dtype=float) * length
        for name in names
        if np.isfinite(channels[name]["loc"][:3]).all() and channels[name]["loc"][:3].any()
    }
    frames = {FRAMES[int(channels[name]["coord_frame"])] for name in placed}
    return Signal(
        values=values * scale,
        names=names,
        time=time,
        rate=info["sfreq"],
        # The upper half of a coil's number is the grade of compensation.
        types=[COILS.get(int(channels[n]["coil_type"]) & 0xFFFF, BIDS[kinds[n]]) for n in names],
        units=[_unit(channels[n], kinds[n], (orig_units or {}).get(n)) for n in names],
        bads=set(names) & set(info["bads"]),
        positions=placed,
        frame=None if not placed else frames.pop() if len(frames) == 1 else "per channel",
    )


def _unit(channel: Any, kind: str, stated: str | None) -> str:
    if kind == "stim":
        return "1"  # codes, whatever the file says
    # "n/a" is MNE's word for a unit in the header that it does not know and calls V.
    return "" if stated == "n/a" else UNITS[int(channel["unit"])]


def split(info: Any) -> dict[str, list[str]]:
    """Return the groups that channels belong to."""
    kinds = zip(info["ch_names"], info.get_channel_types(), strict=True)
    groups: dict[str, list[str]] = {"activity": [], "auxiliary/trigger": []}
    for name, kind in kinds:
        groups["auxiliary/trigger" if kind == "stim" else "activity"].append(name)
    return {path: names for path, names in groups.items() if names}


def annotations(raw: Any) -> list[tuple[float, float, str]]:
    """Return annotations on the clock of the first sample."""
    marks = raw.annotations
    first = raw.first_time if marks.orig_time is not None else 0.0
    rows = zip(marks.onset - first, marks.duration, marks.description, strict=True)
    return [(float(on), float(d), str(text)) for on, d, text in rows]


def codes(raw: Any) -> list[tuple[float, float, str]]:
    """Return trigger codes; how long one stays on MNE does not say."""
    if "stim" not in raw.get_channel_types():
        return []
    found = mne.find_events(raw, shortest_event=1, verbose="ERROR")
    rate = raw.info["sfreq"]
    on = found[:, 0] - raw.first_samp
    return [(i / rate, np.nan, str(code)) for i, code in zip(on, found[:, 2], strict=True)]


def raw(
    path: Path,
    reader: Callable[..., Any] = mne.io.read_raw,
    scale: float = 1.0,
    length: float = 1.0,
    events: Any = None,
    position_units: str = "m",
    **options: Any,
) -> Expected:
    """Return a continuous recording."""
    content = quietly(reader, path, preload=False, verbose="ERROR", **options)
    groups = {
        place: signal(
            content.info,
            names,
            content.get_data(picks=names).T,
            content.times,
            scale if place == "activity" else 1.0,
            length,
            content._orig_units,
        )
        for place, names in split(content.info).items()
    }
    groups["activity"].offset = content.first_time
    if position_units != "m":  # a device's own numbers, in no frame
        groups["activity"].position_units = position_units
        groups["activity"].frame = "unknown"
    rows = annotations(content) + codes(content) if events is None else events(content)
    return Expected(groups, rows, attrs=about(content.info))


def about(info: Any) -> dict[str, Any]:
    """Return filters, the frequency of the mains if it is known, and when it began."""
    attrs = {f"activity/{name}": info[name] for name in ("highpass", "lowpass")}
    if info["line_freq"] is not None:
        attrs["activity/line_frequency"] = info["line_freq"]
    date = info["meas_date"]
    return attrs | {"start_time": "" if date is None else date.isoformat()}


def ctf(path: Path) -> Expected:
    """Return a CTF recording, whose folder MNE opens."""
    return raw(path.parent, mne.io.read_raw_ctf)


def blackrock(path: Path) -> Expected:
    """Return a recording whose milliseconds of the date MNE takes for microseconds."""
    expected = raw(path)
    start = expected.attrs["start_time"]
    attrs = {"start_time": start.replace(".000600", ".600000")}
    return Expected(expected.signals, expected.events, attrs=attrs)


def mixed_edf(path: Path) -> Expected:
    """Return an EDF of many rates; MNE brings channels to the highest of those it is asked for."""
    expected = raw(path)
    head = path.read_bytes()
    n = int(head[252:256])
    labels = [head[256 + 16 * i : 272 + 16 * i].decode("latin-1").strip() for i in range(n)]
    start = 256 + 216 * n
    samples = [int(head[start + 8 * i : start + 8 * i + 8]) for i in range(n)]
    whole = expected.signals["activity"]
    groups: dict[int, list[str]] = {}
    for label, count in zip(labels, samples, strict=True):
        if label in whole.names:
            groups.setdefault(count, []).append(label)
    common = max(groups, key=lambda count: len(groups[count]))
    signals = {"auxiliary/trigger": expected.signals["auxiliary/trigger"]}
    for count, names in groups.items():
        part = quietly(mne.io.read_raw_edf, path, include=names, verbose="ERROR")
        place = "activity" if count == common else f"auxiliary/rate_{part.info['sfreq']:g}"
        values = part.get_data(picks=names).T
        signals[place] = signal(part.info, names, values, part.times, orig_units=part._orig_units)
    return Expected(signals, expected.events)


def discontinuous_edf(path: Path) -> Expected:
    """Return an EDF+D: MNE joins its records, whose own marks say when they began."""
    expected = raw(path)
    begins = re.findall(rb"\+(\d+(?:\.\d*)?)\x14\x14", path.read_bytes())
    activity = expected.signals["activity"]
    each = len(activity.time) // len(begins)
    within = np.arange(each) / activity.rate
    activity.time = np.concatenate([float(begin) + within for begin in begins])
    return expected


def with_events_file(name: str, **options: Any) -> Callable[[Path], Expected]:
    """Return an oracle for a recording with codes in a file beside it, one sample each."""

    def rows(content: Any) -> list[tuple[float, float, str]]:
        rate = content.info["sfreq"]
        table = mne.read_events(Path(content.filenames[0]).with_name(name), verbose="ERROR")
        on = (table[:, 0] - content.first_samp) / rate
        return [(t, 1 / rate, str(code)) for t, code in zip(on, table[:, 2], strict=True)]

    return lambda path: raw(path, events=rows, **options)


def epochs(path: Path, length: float = 1.0) -> Expected:
    """Return trials with what is known of each."""
    if path.suffix == ".mat":
        content = quietly(mne.read_epochs_fieldtrip, path, None, data_name="data")
    else:
        content = quietly(mne.read_epochs, path, proj=False)
    groups = {
        place: signal(
            content.info,
            names,
            content.get_data(picks=names).transpose(0, 2, 1),
            content.times,
            length=length,
        )
        for place, names in split(content.info).items()
    }
    label = {code: name for name, code in content.event_id.items()}
    kinds = [label[code] for code in content.events[:, 2]]
    arrays = {"activity/trial_type": np.array(kinds), "activity/value": content.events[:, 2]}
    if content.metadata is not None and path.suffix != ".mat":
        arrays |= {f"activity/{name}": column for name, column in content.metadata.items()}
    attrs = about(content.info) if path.suffix != ".mat" else {}
    return Expected(groups, arrays=arrays, attrs=attrs)


def fieldtrip_average(path: Path) -> Expected:
    """Return an average of MATLAB v7.3, which MNE lets begin at 0 whatever the file says."""
    info = quietly(mne.read_evoked_fieldtrip, path, None, data_name="data").info
    groups = {}
    with h5py.File(path) as file:
        labels = ["".join(map(chr, file[r][()].ravel())) for r in file["data/label"][0]]
        values, time = file["data/avg"][()], file["data/time"][()].ravel()
        averages = file["data/dof"][()].ravel()
    parts = {"activity": False, "auxiliary/trigger": True}
    for place, wanted in parts.items():
        rows = [i for i, name in enumerate(labels) if name.startswith("STI") == wanted]
        names = [labels[i] for i in rows]
        groups[place] = signal(info, names, values[None][..., rows], time)
    return Expected(groups, arrays={"activity/n_averages": averages[:1]})


def evoked(path: Path) -> Expected:
    """Return averages per condition."""
    if path.suffix == ".gz":  # MNE goes back and forth in it, which unpacks it each time
        with tempfile.TemporaryDirectory() as folder:
            whole = Path(folder, path.stem)
            whole.write_bytes(gzip.decompress(path.read_bytes()))
            return evoked(whole)
    several = quietly(mne.read_evokeds, path, proj=False)
    groups = {
        place: signal(
            several[0].info,
            names,
            np.stack([each.get_data(picks=names).T for each in several]),
            several[0].times,
        )
        for place, names in split(several[0].info).items()
    }
    averages = [each.nave for each in several]
    names = [each.comment for each in several]
    arrays = {"activity/n_averages": averages, "activity/condition": np.array(names)}
    return Expected(groups, arrays=arrays, attrs=about(several[0].info))


def neuralynx(path: Path) -> Expected:
    """Return a folder of two rates, which MNE reads one at a time."""
    folder = path.parent
    common = ["LAHC1", "LAHC2", "LAHC3", "xAIR1", "xEKG1"]
    apart = {"activity": ["LAHCu1.ncs"], "auxiliary/rate_32000": [f"{n}.ncs" for n in common]}
    signals, attrs = {}, {}
    for place, left in apart.items():
        content = quietly(mne.io.read_raw_neuralynx, folder, exclude_fname_patterns=left)
        names = content.ch_names
        attrs |= {f"{place}/{name}": content.info[name] for name in ("highpass", "lowpass")}
        stamp = int.from_bytes((folder / f"{names[0]}.ncs").read_bytes()[16384:16392], "little")
        rate = content.info["sfreq"]
        signals[place] = Signal(
            content.get_data().T, names, content.times, rate, units="V", offset=stamp / 1e6
        )
    begin = signals["activity"].offset
    for group in signals.values():
        # 64 bits hold seconds since 1970 to a quarter of a microsecond only.
        group.time = group.time + round((group.offset - begin) * 1e6) / 1e6
        group.offset = begin
    return Expected(signals, [], attrs=attrs)


def column(cells: Any) -> Any:
    """Return a column of a BIDS table: numbers if all are, nothing where it says n/a."""
    if all(cell == "n/a" for cell in cells):
        return np.array([""] * len(cells))
    try:
        return np.array([np.nan if cell == "n/a" else float(cell) for cell in cells])
    except ValueError:
        return np.array(["" if cell == "n/a" else cell for cell in cells])


def columns(table: Any, group: str, without: Sequence[str]) -> dict[str, Any]:
    """Return the columns of a table that is text, by place."""
    return {f"{group}/{name}": column(table[name]) for name in table if name not in without}


def text_table(path: Path) -> Any:
    """Read a BIDS table as it is written."""
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False, encoding="utf-8-sig")


def bids(path: Path) -> Expected:
    """Return a BrainVision recording with the tables of its BIDS dataset."""
    expected = raw(path, mne.io.read_raw_brainvision)
    stem = str(path).removesuffix("_eeg.vhdr")
    channels = pd.read_csv(f"{stem}_channels.tsv", sep="\t", index_col="name")
    events = pd.read_csv(f"{stem}_events.tsv", sep="\t")
    name = path.name.partition("_task")[0]
    where = f"{name}_space-CapTrak_electrodes.tsv"
    electrodes = pd.read_csv(path.with_name(where), sep="\t", index_col="name")
    group = expected.signals["activity"]
    rows = channels.loc[list(group.names)]
    group.types = rows["type"].tolist()
    group.units = [
        {"S": "S"}.get(said, known) for said, known in zip(rows["units"], group.units, strict=True)
    ]
    group.bads = set(rows.index[rows["status"] == "bad"])
    placed = electrodes[["x", "y", "z"]].dropna()
    group.positions = {n: placed.loc[n] for n in group.names if n in placed.index}
    group.frame = "CapTrak"
    expected.events = list(
        zip(events["onset"], events["duration"], events["trial_type"], strict=True)
    )
    said = text_table(Path(f"{stem}_channels.tsv")).set_index("name").loc[list(group.names)]
    expected.arrays |= columns(said, "activity", ("type", "units", "status"))
    expected.arrays |= columns(text_table(Path(f"{stem}_events.tsv")), "events", EVENTS)
    sidecar = json.loads(Path(f"{stem}_eeg.json").read_text(encoding="utf-8"))
    expected.attrs["activity/line_frequency"] = sidecar["PowerLineFrequency"]
    return expected


EVENTS = ("onset", "duration", "trial_type")


def bids_tables(path: Path, electrodes: str, events: str, kind: str) -> Expected:
    """Return contacts and events of a dataset that was published without its signals."""
    places = pd.read_csv(path.with_name(electrodes), sep="\t", dtype={"name": str})
    table = pd.read_csv(path.with_name(events), sep="\t")
    channels = path.with_name(events.replace("_events.tsv", "_channels.tsv"))
    names, types = places["name"].tolist(), [kind] * len(places)
    if channels.exists():
        rows = pd.read_csv(channels, sep="\t", dtype={"name": str})
        names, types = rows["name"].tolist(), rows["type"].str.upper().tolist()
    xyz = places.set_index("name")[["x", "y", "z"]].apply(pd.to_numeric, errors="coerce")
    placed = (xyz.dropna() * 1e-3).loc[lambda found: found.index.isin(names)]
    group = Signal(
        np.zeros((0, len(names))),
        names,
        np.zeros(0),
        types=types,
        positions={name: row.to_numpy() for name, row in placed.iterrows()},
    )
    duration = pd.to_numeric(table["duration"], errors="coerce").fillna(np.nan)
    rows = list(zip(table["onset"], duration, table["trial_type"], strict=True))
    arrays = columns(text_table(path.with_name(events)), "events", EVENTS)
    contacts = text_table(path.with_name(electrodes)).set_index("name")
    # A column that says nothing stands in the table that is kept word for word only.
    contacts = contacts.reindex(names).fillna("n/a").loc[:, lambda found: (found != "n/a").any()]
    arrays |= columns(contacts, "activity", ("x", "y", "z"))
    if "Destrieux_label_text" in contacts:
        arrays["activity/region"] = column(contacts["Destrieux_label_text"])
    return Expected({"activity": group}, rows, arrays=arrays)
