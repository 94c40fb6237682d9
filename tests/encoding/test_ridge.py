"""RidgeEncoder: labels, folds, edges, determinism, saving, hostile input."""

from __future__ import annotations

import dask.array as da
import numpy as np
import pytest
import ridge_oracle
import xarray as xr
import zarr
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import neurokit as nk
from neurokit.encoding import RidgeEncoder
from neurokit.errors import (
    LabelError,
    NeurokitWarning,
    NotFittedError,
    OptionError,
    SchemaError,
    TimeError,
)
from neurokit.schema import as_history, regular_time, time_coordinate
from neurokit.stats import BlockedCV

ALPHAS = (0.1, 1.0, 10.0, 100.0, 1000.0)


def fixed(**options):
    return RidgeEncoder(ALPHAS, extend_alphas=False, **options)


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 12))
    y = x @ rng.standard_normal((12, 6)) + 5 * rng.standard_normal((200, 6))
    return x, y


@pytest.fixture
def labelled(arrays):
    x, y = arrays
    time = time_coordinate(regular_time(200, 10.0), 10.0)
    features = xr.DataArray(
        x, dims=("time", "feature"), coords={"time": time, "feature": [f"f{i}" for i in range(12)]}
    )
    targets = xr.DataArray(
        y.reshape(200, 2, 3),
        dims=("time", "channel", "lag"),
        coords={"time": time, "channel": ["A1", "A2"], "lag": [0.0, 0.1, 0.2]},
    )
    return features, targets.assign_coords(region=("channel", ["V1", "IT"]))


def test_coordinates_are_kept_in_weights_scores_and_predictions(labelled):
    x, y = labelled
    model = fixed().fit(x, y)
    assert model.coef_.dims == ("feature", "channel", "lag")
    for fitted in (model.coef_, model.scores_, model.best_alpha_, model.intercept_):
        assert fitted.channel.values.tolist() == ["A1", "A2"]
        assert fitted.region.values.tolist() == ["V1", "IT"]
        np.testing.assert_array_equal(fitted.lag, [0.0, 0.1, 0.2])
    assert model.coef_.feature.values.tolist() == x.feature.values.tolist()
    assert model.scores_.r2.dims == ("alpha", "channel", "lag")
    np.testing.assert_array_equal(model.scores_.alpha, ALPHAS)
    predicted = model.predict(x)
    assert predicted.dims == y.dims
    xr.testing.assert_equal(predicted.time, x.time)
    assert model.scores_.attrs["over"] == "mean over folds"
    assert model.n_folds_ == 5


def test_numbers_are_those_of_explicit_refits(arrays):
    x, y = arrays
    model = fixed(cv=BlockedCV(4, gap=3)).fit(x, y)
    folds = list(BlockedCV(4, gap=3).split(x))
    expected = ridge_oracle.fold_scores(x, y, ALPHAS, folds)
    for name in ("r", "r2", "mse"):
        np.testing.assert_allclose(model.scores_[name], expected[name], atol=1e-10)
    coef, intercept = ridge_oracle.coefficients(x, y[:, :1], float(model.best_alpha_[0]))
    np.testing.assert_allclose(model.coef_[:, 0], coef[:, 0], atol=1e-10)
    np.testing.assert_allclose(model.predict(x)[:, 0], x @ coef[:, 0] + intercept, atol=1e-9)


def test_labelled_and_plain_data_give_the_same_numbers(arrays, labelled):
    plain, with_labels = fixed().fit(*arrays), fixed().fit(*labelled)
    np.testing.assert_array_equal(plain.coef_.values.reshape(12, 2, 3), with_labels.coef_)
    np.testing.assert_array_equal(plain.scores_.r2.values.reshape(5, 2, 3), with_labels.scores_.r2)


def test_a_gap_in_seconds_is_measured_on_the_clock(labelled):
    x, y = labelled
    timed = fixed(cv=BlockedCV(4, gap=0.5)).fit(x, y)
    rows = fixed(cv=BlockedCV(4, gap=5)).fit(x.values, y.values.reshape(200, 6))
    np.testing.assert_allclose(timed.scores_.r2.values.reshape(5, 6), rows.scores_.r2)


def test_one_target_gives_one_dim_less(arrays):
    x, y = arrays
    model = fixed().fit(x, y[:, 0])
    assert model.coef_.dims == ("feature",)
    assert model.best_alpha_.ndim == 0
    assert model.predict(x).shape == (200,)
    assert model.scores_.r2.dims == ("alpha",)


