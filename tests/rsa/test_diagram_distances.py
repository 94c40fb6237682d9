"""Bottleneck and Wasserstein distances: every pairing by hand, metric axioms, stability, peers."""

import warnings
from itertools import permutations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.rsa.diagram_core import bottleneck, wasserstein

seeds = st.integers(0, 10**6)


def _diagram(rng, n, *, ties=False):
    birth = rng.integers(0, 4, n) * 1.0 if ties else rng.random(n)
    length = rng.integers(1, 4, n) * 0.5 if ties else rng.random(n)
    return np.c_[birth, birth + length].reshape(n, 2)


def _every_pairing(a, b):
    """Costs of all pairings of the bars of both, each bar also with the diagonal."""
    n, m = len(a), len(b)
    for order in permutations(range(n + m)):
        costs = []
        for left, right in enumerate(order):
            if left < n and right < m:
                costs.append(np.abs(a[left] - b[right]).max())
            elif left < n:
                costs.append((a[left, 1] - a[left, 0]) / 2)
            elif right < m:
                costs.append((b[right, 1] - b[right, 0]) / 2)
        yield np.array(costs)


@given(seeds, st.integers(0, 3), st.integers(0, 3), st.booleans())
def test_distances_are_the_best_of_all_pairings(seed, n, m, ties):
    rng = np.random.default_rng(seed)
    a, b = _diagram(rng, n, ties=ties), _diagram(rng, m, ties=ties)
    costs = list(_every_pairing(a, b))
    assert bottleneck(a, b) == min(c.max(initial=0.0) for c in costs)
    for order in (1.0, 2.0, 3.5):
        expected = min((c**order).sum() for c in costs) ** (1 / order)
        assert wasserstein(a, b, order) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@given(seeds, st.sampled_from([np.inf, 1.0, 2.0]))
def test_both_are_metrics(seed, order):
    rng = np.random.default_rng(seed)
    a, b, c = (_diagram(rng, n) for n in rng.integers(0, 10, 3))

    def distance(x, y):
        return bottleneck(x, y) if order == np.inf else wasserstein(x, y, order)

    assert distance(a, a[::-1]) == 0
    ab = distance(a, b)
    assert distance(b, a) == pytest.approx(ab, rel=1e-12)
    assert ab <= distance(a, c) + distance(c, b) + 1e-12


@given(seeds, st.integers(1, 30))
def test_the_bottleneck_is_the_limit_of_wasserstein(seed, n):
    rng = np.random.default_rng(seed)
    a, b = _diagram(rng, n), _diagram(rng, n)
    low = bottleneck(a, b)
    high = wasserstein(a, b, 400.0)
    assert low <= high * (1 + 1e-9)
    # (sum of at most 2n costs, each at most the bottleneck)^(1/q)
    assert high <= low * (2 * n) ** (1 / 400) * (1 + 1e-9)


@given(seeds, st.floats(0.0, 0.3))
def test_diagrams_move_no_more_than_distances_do(seed, size):
    rng = np.random.default_rng(seed)
    row = rng.random(45) + 0.3
    moved = row + size * rng.uniform(-1, 1, 45)
    one, two = (nk.rsa.persistence(r, 0) for r in (row, moved))
    bound = np.abs(row - moved).max()
    assert float(nk.rsa.bottleneck_distance(one, two, 0)) <= bound + 1e-12


@given(seeds, st.floats(0.0, 0.3))
def test_loops_move_no_more_than_distances_do(seed, size):
    pytest.importorskip("ripser")
    rng = np.random.default_rng(seed)
    row = rng.random(45) + 0.3
    moved = row + size * rng.uniform(-1, 1, 45)
    one, two = (nk.rsa.persistence(r) for r in (row, moved))
    bound = np.abs(row - moved).max()
    assert float(nk.rsa.bottleneck_distance(one, two, 1)) <= bound + 1e-12


