"""HDF5 of the Flavell lab: values as h5py reads them, clock, behaviour, events, broken files."""

from __future__ import annotations

import contextlib
import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import xarray as xr
from neurokit_loaders.dag import LOADER

import neurokit as nk
from neurokit.errors import FileContentError, NeurokitError, OptionError, TimeError
from neurokit.schema import findings_from_json, runs
from neurokit.testing import assert_same

FILES = [
    "dag2023_2022-01-16-01-data.h5",
    "dag2023_2022-07-27-31-data.h5",
    "dag2023_2022-08-02-38-data.h5",
]
TRACES = ("traces_array_F_F20", "trace_array", "trace_array_original")


def _codes(rec: xr.DataTree) -> list[str]:
    return [f.code for f in findings_from_json(str(rec.attrs.get("findings", "[]")))]


@pytest.fixture(params=FILES)
def real(request: pytest.FixtureRequest, shared_data: Path) -> Path:
    """Each of the three published files."""
    return Path(shared_data / "celegans_calcium" / str(request.param))


def test_traces_equal_what_h5py_reads(real: Path) -> None:
    rec = LOADER.open(real)
    with h5py.File(real) as file:
        for name in TRACES:
            key = "activity" if name == TRACES[0] else f"auxiliary/{name}"
            signal = rec[key]["signal"]
            assert signal.dtype == np.float32
            np.testing.assert_array_equal(signal, file["gcamp"][name][()].astype(np.float32))


def test_behaviour_equals_what_h5py_reads(real: Path) -> None:
    behavior = LOADER.open(real)["behavior"]
    with h5py.File(real) as file:
        measures = set(file["behavior"]) - {"reversal_events"}
        assert set(behavior.data_vars) == measures
        for name in measures:
            stored = file["behavior"][name][()]
            if name in ("stage_x", "stage_y"):
                assert behavior[name].dtype == np.float64
            elif stored.dtype.kind == "f":
                stored = stored.astype(np.float32)
            np.testing.assert_array_equal(behavior[name], stored)


def test_the_confocal_clock_is_kept_from_zero(real: Path) -> None:
    rec = LOADER.open(real)
    with h5py.File(real) as file:
        seconds = file["timing/timestamp_confocal"][()]
    for key in ("activity", "behavior", "auxiliary/trace_array"):
        np.testing.assert_array_equal(rec[key]["time"], seconds - seconds[0])
        assert rec[key].attrs["time_offset"] == seconds[0]
        # Jitter of 10 % of a frame: irregular.
        assert "sampling_rate" not in rec[key].attrs
    assert "NK820" in _codes(rec)


def test_reversals_are_where_the_reversal_vector_is_one(real: Path) -> None:
    rec = LOADER.open(real)
    events = rec["events"].to_dataset()
    reversals = events.isel(event=np.flatnonzero(events["trial_type"] == "reversal"))
    with h5py.File(real) as file:
        stored = file["behavior/reversal_events"][()]
    assert reversals.sizes["event"] == stored.shape[1]
    np.testing.assert_array_equal(reversals["start_frame"], stored[0])
    np.testing.assert_array_equal(reversals["end_frame"], stored[1])
    time = rec["activity"]["time"].values
    inside = np.zeros(time.size, dtype=int)
    for onset, duration in zip(
        reversals["onset"].values, reversals["duration"].values, strict=True
    ):
        inside |= (time >= onset) & (time <= onset + duration + 1e-9)
    np.testing.assert_array_equal(inside, rec["behavior"]["reversal_vec"])


def test_food_is_met_at_its_frame(shared_data: Path) -> None:
    rec = LOADER.open(shared_data / "celegans_calcium" / FILES[0])
    events = rec["events"].to_dataset()
    (place,) = np.flatnonzero(events["trial_type"] == "food_encounter")
    assert events["onset"].values[place] == rec["activity"]["time"].values[325 - 1]


def test_the_nsm_column_is_named_but_its_side_is_not(shared_data: Path) -> None:
    rec = LOADER.open(shared_data / "celegans_calcium" / FILES[0])
    activity = rec["activity"]
    # idx_nsm says 17, counted from 1; NSM rises when food is met (frame 325), its neighbours in
    # the file do not, so the count from 1 is right.
    assert activity["neuron"].values[16] == "NSM?"
    assert activity["candidates"].values[16] == "NSML,NSMR"
    signal = activity["signal"].values
    rise = signal[325:].mean(axis=0) - signal[200:325].mean(axis=0)
    assert rise[16] > 0.2 > max(rise[15], rise[17])
    assert not activity["identified"].values.any()


