"""Starts: windows within trials, clusters near the states, reproducible searches."""

import threading

import numpy as np
import pytest

from neurokit.states import GLMHMM, match_states
from neurokit.states.options import prior_maker
from neurokit.states.restarts import SearchOptions, in_parallel, search
from neurokit.states.starts import segment_states, single_state, start_parameters, window_edges


@pytest.fixture(scope="module")
def prepared(two_states):
    counts, states = two_states
    model = GLMHMM(2, history=2, link="exp")
    given, data, _ = model.prepare(counts)
    problem = model.make_problem(data)
    return data, problem, prior_maker(model, problem, given), states.ravel()


def test_windows_do_not_cross_trials():
    edges = window_edges(np.array([0, 7, 8, 30]), 5)
    assert {0, 7, 8, 30} <= set(edges.tolist())
    assert np.diff(edges).max() <= 7
    assert (np.diff(edges) > 0).all()


def test_the_single_state_is_a_fit_of_all_bins(prepared):
    data, problem, maker, _ = prepared
    base = single_state(data, problem, maker())
    np.testing.assert_array_equal(base.coefficients[0], base.coefficients[1])
    rate = problem.emission.mean(
        np.einsum("tc,nmc->tnm", data.columns, base.coefficients[0]), data.exposure
    )
    np.testing.assert_allclose(rate.mean(axis=0), data.response.mean(axis=0), rtol=1e-3)


def test_clusters_of_windows_are_near_the_states(prepared):
    data, problem, maker, states = prepared
    base = single_state(data, problem, maker())
    found = segment_states(data, problem, base, 10, np.random.default_rng(0))
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    labels = found.argmax(axis=1)
    assert (match_states(states, labels)[states] == labels).mean() > 0.85


@pytest.mark.parametrize("kind", ["segments", "random"])
@pytest.mark.parametrize("index", [0, 2])
def test_starts_differ_between_states_and_streams_and_repeat(prepared, kind, index):
    data, problem, maker, _ = prepared
    base = single_state(data, problem, maker())

    def start(seed):
        rng = np.random.default_rng(seed)
        return start_parameters(data, problem, maker(), base, kind=kind, index=index, rng=rng)

    first, again, other = start(0), start(0), start(1)
    assert not np.allclose(first.coefficients[0], first.coefficients[1])
    np.testing.assert_array_equal(first.coefficients, again.coefficients)
    if kind == "random":
        assert not np.allclose(first.coefficients, other.coefficients)


def test_a_search_keeps_the_best_start_and_can_be_stopped(prepared):
    data, problem, maker, _ = prepared
    options = SearchOptions("random", 4, 50, 1e-6, 1)
    found = search(data, problem, maker, options, np.random.default_rng(0), stop=threading.Event())
    assert found.objectives.shape == (4,)
    best = found.best.objective[-1] / data.n_observed_bins
    assert best == pytest.approx(found.objectives.max())
    stop = threading.Event()
    stop.set()
    ended = search(data, problem, maker, options, np.random.default_rng(0), stop=stop)
    assert len(ended.best.objective) == 1
    assert not ended.best.converged


def test_results_come_in_the_order_of_the_items():
    assert in_parallel(lambda x: x * x, range(5), 3) == [0, 1, 4, 9, 16]
    with pytest.raises(ZeroDivisionError):
        in_parallel(lambda x: 1 // x, [1, 0], 2)
