"""Draws of state paths against enumeration of all paths."""

import itertools

import numpy as np
import pytest
from scipy.stats import chi2, chisquare

from neurokit.bicluster.kernels import sample_path
from neurokit.bicluster.latent_moves import draw_paths
from neurokit.bicluster.state_paths import draw_index, draw_path

N_PER_PATH = 2500


def logs(values):
    with np.errstate(divide="ignore"):
        return np.log(values)


def path_shares(log_weights):
    share = np.exp(log_weights - log_weights.max())
    return share / share.sum()


@pytest.fixture(scope="module")
def problem(dense):
    """Four bins, two states, two clusters: 8 paths with their exact posterior."""
    rng = np.random.default_rng(11)
    n_bins, n_states, n_clusters, q = 4, 2, 2, 2
    dynamics = dense.random_dynamics(rng, n_states, n_clusters, q)
    messages = dense.random_messages(rng, n_clusters, n_bins, q, missing=(2,))
    transition = np.array([[0.7, 0.3], [0.45, 0.55]])
    paths = np.array(list(itertools.product(range(n_states), repeat=n_bins - 1)))
    weights = [
        dense.path_log_evidence(*messages, *dynamics, path)
        + np.log(transition[path[:-1], path[1:]]).sum()
        for path in paths
    ]
    return messages, dynamics, np.log(transition), paths, path_shares(np.array(weights))


def kernel_counts(problem, n_particles, backward, seed, n=N_PER_PATH):
    """How often each path leads to each."""
    messages, dynamics, log_transition, paths, _ = problem
    rng = np.random.default_rng(seed)
    counts = np.zeros((len(paths), len(paths)))
    code = 2 ** np.arange(paths.shape[1])[::-1]
    for row, path in enumerate(paths):
        for _ in range(n):
            new = draw_path(*messages, *dynamics, log_transition, path, n_particles, backward, rng)
            counts[row, new @ code] += 1
    return counts


@pytest.fixture(scope="module")
def kernels(problem):
    """Both kernels with 2 particles, where each keeps most of its past."""
    return {backward: kernel_counts(problem, 2, backward, 5 + backward) for backward in (0, 1)}


def distance(flow, variance):
    """Squared z of every cell, summed."""
    return (flow**2 / np.maximum(variance, 1e-12)).sum()


@pytest.mark.parametrize("backward", [0, 1], ids=["ancestor", "backward"])
@pytest.mark.parametrize("n_particles", [2, 5])
def test_posterior_of_paths_is_invariant(problem, kernels, backward, n_particles):
    share = problem[-1]
    counts = kernels[backward] if n_particles == 2 else kernel_counts(problem, 5, backward, 9)
    found = counts / N_PER_PATH
    assert share.max() < 0.7, "a posterior on one path would show nothing"
    gap = share @ found - share
    variance = (share[:, None] ** 2 * found * (1 - found)).sum(axis=0) / N_PER_PATH
    assert (np.abs(gap) < 4 * np.sqrt(variance)).all()
    # Were the kernel the identity, the posterior would be invariant too.
    assert np.diag(found).max() < 0.97


def asymmetry(first, second, share):
    """Chi-square of pi_s A(s, s') = pi_s' B(s', s) and how many cells it sums."""
    a, b = first / N_PER_PATH, second / N_PER_PATH
    flow = share[:, None] * a - (share[:, None] * b).T
    va = share[:, None] ** 2 * a * (1 - a) / N_PER_PATH
    vb = share[:, None] ** 2 * b * (1 - b) / N_PER_PATH
    off = ~np.eye(len(share), dtype=bool)
    cells = off & (first + second.T > 20)
    return distance(flow[cells], (va + vb.T)[cells]), cells.sum()


def test_ancestor_and_backward_sampling_are_adjoint(problem, kernels):
    value, n_cells = asymmetry(kernels[0], kernels[1], problem[-1])
    assert n_cells > 20
    assert chi2.sf(value, n_cells) > 1e-4


def test_many_particles_draw_nearly_independently_of_the_retained_path(problem):
    counts = kernel_counts(problem, 60, False, 3, n=600)
    assert np.abs(counts / 600 - problem[-1]).max() < 4 * 0.5 / np.sqrt(600) + 0.02


