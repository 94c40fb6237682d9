"""Geo-topological transforms, geodesics and maps against loops, and what stays as it is."""

import heapq
import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import LabelError, NeurokitWarning, OptionError
from neurokit.rsa import geodesic_core, geotopology
from neurokit.rsa.pair_index import square
from neurokit.rsa.topological import check_step


def _rows(k=3, n=6, seed=0, ties=False):
    rows = np.random.default_rng(seed).random((k, n * (n - 1) // 2))
    return np.round(rows, 1) if ties else rows


def _ranks(row):
    """Mid-ranks by counting, scaled to 0..1, NaN left out."""
    seen = [v for v in row if np.isfinite(v)]
    ranks = [sum(u < v for u in seen) + (sum(u == v for u in seen) + 1) / 2 for v in seen]
    low, high = min(ranks), max(ranks)
    scaled = iter([(r - low) / ((high - low) or 1.0) for r in ranks])
    return np.array([next(scaled) if np.isfinite(v) else np.nan for v in row])


def _quantile(values, q):
    """Linear between order statistics."""
    ordered = sorted(v for v in values if np.isfinite(v))
    at = q * (len(ordered) - 1)
    k = min(int(at), len(ordered) - 2)
    return ordered[k] + (at - k) * (ordered[k + 1] - ordered[k])


def _rgtm(row, lower, upper):
    r = _ranks(row)
    a, b = _quantile(r, lower), _quantile(r, upper)
    out = []
    for v in r:
        if np.isnan(v):
            out.append(np.nan)
        elif b - a <= 0:
            out.append(float(v > a))
        else:
            out.append(min(max((v - a) / (b - a), 0.0), 1.0))
    return np.array(out)


def _dijkstra(weights, start):
    """Lengths from one node; `weights` maps (i, j) to the edges that exist."""
    n = 1 + max(max(p) for p in weights)
    best, heap = {start: 0.0}, [(0.0, start)]
    while heap:
        length, at = heapq.heappop(heap)
        if length > best.get(at, np.inf):
            continue
        for other in range(n):
            w = weights.get((at, other), np.inf)
            if length + w < best.get(other, np.inf):
                best[other] = length + w
                heapq.heappush(heap, (length + w, other))
    return best


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("missing", [False, True])
def test_scaled_ranks_are_counted(ties, missing):
    rows = _rows(ties=ties)
    if missing:
        rows[1, [0, 7]] = np.nan
    found = geotopology.scaled_ranks(rows)
    for row, ranks in zip(rows, found, strict=True):
        np.testing.assert_allclose(ranks, _ranks(row), atol=1e-14)


def test_ranks_of_a_constant_rdm_are_zero():
    assert (geotopology.scaled_ranks(np.full((2, 10), 3.0)) == 0.0).all()


@pytest.mark.parametrize("levels", [[0.0], [1.0], [0.3, 0.55], [0.0, 0.5, 1.0]])
@pytest.mark.parametrize("missing", [False, True])
def test_quantiles_are_linear_between_values(levels, missing):
    rows = _rows()
    if missing:
        rows[0, :4] = np.nan
    found = geotopology.quantiles(rows, levels)
    expected = [[_quantile(row, q) for row in rows] for q in levels]
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_a_row_without_values_has_no_quantile():
    rows = _rows()
    rows[1] = np.nan
    found = geotopology.quantiles(rows, [0.2, 0.9])
    assert np.isnan(found[:, 1]).all()
    assert np.isfinite(found[:, [0, 2]]).all()


@pytest.mark.parametrize(
    ("value", "low", "high", "expected"),
    [
        (0.1, 0.2, 0.6, 0.0),
        (0.2, 0.2, 0.6, 0.0),
        (0.3, 0.2, 0.6, 0.25),
        (0.6, 0.2, 0.6, 1.0),
        (0.9, 0.2, 0.6, 1.0),
        (0.5, 0.5, 0.5, 0.0),
        (0.6, 0.5, 0.5, 1.0),
        (np.nan, 0.2, 0.6, np.nan),
    ],
)
def test_clipping_is_a_line_between_steps(value, low, high, expected):
    found = geotopology.clipped(np.array([[value]]), np.array([low]), np.array([high]))
    np.testing.assert_allclose(found, [[expected]])


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 50),
    cell=st.tuples(st.integers(0, 10), st.integers(0, 10)).map(sorted),
    ties=st.booleans(),
)
def test_rgtm_is_clipping_of_counted_ranks(seed, cell, ties):
    lower, upper = (c / 10 for c in cell)
    rows = _rows(seed=seed, ties=ties)
    found = nk.rsa.geotopological(rows, lower, upper).values
    for row, values in zip(rows, found, strict=True):
        np.testing.assert_allclose(values, _rgtm(row, lower, upper), atol=1e-9)


@settings(max_examples=15, deadline=None)
@given(lower=st.floats(0, 1), upper=st.floats(0, 1))
def test_rgtm_is_monotone_and_between_0_and_1(lower, upper):
    lower, upper = sorted((lower, upper))
    row = _rows(1)[0]
    found = geotopology.rgtm(row[None], lower, upper)[0]
    assert found.min() >= 0.0
    assert found.max() <= 1.0
    assert (np.diff(found[np.argsort(row)]) >= 0).all()


