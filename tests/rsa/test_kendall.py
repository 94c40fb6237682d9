"""Kendall's tau: the double sum, weights as repeated entries, ties of every kind, scipy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from neurokit.rsa.kendall import concordance, dense_order, tau, tied_weight

entries = st.lists(st.integers(-3, 3), min_size=2, max_size=12)


def _s(a, b, weight):
    (order, rank), (_, other) = dense_order(a[None]), dense_order(b[None])
    scratch = [np.zeros(len(a) + 2, dtype=np.int32) for _ in range(2)]
    return concordance(order[0], rank[0], other[0], np.asarray(weight, np.int64), *scratch)


@given(entries, st.integers(0, 10**6))
def test_a_weight_is_an_entry_said_that_often(values, seed):
    rng = np.random.default_rng(seed)
    a, b = np.array(values, float), rng.integers(-2, 3, len(values)).astype(float)
    weight = rng.integers(0, 4, len(values))
    said = [np.repeat(x, weight) for x in (a, b)]
    expected = _s(*said, np.ones(weight.sum())) if weight.sum() else 0
    assert _s(a, b, weight) == expected


@given(entries, st.integers(0, 10**6))
def test_concordance_is_symmetric_and_turns_sign_with_one_side(values, seed):
    a = np.array(values, float)
    b = np.random.default_rng(seed).permutation(a)
    weight = np.random.default_rng(seed).integers(1, 5, len(a))
    found = _s(a, b, weight)
    assert _s(b, a, weight) == found
    assert _s(-a, b, weight) == -found
    assert _s(-a, -b, weight) == found


@given(entries)
def test_ties_and_concordance_with_itself_make_up_all_pairs(values):
    a = np.array(values, float)
    order, rank = dense_order(a[None])
    one = np.ones(len(a), dtype=np.int64)
    tied = tied_weight(order[0], rank[0], one)
    counts = np.unique(a, return_counts=True)[1]
    assert tied == (counts * (counts - 1) // 2).sum()
    assert tied + _s(a, a, one) == len(a) * (len(a) - 1) // 2


def test_tied_weight_counts_products_of_weights():
    order, rank = dense_order(np.array([[1.0, 1.0, 2.0, 1.0]]))
    # Of the entries at 1, with weights 2, 3 and 5: 2*3 + 2*5 + 3*5.
    assert tied_weight(order[0], rank[0], np.array([2, 3, 7, 5])) == 31.0
    assert tied_weight(order[0], rank[0], np.array([2, 0, 7, 0])) == 0.0


@given(entries)
def test_dense_ranks_order_the_values(values):
    a = np.array([values], float)
    order, rank = dense_order(a)
    assert (np.diff(a[0][order[0]]) >= 0).all()
    np.testing.assert_array_equal(rank[0], np.unique(a, return_inverse=True)[1].reshape(-1) + 1)


def test_zero_is_zero_whatever_its_sign_and_infinity_is_largest():
    a = np.array([[0.0, -0.0, np.inf, -np.inf, 1.0]])
    assert dense_order(a)[1].tolist() == [[2, 2, 4, 1, 3]]


@pytest.mark.parametrize("n", [3, 66, 1225])
@pytest.mark.parametrize("digits", [0, 1, 8])
def test_tau_b_is_scipys_with_many_and_few_ties(n, digits):
    rng = np.random.default_rng(n)
    a, b = (np.round(rng.standard_normal((k, n)), digits) for k in (2, 3))
    a[:, :2] = [0, 1]  # no row is constant
    b[:, :2] = [1, 0]
    found = tau(a, b, "tau-b")
    expected = [[kendalltau(x, y).statistic for y in b] for x in a]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


def test_ties_keep_tau_a_away_from_one():
    a = np.array([[1.0, 1.0, 2.0]])
    assert tau(a, a, "tau-a").item() == pytest.approx(2 / 3)
    assert tau(a, a, "tau-b").item() == pytest.approx(1.0)


def test_one_order_and_its_reverse():
    a = np.arange(20.0)[None]
    assert tau(a, a**3, "tau-a").item() == 1.0
    assert tau(a, -a, "tau-a").item() == -1.0


def test_a_constant_side_has_no_tau_b_and_spoils_no_other():
    a, b = np.array([[1.0, 1.0, 1.0], [1.0, 2.0, 3.0]]), np.array([[1.0, 2.0, 3.0]])
    found = tau(a, b, "tau-b")
    assert np.isnan(found[0, 0])
    assert found[1, 0] == 1.0
    assert tau(a, b, "tau-a")[0, 0] == 0.0