def test_forbidden_steps_are_never_drawn(problem):
    messages, dynamics, _, _, _ = problem
    transition = logs(np.array([[1.0, 0.0], [0.4, 0.6]]))
    rng = np.random.default_rng(0)
    path = np.zeros(3, dtype=np.int64)
    for backward in (False, True):
        for _ in range(500):
            path = draw_path(*messages, *dynamics, transition, path, 4, backward, rng)
            assert not ((path[:-1] == 0) & (path[1:] == 1)).any()


def test_a_trial_of_one_bin_has_no_steps(problem):
    messages, dynamics, log_transition, _, _ = problem
    short = [part[:, :1].copy() for part in messages]
    none = np.zeros(0, dtype=np.int64)
    rng = np.random.default_rng(0)
    assert draw_path(*short, *dynamics, log_transition, none, 3, False, rng).shape == (0,)


def test_trials_are_drawn_apart_and_keep_their_marks(problem, dense):
    """The second trial's posterior does not know of the first."""
    messages, dynamics, log_transition, paths, share = problem
    both = [np.concatenate([part, part[:, :3]], axis=1) for part in messages]
    edges, labels = np.array([0, 4, 7]), np.array([0, 0, 0, -1, 1, 1, -1])
    rng = np.random.default_rng(7)
    found = np.zeros((2, 7))
    n = 2500
    for step in range(n):
        labels = draw_paths(
            *both, *dynamics, log_transition, labels, edges, 20, bool(step % 2), rng
        )
        found[1] += labels == 1
    assert labels[3] == labels[6] == -1
    short = np.array(list(itertools.product(range(2), repeat=2)))
    weights = [
        dense.path_log_evidence(messages[0][:, :3], messages[1][:, :3], *dynamics, path)
        + log_transition[path[0], path[1]]
        for path in short
    ]
    expected = [share @ paths, path_shares(np.array(weights)) @ short]
    for low, high, probability in ((0, 3, expected[0]), (4, 6, expected[1])):
        # 20 particles leave hardly any correlation between draws; 2 covers it.
        error = 2 * np.sqrt(probability * (1 - probability) / n)
        assert (np.abs(found[1, low:high] / n - probability) < 4 * error).all()


@pytest.fixture(scope="module")
def chain():
    rng = np.random.default_rng(0)
    emission = 1.5 * rng.normal(size=(6, 3))
    transition = np.array([[0.8, 0.2, 0.0], [0.1, 0.6, 0.3], [0.5, 0.25, 0.25]])
    initial = np.array([0.5, 0.5, 0.0])
    paths = np.array(list(itertools.product(range(3), repeat=6)))
    weights = logs(initial)[paths[:, 0]] + emission[np.arange(6), paths].sum(axis=1)
    weights = weights + logs(transition)[paths[:, :-1], paths[:, 1:]].sum(axis=1)
    return emission, transition, initial, paths, path_shares(weights)


def test_sampled_paths_have_the_enumerated_posterior(chain):
    emission, transition, initial, paths, share = chain
    rng = np.random.default_rng(1)
    n = 15_000
    code = 3 ** np.arange(6)[::-1]
    found = np.zeros(len(paths))
    for _ in range(n):
        found[sample_path(emission, transition, initial, rng) @ code] += 1
    assert not found[share == 0].any()
    common = n * share >= 5
    observed = np.append(found[common], found[~common].sum())
    expected = np.append(n * share[common], n * share[~common].sum())
    assert chisquare(observed, expected).pvalue > 1e-4


def test_sampling_survives_log_likelihoods_far_from_zero(chain):
    emission, transition, initial, _, _ = chain
    near = sample_path(emission, transition, initial, np.random.default_rng(2))
    far = sample_path(emission - 5000.0, transition, initial, np.random.default_rng(2))
    assert np.array_equal(near, far)


def test_an_impossible_state_with_a_great_likelihood_is_never_drawn(chain):
    _, transition, initial, _, _ = chain
    emission = np.zeros((6, 3))
    emission[0, 2] = 1e6
    rng = np.random.default_rng(3)
    assert all(sample_path(emission, transition, initial, rng)[0] != 2 for _ in range(200))


def test_index_is_drawn_by_its_weight_among_those_that_count():
    weights = np.log(np.array([1.0, 3.0, 0.5, 100.0]))
    weights[2] = -np.inf
    rng = np.random.default_rng(4)
    drawn = np.bincount([draw_index(weights + 800.0, 3, rng) for _ in range(20_000)], minlength=4)
    assert drawn[2] == drawn[3] == 0
    assert chisquare(drawn[:2], [5000, 15_000]).pvalue > 1e-4
