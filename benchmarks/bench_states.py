"""Hidden Markov models against dynamax and hmmlearn: same data, same start, one thread, one run.

    python benchmarks/bench_states.py [FOLDER] [--keep]
    python benchmarks/bench_states.py paper    # default fits of the paper's simulation

FOLDER holds choice_glmhmm.npz and poisson_population_glmhmm.npz. Prints seconds of processor time
to the same marginal log-likelihood (or penalised objective), which is recomputed here for every
package from its parameters, and ratios. A peer that is not installed is left out.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recorded import Results, keep_asked
from threadpoolctl import threadpool_limits

from neurokit.errors import NeurokitWarning
from neurokit.states import GLMHMM, forward_backward

Array = NDArray[np.float64]
POPULATION_TARGET = -82801.88
KEPT = Results("states", "Hidden Markov models", ["dynamax", "jax", "hmmlearn"], "0")


def seconds(function: Callable[[], Any], repeats: int = 1) -> tuple[float, Any]:
    """Least processor time of some calls, and what the last returned."""
    best, found = np.inf, None
    for _ in range(repeats):
        begin = time.process_time()
        found = function()
        best = min(best, time.process_time() - begin)
    return best, found


def log_likelihood(emission: Array, transition: Array, initial: Array, lengths: list[int]) -> float:
    """Marginal log-likelihood, by the one kernel for all packages."""
    return float(forward_backward(emission, transition, initial, lengths).log_likelihood.sum())


def bernoulli_emission(inputs: Array, choices: Array, weights: Array, bias: Array) -> Array:
    """log p of every choice in every state."""
    eta = inputs.reshape(-1, inputs.shape[-1]) @ weights.T + bias
    out: Array = choices.reshape(-1, 1) * eta - np.logaddexp(0.0, eta)
    return out


# ----------------------------------------------------------------------------- choices


def choices_ours(data: dict[str, Array], max_iter: int = 200) -> GLMHMM:
    """From the stored start, without penalty."""
    start = {
        "input_weights": data["start_weights"][:, None],
        "transition": data["start_transition"],
    }
    model = GLMHMM(
        3,
        observation="bernoulli",
        history=None,
        bias="none",
        input_ridge=0.0,
        init=start,
        max_iter=max_iter,
        tol=1e-9,
        progress=False,
    )
    return model.fit(data["choices"][..., None].astype(float), data["inputs"])


def choices_dynamax(data: dict[str, Array], n_iter: int = 50) -> tuple[Array, Array, Array, Array]:
    """dynamax's logistic regression HMM with its own EM, from the same start."""
    import jax.numpy as jnp
    from dynamax.hidden_markov_model import LogisticRegressionHMM

    n_states, n_inputs = data["start_weights"].shape
    model = LogisticRegressionHMM(n_states, n_inputs)
    parameters, properties = model.initialize(
        initial_probs=jnp.ones(n_states) / n_states,
        transition_matrix=jnp.asarray(data["start_transition"]),
        emission_weights=jnp.asarray(data["start_weights"]),
        emission_biases=jnp.zeros(n_states),
    )
    # A bias is among the inputs already.
    properties.emissions.biases.trainable = False
    fitted, _ = model.fit_em(
        parameters,
        properties,
        jnp.asarray(data["choices"], dtype=float),
        inputs=jnp.asarray(data["inputs"]),
        num_iters=n_iter,
        verbose=False,
    )
    return (
        np.asarray(fitted.emissions.weights, dtype=float),
        np.asarray(fitted.emissions.biases, dtype=float),
        np.asarray(fitted.transitions.transition_matrix, dtype=float),
        np.asarray(fitted.initial.probs, dtype=float),
    )


