"""Comparisons and tests of encoding by hand: refits, block means, all flips, invariances."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr
from scipy.stats import false_discovery_control
from sklearn.linear_model import Lasso, LinearRegression, Ridge

from neurokit.encoding import compare, significance
from neurokit.stats import BlockedCV

# Some records below are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:.*independent blocks", "ignore:.*p is unreliable")


def data(n=200, t=4, seed=0):
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=(2, n, 3))
    return x, z, x @ rng.normal(size=(3, t)) + 2 * rng.normal(size=(n, t))


def held_out(model, x, y, folds):
    out = np.zeros_like(y)
    for train, test in folds:
        out[test] = model.fit(x[train], y[train]).predict(x[test])
    return out


FOLDS = list(BlockedCV(5).split(np.zeros(200)))


def test_p_is_the_share_of_all_flips_of_block_means():
    # 10 blocks have 1024 flips; draws of them come as near as a binomial does.
    x, z, y = data()
    y = 0.3 * y + np.random.default_rng(4).normal(size=y.shape) * 3
    found = compare(
        Ridge(),
        Ridge(),
        (x, z),
        y,
        cv=FOLDS,
        blocks=20,
        n_flips=20_000,
        refit=False,
        random_state=0,
    )
    gain = (y - held_out(Ridge(), z, y, FOLDS)) ** 2 - (y - held_out(Ridge(), x, y, FOLDS)) ** 2
    blocks = gain.reshape(10, 20, 4).mean(axis=1)
    signs = np.array(list(itertools.product([-1, 1], repeat=10)))
    null = signs @ blocks / 10
    expected = np.mean(null >= blocks.mean(axis=0) - 1e-12, axis=0)
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(found.p, expected, atol=0.015)
    np.testing.assert_allclose(found.difference, gain.mean(axis=0) / y.var(axis=0), rtol=1e-9)
    assert found.attrs["n_blocks"] == 10


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_models_in_the_other_order_answer_the_opposite_question(alternative):
    x, z, y = data()
    opposite = {"greater": "less", "less": "greater"}.get(alternative, alternative)
    a, b = Ridge(alpha=1.0), Lasso(alpha=0.1)
    one = compare(a, b, (x, z), y, alternative=alternative, random_state=3, n_flips=199)
    other = compare(b, a, (z, x), y, alternative=opposite, random_state=3, n_flips=199)
    np.testing.assert_allclose(other.difference, -one.difference, rtol=1e-12)
    np.testing.assert_array_equal(other.p, one.p)
    np.testing.assert_array_equal(other.r2.values[::-1], one.r2.values)


def test_q_is_benjamini_and_hochbergs():
    x, z, y = data(t=12)
    found = compare(Ridge(), Ridge(), (x, z), y, random_state=0, n_flips=199)
    np.testing.assert_allclose(found.q, false_discovery_control(found.p.values), rtol=1e-12)
    tested = significance(x, y, n_draws=49, random_state=0)
    np.testing.assert_allclose(tested.q, false_discovery_control(tested.p.values), rtol=1e-12)


def test_models_are_fitted_anew_and_left_alone():
    x, z, y = data()
    model, other = Ridge().fit(z, y), LinearRegression()
    before = model.coef_.copy()
    copies = x.copy(), y.copy()
    compare(model, other, x, y, random_state=0, n_flips=19)
    np.testing.assert_array_equal(model.coef_, before)
    assert not hasattr(other, "coef_")
    np.testing.assert_array_equal(x, copies[0])
    np.testing.assert_array_equal(y, copies[1])


def test_units_and_offsets_of_targets_change_no_comparison():
    x, z, y = data()
    plain, moved = (
        compare(LinearRegression(), Ridge(), (x, z), v, random_state=0, n_flips=199)
        for v in (y, 1e-6 * y + 5.0)
    )
    np.testing.assert_allclose(moved.r2, plain.r2, rtol=1e-6)
    np.testing.assert_allclose(moved.difference, plain.difference, rtol=1e-5)
    np.testing.assert_array_equal(moved.p, plain.p)


def test_a_target_of_one_dim_less_is_one_target():
    x, z, y = data()
    flat = compare(Ridge(), Ridge(), (x, z), y[:, 0], random_state=0, n_flips=99)
    column = compare(Ridge(), Ridge(), (x, z), y[:, :1], random_state=0, n_flips=99)
    assert flat.p.ndim == 0
    assert float(flat.p) == float(column.p[0])
    tested = significance(x, y[:, 0], n_draws=19, random_state=0)
    assert float(tested.p) == float(significance(x, y[:, :1], n_draws=19, random_state=0).p[0])
    assert float(flat.difference) == pytest.approx(float(column.difference[0]))


def test_errors_are_means_over_the_samples_that_were_tested():
    x, z, y = data()
    folds = [(np.arange(100), np.arange(100, 200))]
    found = compare(Ridge(), Ridge(), (x, z), y, cv=folds, random_state=0, n_flips=99)
    p = Ridge().fit(x[:100], y[:100]).predict(x[100:])
    expected = 1 - np.mean((y[100:] - p) ** 2, axis=0) / y[100:].var(axis=0)
    np.testing.assert_allclose(found.r2.sel(model="a"), expected, rtol=1e-9)


def test_a_mean_for_a_prediction_has_an_r2_of_about_zero():
    x, z, y = data()
    found = compare(Ridge(alpha=1e12), Ridge(alpha=1e12), (x, z), y, random_state=0, n_flips=99)
    assert np.all(np.abs(found.r2) < 0.05)
    assert np.abs(found.difference).max() < 1e-6


def test_shifts_of_targets_that_are_features_leave_none_as_good():
    x, _, _ = data()
    found = significance(x, x, n_draws=39, random_state=0)
    np.testing.assert_array_equal(found.p, 1 / 40)
    np.testing.assert_allclose(found.score, 1.0, atol=1e-3)


def test_p_of_shifts_counts_the_draws_that_are_kept():
    x, _, y = data(t=6)
    y[:, 3:] = np.random.default_rng(5).normal(size=(200, 3))
    found = significance(x, y, n_draws=59, keep_null=True, random_state=0)
    draws = found.null.transpose(..., "target").values.reshape(-1, 6)
    assert draws.shape[0] in (59, 60)
    above = (draws[-59:] >= found.score.values - 1e-12).sum(axis=0)
    np.testing.assert_allclose(found.p, (1 + above) / 60, atol=1 / 60 + 1e-12)


def test_the_family_of_all_targets_has_one_q():
    x, _, y = data(t=5)
    found = significance(x, y, family="target", n_draws=39, random_state=0)
    assert found.q.ndim == 0
    assert float(found.q) == pytest.approx(float(found.p_fwe.min()))
    assert np.all(found.p_fwe >= found.p)


@pytest.mark.parametrize("method", ["circular_shift", "sign_flip"])
def test_a_constant_target_is_never_called_encoded(method):
    x, _, y = data()
    y[:, 2] = 3.0
    found = significance(x, y, method=method, n_draws=39, random_state=0)
    assert float(found.p[2]) == 1.0
    assert float(found.p[0]) == 1 / 40


@pytest.mark.parametrize("method", ["circular_shift", "sign_flip"])
def test_labels_of_targets_are_those_of_results(method):
    x, _, y = data()
    array = xr.DataArray(
        y.reshape(200, 2, 2),
        dims=("event", "electrode", "lag"),
        coords={"electrode": ["A", "B"], "lag": [0.1, 0.2], "side": ("electrode", ["l", "r"])},
    )
    found = significance(x, array, method=method, n_draws=19, random_state=0)
    for name in ("score", "p", "q"):
        assert found[name].dims == ("electrode", "lag")
        assert found[name].side.values.tolist() == ["l", "r"]
    flat = significance(x, y, method=method, n_draws=19, random_state=0)
    np.testing.assert_allclose(found.p.values.ravel(), flat.p, atol=1e-12)
    turned = significance(x, array.transpose("lag", "event", "electrode"), method=method,
                          n_draws=19, random_state=0)  # fmt: skip
    np.testing.assert_allclose(turned.p.transpose("electrode", "lag"), found.p, atol=1e-12)
