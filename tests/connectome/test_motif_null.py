"""The shell around the tests: movement of traces, patterns of any mode, quiet fits."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import neurokit as nk
from neurokit.connectome import affinity, motif_null
from neurokit.connectome.recordings import gather
from neurokit.connectome.shifting import dense
from neurokit.errors import ConvergenceWarning, NeurokitWarning

OPTIONS = {
    "kind": "differential",
    "smooth_s": 1.0,
    "bin_s": 8.0,
    "scale": "pooled",
    "balance": False,
    "window_s": 10.0,
}


@pytest.fixture(scope="module")
def traces():
    recs = nk.simulate.worms(3, 16, 2, duration=200.0, n_epochs=2, random_state=0).recordings
    return gather(recs).traces


@pytest.fixture(scope="module")
def tensor(traces):
    return affinity(traces, **OPTIONS).transpose("pair", "time", "recording").values


def test_what_a_scale_does_to_affinity_it_does_to_movement(traces):
    for scale in ("pooled", "recording", "none"):
        options = {**OPTIONS, "scale": scale}
        expected = affinity(traces, **options).transpose("pair", "time", "recording").values
        found = dense(motif_null.movement_of(traces, options))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_modes_are_those_of_the_clock(tensor):
    shared = motif_null.as_modes(tensor, shared=True)
    assert shared.shape == tensor.shape
    own = motif_null.as_modes(tensor, shared=False)
    assert own.shape == (len(tensor), tensor.shape[1] * 3)
    # One recording after the other.
    np.testing.assert_array_equal(own[:, : tensor.shape[1]], tensor[:, :, 0])
    np.testing.assert_array_equal(own[:, -1], tensor[:, -1, 2])
    alone = motif_null.as_modes(tensor[:, :, :1], shared=True)
    assert alone.shape == tensor.shape[:2]


@pytest.mark.parametrize("shared", [True, False])
def test_patterns_are_of_unit_norm_and_never_negative(tensor, shared):
    found = motif_null.fit_patterns(
        tensor, 2, np.random.default_rng(0), shared=shared, n_restarts=1
    )
    assert found.shape == (len(tensor), 2)
    np.testing.assert_allclose(np.sqrt(np.nansum(found**2, axis=0)), 1.0)
    assert np.nanmin(found) >= 0
    unseen = np.isnan(tensor).all(axis=(1, 2))
    np.testing.assert_array_equal(np.isnan(found).all(axis=1), unseen)


def test_planted_motifs_exceed_every_draw(traces, tensor):
    loading = motif_null.fit_patterns(
        tensor, 2, np.random.default_rng(0), shared=True, n_restarts=2
    )
    statistic, null = motif_null.shift_test(
        motif_null.movement_of(traces, OPTIONS),
        loading,
        shared=True,
        together=False,
        n_draws=9,
        random_state=np.random.default_rng(0),
    )
    assert null.shape == (9, 2)
    assert statistic.min() > null.max()


def test_a_planted_rank_predicts_better_than_one_motif():
    # Six epochs each, so that both halves of the record hold some.
    recs = nk.simulate.worms(3, 16, 2, duration=400.0, n_epochs=6, random_state=0).recordings
    traces = gather(recs).traces
    tensor = affinity(traces, **OPTIONS).transpose("pair", "time", "recording").values
    errors = [
        motif_null.held_out_error(
            tensor, rank, shared=True, random_state=np.random.default_rng(0), n_restarts=2
        )
        for rank in (1, 2)
    ]
    assert errors[1] < errors[0] - 0.05


def test_a_record_too_short_has_no_error_to_give(tensor):
    short = tensor[:, :8]
    error = motif_null.held_out_error(
        short, 1, shared=True, random_state=np.random.default_rng(0), n_restarts=1
    )
    assert np.isnan(error)


def test_fits_that_are_no_results_are_quiet_and_others_are_not():
    with motif_null.quiet_fits():
        warnings.warn("stopped early", ConvergenceWarning, stacklevel=1)
    with pytest.warns(NeurokitWarning, match="stopped early"):
        warnings.warn("stopped early", ConvergenceWarning, stacklevel=1)
    with motif_null.quiet_fits(), pytest.warns(UserWarning, match="other"):
        warnings.warn("other", UserWarning, stacklevel=1)
