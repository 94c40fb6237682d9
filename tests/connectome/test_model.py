"""The estimator: labels in and out, missing entries, determinism, interruption, persistence."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import xarray as xr
from sklearn.base import clone

import neurokit as nk
from neurokit.connectome import NonNegativeCP
from neurokit.connectome import parallel as module
from neurokit.errors import (
    ConvergenceWarning,
    NeurokitWarning,
    NotFittedError,
    OptionError,
    SchemaError,
)
from neurokit.schema import as_history


@pytest.fixture(scope="module")
def tensor():
    recs = nk.simulate.worms(n_animals=3, n_neurons=16, random_state=0).recordings
    return nk.connectome.affinity(recs, bin_s=8.0)


@pytest.fixture(scope="module")
def fitted(tensor):
    return NonNegativeCP(3, n_restarts=4, random_state=0).fit(tensor)


def low_rank(shape=(8, 7, 6), rank=2, seed=0):
    rng = np.random.default_rng(seed)
    letters = "abcd"[: len(shape)]
    formula = ",".join(f"{x}r" for x in letters) + "->" + letters
    return np.einsum(formula, *(rng.random((n, rank)) for n in shape))


def test_factors_keep_the_labels_of_the_tensor(tensor, fitted):
    factors = fitted.factors_
    assert factors.pair_loading.dims == ("component", "pair")
    assert factors.time_course.dims == ("component", "time")
    assert factors.recording_loading.dims == ("component", "recording")
    for name in ("neuron", "partner", "time", "recording", "subject"):
        xr.testing.assert_identical(
            factors[name].drop_vars(factors[name].coords),
            tensor[name].drop_vars(tensor[name].coords),
        )
    assert (np.diff(factors.weight) <= 0).all()
    assert (factors.weight > 0).all()


def test_all_factors_are_non_negative_and_of_unit_norm(fitted):
    for name in ("pair_loading", "time_course", "recording_loading"):
        values = fitted.factors_[name]
        assert (values.fillna(0) >= 0).all()
        np.testing.assert_allclose((values.fillna(0) ** 2).sum(values.dims[1]), 1.0)


def test_pairs_never_recorded_together_are_nan(tensor, fitted):
    never = tensor.isnull().all(["time", "recording"])
    assert bool(never.any())
    np.testing.assert_array_equal(fitted.factors_.pair_loading.isnull().all("component"), never)
    np.testing.assert_array_equal(fitted.factors_.pair_loading.isnull().any("component"), never)


def test_the_error_is_that_of_the_reconstruction_on_observed_entries(tensor, fitted):
    model = fitted.reconstruct()
    assert model.dims == tensor.dims
    residual = (tensor - model).values.astype(float)
    expected = np.sqrt(np.nansum(residual**2) / np.nansum(tensor.values.astype(float) ** 2))
    assert fitted.error_ == pytest.approx(expected, rel=1e-6)
    assert isinstance(fitted.error_, float)
    # The trace comes from the expanded square, in float32 like the tensor.
    assert float(fitted.objective_trace_[-1]) == pytest.approx(fitted.error_**2, rel=1e-4)


def test_what_is_reported_belongs_together(fitted):
    assert fitted.n_iter_ == fitted.objective_trace_.size
    assert fitted.restart_errors_.sizes == {"restart": 4}
    best = int(np.argmin(fitted.restart_errors_.values))
    assert float(fitted.restart_similarity_[best]) == pytest.approx(1.0)
    assert float(fitted.restart_errors_[best]) == pytest.approx(fitted.error_, rel=1e-4)
    assert fitted.converged_


@pytest.mark.parametrize("shape", [(9, 8), (8, 7, 6), (5, 6, 4, 7)])
def test_two_to_four_modes_are_recovered(shape):
    truth = low_rank(shape)
    model = NonNegativeCP(2, n_restarts=3, max_iter=1000, tol=1e-7, random_state=0).fit(truth)
    assert model.error_ < 1e-3
    np.testing.assert_allclose(model.reconstruct(), truth, atol=0.02)
    assert list(model.factors_.data_vars)[:2] == ["axis_0_loading", "axis_1_loading"]


@pytest.mark.parametrize("n_jobs", [2, 3, -1])
def test_any_number_of_jobs_gives_the_same_bytes(tensor, fitted, n_jobs):
    other = NonNegativeCP(3, n_restarts=4, random_state=0, n_jobs=n_jobs).fit(tensor)
    xr.testing.assert_identical(other.factors_, fitted.factors_)
    assert other.error_ == fitted.error_
    xr.testing.assert_identical(other.restart_errors_, fitted.restart_errors_)


def test_a_seed_fixes_the_result_and_the_global_state_is_left_alone(tensor, fitted):
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    again = NonNegativeCP(3, n_restarts=4, random_state=np.random.default_rng(0)).fit(tensor)
    xr.testing.assert_identical(again.factors_, fitted.factors_)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    other = NonNegativeCP(3, n_restarts=4, random_state=1).fit(tensor)
    assert not np.array_equal(other.restart_errors_, fitted.restart_errors_)


def test_more_restarts_contain_the_fewer(tensor, fitted):
    fewer = NonNegativeCP(3, n_restarts=2, random_state=0).fit(tensor)
    # Columns of all starts share one product in float32, whose rounding depends on its width.
    np.testing.assert_allclose(fewer.restart_errors_, fitted.restart_errors_[:2], rtol=2e-6)
    assert fitted.error_ <= fewer.error_ * (1 + 2e-6)


def test_a_mask_is_the_same_as_nan(tensor):
    hidden = tensor.copy()
    hidden[:, :5] = np.nan
    mask = xr.DataArray(np.arange(tensor.sizes["time"]) >= 5, dims="time")
    one = NonNegativeCP(2, n_restarts=2, random_state=0).fit(hidden)
    other = NonNegativeCP(2, n_restarts=2, random_state=0).fit(tensor, mask)
    xr.testing.assert_equal(one.factors_, other.factors_)
    assert np.isnan(one.factors_.time_course.values[:, :5]).all()
    assert np.isfinite(one.factors_.time_course.values[:, 5:]).all()


def test_permuting_the_tensor_permutes_the_factors(tensor, fitted):
    order = np.random.default_rng(0).permutation(tensor.sizes["pair"])
    start = fitted.factors_
    turned = tensor.isel(pair=order).transpose("recording", "pair", "time")
    one = NonNegativeCP(3, tol=1e-8, max_iter=2000).fit(tensor, init=start)
    other = NonNegativeCP(3, tol=1e-8, max_iter=2000).fit(turned, init=start.isel(pair=order))
    back = other.factors_.isel(pair=np.argsort(order))
    np.testing.assert_allclose(back.pair_loading, one.factors_.pair_loading, atol=1e-4)
    np.testing.assert_allclose(back.weight, one.factors_.weight, rtol=1e-4)
    assert other.error_ == pytest.approx(one.error_, rel=1e-6)


def test_scaling_the_tensor_scales_only_the_weights(tensor, fitted):
    other = NonNegativeCP(3, n_restarts=4, random_state=0).fit(tensor * np.float32(2.0**-30))
    np.testing.assert_array_equal(other.factors_.time_course, fitted.factors_.time_course)
    np.testing.assert_allclose(other.factors_.weight * 2.0**30, fitted.factors_.weight)
    assert other.error_ == fitted.error_


def test_starting_from_a_fit_stays_there(tensor, fitted):
    again = NonNegativeCP(3).fit(tensor, init=fitted.factors_)
    assert again.n_iter_ <= 3
    assert again.restart_errors_.size == 1
    assert again.similarity(fitted) > 0.9999
    assert again.error_ <= fitted.error_ * (1 + 1e-6)


def test_starting_from_arrays_is_used_as_given():
    truth = low_rank()
    rng = np.random.default_rng(5)
    start = [rng.random((n, 2)) for n in truth.shape]
    copies = [factor.copy() for factor in start]
    one = NonNegativeCP(2, random_state=0).fit(truth, init=start)
    other = NonNegativeCP(2, random_state=1).fit(truth, init=start)
    xr.testing.assert_identical(one.factors_, other.factors_)
    for before, after in zip(copies, start, strict=True):
        np.testing.assert_array_equal(before, after)


def test_similarity_takes_a_fit_or_its_factors(tensor, fitted):
    other = NonNegativeCP(3, n_restarts=1, random_state=5).fit(tensor)
    assert fitted.similarity(other) == fitted.similarity(other.factors_)
    assert 0 < fitted.similarity(other) <= 1 + 1e-12


def test_a_single_recording_is_a_matrix():
    rec = nk.simulate.worms(n_animals=1, n_neurons=16, random_state=0).recordings["worm1"]
    matrix = nk.connectome.affinity(rec, bin_s=8.0)
    model = NonNegativeCP(3, n_restarts=2, random_state=0).fit(matrix)
    assert list(model.factors_.data_vars) == ["pair_loading", "time_course", "weight"]


def test_too_few_sweeps_are_warned_of(tensor):
    with pytest.warns(ConvergenceWarning, match="2 sweeps"):
        model = NonNegativeCP(3, n_restarts=1, max_iter=2, random_state=0).fit(tensor)
    assert not model.converged_
    assert np.isfinite(model.error_)


def test_empty_components_are_warned_of_and_have_weight_zero():
    with pytest.warns(NeurokitWarning, match="3 of 3 components are empty"):
        model = NonNegativeCP(3, random_state=0).fit(-low_rank())
    assert (model.factors_.weight == 0).all()
    # Two sums of the same squares, in different order.
    assert model.error_ == pytest.approx(1.0, abs=1e-12)


@pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")
def test_a_rank_above_that_of_the_data_still_fits():
    truth = low_rank((6, 5, 4), rank=1)
    model = NonNegativeCP(4, n_restarts=2, random_state=0, tol=1e-12).fit(truth)
    assert model.error_ < 1e-5
    assert np.isfinite(model.factors_.to_array()).any()


def test_an_interrupted_fit_keeps_its_best_and_raises(tensor, monkeypatch):
    def interrupt(items, **options):
        yield next(iter(items))
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "progress", interrupt)
    model = NonNegativeCP(3, n_restarts=6, tol=0.0, max_iter=100_000, random_state=0)
    # The first start must end by itself.
    model.set_params(max_iter=3)
    with pytest.raises(KeyboardInterrupt):
        model.fit(tensor)
    assert model.converged_ is False
    assert model.factors_.sizes["component"] == 3
    assert 1 <= model.restart_errors_.size <= 6
    assert np.isfinite(model.error_)
    assert as_history(xr.Dataset(attrs={"history": model.history_}))


def test_an_interruption_stops_starts_that_are_under_way(tensor, monkeypatch):
    running = threading.Event()
    original = module.solve

    def started(*args, **options):
        running.set()
        return original(*args, **options)

    def interrupt(items, **options):
        running.wait(30)
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(module, "solve", started)
    monkeypatch.setattr(module, "progress", interrupt)
    # With tol 0 and noise this start would go on for a very long time.
    model = NonNegativeCP(3, n_restarts=1, tol=0.0, max_iter=10**9, random_state=0)
    with pytest.raises(KeyboardInterrupt):
        model.fit(tensor)
    assert model.n_iter_ < 10**6
    assert model.converged_ is False


def test_an_error_in_a_start_reaches_the_user(tensor, monkeypatch):
    def broken(*args, **options):
        raise MemoryError("no room")

    monkeypatch.setattr(module, "solve", broken)
    with pytest.raises(MemoryError, match="no room"):
        NonNegativeCP(2, n_restarts=2, random_state=0).fit(tensor)


def test_a_fit_comes_back_from_its_file(fitted, tmp_path):
    for name in ("fit.nc", "fit.zarr"):
        back = NonNegativeCP.load(fitted.save(tmp_path / name))
        xr.testing.assert_equal(back.factors_, fitted.factors_)
        assert back.error_ == fitted.error_
        assert back.converged_ is True
        assert back.n_iter_ == fitted.n_iter_
        assert back.get_params() == fitted.get_params()
        assert back.history_ == fitted.history_
        assert back.similarity(fitted) == pytest.approx(1.0)


def test_the_history_says_what_was_fitted_on_what(fitted):
    steps = [
        step["function"] for step in as_history(xr.Dataset(attrs={"history": fitted.history_}))
    ]
    assert steps[-2:] == ["connectome.affinity", "neurokit.connectome.NonNegativeCP.fit"]


def test_the_repr_fits_a_screen_and_says_what_was_fitted(fitted):
    text = repr(fitted)
    assert "rank=3" in text
    assert "affinity" in text
    assert "error" in text
    assert len(text.splitlines()) < 25
    assert "not fitted" in repr(NonNegativeCP(2))


def test_parameters_are_left_alone_and_clones_are_unfitted(fitted):
    copy = clone(fitted)
    assert copy.get_params() == fitted.get_params()
    for call in (copy.reconstruct, copy.plot, copy.to_tree, lambda: copy.similarity(fitted)):
        with pytest.raises(NotFittedError):
            call()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"rank": 0}, "rank"),
        ({"rank": 2.5}, "rank"),
        ({"rank": True}, "rank"),
        ({"rank": 2, "n_restarts": 0}, "n_restarts"),
        ({"rank": 2, "max_iter": 0}, "max_iter"),
        ({"rank": 2, "tol": -1.0}, "tol"),
        ({"rank": 2, "tol": float("nan")}, "tol"),
        ({"rank": 2, "n_jobs": 0}, "n_jobs"),
        ({"rank": 2, "n_jobs": -2}, "n_jobs"),
    ],
)
def test_parameters_that_make_no_sense_are_refused_at_fit(options, said):
    with pytest.raises(OptionError, match=said):
        NonNegativeCP(**options).fit(low_rank())


@pytest.mark.parametrize("unseen", [False, True])
def test_a_tensor_of_zeros_gives_zero_factors_error_zero_and_a_warning(unseen):
    values = np.zeros((3, 4, 5))
    if unseen:
        values[1, :, 2] = np.nan
    with pytest.warns(NeurokitWarning, match="2 of 2 components are empty"):
        model = NonNegativeCP(2, n_restarts=3, random_state=0).fit(values)
    assert model.error_ == 0.0
    assert model.converged_
    assert (model.factors_.weight == 0).all()
    for name in ("axis_0_loading", "axis_1_loading", "axis_2_loading"):
        assert (model.factors_[name] == 0).all()
    np.testing.assert_array_equal(model.restart_errors_, 0.0)


def test_a_tensor_without_any_observation_is_refused():
    with pytest.raises(SchemaError, match="no observed entry"):
        NonNegativeCP(2).fit(np.full((3, 4, 5), np.nan))


def test_plot_gives_one_row_per_component_and_one_column_per_mode(fitted):
    import matplotlib.pyplot as plt

    axes = fitted.plot()
    assert axes.shape == (3, 3)
    plt.close("all")