def bench_choices(folder: Path) -> None:
    """Choice problem: processor time to the same marginal log-likelihood."""
    data = dict(np.load(folder / "choice_glmhmm.npz"))
    lengths = [data["choices"].shape[1]] * len(data["choices"])
    choices_ours(data)
    taken, model = seconds(lambda: choices_ours(data), 3)
    print(f"choices    neurokit  {taken:8.3f} s  log-likelihood {model.log_likelihood_:.6f}")
    try:
        import dynamax  # noqa: F401
    except ImportError:
        print("choices    dynamax is not installed")
        return
    choices_dynamax(data)  # compiles
    theirs, found = seconds(lambda: choices_dynamax(data), 2)
    weights, bias, transition, initial = found
    emission = bernoulli_emission(data["inputs"], data["choices"], weights, bias)
    value = log_likelihood(emission, normal(transition), normal(initial), lengths)
    print(f"choices    dynamax   {theirs:8.3f} s  log-likelihood {value:.6f}")
    # As far as theirs got, no further.
    reached = int(
        np.argmax(model.objective_trace_.values >= min(value, model.log_likelihood_) - 1e-4)
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        taken, _ = seconds(lambda: choices_ours(data, max_iter=reached + 1), 3)
    print(f"choices    neurokit  {taken:8.3f} s to that value: ratio {theirs / taken:.1f}")
    KEPT.add("choices, 5000 trials, 3 states", "dynamax", taken, theirs,
             agreement=f"to log-likelihood {value:.4f}")  # fmt: skip


def normal(probability: Array) -> Array:
    """Rows that sum to one in double precision; theirs are single."""
    out: Array = probability / probability.sum(axis=-1, keepdims=True)
    return out


# ----------------------------------------------------------------------------- population


def population_ours(data: dict[str, Array], max_iter: int) -> GLMHMM:
    """From the stored start, ridge 1 on the weights of the filtered counts."""
    start = {
        "input_weights": data["start_weights"].astype(float),
        "bias": 0.0,
        "transition": data["start_transition"],
    }
    model = GLMHMM(
        5,
        link="sigmoid",
        history=None,
        input_ridge=1.0,
        initial="uniform",
        init=start,
        max_iter=max_iter,
        tol=0.0,
        progress=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        return model.fit(data["counts"].astype(float), data["history"].astype(float))


def population_dynamax(data: dict[str, Array], n_iter: int) -> tuple[Array, Array, Array]:
    """dynamax's EM with emissions of our own kind, 50 Adam steps per M-step."""
    import jax
    import jax.numpy as jnp
    import optax
    from dynamax.hidden_markov_model import hmm_two_filter_smoother

    counts = jnp.asarray(data["counts"], dtype=jnp.float32)
    history = jnp.asarray(data["history"], dtype=jnp.float32)
    constant = jax.scipy.special.gammaln(counts + 1.0)
    optimiser = optax.adam(1e-2)
    n_states = data["start_weights"].shape[0]

    def emission(weights: Any, bias: Any) -> Any:
        eta = jnp.einsum("btj,knj->btkn", history, weights) + bias
        rate = 1e-8 + (1 - 1e-8) * jax.nn.sigmoid(eta)
        value = counts[:, :, None] * jnp.log(rate) - rate - constant[:, :, None]
        return value.sum(-1)

    def e_step(parameters: Any, transition: Any) -> tuple[Any, Any, Any]:
        initial = jnp.ones(n_states) / n_states
        found = jax.vmap(lambda logs: hmm_two_filter_smoother(initial, transition, logs))(
            emission(*parameters)
        )
        return found.smoothed_probs, found.trans_probs.sum(0), found.marginal_loglik.sum()

    def loss(parameters: Any, gamma: Any) -> Any:
        return -(gamma * emission(*parameters)).sum() + 0.5 * (parameters[0] ** 2).sum()

    @jax.jit
    def iterate(parameters: Any, state: Any, transition: Any) -> Any:
        gamma, count, _ = e_step(parameters, transition)

        def adam(carry: Any, _: Any) -> tuple[Any, None]:
            here, inner = carry
            gradient = jax.grad(loss)(here, gamma)
            updates, inner = optimiser.update(gradient, inner)
            return (optax.apply_updates(here, updates), inner), None

        (parameters, state), _ = jax.lax.scan(adam, (parameters, state), None, length=50)
        return parameters, state, count / count.sum(1, keepdims=True)

    parameters = (
        jnp.asarray(data["start_weights"], dtype=jnp.float32),
        jnp.zeros(data["start_weights"].shape[:2], dtype=jnp.float32),
    )
    transition = jnp.asarray(data["start_transition"], dtype=jnp.float32)
    state = optimiser.init(parameters)
    for _ in range(n_iter):
        parameters, state, transition = iterate(parameters, state, transition)
    jax.block_until_ready(transition)
    return (
        np.asarray(parameters[0], float),
        np.asarray(parameters[1], float),
        np.asarray(transition, float),
    )


def population_objective(
    data: dict[str, Array], weights: Array, bias: Array, transition: Array
) -> float:
    """Penalised log-likelihood with uniform initial probabilities."""
    start = np.full(5, 0.2)
    model = GLMHMM.from_parameters(
        transition=normal(transition),
        bias=bias,
        input_weights=weights,
        initial=start,
        link="sigmoid",
        history=None,
    )
    value = model.log_likelihood(data["counts"].astype(float), data["history"].astype(float))
    return float(value) - 0.5 * float(np.square(weights).sum())


def bench_population(folder: Path) -> None:
    """Poisson population: processor time to one penalised objective."""
    data = dict(np.load(folder / "poisson_population_glmhmm.npz"))
    population_ours(data, 2)
    whole, model = seconds(lambda: population_ours(data, 60))
    trace = model.objective_trace_.values
    if trace.max() < POPULATION_TARGET:
        print(f"population neurokit ends at {trace.max():.2f}, below {POPULATION_TARGET}")
        return
    reached = int(np.argmax(trace >= POPULATION_TARGET)) + 1
    taken, _ = seconds(lambda: population_ours(data, reached), 3)
    print(f"population neurokit  {taken:8.3f} s  {reached} iterations to {POPULATION_TARGET}")
    print(f"population neurokit  {whole:8.3f} s  {len(trace)} iterations to {trace[-1]:.2f}")
    try:
        import dynamax  # noqa: F401
    except ImportError:
        print("population dynamax is not installed")
        return
    for n_iter in (30, 40, 60):
        theirs, found = seconds(lambda n=n_iter: population_dynamax(data, n))
        value = population_objective(data, *found)
        print(f"population dynamax   {theirs:8.3f} s  {n_iter} iterations to {value:.2f}")
        if value >= POPULATION_TARGET - 0.01:
            break
    first, _ = seconds(lambda: population_dynamax(data, 1))
    warm = (theirs - first) * n_iter / (n_iter - 1)
    KEPT.add("Poisson population, 20 neurons, 5 states, 5 x 1000 bins", "dynamax, compiled before",
             taken, warm, agreement=f"to objective {POPULATION_TARGET}")  # fmt: skip
    print(f"population ratio {warm / taken:.1f}, with compilation of theirs {theirs / taken:.1f}")


# ----------------------------------------------------------------------------- kernel


def bench_kernel() -> None:
    """Forward-backward with expected transitions, against hmmlearn's scaled C++ kernels."""
    for n_bins, n_states in ((5_000, 5), (100_000, 5), (100_000, 20)):
        rng = np.random.default_rng(0)
        emission = 3.0 * rng.normal(size=(n_bins, n_states))
        transition = 0.95 * np.eye(n_states) + 0.05 / n_states
        initial = np.full(n_states, 1.0 / n_states)
        forward_backward(emission, transition, initial)
        taken, _ = seconds(lambda e=emission, t=transition, i=initial: forward_backward(e, t, i), 7)
        line = f"kernel     T={n_bins}, K={n_states}: neurokit {taken:.5f} s"
        try:
            from hmmlearn import _hmmc
        except ImportError:
            print(f"{line}; hmmlearn is not installed")
            continue

        def theirs(e: Array = emission, t: Array = transition, i: Array = initial) -> None:
            chance = np.exp(e - e.max(axis=1, keepdims=True))
            _, forward, scale = _hmmc.forward_scaling(i, t, chance)
            back = _hmmc.backward_scaling(i, t, chance, scale)
            _hmmc.compute_scaling_xi_sum(forward, t, back, chance)
            gamma = forward * back
            gamma /= gamma.sum(axis=1, keepdims=True)

        other, _ = seconds(theirs, 7)
        print(f"{line}, hmmlearn {other:.5f} s, ratio {other / taken:.2f}")
        KEPT.add(f"forward-backward, {n_bins} bins, {n_states} states", "hmmlearn", taken, other)


def bench_paper() -> None:
    """Default fits of the paper's simulation at its full size, 30 trials of 2000 bins (no peer)."""
    import neurokit as nk

    for seed in range(5):
        drawn = nk.simulate.spiking_hmm(20, 5, 30, 2000, random_state=seed)
        signal = drawn.recordings["session1"].activity.signal
        for prior in ("none", "onehot"):
            model = GLMHMM(5, link="sigmoid", prior=prior, random_state=0)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", NeurokitWarning)
                spent, _ = seconds(lambda model=model, signal=signal: model.fit(signal))
            print(f"paper's simulation, seed {seed}, prior {prior}: {spent:.1f} s")


def main() -> None:
    """Run all, or only what is asked for."""
    # Read when jax is first imported, which is later.
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    keep = keep_asked()
    with threadpool_limits(1):
        if sys.argv[1:] == ["paper"]:
            bench_paper()
            return
        bench_kernel()
        if len(sys.argv) < 2:
            print(__doc__)
            return
        bench_choices(Path(sys.argv[1]))
        bench_population(Path(sys.argv[1]))
    if keep:
        KEPT.keep()


if __name__ == "__main__":
    main()
