"""Small whole recordings of many formats, and the ways in which files are damaged.

Made files are made by the format's own library; real ones come from the shared folder and their
formats are left out where it is absent.
"""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
import mne
import numpy as np
import scipy.io

import neurokit as nk

SEED = 20261122
DAMAGES = ("truncation", "bit flips", "zeroed block")


@dataclass(frozen=True)
class Format:
    """One whole recording, how it is opened, and what its format can promise.

    Parameters
    ----------
    name : str
        Of the format.
    main : str
        What is opened, relative to the case's folder.
    make : callable
        ``make(folder, shared)`` writes the whole recording.
    real : bool
        Whether it needs the shared folder.
    loader, options
        As for `nk.open`.
    states_length : bool
        Whether the format says how long it is. A table cut between two rows is a shorter table;
        only a sha256 tells.
    sealed : bool
        Whether it carries checksums of its values, so that no change goes unseen.
    """

    name: str
    main: str
    make: Callable[[Path, Path], None]
    real: bool = False
    loader: str | None = None
    options: dict[str, Any] = field(default_factory=dict)
    states_length: bool = True
    sealed: bool = False


def _noise(*shape: int) -> np.ndarray[Any, Any]:
    return np.random.default_rng(SEED).standard_normal(shape)


def _raw() -> mne.io.BaseRaw:
    info = mne.create_info(["Fp1", "Fp2", "Cz", "STI"], 100.0, ["eeg"] * 3 + ["stim"])
    values = _noise(4, 700) * 1e-5
    values[3] = 0
    values[3, 200:205] = 3
    raw = mne.io.RawArray(values, info, verbose="ERROR")
    raw.set_annotations(mne.Annotations([1.0, 2.5], [0.0, 0.5], ["blink", "speech"]))
    return raw


def _fif(folder: Path, shared: Path) -> None:
    _raw().save(folder / "small_raw.fif", verbose="ERROR")


def _epochs_fif(folder: Path, shared: Path) -> None:
    events = np.array([[100, 0, 1], [300, 0, 2], [500, 0, 1]])
    epochs = mne.Epochs(
        _raw(), events, tmin=-0.2, tmax=0.5, baseline=None, preload=True, verbose="ERROR"
    )
    epochs.save(folder / "small-epo.fif", verbose="ERROR")


def _evoked_fif(folder: Path, shared: Path) -> None:
    info = mne.create_info(["Fp1", "Fp2", "Cz"], 100.0, "eeg")
    evoked = mne.EvokedArray(_noise(3, 80) * 1e-6, info, tmin=-0.2, nave=20, verbose="ERROR")
    mne.write_evokeds(folder / "small-ave.fif", [evoked], verbose="ERROR")


def _atanas(folder: Path, shared: Path) -> None:
    seconds = 5.0 + np.arange(120) * 0.6
    values = np.round(_noise(120, 25), 6)
    rows = [[float(t), row.tolist()] for t, row in zip(seconds, values, strict=True)]
    (folder / "worm_time_trace.json").write_text(json.dumps(rows), encoding="utf-8")


def _edge_list(folder: Path, shared: Path) -> None:
    names = nk.celegans.neurons()["name"].tolist()
    rng = np.random.default_rng(SEED)
    lines = ["Source,Target,Weight,Type"]
    for _ in range(800):
        pre, post = rng.choice(len(names), 2, replace=False)
        lines.append(f"{names[pre]},{names[post]},{rng.integers(1, 40)},chemical")
    (folder / "edges.csv").write_text("\n".join(dict.fromkeys(lines)) + "\n", encoding="utf-8")


def _saved(suffix: str) -> Callable[[Path, Path], None]:
    def make(folder: Path, shared: Path) -> None:
        rec = nk.simulate.recording("eeg", n_channels=4, duration=4.0, random_state=0)
        nk.save(rec, folder / f"saved{suffix}")

    return make


def _copied(*names: str) -> Callable[[Path, Path], None]:
    def make(folder: Path, shared: Path) -> None:
        for name in names:
            if (shared / name).is_dir():
                shutil.copytree(
                    shared / name, folder / Path(name).name, copy_function=shutil.copyfile
                )
            else:
                shutil.copyfile(shared / name, folder / Path(name).name)

    return make


def _matlab(folder: Path, shared: Path) -> None:
    values = {"dff": _noise(300, 8), "fs": 10.0, "names": np.array([f"n{i}" for i in range(8)])}
    scipy.io.savemat(folder / "traces.mat", values, do_compression=True)


def _hdf5(folder: Path, shared: Path) -> None:
    with h5py.File(folder / "traces.h5", "w") as file:
        file.create_dataset("dff", data=_noise(300, 8), compression="gzip", fletcher32=True)
        file["names"] = [f"neuron {i}" for i in range(8)]


def _npy(folder: Path, shared: Path) -> None:
    np.save(folder / "F.npy", _noise(300, 8).astype(np.float32))


def _npz(folder: Path, shared: Path) -> None:
    np.savez_compressed(folder / "F.npz", dff=_noise(300, 8), time=np.arange(300) / 10)


def _table(folder: Path, shared: Path) -> None:
    rows = np.column_stack([np.arange(300) / 10, np.round(_noise(300, 4), 6)])
    header = "time,n0,n1,n2,n3"
    np.savetxt(folder / "F.csv", rows, delimiter=",", header=header, comments="", fmt="%.6g")


