"""Clusters by brute force, a planted region, and the family-wise error of pure noise."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import scipy.sparse
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from neurokit.errors import LabelError, OptionError
from neurokit.stats import block_sign_flip, cluster_test
from neurokit.stats._clusters import cluster_masses, label_clusters, largest_masses, lattice
from neurokit.stats.autocorrelation import joint_memory

CHAIN = scipy.sparse.csr_array(np.eye(6, k=1) + np.eye(6, k=-1))


@settings(max_examples=40, derandomize=True)
@given(st.integers(0, 10_000))
def test_on_a_chain_clusters_are_those_of_an_image(seed):
    chosen = np.random.default_rng(seed).random((2, 6, 9)) < 0.45
    point, label, n = label_clusters(chosen.reshape(2, -1), lattice(CHAIN, 9))
    apart = np.stack([scipy.ndimage.label(one)[0] for one in chosen])
    apart[1][apart[1] > 0] += apart[0].max()
    assert n == apart.max()
    pairs = set(zip(label.tolist(), apart.ravel()[point].tolist(), strict=True))
    assert len(pairs) == n  # one to one


def test_masses_are_sums_of_what_exceeds():
    values = np.array([[0.0, 2.0, 3.0, 0.0, 5.0]])
    edges = lattice(scipy.sparse.csr_array((1, 1)), 5)
    label, mass = cluster_masses(values.ravel(), np.full(5, 1.0), edges)
    np.testing.assert_array_equal(label, [0, 1, 1, 0, 2])
    np.testing.assert_allclose(mass, [3.0, 4.0])


def test_nothing_chosen_is_no_cluster():
    edges = lattice(scipy.sparse.csr_array((2, 2)), 5)
    label, mass = cluster_masses(np.zeros(10), np.ones(10), edges)
    assert not label.any()
    assert not mass.size
    np.testing.assert_array_equal(largest_masses(np.zeros((3, 10)), np.ones(10), edges), 0.0)


def test_many_maps_at_once_equal_one_by_one(monkeypatch):
    from neurokit.stats import _clusters

    monkeypatch.setattr(_clusters, "BATCH_EDGES", 200)  # several batches
    maps = np.random.default_rng(3).normal(size=(20, 54))
    maps[4, 7] = np.nan
    level, edges = np.full(54, 0.3), lattice(CHAIN, 9)
    one_by_one = [cluster_masses(m, level, edges)[1].max() for m in maps]
    np.testing.assert_allclose(largest_masses(maps, level, edges), one_by_one)


def _noise(rng, shift=0.0):
    x = xr.DataArray(rng.normal(size=(30, 6, 8)), dims=("unit", "channel", "lag"))
    x[:, 1:4, 2:6] += shift
    return block_sign_flip(x, 1, dim="unit", alternative="greater", n_flips=199, random_state=rng)


def test_a_planted_region_is_one_cluster_whatever_the_order_of_dims():
    test = _noise(np.random.default_rng(0), shift=0.8)
    found = cluster_test(test, CHAIN, space="channel", along="lag")
    inside = found.cluster.isel(channel=slice(1, 4), lag=slice(2, 6))
    assert (inside == 1).mean() > 0.9
    assert float(found.p_of_cluster[0]) == 1 / 200
    assert found.cluster.dims == ("channel", "lag")
    assert (found.cluster_mass.diff("region") <= 0).all()
    turned = cluster_test(
        test.transpose("lag", "channel", "draw"), CHAIN, space="channel", along="lag"
    )
    assert turned.cluster.dims == ("lag", "channel")
    xr.testing.assert_equal(turned.cluster.transpose("channel", "lag"), found.cluster)


def test_without_neighbours_clusters_stay_in_a_place():
    test = _noise(np.random.default_rng(0), shift=0.8)
    found = cluster_test(test, space="channel", along="lag")
    for number in range(1, found.sizes["region"] + 1):
        assert ((found.cluster == number).any("lag")).sum() == 1


@pytest.mark.slow
def test_pure_noise_has_a_significant_cluster_in_one_of_twenty_maps():
    # 400 maps: the binomial standard deviation of the rate at .05 is .011.
    rates = [
        bool(
            (cluster_test(_noise(rng), CHAIN, space="channel", along="lag").p_cluster <= 0.05).any()
        )
        for rng in np.random.default_rng(1).spawn(400)
    ]
    assert 0.02 <= np.mean(rates) <= 0.085


def test_what_does_not_fit_is_refused():
    test = _noise(np.random.default_rng(0))
    with pytest.raises(LabelError, match="adjacency"):
        cluster_test(test, np.eye(5), space="channel", along="lag")
    with pytest.raises(LabelError, match="Name every dim"):
        cluster_test(test, space="channel")
    with pytest.raises(OptionError, match="keep_null"):
        cluster_test(test.drop_vars("null"), space="channel", along="lag")
    with pytest.raises(OptionError, match="threshold"):
        cluster_test(test, space="channel", along="lag", threshold=1.0)


@pytest.mark.parametrize(("a", "b"), [(0.0, 0.9), (0.8, 0.8), (0.95, 0.5)])
def test_the_memory_of_a_product_is_that_of_the_product_of_memories(a, b):
    from scipy.signal import lfilter

    rng = np.random.default_rng(2)
    x, y = (lfilter([1], [1, -phi], rng.normal(size=(20_000, 20)), axis=0) for phi in (a, b))
    # AR(1): tau = (1 + ab) / (1 - ab); 20 seeds scatter by 3 %.
    assert joint_memory(x, y, [slice(0, 20_000)]) == pytest.approx(
        (1 + a * b) / (1 - a * b), rel=0.12
    )


def test_a_constant_has_no_memory():
    assert joint_memory(np.ones((50, 1)), np.ones((50, 1)), [slice(0, 50)]) == 1.0
