"""Answers of a model against the sum over all paths of states: any trials, any gaps, any labels."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from neurokit.errors import LabelError, NotFittedError, OptionError, SchemaError
from neurokit.states import GLMHMM, match_states

RATES = np.array([[0.3, 2.0], [2.5, 0.4], [1.0, 5.0]])
MOVES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.0, 0.7]])
FIRST = np.array([0.5, 0.3, 0.2])


@pytest.fixture(scope="module")
def model():
    return GLMHMM.from_parameters(
        transition=MOVES, bias=np.log(RATES), initial=FIRST, link="exp", history=None,
        neurons=["a", "b"],
    )  # fmt: skip


def named(counts):
    return xr.DataArray(counts, {"neuron": ["a", "b"]}, ("time", "neuron"))


def drawn(n_bins, seed, missing=0.0):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(RATES[rng.integers(3, size=n_bins)]).astype(float)
    counts[rng.random(counts.shape) < missing] = np.nan
    return counts


def logs_of(counts):
    parts = stats.poisson.logpmf(np.nan_to_num(counts)[:, None], RATES)
    return np.where(np.isnan(counts)[:, None], 0.0, parts).sum(axis=2)


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("seed", range(3))
def test_every_answer_is_the_sum_over_all_paths(model, enumerate_paths, seed, missing):
    counts = drawn(7, seed, missing)
    probability, _, total, path, best = enumerate_paths(logs_of(counts), MOVES, FIRST)
    given = named(counts)
    np.testing.assert_allclose(model.predict_proba(given).values, probability, atol=1e-10)
    assert model.log_likelihood(given) == pytest.approx(total, abs=1e-9)
    found = model.decode(given).values
    again = enumerate_paths(logs_of(counts), MOVES, FIRST)[4]
    assert again == pytest.approx(best)
    steps = np.log(FIRST[found[0]]) + np.log(MOVES[found[:-1], found[1:]]).sum()
    assert steps + logs_of(counts)[np.arange(7), found].sum() == pytest.approx(best, abs=1e-9)
    del path


def test_the_filter_knows_the_past_only(model, enumerate_paths):
    counts = drawn(6, 5, 0.2)
    found = model.filter(named(counts)).values
    for t in range(6):
        # Of a recording that ends here, the last probability is the filtered one.
        expected = enumerate_paths(logs_of(counts[: t + 1]), MOVES, FIRST)[0][-1]
        np.testing.assert_allclose(found[t], expected, atol=1e-10)


def test_predictions_are_the_mean_of_what_comes_next(model, enumerate_paths):
    counts = drawn(6, 6)
    found = model.predict(named(counts)).values
    np.testing.assert_allclose(found[0], FIRST @ RATES, rtol=1e-10)
    for t in range(1, 6):
        present = enumerate_paths(logs_of(counts[:t]), MOVES, FIRST)[0][-1]
        np.testing.assert_allclose(found[t], present @ MOVES @ RATES, rtol=1e-9)


def test_ragged_trials_are_answered_one_by_one(model):
    trials = [named(drawn(n, n)) for n in (3, 8, 1)]
    probability, paths = model.predict_proba(trials), model.decode(trials)
    assert [p.sizes["time"] for p in probability] == [3, 8, 1]
    for each, p, path in zip(trials, probability, paths, strict=True):
        np.testing.assert_allclose(p, model.predict_proba(each), atol=1e-12)
        np.testing.assert_array_equal(path, model.decode(each))
    own = model.log_likelihood(trials, per_trial=True)
    np.testing.assert_allclose(own, [model.log_likelihood(each) for each in trials])
    assert model.score(trials) == pytest.approx(own.sum() / 12)


def test_answers_of_ragged_trials_are_matched_as_they_come(model):
    trials = [named(drawn(n, 10 + n)) for n in (30, 12)]
    paths, probability = model.decode(trials), model.predict_proba(trials)
    np.testing.assert_array_equal(match_states(paths, paths), [0, 1, 2])
    turned = [p.isel(state=[2, 0, 1]) for p in probability]
    np.testing.assert_array_equal(match_states(probability, turned), [1, 2, 0])


def test_a_mapping_of_trials_comes_back_with_its_names(model):
    trials = {"first": named(drawn(4, 1)), "second": named(drawn(5, 2))}
    found = model.predict_proba(trials)
    assert list(found) == ["first", "second"]
    np.testing.assert_allclose(found["second"], model.predict_proba(trials["second"]))


def test_padding_has_no_state(model):
    counts = np.stack([drawn(6, 1), drawn(6, 2)])
    counts[0, 4:] = np.nan
    given = xr.DataArray(counts, {"neuron": ["a", "b"]}, ("trial", "time", "neuron"))
    probability, path = model.predict_proba(given), model.decode(given)
    assert np.isnan(probability.values[0, 4:]).all()
    assert (path.values[0, 4:] == -1).all()
    np.testing.assert_allclose(probability.values[0, :4], model.predict_proba(named(counts[0, :4])))
    assert np.isfinite(probability.values[1]).all()


def test_a_gap_within_a_trial_is_bridged_by_the_chain(model, enumerate_paths):
    counts = drawn(7, 3)
    counts[2:5] = np.nan
    found = model.predict_proba(named(counts)).values
    expected = enumerate_paths(logs_of(counts), MOVES, FIRST)[0]
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_a_trial_without_any_observation_has_the_prior(model):
    given = named(np.full((4, 2), np.nan))
    found = model.predict_proba(given).values
    for t in range(4):
        np.testing.assert_allclose(found[t], FIRST @ np.linalg.matrix_power(MOVES, t), atol=1e-12)
    assert model.log_likelihood(given) == pytest.approx(0.0, abs=1e-12)
    assert np.isnan(model.score(given))


def test_times_and_trial_names_are_kept(model):
    given = xr.DataArray(
        np.stack([drawn(3, 1), drawn(3, 2)]),
        {"trial": ["x", "y"], "time": [0.5, 0.7, 0.9], "neuron": ["a", "b"]},
        ("trial", "time", "neuron"),
    )
    for found in (model.predict_proba(given), model.decode(given), model.predict(given)):
        assert found["trial"].values.tolist() == ["x", "y"]
        np.testing.assert_array_equal(found["time"], given["time"])


def test_states_in_another_order_give_the_same_answers(model):
    other = GLMHMM.from_parameters(
        transition=MOVES, bias=np.log(RATES), initial=FIRST, link="exp", history=None,
        neurons=["a", "b"],
    )  # fmt: skip
    order = [2, 0, 1]
    given = named(drawn(20, 4))
    assert other.reorder(order) is other
    np.testing.assert_allclose(
        other.predict_proba(given).values, model.predict_proba(given).values[:, order], atol=1e-12
    )
    assert other.log_likelihood(given) == pytest.approx(model.log_likelihood(given), abs=1e-10)
    np.testing.assert_array_equal(
        np.array(order)[other.decode(given).values], model.decode(given).values
    )
    np.testing.assert_allclose(other.predict(given), model.predict(given), atol=1e-12)
    assert other.transition_["state"].values.tolist() == [0, 1, 2]


@pytest.mark.parametrize("order", [[0, 1], [0, 0, 1], [1, 2, 3], []])
def test_an_order_names_every_state_once(model, order):
    with pytest.raises(OptionError, match="every state once"):
        model.reorder(order)


def test_a_model_without_a_fit_has_no_answers():
    for ask in ("predict_proba", "filter", "predict", "decode", "score", "dwell"):
        with pytest.raises(NotFittedError):
            getattr(GLMHMM(2), ask)(np.zeros((3, 1)))


def test_other_neurons_are_refused(model):
    given = named(drawn(4, 1))
    with pytest.raises(LabelError, match="neurons"):
        model.decode(given.isel(neuron=[1, 0]))
    with pytest.raises(LabelError, match="neurons"):
        model.decode(given.isel(neuron=[0]))
    with pytest.raises(LabelError, match="neurons"):
        model.decode(drawn(4, 1))


def test_inputs_that_the_fit_had_not_are_refused(model):
    with pytest.raises(SchemaError, match="the fit had 0"):
        model.score(named(drawn(4, 1)), np.ones((4, 2)))


def test_driven_transitions_are_those_of_every_bin(enumerate_paths):
    slopes = np.array([[[0.0], [1.5]], [[-2.0], [0.0]]])
    model = GLMHMM.from_parameters(
        transition=[[0.8, 0.2], [0.4, 0.6]], bias=[[-1.0], [1.0]], initial=[0.6, 0.4],
        transition_weights=slopes, history=None, link="exp",
    )  # fmt: skip
    rng = np.random.default_rng(0)
    counts, inputs = rng.poisson(1.0, (8, 1)).astype(float), rng.normal(size=(8, 1))
    logits = np.log(np.array([[0.8, 0.2], [0.4, 0.6]])) + inputs[:, None] * slopes[..., 0]
    moves = np.exp(logits)
    moves /= moves.sum(axis=2, keepdims=True)
    logs = stats.poisson.logpmf(counts, np.exp([[-1.0, 1.0]]))
    probability, _, total, _, _ = enumerate_paths(logs, moves, np.array([0.6, 0.4]))
    found = model.predict_proba(counts, transition_inputs=inputs)
    np.testing.assert_allclose(found, probability, atol=1e-10)
    assert model.log_likelihood(counts, transition_inputs=inputs) == pytest.approx(total)
    with pytest.raises(OptionError, match="transition_inputs"):
        model.log_likelihood(counts)


def test_dwell_times_are_those_of_the_decoded_path(model):
    trials = [named(drawn(n, n)) for n in (15, 25)]
    found = model.dwell(trials, bin_s=0.1)
    paths = np.concatenate([path.values for path in model.decode(trials)])
    np.testing.assert_allclose(found.occupancy, np.bincount(paths, minlength=3) / 40)
    np.testing.assert_allclose(found.expected, 0.1 / (1 - np.diag(MOVES)))
    # A visit never goes on in the next trial.
    ends = np.cumsum(found.duration.values)
    assert np.isclose(ends, 1.5).any()


def test_asking_changes_neither_model_nor_data(model):
    counts = drawn(10, 8, 0.2)
    given, before = named(counts), counts.copy()
    kept = {name: value.copy() for name, value in model._fitted().items()}
    for ask in ("predict_proba", "filter", "predict", "decode", "score", "dwell"):
        getattr(model, ask)(given)
    np.testing.assert_array_equal(given.values, before)
    for name, value in kept.items():
        assert value.identical(getattr(model, name))
