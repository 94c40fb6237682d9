"""Forward-backward: against all paths written out, against hmmlearn, and at the edges of floats."""

import resource
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import neurokit.states.smoothing as smoothing
from neurokit.errors import OptionError
from neurokit.states import forward_backward
from neurokit.states.chains import static_chain
from neurokit.states.smoothing import filter_states, predict_states, smooth


def _chain(rng, n_states, zeros=0.3):
    transition = rng.dirichlet(np.ones(n_states), n_states)
    transition[rng.random((n_states, n_states)) < zeros] = 0
    transition[transition.sum(axis=1) == 0] = 1
    return transition / transition.sum(axis=1, keepdims=True), rng.dirichlet(np.ones(n_states))


def _hard_emission(rng, n_bins=8, n_states=3):
    """Log-emissions of every size, as those of 500 neurons are, some of -1e4."""
    size = rng.choice([1.0, 30.0, 700.0, 1e4])
    emission = -np.abs(rng.normal(size=(n_bins, n_states))) * size
    emission[rng.random((n_bins, n_states)) < 0.2] = -1e4
    return emission


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_all_paths_written_out_give_the_same(seed, large, enumerate_paths, monkeypatch):
    rng = np.random.default_rng(seed)
    monkeypatch.setattr(smoothing, "_LARGE", 0 if large else 64)
    transition, initial = _chain(rng, 3)
    emission = _hard_emission(rng)
    probability, count, log_likelihood, *_ = enumerate_paths(emission, transition, initial)
    found = forward_backward(emission, transition, initial)
    np.testing.assert_allclose(found.probability, probability, atol=1e-10)
    np.testing.assert_allclose(found.transition_count, count, atol=1e-10)
    np.testing.assert_allclose(found.log_likelihood, [log_likelihood], rtol=1e-13, atol=1e-10)


@pytest.mark.parametrize("seed", range(20))
def test_500_neurons_do_not_flatten_the_states(seed, enumerate_paths):
    rng = np.random.default_rng(seed)
    transition, initial = _chain(rng, 3)
    rates = rng.gamma(1.0, 1.0, (3, 500))
    counts = rng.poisson(rates[rng.integers(3, size=8)])
    emission = counts @ np.log(rates).T - rates.sum(axis=1)
    emission -= 5000.0  # the constant of 500 neurons, which no float of a probability holds
    probability, count, log_likelihood, *_ = enumerate_paths(emission, transition, initial)
    found = forward_backward(emission, transition, initial)
    np.testing.assert_allclose(found.probability, probability, atol=1e-10)
    np.testing.assert_allclose(found.transition_count, count, atol=1e-10)
    np.testing.assert_allclose(found.log_likelihood, [log_likelihood], rtol=1e-13)


def test_hmmlearn_in_logarithms_agrees():
    hmmc = pytest.importorskip("hmmlearn._hmmc")
    rng = np.random.default_rng(0)
    transition, initial = _chain(rng, 10, zeros=0.0)
    emission = 5.0 * rng.normal(size=(10_000, 10)) - 40.0
    log_likelihood, forward = hmmc.forward_log(initial, transition, emission)
    backward = hmmc.backward_log(initial, transition, emission)
    joint = forward + backward
    theirs = np.exp(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True))
    count = np.exp(hmmc.compute_log_xi_sum(forward, transition, backward, emission))
    found = forward_backward(emission, transition, initial)
    np.testing.assert_allclose(found.probability, theirs, atol=1e-8)
    np.testing.assert_allclose(found.transition_count, count, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.log_likelihood, [log_likelihood], rtol=1e-12)


def test_an_unreachable_state_with_the_largest_emission_changes_nothing():
    transition, initial = (
        np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0, 0, 1]]),
        np.array([0.5, 0.5, 0]),
    )
    rng = np.random.default_rng(0)
    emission = rng.normal(size=(50, 3)) - 2000.0
    emission[:, 2] = 0.0
    found = forward_backward(emission, transition, initial)
    alone = forward_backward(emission[:, :2], transition[:2, :2], initial[:2])
    np.testing.assert_allclose(found.probability[:, :2], alone.probability, atol=1e-14)
    np.testing.assert_allclose(found.log_likelihood, alone.log_likelihood, rtol=1e-14)
    assert (found.probability[:, 2] == 0).all()


