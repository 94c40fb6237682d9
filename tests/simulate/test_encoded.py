"""The simulator of encoded recordings keeps what it promises."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.errors import OptionError
from neurokit.simulate import encoded
from neurokit.testing import assert_same


@pytest.fixture(scope="module")
def simulation():
    return encoded(20_000, 5, phi=0.8, random_state=0)


def test_the_recording_keeps_the_contract(simulation):
    assert not len(nk.validate(simulation.recordings["encoded"]))


def test_features_have_the_memory_asked_for(simulation):
    rec = simulation.recordings["encoded"]
    for band, phi in (("vision", 0.8), ("language", 0.8), ("multimodal", 0.64)):
        x = rec[f"stimulus/{band}/feature_values"].values
        r = np.mean([np.corrcoef(c[1:], c[:-1])[0, 1] for c in x.T])
        assert r == pytest.approx(phi, abs=0.02)  # of a product phi^2; standard error .003
        assert x.std(axis=0) == pytest.approx(1.0, abs=0.1)


def test_bands_are_uncorrelated(simulation):
    rec = simulation.recordings["encoded"]
    x = np.column_stack(
        [rec[f"stimulus/{b}/feature_values"].values for b in ("vision", "language", "multimodal")]
    )
    # 20 000 samples with tau up to 4.6: standard error .015.
    assert np.abs(np.corrcoef(x.T) - np.eye(15)).max() < 0.07


def test_the_truth_predicts_what_it_says(simulation):
    rec, truth = simulation.recordings["encoded"], simulation.truth
    predicted = sum(
        rec[f"stimulus/{b}/feature_values"].values @ truth[f"weight_{b}"].values
        for b in ("vision", "language", "multimodal")
    )
    y = rec["activity/signal"].values
    r2 = 1 - (y - predicted).var(axis=0) / y.var(axis=0)
    # Signal and noise correlate by chance: .02 with 20 000 samples of tau 4.6.
    np.testing.assert_allclose(r2, truth.explainable, atol=0.08)
    driven = truth.kind.values != "none"
    assert truth.explainable.values[driven].mean() == pytest.approx(0.35 / 1.35, abs=0.01)
    assert (truth.explainable.values[~driven] == 0).all()


def test_the_same_seed_gives_the_same_recording():
    first, second = (encoded(200, 2, random_state=3).recordings["encoded"] for _ in range(2))
    assert_same(first, second)


@pytest.mark.parametrize(
    "wrong",
    [
        {"sites": {"visual": 3}},
        {"sites": {"none": 0}},
        {"phi": 1.0},
        {"snr": 0.0},
        {"n_samples": 5},
        {"n_features": 0},
        {"rate": -1.0},
    ],
)
def test_what_cannot_be_simulated_is_refused(wrong):
    with pytest.raises(OptionError):
        encoded(**wrong)
