"""Coordinate steps and the care of factors: exact, optimal, and without effect on the model."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import nnls

from neurokit.connectome.hals import balance, clear, descend, revive
from neurokit.connectome.tensor import observe


def dense(factors):
    letters = "abcd"[: len(factors)]
    return np.einsum(",".join(f"{x}r" for x in letters) + "->" + letters, *factors)


@given(seed=st.integers(0, 10_000), rank=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_many_coordinate_sweeps_solve_non_negative_least_squares(seed, rank):
    rng = np.random.default_rng(seed)
    basis = rng.random((12, rank))
    target = rng.standard_normal((5, 12)) + 0.3
    rows = rng.random((5, rank))
    descend(rows, target @ basis, (basis.T @ basis)[None], 20_000)
    for row, goal in zip(rows, target, strict=True):
        np.testing.assert_allclose(row, nnls(basis, goal)[0], atol=1e-6)


def test_a_coordinate_that_nothing_depends_on_becomes_zero():
    rows = np.array([[0.7, 0.3]])
    grams = np.array([[[2.0, 0.0], [0.0, 0.0]]])
    descend(rows, np.array([[4.0, 0.0]]), grams, 3)
    np.testing.assert_array_equal(rows, [[2.0, 0.0]])


def test_balancing_changes_neither_model_nor_zeros():
    rng = np.random.default_rng(0)
    factors = [rng.random((n, 3)) * 10.0**k for n, k in ((4, 3), (5, -2), (6, 0))]
    factors[1][:, 2] = 0.0
    before = dense(factors)
    balance(factors)
    np.testing.assert_allclose(dense(factors), before)
    norms = np.array([np.linalg.norm(factor, axis=0) for factor in factors])
    np.testing.assert_allclose(norms, norms[:1].repeat(3, axis=0))
    assert (norms[:, 2] == 0).all()


def test_reviving_an_empty_component_leaves_the_model_as_it_is():
    rng = np.random.default_rng(0)
    factors = [rng.random((n, 2)) for n in (4, 5, 6)]
    factors[0][:, 1] = 0.0
    balance(factors)
    before = dense(factors)
    draws = [rng.random(factor.shape) for factor in factors]
    assert revive(factors, draws, 1)
    np.testing.assert_allclose(dense(factors), before)
    assert sum(factor[:, 1].any() for factor in factors) == 2
    assert not revive([factor[:, :1] for factor in factors], draws, 1)


def test_clearing_keeps_the_model_of_observed_entries():
    rng = np.random.default_rng(0)
    mask = rng.random((6, 5, 4)) < 0.6
    values = np.where(mask, rng.random((6, 5, 4)), np.nan)
    mask[2] = False
    values[2] = np.nan
    data = observe(values)
    factors = [np.random.default_rng(n).random((n, 2)) for n in data.shape]
    before = data.unsort([factor.copy() for factor in factors])
    clear(data, factors)
    after = data.unsort(factors)
    np.testing.assert_allclose(dense(after)[mask], dense(before)[mask])
    assert (after[0][2] == 0).all()
    assert (after[0][[0, 1, 3, 4, 5]] > 0).all()