def test_a_state_that_seemed_lost_can_win_in_the_end(enumerate_paths):
    # Two states that never mix: the first bin speaks for one by 1e4 nats, the rest for the other.
    emission = np.array([[0.0, -1e4], [-6e3, 0.0], [-6e3, 0.0]])
    probability, _, log_likelihood, *_ = enumerate_paths(emission, np.eye(2), np.full(2, 0.5))
    found = forward_backward(emission, np.eye(2), [0.5, 0.5])
    assert found.probability[0, 1] == pytest.approx(1.0)
    np.testing.assert_allclose(found.probability, probability, atol=1e-12)
    assert found.log_likelihood[0] == pytest.approx(log_likelihood)


def test_trials_are_smoothed_one_by_one():
    rng = np.random.default_rng(1)
    transition, initial = _chain(rng, 4)
    pieces = [rng.normal(size=(n, 4)) for n in (7, 1, 30)]
    together = forward_backward(np.concatenate(pieces), transition, initial, lengths=[7, 1, 30])
    apart = [forward_backward(piece, transition, initial) for piece in pieces]
    np.testing.assert_allclose(
        together.probability, np.concatenate([one.probability for one in apart]), atol=1e-15
    )
    np.testing.assert_allclose(
        together.transition_count, sum(one.transition_count for one in apart), atol=1e-13
    )
    np.testing.assert_allclose(together.initial_count, sum(one.probability[0] for one in apart))
    np.testing.assert_allclose(
        together.log_likelihood, [one.log_likelihood[0] for one in apart], atol=1e-13
    )


def test_missing_bins_give_the_propagated_prior():
    transition, initial = np.array([[0.9, 0.1], [0.3, 0.7]]), np.array([0.2, 0.8])
    found = forward_backward(np.zeros((5, 2)), transition, initial)
    expected = [initial @ np.linalg.matrix_power(transition, t) for t in range(5)]
    np.testing.assert_allclose(found.probability, expected, atol=1e-14)
    assert found.log_likelihood[0] == pytest.approx(0.0, abs=1e-14)


def test_an_empty_trial_has_likelihood_one():
    found = forward_backward(np.zeros((3, 2)), np.eye(2), [0.5, 0.5], lengths=[2, 0, 1])
    np.testing.assert_allclose(found.log_likelihood, 0.0, atol=1e-15)
    np.testing.assert_allclose(found.initial_count, [1.0, 1.0])


@pytest.mark.parametrize("seed", range(5))
def test_transitions_driven_by_inputs_are_those_of_every_step(seed, enumerate_paths):
    rng = np.random.default_rng(seed)
    emission, inputs = 3 * rng.normal(size=(7, 3)), rng.normal(size=(7, 2))
    coefficients = rng.normal(size=(3, 3, 2))
    logits = np.einsum("jkd,td->tjk", coefficients, inputs)
    steps = np.exp(logits) / np.exp(logits).sum(axis=2, keepdims=True)
    initial = rng.dirichlet(np.ones(3))
    probability, count, log_likelihood, *_ = enumerate_paths(emission, steps, initial)
    chain = (np.zeros((3, 3)), initial, np.array([0, 7]), coefficients, inputs)
    found = smooth(emission, *chain)
    np.testing.assert_allclose(found.probability, probability, atol=1e-12)
    np.testing.assert_allclose(found.transition_count, count, atol=1e-12)
    assert found.log_likelihood[0] == pytest.approx(log_likelihood)
    # Expected transitions times inputs of the bin entered, summed by a probe of one input each.
    probes = np.eye(7)
    wide = smooth(
        emission,
        *chain[:3],
        np.concatenate([coefficients, np.zeros((3, 3, 7))], axis=2),
        np.concatenate([inputs, probes], axis=1),
    )
    per_step = wide.input_count[..., 2:]
    np.testing.assert_allclose(
        found.input_count, np.einsum("jkt,td->jkd", per_step, inputs), atol=1e-12
    )
    np.testing.assert_allclose(per_step.sum(axis=2), count, atol=1e-12)


def test_the_filter_knows_the_past_only(enumerate_paths):
    rng = np.random.default_rng(2)
    transition, initial = _chain(rng, 3, zeros=0.0)
    emission = rng.normal(size=(6, 3))
    chain = (transition, initial, np.array([0, 6]), *static_chain(6, 3))
    filtered, log_likelihood = filter_states(emission, *chain)
    for t in range(6):
        probability, *_ = enumerate_paths(emission[: t + 1], transition, initial)
        np.testing.assert_allclose(filtered[t], probability[-1], atol=1e-13)
    ahead = predict_states(filtered, *chain)
    np.testing.assert_allclose(ahead[1:], filtered[:-1] @ transition, atol=1e-15)
    np.testing.assert_allclose(ahead[0], initial)
    # Sum of one-step predictive log-likelihoods.
    steps = np.log((ahead * np.exp(emission)).sum(axis=1)).sum()
    assert log_likelihood[0] == pytest.approx(steps)