def test_scores_of_new_data(arrays):
    x, y = arrays
    model = fixed().fit(x[:150], y[:150])
    p, truth = model.predict(x[150:]), y[150:]
    scores = model.score_targets(x[150:], truth)
    np.testing.assert_allclose(scores.r2, ridge_oracle.r_squared(p, truth), atol=1e-10)
    np.testing.assert_allclose(scores.r, ridge_oracle.correlation(p, truth), atol=1e-10)
    assert model.score(x[150:], truth) == pytest.approx(float(scores.r2.mean()))


def test_several_recordings_are_fitted_together_and_predicted_apart(labelled):
    x, y = labelled
    both = fixed(cv=4).fit([x[:100], x[100:]], [y[:100], y[100:]])
    assert both.coef_.dims == ("feature", "channel", "lag")
    one, two = both.predict([x[:100], x[100:]])
    np.testing.assert_allclose(xr.concat([one, two], "time"), both.predict(x))
    named = both.predict({"a": x[:100]})
    xr.testing.assert_identical(named["a"], one)


def test_edges_are_extended_and_said(arrays):
    x, y = arrays
    model = RidgeEncoder((1e-4, 1e-3))
    with pytest.warns(
        NeurokitWarning, match=r"6 of 6 targets were best at the edge .* extended to"
    ):
        model.fit(x, y)
    assert float(model.scores_.alpha.max()) > 1.0
    assert np.all(model.best_alpha_ > 1e-3)


def test_without_extension_the_edge_is_said_too(arrays):
    with pytest.warns(NeurokitWarning, match="best at the edge of alphas .* see at_edge_"):
        model = RidgeEncoder((1e-4, 1e-3), extend_alphas=False).fit(*arrays)
    np.testing.assert_array_equal(model.at_edge_, 1)
    assert float(model.scores_.alpha.max()) == 1e-3


def test_a_grid_that_is_wide_enough_is_silent(arrays):
    model = fixed().fit(*arrays)  # a warning would be an error here
    np.testing.assert_array_equal(model.at_edge_, 0)


@pytest.mark.parametrize("kind", ["dask", "zarr", "xarray of dask"])
def test_targets_on_disk_give_the_same_numbers(arrays, kind):
    x, y = arrays
    held = {
        "dask": lambda: da.from_array(y, chunks=(50, 2)),
        "zarr": lambda: zarr.array(y, chunks=(64, 4)),
        "xarray of dask": lambda: xr.DataArray(y, dims=("time", "channel")).chunk(time=30),
    }[kind]()
    features = xr.DataArray(x, dims=("time", "feature")) if kind.startswith("xarray") else x
    model = fixed(max_bytes=3000).fit(features, held)
    expected = fixed().fit(x, y)
    np.testing.assert_allclose(model.coef_, expected.coef_, atol=1e-12)
    np.testing.assert_allclose(model.scores_.r2, expected.scores_.r2, atol=1e-12)


def test_float32_data_take_mixed_precision(arrays):
    x, y = (part.astype(np.float32) for part in arrays)
    mixed = fixed().fit(x, y)
    double = fixed(precision="double").fit(x, y)
    assert np.any(mixed.scores_.r2.values != double.scores_.r2.values)
    np.testing.assert_allclose(mixed.scores_.r2, double.scores_.r2, atol=1e-6)
    np.testing.assert_array_equal(mixed.best_alpha_, double.best_alpha_)
    np.testing.assert_array_equal(mixed.coef_, double.coef_)  # weights are float64 always


def test_torch_gives_the_same_numbers(arrays):
    pytest.importorskip("torch")
    ours, theirs = fixed().fit(*arrays), fixed(backend="torch").fit(*arrays)
    np.testing.assert_allclose(theirs.scores_.r2, ours.scores_.r2, atol=1e-12)
    np.testing.assert_allclose(theirs.coef_, ours.coef_, atol=1e-10)


