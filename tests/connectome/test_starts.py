"""Random starts follow the data: neither the order of rows or modes nor missing rows matter."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.connectome.starts import by_norm, random_factors
from neurokit.connectome.tensor import observe


def values(shape=(6, 5, 4), seed=0):
    return np.random.default_rng(seed).random(shape)


def test_the_model_of_a_start_has_about_the_mean_of_the_data():
    x = 3e-7 * values((30, 20, 10))
    data = observe(x)
    means = []
    for seed in range(20):
        a, b, c = random_factors(data, 4, np.random.default_rng(seed))
        means.append(np.einsum("ar,br,cr->abc", a, b, c).mean() * data.scale)
    # Over 20 seeds; one start is off by some 10 %.
    assert np.mean(means) == pytest.approx(x.mean(), rel=0.1)


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_a_permuted_tensor_gets_the_permuted_start(mode):
    x = values()
    order = np.random.default_rng(1).permutation(x.shape[mode])
    plain = observe(x)
    turned = observe(np.ascontiguousarray(x.take(order, axis=mode)))
    one = plain.unsort(random_factors(plain, 3, np.random.default_rng(5)))
    other = turned.unsort(random_factors(turned, 3, np.random.default_rng(5)))
    for k, (a, b) in enumerate(zip(one, other, strict=True)):
        np.testing.assert_allclose(b, a[order] if k == mode else a)


def test_the_layout_in_memory_does_not_matter():
    x = values()
    one, other = observe(x), observe(np.asfortranarray(x))
    assert one.order != other.order
    a = one.unsort(random_factors(one, 3, np.random.default_rng(5)))
    b = other.unsort(random_factors(other, 3, np.random.default_rng(5)))
    for left, right in zip(a, b, strict=True):
        np.testing.assert_allclose(left, right)


def test_rows_without_observations_take_nothing_from_others():
    x = values()
    longer = np.concatenate([np.full((2, 5, 4), np.nan), x])
    one, other = observe(x), observe(longer)
    a = random_factors(one, 3, np.random.default_rng(5))
    b = random_factors(other, 3, np.random.default_rng(5))
    np.testing.assert_allclose(b[0][2:], a[0])
    np.testing.assert_allclose(b[1], a[1])
    np.testing.assert_allclose(b[2], a[2])


def test_tied_modes_start_equal():
    x = values((5, 5, 4))
    data = observe(x + x.transpose(1, 0, 2), tied=(0, 1))
    a, b, c = random_factors(data, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(a, b)
    assert c.shape == (4, 2)


def test_the_largest_row_gets_the_first_numbers():
    x = np.ones((3, 2))
    x[1] = 5.0
    first, _ = by_norm(observe(x), 2, np.random.default_rng(0))
    stream = np.random.default_rng(0).spawn(2)[0]
    np.testing.assert_array_equal(first[[1, 0, 2]], stream.random((3, 2)))
