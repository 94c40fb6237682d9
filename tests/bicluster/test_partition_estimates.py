"""Point partitions and co-clustering against brute force over all partitions."""

from collections import Counter

import numpy as np
import pytest

from neurokit.bicluster.partition_estimates import best_partition, co_clustering, thinned


def partitions(n):
    found = [[0]]
    for _ in range(n - 1):
        found = [[*row, new] for row in found for new in range(max(row) + 2)]
    return np.array(found)


def binder(first, second):
    """Pairs together in one and apart in the other."""
    together = [labels[:, None] == labels for labels in (first, second)]
    return (together[0] != together[1]).sum() / 2


def information(first, second):
    def entropy(*labels):
        share = np.array(list(Counter(zip(*labels, strict=True)).values())) / len(first)
        return -(share * np.log(share)).sum()

    return 2 * entropy(first, second) - entropy(first) - entropy(second)


@pytest.mark.parametrize(("loss", "peer"), [("binder", binder), ("vi", information)])
@pytest.mark.parametrize("seed", range(4))
def test_best_draw_has_the_least_mean_loss_of_all_partitions_drawn(loss, peer, seed):
    rng = np.random.default_rng(seed)
    every = partitions(5)
    # All 52 partitions are drawn at least once, so the best draw is the best partition.
    draws = np.concatenate([every, every[rng.choice(52, 60, p=rng.dirichlet(0.1 * np.ones(52)))]])
    rng.shuffle(draws)
    losses = np.array([sum(peer(row, draw) for draw in draws) for row in every])
    found = best_partition(draws, loss)
    total = sum(peer(found, draw) for draw in draws)
    assert total == pytest.approx(losses.min(), abs=1e-9)


def test_numbering_of_clusters_does_not_matter():
    rng = np.random.default_rng(5)
    draws = rng.integers(0, 3, (40, 6))
    renumbered = np.array([rng.permutation(3)[row] for row in draws])
    np.testing.assert_array_equal(co_clustering(draws), co_clustering(renumbered))
    assert binder(best_partition(draws), best_partition(renumbered)) == 0


def test_together_is_counted_pair_by_pair():
    draws = np.random.default_rng(6).integers(0, 3, (25, 7))
    found = co_clustering(draws)
    expected = (draws[:, :, None] == draws[:, None, :]).mean(axis=0)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float32


def test_one_draw_is_its_own_estimate():
    draw = np.array([[2, 2, 0, 1]], dtype=np.uint8)
    assert best_partition(draw).tolist() == [2, 2, 0, 1]
    assert draw.dtype == np.uint8


@pytest.mark.parametrize(("n", "most"), [(5, 9), (9, 9), (1000, 7)])
def test_thinning_spreads_evenly_and_keeps_both_ends(n, most):
    found = thinned(n, most)
    assert len(found) == min(n, most)
    assert found[0] == 0
    assert found[-1] == n - 1
    assert np.ptp(np.diff(found)) <= 1
