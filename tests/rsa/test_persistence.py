"""Persistent homology: shapes with known topology, matrix reduction by hand, ripser, scipy."""

import sys
from itertools import combinations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist, squareform

import neurokit as nk
from neurokit.errors import DependencyError, OptionError, SchemaError
from neurokit.rsa import persistence_core
from neurokit.rsa.pair_index import square

pytest.importorskip("ripser")

seeds = st.integers(0, 10**6)


def _bars(diagrams, degree):
    """(birth, death) of the bars of one degree, longest first."""
    held = diagrams.isel(bar=(diagrams.degree == degree).values)
    return np.c_[held.birth.values, held.death.values]


def _circle(n, radius=1.0, centre=(0.0, 0.0)):
    t = 2 * np.pi * np.arange(n) / n
    return radius * np.c_[np.cos(t), np.sin(t)] + centre


def _sphere(n):
    """Points spread evenly (golden spiral)."""
    k = np.arange(n) + 0.5
    height, angle = 1 - 2 * k / n, np.pi * (1 + 5**0.5) * k
    radius = np.sqrt(1 - height**2)
    return np.c_[radius * np.cos(angle), radius * np.sin(angle), height]


def _reduced(matrix, max_degree):
    """Bars by reducing the boundary matrix of every simplex over Z/2, column by column."""
    n = len(matrix)
    simplices = [
        (max((matrix[i, j] for i, j in combinations(s, 2)), default=0.0), len(s) - 1, s)
        for size in range(1, max_degree + 3)
        for s in combinations(range(n), size)
    ]
    simplices = sorted(s for s in simplices if np.isfinite(s[0]))
    place = {s: k for k, (_, _, s) in enumerate(simplices)}
    columns, owner, bars, dead = {}, {}, [[] for _ in range(max_degree + 1)], set()
    for k, (value, degree, s) in enumerate(simplices):
        faces = combinations(s, len(s) - 1) if degree else ()
        column = {place[f] for f in faces}
        while column and max(column) in owner:
            column ^= columns[owner[max(column)]]
        if column:
            low = max(column)
            owner[low], columns[k] = k, column
            dead |= {low, k}
            birth, born_degree, _ = simplices[low]
            if value > birth and born_degree <= max_degree:
                bars[born_degree].append((birth, value))
    for k, (value, degree, _) in enumerate(simplices):
        if k not in dead and degree <= max_degree:
            bars[degree].append((value, np.inf))
    return [np.array(sorted(b)).reshape(-1, 2) for b in bars]


