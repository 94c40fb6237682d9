"""Folders of suite2p: values, labels, planes and settings kept; what does not fit is named."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from neurokit_loaders.suite2p import LOADER, sniff

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, NeurokitError, OptionError, TimeError
from neurokit.schema import findings_from_json, runs
from neurokit.testing import assert_same

N_ROIS, N_TIMES = 7, 90
OPS = {"fs": 15.0, "neucoeff": 0.7, "nframes": N_TIMES, "Ly": 64, "Lx": 48, "nplanes": 1}

Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """``make("suite2p/plane0", seed=0, n_times=90, ops={...})`` writes a folder as suite2p does."""

    def write(
        where: str = "suite2p/plane0",
        *,
        seed: int = 0,
        n_rois: int = N_ROIS,
        n_times: int = N_TIMES,
        ops: Any = OPS,
        stat: Any = True,
        channels: int = 1,
    ) -> Path:
        folder = tmp_path / where
        folder.mkdir(parents=True)
        rng = np.random.default_rng(seed)
        for name in ["F", "Fneu", "spks", *(["F_chan2", "Fneu_chan2"] if channels == 2 else [])]:
            np.save(folder / f"{name}.npy", rng.random((n_rois, n_times), np.float32) * 100)
        probability = rng.random(n_rois)
        np.save(folder / "iscell.npy", np.stack([probability > 0.4, probability], axis=1))
        if ops is not None:
            np.save(folder / "ops.npy", {**ops, "nframes": n_times} if ops is OPS else ops)
        if stat is True:
            stat = [
                {
                    "med": [np.float64(i), np.float64(2 * i)],
                    "npix": np.int64(10 + i),
                    "radius": 1.5,
                    "ypix": np.arange(5),
                }
                for i in range(n_rois)
            ]
        if stat is not None:
            np.save(folder / "stat.npy", np.array(stat, dtype=object))
        return folder

    return write


def _codes(rec: Any) -> list[str]:
    return [finding.code for finding in findings_from_json(rec.attrs.get("findings", "[]"))]


def _stored(folder: Path, name: str) -> np.ndarray[Any, Any]:
    return np.asarray(np.load(folder / f"{name}.npy"))


def test_arrays_labels_and_settings_are_kept(make: Make) -> None:
    folder = make()
    rec = nk.open(folder)
    assert rec.attrs["loader"] == "suite2p"
    assert rec.attrs["modality"] == "calcium"
    signal = rec.activity.signal
    assert signal.dims == ("time", "neuron")
    assert signal.dtype == np.float32
    np.testing.assert_array_equal(signal.values, _stored(folder, "F").T)
    for group, name in (("neuropil", "Fneu"), ("deconvolved", "spks")):
        values = rec[f"auxiliary/{group}"].signal.values
        np.testing.assert_array_equal(values, _stored(folder, name).T)
    assert signal.neuron.values.tolist() == [f"plane0_{i}" for i in range(N_ROIS)]
    np.testing.assert_array_equal(signal.time.values, np.arange(N_TIMES) / 15.0)
    assert rec.activity.attrs["sampling_rate"] == 15.0
    assert signal.attrs["neuropil_coefficient"] == 0.7
    iscell = _stored(folder, "iscell")
    np.testing.assert_array_equal(signal.is_cell.values, iscell[:, 0] == 1)
    np.testing.assert_array_equal(signal.cell_probability.values, iscell[:, 1])
    assert signal.plane.values.tolist() == [0] * N_ROIS
    assert signal.n_pixels.values.tolist() == list(range(10, 10 + N_ROIS))
    assert nk.validate(rec, deep=True).ok


def test_positions_are_x_and_y_of_the_image_in_pixels(make: Make) -> None:
    position = nk.open(make()).activity.position
    np.testing.assert_array_equal(position.values[:, 0], 2.0 * np.arange(N_ROIS))  # med is (y, x)
    np.testing.assert_array_equal(position.values[:, 1], np.arange(N_ROIS))
    assert np.isnan(position.values[:, 2]).all()
    assert position.attrs["units"] == "pixel"


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_saved_recording_is_the_same(make: Make, tmp_path: Path, suffix: str) -> None:
    rec = nk.open(make(channels=2))
    assert_same(nk.open(nk.save(rec, tmp_path / f"a{suffix}")), rec.compute())


def test_the_folder_above_and_the_file_within_mean_the_same(make: Make, tmp_path: Path) -> None:
    folder = make()
    for path in (folder, folder / "F.npy", folder.parent, tmp_path):
        assert sniff(path) > 0.9
        np.testing.assert_array_equal(nk.open(path).activity.signal.values, _stored(folder, "F").T)
    assert nk.info(tmp_path)["n_neurons"] == N_ROIS


def test_cells_only_leaves_the_others_out_of_every_group(make: Make) -> None:
    folder = make(channels=2)
    cells = np.flatnonzero(_stored(folder, "iscell")[:, 0])
    assert 0 < cells.size < N_ROIS
    rec = nk.open(folder, cells_only=True)
    assert rec.activity.neuron.values.tolist() == [f"plane0_{i}" for i in cells]
    for group, name in (
        ("activity", "F"),
        ("auxiliary/neuropil", "Fneu"),
        ("auxiliary/channel_2_fluorescence", "F_chan2"),
    ):
        np.testing.assert_array_equal(rec[group].signal.values, _stored(folder, name)[cells].T)
    assert rec.activity.position.shape == (cells.size, 3)
    assert "NK832" not in _codes(rec)
    assert "NK832" in _codes(nk.open(folder))


def test_a_window_reads_a_window(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from neurokit_loaders.npy_source import NpyArray

    folder = make()
    rec, keys = nk.open(folder), []
    real = NpyArray.read
    monkeypatch.setattr(NpyArray, "read", lambda self, key: keys.append(key) or real(self, key))
    window = rec.activity.signal.isel(time=slice(10, 20), neuron=[3, 1])
    np.testing.assert_array_equal(window.values, _stored(folder, "F")[[3, 1], 10:20].T)
    assert [key[1] for key in keys] == [slice(10, 20, 1)]


@pytest.mark.parametrize(
    "key",
    [
        (slice(None), slice(None)),
        (slice(5, 60, 7), slice(None, None, -2)),
        (slice(None, None, -3), 2),
        (4, slice(1, 3)),
        (-1, -1),
        ([3, 1, 80], [0, 6, 2]),
        (slice(20, 20), slice(None)),
        (slice(None), slice(0, 0)),
    ],
    ids=str,
)
def test_any_index_is_that_of_the_array(make: Make, key: tuple[Any, Any]) -> None:
    folder = make()
    variable = nk.open(folder).activity.signal.variable
    whole = nk.open(folder).activity.signal.load().variable
    np.testing.assert_array_equal(variable[key].values, whole[key].values)


def test_arrays_cross_processes(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = make()
    monkeypatch.chdir(folder.parent)
    rec = nk.open(folder.name)
    packed = pickle.dumps(rec.activity.signal.variable)
    assert len(packed) < 5000
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(pickle.loads(packed).values, _stored(folder, "F").T)


def test_the_array_asked_for_becomes_the_activity(make: Make) -> None:
    folder = make(channels=2)
    rec = nk.open(folder, signal="spks")
    np.testing.assert_array_equal(rec.activity.signal.values, _stored(folder, "spks").T)
    assert {"fluorescence", "neuropil"} <= set(rec["auxiliary"].children)
    second = nk.open(folder, channel=2)
    np.testing.assert_array_equal(second.activity.signal.values, _stored(folder, "F_chan2").T)
    assert "channel_1_fluorescence" in second["auxiliary"].children
    with pytest.raises(FileContentError, match=r"has no spks of channel 2\. It has F\.npy"):
        nk.open(folder, channel=2, signal="spks")
    with pytest.raises(OptionError, match="unknown option 'f', did you mean"):
        nk.open(folder, signal="f")


# -- planes


def test_planes_become_one_activity_in_the_order_of_their_numbers(make: Make, tmp_path) -> None:
    # As text, plane10 stands before plane2.
    folders = {n: make(f"suite2p/plane{n}", seed=n, n_rois=3 + n % 2) for n in (10, 2, 0)}
    rec = nk.open(tmp_path / "suite2p")
    expected = np.concatenate([_stored(folders[n], "F") for n in (0, 2, 10)])
    np.testing.assert_array_equal(rec.activity.signal.values, expected.T)
    assert rec.activity.neuron.values[[0, 3, 6]].tolist() == ["plane0_0", "plane2_0", "plane10_0"]
    assert rec.activity.plane.values.tolist() == [0] * 3 + [2] * 3 + [10] * 3
    assert nk.info(tmp_path)["n_planes"] == 3


def test_one_plane_keeps_the_labels_that_it_has_among_all(make: Make, tmp_path: Path) -> None:
    for n in (0, 1):
        make(f"suite2p/plane{n}", seed=n)
    one = nk.open(tmp_path, plane=1)
    everything = nk.open(tmp_path)
    assert_same(
        everything.activity.signal.sel(neuron=one.activity.neuron).compute(),
        one.activity.signal.compute(),
    )
    with pytest.raises(OptionError, match=r"there is no plane 2\. Planes: 0, 1\."):
        nk.open(tmp_path, plane=2)


def test_a_plane_that_lacks_the_last_frame_is_nan_there_and_never_zero(make, tmp_path) -> None:
    make("suite2p/plane0", seed=0)
    short = make("suite2p/plane1", seed=1, n_times=N_TIMES - 1)
    rec = nk.open(tmp_path)
    signal = rec.activity.signal
    assert signal.sizes["time"] == N_TIMES
    assert np.isnan(signal.values[-1, N_ROIS:]).all()
    assert np.isfinite(signal.values[:, :N_ROIS]).all()
    np.testing.assert_array_equal(signal.values[:-1, N_ROIS:], _stored(short, "F").T)
    assert np.isnan(signal[-1, -1].values)
    assert "NK834" in _codes(rec)


def test_planes_that_differ_by_more_are_an_error_that_names_both(make, tmp_path) -> None:
    make("suite2p/plane0")
    make("suite2p/plane1", n_times=N_TIMES - 2)
    with pytest.raises(TimeError, match=r"plane0 90, plane1 88.*plane="):
        nk.open(tmp_path)
    assert nk.open(tmp_path, plane=1).activity.sizes["time"] == 88


def test_what_suite2p_combined_is_opened_where_it_is_all_there_is(make: Make, tmp_path) -> None:
    make("suite2p/combined")
    rec = nk.open(tmp_path)
    assert rec.activity.neuron.values[0] == "roi_0"
    make("suite2p/plane0", n_rois=2)
    assert nk.open(tmp_path / "suite2p").activity.neuron.values.tolist() == ["plane0_0", "plane0_1"]


# -- time


def test_the_rate_is_that_of_the_settings_or_of_the_user(make: Make) -> None:
    folder = make()
    assert nk.open(folder).activity.attrs["sampling_rate"] == 15.0
    rec = nk.open(folder, rate=30.0)
    assert rec.activity.attrs["sampling_rate"] == 30.0
    assert "NK831" in _codes(rec)
    assert "NK831" not in _codes(nk.open(folder, rate=15.0))
    with pytest.raises(OptionError, match="rate: is -1"):
        nk.open(folder, rate=-1)


def test_the_rate_that_suite2p_assumes_is_doubted(make: Make) -> None:
    """neuroconv issue 690: recordings of 30 Hz went out as 10 Hz, the default of the settings."""
    rec = nk.open(make(ops={**OPS, "fs": 10.0}))
    (finding,) = [f for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK831"]
    assert "10 Hz" in finding.found


@pytest.mark.parametrize("ops", [None, {"tau": 1.0}, {"fs": "30"}, {"fs": 0.0}, {"fs": np.nan}])
def test_without_a_rate_one_is_asked_for(make: Make, ops: Any) -> None:
    folder = make(ops=ops)
    with pytest.raises(TimeError, match=r"plane0: no frame rate is known.*rate=30\.0"):
        nk.open(folder)
    assert nk.open(folder, rate=20.0).activity.attrs["sampling_rate"] == 20.0


def test_settings_in_json_do_as_well(make: Make) -> None:
    folder = make(ops=None)
    (folder / "ops.json").write_text(json.dumps({"fs": 12.5}))
    assert nk.open(folder).activity.attrs["sampling_rate"] == 12.5
    (folder / "ops.json").write_text("[" * 100_000)
    with pytest.raises(TimeError, match=r"ops\.json is no JSON"):
        nk.open(folder)


def test_movies_joined_end_to_end_are_runs(make: Make) -> None:
    rec = nk.open(make(ops={**OPS, "frames_per_folder": np.array([50, 40], np.int32)}))
    assert runs(rec.activity) == [slice(0, 50), slice(50, 90)]
    assert "NK837" in _codes(rec)
    # Numbers that do not add up say nothing.
    folder = make("b/plane0", ops={**OPS, "frames_per_folder": np.array([50, 50])})
    assert "run" not in nk.open(folder).activity.coords


def test_bad_frames_are_events(make: Make) -> None:
    bad = np.zeros(N_TIMES, bool)
    bad[[0, 1, 2, 30, 89]] = True
    events = nk.open(make(ops={**OPS, "badframes": bad})).events
    np.testing.assert_allclose(events.onset.values, np.array([0, 30, 89]) / 15.0)
    np.testing.assert_allclose(events.duration.values, np.array([3, 1, 1]) / 15.0)
    assert set(events.trial_type.values) == {"bad_frames"}


def test_settings_of_another_length_are_a_violation(make: Make) -> None:
    rec = nk.open(make(ops={**OPS, "nframes": 1000, "x": 1}))
    assert "NK835" in _codes(rec)
    assert not nk.validate(rec).ok


# -- what does not fit


def test_a_transposed_array_is_named_as_such(make: Make) -> None:
    """suite2p issue 909: traces written the other way round."""
    folder = make(stat=None)
    for name in ("F", "Fneu", "spks"):
        np.save(folder / f"{name}.npy", _stored(folder, name).T)
    np.save(folder / "iscell.npy", np.ones((N_ROIS, 2)))
    with pytest.raises(LabelError, match=r"F\.npy is transposed.*np\.save\(path, F\.T\)"):
        nk.open(folder)


@pytest.mark.parametrize(
    ("name", "shape", "error", "words"),
    [
        ("Fneu", (N_ROIS, N_TIMES - 1), TimeError, r"Fneu\.npy is \(7, 89\), F\.npy is \(7, 90\)"),
        ("spks", (N_ROIS - 1, N_TIMES), LabelError, r"spks\.npy is \(6, 90\), F\.npy is \(7, 90\)"),
        ("iscell", (N_ROIS + 1, 2), LabelError, r"iscell\.npy has 8 rows, F\.npy is \(7, 90\)"),
        ("F", (N_ROIS,), FileContentError, "not one row of numbers per ROI"),
        ("F", (0, N_TIMES), LabelError, r"Fneu\.npy is \(7, 90\), F\.npy is \(0, 90\)"),
    ],
)
def test_files_that_do_not_fit_together_are_named(
    make: Make, name: str, shape: tuple[int, ...], error: type[Exception], words: str
) -> None:
    folder = make(stat=None)
    np.save(folder / f"{name}.npy", np.ones(shape, np.float32))
    with pytest.raises(error, match=words):
        nk.open(folder)


def test_regions_of_another_run_are_named(make: Make) -> None:
    folder = make(stat=[{"med": [1.0, 2.0]}] * 3)
    with pytest.raises(LabelError, match=r"stat\.npy has 3 rows"):
        nk.open(folder)


def test_regions_that_say_nothing_are_nan(make: Make) -> None:
    odd = [{}, {"med": "ab"}, {"med": [1]}, {"med": [None, 1.0]}, 3, {"npix": "x"}, {"med": [4, 5]}]
    rec = nk.open(make(stat=odd))
    position = rec.activity.position.values
    assert np.isnan(position[:3]).all()
    np.testing.assert_array_equal(position[6, :2], [5.0, 4.0])
    assert rec.activity.n_pixels.values.tolist() == [-1] * 7


def test_without_iscell_all_are_kept_and_that_is_said(make: Make) -> None:
    folder = make()
    (folder / "iscell.npy").unlink()
    rec = nk.open(folder)
    assert "NK838" in _codes(rec)
    assert rec.activity.sizes["neuron"] == N_ROIS
    with pytest.raises(FileContentError, match=r"has no iscell\.npy.*without cells_only"):
        nk.open(folder, cells_only=True)


def test_red_cells_are_kept(make: Make) -> None:
    folder = make()
    table = np.stack([np.arange(N_ROIS) % 2, np.linspace(0, 1, N_ROIS)], axis=1)
    np.save(folder / "redcell.npy", table)
    rec = nk.open(folder)
    np.testing.assert_array_equal(rec.activity.is_red.values, table[:, 0] == 1)
    np.testing.assert_array_equal(rec.activity.red_probability.values, table[:, 1])


def test_no_cells_at_all_is_an_error(make: Make) -> None:
    folder = make()
    np.save(folder / "iscell.npy", np.zeros((N_ROIS, 2)))
    with pytest.raises(LabelError, match="none of its ROIs is a cell"):
        nk.open(folder, cells_only=True)


def test_an_array_that_only_some_planes_have_is_said(make: Make, tmp_path: Path) -> None:
    make("suite2p/plane0")
    (make("suite2p/plane1", seed=1) / "spks.npy").unlink()
    rec = nk.open(tmp_path)
    assert "deconvolved" not in rec["auxiliary"].children
    (finding,) = [f for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK838"]
    assert "spks.npy is only in plane0" in finding.found


@pytest.mark.parametrize("name", ["F", "Fneu", "spks", "iscell"])
def test_a_cut_file_is_never_opened_as_whole(make: Make, name: str) -> None:
    folder = make()
    path = folder / f"{name}.npy"
    whole = path.read_bytes()
    for end in np.linspace(0, len(whole) - 1, 15).astype(int):
        path.write_bytes(whole[:end])
        with pytest.raises(NeurokitError, match=rf"{name}\.npy"):
            nk.open(folder)
    path.write_bytes(whole + b"x")
    with pytest.raises(FileContentError, match=rf"{name}\.npy"):
        nk.open(folder)


def test_a_file_that_changes_after_opening_is_an_error(make: Make) -> None:
    folder = make()
    rec = nk.open(folder)
    np.save(folder / "F.npy", np.zeros((2, 3), np.float32))
    with pytest.raises(FileContentError, match=r"F\.npy"):
        rec.activity.signal.load()
    (folder / "F.npy").unlink()
    with pytest.raises(NeurokitError, match=r"F\.npy"):
        rec.activity.signal.load()


def test_settings_that_would_run_code_are_never_run(make, capsys) -> None:
    class Probe:
        def __reduce__(self) -> Any:
            return (print, ("pickle executed",))

    folder = make(ops={"fs": 30.0, "x": Probe()}, stat=[Probe()] * N_ROIS)
    with pytest.raises(TimeError, match=r"ops\.npy holds a call of builtins\.print.*rate="):
        nk.open(folder)
    rec = nk.open(folder, rate=30.0)
    found = {f.found.split(" is")[0] for f in findings_from_json(rec.attrs["findings"])}
    assert {"plane0/ops.npy", "plane0/stat.npy"} <= found
    assert "position" not in rec.activity
    assert not nk.validate(rec).ok
    assert "executed" not in capsys.readouterr().out


def test_folders_of_something_else_are_not_claimed(tmp_path: Path) -> None:
    np.save(tmp_path / "F.npy", np.zeros((2, 3)))
    assert sniff(tmp_path) == 0.3  # the name alone says little
    assert sniff(tmp_path / "F.npy") == 0.3
    np.save(tmp_path / "other.npy", np.zeros((2, 3)))
    assert sniff(tmp_path / "other.npy") == 0.0
    assert sniff(tmp_path / "absent") == 0.0
    empty = tmp_path / "empty"
    (empty / "plane_x").mkdir(parents=True)
    assert sniff(empty) == 0.0
    with pytest.raises(FileContentError, match=r"holds no F\.npy, here or in plane0"):
        nk.open(empty, "suite2p")


def test_a_loop_of_folders_ends(tmp_path: Path) -> None:
    (tmp_path / "suite2p").mkdir()
    (tmp_path / "suite2p" / "suite2p").symlink_to(tmp_path)
    (tmp_path / "suite2p" / "combined").symlink_to(tmp_path / "suite2p")
    assert sniff(tmp_path) == 0.0


def test_options_are_those_that_the_loader_names() -> None:
    assert set(LOADER.options) == {"rate", "plane", "channel", "cells_only", "signal"}


# -- real folders


def test_the_folder_of_pynapple_is_read_as_numpy_reads_it(shared_data: Path) -> None:
    folder = shared_data / "ophys_mouse_zebrafish" / "pynapple_suite2p"
    rec = nk.open(folder, rate=30.0)
    inner = folder / "plane0"
    np.testing.assert_array_equal(rec.activity.signal.values, _stored(inner, "F").T)
    np.testing.assert_array_equal(rec["auxiliary/neuropil"].signal.values, _stored(inner, "Fneu").T)
    np.testing.assert_array_equal(
        rec.activity.cell_probability.values, _stored(inner, "iscell")[:, 1]
    )
    assert int(rec.activity.is_cell.sum()) == 20
    np.testing.assert_allclose(rec.activity.time.values, np.arange(2000) / 30.0, rtol=0, atol=1e-9)
    assert nk.validate(rec).ok
    with pytest.raises(TimeError, match="rate="):
        nk.open(folder)


def test_the_folder_of_gratings_is_known_by_its_names(shared_data: Path) -> None:
    folder = shared_data / "ophys_mouse_zebrafish" / "gratings_2p"
    info = nk.info(folder)
    assert (info["loader"], info["n_neurons"], info["n_times"]) == ("suite2p", 24, 24600)
    rec = nk.open(folder / "F.npy", rate=28.387)
    np.testing.assert_array_equal(
        rec.activity.signal[1000:1010].values, _stored(folder, "F")[:, 1000:1010].T
    )
    assert rec.activity.neuron.values[-1] == "roi_23"
