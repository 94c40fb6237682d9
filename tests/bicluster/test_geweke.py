"""Geweke's joint test: the sampler passes it, and samplers with known faults fail it.

Short chains from the prior are used for moves alone, since one move leaves most parameters as
they are. Scores are standard normal for a correct sampler; 23 of them are above 4 in absolute
value once in 700 runs, and seeds are fixed.
"""

import numpy as np
import pytest

from neurokit.bicluster import gibbs
from neurokit.bicluster.geweke import (
    batch_error,
    changes_from_prior,
    functions,
    small_problem,
)
from neurokit.bicluster.gibbs import draw_all_dynamics
from neurokit.bicluster.kernels import geweke
from neurokit.bicluster.latent_moves import draw_latents, scale_ratio
from neurokit.bicluster.settings import Settings
from neurokit.bicluster.sticky_transitions import draw_tables
from neurokit.errors import OptionError

FAMILIES = ["poisson", "negative_binomial", "gaussian"]
FAULT = 4.0


def largest(scores):
    return max(abs(z) for z in scores.values())


def alone(observation, move, n_draws, **options):
    return geweke(
        observation, moves=[move], from_prior=True, n_draws=n_draws, random_state=1, **options
    )


def test_standard_error_of_independent_draws_is_the_textbooks():
    draws = np.random.default_rng(0).normal(size=(10_000, 200)) * 3.0
    # 100 batches: each error scatters by 1 / sqrt(198), their mean by much less.
    assert batch_error(draws).mean() == pytest.approx(3.0 / 100, rel=0.02)


def test_standard_error_of_a_sticky_chain_counts_its_correlation():
    rng = np.random.default_rng(1)
    x = np.zeros((10_000, 50))
    for t in range(1, len(x)):
        x[t] = 0.8 * x[t - 1] + 0.6 * rng.normal(size=50)
    # Long-run variance of a unit AR(1): (1 + rho) / (1 - rho) = 9.
    assert batch_error(x).mean() == pytest.approx(3.0 / 100, rel=0.1)


@pytest.mark.parametrize("observation", FAMILIES)
def test_functions_do_not_depend_on_the_numbering_of_clusters(observation):
    rng = np.random.default_rng(2)
    problem = small_problem(observation)
    state, data = problem.draw(rng)
    while state.n_clusters < 3:
        state, data = problem.draw(rng)
    order = np.roll(np.arange(state.n_clusters), 1)
    renumbered = state.changed(
        neurons=np.argsort(order)[state.neurons],
        latents=state.latents[order],
        a=state.a[:, order],
        b=state.b[:, order],
        noise=state.noise[:, order],
    )
    before, after = functions(state, data), functions(renumbered, data)
    assert before == pytest.approx(after, rel=1e-12)
    assert np.isfinite(list(before.values())).all()


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"observation": "poison"}, "observation"),
        ({"moves": ["path"]}, "moves"),
        ({"n_draws": 10}, "n_draws"),
        ({"neuron_prior": "crp"}, "neuron_prior"),
        ({"n_sweeps": 0}, "n_sweeps"),
    ],
)
def test_options_out_of_range_are_refused_by_name(options, where):
    with pytest.raises(OptionError, match=where):
        geweke(**options)


def test_a_problem_too_small_for_its_functions_is_refused():
    for name, value in (("n_neurons", 1), ("n_bins", 5), ("n_latents", 0), ("n_states", 1)):
        with pytest.raises(OptionError, match=name):
            small_problem(**{name: value})


def test_same_seed_same_scores():
    runs = [alone("gaussian", "dynamics", 100, n_sweeps=1) for _ in range(2)]
    assert runs[0] == runs[1]


def test_a_kernel_that_does_nothing_passes_from_the_prior_with_scores_of_zero():
    def still(state, data, settings, number, rng):
        return state

    assert largest(geweke(from_prior=True, n_sweeps=1, n_draws=100, kernel=still)) == 0.0
    # And data drawn anew given the same state are a valid move.
    assert largest(geweke(from_prior=True, n_draws=400, kernel=still, random_state=3)) < FAULT


def test_a_kernel_that_shrinks_offsets_fails():
    def shrink(state, data, settings, number, rng):
        return state.changed(loadings=0.9 * state.loadings)

    scores = geweke(from_prior=True, n_draws=300, kernel=shrink, random_state=4)
    assert abs(scores["squared loading"]) > FAULT
    assert scores["clusters"] == 0.0