@given(seeds, st.integers(3, 6), st.booleans())
def test_bars_are_those_of_the_reduced_boundary_matrix(seed, n, ties):
    rng = np.random.default_rng(seed)
    row = rng.integers(0, 5, n * (n - 1) // 2) * 0.5 if ties else rng.random(n * (n - 1) // 2)
    row = np.where(rng.random(row.size) < 0.15, np.nan, row)
    matrix = square(np.where(np.isnan(row), np.inf, row))
    found = nk.rsa.persistence(row, 2)
    for degree, expected in enumerate(_reduced(matrix, 2)):
        ours = _bars(found, degree)
        np.testing.assert_array_equal(ours[np.lexsort(ours.T[::-1])], expected)


@pytest.mark.parametrize("n", [6, 7, 12, 20, 31])
def test_a_regular_polygon_is_one_loop_that_dies_at_its_widest_triangle(n):
    bars = _bars(nk.rsa.persistence(pdist(_circle(n))), 1)
    side, third = (2 * np.sin(np.pi * k / n) for k in (1, int(np.ceil(n / 3))))
    np.testing.assert_allclose(bars, [[side, third]], rtol=1e-12)


def test_two_circles_are_two_loops_and_two_components():
    points = np.r_[_circle(20), _circle(20, 0.5, (5.0, 0.0))]
    found = nk.rsa.persistence(pdist(points))
    np.testing.assert_allclose(
        _bars(found, 1),
        [
            [2 * np.sin(np.pi / 20), 2 * np.sin(np.pi * 7 / 20)],
            [np.sin(np.pi / 20), np.sin(np.pi * 7 / 20)],
        ],
    )
    # The gap between the circles is 5 - 1 - .5.
    assert _bars(found, 0)[1, 1] == pytest.approx(3.5)


@pytest.mark.parametrize("noise", [0.0, 0.05])
def test_a_figure_eight_is_one_component_with_two_loops(noise):
    t = 2 * np.pi * (np.arange(60) + 0.5) / 60
    for seed in range(3):
        jitter = noise * np.random.default_rng(seed).standard_normal((60, 2))
        found = nk.rsa.persistence(pdist(np.c_[np.cos(t), np.sin(2 * t)] + jitter))
        length = np.diff(_bars(found, 1))[:, 0]
        assert length[1] > 0.4
        assert (length[2:] < 0.15).all()
        assert _bars(found, 0)[1, 1] < 0.5


def test_an_octahedron_is_a_sphere():
    corners = np.r_[np.eye(3), -np.eye(3)]
    found = nk.rsa.persistence(pdist(corners), 2)
    np.testing.assert_allclose(_bars(found, 2), [[2**0.5, 2.0]])
    assert len(_bars(found, 1)) == 0


def test_a_sphere_has_one_cavity_and_no_loop_that_lasts():
    found = nk.rsa.persistence(pdist(_sphere(40)), 2)
    assert len(_bars(found, 2)) == 1
    assert np.diff(_bars(found, 2))[0, 0] > 0.7
    assert np.diff(_bars(found, 1)).max() < 0.35


@given(seeds, st.integers(2, 30))
def test_deaths_of_components_are_heights_of_single_linkage(seed, n):
    row = pdist(np.random.default_rng(seed).standard_normal((n, 3)))
    found = _bars(nk.rsa.persistence(row, 0), 0)
    heights = linkage(row, "single")[:, 2]
    np.testing.assert_array_equal(found[0], [0, np.inf])
    np.testing.assert_array_equal(np.sort(found[1:, 1]), np.sort(heights))


def test_ripser_agrees_to_its_precision_and_our_ends_are_exact():
    from ripser import ripser

    row = pdist(np.random.default_rng(0).standard_normal((40, 3)))
    found = nk.rsa.persistence(row, 2)
    for degree, theirs in enumerate(ripser(squareform(row), 2, distance_matrix=True)["dgms"]):
        ours = _bars(found, degree)
        kept = theirs[:, 1] > theirs[:, 0]
        key = np.lexsort(ours.round(5).T)
        np.testing.assert_allclose(
            ours[key], theirs[kept][np.lexsort(theirs[kept].round(5).T)], rtol=1e-6
        )
    ends = _bars(found, 1)
    assert np.isin(ends, row).all()


def test_distances_that_differ_in_the_tenth_digit_are_told_apart():
    # float32 would take the four sides and the two diagonals for equal.
    row = 1.0 + 1e-10 * np.array([0, 5, 0, 0, 5, 0.0])
    np.testing.assert_array_equal(_bars(nk.rsa.persistence(row), 1), [[1.0, 1 + 5e-10]])


def test_conditions_at_distance_zero_are_one_place():
    points = np.repeat(_circle(6), 3, axis=0)
    found = nk.rsa.persistence(pdist(points))
    once = nk.rsa.persistence(pdist(_circle(6)))
    np.testing.assert_allclose(_bars(found, 0), _bars(once, 0))
    np.testing.assert_allclose(_bars(found, 1), _bars(once, 1))


def test_pairs_never_joined_leave_parts_that_never_die():
    matrix = np.full((5, 5), np.nan)
    matrix[:2, :2] = matrix[2:, 2:] = 1.0
    np.fill_diagonal(matrix, 0)
    found = nk.rsa.persistence(nk.rsa.rdm_from_square(matrix))
    assert _bars(found, 0).tolist() == [[0, np.inf], [0, np.inf], [0, 1], [0, 1], [0, 1]]
    nothing = nk.rsa.persistence(np.full(3, np.nan))
    assert np.isinf(nothing.death.values).tolist() == [True] * 3


def test_a_threshold_cuts_what_comes_later():
    row = pdist(_circle(12))
    found = nk.rsa.persistence(row, threshold=1.0)
    assert _bars(found, 1).tolist() == [[pytest.approx(2 * np.sin(np.pi / 12)), np.inf]]
    none = nk.rsa.persistence(row, threshold=0.1)
    assert np.isinf(_bars(none, 0)[:, 1]).sum() == 12


@given(seeds)
def test_ranks_make_bars_blind_to_monotone_transforms(seed):
    row = pdist(np.random.default_rng(seed).standard_normal((12, 2)))
    one, two = (nk.rsa.persistence(nk.rsa.geotopological(r)) for r in (row, np.exp(row)))
    xr.testing.assert_equal(one, two)


def test_several_rdms_share_their_places():
    rows = np.stack([pdist(_circle(9)), pdist(np.random.default_rng(0).standard_normal((9, 2)))])
    rdms = xr.DataArray(rows, {"subject": ["a", "b"]}, ["subject", "pair"], attrs={"units": "mm"})
    found = nk.rsa.persistence(rdms)
    assert found.birth.dims == ("subject", "bar")
    assert found.attrs["units"] == "mm"
    for k, name in enumerate("ab"):
        alone = nk.rsa.persistence(rows[k])
        mine = found.sel(subject=name)
        for degree in (0, 1):
            ours = _bars(mine, degree)
            np.testing.assert_array_equal(ours[~np.isnan(ours[:, 0])], _bars(alone, degree))


def test_components_need_no_ripser_and_loops_name_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "ripser", None)
    row = pdist(_circle(5))
    assert len(nk.rsa.persistence(row, 0).bar) == 5
    with pytest.raises(DependencyError, match=r"neurokit-xarray\[topology\]"):
        nk.rsa.persistence(row)


