"""Spikes in three forms: every spike once, sorted within its neuron, with its trial."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from mapping_files import write_npz, write_text

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import findings_from_json


def _open(folder: Path, arrays: dict[str, Any], **words: Any) -> xr.DataTree:
    return nk.open(write_npz(folder / "a.npz", arrays), "npy", **words)


def _trains(group: Any) -> dict[str, list[float]]:
    ends = [0, *group["spike_end"].values.tolist()]
    times = group["spike_time"].values
    return {
        str(name): times[ends[i] : ends[i + 1]].tolist()
        for i, name in enumerate(group["neuron"].values)
    }


TRIPLETS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 1000)), min_size=1, max_size=60
)


@settings(max_examples=10)
@given(triplets=TRIPLETS)
def test_every_spike_is_kept_with_neuron_trial_and_time(
    tmp_path_factory: pytest.TempPathFactory, triplets: list[tuple[int, int, int]]
) -> None:
    neuron, trial, time = (np.array(values) for values in zip(*triplets, strict=True))
    rec = _open(
        tmp_path_factory.mktemp("s"),
        {"n": neuron, "k": trial, "t": time},
        spikes={"neuron": "n", "trial": "k", "time": "t"},
        time_units="ms",
    )
    group = rec["spikes"]
    owner = np.repeat(
        [int(str(name).removeprefix("neuron-")) for name in group["neuron"].values],
        np.diff([0, *group["spike_end"].values]),
    )
    found = sorted(
        zip(
            owner.tolist(),
            group["spike_trial"].values.tolist(),
            np.round(group["spike_time"].values * 1e3).astype(int).tolist(),
            strict=True,
        )
    )
    assert found == sorted(triplets)
    for train in _trains(group).values():
        assert train == sorted(train)
    assert nk.validate(rec).ok


def test_neurons_that_have_names(tmp_path: Path) -> None:
    arrays = {"who": np.array(["b", "a", "b"]), "t": np.array([3.0, 2.0, 1.0])}
    group = _open(tmp_path, arrays, spikes={"neuron": "who", "time": "t"})["spikes"]
    assert _trains(group) == {"a": [2.0], "b": [1.0, 3.0]}
    assert "spike_trial" not in group


def test_numbers_of_neurons_sort_as_numbers(tmp_path: Path) -> None:
    arrays = {"who": np.array([10, 9, 100]), "t": np.array([1.0, 2.0, 3.0])}
    group = _open(tmp_path, arrays, spikes={"neuron": "who", "time": "t"})["spikes"]
    assert group["neuron"].values.tolist() == ["neuron-009", "neuron-010", "neuron-100"]


def test_times_alone_are_one_neuron(tmp_path: Path) -> None:
    group = _open(tmp_path, {"t": np.array([2.0, 1.0])}, spikes={"time": "t"})["spikes"]
    assert _trains(group) == {"neuron-0": [1.0, 2.0]}


def test_one_variable_per_neuron(tmp_path: Path) -> None:
    arrays = {"st_1": np.array([0.2, 0.1]), "st_2": np.array([]), "other": np.ones(3)}
    rec = _open(tmp_path, arrays, spikes="st_*")
    assert _trains(rec["spikes"]) == {"st_1": [0.1, 0.2], "st_2": []}
    assert rec.attrs["modality"] == "spikes"


def test_columns_padded_with_nan_lose_the_padding_and_say_so(tmp_path: Path) -> None:
    path = write_text(tmp_path / "a.csv", {"u1": [0.1, 0.2, 0.3], "u2": [0.5, np.nan, np.nan]})
    rec = nk.open(path, "table", spikes=["u1", "u2"])
    assert _trains(rec["spikes"]) == {"u1": [0.1, 0.2, 0.3], "u2": [0.5]}
    assert "2 spikes have no time (NaN) and are left out" in rec.attrs["findings"]


def test_spikes_are_on_the_clock_of_the_recording(tmp_path: Path) -> None:
    arrays = {"t": 10 + np.arange(50) / 10, "v": np.ones(50), "st": np.array([10.5, 12.0])}
    rec = _open(tmp_path, arrays, time="t", behavior="v", spikes="st")
    np.testing.assert_allclose(rec["spikes"]["spike_time"], [0.5, 2.0])
    assert rec["spikes"].attrs["time_offset"] == rec["behavior"].attrs["time_offset"] == 10.0


def test_spikes_with_a_clock_that_nothing_else_is_on(tmp_path: Path) -> None:
    arrays = {"t": 10 + np.arange(50) / 10, "st": np.array([10.5, 12.0])}
    rec = _open(tmp_path, arrays, time="t", spikes="st")
    np.testing.assert_allclose(rec["spikes"]["spike_time"], [0.5, 2.0])


def test_times_within_trials_are_not_shifted(tmp_path: Path) -> None:
    arrays = {"k": np.array([0, 1]), "st": np.array([-0.5, 0.5])}
    group = _open(tmp_path, arrays, spikes={"time": "st", "trial": "k"})["spikes"]
    assert group["spike_time"].values.tolist() == [-0.5, 0.5]
    assert group.attrs["time_origin"] == "start of the trial"


def test_names_and_coordinates_of_neurons(tmp_path: Path) -> None:
    arrays = {
        "n": np.array([0, 1]),
        "t": np.array([1.0, 2.0]),
        "id": np.array(["u7", "u9"]),
        "area": np.array(["CA1", "V1"]),
    }
    words = {"spikes": {"neuron": "n", "time": "t"}, "coords": {"region": "area"}}
    group = _open(tmp_path, arrays, names="id", **words)["spikes"]
    assert _trains(group) == {"u7": [1.0], "u9": [2.0]}
    assert group["region"].values.tolist() == ["CA1", "V1"]
    with pytest.raises(LabelError, match="3 names for 2 neurons"):
        _open(tmp_path, arrays, names=["a", "b", "c"], **words)
    assert _trains(_open(tmp_path, arrays, names=["a", "b"], **words)["spikes"]) == {
        "a": [1.0],
        "b": [2.0],
    }


def test_lists_of_different_length_are_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="spikes differ in length: time 3, neuron 2"):
        _open(tmp_path, {"n": [0, 1], "t": [1.0, 2.0, 3.0]}, spikes={"neuron": "n", "time": "t"})


@pytest.mark.parametrize("trial", [[0.5, 1.0], [np.nan, 1.0]])
def test_trials_are_counted_in_whole_numbers(trial: list[float], tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="trials of spikes are not whole numbers"):
        _open(tmp_path, {"k": trial, "t": [1.0, 2.0]}, spikes={"trial": "k", "time": "t"})


def test_a_train_of_words_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="holds no number or cells"):
        _open(tmp_path, {"st": np.array(["a", "b"])}, spikes="st")


def test_cells_of_another_shape_than_said_are_an_error(tmp_path: Path) -> None:
    arrays = {"a": np.ones(2), "b": np.ones(3)}
    with pytest.raises(SchemaError, match=r"cells are 2, dims are \('trial', 'neuron'\)"):
        _open(tmp_path, arrays, spikes={"cells": ["a", "b"], "dims": ["trial", "neuron"]})


def test_an_array_is_no_cell_array(tmp_path: Path) -> None:
    rec = _open(tmp_path, {"a": np.ones(2)}, spikes={"cells": "a", "dims": ["neuron"]})
    assert _trains(rec["spikes"]) == {"a": [1.0, 1.0]}


def test_variables_as_trials_name_their_events(tmp_path: Path) -> None:
    arrays = {"low": np.array([0.2, 0.1]), "high": np.array([0.3])}
    rec = _open(tmp_path, arrays, spikes={"cells": ["low", "high"], "dims": ["trial"]})
    assert _trains(rec["spikes"]) == {"neuron-0": [0.1, 0.2, 0.3]}
    assert rec["spikes"]["spike_trial"].values.tolist() == [0, 0, 1]
    assert rec["events"]["trial_type"].values.tolist() == ["low", "high"]


def test_a_neuron_without_a_spike_in_any_trial_is_kept(tmp_path: Path) -> None:
    arrays = {"a": np.array([0.1]), "b": np.array([])}
    words = {"cells": ["a", "b"], "dims": ["neuron"]}
    assert _trains(_open(tmp_path, arrays, spikes=words)["spikes"]) == {"a": [0.1], "b": []}


def test_binned_spikes_of_trials_count_every_spike(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    arrays = {
        "n": rng.integers(0, 3, 200),
        "k": rng.integers(0, 5, 200),
        "t": rng.uniform(0, 1, 200),
        "side": np.arange(5),
    }
    rec = _open(tmp_path, arrays, spikes={"neuron": "n", "trial": "k", "time": "t"}, events="side")
    findings = findings_from_json(str(rec.attrs["findings"]))
    assert [f.code for f in findings] == ["NK827"]
    counts = nk.signal.bin_spikes(rec["spikes"].to_dataset(), 0.1, start=0.0, stop=1.0)
    assert counts.sizes == {"trial": 5, "time": 10, "neuron": 3}
    expected = np.zeros((5, 10, 3))
    np.add.at(expected, (arrays["k"], (arrays["t"] * 10).astype(int), arrays["n"]), 1)
    np.testing.assert_array_equal(counts, expected)
