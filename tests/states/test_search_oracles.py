"""Starts, restarts, selection and bootstrap: sums of windows, counts of fits, the same bytes."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from neurokit.errors import OptionError
from neurokit.states import GLMHMM, select_states
from neurokit.states.free_parameters import FreeParameters
from neurokit.states.interruption import Interruption
from neurokit.states.options import prior_maker
from neurokit.states.resampling import bootstrap_parameters
from neurokit.states.restarts import SearchOptions, _screening_trials, search
from neurokit.states.selection import _folds, _with_trials, count_parameters, fewest
from neurokit.states.starts import (
    _clusters,
    _directions,
    _spread_centres,
    _window_scores,
    single_state,
    window_edges,
)
from neurokit.states.storing import stored_parameters

RATES = np.array([[0.4, 3.0], [3.0, 0.4]])


def counts_of(n_trials=6, n_bins=40, seed=0):
    rng = np.random.default_rng(seed)
    states = rng.integers(2, size=(n_trials, n_bins // 10)).repeat(10, axis=1)
    return rng.poisson(RATES[states]).astype(float)


def prepared(counts, n_states=2, **options):
    model = GLMHMM(n_states, **{"history": None, **options})
    given, data, _ = model.prepare(counts)
    problem = model.make_problem(data)
    return data, problem, prior_maker(model, problem, given)


@pytest.mark.parametrize("window", [1, 3, 7, 100])
def test_windows_cover_every_bin_once_and_end_with_their_trial(window):
    offsets = np.array([0, 10, 10, 11, 40])
    edges = window_edges(offsets, window)
    assert edges[0] == 0
    assert edges[-1] == 40
    assert set(offsets.tolist()) <= set(edges.tolist())
    assert (np.diff(edges) >= 1).all()
    assert np.diff(edges).max() <= max(1.5 * window, 1)


@pytest.mark.parametrize("observation", ["poisson", "bernoulli", "gaussian"])
def test_scores_of_windows_add_up_to_the_slope_of_all_bins(observation):
    counts = counts_of()
    values = (counts > 0).astype(float) if observation == "bernoulli" else counts
    data, problem, maker = prepared(values, observation=observation)
    base = single_state(data, problem, maker())
    edges = window_edges(data.offsets, 10)
    scores = _window_scores(data, problem, base, edges)
    total = (scores * np.sqrt(np.diff(edges))[:, None]).sum(axis=0)
    # At the fit of one state the slope of the bias is zero, so that windows balance each other.
    assert np.abs(total).max() < 1e-3 * np.abs(scores).sum()


def test_directions_keep_distances_between_windows():
    rng = np.random.default_rng(0)
    for shape in ((30, 6), (6, 30)):
        scores = rng.normal(size=shape) * rng.uniform(0.1, 10, shape[1])
        found = _directions(scores)
        centred = (scores - scores.mean(axis=0)) / scores.std(axis=0)
        apart = [np.square(x[:, None] - x[None]).sum(axis=2) for x in (found, centred)]
        np.testing.assert_allclose(*apart, rtol=1e-6, atol=1e-6)


def test_windows_that_are_all_alike_have_no_direction():
    np.testing.assert_array_equal(_directions(np.ones((5, 3))), np.zeros((5, 1)))


def test_clusters_that_lie_apart_are_found():
    rng = np.random.default_rng(1)
    truth = np.repeat([0, 1, 2], 20)
    points = 10.0 * np.eye(3)[truth] + rng.normal(size=(60, 3))
    labels = _clusters(points, 3, rng)
    assert len({(a, b) for a, b in zip(truth, labels, strict=True)}) == 3


def test_no_more_clusters_than_different_points():
    points = np.repeat([[0.0], [5.0]], 4, axis=0)
    labels = _clusters(points, 4, np.random.default_rng(0))
    assert set(labels[:4]).isdisjoint(labels[4:])
    centres = _spread_centres(np.zeros((5, 2)), 3, np.random.default_rng(0))
    np.testing.assert_array_equal(centres, np.zeros((3, 2)))


@pytest.mark.parametrize("n_workers", [2, 3])
def test_a_search_is_the_same_bytes_for_any_number_of_workers(n_workers):
    data, problem, maker = prepared(counts_of())

    def found(workers):
        options = SearchOptions("random", 4, 30, 1e-5, workers)
        return search(data, problem, maker, options, np.random.default_rng(2), stop=Interruption())

    one, more = found(1), found(n_workers)
    assert one.objectives.tobytes() == more.objectives.tobytes()
    assert one.best.objective == more.best.objective
    first, second = one.best.parameters, more.best.parameters
    assert first.coefficients.tobytes() == second.coefficients.tobytes()


def test_one_state_needs_one_start():
    data, problem, maker = prepared(counts_of(), n_states=1)
    options = SearchOptions("segments", 5, 30, 1e-6, 1)
    found = search(data, problem, maker, options, np.random.default_rng(0), stop=Interruption())
    assert found.objectives.size == 1
    flat = counts_of().reshape(-1, 2)
    expected = stats.poisson.logpmf(flat, flat.mean(axis=0)).sum()
    assert found.best.log_likelihood == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("n_bins", [100, 20_000])
def test_screening_takes_whole_trials_of_enough_bins(n_bins):
    offsets = np.arange(0, 3 * n_bins + 1, n_bins)
    chosen = _screening_trials(offsets, np.random.default_rng(0))
    assert (np.diff(chosen) > 0).all()
    total = int(np.diff(offsets)[chosen].sum())
    assert total >= min(15_000, 3 * n_bins)
    assert chosen.size == (3 if n_bins == 100 else 1)


@pytest.mark.parametrize(("n_trials", "n_folds"), [(10, 5), (11, 3), (3, 8)])
def test_folds_hold_every_trial_once_and_are_of_one_size(n_trials, n_folds):
    fold = _folds(n_trials, n_folds, np.random.default_rng(0))
    sizes = np.bincount(fold)
    assert sizes.sum() == n_trials
    assert sizes.size == min(n_trials, n_folds)
    assert np.ptp(sizes) <= 1


def test_a_single_trial_is_cut_without_losing_a_bin():
    data, *_ = prepared(counts_of(1, 50))
    cut = _with_trials(data, 3)
    assert len(cut.offsets) == 7
    assert cut.offsets[0] == 0
    assert cut.offsets[-1] == 50
    np.testing.assert_array_equal(cut.response, data.response)
    several, *_ = prepared(counts_of(3))
    assert _with_trials(several, 3) is several


def test_held_out_likelihoods_of_one_state_are_those_of_the_other_trials_means():
    counts = counts_of(4, 20)
    found = select_states(counts, n_states=[1], n_folds=4, history=None, random_state=3, tol=1e-12)
    fold = _folds(4, 4, np.random.default_rng(3))
    for k in range(4):
        train, test = counts[fold != k].reshape(-1, 2), counts[fold == k].reshape(-1, 2)
        expected = stats.poisson.logpmf(test, train.mean(axis=0)).sum() / 20
        assert float(found.log_likelihood[0, k]) == pytest.approx(expected, abs=1e-6)
    flat = counts.reshape(-1, 2)
    whole = stats.poisson.logpmf(flat, flat.mean(axis=0)).sum()
    assert int(found.n_parameters[0]) == 2
    assert float(found.aic[0]) == pytest.approx(4 - 2 * whole, abs=1e-4)
    assert float(found.bic[0]) == pytest.approx(2 * np.log(80) - 2 * whole, abs=1e-4)


@pytest.mark.parametrize("observation", ["poisson", "gaussian", "bernoulli"])
@pytest.mark.parametrize("bias", ["state", "shared", "none"])
def test_the_count_of_parameters_is_that_of_the_free_ones(observation, bias):
    # Initial probabilities are held there, and counted here.
    values = (counts_of(2) > 0).astype(float)
    model = GLMHMM(3, observation=observation, history=2, bias=bias, initial="uniform")
    given, data, _ = model.prepare(values)
    problem = model.make_problem(data)
    prior = prior_maker(model, problem, given)()
    base = single_state(data, problem, prior)
    free = FreeParameters(base, problem.penalty(prior), problem.emission.has_scale)
    assert count_parameters(problem, data) == sum(free.sizes)


@pytest.mark.parametrize("seed", range(3))
def test_fewest_never_takes_more_states_than_the_best(seed):
    held_out = np.random.default_rng(seed).normal(size=(5, 4))
    chosen = fewest([1, 2, 3, 4, 5], held_out)
    assert chosen <= int(np.argmax(held_out.mean(axis=1))) + 1


def test_selection_of_numbers_given_twice_is_of_each_once():
    counts = counts_of(3, 20)
    found = select_states(
        counts, n_states=[2, 1, 2], n_folds=3, history=None, n_restarts=1, tol=1e-3, random_state=0
    )
    assert found.n_states.values.tolist() == [1, 2]
    with pytest.raises(OptionError, match="n_states"):
        select_states(counts, n_states=[])


def test_draws_of_a_bootstrap_are_fits_of_trials_drawn_with_replacement():
    counts = counts_of()
    model = GLMHMM(1, history=None, link="exp", tol=1e-12).fit(counts)
    _, data, parameters, emission = model._prepared(counts, None, None, None)
    problem = model._fitted_problem(data, emission, 1)
    found = bootstrap_parameters(
        data, problem, parameters, lambda: model._final_prior(problem), n_resamples=5,
        max_iter=200, tol=1e-12, rng=np.random.default_rng(4), n_workers=1, stop=Interruption(),
    )  # fmt: skip
    for stream, draw in zip(np.random.default_rng(4).spawn(5), found, strict=True):
        chosen = stream.integers(6, size=6)
        mean = counts[chosen].reshape(-1, 2).mean(axis=0)
        np.testing.assert_allclose(np.exp(draw.coefficients[0, :, 0, -1]), mean, rtol=1e-5)


def test_states_of_every_draw_are_those_of_the_fit():
    counts = counts_of(10)
    model = GLMHMM(2, history=None, n_restarts=2, random_state=0).fit(counts)
    draws = model.bootstrap(counts, n_resamples=6, random_state=0)
    higher = stored_parameters(model)[0].coefficients[:, :, 0, -1].argmax(axis=0)
    found = draws.bias.values.argmax(axis=1)
    np.testing.assert_array_equal(found, np.broadcast_to(higher, found.shape))