def test_mistakes_are_named():
    row = np.array([1.0, 2.0, -0.5])
    with pytest.raises(OptionError, match="1 distances are negative"):
        nk.rsa.persistence(row)
    for wrong in (-1, 1.0, True):
        with pytest.raises(OptionError, match="max_degree"):
            nk.rsa.persistence(np.ones(3), wrong)
    for wrong in (-1.0, np.nan, "a", True):
        with pytest.raises(OptionError, match="threshold"):
            nk.rsa.persistence(np.ones(3), threshold=wrong)
    with pytest.raises(SchemaError, match="rdm: is a Dataset"):
        nk.rsa.persistence(nk.rsa.persistence(np.ones(3), 0))
    with pytest.raises(OptionError, match="4 values"):
        nk.rsa.persistence(np.ones(4))


def test_integers_and_booleans_are_distances():
    for kind in (np.int8, np.bool_):
        row = np.array([1, 0, 1], dtype=kind)
        assert nk.rsa.persistence(row).death.values.tolist() == [np.inf, 1.0]


@given(seeds, st.integers(2, 12))
def test_the_tree_is_the_lightest(seed, n):
    from scipy.sparse.csgraph import minimum_spanning_tree

    matrix = squareform(np.random.default_rng(seed).random(n * (n - 1) // 2) + 0.1)
    found = persistence_core.tree_edges(matrix).sum()
    assert found == pytest.approx(minimum_spanning_tree(matrix).sum())


@given(seeds)
def test_betti_curves_count_bars_one_by_one(seed):
    rows = np.random.default_rng(seed).random((2, 28))
    bars = nk.rsa.persistence(rows)
    at = np.r_[0.0, rows[0, :5], 2.0, 0.31]
    curves = nk.rsa.betti_curves(bars, at)
    assert curves.dims == ("item_0", "degree", "threshold")
    for one in range(2):
        for degree in (0, 1):
            ends = _bars(bars.isel(item_0=one), degree)
            expected = [sum(b <= t < d for b, d in ends) for t in at]
            assert curves.values[one, degree].tolist() == expected


def test_betti_curves_obey_euler():
    """V - E + F - ... of the complex is the alternating sum of its Betti numbers."""
    row = np.random.default_rng(0).random(10)
    matrix = square(row)
    curves = nk.rsa.betti_curves(nk.rsa.persistence(row, 4), [0.2, 0.5, 0.8, 1.0])
    for eps, betti in zip(curves.threshold.values, curves.values.T, strict=True):
        euler = 0
        for size in range(1, 6):
            for s in combinations(range(5), size):
                euler -= (-1) ** size * all(matrix[i, j] <= eps for i, j in combinations(s, 2))
        assert sum((-1) ** k * int(b) for k, b in enumerate(betti)) == euler


def test_default_thresholds_reach_the_last_end():
    curves = nk.rsa.betti_curves(nk.rsa.persistence(pdist(_circle(12))))
    assert curves.threshold.values[[0, -1]].tolist() == [0.0, pytest.approx(3**0.5)]
    assert curves.values[0, 0] == 12
    # At the last end the loop is dead and one component is left.
    assert curves.values[:, -1].tolist() == [1, 0]
    alone = nk.rsa.betti_curves(nk.rsa.persistence([0.0], 2))
    assert alone.values[:, 0].tolist() == [1, 0, 0]


def test_curves_need_bars_and_numbers():
    with pytest.raises(SchemaError, match="persistence"):
        nk.rsa.betti_curves(xr.Dataset({"birth": ("bar", [0.0])}))
    for wrong in ([np.nan], ["a"], [], [[0.1]]):
        with pytest.raises(OptionError, match="thresholds"):
            nk.rsa.betti_curves(nk.rsa.persistence(np.ones(3), 0), wrong)


def test_the_figure_steps_where_things_die():
    rows = np.stack([pdist(_circle(9)), pdist(_circle(9, 2.0))])
    rdms = xr.DataArray(rows, dims=["subject", "pair"], attrs={"units": "mm"})
    curves = nk.rsa.betti_curves(nk.rsa.persistence(rdms))
    ax = nk.rsa.plot_betti(curves)
    names = [line.get_label() for line in ax.lines]
    assert names == ["components", "loops"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), curves.mean("subject").values[1])
    assert ax.get_xlabel() == "distance (mm)"
    _, other = plt.subplots()
    assert nk.rsa.plot_betti(curves.isel(subject=0), ax=other) is other
    assert not other.collections
    with pytest.raises(SchemaError, match="betti_curves"):
        nk.rsa.plot_betti(curves.isel(degree=0))
    with pytest.raises(SchemaError, match="betti_curves"):
        nk.rsa.plot_betti(np.ones((2, 3)))
    plt.close("all")


def test_inputs_are_left_as_they_are():
    row = np.random.default_rng(0).random(15)
    before = row.tobytes()
    bars = nk.rsa.persistence(row)
    kept = bars.copy(deep=True)
    nk.rsa.betti_curves(bars)
    nk.rsa.bottleneck_distance(bars, bars)
    assert row.tobytes() == before
    xr.testing.assert_identical(bars, kept)
