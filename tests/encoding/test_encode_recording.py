"""Steps of the recipe: lags within runs, what is left out, tables, facts and refusals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.encoding.encode_recording import (
    _complete,
    _inputs,
    _labels,
    _lagged,
    _median_rate,
    _noted,
    _table,
    run,
)
from neurokit.encoding.recipe import EncodingParameters
from neurokit.errors import OptionError, SchemaError
from neurokit.plot.style import detached_figure
from neurokit.recipe import Parameters
from neurokit.schema import activity, recording, regular_time, series, time_coordinate

RATE = 10.0


def clocked(values, *, runs=None, dim="feature", names=None):
    """An array on a regular clock."""
    time = time_coordinate(regular_time(len(values), RATE), RATE)
    out = xr.DataArray(values, dims=("time", dim), coords={"time": time})
    out = out if names is None else out.assign_coords({dim: names})
    return out if runs is None else out.assign_coords(run=("time", runs))


def behaving(n=120, **options):
    rng = np.random.default_rng(0)
    speed = rng.normal(size=n)
    y = np.column_stack([2 * speed, rng.normal(size=n)]) + 0.1 * rng.normal(size=(n, 2))
    groups = {
        "activity": activity(y, names=["a", "b"], rate=RATE, **options),
        "behavior": series({"speed": speed, "mood": rng.normal(size=n)}, rate=RATE),
    }
    return recording(groups, modality="calcium", subject="m", name="m")


def test_a_lag_of_nothing_is_the_features_themselves():
    x = clocked(np.arange(6.0)[:, None])
    assert _lagged(x, (0.0,)) is x


def test_each_lag_is_a_copy_with_its_name():
    x = clocked(np.arange(12.0).reshape(6, 2), names=["u", "v"])
    moved = _lagged(x, (0.0, 0.1, -0.2))
    assert moved.feature.values.tolist() == [
        "u 0 s", "v 0 s", "u 0.1 s", "v 0.1 s", "u -0.2 s", "v -0.2 s",
    ]  # fmt: skip
    np.testing.assert_array_equal(moved[:, :2], x)
    np.testing.assert_array_equal(moved[1:, 2], x[:-1, 0])
    np.testing.assert_array_equal(moved[:-2, 5], x[2:, 1])
    assert int(np.isnan(moved.values).sum()) == 2 * (1 + 2)


def test_lags_longer_than_a_run_leave_nothing_of_it():
    x = clocked(np.arange(6.0)[:, None], runs=[0, 0, 1, 1, 1, 1])
    for lag in (0.3, -0.3):
        moved = _lagged(x, (lag,)).values[:, 0]
        assert np.isnan(moved[:2]).all()
        assert np.isfinite(moved[2:]).sum() == 1


def test_features_without_names_are_numbered():
    assert _labels(clocked(np.zeros((3, 2)))) == ["0", "1"]
    assert _labels(clocked(np.zeros((3, 2)), names=[7, 9])) == ["7", "9"]


def test_integers_can_be_lagged():
    moved = _lagged(clocked(np.arange(5)[:, None]), (0.0, 0.1))
    np.testing.assert_array_equal(moved.values[1:, 1], np.arange(4))


def test_neurons_mostly_missing_go_then_samples_at_which_anything_is():
    rng = np.random.default_rng(0)
    y = rng.normal(size=(100, 3))
    y[:21, 2] = np.nan  # more than a fifth
    y[50, 0] = np.nan
    x = rng.normal(size=(100, 1))
    x[70] = np.inf
    sets, left = _complete({"s": clocked(x)}, clocked(y, dim="neuron", names=list("abc")))
    assert left.neuron.values.tolist() == ["a", "b"]
    assert left.sizes["time"] == 98
    kept = np.delete(np.arange(100), [50, 70])
    np.testing.assert_array_equal(left, y[kept][:, :2])
    np.testing.assert_array_equal(sets["s"], x[kept])


def test_a_hole_is_a_cut_and_runs_stay_apart():
    y = np.random.default_rng(0).normal(size=(100, 1))
    y[30:33] = np.nan
    runs = np.repeat([5, 9], 50)
    sets, left = _complete({"s": clocked(y.copy())}, clocked(y, dim="neuron", runs=runs))
    run_of = left.run.values
    assert np.flatnonzero(np.diff(run_of)).tolist() == [29, 46]
    np.testing.assert_array_equal(sets["s"].run, left.run)


def test_without_a_hole_nothing_is_touched():
    y = clocked(np.random.default_rng(0).normal(size=(60, 2)), dim="neuron")
    x = {"s": clocked(np.ones((60, 1)))}
    sets, left = _complete(x, y)
    xr.testing.assert_identical(left, y)
    assert sets["s"] is x["s"]


@pytest.mark.parametrize(("n", "enough"), [(49, False), (50, True)])
def test_fifty_samples_are_the_least(n, enough):
    y = clocked(np.random.default_rng(0).normal(size=(n, 1)), dim="neuron")
    if enough:
        assert _complete({"s": clocked(np.ones((n, 1)))}, y)[1].sizes["time"] == n
        return
    with pytest.raises(SchemaError, match="49 samples are left"):
        _complete({"s": clocked(np.ones((n, 1)))}, y)


def test_activity_without_any_neuron_left_is_refused():
    y = clocked(np.full((60, 2), np.nan), dim="neuron")
    with pytest.raises(SchemaError, match="0 neurons"):
        _complete({"s": clocked(np.ones((60, 1)))}, y)


def test_the_rate_of_an_irregular_clock_is_its_median_to_three_digits():
    time = np.cumsum(np.r_[0.0, np.full(50, 1 / 3.0), 7.0, 0.1])
    irregular = xr.DataArray(np.zeros(53), dims="time", coords={"time": time})
    assert _median_rate(irregular) == 3.0


def test_all_sets_are_used_unless_some_are_named():
    rec = behaving()
    everything, y = _inputs(rec, EncodingParameters())
    assert set(everything) >= {"speed", "mood"}
    some, _ = _inputs(rec, EncodingParameters(features=("mood",), lags_s=(0.0, 0.5)))
    assert list(some) == ["mood"]
    assert some["mood"].sizes["feature"] == 2
    assert y.sizes["time"] == 120
    with pytest.raises(OptionError, match="no set 'pace'"):
        _inputs(rec, EncodingParameters(features=("mood", "pace")))


def test_another_rate_brings_both_sides_to_it():
    sets, y = _inputs(behaving(240), EncodingParameters(rate=5.0))
    assert y.sizes["time"] == sets["speed"].sizes["time"] == 120
    np.testing.assert_allclose(y["time"], sets["speed"]["time"])


def test_parameters_of_another_recipe_are_refused():
    with pytest.raises(OptionError, match="parameters"):
        run({"m": behaving()}, Parameters(), {})


def test_the_table_is_best_first_and_names_its_neurons():
    scores = xr.Dataset(
        {"score": ("neuron", [0.1, 0.5, 0.3]), "p": ("neuron", [0.3, 0.1, 0.2]),
         "q": ("neuron", [0.3, 0.3, 0.3])},
        coords={"neuron": ["a", "b", "c"]},
    )  # fmt: skip
    table = _table(scores)
    assert table["neuron"].tolist() == ["b", "c", "a"]
    assert table["p"].tolist() == [0.1, 0.2, 0.3]
    assert table.index.tolist() == [0, 1, 2]
    assert "neuron" not in _table(scores.drop_vars("neuron")).columns


def test_notes_are_one_fact_or_none():
    assert _noted([]) == {}
    assert _noted(["a.", "b."]) == {"notes": "a. b."}


def test_figures_of_the_recipe_are_not_kept_by_pyplot():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    detached_figure((2.0, 2.0))
    assert plt.get_fignums() == before


@pytest.fixture(scope="module")
def outcome():
    return run({"m": behaving()}, EncodingParameters(n_shifts=19, features=("speed",)), {})


def test_facts_are_those_of_the_result(outcome):
    assert outcome.facts["samples"] == 120
    assert outcome.facts["neurons"] == 2
    assert outcome.facts["best held-out r"] == pytest.approx(
        float(outcome.result["significance/score"].max())
    )


def test_the_same_parameters_give_the_same_bytes(outcome):
    again = run({"m": behaving()}, EncodingParameters(n_shifts=19, features=("speed",)), {})
    for path in ("significance/score", "significance/p", "coef/coef"):
        if path in outcome.result:
            assert outcome.result[path].values.tobytes() == again.result[path].values.tobytes()
    assert again.facts == outcome.facts
    assert again.tables["scores"].equals(outcome.tables["scores"])


def test_the_driven_neuron_is_the_best_and_no_part_of_one_set_is_made(outcome):
    assert outcome.tables["scores"]["neuron"][0] == "a"
    assert set(outcome.pictures) == {"scores"}
    assert "partition" not in outcome.result.children


def test_the_recording_is_not_changed():
    rec = behaving()
    copy = rec.copy(deep=True)
    run({"m": rec}, EncodingParameters(n_shifts=3, lags_s=(0.0, 0.1)), {})
    xr.testing.assert_identical(rec, copy)


def test_a_lazy_recording_gives_the_inputs_of_one_in_memory():
    rec = behaving(n=600)
    chosen = EncodingParameters(rate=2.5, lags_s=(0.0, 0.4))
    whole, lazy = (_inputs(r, chosen) for r in (rec, rec.chunk({"time": 70})))
    assert lazy[1].chunks is None
    xr.testing.assert_identical(lazy[1], whole[1])
    assert list(lazy[0]) == list(whole[0])
    for name, features in whole[0].items():
        xr.testing.assert_identical(lazy[0][name].compute(), features)


def test_a_recording_too_large_for_its_rate_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("neurokit.signal.in_memory.MOST_BYTES", 100)
    with pytest.raises(OptionError, match=r"rate: leaves signals .* Hz or less"):
        _inputs(behaving().chunk({"time": 30}), EncodingParameters())
