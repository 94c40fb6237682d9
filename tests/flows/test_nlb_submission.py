"""The benchmark's HDF5: names, parts, orders; what is refused; from a file to a file."""

from __future__ import annotations

import h5py
import nlb_cases
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import OptionError, SchemaError, StoreError, UnitsError


def rates(n_trials=3, n_bins=6, held_out=(False, True, False, True), n_forward=0, seed=0):
    rng = np.random.default_rng(seed)
    coords = {
        "neuron": [f"n{k}" for k in range(len(held_out))],
        "held_out": ("neuron", np.array(held_out)),
    }
    if n_forward:
        coords["forward"] = ("time", np.arange(n_bins) >= n_bins - n_forward)
    values = rng.uniform(0.01, 1.0, (n_trials, n_bins, len(held_out)))
    return xr.DataArray(values, coords, ("trial", "time", "neuron"), attrs={"units": "1"})


def read(path):
    with h5py.File(path, "r") as file:
        return {f"{group}/{name}": file[group][name][()] for group in file for name in file[group]}


@pytest.mark.parametrize(("bin_s", "group"), [(0.005, "mc_rtt"), (0.02, "mc_rtt_20")])
def test_parts_go_by_held_out_neurons_in_the_order_of_the_file(tmp_path, bin_s, group):
    train, test = rates(), rates(2, seed=1)
    path = tmp_path / "out.h5"
    names = nk.flows.nlb_submission(path, {"mc_rtt": {"train": train, "eval": test}}, bin_s=bin_s)
    found = read(path)
    assert sorted(names) == sorted(found)
    np.testing.assert_array_equal(found[f"{group}/train_rates_heldin"], train.values[..., [0, 2]])
    np.testing.assert_array_equal(found[f"{group}/train_rates_heldout"], train.values[..., [1, 3]])
    np.testing.assert_array_equal(found[f"{group}/eval_rates_heldin"], test.values[..., [0, 2]])
    np.testing.assert_array_equal(found[f"{group}/eval_rates_heldout"], test.values[..., [1, 3]])
    assert len(found) == 4


def test_forecast_bins_are_files_of_their_own(tmp_path):
    test = rates(n_forward=2)
    path = tmp_path / "out.h5"
    nk.flows.nlb_submission(path, {"mc_maze": {"train": rates(), "eval": test}})
    found = read(path)
    assert found["mc_maze_20/eval_rates_heldin"].shape == (3, 4, 2)
    np.testing.assert_array_equal(
        found["mc_maze_20/eval_rates_heldout_forward"], test.values[:, 4:, [1, 3]]
    )
    assert "mc_maze_20/train_rates_heldin_forward" not in found


def test_dims_in_any_order_and_several_datasets(tmp_path):
    test = rates()
    path = tmp_path / "out.h5"
    parts = {"train": test.transpose("neuron", "time", "trial"), "eval": test}
    nk.flows.nlb_submission(path, {"mc_maze": parts, "area2_bump": parts})
    found = read(path)
    assert {name.split("/")[0] for name in found} == {"mc_maze_20", "area2_bump_20"}
    np.testing.assert_array_equal(
        found["mc_maze_20/train_rates_heldin"], found["mc_maze_20/eval_rates_heldin"]
    )


def test_a_file_that_is_there_stays_unless_said_and_a_refusal_leaves_nothing(tmp_path):
    path = tmp_path / "out.h5"
    path.write_text("mine")
    parts = {"mc_rtt": {"train": rates(), "eval": rates()}}
    with pytest.raises(StoreError, match="overwrite=True"):
        nk.flows.nlb_submission(path, parts)
    assert path.read_text() == "mine"
    nk.flows.nlb_submission(path, parts, overwrite=True)
    assert len(read(path)) == 4
    with pytest.raises(StoreError, match="cannot be written"):
        nk.flows.nlb_submission(tmp_path / "no" / "out.h5", parts)
    assert [p.name for p in tmp_path.iterdir()] == ["out.h5"]


@pytest.mark.parametrize(
    ("given", "options", "error", "says"),
    [
        ({}, {}, OptionError, "names no dataset"),
        ({"maze": {"train": rates(), "eval": rates()}}, {}, OptionError, "did you mean 'mc_maze'"),
        ({"mc_rtt": {"train": rates()}}, {}, OptionError, "no 'eval'"),
        ({"mc_rtt": {"train": rates(), "eval": rates()}}, {"bin_s": 0.01}, OptionError, "bin_s"),
        ({"mc_rtt": {"train": rates().values, "eval": rates()}}, {}, SchemaError, "ndarray"),
        ({"mc_rtt": {"train": rates()[0], "eval": rates()}}, {}, SchemaError, "time"),
        (
            {"mc_rtt": {"train": rates().drop_vars("held_out"), "eval": rates()}},
            {}, SchemaError, "held_out",
        ),
        ({"mc_rtt": {"train": rates() * np.nan, "eval": rates()}}, {}, SchemaError, "not finite"),
        ({"mc_rtt": {"train": rates(), "eval": rates() - 1}}, {}, SchemaError, "below 0"),
        (
            {"mc_rtt": {"train": rates().assign_attrs(units="Hz"), "eval": rates()}},
            {}, UnitsError, "Hz",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(tmp_path, given, options, error, says):
    with pytest.raises(error, match=says):
        nk.flows.nlb_submission(tmp_path / "out.h5", given, **options)
    assert not list(tmp_path.iterdir())


def test_from_a_file_of_the_benchmark_to_a_submission(tmp_path):
    path = tmp_path / "session.nwb"
    nlb_cases.write(path, nlb_cases.session(n_units=8, n_held_out=2))
    rec = nk.open(path)
    train = nk.flows.nlb_trials(rec, "mc_maze_small", split="train")
    test = nk.flows.nlb_trials(rec, "mc_maze_small", split="val", forward_s=0.2)
    seen = test.isel(time=~test.forward.values)
    model = nk.flows.FactorGLM(2).fit(train.spikes, held_out=train.held_out.values)
    hidden = test.held_out.values
    found = model.predict_rates(seen.spikes, held_out=hidden)
    done = nk.flows.nlb_submission(
        tmp_path / "out.h5",
        {
            "mc_maze_small": {
                "train": model.predict_rates(train.spikes, held_out=hidden).assign_coords(
                    held_out=train.held_out
                ),
                "eval": found.assign_coords(held_out=test.held_out),
            }
        },
    )
    assert len(done) == 4
    shapes = {name: values.shape for name, values in read(tmp_path / "out.h5").items()}
    assert shapes["mc_maze_small_20/train_rates_heldin"] == (3, 35, 6)
    assert shapes["mc_maze_small_20/eval_rates_heldout"] == (2, 35, 2)
    assert np.isfinite(nk.flows.co_bps(found.isel(neuron=hidden), seen.spikes.isel(neuron=hidden)))
