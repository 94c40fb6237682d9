"""Products of a tensor with factors equal their definition, for any layout and mask."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.connectome.dimension_tree import collapse, contract, row_grams
from neurokit.connectome.tensor import observe

SHAPES = [(4, 3), (5, 4, 3), (3, 5, 4), (2, 4, 3, 5), (6, 1, 3)]
MASKS = ["none", "random", "pairs", "slices", "row"]


def a_mask(kind, shape, rng):
    if kind == "none":
        return np.ones(shape, dtype=bool)
    if kind == "random":
        return rng.random(shape) < 0.6
    if kind == "pairs":  # the same at all times, as neurons that an animal lacks
        pattern = rng.random([n if k != 1 else 1 for k, n in enumerate(shape)]) < 0.7
        return np.broadcast_to(pattern, shape).copy()
    mask = np.ones(shape, dtype=bool)
    if kind == "slices":
        mask[:, 0] = False
    else:
        mask[0] = False
    return mask


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_contraction_and_collapse_equal_the_definition(shape, dtype):
    rng = np.random.default_rng(0)
    values = rng.random(shape).astype(dtype)
    factors = [rng.random((size, 3)) for size in shape]
    letters = "abcd"[: len(shape)]
    for summed in range(len(shape)):
        partial = contract(values, factors[summed], summed)
        assert partial.dtype == dtype
        kept = [k for k in range(len(shape)) if k != summed]
        for target in kept:
            others = [k for k in range(len(shape)) if k != target]
            terms = ",".join([letters, *(f"{letters[k]}r" for k in others)])
            formula = f"{terms}->{letters[target]}r"
            expected = np.einsum(formula, values, *(factors[k] for k in others))
            found = collapse(partial, kept, factors, target)
            assert found.dtype == np.float64
            # float32 keeps seven digits of sums of up to 20 terms.
            rtol = 1e-12 if dtype == np.float64 else 1e-5
            np.testing.assert_allclose(found, expected, rtol=rtol)


def test_columns_of_several_factorizations_do_not_mix():
    rng = np.random.default_rng(0)
    values = rng.random((5, 4, 6))
    one, other = ([rng.random((n, r)) for n in values.shape] for r in (2, 3))
    both = [np.concatenate(pair, axis=1) for pair in zip(one, other, strict=True)]
    found = collapse(contract(values, both[2], 2), [0, 1], both, 0)
    for factors, columns in ((one, slice(0, 2)), (other, slice(2, 5))):
        alone = collapse(contract(values, factors[2], 2), [0, 1], factors, 0)
        np.testing.assert_allclose(found[:, columns], alone)


@pytest.mark.parametrize("kind", MASKS)
@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3), (3, 4, 2, 5)])
def test_row_grams_equal_sums_over_observed_entries(kind, shape):
    rng = np.random.default_rng(0)
    mask = a_mask(kind, shape, rng)
    data = observe(np.where(mask, 1.0, np.nan))
    factors = [rng.random((n, 3)) for n in data.shape]
    whole = np.broadcast_to(data.mask, data.shape)
    for mode in range(len(shape)):
        expected = np.zeros((data.shape[mode], 3, 3))
        for place in np.argwhere(whole):
            column = np.ones(3)
            for k, index in enumerate(place):
                if k != mode:
                    column *= factors[k][index]
            expected[place[mode]] += np.outer(column, column)
        found = np.broadcast_to(row_grams(data.mask, factors, mode), expected.shape)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_without_a_mask_all_rows_share_one_gram_matrix():
    data = observe(np.ones((4, 5, 6)))
    factors = [np.random.default_rng(0).random((n, 2)) for n in data.shape]
    grams = row_grams(data.mask, factors, 0)
    expected = (factors[1].T @ factors[1]) * (factors[2].T @ factors[2])
    np.testing.assert_allclose(grams, expected[None])
