"""Channels of EEG, MEG and SEEG are taken as neurons are, under their own name."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.connectome import NonNegativeCP, affinity, motif_matrices, plot_motif
from neurokit.connectome.motifs import run
from neurokit.connectome.recipe import MotifParameters


@pytest.fixture(scope="module")
def seeg():
    return nk.simulate.recording("seeg", n_channels=8, duration=20.0, rate=64.0, random_state=0)


def test_pairs_of_channels_carry_both_names(seeg):
    found = affinity(seeg, smooth_s=0.05, bin_s=0.5)
    assert "channel" in found.coords
    assert "neuron" not in found.coords
    names = nk.schema.signal_of(seeg).channel.values.tolist()
    assert set(found.channel.values) | set(found.partner.values) == set(names)
    assert found.attrs["units"] == "1"


def test_matrices_and_figures_speak_of_channels(seeg):
    model = NonNegativeCP(2, n_restarts=1, random_state=0)
    model.fit(affinity(seeg, smooth_s=0.05, bin_s=0.5))
    matrices = motif_matrices(model.factors_)
    assert matrices.dims == ("component", "channel", "partner")
    from matplotlib.figure import Figure

    assert plot_motif(model.factors_, ax=Figure().subplots()).get_ylabel() == "channel"


def test_the_recipe_runs_on_channels(seeg):
    chosen = MotifParameters(rank=2, n_restarts=1, smooth_s=0.05, bin_s=0.5)
    found = run({"sub-01": seeg}, chosen, {})
    assert found.facts["channels"] == nk.schema.signal_of(seeg).sizes["channel"]
    assert found.result["motifs/motifs"].dims == ("component", "channel", "partner")


def test_only_neural_channels_count():
    meg = nk.simulate.recording("meg", n_channels=10, duration=10.0, rate=60.0, random_state=0)
    signal = nk.schema.signal_of(meg)
    found = affinity(meg, smooth_s=0.05, bin_s=0.5)
    n = signal.sizes["channel"]
    assert found.sizes["pair"] == n * (n - 1) // 2


def test_the_amplitude_of_a_channel_does_not_matter(seeg):
    signal = nk.schema.signal_of(seeg)
    loud = signal * np.linspace(1, 100, signal.sizes["channel"]).astype(np.float32)
    loud.attrs = signal.attrs
    one = affinity(signal, smooth_s=0.05, bin_s=0.5)
    other = affinity(loud, smooth_s=0.05, bin_s=0.5)
    np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-4)
