"""Clusters against a flood fill, p-values against a count, and what adjacency may look like."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import LabelError, OptionError
from neurokit.stats import block_sign_flip, circular_shift_test, cluster_test
from neurokit.stats._clusters import cluster_masses, label_clusters, largest_masses, lattice

SEEDS = st.integers(0, 10_000)


def _graph(rng, n, share=0.3):
    """A random symmetric adjacency without loops."""
    upper = np.triu(rng.random((n, n)) < share, 1)
    return (upper | upper.T).astype(float)


def _flood(chosen, adjacency):
    """Regions of a (place, step) map as a set of frozensets of points, by a stack."""
    left = {(int(i), int(j)) for i, j in np.argwhere(chosen)}
    regions = set()
    while left:
        stack, region = [left.pop()], set()
        while stack:
            place, step = stack.pop()
            region.add((place, step))
            near = [(place, step - 1), (place, step + 1)]
            near += [(int(p), step) for p in np.flatnonzero(adjacency[place])]
            for point in near:
                if point in left:
                    left.remove(point)
                    stack.append(point)
        regions.add(frozenset(region))
    return regions


def _result(seed, shape=(5, 6), n_draws=39, dims=("channel", "lag")):
    rng = np.random.default_rng(seed)
    statistic = xr.DataArray(rng.normal(size=shape), dims=dims, name="statistic")
    statistic = statistic + 0.7
    null = xr.DataArray(rng.normal(size=(n_draws, *shape)), dims=("draw", *dims))
    return xr.Dataset({"statistic": statistic, "null": null})


def _brute(statistic, null, adjacency, threshold):
    """Regions with their masses and p, heaviest first."""
    level = np.quantile(null, 1 - threshold, axis=0)

    def masses(values):
        excess = values - level
        found = _flood(excess > 0, adjacency)
        return {region: sum(excess[point] for point in region) for region in found}

    largest = [max(masses(one).values(), default=0.0) for one in null]
    found = masses(statistic)
    return [
        (region, mass, (1 + sum(top >= mass for top in largest)) / (1 + len(null)))
        for region, mass in sorted(found.items(), key=lambda item: -item[1])
    ]


@settings(max_examples=15, derandomize=True)
@given(SEEDS, st.sampled_from([0.05, 0.2, 0.5]))
def test_regions_masses_and_p_are_those_of_a_flood_fill(seed, threshold):
    result = _result(seed)
    adjacency = _graph(np.random.default_rng(seed), 5)
    found = cluster_test(result, adjacency, space="channel", along="lag", threshold=threshold)
    expected = _brute(result.statistic.values, result.null.values, adjacency, threshold)
    assert found.sizes["region"] == len(expected)
    for number, (region, mass, p) in enumerate(expected, 1):
        inside = {(int(i), int(j)) for i, j in np.argwhere(found.cluster.values == number)}
        assert inside == set(region)
        assert float(found.cluster_mass[number - 1]) == pytest.approx(mass)
        assert float(found.p_of_cluster[number - 1]) == p
        assert all(found.p_cluster.values[point] == p for point in region)
    outside = found.cluster.values == 0
    assert (found.p_cluster.values[outside] == 1).all()


@settings(max_examples=15, derandomize=True)
@given(SEEDS, st.integers(1, 6), st.integers(1, 5))
def test_a_lattice_joins_neighbours_at_a_step_and_steps_of_a_place(seed, n_places, n_steps):
    adjacency = _graph(np.random.default_rng(seed), n_places, 0.5)
    edges = lattice(scipy.sparse.csr_array(adjacency), n_steps)
    expected = {
        tuple(sorted((a * n_steps + s, b * n_steps + s)))
        for a in range(n_places)
        for b in range(n_places)
        if adjacency[a, b]
        for s in range(n_steps)
    }
    expected |= {
        (a * n_steps + s, a * n_steps + s + 1) for a in range(n_places) for s in range(n_steps - 1)
    }
    row, column = edges.coords
    assert {tuple(sorted(pair)) for pair in zip(row.tolist(), column.tolist(), strict=True)} == (
        expected
    )
    assert edges.shape == (n_places * n_steps,) * 2


@settings(max_examples=15, derandomize=True)
@given(SEEDS)
def test_labels_over_many_maps_never_join_two_maps(seed):
    rng = np.random.default_rng(seed)
    adjacency = _graph(rng, 4)
    edges = lattice(scipy.sparse.csr_array(adjacency), 3)
    chosen = rng.random((3, 12)) < 0.6
    point, label, n = label_clusters(chosen, edges)
    regions = [_flood(one.reshape(4, 3), adjacency) for one in chosen]
    assert n == sum(len(one) for one in regions)
    for number in range(n):
        owners = point[label == number] // 12
        assert len(set(owners.tolist())) == 1
        places = {divmod(int(k) % 12, 3) for k in point[label == number]}
        assert frozenset(places) in regions[owners[0]]


def test_a_mass_counts_only_what_exceeds_each_points_own_level():
    edges = lattice(scipy.sparse.csr_array((1, 1)), 4)
    values, level = np.array([1.0, 5.0, 2.0, 3.0]), np.array([0.5, 4.0, 2.0, 1.0])
    label, mass = cluster_masses(values, level, edges)
    # The third point equals its level, which is not above it, and parts the two regions.
    np.testing.assert_array_equal(label, [1, 1, 0, 2])
    np.testing.assert_allclose(mass, [0.5 + 1.0, 2.0])


def test_a_missing_point_parts_what_lies_around_it():
    edges = lattice(scipy.sparse.csr_array((1, 1)), 3)
    label, mass = cluster_masses(np.array([1.0, np.nan, 1.0]), np.zeros(3), edges)
    np.testing.assert_array_equal(label, [1, 0, 2])
    np.testing.assert_allclose(mass, [1.0, 1.0])


def test_an_infinite_statistic_is_above_and_its_mass_is_infinite():
    edges = lattice(scipy.sparse.csr_array((1, 1)), 3)
    label, mass = cluster_masses(np.array([0.0, np.inf, -np.inf]), np.ones(3), edges)
    np.testing.assert_array_equal(label, [0, 1, 0])
    assert np.isinf(mass).all()


@pytest.mark.parametrize("batch", [1, 37, 10_000])
def test_the_size_of_batches_changes_no_mass(monkeypatch, batch):
    from neurokit.stats import _clusters

    rng = np.random.default_rng(0)
    maps, level = rng.normal(size=(7, 12)), np.full(12, 0.2)
    adjacency = _graph(rng, 4)
    edges = lattice(scipy.sparse.csr_array(adjacency), 3)
    monkeypatch.setattr(_clusters, "BATCH_EDGES", batch)
    expected = [
        max(
            sum(one[4 * 0 + 3 * p + s] - 0.2 for p, s in region)
            for region in _flood((one > 0.2).reshape(4, 3), adjacency)
        )
        for one in maps
    ]
    np.testing.assert_allclose(largest_masses(maps, level, edges), expected)


@pytest.mark.parametrize(
    "change",
    [
        lambda a: np.triu(a),
        lambda a: 7.5 * a,
        lambda a: -a,
        lambda a: np.triu(a) - np.tril(a),
        lambda a: a + np.eye(5),
        lambda a: a.astype(bool),
        lambda a: a.tolist(),
        scipy.sparse.csr_matrix,
        scipy.sparse.coo_array,
    ],
    ids=["upper", "weighted", "negative", "signed", "loops", "bool", "list", "matrix", "coo"],
)
def test_whatever_is_not_zero_makes_neighbours(change):
    adjacency = np.eye(5, k=1) + np.eye(5, k=-1)
    result = _result(1)
    plain = cluster_test(result, adjacency, space="channel", along="lag", threshold=0.4)
    found = cluster_test(result, change(adjacency), space="channel", along="lag", threshold=0.4)
    xr.testing.assert_identical(found, plain)


def test_places_in_another_order_with_their_neighbours_are_the_same_clusters():
    result, order = _result(2), [3, 0, 4, 1, 2]
    adjacency = _graph(np.random.default_rng(2), 5)
    options = {"space": "channel", "along": "lag", "threshold": 0.3}
    plain = cluster_test(result, adjacency, **options)
    turned = cluster_test(result.isel(channel=order), adjacency[np.ix_(order, order)], **options)
    np.testing.assert_array_equal(turned.cluster, plain.cluster.isel(channel=order))
    np.testing.assert_allclose(turned.p_of_cluster, plain.p_of_cluster)


def test_units_of_the_statistic_scale_masses_and_change_no_p():
    result = _result(3)
    plain = cluster_test(result, space="channel", along="lag", threshold=0.3)
    scaled = cluster_test(1e-6 * result - 4e-6, space="channel", along="lag", threshold=0.3)
    np.testing.assert_array_equal(scaled.cluster, plain.cluster)
    np.testing.assert_allclose(scaled.cluster_mass, 1e-6 * plain.cluster_mass, rtol=1e-6)
    np.testing.assert_array_equal(scaled.p_of_cluster, plain.p_of_cluster)


def test_the_order_of_draws_has_no_part_in_it():
    result = _result(4)
    turned = result.isel(draw=np.random.default_rng(0).permutation(39))
    options = {"space": "channel", "along": "lag", "threshold": 0.3}
    xr.testing.assert_identical(cluster_test(turned, **options), cluster_test(result, **options))


@pytest.mark.parametrize(("space", "along"), [("channel", None), (None, "lag"), (None, None)])
def test_maps_of_one_dim_or_none_are_clustered_too(space, along):
    dims = tuple(dim for dim in (space, along) if dim is not None)
    result = _result(5, (6,) * len(dims), dims=dims)
    result["statistic"] = result["statistic"] + 3.0
    found = cluster_test(result, space=space, along=along)
    assert found.cluster.dims == dims
    above = result.statistic > result.null.quantile(0.95, "draw")
    np.testing.assert_array_equal(found.cluster > 0, above)
    if along is None:
        # Places without neighbours are regions of their own.
        assert found.sizes["region"] == int(above.sum())
    else:
        steps = np.flatnonzero(np.diff(np.r_[False, above.values]) & above.values)
        assert found.sizes["region"] == steps.size


def test_coordinates_of_the_statistic_come_back():
    result = _result(6).assign_coords(
        channel=list("abcde"), lag=np.arange(6) / 10, region=("channel", list("VVMMM"))
    )
    found = cluster_test(result, space="channel", along="lag", threshold=0.4)
    for name in ("cluster", "p_cluster"):
        assert set(found[name].coords) == {"channel", "lag", "region"}
    assert found.cluster.dtype.kind == "i"
    assert found.attrs == {"n_draws": 39, "threshold": 0.4}


def test_where_nothing_exceeds_there_is_no_region():
    result = _result(7)
    result["statistic"] = result["statistic"] - 100.0
    found = cluster_test(result, space="channel", along="lag")
    assert found.sizes["region"] == 0
    assert (found.cluster == 0).all()
    assert (found.p_cluster == 1).all()


def test_a_point_without_a_statistic_is_in_no_region():
    result = _result(8)
    result["statistic"][2, 3] = np.nan
    found = cluster_test(result, np.ones((5, 5)), space="channel", along="lag", threshold=0.6)
    assert int(found.cluster[2, 3]) == 0
    assert float(found.p_cluster[2, 3]) == 1.0


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.6])
def test_a_lower_bar_only_adds_points(threshold):
    result = _result(9)
    low = cluster_test(result, space="channel", along="lag", threshold=threshold + 0.2).cluster > 0
    high = cluster_test(result, space="channel", along="lag", threshold=threshold).cluster > 0
    assert (low | ~high).all()
    assert int(low.sum()) > int(high.sum())


def test_p_is_never_zero_and_heavier_regions_have_no_larger_p():
    result = _result(10)
    result["statistic"][1, 1:4] = 50.0
    found = cluster_test(result, space="channel", along="lag", threshold=0.2)
    assert float(found.p_of_cluster[0]) == 1 / 40
    assert (found.p_of_cluster.diff("region") >= 0).all()
    assert (found.cluster_mass.diff("region") <= 0).all()


def test_what_is_given_is_not_changed():
    result, adjacency = _result(11), _graph(np.random.default_rng(11), 5)
    before, neighbours = result.copy(deep=True), adjacency.copy()
    cluster_test(result, adjacency, space="channel", along="lag")
    xr.testing.assert_identical(result, before)
    np.testing.assert_array_equal(adjacency, neighbours)


def _shifted(a, b):
    return xr.DataArray((a.values * b.values).mean(axis=0), dims="channel")


@pytest.mark.parametrize("kind", ["shift", "flip"])
def test_both_tests_hand_their_draws_to_clusters(kind):
    rng = np.random.default_rng(12)
    x = xr.DataArray(rng.normal(size=(60, 4)), dims=("unit", "channel"))
    if kind == "flip":
        tested = block_sign_flip(x + 0.5, 1, dim="unit", n_flips=99, random_state=0)
    else:
        tested = circular_shift_test(
            x, x, _shifted, n_shifts=19, dim="unit", keep_null=True, random_state=0
        )
    found = cluster_test(tested, np.ones((4, 4)), space="channel")
    # All places touch and all are far above: one region of everything.
    np.testing.assert_array_equal(found.cluster, 1)
    assert float(found.p_of_cluster[0]) == 1 / (1 + tested.sizes["draw"])


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"space": "channel", "along": "time"}, LabelError, "along 'time'"),
        ({"space": "lag"}, LabelError, "Name every dim"),
        ({"space": "channel", "along": "channel"}, LabelError, "Name every dim"),
        ({"adjacency": np.ones((5, 4))}, LabelError, r"adjacency.*\(5, 4\) for 5 places"),
        ({"threshold": 0.0}, OptionError, "threshold: is 0.0"),
        ({"threshold": "x"}, OptionError, "threshold: is 'x'"),
        ({"threshold": None}, OptionError, "threshold: is None"),
        ({"threshold": True}, OptionError, "threshold: is True"),
        ({"threshold": float("nan")}, OptionError, "threshold"),
        ({"threshold": -0.1}, OptionError, "threshold"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(options, error, said):
    with pytest.raises(error, match=said):
        cluster_test(_result(13), **{"space": "channel", "along": "lag", **options})


@pytest.mark.parametrize("missing", ["statistic", "null"])
def test_a_result_without_its_parts_is_refused(missing):
    with pytest.raises(OptionError, match="result.*keep_null=True"):
        cluster_test(_result(14).drop_vars(missing), space="channel", along="lag")
