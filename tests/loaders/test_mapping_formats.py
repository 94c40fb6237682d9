"""One recording, six formats: the mapping says what is what, the format makes no difference."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from mapping_files import (
    cells,
    write_hdf5,
    write_mat5,
    write_mat73,
    write_npz,
    write_text,
)

import neurokit as nk
from neurokit.testing import assert_same

RNG = np.random.default_rng(7)
TIME = 100.0 + np.arange(3000) / 20.0
COLUMNS = {
    "t": TIME,
    "F1": RNG.normal(size=3000),
    "F2": RNG.normal(size=3000) * 1e6,
    "speed": RNG.normal(size=3000),
    "code": np.repeat([0.0, 1.0, 0.0, 2.0, 2.0, 0.0], 500),
}
WORDS: dict[str, Any] = {
    "time": "t",
    "signal": "F*",
    "behavior": "speed",
    "marker": "code",
    "species": "Mus musculus",
}

Write = Callable[[Path], tuple[Path, str, str]]


def _csv(folder: Path) -> tuple[Path, str, str]:
    return write_text(folder / "a.csv", COLUMNS), "table", ""


def _tsv(folder: Path) -> tuple[Path, str, str]:
    return write_text(folder / "a.csv", COLUMNS, "\t", "\r\n"), "table", ""


def _semicolons(folder: Path) -> tuple[Path, str, str]:
    return write_text(folder / "a.csv", COLUMNS, ";"), "table", ""


def _blanks(folder: Path) -> tuple[Path, str, str]:
    return write_text(folder / "a.txt", COLUMNS, "   "), "table", ""


def _gzipped(folder: Path) -> tuple[Path, str, str]:
    return write_text(folder / "a.csv.gz", COLUMNS), "table", ""


def _excel_text(folder: Path) -> tuple[Path, str, str]:
    path = write_text(folder / "a.csv", COLUMNS, "\t")
    path.write_bytes(path.read_text(encoding="utf-8").encode("utf-16"))
    return path, "table", ""


def _npz(folder: Path) -> tuple[Path, str, str]:
    return write_npz(folder / "a.npz", COLUMNS), "npy", ""


def _npz_packed(folder: Path) -> tuple[Path, str, str]:
    return write_npz(folder / "a.npz", COLUMNS, packed=True), "npy", ""


def _mat5(folder: Path) -> tuple[Path, str, str]:
    return write_mat5(folder / "a.mat", COLUMNS), "matlab", ""


def _mat5_plain(folder: Path) -> tuple[Path, str, str]:
    return write_mat5(folder / "a.mat", COLUMNS, packed=False), "matlab", ""


def _mat5_struct(folder: Path) -> tuple[Path, str, str]:
    return write_mat5(folder / "a.mat", {"rec": COLUMNS}), "matlab", "rec."


def _mat73(folder: Path) -> tuple[Path, str, str]:
    return write_mat73(folder / "a.mat", COLUMNS), "matlab", ""


def _mat73_struct(folder: Path) -> tuple[Path, str, str]:
    return write_mat73(folder / "a.mat", {"rec": COLUMNS}), "matlab", "rec."


def _hdf5(folder: Path) -> tuple[Path, str, str]:
    return write_hdf5(folder / "a.h5", COLUMNS), "hdf5", "data/"


FORMATS = [
    _csv, _tsv, _semicolons, _blanks, _gzipped, _excel_text, _npz, _npz_packed,
    _mat5, _mat5_plain, _mat5_struct, _mat73, _mat73_struct, _hdf5,
]  # fmt: skip
ONE_OF_EACH = [_csv, _gzipped, _npz_packed, _mat5, _mat73, _hdf5]


def _opened(write: Write, folder: Path, **more: Any) -> xr.DataTree:
    path, loader, prefix = write(folder)
    words = dict(WORDS)
    for key in ("time", "behavior", "marker"):
        words[key] = f"{prefix}{WORDS[key]}"
    words["signal"] = [f"{prefix}F1", f"{prefix}F2"]
    return nk.open(path, loader, **words, names=["F1", "F2"], **more)


def _plain(rec: xr.DataTree) -> xr.DataTree:
    """The tree without what names the file and its format."""
    out = rec.copy(deep=True)
    for key in ("loader", "loader_options", "source", "findings"):
        out.attrs.pop(key, None)
    behavior = out["behavior"].to_dataset().rename({next(iter(out["behavior"].data_vars)): "speed"})
    trigger = out["auxiliary/trigger"].to_dataset().assign_coords(channel=["code"])
    return xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs=out.attrs),
            "/activity": out["activity"].to_dataset(),
            "/behavior": behavior,
            "/events": out["events"].to_dataset(),
            "/auxiliary/trigger": trigger,
        }
    )


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> xr.DataTree:
    """The recording from the plainest format."""
    return _plain(_opened(_npz, tmp_path_factory.mktemp("expected"))).load()


@pytest.mark.parametrize("write", FORMATS)
def test_every_format_gives_the_same_recording(
    write: Write, expected: xr.DataTree, tmp_path: Path
) -> None:
    rec = _opened(write, tmp_path)
    assert nk.validate(rec).ok
    assert_same(_plain(rec), expected)


def test_and_that_recording_is_what_was_written(expected: xr.DataTree) -> None:
    signal = expected["activity/signal"]
    for name in ("F1", "F2"):
        np.testing.assert_array_equal(signal.sel(neuron=name), COLUMNS[name].astype(np.float32))
    np.testing.assert_array_equal(signal.time, np.arange(3000) / 20.0)
    assert signal.time.attrs["sampling_rate"] == 20.0
    assert expected["activity"].attrs["time_offset"] == 100.0
    assert expected["events/onset"].values.tolist() == [25.0, 75.0]
    assert expected["events/trial_type"].values.tolist() == ["1", "2"]
    np.testing.assert_array_equal(expected["behavior/speed"], COLUMNS["speed"].astype(np.float32))


@pytest.mark.parametrize("write", FORMATS)
def test_lazy_arrays_hold_no_values_and_read_windows(write: Write, tmp_path: Path) -> None:
    rec = _opened(write, tmp_path)
    variable = rec["activity"]["signal"].variable
    assert not variable._in_memory
    part = rec.activity.signal[1500:1510, 1]
    np.testing.assert_array_equal(part, COLUMNS["F2"][1500:1510].astype(np.float32))
    assert not variable._in_memory


@pytest.mark.parametrize("write", ONE_OF_EACH)
def test_a_pickled_recording_is_small_and_still_reads(write: Write, tmp_path: Path) -> None:
    rec = _opened(write, tmp_path)
    variable = rec.activity.signal.variable
    packed = pickle.dumps(variable)
    # 3000 x 2 values are 24 kB; path, names and the places of rows are not.
    assert len(packed) < 6000
    np.testing.assert_array_equal(pickle.loads(packed).values, rec.activity.signal.values)


def _mean(variable: xr.Variable) -> float:
    return float(variable[100:2000].mean())


def test_another_process_reads_what_it_is_sent(tmp_path: Path) -> None:
    variables, means = [], []
    for write in (_csv, _npz_packed, _mat5, _mat73, _hdf5):
        folder = tmp_path / write.__name__
        folder.mkdir()
        variables.append(_opened(write, folder).activity.signal.variable)
        means.append(_mean(variables[-1]))
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert list(pool.map(_mean, variables)) == means


def test_dask_reads_chunks(tmp_path: Path) -> None:
    rec = _opened(_csv, tmp_path, chunks=None)
    chunked = nk.open(tmp_path / "a.csv", "table", chunks={"time": 700}, **WORDS)
    assert chunked.activity.signal.chunks is not None
    np.testing.assert_array_equal(chunked.activity.signal, rec.activity.signal)


@pytest.mark.parametrize("write", ONE_OF_EACH)
def test_a_file_that_changed_is_noticed(write: Write, tmp_path: Path) -> None:
    rec = _opened(write, tmp_path)
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(nk.errors.FileContentError, match=path.name):
        rec.activity.signal.load()


@pytest.mark.parametrize("write", ONE_OF_EACH)
def test_a_file_that_is_gone_is_named(write: Write, tmp_path: Path) -> None:
    rec = _opened(write, tmp_path)
    path = next(tmp_path.iterdir())
    path.unlink()
    with pytest.raises(nk.errors.FileContentError, match=path.name):
        rec.activity.signal[5:10].load()


@pytest.mark.parametrize("write", [w for w in FORMATS if w not in (_blanks,)])
@pytest.mark.parametrize(
    "share",
    [0.37, 0.999, *(pytest.param(s, marks=pytest.mark.slow) for s in (0.1, 0.5, 0.731, 0.9))],
)
def test_a_cut_file_never_opens_as_whole(write: Write, share: float, tmp_path: Path) -> None:
    path, loader, prefix = write(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    words = {**WORDS, "time": f"{prefix}t", "signal": [f"{prefix}F1", f"{prefix}F2"]}
    words |= {"behavior": f"{prefix}speed", "marker": f"{prefix}code"}
    said, rec = None, xr.DataTree()
    try:
        rec = nk.open(path, loader, **words)
        rec.load()
    except nk.errors.NeurokitError as error:
        said = error
    if said is not None:
        assert path.name in str(said)
        assert said.mend
        return
    # Text that is cut between two fields of numbers is a table still; its last line says it.
    assert loader == "table"
    assert "the last line has no end" in str(rec.attrs["findings"])


@pytest.mark.parametrize("write", FORMATS)
def test_info_lists_names_and_shapes(write: Write, tmp_path: Path) -> None:
    path, loader, prefix = write(tmp_path)
    info = nk.info(path, loader)
    listed = info["columns" if loader == "table" else "variables"]
    for name in COLUMNS:
        assert f"{prefix}{name} (" in listed
    assert "3000" in listed
    assert info["modality"] == ""  # only a mapping says what the numbers are of


@pytest.mark.parametrize("write", FORMATS)
def test_without_a_mapping_the_error_is_a_call_to_paste(write: Write, tmp_path: Path) -> None:
    path, loader, prefix = write(tmp_path)
    with pytest.raises(nk.errors.OptionError, match="nothing says what its") as caught:
        nk.open(path, loader)
    _, _, call = caught.value.mend.partition("For example: ")
    assert call.startswith(f"nk.open('{path.name}', loader='{loader}', time='{prefix}t', signal=[")
    # The call it proposes opens the file.
    scope = {"nk": nk, "here": path}
    call = call.replace(f"'{path.name}'", "here")
    rec = _evaluated(call, scope)
    assert rec.activity.signal.sizes == {"time": 3000, "neuron": 4}


def _evaluated(call: str, scope: dict[str, Any]) -> xr.DataTree:
    rec: xr.DataTree = eval(call, scope)
    return rec


@pytest.mark.parametrize("write", [_mat5, _mat73])
def test_a_cell_array_of_trains_becomes_spikes(write: Write, tmp_path: Path) -> None:
    trains = [np.array([0.3, 0.1]), np.empty(0), np.array([[0.2], [0.5], [0.4]])]
    path = (write_mat5 if write is _mat5 else write_mat73)(
        tmp_path / "a.mat", {"spikes": cells(*trains)}
    )
    spikes = nk.open(path, "matlab", spikes="spikes")["spikes"]
    assert spikes["spike_time"].values.tolist() == [0.1, 0.3, 0.2, 0.4, 0.5]
    assert spikes["spike_end"].values.tolist() == [2, 2, 5]
    assert spikes["neuron"].values.tolist() == ["spikes-0", "spikes-1", "spikes-2"]


@pytest.mark.parametrize("write", [write_mat5, write_mat73])
@pytest.mark.parametrize("dims", [["trial", "neuron"], ["neuron", "trial"]])
def test_cells_of_trials_and_neurons(
    write: Callable[..., Path], dims: list[str], tmp_path: Path
) -> None:
    # Neuron 0: trial 0 at 5 ms, trial 1 at 1 and 2 ms. Neuron 1: trial 0 nothing, trial 1 at 3 ms.
    table = cells([5.0], [], [1.0, 2.0], [3.0], shape=(2, 2))
    table = table if dims[0] == "trial" else table.T
    path = write(
        tmp_path / "a.mat", {"st": cells(*(np.array(c) for c in table.flat), shape=(2, 2))}
    )
    spikes = nk.open(path, "matlab", spikes={"cells": "st", "dims": dims}, time_units="ms")[
        "spikes"
    ]
    np.testing.assert_allclose(spikes["spike_time"], [0.001, 0.002, 0.005, 0.003])
    assert spikes["spike_trial"].values.tolist() == [1, 1, 0, 1]
    assert spikes["spike_end"].values.tolist() == [3, 4]


@pytest.mark.parametrize("write", [write_mat5, write_mat73])
def test_labels_in_a_cell_array_of_words(write: Callable[..., Path], tmp_path: Path) -> None:
    words = cells("AVAL", "AVAR", "µ-cell")
    path = write(tmp_path / "a.mat", {"F": np.ones((4, 3)), "names": words})
    rec = nk.open(path, "matlab", signal="F", names="names", rate=1)
    assert rec.activity.neuron.values.tolist() == ["AVAL", "AVAR", "µ-cell"]
