"""Geo-topological and geodesic RDMs: formulas, invariances, zero edges, shapes."""

import warnings

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

import neurokit as nk
from neurokit.errors import NeurokitWarning, OptionError
from neurokit.rsa.geotopology import cells
from neurokit.rsa.pair_index import condensed, square

QUANTILES = [0.0, 0.05, 0.2, 0.5, 0.6, 0.95, 1.0]
GRID = [(low, high) for low in QUANTILES for high in QUANTILES if low <= high]


@pytest.fixture(autouse=True)
def _many_zeros_are_meant():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="geodesic: up to", category=NeurokitWarning)
        yield


def _formula(row, low, high):
    r = rankdata(row)
    r = (r - r.min()) / (r.max() - r.min())
    a, b = np.quantile(r, [low, high])
    out = []
    for value in r:
        if value > b:
            out.append(1.0)
        elif value < a or a == b:
            out.append(float(value > a))
        else:
            out.append((value - a) / (b - a))
    return np.array(out)


@pytest.mark.parametrize("ties", [False, True])
def test_rgtm_is_its_formula_over_a_grid(make_rdms, ties):
    rows = make_rdms(3, 9, ties=ties)
    for low, high in GRID:
        found = nk.rsa.geotopological(rows, low, high).values
        for k in range(3):
            np.testing.assert_allclose(found[k], _formula(rows[k], low, high), atol=1e-12)


def test_the_whole_range_is_the_rank_rdm(make_rdms):
    row = make_rdms(1, 8)[0]
    found = nk.rsa.geotopological(row)
    np.testing.assert_allclose(found.values, (rankdata(row) - 1) / 27, atol=1e-14)


@pytest.mark.parametrize("at", QUANTILES)
def test_equal_quantiles_give_a_graph(make_rdms, at):
    found = nk.rsa.geotopological(make_rdms(2, 8), at, at).values
    assert set(np.unique(found)) <= {0.0, 1.0}
    # The share of pairs above the quantile is what is left, to one pair.
    assert abs(found.mean() - (1 - at)) <= 1 / 28 + 1e-12


@given(st.integers(0, 10**6), st.sampled_from(GRID))
def test_monotone_changes_make_no_difference(seed, cell):
    rng = np.random.default_rng(seed)
    row = rng.random(21)
    changed = np.exp(5 * row) + 3
    for function in (nk.rsa.geotopological, nk.rsa.geodesic):
        np.testing.assert_array_equal(function(row, *cell), function(changed, *cell))


def test_missing_pairs_stay_missing_and_change_nothing_else(make_rdms):
    row = make_rdms(1, 8)[0]
    holed = row.copy()
    holed[[2, 9]] = np.nan
    found = nk.rsa.geotopological(holed, 0.1, 0.7).values
    assert np.isnan(found[[2, 9]]).all()
    rest = np.isfinite(holed)
    np.testing.assert_allclose(found[rest], _formula(row[rest], 0.1, 0.7), atol=1e-12)


@pytest.mark.parametrize("function", ["geotopological", "geodesic", "sigmoid"])
def test_each_rdm_is_transformed_alone_and_left_as_it_is(make_rdms, function):
    rows = make_rdms(3, 8) * np.array([[1.0], [100.0], [1e-9]])
    before = rows.tobytes()
    call = getattr(nk.rsa, function)
    together = call(rows).values
    assert rows.tobytes() == before
    for k in range(3):
        np.testing.assert_array_equal(together[k], call(rows[k]).values)


def test_labels_and_dims_stay():
    rng = np.random.default_rng(0)
    x = xr.DataArray(
        rng.standard_normal((2, 3, 5, 10)),
        {"condition": list("vwxyz"), "subject": ["a", "b"]},
        ["subject", "time", "condition", "channel"],
    )
    rows = nk.rsa.rdm(x, "euclidean")
    found = nk.rsa.geodesic(rows, 0.0, 0.5)
    assert found.dims == ("subject", "time", "pair")
    assert found.condition_1.values.tolist() == rows.condition_1.values.tolist()
    assert found.zero_fraction.dims == ("subject", "time")
    assert "rsa.geodesic" in found.attrs["history"]


