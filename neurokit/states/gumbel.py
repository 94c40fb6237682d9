"""The published one-hot fit: Gumbel-softmax edges, Adam on one trial at a time. Needs torch.

A reproduction to compare with, not to work with: the relaxed density of edges has no upper bound,
so the loss runs away and edges freeze early; the prior "onehot" sums over edges exactly. What is
written here follows the paper and the measured behaviour of its programs, with these differences:
every transition counts, not those of the last trial alone; missing responses are masked.
Li et al. (2024) ICLR, arXiv:2310.15263.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import DependencyError
from neurokit.states.smoothing import forward_backward

Array = NDArray[np.float64]
Index = NDArray[np.int64]

# The published schedule and settings.
EPOCHS, STEPS, LEARNING_RATE, TEMPERATURE = 10, 50, 1e-2, 0.2
_STAY = 0.98
_LEAST_TRANSITION = math.exp(-8.0)
# Logits of which a log probability falls below this are halved.
_FARTHEST = -20.0
_BOUNDS = (1e-8, 1.0)


@dataclass(frozen=True)
class GumbelFit:
    """What the published fit ends with.

    Parameters
    ----------
    weights : (n_states, n_post, n_pre, n_basis) ndarray
        Likeliest kind of each edge times its strength.
    bias : (n_states, n_post) ndarray
        Of the linear predictor.
    transition : (n_states, n_states) ndarray
        Rows sum to 1.
    probability : (n_states, n_post, n_pre, 3) ndarray
        Softmax of the edges' logits: inhibitory, none, excitatory.
    prior : (n_post, n_pre, 3) ndarray
        Shared by the states.
    loss : list of float
        Mean loss per trial and epoch, nats; comparable with no likelihood.
    finished : bool
        Whether all epochs ran.
    """

    weights: Array
    bias: Array
    transition: Array
    probability: Array
    prior: Array
    loss: list[float]
    finished: bool


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Hold torch to one thread: its pool spins, and sums must have one order."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise DependencyError(
            "torch is not installed",
            where='prior="gumbel"',
            mend="Install neurokit-xarray[torch], or use prior='onehot'.",
        ) from error
    return torch


def log_relaxed_density(log_kind: Any, log_prior: Any, temperature: float) -> Any:
    """Log density of a Gumbel-softmax variable A of three kinds, pi its probabilities.

    lgamma(3) + 2 log tau - 3 logsumexp_k(log pi_k - tau log A_k)
    + sum_k (log pi_k - (tau + 1) log A_k)

    Parameters
    ----------
    log_kind : (..., 3) tensor
        log A.
    log_prior : (..., 3) tensor
        log pi.
    temperature : float
        tau.

    Returns
    -------
    (...) tensor
        Nats; it grows without bound as A nears a corner.

    References
    ----------
    .. [1] Maddison, Mnih and Teh (2017). arXiv:1611.00712
    """
    torch = _torch()
    inner = torch.logsumexp(log_prior - temperature * log_kind, dim=-1)
    outer = (log_prior - (temperature + 1.0) * log_kind).sum(dim=-1)
    return math.lgamma(3.0) + 2.0 * math.log(temperature) - 3.0 * inner + outer


def fit_gumbel(
    history: Array,
    counts: Array,
    mask: Array,
    offsets: Index,
    n_states: int,
    *,
    link: str,
    shared_bias: bool,
    allowed: NDArray[np.bool_],
    rng: np.random.Generator,
    n_epochs: int = EPOCHS,
    n_steps: int = STEPS,
    stop: Callable[[], bool] = lambda: False,
    after: Callable[[], None] = lambda: None,
) -> GumbelFit:
    """Run the published schedule: for every trial of every epoch, posterior and Adam steps.

    Parameters
    ----------
    history : (n_bins, n_pre, n_basis) ndarray
        Filtered counts.
    counts, mask : (n_bins, n_post) ndarray
        Responses, and 1 where they were observed.
    offsets : (n_trials + 1,) ndarray of int64
        Where trials begin, and the end.
    n_states : int
        S.
    link : {"sigmoid", "softplus", "exp"}
        Of the rate.
    shared_bias : bool
        Whether states share the bias, as published.
    allowed : (n_post, n_pre) ndarray of bool
        False where no coupling is possible.
    rng : numpy.random.Generator
        Source of the Gumbel noise.
    n_epochs, n_steps : int
        Passes over the trials, and Adam steps per trial and pass.
    stop : callable
        Asked after every trial; true ends the fit where it stands.
    after : callable
        Called after every epoch.

    Returns
    -------
    GumbelFit
        At the end of the schedule.

    Raises
    ------
    DependencyError
        If torch is not installed.
    """
    torch = _torch()
    model = _Network(
        torch, counts, mask, history.shape[2], n_states, link, shared_bias, allowed, rng
    )
    optimiser = torch.optim.Adam(model.parameters, lr=LEARNING_RATE)
    transition = np.full((n_states, n_states), (1.0 - _STAY) / max(n_states - 1, 1))
    np.fill_diagonal(transition, _STAY if n_states > 1 else 1.0)
    trials = [
        tuple(torch.as_tensor(x[a:b]) for x in (history, counts, mask))
        for a, b in pairwise(offsets)
    ]
    loss: list[float] = []
    with _one_thread(torch):
        for _ in range(n_epochs):
            cost, transition = _epoch(model, optimiser, trials, transition, n_steps, stop)
            loss.append(cost)
            after()
            if stop():
                break
    finished = len(loss) == n_epochs and not stop()
    return model.result(transition, loss, finished)


def _epoch(
    model: _Network,
    optimiser: Any,
    trials: list[Any],
    transition: Array,
    n_steps: int,
    stop: Callable[[], bool],
) -> tuple[float, Array]:
    """Posterior and Adam steps of every trial; mean loss and new transitions."""
    total, expected = 0.0, np.zeros_like(transition)
    for trial in trials:
        found = model.posterior(trial, transition)
        expected += found.transition_count
        gamma = model.torch.as_tensor(found.probability)
        for _ in range(n_steps):
            optimiser.zero_grad()
            cost = model.loss(trial, gamma)
            cost.backward()
            optimiser.step()
            model.hold_logits()
        total += float(cost.detach())
        if stop():
            break
    return total / len(trials), _normalised(expected)


def _normalised(expected: Array) -> Array:
    rows = expected / np.maximum(expected.sum(axis=1, keepdims=True), 1e-12)
    rows = np.maximum(rows, _LEAST_TRANSITION)
    return np.asarray(rows / rows.sum(axis=1, keepdims=True))


class _Network:
    """Logits of edges and of their prior, strengths and biases, as torch parameters."""

    def __init__(
        self,
        torch: Any,
        counts: Array,
        mask: Array,
        n_basis: int,
        n_states: int,
        link: str,
        shared_bias: bool,
        allowed: NDArray[np.bool_],
        rng: np.random.Generator,
    ) -> None:
        n = counts.shape[1]
        self.torch, self.link, self.n_states = torch, link, n_states
        self.allowed = torch.as_tensor(allowed.astype(np.float64))
        self.generator = torch.Generator().manual_seed(int(rng.integers(2**62)))

        def zeros(*shape: int) -> Any:
            return torch.zeros(shape, dtype=torch.float64, requires_grad=True)

        self.logits, self.prior = zeros(n_states, n, n, 3), zeros(n, n, 3)
        self.strength = zeros(n_states, n, n, n_basis)
        # The mean count stands in the linear predictor, not behind the inverse link, as published.
        mean = (counts * mask).sum(axis=0) / np.maximum(mask.sum(axis=0), 1.0)
        start = np.tile(mean, (1 if shared_bias else n_states, 1))
        self.bias = torch.tensor(start, requires_grad=True)
        self.parameters = [self.logits, self.prior, self.strength, self.bias]

    def _noisy(self) -> Any:
        """Log of a Gumbel-softmax draw of every edge's kind."""
        torch = self.torch
        uniform = torch.rand(self.logits.shape, generator=self.generator, dtype=torch.float64)
        gumbel = -torch.log(-torch.log(uniform.clamp(1e-12, 1 - 1e-12)))
        log_probability = torch.log_softmax(self.logits, dim=-1)
        return torch.log_softmax((log_probability + gumbel) / TEMPERATURE, dim=-1)

    def _log_emission(self, trial: Any, log_kind: Any) -> Any:
        """Log p(y_t | z_t = s), (n_bins, n_states)."""
        torch = self.torch
        history, counts, mask = trial
        kind = log_kind.exp()
        sign = (kind[..., 2] - kind[..., 0]) * self.allowed
        weights = sign[..., None] * torch.nn.functional.softplus(self.strength)
        predictor = torch.einsum("snjb,tjb->tsn", weights, history) + self.bias
        rate = {
            "sigmoid": torch.sigmoid,
            "softplus": torch.nn.functional.softplus,
            "exp": torch.exp,
        }[self.link](predictor)
        rate = rate.clamp(*_BOUNDS) if self.link == "sigmoid" else rate.clamp(min=_BOUNDS[0])
        y, seen = counts[:, None], mask[:, None]
        return ((y * torch.log(rate) - rate - torch.lgamma(y + 1.0)) * seen).sum(dim=-1)

    def posterior(self, trial: Any, transition: Array) -> Any:
        with self.torch.no_grad():
            log_emission = self._log_emission(trial, self._noisy()).numpy()
        return forward_backward(log_emission, transition, np.full(self.n_states, 1 / self.n_states))

    def loss(self, trial: Any, gamma: Any) -> Any:
        """-(expected log-likelihood + log density of the edges)."""
        log_kind = self._noisy()
        expected = (gamma * self._log_emission(trial, log_kind)).sum()
        log_prior = self.torch.log_softmax(self.prior, dim=-1)
        return -expected - log_relaxed_density(log_kind, log_prior, TEMPERATURE).sum()

    def hold_logits(self) -> None:
        torch = self.torch
        with torch.no_grad():
            for logits in (self.logits, self.prior):
                far = (torch.log_softmax(logits, dim=-1) < _FARTHEST).any(dim=-1, keepdim=True)
                logits.mul_(torch.where(far, 0.5, 1.0))

    def result(self, transition: Array, loss: list[float], finished: bool) -> GumbelFit:
        torch = self.torch
        with torch.no_grad():
            probability = torch.softmax(self.logits, dim=-1).numpy()
            prior = torch.softmax(self.prior, dim=-1).numpy()
            strength = torch.nn.functional.softplus(self.strength).numpy()
            bias = self.bias.detach().numpy()
        sign = (probability.argmax(axis=-1) - 1.0) * self.allowed.numpy()
        n_states = len(probability)
        return GumbelFit(
            weights=sign[..., None] * strength,
            bias=np.broadcast_to(bias, (n_states, bias.shape[1])).copy(),
            transition=transition,
            probability=probability,
            prior=prior,
            loss=loss,
            finished=finished,
        )