def test_real_recordings_keep_the_contract(real: Path) -> None:
    rec = LOADER.open(real)
    assert nk.validate(rec).ok
    assert rec.attrs["subject"] == real.name.removeprefix("dag2023_").removesuffix("-data.h5")
    assert rec.attrs["doi"] == "10.1016/j.cell.2023.04.023"


@pytest.mark.parametrize("suffix", ["nc", pytest.param("zarr", marks=pytest.mark.slow)])
def test_a_real_recording_survives_the_stores(
    shared_data: Path, tmp_path: Path, suffix: str
) -> None:
    rec = nk.open(shared_data / "celegans_calcium" / FILES[1])
    assert rec.attrs["loader"] == "celegans.dag"
    nk.save(rec, tmp_path / f"rec.{suffix}")
    assert_same(rec, nk.open(tmp_path / f"rec.{suffix}"))


def test_info_reads_no_traces(real: Path) -> None:
    info = LOADER.info(real)
    assert info["n_times"] in (799, 800)
    assert "velocity" in info["behavior"]
    assert info["traces"] == ", ".join(TRACES)


@pytest.mark.parametrize(
    ("file", "error", "words"),
    [
        ("10_h5_wrong_groups.h5", FileContentError, ["timing/timestamp_confocal", "GCAMP/trace"]),
        ("11_h5_length_mismatch.h5", TimeError, ["800", "763"]),
        ("17_truncated.h5", FileContentError, ["truncated"]),
    ],
)
def test_shared_broken_files_say_what_is_wrong(
    shared_corrupt: Path, file: str, error: type[Exception], words: list[str]
) -> None:
    path = shared_corrupt / file
    assert LOADER.sniff(path) > 0
    with pytest.raises(error) as caught:
        LOADER.open(path)
    for word in [file, *words]:
        assert word in str(caught.value)


# --- small files made here


def _content(n_times: int = 6, n_neurons: int = 4) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    content: dict[str, Any] = {
        f"gcamp/{name}": rng.normal(size=(n_times, n_neurons)) for name in TRACES
    }
    return content | {
        "timing/timestamp_confocal": 100.0 + 0.5 * np.arange(n_times),
        "behavior/velocity": rng.normal(size=n_times),
        "behavior/body_angle": rng.normal(size=(n_times, 3)),
        "behavior/reversal_vec": np.array([1, 1, 0, 1, 1, 0])[:n_times],
        "behavior/reversal_events": np.array([[1, 3], [2, 5]]),
    }


def _write(folder: Path, content: dict[str, Any], name: str = "2021-01-02-03-data.h5") -> Path:
    path = folder / name
    with h5py.File(path, "w") as file:
        for key, value in content.items():
            file[key] = value
    return path


def test_a_small_file_has_all_groups(tmp_path: Path) -> None:
    content = _content()
    rec = LOADER.open(_write(tmp_path, content))
    assert nk.validate(rec).ok
    assert rec["activity"].attrs["sampling_rate"] == pytest.approx(2.0)
    np.testing.assert_allclose(rec["events"]["onset"], [0.0, 1.5])
    np.testing.assert_allclose(rec["events"]["duration"], [0.5, 0.5])
    assert rec["behavior"]["body_angle"].dims == ("time", "body_angle_axis")
    assert rec["behavior"]["velocity"].attrs["units"] == "mm s-1"
    assert rec["activity"]["neuron"].values.tolist() == [f"unl-000{i}" for i in (1, 2, 3, 4)]


def test_nothing_is_read_before_it_is_asked_for(tmp_path: Path) -> None:
    path = _write(tmp_path, _content())
    rec = LOADER.open(path)
    path.unlink()
    with pytest.raises(FileContentError, match="does not exist"):
        rec["activity"]["signal"].load()


def test_a_file_that_changed_after_opening_is_noticed(tmp_path: Path) -> None:
    rec = LOADER.open(_write(tmp_path, _content()))
    _write(tmp_path, _content(n_times=5))
    with pytest.raises(FileContentError, match="not what it was"):
        rec["activity"]["signal"].load()


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize(
    "key",
    [
        (slice(None), slice(None)),
        (slice(1, 5, 2), slice(None)),
        (slice(None, None, -1), slice(0, 2)),
        (2, slice(None)),
        (slice(None), 3),
        (4, 1),
        (slice(2, 2), slice(None)),
        ([4, 0, 2], [1, 1, 3]),
    ],
)
def test_lazy_indexing_equals_numpy_whichever_way_it_is_stored(
    tmp_path: Path, key: Any, transposed: bool
) -> None:
    content = _content()
    stored = content["gcamp/traces_array_F_F20"]
    if transposed:
        content |= {f"gcamp/{name}": content[f"gcamp/{name}"].T for name in TRACES}
    rec = LOADER.open(_write(tmp_path, content))
    signal = pickle.loads(pickle.dumps(rec["activity"]["signal"]))
    expected = stored.astype(np.float32)
    outer = expected[np.ix_(*key)] if isinstance(key[0], list) else expected[key]
    np.testing.assert_array_equal(signal[key], outer)