def test_a_sigmoid_of_ranks():
    found = nk.rsa.sigmoid([4.0, 9.0, 5.0], steepness=4.0, midpoint=0.25).values
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-4 * (np.array([0, 1, 0.5]) - 0.25))))
    with pytest.raises(OptionError, match="above 0"):
        nk.rsa.sigmoid([1.0, 2.0, 3.0], steepness=0)


def _floyd_warshall(weights, joined):
    """A plain triple loop; infinity is no edge, 0 is one."""
    d = np.where(joined, weights, np.inf)
    np.fill_diagonal(d, 0.0)
    n = len(d)
    for k in range(n):
        for i in range(n):
            for j in range(n):
                d[i, j] = min(d[i, j], d[i, k] + d[k, j])
    finite = d[np.isfinite(d)]
    d[np.isinf(d)] = max(1.0, finite.max())
    return d


@pytest.mark.parametrize(("low", "high"), [(0.0, 0.3), (0.0, 1.0), (0.2, 0.6), (0.1, 0.15)])
def test_geodesics_keep_edges_of_weight_zero(make_rdms, low, high):
    rows = make_rdms(4, 14)
    found = nk.rsa.geodesic(rows, low, high).values
    for k in range(4):
        g = square(nk.rsa.geotopological(rows[k], low, high).values)
        joined = (g < 1) | (high == 1)
        np.testing.assert_allclose(found[k], condensed(_floyd_warshall(g, joined)), atol=1e-12)


def test_dropping_the_zero_edges_would_be_another_answer(make_rdms):
    row = make_rdms(1, 30)[0]
    g = square(nk.rsa.geotopological(row, 0.2, 0.6).values)
    dropped = condensed(_floyd_warshall(g, (g < 1) & (g > 0)))
    assert np.abs(nk.rsa.geodesic(row, 0.2, 0.6).values - dropped).max() > 0.1


@given(st.integers(0, 10**6), st.sampled_from([c for c in GRID if c[1] > c[0]]))
def test_geodesics_of_a_connected_graph_are_a_metric(seed, cell):
    row = np.random.default_rng(seed).random(36)
    found = nk.rsa.geodesic(row, *cell)
    if found.unconnected_fraction > 0:
        return
    d = square(found.values)
    assert (d[:, :, None] + d[None] >= d[:, None, :] - 1e-12).all()
    g = nk.rsa.geotopological(row, *cell).values
    assert (found.values <= g + 1e-12)[g < 1].all()


def _points(x):
    return nk.rsa.rdm(np.asarray(x, dtype=float), "euclidean")


def test_along_a_line_lengths_add_up():
    steps = np.array([1.0, 1.3, 0.8, 1.1, 0.9, 1.2])
    place = np.concatenate([[0.0], np.cumsum(steps)])
    found = square(nk.rsa.geodesic(_points(place[:, None]), 0.0, 0.29).values)
    for i in range(7):
        for j in range(i, 7):
            path = sum(found[k, k + 1] for k in range(i, j))
            assert found[i, j] == pytest.approx(path, abs=1e-12)


