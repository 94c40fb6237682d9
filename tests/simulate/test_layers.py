"""RDMs of network layers: distances by definition, labels, noise, and what training brings."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import squareform

import neurokit as nk
from neurokit.simulate import layered_rdms


@pytest.fixture(scope="module")
def rdms():
    return layered_rdms(3, 3, 30, random_state=0)


def test_pairs_are_the_upper_triangle_of_the_probes(rdms):
    assert rdms.dims == ("subject", "layer", "pair")
    first, second = np.triu_indices(30, 1)
    probes = np.array([f"digit{k:03d}" for k in range(30)])
    np.testing.assert_array_equal(rdms.condition_1, probes[first])
    np.testing.assert_array_equal(rdms.condition_2, probes[second])
    assert rdms.layer.values.tolist() == [1, 2, 3]
    assert rdms.subject.values.tolist() == ["network1", "network2", "network3"]


def test_values_are_correlation_distances(rdms):
    assert float(rdms.min()) >= 0
    assert float(rdms.max()) <= 2
    # 1 - r of one set of patterns: 1 - d is positive semidefinite with a unit diagonal.
    for row in rdms.values.reshape(-1, rdms.sizes["pair"]):
        gram = 1 - squareform(row)
        assert np.linalg.eigvalsh(gram).min() > -1e-10


def test_digits_of_one_kind_are_nearer_in_the_last_layer(rdms):
    from sklearn.datasets import load_digits

    digit = load_digits().target[:30]
    first, second = np.triu_indices(30, 1)
    same = digit[first] == digit[second]
    last = rdms.isel(layer=-1).values
    assert (last[:, same].mean(axis=1) < 0.6 * last[:, ~same].mean(axis=1)).all()


def test_networks_differ_but_agree_far_above_chance(rdms):
    for layer in range(3):
        r = np.corrcoef(rdms.isel(layer=layer).values)
        off = r[np.triu_indices(3, 1)]
        # 435 pairs: unrelated RDMs of 30 probes correlate by 1 / sqrt(30) or so.
        assert off.min() > 0.3
        assert off.max() < 0.999


def test_neighbouring_layers_are_more_alike_than_distant_ones(rdms):
    r = [np.corrcoef(one.values) for one in rdms]
    near = np.mean([m[0, 1] for m in r] + [m[1, 2] for m in r])
    assert near > np.mean([m[0, 2] for m in r])


def test_noise_has_the_size_asked_for_and_leaves_no_negative_distance():
    clean = layered_rdms(2, 1, 40, random_state=3).values
    noisy = layered_rdms(2, 1, 40, noise=0.2, random_state=3).values
    # The first network is drawn before any noise is.
    change = (noisy - clean)[0, 0]
    inner = noisy[0, 0] > 0
    assert change[inner].std() == pytest.approx(0.2 * clean[0, 0].std(), rel=0.12)
    assert noisy.min() >= 0
    drowned = layered_rdms(1, 1, 10, noise=50.0, random_state=3)
    assert float((drowned == 0).mean()) > 0.2


def test_a_seed_gives_the_same_rdms_and_the_first_of_more_networks():
    one, same = (layered_rdms(1, 2, 5, random_state=7) for _ in range(2))
    assert one.identical(same)
    more = layered_rdms(2, 2, 5, random_state=7)
    np.testing.assert_array_equal(more.values[:1], one.values)
    assert not np.array_equal(more.values[0], more.values[1])


def test_the_room_of_rdms_takes_them(rdms):
    square = nk.rsa.rdm_to_square(rdms)
    np.testing.assert_allclose(square.values[0, 0], squareform(rdms.values[0, 0]))
    assert rdms.attrs["method"] == "correlation"