FORMATS = (
    Format("fif", "small_raw.fif", _fif),
    Format("edf", "chtypes_edf.edf", _copied("eeg/chtypes_edf.edf"), real=True),
    Format("edf+d", "ieegio_edfPlusD.edf", _copied("ieeg/ieegio_edfPlusD.edf"), real=True),
    Format(
        "bdf",
        "multiple_annotation_chans.bdf",
        _copied("eeg/multiple_annotation_chans.bdf"),
        real=True,
    ),
    Format(
        "brainvision",
        "test_NO.vhdr",
        _copied("eeg/test_NO.vhdr", "eeg/test_NO.eeg", "eeg/test_NO.vmrk"),
        real=True,
        states_length=False,
    ),
    Format("atanas json", "worm_time_trace.json", _atanas),
    Format(
        "dag h5",
        "dag2023_2022-07-27-31-data.h5",
        _copied("celegans_calcium/dag2023_2022-07-27-31-data.h5"),
        real=True,
    ),
    Format(
        "cook xlsx",
        "cook2019_SI5_adjacency_matrices.xlsx",
        _copied("celegans_connectome/cook2019_SI5_adjacency_matrices.xlsx"),
        real=True,
    ),
    Format("edge-list csv", "edges.csv", _edge_list, states_length=False),
    Format("nwb", "A8604-211122.nwb", _copied("spikes_behaviour/A8604-211122.nwb"), real=True),
    Format("matlab v5", "traces.mat", _matlab, options={"signal": "dff", "rate": 10.0}),
    Format("npy", "F.npy", _npy, loader="npy", options={"rate": 10.0}),
    Format("npz", "F.npz", _npz, options={"signal": "dff", "time": "time"}),
    Format(
        "table csv",
        "F.csv",
        _table,
        loader="table",
        options={"signal": "n*", "time": "time"},
        states_length=False,
    ),
    Format("epochs fif", "small-epo.fif", _epochs_fif),
    Format("evoked fif", "small-ave.fif", _evoked_fif),
    Format("eeglab set", "test_raw_2021.set", _copied("eeg/test_raw_2021.set"), real=True),
    Format(
        "suite2p",
        "pynapple_suite2p",
        _copied("ophys_mouse_zebrafish/pynapple_suite2p"),
        real=True,
        options={"rate": 30.0},
    ),
    Format("neurokit nc", "saved.nc", _saved(".nc"), sealed=True),
    Format("neurokit zarr", "saved.zarr", _saved(".zarr"), sealed=True),
)


def _real(name: str, *files: str, main: str = "", **options: Any) -> Format:
    """A real recording of the shared folder; the first file is opened unless `main` is named."""
    return Format(name, main or Path(files[0]).name, _copied(*files), real=True, **options)


_KOHDEN = ("EEG", "PNT", "LOG", "21E", "CMT", "CN2", "11D", "EDF")
_PERSYST = "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2"
# Run by hand and in the nightly form only.
FURTHER = (
    _real("ant cnt", "eeg/ant_CA_208.cnt"),
    _real("neuroscan cnt", "eeg/scan41_short.cnt"),
    _real("kit con", "meg/kit_motor_task_tiny_1s.con"),
    _real("nihon kohden", *(f"ieeg/NihonKohden/MB0400FU.{suffix}" for suffix in _KOHDEN)),
    _real("persyst", f"{_PERSYST}.lay", f"{_PERSYST}.dat"),
    _real("neuralynx", "ieeg/neuralynx_seeg"),
    _real("blackrock", "ieeg/test_NEURALCD_raw.ns3"),
    _real("fieldtrip", "meg/fieldtrip_neuromag306_epoched_v7.mat"),
    _real("witvliet json", "celegans_connectome/witvliet_2020_1.json"),
    _real("openworm xls", "celegans_connectome/openworm_CElegansNeuronTables.xls"),
    _real("varshney mat", "celegans_connectome/varshney2011_ConnOrdered_040903.mat"),
    _real("bids", "eeg/tiny_bids", states_length=False),  # its tables
    Format("hdf5", "traces.h5", _hdf5, loader="hdf5", options={"signal": "dff", "rate": 10.0}),
)


def whole(form: Format, folder: Path, shared: Path) -> Path:
    """Write the whole recording into a new folder and return what is opened."""
    folder.mkdir(parents=True)
    form.make(folder, shared)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder / form.main


def damaged(form: Format, source: Path, folder: Path, damage: str, number: int) -> tuple[Path, str]:
    """Copy a whole recording and damage one of its files; say which, and how.

    The same format, damage and number always give the same bytes.
    """
    # crc32 names a string by a number that is the same in every process.
    rng = np.random.default_rng([SEED, zlib.crc32(f"{form.name} {damage}".encode()), number])
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    file = files[int(rng.integers(len(files)))]
    content, said = _damage(file.read_bytes(), damage, rng)
    file.write_bytes(content)
    return folder / form.main, f"{file.relative_to(folder)}: {said}"


def _damage(content: bytes, damage: str, rng: np.random.Generator) -> tuple[bytes, str]:
    size = len(content)
    if damage == "truncation":
        # Most cuts fall anywhere; some into the header, some into the last bytes.
        first, last = [(0, size), (0, min(size, 1024)), (max(0, size - 1024), size)][
            int(rng.choice(3, p=[0.6, 0.2, 0.2]))
        ]
        keep = int(rng.integers(first, last))
        return content[:keep], f"cut to {keep} of {size} bytes"
    changed = np.frombuffer(content, dtype=np.uint8).copy()
    if damage == "bit flips":
        # Half of the flips hit the first kilobytes, where headers are.
        places = rng.integers(0, [size, min(size, 4096)] * 4)
        changed[places] ^= (1 << rng.integers(0, 8, 8)).astype(np.uint8)
        return changed.tobytes(), f"bits flipped in bytes {sorted(places.tolist())}"
    start = 512 * int(rng.integers(0, size // 512 + 1))
    changed[start : start + 512] = 0
    return changed.tobytes(), f"bytes {start} to {min(size, start + 512)} zeroed"
