"""Components are matched so that the total score is largest, whatever their order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from neurokit.connectome.matching import cosines, match


@given(n=st.integers(1, 5), m=st.integers(1, 5), seed=st.integers(0, 10_000))
def test_the_matching_is_the_best_of_all(n, m, seed):
    score = np.random.default_rng(seed).random((n, m))
    rows, columns = match(score)
    assert len(set(rows.tolist())) == len(set(columns.tolist())) == min(n, m)
    if n <= m:
        best = max(sum(score[k, p[k]] for k in range(n)) for p in permutations(range(m), n))
    else:
        best = max(sum(score[p[k], k] for k in range(m)) for p in permutations(range(n), m))
    np.testing.assert_allclose(score[rows, columns].sum(), best)


def test_cosines_agree_with_a_loop():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((3, 6)), rng.standard_normal((4, 6))
    for i in range(3):
        for j in range(4):
            expected = abs(sum(a[i] * b[j])) / np.sqrt(sum(a[i] ** 2) * sum(b[j] ** 2))
            np.testing.assert_allclose(cosines(a, b)[i, j], expected)


def test_cosines_do_not_depend_on_scale():
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 5)), rng.random((2, 5))
    np.testing.assert_allclose(cosines(1e6 * a, 1e-6 * b), cosines(a, b))


def test_entries_that_were_not_observed_in_one_count_in_neither():
    a = np.array([[1.0, 2.0, 50.0, 3.0]])
    b = np.array([[2.0, 4.0, np.nan, 6.0]])
    np.testing.assert_allclose(cosines(a, b), [[1.0]])


def test_an_empty_component_resembles_nothing():
    assert cosines(np.zeros((1, 3)), np.ones((1, 3))) == 0