def test_lazy_traces_go_through_dask(tmp_path: Path) -> None:
    content = _content()
    signal = LOADER.open(_write(tmp_path, content))["activity"]["signal"]
    mean = signal.chunk(time=2).mean("time").compute(scheduler="threads")
    expected = content["gcamp/traces_array_F_F20"].astype(np.float32).mean(axis=0)
    np.testing.assert_allclose(mean, expected, rtol=1e-5)


def test_another_array_can_be_the_signal(tmp_path: Path) -> None:
    content = _content()
    rec = LOADER.open(_write(tmp_path, content), signal="trace_array")
    expected = content["gcamp/trace_array"].astype(np.float32)
    np.testing.assert_array_equal(rec["activity"]["signal"], expected)
    assert set(rec["auxiliary"].children) == {"traces_array_F_F20", "trace_array_original"}


def test_a_missing_signal_names_those_that_are_there(tmp_path: Path) -> None:
    content = _content()
    del content["gcamp/traces_array_F_F20"]
    path = _write(tmp_path, content)
    with pytest.raises(FileContentError, match=r"found gcamp/trace_array.*signal='trace_array'"):
        LOADER.open(path)
    assert LOADER.open(path, signal="trace_array")["activity"].sizes["neuron"] == 4
    with pytest.raises(OptionError, match="did you mean 'trace_array'"):
        LOADER.open(path, signal="trace_aray")


def test_a_cut_changes_run_and_closes_no_gap(tmp_path: Path) -> None:
    content = _content()
    content["timing/timestamp_confocal"][3:] += 60.0
    content["gcamp/idx_splits"] = np.array([[1, 4], [3, 6]])
    rec = LOADER.open(_write(tmp_path, content))
    activity = rec["activity"].to_dataset()
    assert activity["run"].values.tolist() == [0, 0, 0, 1, 1, 1]
    assert runs(activity) == [slice(0, 3), slice(3, 6)]
    assert activity["time"].values[3] == pytest.approx(61.5)
    # Regular within each run, so the rate is known.
    assert activity.attrs["sampling_rate"] == pytest.approx(2.0)
    assert rec["behavior"]["run"].values.tolist() == [0, 0, 0, 1, 1, 1]


def test_one_stretch_over_everything_is_no_cut(tmp_path: Path) -> None:
    content = _content() | {"gcamp/idx_splits": np.array([[1], [6]])}
    assert "run" not in LOADER.open(_write(tmp_path, content))["activity"].coords


@pytest.mark.parametrize("splits", [[[1, 5], [3, 6]], [[1, 4], [3, 5]], [[2, 4], [3, 6]]])
def test_stretches_that_leave_frames_out_are_an_error(
    tmp_path: Path, splits: list[list[int]]
) -> None:
    content = _content() | {"gcamp/idx_splits": np.array(splits)}
    with pytest.raises(FileContentError, match="does not cover the 6 frames"):
        LOADER.open(_write(tmp_path, content))


def test_behaviour_of_another_length_is_an_error_that_names_both(tmp_path: Path) -> None:
    content = _content() | {"behavior/velocity": np.zeros(7)}
    with pytest.raises(TimeError, match=r"behavior/velocity has 7 frames.*has 6"):
        LOADER.open(_write(tmp_path, content))


def test_arrays_of_different_neurons_are_an_error(tmp_path: Path) -> None:
    content = _content() | {"gcamp/trace_array": np.zeros((6, 5))}
    with pytest.raises(FileContentError, match="arrays of traces differ"):
        LOADER.open(_write(tmp_path, content))


@pytest.mark.parametrize(("frame", "value"), [(2, 100.1), (3, np.nan)])
def test_a_clock_that_does_not_increase_names_the_frame(
    tmp_path: Path, frame: int, value: float
) -> None:
    content = _content()
    content["timing/timestamp_confocal"][frame] = value
    with pytest.raises(TimeError, match=f"frame {frame + 1}"):
        LOADER.open(_write(tmp_path, content))


