"""Comparison of RDMs: formulas by brute force, labels, missing pairs, independence of rows."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.compare_core import MEASURES
from neurokit.rsa.kendall import concordance, dense_order
from neurokit.rsa.whitening import entry_covariance


def _sigma(n, seed=0):
    a = np.random.default_rng(seed).standard_normal((3 * n, n))
    return a.T @ a / (3 * n)


def _explicit_cosine(a, b, valid, sigma_k):
    inverse = np.linalg.inv(entry_covariance(valid, sigma_k))
    top = a @ inverse @ b.T
    norms = [np.sqrt(np.einsum("ij,jk,ik->i", x, inverse, x)) for x in (a, b)]
    return top / np.outer(*norms)


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("kind", ["none", "vector", "matrix"])
def test_whitened_measures_are_the_explicit_formula(make_rdms, kind, missing):
    n = 9
    a, b = make_rdms(3, n), make_rdms(2, n, seed=1)
    sigma = {"none": None, "vector": np.diag(_sigma(n)), "matrix": _sigma(n)}[kind]
    full = {"none": np.eye(n), "vector": np.diag(np.diag(_sigma(n))), "matrix": _sigma(n)}[kind]
    valid = np.ones(a.shape[1], dtype=bool)
    if missing:
        valid[[0, 5, 20]] = False
        a[:, ~valid] = np.nan
    found = nk.rsa.compare(a, b, "whitened_cosine", sigma_k=sigma).values
    expected = _explicit_cosine(a[:, valid], b[:, valid], valid, full)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    found = nk.rsa.compare(a, b, "whitened_pearson", sigma_k=sigma).values
    left, right = a[:, valid], b[:, valid]
    left, right = left - left.mean(1, keepdims=True), right - right.mean(1, keepdims=True)
    np.testing.assert_allclose(found, _explicit_cosine(left, right, valid, full), rtol=1e-9)


def test_whitened_cosine_is_linear_cka():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((12, 7)), rng.standard_normal((12, 5))
    x, y = x - x.mean(0), y - y.mean(0)
    cka = np.sum((x.T @ y) ** 2) / np.linalg.norm(x.T @ x) / np.linalg.norm(y.T @ y)
    rdms = [nk.rsa.rdm(z, "euclidean") for z in (x, y)]
    found = nk.rsa.compare(rdms[0], rdms[1], "whitened_cosine")
    np.testing.assert_allclose(float(found), cka, rtol=1e-10)


def test_whitened_measures_with_missing_pairs_of_many_conditions(make_rdms):
    a, b = make_rdms(1, 120), make_rdms(1, 120, seed=1)
    a[0, :50] = np.nan
    valid = np.isfinite(a[0])
    found = float(nk.rsa.compare(a[0], b[0], "whitened_cosine"))
    # The same by conjugate gradients on the sparse V, a way of its own.
    from scipy.sparse import csr_matrix, identity
    from scipy.sparse.linalg import cg

    i, j = (k[valid] for k in np.triu_indices(120, 1))
    rows = np.arange(valid.sum())
    incidence = csr_matrix((np.ones(2 * len(rows)), (np.r_[rows, rows], np.r_[i, j])))
    v = incidence @ incidence.T + 2 * identity(len(rows))
    x, y = a[0, valid], b[0, valid]
    vx, vy = (cg(v, z, rtol=1e-13)[0] for z in (x, y))
    np.testing.assert_allclose(found, x @ vy / np.sqrt((x @ vx) * (y @ vy)), rtol=1e-9)


@given(st.integers(0, 10**6), st.integers(2, 12), st.booleans())
def test_weighted_concordance_is_the_double_sum(seed, n, ties):
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 4 if ties else 10**6, (2, n)).astype(float)
    w = rng.integers(0, 4, n)
    order, rank = dense_order(a[None])
    _, rank_b = dense_order(b[None])
    scratch = np.zeros((2, n + 2), dtype=np.int32)
    found = concordance(order[0], rank[0], rank_b[0], w, *scratch)
    signs = np.sign(a[:, None] - a) * np.sign(b[:, None] - b) * np.outer(w, w)
    assert found == signs.sum() / 2


@pytest.mark.parametrize("method", ["spearman", "tau-b", "pearson"])
def test_classic_coefficients_are_scipys(make_rdms, method):
    a, b = make_rdms(2, 8, ties=True), make_rdms(2, 8, seed=1, ties=True)
    function = {"spearman": stats.spearmanr, "tau-b": stats.kendalltau, "pearson": stats.pearsonr}
    expected = [[function[method](x, y).statistic for y in b] for x in a]
    np.testing.assert_allclose(nk.rsa.compare(a, b, method).values, expected, rtol=1e-10)


@pytest.mark.parametrize("method", MEASURES)
def test_a_score_does_not_depend_on_its_neighbours(make_rdms, method):
    a, b = make_rdms(4, 9), make_rdms(3, 9, seed=1)
    square = nk.rsa.rdm_to_square(xr.DataArray(a, dims=["subject", "pair"])).values
    square[1, 4, :] = square[1, :, 4] = np.nan  # one condition missing in one RDM
    a[1] = square[1][np.triu_indices(9, 1)]
    together = nk.rsa.compare(a, b, method).values
    for i in range(4):
        for j in range(3):
            alone = nk.rsa.compare(a[i], b[j], method).values
            np.testing.assert_allclose(together[i, j], alone, rtol=1e-12)


@pytest.mark.parametrize("method", [*MEASURES, "partial", "regression", "nnls", "semipartial"])
def test_inputs_are_left_as_they_are(make_rdms, method):
    a, b = make_rdms(2, 7), make_rdms(3, 7, seed=1)
    before = a.tobytes(), b.tobytes()
    nk.rsa.compare(a, b, method)
    assert (a.tobytes(), b.tobytes()) == before


@pytest.mark.parametrize("method", [m for m in MEASURES if m != "bures_metric"])
def test_an_rdm_is_most_like_itself(make_rdms, method):
    a = make_rdms(3, 8)
    found = nk.rsa.compare(a, a, method)
    assert found.dims == ("item_0", "item_0_2")
    np.testing.assert_allclose(np.diag(found.values), 1.0, rtol=1e-10)
    np.testing.assert_allclose(found.values, found.values.T, rtol=1e-10)
    assert (found.values <= 1 + 1e-12).all()


@pytest.mark.parametrize("method", ["rho-a", "tau-a", "spearman", "tau-b"])
def test_ranks_do_not_notice_monotone_changes(make_rdms, method):
    a, b = make_rdms(2, 8), make_rdms(2, 8, seed=1)
    found = nk.rsa.compare(np.exp(3 * a), b, method)
    np.testing.assert_array_equal(found.values, nk.rsa.compare(a, b, method).values)


@pytest.mark.parametrize("method", ["cosine", "pearson", "spearman", "rho-a", "tau-a"])
def test_a_constant_rdm_tells_nothing(make_rdms, method):
    found = nk.rsa.compare(np.full(28, 0.1), make_rdms(1, 8), method).values
    assert np.isfinite(found).all()
    if method != "cosine":
        assert found[0] == 0


def test_rho_a_is_spearman_averaged_over_orders_of_ties(make_rdms):
    rng = np.random.default_rng(0)
    a, b = make_rdms(1, 5)[0], np.round(make_rdms(1, 5, seed=1)[0])
    draws = [stats.spearmanr(a, b + 1e-9 * rng.standard_normal(10)).statistic for _ in range(400)]
    found = float(nk.rsa.compare(a, b, "rho-a"))
    assert abs(found - np.mean(draws)) < 4 * np.std(draws) / np.sqrt(400)


def test_partial_correlation_is_that_of_residuals(make_rdms):
    target, models = make_rdms(1, 9)[0], make_rdms(3, 9, seed=1)
    found = nk.rsa.compare(target, models, "partial").values
    z = np.vstack([target, models])
    precision = np.linalg.inv(np.corrcoef(z))
    expected = -precision[0, 1:] / np.sqrt(precision[0, 0] * np.diag(precision)[1:])
    np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_semipartial_keeps_the_whole_target(make_rdms):
    target, models = make_rdms(1, 9)[0], make_rdms(2, 9, seed=1)
    found = nk.rsa.compare(target, models, "semipartial").values
    design = np.c_[np.ones(36), models[1]]
    left = models[0] - design @ np.linalg.lstsq(design, models[0], rcond=None)[0]
    np.testing.assert_allclose(found[0], stats.pearsonr(target, left).statistic, rtol=1e-8)


def test_regression_finds_the_weights(make_rdms):
    models = make_rdms(3, 9)
    target = 2.0 * models[0] + 0.5 * models[2] + 7.0
    found = nk.rsa.compare(target, models, "regression").values
    np.testing.assert_allclose(found, [2.0, 0.0, 0.5], atol=1e-10)
    found = nk.rsa.compare(target - 7.0, models, "nnls").values
    np.testing.assert_allclose(found, [2.0, 0.0, 0.5], atol=1e-10)


def test_a_redundant_predictor_has_no_partial_correlation(make_rdms):
    models = make_rdms(2, 9)
    models = np.vstack([models, models.sum(0)])
    assert np.isnan(nk.rsa.compare(make_rdms(1, 9, seed=3), models, "partial").values).all()


def _named(values, names, dim="subject"):
    first, second = np.triu_indices(len(names), 1)
    names = np.asarray(names)
    coords = {"condition_1": ("pair", names[first]), "condition_2": ("pair", names[second])}
    return xr.DataArray(values, coords, [dim, "pair"])


@pytest.mark.parametrize("method", ["cosine", "tau-a", "whitened_cosine"])
def test_conditions_are_matched_by_label(make_rdms, method):
    rows = _named(make_rdms(2, 5), list("abcde"))
    mixed = nk.rsa.select_conditions(rows, list("cebda"))
    found = nk.rsa.compare(mixed, rows, method).values
    np.testing.assert_allclose(found, nk.rsa.compare(rows, rows, method).values, rtol=1e-10)


def test_other_conditions_are_an_error_that_lists_them(make_rdms):
    one, two = _named(make_rdms(1, 4), list("abcd")), _named(make_rdms(1, 4), list("abce"))
    with pytest.raises(LabelError, match="only here: e.*only there: d"):
        nk.rsa.compare(one, two)
    with pytest.raises(LabelError, match="4 conditions against 3"):
        nk.rsa.compare(_named(make_rdms(1, 3), list("abc")), two)


def test_single_missing_pairs_have_no_gram_matrix(make_rdms):
    a = make_rdms(1, 6)
    a[0, 3] = np.nan
    with pytest.raises(SchemaError, match="whitened_cosine"):
        nk.rsa.compare(a, make_rdms(1, 6, seed=1), "bures")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "cosin"}, "cosine"),
        ({"method": "cosine", "sigma_k": np.eye(5)}, "not whitened"),
        ({"method": "whitened_cosine", "sigma_k": np.eye(4)}, r"\(4, 4\)"),
        ({"method": "whitened_cosine", "sigma_k": -np.eye(5)}, "positive definite"),
    ],
)
def test_mistakes_are_named(make_rdms, options, says):
    with pytest.raises(OptionError, match=says):
        nk.rsa.compare(make_rdms(1, 5), make_rdms(1, 5), **options)


def test_values_that_are_no_rdm_are_refused():
    with pytest.raises(OptionError, match="4 values"):
        nk.rsa.compare(np.ones(4), np.ones(4))
    with pytest.raises(SchemaError, match="number"):
        nk.rsa.compare(1.0, np.ones(3))
    with pytest.raises(SchemaError, match="dim pair"):
        nk.rsa.compare(xr.DataArray(np.ones(3), dims=["x"]), np.ones(3))


def test_square_and_condensed_are_one_and_the_same(make_rdms):
    rows = _named(make_rdms(2, 5), list("abcde"))
    back = nk.rsa.rdm_from_square(nk.rsa.rdm_to_square(rows))
    np.testing.assert_array_equal(back.values, rows.values)
    assert back.condition_2.values.tolist() == rows.condition_2.values.tolist()
    with pytest.raises(SchemaError, match="symmetric"):
        nk.rsa.rdm_from_square([[0, 1], [2, 0]])
    with pytest.raises(SchemaError, match="shape"):
        nk.rsa.rdm_from_square([[0, 1, 2]])


@pytest.mark.parametrize("method", sorted(MEASURES))
def test_one_pair_is_no_comparison(method):
    assert np.isnan(float(nk.rsa.compare([1.0], [2.0], method)))


@pytest.mark.parametrize("method", ["cosine", "pearson", "whitened_cosine", "whitened_pearson"])
@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_distances_of_any_size_are_compared(make_rdms, method, scale):
    rows = make_rdms(3)
    plain = nk.rsa.compare(rows, rows, method).values
    np.testing.assert_allclose(nk.rsa.compare(scale * rows, rows, method).values, plain, rtol=1e-12)
