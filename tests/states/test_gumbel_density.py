"""The published relaxed edges: their density, their schedule, and what they are told not to see."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import dblquad

torch = pytest.importorskip("torch")

from neurokit.states.gumbel import (  # noqa: E402
    _LEAST_TRANSITION,
    _normalised,
    fit_gumbel,
    log_relaxed_density,
)


def _density(a, b, prior, temperature):
    kinds = torch.tensor([a, b, 1.0 - a - b], dtype=torch.float64)
    log_prior = torch.log(torch.tensor(prior, dtype=torch.float64))
    return float(torch.exp(log_relaxed_density(torch.log(kinds), log_prior, temperature)))


@pytest.mark.parametrize("prior", [(1 / 3, 1 / 3, 1 / 3), (0.6, 0.3, 0.1)])
@pytest.mark.parametrize("temperature", [1.0, 2.0])
def test_the_density_integrates_to_one(prior, temperature):
    """Above a temperature of 1 the density has no poles at the corners."""
    tiny = 1e-9
    total, _ = dblquad(
        lambda b, a: _density(a, b, prior, temperature),
        tiny,
        1 - tiny,
        lambda a: tiny,
        lambda a: max(1 - a - tiny, tiny),
        epsabs=1e-4,
        epsrel=1e-4,
    )
    assert total == pytest.approx(1.0, abs=5e-3)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 2.5])
def test_the_density_is_the_published_formula(temperature):
    """2 tau^2 prod pi_k x_k^(-tau - 1) / (sum pi_k x_k^-tau)^3, for any scale of pi."""
    x, pi = np.array([0.2, 0.3, 0.5]), np.array([0.5, 0.4, 0.1])
    top = 2 * temperature**2 * np.prod(pi * x ** (-temperature - 1))
    expected = top / (pi * x**-temperature).sum() ** 3
    assert _density(0.2, 0.3, pi, temperature) == pytest.approx(expected, rel=1e-10)
    assert _density(0.2, 0.3, 7 * pi, temperature) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("temperature", [0.2, 0.5])
def test_draws_have_this_density(temperature):
    """Share of draws in which a kind is largest is its probability, whatever the temperature."""
    prior = np.array([0.5, 0.3, 0.2])
    rng = np.random.default_rng(0)
    gumbel = -np.log(-np.log(rng.random((50_000, 3))))
    logits = (np.log(prior) + gumbel) / temperature
    shares = np.bincount(logits.argmax(axis=1), minlength=3) / 50_000
    np.testing.assert_allclose(shares, prior, atol=0.01)
    # Mean of the log density over draws is minus the entropy: finite, and it rises as draws
    # come nearer to the corners.
    log_kind = torch.log_softmax(torch.tensor(logits), dim=-1)
    found = log_relaxed_density(log_kind, torch.log(torch.tensor(prior)), temperature)
    assert torch.isfinite(found).all()
    assert float(found.mean()) > 0


def test_the_density_has_no_upper_bound():
    values = [_density(eps, eps, (1 / 3,) * 3, 0.2) for eps in (1e-2, 1e-4, 1e-6)]
    assert values[0] < values[1] < values[2]


def test_rows_of_transitions_sum_to_one_and_none_vanishes():
    found = _normalised(np.array([[9.0, 1.0], [0.0, 0.0]]))
    np.testing.assert_allclose(found.sum(axis=1), 1.0)
    np.testing.assert_allclose(found[0], [0.9, 0.1])
    np.testing.assert_allclose(found[1], 0.5)
    strict = _normalised(np.array([[1e9, 0.0], [0.0, 1e9]]))
    assert strict[0, 1] == pytest.approx(_LEAST_TRANSITION, rel=1e-3)


def _problem(seed=0, n_trials=3, n_bins=80, n=3):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(0.4, (n_trials * n_bins, n)).astype(float)
    history = np.zeros((len(counts), n, 1))
    history[1:, :, 0] = counts[:-1]
    history[np.arange(n_trials) * n_bins] = 0.0
    offsets = np.arange(n_trials + 1) * n_bins
    return history, counts, np.ones_like(counts), offsets


def _fit(problem, n_states=2, *, seed=0, allowed=None, mask=None, stop=lambda: False, **options):
    history, counts, seen, offsets = problem
    n = counts.shape[1]
    options = {"link": "softplus", "shared_bias": False, "n_epochs": 2, "n_steps": 5, **options}
    return fit_gumbel(
        history,
        counts,
        seen if mask is None else mask,
        offsets,
        n_states,
        allowed=np.ones((n, n), dtype=bool) if allowed is None else allowed,
        rng=np.random.default_rng(seed),
        stop=stop,
        **options,
    )


@pytest.mark.parametrize("link", ["sigmoid", "softplus", "exp"])
@pytest.mark.parametrize("n_states", [1, 3])
def test_results_have_their_shapes_and_sums(link, n_states):
    found = _fit(_problem(), n_states, link=link)
    assert found.weights.shape == (n_states, 3, 3, 1)
    assert found.bias.shape == (n_states, 3)
    np.testing.assert_allclose(found.transition.sum(axis=1), 1.0)
    np.testing.assert_allclose(found.probability.sum(axis=-1), 1.0)
    np.testing.assert_allclose(found.prior.sum(axis=-1), 1.0)
    assert len(found.loss) == 2
    assert found.finished
    assert np.isfinite(found.weights).all()


def test_signs_are_those_of_the_likeliest_kind():
    found = _fit(_problem(), 2, n_epochs=3, n_steps=20)
    kind = found.probability.argmax(axis=-1) - 1
    np.testing.assert_array_equal(np.sign(found.weights[..., 0]), kind)


def test_the_same_seed_gives_the_same_bytes():
    one, other = (_fit(_problem(), seed=4) for _ in range(2))
    for name in ("weights", "bias", "transition", "probability", "prior"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    assert one.loss == other.loss
    assert _fit(_problem(), seed=5).loss != one.loss


def test_edges_that_are_not_allowed_stay_away():
    allowed = np.ones((3, 3), dtype=bool)
    allowed[0, 1] = allowed[2, 2] = False
    found = _fit(_problem(), allowed=allowed, n_epochs=3, n_steps=20)
    assert not found.weights[:, 0, 1].any()
    assert not found.weights[:, 2, 2].any()


def test_masked_responses_count_for_nothing():
    history, counts, seen, offsets = _problem()
    mask = seen.copy()
    mask[10:40, 1] = 0.0
    other = counts.copy()
    other[10:40, 1] = 50.0
    one = _fit((history, counts, seen, offsets), mask=mask)
    two = _fit((history, other, seen, offsets), mask=mask)
    np.testing.assert_array_equal(one.weights, two.weights)
    np.testing.assert_array_equal(one.transition, two.transition)


def test_a_shared_bias_is_one_for_all_states():
    found = _fit(_problem(), 3, shared_bias=True, n_steps=20)
    np.testing.assert_array_equal(found.bias, np.tile(found.bias[0], (3, 1)))
    apart = _fit(_problem(), 3, shared_bias=False, n_steps=20)
    assert np.abs(apart.bias - apart.bias[0]).max() > 0


def test_a_stop_ends_where_it_stands():
    asked = []

    def stop():
        asked.append(True)
        return len(asked) > 2

    found = _fit(_problem(), stop=stop, n_epochs=5)
    assert not found.finished
    assert len(found.loss) < 5
    assert np.isfinite(found.weights).all()


def test_the_data_and_torchs_threads_are_left_as_they_were():
    problem = _problem()
    before = [part.copy() for part in problem]
    threads = torch.get_num_threads()
    state = torch.random.get_rng_state()
    _fit(problem)
    for part, old in zip(problem, before, strict=True):
        np.testing.assert_array_equal(part, old)
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)