@pytest.mark.parametrize(("observation", "n_begun"), [("poisson", 12), ("gaussian", 6)])
def test_chains_whose_counts_cannot_be_held_are_drawn_anew(observation, n_begun):
    problem = small_problem(observation)
    begun = []

    def explode_first_and_every_other(state, data, settings, number, rng):
        begun.append(number)
        return state.changed(latents=state.latents * (1e9 if len(begun) % 2 else 1.0))

    changes = changes_from_prior(
        problem, 6, 1, np.random.default_rng(0), explode_first_and_every_other
    )
    assert len(changes) == 6
    assert np.isfinite(changes).all()
    assert len(begun) == n_begun


@pytest.mark.slow
@pytest.mark.parametrize("observation", FAMILIES)
@pytest.mark.parametrize("move", Settings.moves)
def test_each_move_alone_leaves_the_model_invariant(observation, move):
    assert largest(alone(observation, move, 400)) < FAULT


@pytest.mark.slow
@pytest.mark.parametrize("observation", FAMILIES)
def test_whole_sweeps_leave_the_model_invariant(observation):
    assert largest(geweke(observation, n_draws=1500, random_state=2)) < FAULT


@pytest.mark.nightly
@pytest.mark.parametrize("neuron_prior", ["mfm", "dp"])
@pytest.mark.parametrize("observation", FAMILIES)
def test_fifty_thousand_sweeps_leave_the_model_invariant(observation, neuron_prior):
    scores = geweke(observation, n_draws=50_000, neuron_prior=neuron_prior, random_state=3)
    assert largest(scores) < FAULT


@pytest.mark.nightly
@pytest.mark.parametrize("observation", FAMILIES)
@pytest.mark.parametrize("move", Settings.moves)
def test_each_move_alone_over_ten_thousand_chains(observation, move):
    assert largest(alone(observation, move, 10_000)) < FAULT


# Samplers with faults: each is one that was published, or is easily written.


def _late_labels(info, linear, a, b, noise, labels, edges, normals):
    """State index off by one: the step from t to t + 1 has the label of the step before it."""
    late = labels.copy()
    late[1:] = np.where((labels[1:] >= 0) & (labels[:-1] >= 0), labels[:-1], labels[1:])
    return draw_latents(info, linear, a, b, noise, late, edges, normals)


def _no_jacobian(factor, latents, first, loadings, marginals):
    power = latents[:, 1:].size - loadings[:, 1:].size
    return scale_ratio(factor, latents, first, loadings, marginals) - power * np.log(factor)


def _tables_draw_sizes(y, seen, eta, sizes, rng):
    """L ~ CRT(y, r), r ~ Gamma(1 + L, 1 + sum log((r + mean) / r)), where the mean is held."""
    for i in range(len(sizes)):
        counts = np.minimum(y[i : i + 1, seen[i]], 1000.0).astype(np.int64)
        tables = draw_tables(counts, np.full(counts.shape, sizes[i]), rng).sum()
        rate = 1.0 + np.log1p(np.exp(eta[i, seen[i]]) / sizes[i]).sum()
        sizes[i] = max(rng.standard_gamma(1.0 + tables) / rate, 1e-3)
    return len(sizes)


class _OneSided:
    """A generator whose single normals are never negative: a proposal that only goes up."""

    def __init__(self, rng):
        self._rng = rng

    def standard_normal(self, size=None):
        drawn = self._rng.standard_normal(size)
        return abs(drawn) if size is None else drawn

    def __getattr__(self, name):
        return getattr(self._rng, name)


MUTANTS = {
    "labels one bin late": ("gaussian", "paths", "draw_latents", _late_labels),
    "scale without Jacobian": ("gaussian", "scale", "scale_ratio", _no_jacobian),
    "sizes by tables": ("negative_binomial", "extras", "draw_sizes", _tables_draw_sizes),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", MUTANTS)
def test_samplers_with_a_known_fault_fail(name, monkeypatch):
    observation, move, target, fault = MUTANTS[name]
    monkeypatch.setattr(gibbs, target, fault)
    assert largest(alone(observation, move, 1000)) > FAULT


@pytest.mark.slow
def test_a_proposal_that_only_goes_up_fails(monkeypatch):
    def dynamics(state, data, settings, number, rng):
        return draw_all_dynamics(state, data, settings, number, rng._rng)

    monkeypatch.setattr(gibbs, "draw_all_dynamics", dynamics)

    def upwards(state, data, settings, number, rng):
        return gibbs.sweep(state, data, settings, number, _OneSided(rng))[0]

    assert largest(alone("gaussian", "scale", 1000, kernel=upwards)) > FAULT
