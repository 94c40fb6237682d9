"""Parameters of the estimator: what is refused and by which name, and what they turn into."""

import os

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.states import GLMHMM
from neurokit.states.options import check_parameters, n_workers, prior_maker, transition_prior
from neurokit.states.priors import RidgePrior

COUNTS = np.random.default_rng(0).poisson(1.0, (30, 2)).astype(float)


def _made(**options):
    model = GLMHMM(**{"n_states": 2, "history": 2, **options})
    given, data, _ = model.prepare(COUNTS)
    problem = model.make_problem(data)
    return prior_maker(model, problem, given), problem


def _advanced(prior, weights):
    """The prior after a stage in which weights were known with a standard error of .1."""
    information = np.broadcast_to(100.0 * np.eye(2), (*weights.shape[:2], 2, 2)).copy()
    prior.advance(weights, information)


@pytest.mark.parametrize("name", ["n_states", "n_restarts", "max_iter"])
@pytest.mark.parametrize("value", [0, -3, 1.0, "2", None, True, np.nan, [2]])
def test_numbers_of_things_are_whole_and_from_one(name, value):
    with pytest.raises(OptionError, match=f"{name}: is .*whole number from 1"):
        check_parameters(GLMHMM(**{"n_states": 2, name: value}))


@pytest.mark.parametrize("name", ["n_states", "n_restarts", "max_iter"])
@pytest.mark.parametrize("value", [1, np.int64(3), np.int16(2)])
def test_whole_numbers_of_any_width_will_do(name, value):
    check_parameters(GLMHMM(**{"n_states": 2, name: value}))


@pytest.mark.parametrize("name", ["ridge", "input_ridge", "stickiness", "transition_prior", "tol"])
@pytest.mark.parametrize("value", [-1e-9, np.nan, np.inf, "1", None, [1.0]])
def test_strengths_are_numbers_from_zero(name, value):
    with pytest.raises(OptionError, match=f"{name}: is .*number from 0"):
        check_parameters(GLMHMM(2, **{name: value}))


@pytest.mark.parametrize("name", ["ridge", "input_ridge", "stickiness", "transition_prior", "tol"])
@pytest.mark.parametrize("value", [0, 0.0, 2, np.float32(0.5)])
def test_zero_is_a_strength(name, value):
    check_parameters(GLMHMM(2, **{name: value}))


@pytest.mark.parametrize(
    ("observation", "links"),
    [
        ("poisson", {"softplus", "exp", "sigmoid"}),
        ("bernoulli", {"logit"}),
        ("gaussian", {"identity"}),
        ("negative_binomial", {"exp"}),
    ],
)
def test_every_observation_takes_its_links_only(observation, links):
    for link in ("softplus", "exp", "sigmoid", "logit", "identity"):
        model = GLMHMM(2, observation=observation, link=link)
        if link in links:
            check_parameters(model)
        else:
            with pytest.raises(OptionError, match="link"):
                check_parameters(model)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("bias", ("state", "shared", "none")),
        ("transitions", ("stationary", "input")),
        ("initial", ("learned", "uniform")),
        ("init", ("segments", "random")),
        ("prior", ("none", "gaussian", "onehot", "gumbel")),
    ],
)
def test_words_are_those_of_the_list(name, allowed):
    for word in allowed:
        check_parameters(GLMHMM(2, **{name: word}))
    with pytest.raises(OptionError, match=name) as caught:
        check_parameters(GLMHMM(2, **{name: "nothing of the kind"}))
    for word in allowed:
        assert word in str(caught.value)


def test_codes_of_categories_have_no_history():
    check_parameters(GLMHMM(2, observation="categorical", history=None))
    with pytest.raises(OptionError, match="history: codes of categories"):
        check_parameters(GLMHMM(2, observation="categorical", history=1))


@pytest.mark.parametrize("prior", ["gaussian", "onehot", "gumbel", RidgePrior((2, 1, 1, 1), 1.0)])
def test_a_prior_of_couplings_needs_couplings(prior):
    with pytest.raises(OptionError, match=r"prior: is .* without couplings"):
        check_parameters(GLMHMM(2, prior=prior, history=None))
    check_parameters(GLMHMM(2, prior=prior, history=1))


def test_a_mapping_of_starts_is_no_word():
    check_parameters(GLMHMM(2, init={"bias": 0.0}))


