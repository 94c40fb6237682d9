"""Two models on the same held-out samples."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.linear_model import LinearRegression, Ridge

from neurokit.encoding import RidgeEncoder, compare
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.schema import time_coordinate


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 600, 3))
    y = np.column_stack([a[:, 0], b[:, 0], a[:, 0] + b[:, 0]]) + rng.normal(size=(600, 3))
    return a, b, y


@pytest.mark.filterwarnings("ignore:RidgeEncoder")  # targets without a signal are at the edge
def test_the_model_with_the_right_features_wins_and_no_other(data):
    a, b, y = data
    model = RidgeEncoder(alphas=(1.0, 100.0, 1e4), extend_alphas=False)
    found = compare(model, model, (a, b), y, n_flips=999, random_state=0)
    assert float(found.p[0]) <= 0.01
    assert float(found.p[1]) >= 0.9
    assert 0.02 < float(found.p[2]) < 0.98
    less = compare(model, model, (b, a), y, n_flips=999, alternative="less", random_state=0)
    assert float(less.p[0]) <= 0.01


def test_differences_and_r2_are_those_of_explicit_refits(data):
    a, _, y = data
    found = compare(Ridge(alpha=5.0), LinearRegression(), a, y, cv=4, random_state=0)
    predicted = {}
    for name, make in (("a", lambda: Ridge(alpha=5.0)), ("b", LinearRegression)):
        out = np.zeros_like(y)
        for k in range(4):
            test = np.arange(150 * k, 150 * (k + 1))
            train = np.setdiff1d(np.arange(600), test)
            out[test] = make().fit(a[train], y[train]).predict(a[test])
        predicted[name] = ((y - out) ** 2).mean(axis=0)
    np.testing.assert_allclose(found.r2.sel(model="a"), 1 - predicted["a"] / y.var(axis=0))
    # Means of blocks of nearly equal sizes.
    np.testing.assert_allclose(
        found.difference, (predicted["b"] - predicted["a"]) / y.var(axis=0), atol=1e-4
    )


def test_a_model_ties_with_itself(data):
    a, _, y = data
    found = compare(Ridge(), Ridge(), a, y, random_state=0)
    np.testing.assert_array_equal(found.difference, 0.0)
    np.testing.assert_array_equal(found.p, 1.0)


def test_labels_and_seconds_are_kept(data):
    a, b, y = data
    array = xr.DataArray(
        y,
        dims=("time", "channel"),
        coords={"time": time_coordinate(np.arange(600) / 10, 10.0), "channel": list("xyz")},
    )
    found = compare(Ridge(), Ridge(), (a, b), array, blocks=1.0, random_state=0)
    assert list(found["channel"].values) == ["x", "y", "z"]
    assert (found.attrs["block_length"], found.attrs["block_length_units"]) == (1.0, "s")


def test_what_cannot_be_compared_is_refused(data):
    a, b, y = data
    with pytest.raises(OptionError, match="model_a"):
        compare(3, Ridge(), a, y)
    with pytest.raises(OptionError, match="X_a, X_b"):
        compare(Ridge(), Ridge(), (a, b, a), y)
    with pytest.raises(LabelError, match="samples"):
        compare(Ridge(), Ridge(), a[:50], y)
    with pytest.raises(OptionError, match=r"refit: is 'yes'\. Give True, False or None"):
        compare(Ridge(), Ridge(), a, y, refit="yes")

    class One(Ridge):
        def predict(self, X):
            return super().predict(X)[:, :1]

    with pytest.raises(SchemaError, match="all targets"):
        compare(One(), Ridge(), a, y)


def test_r2_is_of_the_tested_part_of_the_record(data):
    a, b, y = data
    y = y.copy()
    n = len(y)
    # Ten times as loud where nothing is tested.
    y[n // 2 :] *= 10.0
    rows = np.arange(n)
    first, second = rows[: n // 4], rows[n // 4 : n // 2]
    found = compare(Ridge(), Ridge(), (a, b), y, cv=[(second, first), (first, second)], blocks=1)
    tested = rows[: n // 2]
    error = {}
    for key, x in (("a", a), ("b", b)):
        halves = [(second, first), (first, second)]
        parts = [Ridge().fit(x[train], y[train]).predict(x[test]) for train, test in halves]
        error[key] = np.mean((y[tested] - np.concatenate(parts)) ** 2, axis=0)
        expected = 1 - error[key] / y[tested].var(axis=0)
        np.testing.assert_allclose(found.r2.sel(model=key), expected, rtol=1e-12)
    gain = (error["b"] - error["a"]) / y[tested].var(axis=0)
    np.testing.assert_allclose(found.difference, gain, rtol=1e-10)
    assert found.attrs["n_blocks"] == n // 2