@pytest.mark.parametrize("events", [[[1, 3], [2, 7]], [[5], [3]], [[0], [9]]])
def test_events_outside_the_record_are_an_error(tmp_path: Path, events: list[list[int]]) -> None:
    content = _content() | {"behavior/reversal_events": np.array(events)}
    with pytest.raises(FileContentError, match="reversal spans frames"):
        LOADER.open(_write(tmp_path, content))


def test_no_reversal_and_no_behaviour_is_no_fault(tmp_path: Path) -> None:
    content = {key: value for key, value in _content().items() if "behavior" not in key}
    rec = LOADER.open(_write(tmp_path, content))
    assert set(rec.children) == {"activity", "auxiliary"}
    content["behavior/reversal_events"] = np.empty((2, 0), dtype=int)
    assert "events" not in LOADER.open(_write(tmp_path, content, "b.h5")).children


def test_heat_begins_at_its_frame(tmp_path: Path) -> None:
    content = _content() | {"timing/stim_begin_confocal": np.array([4])}
    events = LOADER.open(_write(tmp_path, content))["events"].to_dataset()
    (place,) = np.flatnonzero(events["trial_type"] == "heat")
    assert events["onset"].values[place] == pytest.approx(1.5)


def test_what_is_not_read_is_said(tmp_path: Path) -> None:
    content = _content() | {"timing/laser": np.arange(50.0), "notes/text": np.arange(2)}
    rec = LOADER.open(_write(tmp_path, content))
    assert "NK830" in _codes(rec)
    assert "notes/text, timing/laser" in rec.attrs["findings"]


def test_a_link_out_of_the_file_is_refused(tmp_path: Path) -> None:
    secret = _write(tmp_path, {"x": np.zeros((6, 4))}, "secret.h5")
    path = _write(tmp_path, _content())
    with h5py.File(path, "a") as file:
        del file["gcamp/trace_array"]
        file["gcamp/trace_array"] = h5py.ExternalLink(str(secret), "x")
    with pytest.raises(FileContentError, match="outside the file"):
        LOADER.open(path)


def test_values_stored_outside_the_file_are_refused(tmp_path: Path) -> None:
    content = _content()
    del content["gcamp/trace_array"]
    path = _write(tmp_path, content)
    (tmp_path / "raw.bin").write_bytes(bytes(8 * 24))
    with h5py.File(path, "a") as file:
        outside = [(str(tmp_path / "raw.bin"), 0, 8 * 24)]
        file["gcamp"].create_dataset("trace_array", (6, 4), "f8", external=outside)
    with pytest.raises(FileContentError, match="outside the file"):
        LOADER.open(path)


def test_text_where_numbers_belong_is_an_error(tmp_path: Path) -> None:
    content = _content() | {"behavior/velocity": "fast"}
    content["gcamp/trace_array"] = np.array([[b"a"] * 4] * 6)
    with pytest.raises(FileContentError, match="not numbers"):
        LOADER.open(_write(tmp_path, content))


@pytest.mark.parametrize(
    ("groups", "score"),
    [(["gcamp", "timing"], 0.9), (["gcamp"], 0.6), (["GCaMP"], 0.3), (["acquisition"], 0.0)],
)
def test_sniffing_scores_the_groups(tmp_path: Path, groups: list[str], score: float) -> None:
    path = _write(tmp_path, {f"{group}/x": np.zeros(2) for group in groups})
    assert LOADER.sniff(path) == score


def test_sniffing_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("gcamp timing")
    (tmp_path / "b.h5").touch()
    assert [LOADER.sniff(tmp_path / name) for name in ("a.txt", "b.h5", ".")] == [0, 0, 0]


@pytest.mark.parametrize("seed", range(12))
def test_damaged_bytes_are_an_error_of_ours_or_read_on(tmp_path: Path, seed: int) -> None:
    path = _write(tmp_path, _content())
    rng = np.random.default_rng(seed)
    damaged = bytearray(path.read_bytes())
    for place in rng.integers(0, len(damaged), size=40):
        damaged[place] = int(rng.integers(0, 256))
    path.write_bytes(bytes(damaged))
    assert 0 <= LOADER.sniff(path) <= 1
    with contextlib.suppress(NeurokitError):
        LOADER.open(path)["activity"]["signal"].load()


def test_values_beyond_float32_become_infinite(tmp_path: Path) -> None:
    content = _content()
    content["gcamp/traces_array_F_F20"][2, 1] = 1e300
    signal = LOADER.open(_write(tmp_path, content))["activity"]["signal"]
    assert np.isinf(signal.values[2, 1])