@pytest.mark.parametrize("n_jobs", [2, -1])
def test_same_bytes_for_any_number_of_workers(arrays, n_jobs):
    one, other = fixed().fit(*arrays), fixed(n_jobs=n_jobs).fit(*arrays)
    assert one.coef_.values.tobytes() == other.coef_.values.tobytes()
    assert one.scores_.r.values.tobytes() == other.scores_.r.values.tobytes()


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_saving_and_loading_gives_the_same_fit(labelled, tmp_path, suffix):
    x, y = labelled
    model = fixed(cv=BlockedCV(4, gap=0.3)).fit(x, y)
    loaded = RidgeEncoder.load(model.save(tmp_path / f"ridge{suffix}"))
    xr.testing.assert_identical(loaded.coef_, model.coef_)
    xr.testing.assert_identical(loaded.scores_, model.scores_)
    xr.testing.assert_identical(loaded.best_alpha_, model.best_alpha_)
    xr.testing.assert_identical(loaded.predict(x), model.predict(x))
    assert repr(loaded.cv) == repr(model.cv)
    assert list(loaded.alphas) == list(ALPHAS)
    xr.testing.assert_identical(clone(loaded).fit(x, y).coef_, model.coef_)


@pytest.mark.filterwarnings("ignore:RidgeEncoder")
def test_history_says_what_was_fitted(labelled):
    x, y = labelled
    smooth = nk.signal.smooth(y[:, :, 0], seconds=0.2)
    model = fixed().fit(x, smooth)
    steps = [step["function"] for step in as_history(xr.Dataset(attrs={"history": model.history_}))]
    assert steps[-2:] == ["signal.smooth", "neurokit.encoding.RidgeEncoder.fit"]
    assert "coef_" in repr(model)


def test_it_fits_into_pipelines_and_searches(arrays):
    x, y = arrays
    pipe = make_pipeline(StandardScaler(), fixed())
    assert pipe.fit(x, y).score(x, y) > 0.2
    search = GridSearchCV(fixed(), {"standardize": [False, True]}, cv=BlockedCV(3)).fit(x, y)
    assert search.best_score_ > 0.1
    assert clone(fixed(metric="r")).metric == "r"


def test_columns_of_a_data_frame_are_remembered(arrays):
    import pandas as pd

    x, y = arrays
    frame = pd.DataFrame(x, columns=[f"c{i}" for i in range(12)])
    model = fixed().fit(frame, y)
    assert model.feature_names_in_.tolist() == list(frame.columns)
    with pytest.raises(ValueError, match="feature names"):
        model.predict(frame.rename(columns={"c0": "other"}))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "r3"}, "metric"),
        ({"precision": "float16"}, "precision"),
        ({"backend": "jax"}, "backend"),
        ({"alphas": (0.0,)}, "alphas"),
        ({"cv": "kfold"}, "cv"),
        ({"max_bytes": -1}, "max_bytes"),
        ({"n_jobs": 0}, "n_jobs"),
    ],
)
def test_wrong_options_are_refused_when_fitting(arrays, options, message):
    with pytest.raises(OptionError, match=message):
        RidgeEncoder(**options).fit(*arrays)


def test_before_fit_there_is_nothing(arrays):
    for call in (lambda: fixed().predict(arrays[0]), lambda: fixed().score(*arrays), fixed().plot):
        with pytest.raises(NotFittedError, match="Call fit"):
            call()


def test_other_features_than_those_of_the_fit_are_refused(labelled):
    x, y = labelled
    model = fixed().fit(x, y)
    with pytest.raises(LabelError, match="other labels along 'feature'"):
        model.predict(x.assign_coords(feature=[f"g{i}" for i in range(12)]))
    with pytest.raises(LabelError, match="dims"):
        model.predict(x.rename(feature="voxel"))
    with pytest.raises(SchemaError, match="X has 5 features"):
        model.predict(x.values[:, :5])


def test_nan_in_targets_is_refused_with_advice(arrays):
    x, y = arrays
    y[3, 2] = np.nan
    with pytest.raises(SchemaError, match="Y: holds NaN"):
        fixed().fit(x, y)


def test_a_gap_in_seconds_on_trials_is_no_nonsense(labelled):
    x, y = labelled
    late = y.assign_coords(
        time=time_coordinate(np.sort(np.random.default_rng(0).random(200)), None)
    )
    with pytest.raises(LabelError, match="nk.signal.resample"):
        fixed(cv=BlockedCV(4, gap=0.5)).fit(x, late)
    broken = time_coordinate(np.r_[np.nan, regular_time(199, 10.0)], 10.0)
    with pytest.raises(TimeError):
        fixed(cv=BlockedCV(4, gap=0.5)).fit(
            x.assign_coords(time=broken), y.assign_coords(time=broken)
        )


def test_the_score_over_alpha_is_drawn(arrays):
    ax = fixed().fit(*arrays).plot()
    assert ax.get_xscale() == "log"
    assert len(ax.lines) == 12  # a path and a point per target