def test_predictions_follow_driven_transitions():
    rng = np.random.default_rng(3)
    emission, inputs = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    coefficients = rng.normal(size=(2, 2, 1))
    chain = (np.full((2, 2), 0.5), np.array([0.3, 0.7]), np.array([0, 5]), coefficients, inputs)
    filtered, log_likelihood = filter_states(emission, *chain)
    ahead = predict_states(filtered, *chain)
    assert log_likelihood[0] == pytest.approx(np.log((ahead * np.exp(emission)).sum(1)).sum())


@given(st.integers(1, 6), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0.1, 900.0))
def test_probabilities_are_probabilities_whatever_the_emissions(n_states, n_bins, seed, size):
    rng = np.random.default_rng(seed)
    transition, initial = _chain(rng, n_states)
    emission = size * rng.normal(size=(n_bins, n_states))
    found = forward_backward(emission, transition, initial)
    np.testing.assert_allclose(found.probability.sum(axis=1), 1.0, atol=1e-10)
    assert (found.probability >= 0).all()
    assert found.transition_count.sum() == pytest.approx(n_bins - 1)
    assert np.isfinite(found.log_likelihood).all()


def test_a_trial_that_no_path_explains_is_named():
    emission = np.zeros((4, 2))
    emission[2] = [-np.inf, 0.0]
    with pytest.raises(OptionError, match="trial 1 is impossible"):
        forward_backward(emission, np.eye(2), [1.0, 0.0], lengths=[1, 3])


@pytest.mark.parametrize(
    ("emission", "transition", "initial", "lengths", "argument"),
    [
        (np.full((3, 2), np.nan), np.eye(2), [0.5, 0.5], None, "log_emission"),
        (np.zeros(3), np.eye(2), [0.5, 0.5], None, "log_emission"),
        (np.zeros((3, 2)), np.ones((2, 2)), [0.5, 0.5], None, "transition"),
        (np.zeros((3, 2)), np.eye(3), [0.5, 0.5], None, "transition"),
        (np.zeros((3, 2)), np.eye(2), [0.5, 0.6], None, "initial"),
        (np.zeros((3, 2)), np.eye(2), [0.5, 0.5], [2, 2], "lengths"),
        (np.zeros((3, 2)), np.eye(2), [0.5, 0.5], [4, -1], "lengths"),
    ],
)
def test_wrong_arguments_are_named(emission, transition, initial, lengths, argument):
    with pytest.raises(OptionError, match=argument):
        forward_backward(emission, transition, initial, lengths)


_MANY_BINS = """
import numpy as np, resource, sys
from neurokit.states import GLMHMM
rng, n_bins = np.random.default_rng(0), int(sys.argv[1])
counts = rng.poisson(1.0 + (np.arange(n_bins) // 500) % 10, size=n_bins)
model = GLMHMM(10, history=3, n_restarts=1, max_iter=2, random_state=0, progress=False)
import warnings
warnings.simplefilter("ignore")
model.fit(counts)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, model.log_likelihood_)
"""


def _peak_mb(n_bins):
    assert resource.RLIMIT_AS  # ru_maxrss is in kilobytes on Linux only
    if sys.platform != "linux":
        pytest.skip("ru_maxrss has another unit here")
    done = subprocess.run(
        [sys.executable, "-c", _MANY_BINS, str(n_bins)], capture_output=True, text=True, check=True
    )
    peak, log_likelihood = map(float, done.stdout.split())
    assert np.isfinite(log_likelihood)
    print(f"{n_bins} bins: {peak:.0f} MB")
    return peak


@pytest.mark.slow
def test_memory_of_ten_states_grows_by_less_than_a_kilobyte_per_bin():
    """From 20 000 to 200 000 bins; a million bins below a gigabyte: nightly."""
    # One matrix of states x states for each bin would be 800 bytes more.
    few, many = _peak_mb(20_000), _peak_mb(200_000)
    assert (many - few) * 2**20 / 180_000 < 1000


@pytest.mark.nightly
def test_a_million_bins_of_ten_states_fit_into_a_gigabyte():
    assert _peak_mb(1_000_000) < 1000
