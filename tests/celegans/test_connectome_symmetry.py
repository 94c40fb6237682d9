"""Order of cells, and gap junctions without direction."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from neurokit.celegans.connectome_symmetry import in_order, merge_directions

_SQUARE = arrays.arrays(
    np.float64,
    st.integers(1, 6).map(lambda n: (n, n)),
    elements=st.sampled_from([0.0, 0.0, 1.0, 2.0, 5.0, np.nan]),
)


@given(_SQUARE)
def test_merging_directions_is_symmetric_idempotent_and_invents_nothing(
    weight: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> None:
    merged, pairs = merge_directions(weight)
    np.testing.assert_array_equal(merged, merged.T)
    again, none = merge_directions(merged)
    np.testing.assert_array_equal(again, merged)
    assert len(none) == 0
    for i, j in np.ndindex(weight.shape):
        listed = [w for w in (weight[i, j], weight[j, i]) if w != 0]
        expected = np.mean(listed) if listed else 0.0
        np.testing.assert_array_equal(merged[i, j], expected)
        if i < j:
            same = np.array_equal(weight[i, j], weight[j, i], equal_nan=True)
            assert ([i, j] in pairs.tolist()) == (not same)


def test_cells_are_ordered_neurons_first() -> None:
    assert in_order(["hyp", "VB10", "AVAL", "VB2", "dBWML1", "hyp"]) == [
        "AVAL",
        "VB2",
        "VB10",
        "hyp",
        "dBWML1",
    ]
