"""Convergent learning: planted common units, chance, the lasso by its conditions and by sklearn."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.convergent_core import mixing, spectral_clusters
from neurokit.rsa.lasso import lasso_path

seeds = st.integers(0, 10**6)


def _responses(n=60, p=8, seed=0):
    return np.random.default_rng(seed).standard_normal((n, p))


# --- the lasso -------------------------------------------------------------------------------


def _problem(seed, n=30, p=6):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)) @ (np.eye(p) + 0.5 * rng.standard_normal((p, p)))
    y = x @ np.where(rng.random(p) < 0.5, rng.standard_normal(p), 0) + rng.standard_normal(n)
    return x, y


@settings(max_examples=30)
@given(seeds, st.floats(0.01, 1.0))
def test_the_lasso_meets_its_optimality_conditions(seed, share):
    x, y = _problem(seed)
    gram, c = x.T @ x / 30, x.T @ y / 30
    penalty = share * np.abs(c).max()
    w = lasso_path(gram, c, np.array([penalty]), 1e-12, 20_000)[0]
    slope = c - gram @ w
    used = w != 0
    np.testing.assert_allclose(slope[used], penalty * np.sign(w[used]), atol=1e-7)
    assert (np.abs(slope[~used]) <= penalty + 1e-7).all()


def test_the_lasso_is_sklearns():
    from sklearn.linear_model import Lasso

    for seed in range(5):
        x, y = _problem(seed)
        gram, c = x.T @ x / 30, x.T @ y / 30
        path = np.abs(c).max() * np.array([0.9, 0.3, 0.05])
        found = lasso_path(gram, c, path, 1e-12, 20_000)
        for penalty, w in zip(path, found, strict=True):
            theirs = Lasso(penalty, fit_intercept=False, tol=1e-12, max_iter=100_000).fit(x, y)
            np.testing.assert_allclose(w, theirs.coef_, atol=1e-6)


def test_orthogonal_predictors_are_shrunk_by_the_penalty():
    c = np.array([2.0, -1.0, 0.3])
    found = lasso_path(np.eye(3), c, np.array([2.0, 0.5, 0.0]), 1e-12, 100)
    np.testing.assert_allclose(found, [[0, 0, 0], [1.5, -0.5, 0], [2, -1, 0.3]])


def test_a_predictor_without_variance_is_never_used():
    gram = np.diag([1.0, 0.0])
    assert lasso_path(gram, np.array([1.0, 0.0]), np.array([0.1]), 1e-9, 50)[0].tolist() == [0.9, 0]
    assert not lasso_path(gram, np.zeros(2), np.array([0.0]), 1e-9, 50).any()


# --- sparse prediction -----------------------------------------------------------------------


def test_as_many_predictors_are_found_as_were_planted():
    x = _responses(200, 20)
    rng = np.random.default_rng(1)
    y = np.stack([x[:, :k].sum(axis=1) for k in (1, 2, 4)], axis=1)
    y += 0.1 * rng.standard_normal(y.shape)
    found = nk.rsa.sparse_prediction(x, y, random_state=0)
    enough = (found.r2 > 0.9 * found.r2.max("share")).values.argmax(axis=0)
    # Shrinkage alone cannot bring in others: the fewest with 90 % of the best are the planted.
    assert found.n_predictors.values[enough, [0, 1, 2]].tolist() == [1, 2, 4]
    one = found.one_to_one_r2.values
    # One of k equal, independent parts explains 1 / k.
    np.testing.assert_allclose(one, [1, 1 / 2, 1 / 4], atol=0.12)
    assert (found.r2.max("share").values > 0.98).all()


def test_independent_networks_predict_nothing():
    found = nk.rsa.sparse_prediction(_responses(100, 10), _responses(100, 6, 1), random_state=0)
    assert float(found.r2.max()) < 0.1
    # All conditions but a tenth of noise: overfitting shows as less than nothing.
    assert float(found.r2.isel(share=-1).mean()) < 0


def test_the_largest_penalty_predicts_the_training_mean():
    found = nk.rsa.sparse_prediction(_responses(), _responses(seed=1), shares=[1.0], random_state=0)
    np.testing.assert_allclose(found.r2.values, 0.0, atol=1e-12)
    assert not found.n_predictors.values.any()


def test_more_penalty_leaves_fewer_predictors_whatever_the_order_of_shares():
    x, y = _responses(), _responses(seed=1)
    y[:, 0] = x[:, 0] + x[:, 3]
    shares = [0.01, 1.0, 0.1, 0.5]
    mixed = nk.rsa.sparse_prediction(x, y, shares=shares, random_state=0)
    down = nk.rsa.sparse_prediction(x, y, shares=sorted(shares)[::-1], random_state=0)
    xr.testing.assert_equal(mixed.sel(share=down.share), down)
    assert (np.diff(down.n_predictors.mean("unit")) >= 0).all()


def test_units_of_measurement_do_not_count():
    x, y = _responses(), _responses(seed=1)
    y[:, 0] = x[:, 0]
    one = nk.rsa.sparse_prediction(x, y, random_state=0)
    two = nk.rsa.sparse_prediction(x * 1e-200 + 5e-200, y * 1e200 - 1e200, random_state=0)
    np.testing.assert_allclose(one.r2, two.r2, atol=1e-5)


def test_dead_units_predict_nothing_and_have_no_score():
    x, y = _responses(), _responses(seed=1)
    y[:, 1] = x[:, 2]
    whole = nk.rsa.sparse_prediction(x, y, random_state=0)
    x_dead, y_dead = np.c_[x, np.full(60, 0.1)], np.c_[y, np.full(60, 0.1)]
    found = nk.rsa.sparse_prediction(x_dead, y_dead, random_state=0)
    np.testing.assert_allclose(found.r2.values[:, :8], whole.r2.values, atol=1e-9)
    assert np.isnan(found.r2.values[:, 8]).all()


def test_a_unit_left_without_a_partner_has_no_single_score():
    found = nk.rsa.sparse_prediction(_responses(60, 3), _responses(60, 5, 1), random_state=0)
    assert np.isnan(found.one_to_one_r2.values).sum() >= 2
    assert np.isfinite(found.r2.values).all()


def test_a_unit_that_varies_in_one_fold_only_breaks_nothing():
    x, y = _responses(20, 3), _responses(20, 2, 1)
    x[1:, 0] = 2.0
    y[1:, 1] = 3.0
    found = nk.rsa.sparse_prediction(x, y, random_state=0)
    assert np.isfinite(found.r2.values).all()


# --- matching curves -------------------------------------------------------------------------


def test_common_units_stand_out_of_the_curve():
    rng = np.random.default_rng(0)
    x, y = _responses(200, 20), _responses(200, 20, 1)
    y[:, rng.permutation(20)[:6]] = x[:, :6] + 0.1 * rng.standard_normal((200, 6))
    found = nk.rsa.matching_curves(x, y, random_state=0)
    one = found.correlation.sel(how="one-to-one").values
    assert (one[:6] > 0.97).all()
    assert (np.abs(one[6:]) < 0.35).all()
    assert found.p_value.values.tolist() == [1 / 21, 1 / 21]
    assert float(found.chance.max()) < 0.3


@pytest.mark.parametrize("how", ["one-to-one", "best"])
def test_held_out_correlations_of_independent_networks_are_zero_and_plain_ones_are_not(how):
    held, plain = (
        [
            float(
                nk.rsa.matching_curves(
                    _responses(40, 15, s),
                    _responses(40, 15, 1000 + s),
                    held_out=h,
                    n_permutations=1,
                    random_state=s,
                )["mean"].sel(how=how)
            )
            for s in range(20)
        ]
        for h in (True, False)
    )
    # 20 means of 15 correlations of 20 conditions each: the standard error is about .013.
    assert abs(np.mean(held)) < 0.05
    # The largest of 15 correlations of 40 conditions is about 1.7 / sqrt(40) = .27; less where
    # partners must differ.
    assert np.mean(plain) > 0.2


def test_p_values_of_independent_networks_are_spread_evenly():
    p = [
        nk.rsa.matching_curves(
            _responses(30, 6, s), _responses(30, 6, 500 + s), n_permutations=9, random_state=s
        ).p_value.values[0]
        for s in range(60)
    ]
    # The mean of 60 uniform values on .1, .2, ... 1 is .55 +- .037.
    assert abs(np.mean(p) - 0.55) < 0.12


def test_best_partners_are_at_least_as_good_as_different_ones():
    x, y = _responses(60, 10), _responses(60, 10, 1)
    y[:, 1] = y[:, 0]
    found = nk.rsa.matching_curves(x, y, held_out=False, n_permutations=1, random_state=0)
    mean = found["mean"]
    assert mean.sel(how="best") > mean.sel(how="one-to-one")
    assert (np.diff(found.correlation.values, axis=1) <= 0).all()


def test_plain_curves_are_those_of_match_units():
    x, y = _responses(60, 10), _responses(60, 7, 1)
    found = nk.rsa.matching_curves(x, y, held_out=False, n_permutations=1, random_state=0)
    for how in ("one-to-one", "best"):
        expected = nk.rsa.match_units(x, y, how).correlation.values
        np.testing.assert_allclose(found.correlation.sel(how=how), -np.sort(-expected))
    assert np.isnan(found.correlation.sel(how="one-to-one").values[7:]).all()


# --- clusters --------------------------------------------------------------------------------


def _families(n=100, sizes=(3, 4, 5), seed=0, noise=0.3):
    """Units in families that share one response each."""
    rng = np.random.default_rng(seed)
    family = np.repeat(np.arange(len(sizes)), sizes)
    shared = np.random.default_rng(99).standard_normal((n, len(sizes)))
    return shared[:, family] + noise * rng.standard_normal((n, len(family))), family


def test_families_of_two_networks_are_found_and_mixed():
    (x, one), (y, two) = _families(seed=1), _families(sizes=(6, 2, 4), seed=2)
    found = nk.rsa.cluster_units(x, y, 3, random_state=0)
    np.testing.assert_array_equal(found.cluster_x, one)
    np.testing.assert_array_equal(found.cluster_y, two)
    assert found.n_units.values.tolist() == [[3, 6], [4, 2], [5, 4]]
    assert float(found.mixing) == pytest.approx((3 + 2 + 4) / 12)
    # Three clusters for six unrelated families must join some of both systems, too.
    assert found.chance.mean() < found.mixing
    assert float(found.p_value) < 0.15


def test_networks_of_other_families_do_not_mix():
    x, _ = _families(seed=1)
    rng = np.random.default_rng(5)
    y = rng.standard_normal((100, 3))[:, np.repeat([0, 1, 2], 4)] + 0.3 * _responses(100, 12, 6)
    found = nk.rsa.cluster_units(x, y, 6, random_state=0)
    assert float(found.mixing) == 0
    assert found.n_units.values.min(axis=1).tolist() == [0] * 6


def test_the_sign_of_a_unit_does_not_count():
    (x, one), (y, _) = _families(seed=1), _families(seed=2)
    y[:, ::2] *= -1
    found = nk.rsa.cluster_units(x, y, 3, n_permutations=0, random_state=0)
    np.testing.assert_array_equal(found.cluster_y, one)
    assert float(found.mixing) == 1
    assert float(found.p_value) == 1


def test_dead_units_are_in_no_cluster():
    (x, _), (y, _) = _families(seed=1), _families(seed=2)
    x[:, 0] = 0.1
    found = nk.rsa.cluster_units(x, y, 3, n_permutations=2, random_state=0)
    assert found.cluster_x.values[0] == -1
    assert int(found.n_units.sum()) == 23


@pytest.mark.parametrize("seed", range(4))
def test_clusters_do_not_depend_on_the_order_of_units(seed):
    (x, _), (y, _) = _families(seed=1), _families(seed=2)
    units = np.hstack([x - x.mean(0), y - y.mean(0)])
    order = np.random.default_rng(seed).permutation(24)
    one, two = (spectral_clusters(u, 3, np.random.default_rng(0)) for u in (units, units[:, order]))
    same = one[order][:, None] == one[order]
    np.testing.assert_array_equal(two[:, None] == two, same)


def test_mixing_by_hand():
    assert mixing(np.array([0, 0, 1, 1, 0, 1]), 4) == 1.0
    assert mixing(np.array([0, 0, 1, 1]), 2) == 0.0
    assert mixing(np.array([0, 1, -1, 0, 0]), 3) == 0.5
    assert mixing(np.array([-1, -1]), 1) == 0.0


# --- all -------------------------------------------------------------------------------------

CALLS = [
    ("matching_curves", {"n_permutations": 3}),
    ("sparse_prediction", {"shares": [0.5, 0.1]}),
    ("cluster_units", {"n_clusters": 3, "n_permutations": 2}),
]


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_a_seed_gives_the_same_bytes_and_inputs_stay(name, options):
    x, y = _responses(40, 6), _responses(40, 5, 1)
    before = x.tobytes(), y.tobytes()
    one, two = (getattr(nk.rsa, name)(x, y, random_state=3, **options) for _ in range(2))
    xr.testing.assert_identical(one, two)
    given_rng = getattr(nk.rsa, name)(x, y, random_state=np.random.default_rng(3), **options)
    xr.testing.assert_identical(one, given_rng)
    assert (x.tobytes(), y.tobytes()) == before


@pytest.mark.parametrize(("name", "options"), CALLS)
def test_what_does_not_fit_is_named(name, options):
    function = getattr(nk.rsa, name)
    x = _responses(40, 6)
    with pytest.raises(LabelError, match="40 conditions against 39"):
        function(x, x[:39], **options)
    with pytest.raises(OptionError, match="2 conditions"):
        function(x[:2], x[:2], **options)
    hole = x.copy()
    hole[0, 0] = np.nan
    with pytest.raises(SchemaError, match="x: need one finite"):
        function(hole, x, **options)


def test_options_are_named():
    x = _responses(40, 6)
    for wrong in ([0.0], [2.0], [np.nan], [[0.1]], ["a"], []):
        with pytest.raises(OptionError, match="shares"):
            nk.rsa.sparse_prediction(x, x, shares=wrong)
    for wrong in (1, 2.5, True):
        with pytest.raises(OptionError, match="n_splits"):
            nk.rsa.sparse_prediction(x, x, n_splits=wrong)
        with pytest.raises(OptionError, match="n_clusters"):
            nk.rsa.cluster_units(x, x, wrong)
    with pytest.raises(OptionError, match="12 units vary"):
        nk.rsa.cluster_units(x, x, 13)
    with pytest.raises(OptionError, match="n_permutations"):
        nk.rsa.matching_curves(x, x, n_permutations=0)
