"""Pickles in whatever wrapping: nothing of them is run, each file is refused by its name."""

from __future__ import annotations

import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

import neurokit as nk
from neurokit.errors import NeurokitError


class Probe:
    """Makes a file where it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return (Path.touch, (self.mark,))


Build = Callable[[Path, Probe], tuple[Path, dict[str, Any]]]


def _objects(probe: Probe) -> np.ndarray[Any, Any]:
    holder = np.empty(2, dtype=object)
    holder[:] = [probe, 1.0]
    return holder


def _npy(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    np.save(folder / "a.npy", _objects(probe))
    return folder / "a.npy", {"loader": "npy"}


def _npy_sniffed(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    return _npy(folder, probe)[0], {}


def _npz(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    np.savez(folder / "a.npz", x=_objects(probe))
    return folder / "a.npz", {"loader": "npy"}


def _npz_beside_numbers(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    np.savez(folder / "a.npz", time=np.arange(2.0), x=_objects(probe))
    return folder / "a.npz", {"loader": "npy", "signal": "x", "rate": 1.0}


def _misnamed(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    """A member of an .npz without the head of an .npy: np.load would hand it to pickle."""
    with zipfile.ZipFile(folder / "a.npz", "w") as archive:
        archive.writestr("x.npy", pickle.dumps(probe))
    return folder / "a.npz", {"loader": "npy"}


def _bare(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    (folder / "a.npy").write_bytes(pickle.dumps(probe))
    return folder / "a.npy", {"loader": "npy"}


def _table(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    (folder / "a.csv").write_bytes(pickle.dumps(probe, 0))
    return folder / "a.csv", {"loader": "table"}


def _suite2p(folder: Path, probe: Probe, name: str) -> tuple[Path, dict[str, Any]]:
    np.save(folder / "F.npy", np.zeros((2, 9), np.float32))
    np.save(folder / "iscell.npy", np.ones((2, 2)))
    np.save(folder / name, {"fs": 30.0, "x": probe} if name == "ops.npy" else _objects(probe))
    return folder, {"loader": "suite2p"}


def _traces(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    path, options = _suite2p(folder, probe, "ops.npy")
    holder = np.empty((2, 2), dtype=object)
    holder[:] = probe
    np.save(folder / "F.npy", holder)
    return path, {**options, "rate": 30.0}


def _matlab(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    """An opaque MATLAB object, whose bytes scipy gives back as they are."""
    scipy.io.savemat(folder / "a.mat", {"x": np.frombuffer(pickle.dumps(probe), np.uint8)})
    return folder / "a.mat", {"loader": "matlab"}


def _netcdf(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    (folder / "a.nc").write_bytes(pickle.dumps(probe))
    return folder / "a.nc", {}


def _json(folder: Path, probe: Probe) -> tuple[Path, dict[str, Any]]:
    """What jsonpickle would turn into a call."""
    said = {"py/reduce": [{"py/function": "pathlib.Path.touch"}, {"py/tuple": [str(probe.mark)]}]}
    (folder / "a.json").write_text(json.dumps(said))
    return folder / "a.json", {}


ATTACKS: dict[str, Build] = {
    "npy": _npy,
    "npy, sniffed": _npy_sniffed,
    "npz": _npz,
    "npz beside numbers": _npz_beside_numbers,
    "npz without a head": _misnamed,
    "bare pickle": _bare,
    "pickle as text": _table,
    "settings of suite2p": lambda folder, probe: _suite2p(folder, probe, "ops.npy"),
    "traces of suite2p": _traces,
    "matlab": _matlab,
    "netcdf": _netcdf,
    "json": _json,
}


@pytest.mark.parametrize("name", ATTACKS)
def test_nothing_of_the_file_is_run(name: str, tmp_path: Path) -> None:
    mark, folder = tmp_path / "executed", tmp_path / "in"
    folder.mkdir()
    path, options = ATTACKS[name](folder, Probe(mark))
    with pytest.raises(NeurokitError) as caught:
        nk.open(path, **options).load()
    assert not mark.exists()
    assert str(folder) in str(caught.value)
    assert caught.value.mend


def test_the_probe_would_be_run_by_who_unpickles_it(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", _objects(Probe(tmp_path / "executed")))
    np.load(tmp_path / "a.npy", allow_pickle=True)
    assert (tmp_path / "executed").exists()


def test_regions_of_suite2p_are_left_out_and_that_is_said(tmp_path: Path) -> None:
    mark, folder = tmp_path / "executed", tmp_path / "in"
    folder.mkdir()
    path, options = _suite2p(folder, Probe(mark), "stat.npy")
    rec = nk.open(path, rate=30.0, **options)
    assert not mark.exists()
    assert "position" not in rec.activity
    assert "stat.npy is not read: holds a call of" in rec.attrs["findings"]