@pytest.mark.parametrize(("steepness", "midpoint"), [(1.0, 0.5), (10.0, 0.2), (30.0, 0.9)])
def test_a_sigmoid_is_its_formula_of_ranks(steepness, midpoint):
    rows = _rows(ties=True)
    found = nk.rsa.sigmoid(rows, steepness, midpoint).values
    for row, values in zip(rows, found, strict=True):
        expected = 1 / (1 + np.exp(-steepness * (_ranks(row) - midpoint)))
        np.testing.assert_allclose(values, expected, atol=1e-12)


def test_a_very_steep_sigmoid_is_a_step_without_overflow():
    found = nk.rsa.sigmoid([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 1e5, 0.5).values
    assert found.tolist() == [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]


@pytest.mark.parametrize("steepness", [0.0, -1.0, np.nan])
def test_a_sigmoid_must_rise(steepness):
    with pytest.raises(OptionError, match="steepness: is"):
        nk.rsa.sigmoid(_rows(), steepness)


@pytest.mark.parametrize("step", [0.5, 0.25, 0.2, 0.1, 0.05])
@pytest.mark.parametrize("diagonal", [False, True])
def test_cells_are_all_pairs_of_lines(step, diagonal):
    lines = [k / round(1 / step) for k in range(round(1 / step) + 1)]
    expected = set(itertools.combinations(lines, 2))
    if diagonal:
        expected |= {(v, v) for v in lines[1:-1]}
    found = geotopology.cells(step, diagonal=diagonal)
    assert len(found) == len(set(found))
    assert set(found) == expected


@pytest.mark.parametrize("step", [0.0, -0.1, 0.3, 0.7, 1.0, 0.15])
def test_steps_that_do_not_divide_are_refused(step):
    with pytest.raises(OptionError, match="step: is"):
        check_step(step)
    with pytest.raises(OptionError, match="step: is"):
        nk.rsa.geotopological_map(_rows(), _rows(), step=step)


@pytest.mark.parametrize("step", [0.5, 0.25, 1 / 3, 0.05, 1 / 7])
def test_steps_of_one_nth_are_taken(step):
    check_step(step)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("density", [0.3, 0.6, 1.0])
def test_geodesics_are_dijkstras(seed, density):
    rng = np.random.default_rng(seed)
    n = 7
    weights = rng.random((1, n * (n - 1) // 2))
    weights[0, rng.integers(0, 21, 3)] = 0.0  # edges of weight 0 are edges
    edges = rng.random(weights.shape) < density
    found, lost = geodesic_core.geodesics(weights, edges)
    pairs = list(itertools.combinations(range(n), 2))
    graph = {(n - 1, n - 1): np.inf}
    for k, (i, j) in enumerate(pairs):
        if edges[0, k]:
            graph[i, j] = graph[j, i] = weights[0, k]
    lengths = [_dijkstra(graph, i).get(j, np.inf) for i, j in pairs]
    finite = [v for v in lengths if np.isfinite(v)]
    assert lost[0] == len(lengths) - len(finite)
    expected = [v if np.isfinite(v) else max(1.0, *finite) for v in lengths]
    np.testing.assert_allclose(found[0], expected, atol=1e-12)


def test_a_graph_without_edges_is_one_apart():
    found, lost = geodesic_core.geodesics(np.zeros((2, 6)), np.zeros((2, 6), dtype=bool))
    assert (found == 1.0).all()
    assert lost.tolist() == [6.0, 6.0]


def test_a_missing_weight_is_no_edge():
    weights = np.array([[1.0, np.nan, 2.0]])  # 0-1, 0-2, 1-2
    found, lost = geodesic_core.geodesics(weights, np.ones((1, 3), dtype=bool))
    assert found.tolist() == [[1.0, 3.0, 2.0]]
    assert lost.tolist() == [0.0]


@pytest.mark.parametrize("k", [1, 2, 4])
@pytest.mark.parametrize("mutual", [False, True])
def test_nearest_edges_are_those_sorted_by_hand(k, mutual):
    matrix = square(_rows(1, 6, seed=k))[0]
    found = geodesic_core.nearest_edges(matrix, k, mutual=mutual)
    near = {
        i: set(sorted((j for j in range(6) if j != i), key=lambda j, i=i: matrix[i, j])[:k])
        for i in range(6)
    }
    for i, j in itertools.permutations(range(6), 2):
        votes = (j in near[i], i in near[j])
        assert found[i, j] == (all(votes) if mutual else any(votes))
    assert not found.diagonal().any()


@pytest.mark.parametrize("how", ["union", "mutual"])
def test_geodesic_with_all_neighbours_is_geodesic_without_the_option(how):
    rows = _rows()
    one = nk.rsa.geodesic(rows)
    two = nk.rsa.geodesic(rows, n_neighbours=5, neighbours=how)
    np.testing.assert_array_equal(one.values, two.values)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 30), upper=st.sampled_from([0.5, 0.7, 1.0]))
def test_no_geodesic_is_longer_than_its_edge(seed, upper):
    rows = _rows(2, 7, seed)
    weights = geotopology.rgtm(rows, 0.0, upper)
    found = nk.rsa.geodesic(rows, upper=upper).values
    joined = weights < 1.0
    assert (found[joined] <= weights[joined] + 1e-12).all()


@pytest.mark.parametrize("function", [nk.rsa.geotopological, nk.rsa.sigmoid, nk.rsa.geodesic])
def test_labels_dims_name_and_attributes_stay(function):
    x = xr.DataArray(
        np.random.default_rng(0).random((2, 5, 8)),
        {"subject": ["a", "b"], "condition": list("vwxyz")},
        ["subject", "condition", "channel"],
        attrs={"units": "V"},
    )
    rdm = nk.rsa.rdm(x, "euclidean").rename("mine")
    before = rdm.copy(deep=True)
    found = function(rdm)
    assert before.identical(rdm)
    assert found.name == "mine"
    assert found.dims == rdm.dims
    for name in rdm.coords:
        assert found[name].dims == rdm[name].dims
        assert found[name].values.tolist() == rdm[name].values.tolist()
    assert found.attrs["units"] == "1"
    assert found.attrs["method"] == "euclidean"
    assert f"rsa.{function.__name__}" in str(found.attrs["history"])


@pytest.mark.parametrize("function", [nk.rsa.geotopological, nk.rsa.sigmoid, nk.rsa.geodesic])
def test_conditions_in_another_order_give_the_same_values_by_label(function):
    rdm = nk.rsa.rdm_from_square(square(_rows(1))[0], list("abcdef"))
    one = function(rdm)
    two = function(nk.rsa.select_conditions(rdm, list("fbdace")))
    back = nk.rsa.select_conditions(two, list("abcdef"))
    np.testing.assert_allclose(back.values, one.values, atol=1e-12)


def test_fractions_are_those_of_the_paths():
    two_groups = np.array([1.0, 9.0, 9.0, 9.0, 9.0, 1.0])  # 0-1 and 2-3 near, the rest far
    found = nk.rsa.geodesic(two_groups, upper=0.4)
    assert float(found.unconnected_fraction) == pytest.approx(4 / 6)
    assert float(found.zero_fraction) == pytest.approx(2 / 6)


def test_collapse_is_warned_of_and_says_how_to_mend():
    with pytest.warns(NeurokitWarning, match="geodesic: up to 100% of the paths.*use lower=0"):
        found = nk.rsa.geodesic(_rows(1), lower=0.8, upper=1.0)
    assert float(found.zero_fraction[0]) == 1.0


@pytest.mark.parametrize("function", [nk.rsa.geotopological, nk.rsa.geodesic])
@pytest.mark.parametrize("cell", [(-0.1, 1.0), (0.0, 1.1), (0.6, 0.5), (-np.inf, 1.0)])
def test_quantiles_out_of_range_are_refused(function, cell):
    with pytest.raises(OptionError, match="lower, upper: lower ="):
        function(_rows(), *cell)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"n_neighbours": 0}, "n_neighbours: is 0 of 6"),
        ({"n_neighbours": 6}, "n_neighbours: is 6 of 6"),
        ({"neighbours": "any"}, "neighbours"),
    ],
)
def test_neighbours_that_cannot_be_are_refused(options, says):
    with pytest.raises(OptionError, match=says):
        nk.rsa.geodesic(_rows(), **options)