def test_around_a_ring_the_far_side_is_farthest():
    n = 24
    angle = 2 * np.pi * (np.arange(n) + 0.01 * np.arange(n)) / n
    found = square(nk.rsa.geodesic(_points(np.c_[np.cos(angle), np.sin(angle)]), 0, 0.2).values)
    assert abs(found[0].argmax() - n // 2) <= 1
    assert (np.diff(found[0, :11]) > 0).all()


def test_two_components_are_one_apart():
    x = np.concatenate([np.linspace(0, 1, 6), np.linspace(50, 51, 6)])[:, None]
    found = nk.rsa.geodesic(_points(x), 0.0, 0.3)
    d = square(found.values)
    assert found.unconnected_fraction == pytest.approx(36 / 66)
    across, within = d[:6, 6:], d[:6, :6]
    assert (across == max(1.0, within.max(), d[6:, 6:].max())).all()


def test_neighbours_may_be_mutual():
    x = np.array([0.0, 1.0, 1.1, 5.0])[:, None]
    union = nk.rsa.geodesic(_points(x), n_neighbours=1)
    mutual = nk.rsa.geodesic(_points(x), n_neighbours=1, neighbours="mutual")
    # Only 1.0 and 1.1 choose each other; 0.0 and 5.0 are chosen by none.
    assert union.unconnected_fraction == 0
    assert mutual.unconnected_fraction == pytest.approx(5 / 6)


def test_ranks_of_paths_run_from_0_to_1(make_rdms):
    found = nk.rsa.geodesic(make_rdms(2, 9), 0.0, 0.4, rank=True).values
    assert (found.min(axis=1) == 0).all()
    assert (found.max(axis=1) == 1).all()


def test_collapse_to_zero_is_reported(make_rdms):
    with pytest.warns(NeurokitWarning, match="length 0.*lower=0"):
        found = nk.rsa.geodesic(make_rdms(1, 62, p=100), 0.2, 0.6)
    assert found.zero_fraction.item() > 0.9


@pytest.mark.parametrize(("low", "high"), [(-0.1, 0.5), (0.6, 0.5), (0.0, 1.1)])
def test_quantiles_out_of_order_are_refused(low, high):
    for function in (nk.rsa.geotopological, nk.rsa.geodesic):
        with pytest.raises(OptionError, match="0 <= lower <= upper <= 1"):
            function([1.0, 2.0, 3.0], low, high)


@pytest.mark.parametrize("n", [0, 3])
def test_more_neighbours_than_there_are_is_refused(n):
    with pytest.raises(OptionError, match="of 3 conditions"):
        nk.rsa.geodesic([1.0, 2.0, 3.0], n_neighbours=n)


def test_a_grid_of_a_twentieth_has_210_cells():
    assert len(cells(0.05)) == 210
    assert len(cells(0.05, diagonal=True)) == 229


def test_the_map_is_the_comparison_of_transformed_rdms(make_rdms):
    a, b = make_rdms(2, 8), make_rdms(3, 8, seed=1)
    found = nk.rsa.geotopological_map(a, b, step=0.25, method="pearson")
    one = nk.rsa.compare(
        nk.rsa.geotopological(a, 0.25, 0.75), nk.rsa.geotopological(b, 0.25, 0.75), "pearson"
    )
    cell = found.sel(lower=0.25, upper=0.75)
    np.testing.assert_allclose(cell, one.mean(), rtol=1e-12)
    assert np.isnan(found.sel(lower=0.75, upper=0.25))
    with pytest.raises(OptionError, match="1/n"):
        nk.rsa.geotopological_map(a, b, step=0.3)


def _figure_eight(n, *, touching, twisted, noise, rng):
    """A figure 8 whose waist touches (two rings) or not (one ring), flat or twisted."""
    t = 2 * np.pi * (np.arange(n) + 0.5) / n
    x, waist = np.cos(t), 0.0 if touching else 0.2
    y = np.sin(t) * np.hypot(np.cos(t), waist)
    angle = np.pi * (1 + np.tanh(4 * x)) / 2 if twisted else 0 * x
    points = np.c_[x, y * np.cos(angle), y * np.sin(angle)]
    return points + noise * rng.standard_normal(points.shape)


def _by_geometry(n, transform, noise=0.01, seed=0):
    """(same topology - same geometry) / sum of distances: above 0 where geometry decides."""
    rng = np.random.default_rng(seed)
    kinds = [(a, b) for a in (True, False) for b in (True, False)]
    shapes = [_figure_eight(n, touching=a, twisted=b, noise=noise, rng=rng) for a, b in kinds]
    rows = transform(np.array([_points(s).values for s in shapes]))
    apart = 1 - nk.rsa.compare(rows, rows, "pearson").values
    topology, geometry = apart[0, 1] + apart[2, 3], apart[0, 2] + apart[1, 3]
    return (topology - geometry) / (topology + geometry)


@pytest.mark.parametrize(("n", "most"), [(50, -0.1), (80, -0.6), (100, -0.6)])
def test_shapes_go_by_topology_under_geodesics_and_by_geometry_under_distances(n, most):
    # Over 10 seeds: distances .71 to .76; geodesics at u = .06 -.90 to -.22 with 50 points,
    # -.91 to -.84 with 80 or 100.
    for seed in range(3):
        assert _by_geometry(n, nk.rsa.geotopological, seed=seed) > 0.6
        assert _by_geometry(n, lambda d: nk.rsa.geodesic(d, 0.0, 0.06), seed=seed) < most
