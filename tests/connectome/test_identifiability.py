"""Loadings that no recording determines are not given."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.connectome import DynamicConnectome
from neurokit.connectome.identifiability import determined, limited, recorded_pairs


def test_a_pair_counts_as_recorded_where_any_bin_is():
    tensor = np.full((2, 3, 2), np.nan)
    tensor[0, 1, 0] = 0.5
    assert recorded_pairs(tensor).tolist() == [[True, False], [False, False]]


def test_a_pair_seen_only_where_the_motif_is_absent_is_undetermined():
    recorded = np.array([[True, True], [True, False], [False, True], [False, False]])
    loading = np.array([[1.0, 0.0], [1.0, 1.0]])
    known = determined(recorded, loading)
    assert known.tolist() == [[True, True], [True, True], [False, True], [False, False]]


def test_the_limit_is_a_tenth_of_an_average_recording():
    recorded = np.array([[False, True]])
    # Shares of the weaker recording: 0.05 is the limit for two recordings.
    for share, expected in ((0.049, False), (0.051, True)):
        loading = np.sqrt([[1 - share, share]])
        assert determined(recorded, loading).item() is expected


def test_an_empty_motif_determines_whatever():
    assert determined(np.array([[True]]), np.zeros((1, 1))).all()


def test_what_is_left_has_unit_norm():
    loading = np.array([[3.0, 1.0], [4.0, 1.0], [100.0, 1.0], [np.nan, np.nan]])
    known = np.array([[True, True], [True, True], [False, True], [False, False]])
    kept, norm = limited(loading, known, np.nan)
    assert norm[0] == 5.0
    np.testing.assert_allclose(kept[:2, 0], [0.6, 0.8])
    assert np.isnan(kept[2, 0])
    zeroed, _ = limited(loading, known, 0.0)
    assert zeroed[2, 0] == 0
    assert np.isnan(zeroed[3]).all()


@pytest.mark.slow
def test_motifs_of_too_many_components_do_not_blow_up():
    # Seed 0 with a component too many: one pair is seen only in animals that lack the motif,
    # and its loading was forty times that of all others together.
    recs = nk.simulate.worms(6, n_communities=2, random_state=0).recordings
    model = DynamicConnectome(
        4, bin_s=8.0, communities=None, n_permutations=0, n_restarts=4, random_state=0
    ).fit(recs)
    assert model.weight_.max() < 10 * model.weight_.min()
    assert float(model.motifs_.max()) < 0.3
