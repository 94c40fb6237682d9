"""One way of scoring: against scipy's Poisson, a plain R2, and what it refuses."""

from __future__ import annotations

import math

import numpy as np
import pytest
import xarray as xr
from scipy.stats import poisson as scipy_poisson
from sklearn.metrics import r2_score

from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.flows import FactorGLM, co_bps, psth_r2, tp_correlation, velocity_r2
from neurokit.flows.scoring import Scored


class Told(Scored):
    """Says the rates that it was given, in the form of the data, and remembers what was asked."""

    def __init__(self, *rates):
        self.rates = [np.asarray(one, dtype=float) for one in rates]
        self.asked = []

    def predict_rates(self, X, inputs=None, *, held_out=None):
        self.asked.append((inputs, held_out))
        dims = ("trial", "time", "neuron")
        made = [xr.DataArray(one, dims=dims[-one.ndim :]) for one in self.rates]
        if isinstance(X, dict):
            return dict(zip(X, made, strict=True))
        return made if isinstance(X, list) else made[0]


def pair(shape=(3, 6, 4), seed=0):
    rng = np.random.default_rng(seed)
    rates = rng.uniform(0.2, 3.0, shape)
    return rates, rng.poisson(rates).astype(float)


def bits(rates, counts):
    """Bits per spike by scipy's law, of (bins, neuron)."""
    seen = ~np.isnan(counts)
    null = np.broadcast_to(np.nanmean(counts, axis=0), counts.shape)
    gain = scipy_poisson.logpmf(counts[seen], rates[seen]) - scipy_poisson.logpmf(
        counts[seen], null[seen]
    )
    return gain.sum() / (math.log(2) * counts[seen].sum())


def test_hidden_neurons_alone_are_scored():
    rates, counts = pair()
    model = Told(rates)
    score = model.score(counts, held_out=[1, 3])
    flat = [1, 3]
    expected = bits(rates.reshape(-1, 4)[:, flat], counts.reshape(-1, 4)[:, flat])
    assert score == pytest.approx(expected, rel=1e-10)
    changed = rates.copy()
    changed[..., [0, 2]] = 100.0
    assert Told(changed).score(counts, held_out=[1, 3]) == score


def test_all_neurons_are_scored_when_forced():
    rates, counts = pair()
    model = Told(rates)
    with pytest.raises(OptionError, match=r"held_out.*copies its input"):
        model.score(counts)
    assert model.asked == []
    expected = bits(rates.reshape(-1, 4), counts.reshape(-1, 4))
    assert model.score(counts, force=True) == pytest.approx(expected, rel=1e-10)


def test_inputs_and_names_reach_the_model():
    rates, counts = pair()
    model = Told(rates)
    push = np.ones((3, 6, 1))
    model.score(counts, push, held_out=[0])
    assert model.asked[0][0] is push
    assert model.asked[0][1] == [0]


def test_lists_and_mappings_score_as_their_trials_together():
    rates, counts = pair((2, 6, 3))
    whole = Told(rates).score(counts, held_out=[2])
    assert Told(*rates).score(list(counts), held_out=[2]) == pytest.approx(whole, rel=1e-12)
    named = {"a": counts[0], "b": counts[1]}
    assert Told(*rates).score(named, held_out=[2]) == pytest.approx(whole, rel=1e-12)


def test_trials_of_other_lengths_count_by_their_bins():
    short, long = pair((4, 3), 1), pair((9, 3), 2)
    model = Told(short[0], long[0])
    found = model.score([short[1], long[1]], held_out=[0])
    rates, counts = (np.concatenate([short[k], long[k]])[:, :1] for k in (0, 1))
    assert found == pytest.approx(bits(rates, counts), rel=1e-10)


def test_missing_bins_are_left_out():
    rates, counts = pair()
    counts[1, 2:4, 1] = np.nan
    expected = bits(rates.reshape(-1, 4)[:, [1]], counts.reshape(-1, 4)[:, [1]])
    assert Told(rates).score(counts, held_out=[1]) == pytest.approx(expected, rel=1e-10)


def test_r2_equals_scikit_learns():
    rng = np.random.default_rng(3)
    truth = rng.normal(size=(3, 6, 4))
    guess = truth + 0.4 * rng.normal(size=truth.shape)
    found = Told(guess).score(truth, metric="r2", held_out=[0, 2])
    expected = r2_score(truth.reshape(-1, 4)[:, [0, 2]], guess.reshape(-1, 4)[:, [0, 2]])
    assert found == pytest.approx(expected, rel=1e-10)


def test_r2_leaves_out_missing_bins_and_neurons_that_never_change():
    rng = np.random.default_rng(4)
    truth = rng.normal(size=(20, 3))
    truth[:, 1] = 2.0
    truth[5:9, 0] = np.nan
    guess = np.where(np.isnan(truth), 7.0, truth) + 0.3 * rng.normal(size=truth.shape)
    seen = ~np.isnan(truth[:, 0])
    expected = np.mean(
        [r2_score(truth[seen, 0], guess[seen, 0]), r2_score(truth[:, 2], guess[:, 2])]
    )
    found = Told(guess).score(truth, metric="r2", force=True)
    assert found == pytest.approx(expected, rel=1e-10)