def test_checking_changes_nothing():
    model = GLMHMM(2, history=3, ridge=0.5)
    before = model.get_params()
    check_parameters(model)
    assert model.get_params() == before
    assert not any(name.endswith("_") and not name.startswith("_") for name in vars(model))


@pytest.mark.parametrize(("n_jobs", "expected"), [(1, 1), (2, 2), (np.int64(5), 5)])
def test_jobs_are_threads(n_jobs, expected):
    found = n_workers(n_jobs)
    assert found == expected
    assert type(found) is int


@pytest.mark.parametrize("count", [None, 3])
def test_all_processors_are_at_least_one(monkeypatch, count):
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert n_workers(-1) == (count or 1)


@pytest.mark.parametrize("n_jobs", [0, -2, 1.0, "2", None])
def test_other_numbers_of_jobs_are_refused(n_jobs):
    with pytest.raises(OptionError, match="n_jobs: is .*-1 for all"):
        n_workers(n_jobs)


@pytest.mark.parametrize("n_states", [1, 3])
def test_pseudo_counts_are_everywhere_and_more_on_the_diagonal(n_states):
    model = GLMHMM(n_states, stickiness=4.0, transition_prior=0.5, input_ridge=0.2)
    found = transition_prior(model)
    for j in range(n_states):
        for k in range(n_states):
            assert found.pseudo_count[j, k] == (4.5 if j == k else 0.5)
    assert found.ridge == 0.2
    assert found.initial == "learned"
    assert transition_prior(GLMHMM(2, initial="uniform")).initial == "uniform"


def test_without_pseudo_counts_there_is_no_prior_of_transitions():
    assert not transition_prior(GLMHMM(3)).pseudo_count.any()


@pytest.mark.parametrize("prior", ["none", "gumbel"])
def test_no_prior_is_a_ridge(prior):
    maker, problem = _made(prior=prior, ridge=0.25)
    made = maker()
    assert isinstance(made, RidgePrior)
    assert made.shape == problem.weight_shape == (2, 2, 2, 1)
    assert made.ridge == 0.25


@pytest.mark.parametrize("prior", ["none", "gaussian", "onehot"])
def test_every_start_has_a_prior_of_its_own(prior):
    maker, _ = _made(prior=prior)
    first, second = maker(), maker()
    assert first is not second
    for one, other in zip(first.quadratic(), second.quadratic(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_one_start_learns_the_next_does_not_know():
    maker, problem = _made(prior="gaussian")
    first = maker()
    before = [part.copy() for part in maker().quadratic()]
    _advanced(first, np.random.default_rng(0).normal(2.0, 1.0, problem.weight_shape))
    assert not np.array_equal(first.quadratic()[0], before[0])
    for one, other in zip(maker().quadratic(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_users_own_prior_is_copied_for_every_start():
    class _Learns(RidgePrior):
        def update(self, weights):
            self.ridge += 1.0

    mine = _Learns((2, 2, 2, 1), 1.0)
    maker, _ = _made(prior=mine)
    first = maker()
    first.update(np.zeros(first.shape))
    assert isinstance(first, _Learns)
    assert (mine.ridge, first.ridge, maker().ridge) == (1.0, 2.0, 1.0)


def test_a_users_own_prior_acts_as_the_ridge_that_it_is():
    options = {"history": 2, "random_state": 0, "n_restarts": 1, "max_iter": 6, "tol": 0.5}
    own = GLMHMM(1, prior=RidgePrior((1, 2, 2, 1), 3.0), **options).fit(COUNTS)
    built_in = GLMHMM(1, ridge=3.0, **options).fit(COUNTS)
    np.testing.assert_array_equal(own.weights_, built_in.weights_)
    assert own.log_likelihood_ == built_in.log_likelihood_


def test_neurons_that_are_not_coupled_have_no_learned_mean_off_the_diagonal():
    maker, problem = _made(prior="gaussian", coupling=False)
    weights = np.random.default_rng(0).normal(1.0, 0.1, problem.weight_shape)
    weights *= np.eye(2)[None, :, :, None]
    prior = maker()
    _advanced(prior, weights)
    mean, _ = prior.quadratic()
    assert (mean[:, ~np.eye(2, dtype=bool)] == 0).all()
    assert (mean[:, np.eye(2, dtype=bool)] != 0).all()