@pytest.mark.parametrize("method", ["cosine", "pearson", "spearman", "whitened_cosine", "tau-a"])
def test_each_cell_of_a_map_is_one_comparison_of_transforms(method):
    a, b = _rows(2, 5, 1), _rows(3, 5, 2)
    found = nk.rsa.geotopological_map(a, b, step=0.25, method=method)
    for i, j in itertools.product(range(5), repeat=2):
        if i >= j:
            assert np.isnan(found.values[i, j])
            continue
        one, two = (nk.rsa.geotopological(z, i / 4, j / 4) for z in (a, b))
        expected = float(nk.rsa.compare(one, two, method).mean())
        assert float(found.values[i, j]) == pytest.approx(expected, abs=1e-12)
    assert found.attrs["method"] == method
    assert found["lower"].values.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]


def test_a_map_of_an_rdm_with_itself_is_one():
    found = nk.rsa.geotopological_map(_rows(1), _rows(1), step=0.2, method="corr")
    held = found.values[np.isfinite(found.values)]
    np.testing.assert_allclose(held, 1.0, atol=1e-12)
    assert held.size == 15
    assert found.attrs["method"] == "pearson"


def test_a_map_needs_the_same_conditions():
    one, two = (
        nk.rsa.rdm_from_square(square(_rows(1, 4))[0], list(names)) for names in ("abcd", "abcx")
    )
    with pytest.raises(LabelError, match="b: 4 conditions against 4; only here: x"):
        nk.rsa.geotopological_map(one, two, step=0.5)
