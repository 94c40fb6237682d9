"""Array cores of RDMs: each against its definition, one pair at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from neurokit.rsa import averaging, covariance, observation_pairs, poisson, rdm_core
from neurokit.rsa.crossnobis import (
    crossnobis,
    crossnobis_balanced,
    crossnobis_fold_noise,
    crossnobis_loop,
)

seeds = st.integers(0, 10**6)


def _rng(seed=0):
    return np.random.default_rng(seed)


def _covariance(p, seed=0):
    a = _rng(seed).standard_normal((3 * p, p))
    return a.T @ a / (3 * p)


@given(seeds, st.integers(2, 8), st.integers(1, 12))
def test_squared_euclidean_is_scipys(seed, n, p):
    x = _rng(seed).standard_normal((n, p))
    expected = pdist(x, "sqeuclidean") / p
    np.testing.assert_allclose(rdm_core.squared_euclidean(x), expected, atol=1e-12)


@given(seeds, st.integers(2, 8), st.integers(2, 12))
def test_cosine_and_correlation_are_scipys(seed, n, p):
    x = _rng(seed).standard_normal((n, p))
    found = rdm_core.cosine_distance(x, centre=False)
    np.testing.assert_allclose(found, pdist(x, "cosine"), atol=1e-10)
    found = rdm_core.cosine_distance(x, centre=True)
    np.testing.assert_allclose(found, pdist(x, "correlation"), atol=1e-10)


def test_equal_patterns_are_at_distance_zero_and_never_below():
    x = np.repeat(_rng().standard_normal((1, 50)) * 1e3, 4, axis=0)
    assert (rdm_core.squared_euclidean(x) == 0).all()
    found = rdm_core.cosine_distance(x, centre=True)
    assert (found >= 0).all()
    assert found.max() < 1e-14


@pytest.mark.parametrize("centre", [False, True])
def test_masked_forms_without_a_gap_are_the_plain_ones(centre):
    x = _rng().standard_normal((6, 9))
    np.testing.assert_allclose(
        rdm_core.masked_squared_euclidean(x), rdm_core.squared_euclidean(x), rtol=1e-12
    )
    np.testing.assert_allclose(
        rdm_core.masked_cosine_distance(x, centre=centre),
        rdm_core.cosine_distance(x, centre=centre),
        rtol=1e-10,
    )


def test_patterns_that_share_no_channel_have_no_distance():
    x = np.array([[1.0, 2.0, np.nan, np.nan], [np.nan, np.nan, 3.0, 1.0], [1.0, 0.0, 2.0, 5.0]])
    found = rdm_core.masked_squared_euclidean(x)
    assert np.isnan(found[0])
    assert np.isfinite(found[1:]).all()
    np.testing.assert_allclose(found[1], 2.0)
    assert np.isnan(rdm_core.masked_cosine_distance(x, centre=False)[0])


def test_whitened_products_are_those_of_the_inverse():
    x, c = _rng().standard_normal((2, 5, 7)), _covariance(7)
    y = rdm_core.whiten(x, c)
    np.testing.assert_allclose(y[0] @ y[1].T, x[0] @ np.linalg.inv(c) @ x[1].T, rtol=1e-9)
    diagonal = np.diag(c)
    np.testing.assert_allclose(rdm_core.whiten(x, diagonal), x / np.sqrt(diagonal))


@pytest.mark.parametrize("bad", [-np.eye(3), np.zeros((3, 3)), np.array([1.0, 0.0, 1.0])])
def test_what_is_no_covariance_is_refused(bad):
    with pytest.raises(np.linalg.LinAlgError):
        rdm_core.whiten(np.ones((2, 3)), bad)


@given(seeds)
def test_sums_and_means_of_groups(seed):
    rng = _rng(seed)
    x, group = rng.standard_normal((20, 3)), rng.integers(0, 6, 20)
    sums, counts = averaging.group_sums(x, group, 6)
    for g in range(6):
        np.testing.assert_allclose(sums[g], x[group == g].sum(axis=0), atol=1e-12)
        assert counts[g] == (group == g).sum()


def test_a_condition_without_observations_has_no_mean():
    x, group = np.ones((3, 2)), np.array([0, 0, 2])
    found = averaging.condition_means(x, group, 4)
    assert np.isnan(found[[1, 3]]).all()
    np.testing.assert_array_equal(found[[0, 2]], 1.0)


def test_means_of_what_was_seen():
    x = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, 7.0]])
    found = averaging.seen_condition_means(x, np.array([0, 0, 1]), 2)
    np.testing.assert_array_equal(found, [[2.0, np.nan], [5.0, 7.0]])


def test_fold_sums_are_by_fold_and_condition():
    rng = _rng()
    x, c, f = rng.standard_normal((30, 2)), rng.integers(0, 3, 30), rng.integers(0, 4, 30)
    sums, counts = averaging.fold_sums(x, c, f, 3, 4)
    for k in range(4):
        for i in range(3):
            held = (f == k) & (c == i)
            np.testing.assert_allclose(sums[k, i], x[held].sum(axis=0), atol=1e-12)
            assert counts[k, i] == held.sum()


@given(seeds, st.integers(2, 5))
def test_the_closed_form_of_crossnobis_is_the_loop(seed, m):
    means = _rng(seed).standard_normal((m, 6, 5))
    counts = np.ones((m, 6))
    np.testing.assert_allclose(
        crossnobis_balanced(means), crossnobis_loop(means, counts), rtol=1e-10, atol=1e-12
    )


def test_unequal_counts_take_the_loop():
    rng = _rng()
    counts = rng.integers(1, 4, (3, 5)).astype(float)
    sums = rng.standard_normal((3, 5, 4)) * counts[:, :, None]
    found = crossnobis(sums, counts)
    np.testing.assert_allclose(found, crossnobis_loop(sums, counts))
    balanced = crossnobis_balanced(sums / counts[:, :, None])
    assert np.abs(found - balanced).max() > 1e-3


def test_one_noise_for_all_folds_is_the_same_either_way():
    means, c = _rng().standard_normal((4, 5, 6)), _covariance(6)
    one = crossnobis(means, np.ones((4, 5)), c)
    many = crossnobis_fold_noise(means, [c] * 4)
    np.testing.assert_allclose(one, many, rtol=1e-10)


def test_noise_of_two_folds_is_averaged():
    means = _rng().standard_normal((2, 3, 4))
    a, b = _covariance(4, 1), _covariance(4, 2)
    found = crossnobis_fold_noise(means, [a, b])
    inverse = np.linalg.inv((a + b) / 2)
    d = means[:, 0] - means[:, 2]
    np.testing.assert_allclose(found[1], d[0] @ inverse @ d[1] / 4, rtol=1e-10)


def test_an_effect_is_found_whatever_the_noise():
    rng = _rng()
    pattern = rng.standard_normal((4, 50))
    means = pattern + 2.0 * rng.standard_normal((200, 4, 50))
    np.testing.assert_allclose(
        crossnobis_balanced(means), pdist(pattern, "sqeuclidean") / 50, rtol=0.1
    )


def test_poisson_divergence_is_its_definition():
    rates = _rng().random((4, 6)) + 0.1
    found = poisson.poisson(rates)
    k = 0
    for i in range(4):
        for j in range(i + 1, 4):
            step = (rates[i] - rates[j]) * np.log(rates[i] / rates[j])
            np.testing.assert_allclose(found[k], step.mean(), rtol=1e-10)
            k += 1
    assert (found >= 0).all()


def test_rates_are_drawn_towards_the_prior():
    np.testing.assert_allclose(poisson.shrink_rates(np.array([0.0, 1.0, 3.0]), 1.0, 0.5),
                               [1 / 3, 1.0, 7 / 3])  # fmt: skip


def test_cross_validated_poisson_of_noise_is_zero_on_average():
    rng = _rng()
    found = []
    for _ in range(60):
        counts = rng.poisson(5.0, (3, 4, 20)).astype(float)
        row = poisson.poisson_cross_validated(counts, np.ones((3, 4)), 1.0, 0.1)
        found.append(row.mean())
    assert abs(np.mean(found)) < 3 * np.std(found, ddof=1) / np.sqrt(60)
    # Without cross-validation noise alone makes a distance.
    assert poisson.poisson(counts[0] + 0.1).mean() > 0.1


@pytest.mark.parametrize("method", covariance.METHODS)
def test_covariances_are_symmetric_and_keep_variances(method):
    r = _rng().standard_normal((30, 6)) @ _rng(1).standard_normal((6, 6))
    r -= r.mean(axis=0)
    found = covariance.covariance(r, 29.0, method)
    np.testing.assert_allclose(found, found.T, rtol=1e-12)
    if method != "shrinkage_eye":
        np.testing.assert_allclose(np.diag(found), r.var(axis=0, ddof=1), rtol=1e-12)
    # Shrinking moves variance between channels and makes none.
    np.testing.assert_allclose(np.trace(found), r.var(axis=0, ddof=1).sum(), rtol=1e-10)


def test_ledoit_and_wolf_as_scikit_learn_has_it():
    from sklearn.covariance import ledoit_wolf

    r = _rng().standard_normal((25, 8)) * np.arange(1, 9)
    r -= r.mean(axis=0)
    expected, _ = ledoit_wolf(r, assume_centered=True)
    np.testing.assert_allclose(covariance.shrunk_to_identity(r, 25.0), expected, rtol=1e-10)


def test_shrinkage_grows_with_fewer_observations():
    truth = np.full((5, 5), 0.6) + 0.4 * np.eye(5)

    def correlation(n):
        r = _rng().multivariate_normal(np.zeros(5), truth, n)
        r -= r.mean(axis=0)
        c = covariance.shrunk_to_diagonal(r, n - 1.0)
        plain = r.T @ r / (n - 1.0)
        off = ~np.eye(5, dtype=bool)
        return c[off].sum() / plain[off].sum()

    assert correlation(8) < correlation(40) < correlation(400) < 1.0
    assert correlation(400) > 0.95


def test_a_channel_that_never_varies_keeps_variance_zero():
    r = _rng().standard_normal((20, 3))
    r[:, 1] = 0.0
    found = covariance.shrunk_to_diagonal(r, 19.0)
    assert np.isfinite(found).all()
    assert (found[1] == 0).all()


@pytest.mark.parametrize("kind", ["product", "correlation", "cosine", "poisson"])
def test_similarities_leave_missing_channels_out(kind):
    x = _rng().random((4, 7)) + 0.5
    x[0, 2] = x[1, 5] = x[1, 6] = np.nan
    total, count = observation_pairs.similarities(x, kind)
    for a in range(4):
        for b in range(4):
            held = np.isfinite(x[a]) & np.isfinite(x[b])
            u, v = x[a][held], x[b][held]
            assert count[a, b] == held.sum()
            expected = {
                "product": u @ v,
                "correlation": np.corrcoef(u, v)[0, 1] * held.sum() / 2,
                "cosine": u @ v / np.linalg.norm(u) / np.linalg.norm(v) * held.sum() / 2,
                "poisson": -((u - v) @ (np.log(u) - np.log(v))) / 2,
            }[kind]
            np.testing.assert_allclose(total[a, b], expected, atol=1e-10)


def test_without_folds_and_gaps_unbalanced_is_the_distance_of_means():
    rng = _rng()
    x, c = rng.standard_normal((12, 5)), np.repeat([0, 1, 2], [3, 4, 5])
    total, count = observation_pairs.similarities(x, "product")
    found = observation_pairs.unbalanced(total, count, c, None, 3, "number")
    means = averaging.condition_means(x, c, 3)
    np.testing.assert_allclose(found, rdm_core.squared_euclidean(means), rtol=1e-10)


def test_with_balanced_folds_unbalanced_is_crossnobis():
    rng = _rng()
    x = rng.standard_normal((3, 4, 6))
    c, f = np.tile(np.arange(4), 3), np.repeat(np.arange(3), 4)
    total, count = observation_pairs.similarities(x.reshape(12, 6), "product")
    found = observation_pairs.unbalanced(total, count, c, f, 4, "number")
    np.testing.assert_allclose(found, crossnobis_balanced(x), rtol=1e-10, atol=1e-12)