def test_r2_of_a_neuron_that_was_never_seen_is_silent():
    """It has no mean: no warning, and no say in the average."""
    truth = np.random.default_rng(5).normal(size=(12, 3))
    truth[:, 2] = np.nan
    guess = np.zeros((12, 3))
    both = Told(guess).score(truth, metric="r2", held_out=[1, 2])
    assert both == pytest.approx(r2_score(truth[:, 1], guess[:, 1]), rel=1e-10)
    assert math.isnan(Told(guess).score(truth, metric="r2", held_out=[2]))


def test_what_is_scored_is_left_as_it_was():
    rates, counts = pair()
    before = counts.copy()
    Told(rates).score(counts, held_out=[0])
    np.testing.assert_array_equal(counts, before)


def test_metrics_are_named_with_the_nearest():
    rates, counts = pair()
    with pytest.raises(OptionError, match=r"metric.*did you mean 'co_bps'"):
        Told(rates).score(counts, metric="co_bsp", held_out=[0])
    with pytest.raises(OptionError, match="metric"):
        Told(rates).score(counts, metric=None, held_out=[0])


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf])
def test_impossible_predictions_are_the_models_fault(bad):
    rates, counts = pair()
    rates[0, 0, 1] = bad
    with pytest.raises(SchemaError, match="rates"):
        Told(rates).score(counts, held_out=[1])


def test_a_model_without_rates_says_so():
    with pytest.raises(NotImplementedError):
        Scored().score(np.ones((2, 3, 2)), held_out=[0])


def test_true_rates_are_the_best_on_average():
    """Gibbs: the expected bits of any other rates are lower."""
    rng = np.random.default_rng(6)
    rates = rng.uniform(0.5, 3.0, (4000, 2))
    counts = rng.poisson(rates).astype(float)
    best = co_bps(rates, counts)
    for factor in (0.8, 1.25):
        assert co_bps(rates * factor, counts) < best
    assert co_bps(np.sqrt(rates), counts) < best


@pytest.mark.parametrize(
    "window",
    [[[0, 3]], [[0, 3, 4]] * 3, [0, 3], [[0.5, 3.0]] * 3, [["a", "b"]] * 3, [[0, 1]] * 3],
)  # fmt: skip
def test_impossible_windows_are_named(window):
    rates = np.random.default_rng(7).random((3, 6, 2))
    with pytest.raises(SchemaError, match="window"):
        tp_correlation(rates, [0.1, 0.2, 0.3], window=window)


def test_windows_cut_what_is_outside():
    rng = np.random.default_rng(8)
    inside = rng.random((4, 5, 2))
    outside = np.concatenate([rng.random((4, 2, 2)), inside, rng.random((4, 3, 2))], axis=1)
    times = [0.1, 0.4, 0.2, 0.3]
    found = tp_correlation(outside, times, window=[[2, 7]] * 4)
    assert found == pytest.approx(tp_correlation(inside, times), rel=1e-12)


@pytest.mark.parametrize("which", ["rates_train", "vel_train", "rates_test", "vel_test"])
def test_infinite_rates_and_velocities_are_named(which):
    rng = np.random.default_rng(9)
    given = {
        "rates_train": rng.random((4, 20, 3)), "vel_train": rng.random((4, 20, 2)),
        "rates_test": rng.random((3, 20, 3)), "vel_test": rng.random((3, 20, 2)),
    }  # fmt: skip
    given[which][0, 0, 0] = np.inf
    with pytest.raises(SchemaError, match=which):
        velocity_r2(**given)


def test_psth_of_a_constant_neuron_is_left_out():
    rng = np.random.default_rng(10)
    counts = rng.poisson(2.0, (6, 30, 2)).astype(float)
    rates = counts + rng.normal(size=counts.shape) * 0.1
    alone = psth_r2(rates[..., :1], counts[..., :1], [0] * 6, bin_s=0.02, sd_s=1e-6)
    counts[..., 1] = 0.0
    both = psth_r2(rates, counts, [0] * 6, bin_s=0.02, sd_s=1e-6)
    assert both == pytest.approx(alone, rel=1e-12)


def test_a_real_model_is_scored_by_what_it_predicts():
    rng = np.random.default_rng(11)
    wave = np.exp(np.sin(np.arange(40) / 4))[None, :, None]
    counts = rng.poisson(2 * wave * np.ones((6, 1, 5))).astype(float)
    model = FactorGLM(1, bin_s=0.02).fit(counts)
    rates = model.predict_rates(counts, held_out=[4]).values
    expected = bits(rates.reshape(-1, 5)[:, [4]], counts.reshape(-1, 5)[:, [4]])
    assert model.score(counts, held_out=[4]) == pytest.approx(expected, rel=1e-9)
    assert expected > 0.05
    with pytest.raises(LabelError, match="held_out"):
        model.score(counts, held_out=[5])