@pytest.mark.parametrize("n", [5, 40, 120])
def test_persim_agrees(n):
    persim = pytest.importorskip("persim")
    rng = np.random.default_rng(n)
    a, b = _diagram(rng, n), _diagram(rng, n // 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert bottleneck(a, b) == pytest.approx(persim.bottleneck(a, b), rel=1e-6)


def test_two_bars_that_want_one_partner():
    # Both bars of a lie nearest to the one of b; one of them must go to the diagonal.
    a = np.array([[0.0, 4.0], [0.2, 4.2]])
    b = np.array([[0.1, 4.1]])
    assert bottleneck(a, b) == 2.0
    assert wasserstein(a, b, 1) == pytest.approx(2.1)


def test_a_bar_may_give_way_to_another():
    # The greedy pair (0, 10)-(0, 11) would leave (0, 13) to the diagonal.
    a = np.array([[0.0, 10.0], [0.0, 13.0]])
    b = np.array([[0.0, 11.0], [0.0, 8.0]])
    assert bottleneck(a, b) == 2.0


def test_short_bars_do_not_count_in_the_bottleneck():
    a = np.array([[0.0, 5.0]])
    born = np.linspace(0, 1, 50)
    many = np.vstack([[0.0, 5.25], np.c_[born, born + 0.4]])
    assert bottleneck(a, many) == 0.25
    assert wasserstein(a, many, 1) == pytest.approx(0.25 + 50 * 0.2)


def test_bars_that_never_die_are_paired_among_themselves():
    a = np.array([[0.0, np.inf], [1.0, np.inf], [0.0, 0.2]])
    b = np.array([[3.0, np.inf], [0.5, np.inf]])
    assert bottleneck(a, b) == 2.0
    assert wasserstein(a, b, 2) == pytest.approx(np.sqrt(0.25 + 4.0 + 0.01))
    assert bottleneck(a, b[:1]) == np.inf
    assert wasserstein(a, b[:1], 1) == np.inf


def test_nothing_is_at_distance_zero_from_nothing():
    none = np.empty((0, 2))
    assert bottleneck(none, none) == 0
    assert wasserstein(none, none, 2) == 0
    assert float(nk.rsa.bottleneck_distance([], [[0.0, 3.0]])) == 1.5


def test_huge_and_tiny_costs_keep_their_digits():
    a = np.array([[0.0, 3.0]])
    for scale in (1e-120, 1e120):
        found = wasserstein(a * scale, a[:0], 10.0) / scale
        assert found == pytest.approx(1.5, rel=1e-12)


def test_every_diagram_meets_every_other():
    rng = np.random.default_rng(0)
    rdms = xr.DataArray(rng.random((3, 15)), {"subject": list("abc")}, ["subject", "pair"])
    movie = xr.DataArray(rng.random((3, 2, 15)), dims=["subject", "time", "pair"])
    one, two = nk.rsa.persistence(rdms, 0), nk.rsa.persistence(movie, 0)
    found = nk.rsa.bottleneck_distance(one, two, 0)
    assert found.dims == ("subject", "subject_2", "time")
    assert found.name == "bottleneck"
    for i in range(3):
        alone = nk.rsa.persistence(rdms[i], 0)
        for j, k in ((0, 1), (2, 0)):
            other = nk.rsa.persistence(movie[j, k], 0)
            assert float(found[i, j, k]) == float(nk.rsa.bottleneck_distance(alone, other, 0))
    itself = nk.rsa.wasserstein_distance(one, one, 0)
    assert itself.subject_2.values.tolist() == list("abc")
    assert (np.diag(itself.values) == 0).all()


def test_a_degree_without_bars_is_an_empty_diagram():
    pytest.importorskip("ripser")
    line = nk.rsa.persistence(pdist(np.arange(5.0)[:, None]))
    ring = nk.rsa.persistence([1.0, 2**0.5, 1.0, 1.0, 2**0.5, 1.0])
    assert float(nk.rsa.bottleneck_distance(line, ring)) == pytest.approx((2**0.5 - 1) / 2)


def test_mistakes_are_named():
    bars = nk.rsa.persistence(np.ones(3), 0)
    with pytest.raises(OptionError, match="degrees 0 to 0, not 1"):
        nk.rsa.bottleneck_distance(bars, bars)
    with pytest.raises(SchemaError, match="b: has shape"):
        nk.rsa.bottleneck_distance(bars, [[1.0, 0.5]], 0)
    for wrong in ([1.0, 2.0], [[np.nan, 1.0]], [[0.0, np.nan]], [[0.0, 1.0, 2.0]], "a"):
        with pytest.raises(SchemaError, match="a: has shape"):
            nk.rsa.wasserstein_distance(wrong, bars, 0)
    with pytest.raises(SchemaError, match="no diagram"):
        nk.rsa.bottleneck_distance(xr.Dataset(), bars, 0)
    for wrong in (0.5, np.inf, np.nan, "a"):
        with pytest.raises(OptionError, match="order"):
            nk.rsa.wasserstein_distance(bars, bars, 0, order=wrong)
