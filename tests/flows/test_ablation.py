"""What latents are worth: only they are replaced, and their worth is what the scores lose."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

pytest.importorskip("torch")

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.flows import LangevinFlow, SmallNDT, ablation, co_bps
from neurokit.flows.ablation import _deranged

SMALL = {"n_hidden": 16, "n_potential": 0, "max_epochs": 40, "kl_warm_up": 5, "random_state": 0}


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.lorenz(6, 16, 10, 20, random_state=0)


@pytest.fixture(scope="module")
def counts(simulation):
    # Ten times as many spikes: a few epochs are enough to tell trials apart.
    rates = 10 * simulation.truth.rate
    return rates.copy(data=np.random.default_rng(0).poisson(rates).astype(float))


@pytest.fixture(scope="module")
def flow(counts):
    return LangevinFlow(3, inferred_force=False, **SMALL).fit(counts)


def test_own_latents_are_the_score_of_the_mean(counts, flow):
    table = ablation(flow, counts, held_out=[0, 1], random_state=0)
    rates = flow.predict_rates(counts, held_out=[0, 1], n_samples=0)
    expected = co_bps(rates.values[..., :2], counts.values[..., :2])
    assert table.score[0].item() == pytest.approx(expected, rel=1e-5)
    assert table.score.attrs["units"] == "bit/spike"
    assert np.isnan(table.true_r2).all()


def test_a_bottleneck_loses_what_other_latents_do_not_say(simulation, counts, flow):
    truth = 10 * simulation.truth.rate
    table = ablation(flow, counts, held_out=[0], true_rates=truth, random_state=0)
    own, average, other = table.true_r2.values
    assert own > 0.5
    assert average < 0.2
    assert other < average
    assert table.score.values[0] > table.score.values[1] > table.score.values[2]


def test_other_trials_are_those_that_decode_would_be_given(counts, flow):
    table = ablation(flow, counts, held_out=[0, 1], random_state=3)
    paths = flow.transform(counts, held_out=[0, 1])
    order = _deranged(len(counts), np.random.default_rng(3))
    rates = flow.decode(paths.position.values[order], paths.velocity.values[order])
    expected = co_bps(rates.values[..., :2], counts.values[..., :2])
    assert table.score[2].item() == pytest.approx(expected, rel=1e-5)
    states = paths.position.values, paths.velocity.values
    mean = [np.broadcast_to(a.mean(0), a.shape) for a in states]
    expected = co_bps(flow.decode(*mean).values[..., :2], counts.values[..., :2])
    assert table.score[1].item() == pytest.approx(expected, abs=1e-6)


def test_a_decoder_that_sees_no_latents_loses_nothing(counts):
    options = {**SMALL, "max_epochs": 2}
    model = LangevinFlow(3, variant="published", decoder_inputs=("hidden",), **options)
    score = ablation(model.fit(counts), counts, held_out=[0], random_state=0).score.values
    np.testing.assert_array_equal(score, score[0])
    model = LangevinFlow(3, variant="published", **options).fit(counts)
    score = ablation(model, counts, held_out=[0], random_state=0).score.values
    assert len(set(score)) == 3


def test_signals_are_scored_by_r2(simulation):
    signal = simulation.truth.rate.copy()
    signal.attrs.pop("units", None)
    model = LangevinFlow(2, likelihood="gaussian", inferred_force=False, **SMALL).fit(signal)
    table = ablation(model, signal, held_out=[0], random_state=0)
    assert table.score.attrs["units"] == "1"
    assert table.score.values[0] > table.score.values[2]
    own = model.predict_rates(signal, held_out=[0], n_samples=0).values[..., 0]
    seen = signal.values[..., 0]
    expected = 1 - ((seen - own) ** 2).sum() / ((seen - seen.mean()) ** 2).sum()
    assert table.score.values[0] == pytest.approx(expected, rel=1e-4)


def test_trials_of_other_lengths_are_carried_on(counts, flow):
    ragged = [counts[0], counts[1, :7], counts[2, :12], counts[3]]
    table = ablation(flow, ragged, held_out=[0], random_state=0)
    assert np.isfinite(table.score).all()
    # A bin that one trial has alone is averaged over it alone.
    alone = [counts[0], counts[1, :7]]
    paths = flow.transform(alone, held_out=[0])
    places = []
    for name in ("position", "velocity"):
        mean = paths[0][name].values.copy()
        mean[:7] = 0.5 * (mean[:7] + paths[1][name].values)
        places.append(mean)
    rates = flow.decode(*places).values[:, 0]
    shown = np.concatenate([rates, rates[:7]])[:, None]
    seen = np.concatenate([counts[0, :, 0], counts[1, :7, 0]])[:, None]
    found = ablation(flow, alone, held_out=[0], random_state=0).score[1].item()
    assert found == pytest.approx(co_bps(shown, seen), rel=1e-4)


def test_no_trial_keeps_its_own_and_one_seed_is_one_shuffle(counts, flow):
    for n in (2, 3, 10, 101):
        order = _deranged(n, np.random.default_rng(n))
        assert sorted(order) == list(range(n))
        assert (order != np.arange(n)).all()
    one, same, other = (
        ablation(flow, counts, held_out=[0], random_state=seed) for seed in (1, 1, 2)
    )
    xr.testing.assert_identical(one, same)
    assert one.score[2] != other.score[2]


def test_what_cannot_be_ablated_is_said(simulation, counts, flow):
    with pytest.raises(OptionError, match="LangevinFlow"):
        ablation(SmallNDT(), counts, held_out=[0])
    with pytest.raises(OptionError, match="two trials"):
        ablation(flow, counts[:1], held_out=[0])
    with pytest.raises(LabelError, match="held_out"):
        ablation(flow, counts, held_out=["nobody"])
    with pytest.raises(SchemaError, match="true_rates"):
        ablation(flow, counts, held_out=[0], true_rates=simulation.truth.rate[:3])
