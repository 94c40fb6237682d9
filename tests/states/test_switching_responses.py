"""What the recipe of hidden states makes of signals: counts, liveliest responses, behaviour."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import OptionError, SchemaError
from neurokit.recipe import Parameters
from neurokit.signal.responses import is_counts, liveliest, rate_of
from neurokit.states import dwell_table, switching
from neurokit.states.recipe import StatesParameters


def signal(values, dim="neuron"):
    return xr.DataArray(np.asarray(values, dtype=np.float64), dims=("time", dim))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[0.0], [3.0]], True),
        ([[0.0], [np.nan]], True),
        ([[0.5], [1.0]], False),
        ([[-1.0], [1.0]], False),
        ([[np.nan], [np.nan]], False),
    ],
)
def test_counts_are_whole_numbers_from_zero(values, expected):
    assert is_counts(signal(values)) is expected


def test_the_liveliest_responses_are_kept_in_their_order():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(200, 5)) * [1.0, 5.0, 0.0, 3.0, 4.0]
    found = liveliest(signal(values).assign_coords(neuron=list("abcde")), 3)
    assert found.neuron.values.tolist() == ["b", "d", "e"]
    np.testing.assert_array_equal(found, values[:, [1, 3, 4]])


def test_what_never_varies_is_left_out_even_where_there_is_room():
    values = np.column_stack([np.arange(9.0), np.ones(9), np.full(9, np.nan)])
    with np.errstate(invalid="ignore"):
        found = liveliest(signal(values), 10)
    assert found.sizes["neuron"] == 1
    with pytest.raises(SchemaError, match="nothing varies"):
        liveliest(signal(np.ones((9, 2))), 2)


def test_equal_liveliness_keeps_the_first():
    values = np.tile(np.arange(6.0)[:, None], (1, 4))
    found = liveliest(signal(values).assign_coords(neuron=list("abcd")), 2)
    assert found.neuron.values.tolist() == ["a", "b"]


def recording(**measures):
    behaviour = xr.Dataset(measures)
    return xr.DataTree.from_dict({"behavior": behaviour})


def test_the_first_measure_over_time_alone_is_the_behaviour():
    line = xr.DataArray(np.arange(3.0), dims="time")
    wide = xr.DataArray(np.zeros((3, 2)), dims=("time", "axis"))
    label = xr.DataArray(np.array(["a", "b", "a"]), dims="time")
    found = switching._behaviour(recording(position=wide, stage=label, speed=line))
    assert found.name == "speed"
    assert switching._behaviour(recording(position=wide)) is None
    assert switching._behaviour(xr.DataTree()) is None


def test_signals_without_a_clock_have_no_rate():
    assert rate_of(signal(np.zeros((5, 1)))) is None
    clocked = signal(np.zeros((5, 1))).assign_coords(time=0.25 * np.arange(5))
    assert rate_of(clocked) == pytest.approx(4.0)


def test_the_table_names_its_unit_and_holds_every_state():
    path = np.repeat([0, 1, 0, 1, 0], [4, 2, 3, 6, 5])
    for bin_s, unit in ((1.0, "bin"), (0.5, "s")):
        dwell = dwell_table(path, 3, bin_s=bin_s)
        found = switching._table(dwell)
        assert found["state"].tolist() == [0, 1, 2]
        assert found[f"mean stay ({unit})"][1] == pytest.approx(4.0 * bin_s)
        assert found["n_visits"].tolist() == [3, 2, 0]
        assert np.isnan(found[f"median stay ({unit})"][2])
        assert found["occupancy"].sum() == pytest.approx(1.0)


def test_options_of_the_recipe_reach_the_model():
    chosen = StatesParameters(history=2, coupling=False, prior="none", ridge=3.0, n_restarts=2)
    found = switching._options(chosen, "gaussian")
    assert found == {
        "observation": "gaussian", "history": 2, "coupling": False, "prior": "none", "ridge": 3.0,
        "n_restarts": 2, "max_iter": 200,
    }  # fmt: skip


def test_parameters_of_another_recipe_are_refused():
    with pytest.raises(OptionError, match="parameters"):
        switching.run({"one": xr.DataTree()}, Parameters(), {})


def test_a_recording_without_signals_is_refused():
    with pytest.raises(SchemaError, match="neither /spikes nor /activity"):
        switching.run({"one": xr.DataTree()}, StatesParameters(), {})
