"""Generalized linear models of many spike trains at once: truncated Newton on matrices.

    min_w  mean_t [ A(eta_t) - y_t eta_t ] + alpha / 2 ||w||^2,    eta = b + x w + h v

for each neuron, A(eta) = exp(eta) (Poisson) or log(1 + exp(eta)) (Bernoulli); the intercept b is
free. Every product with the design is one matrix product for all neurons, each neuron has its own
step, its own conjugate gradients and its own end, so that none depends on its company. Hessian
products run in float32: they shape the step, never where it ends.

Array layer: no xarray. Nash & Sofer 1990, doi:10.1016/0167-6377(90)90056-C (truncated Newton).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

Array = NDArray[np.float64]
Single = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

# Rows per pass over the design: the chunk and its rates stay in the cache.
ROWS = 2048
# Entries of (bins, neurons) that a block of neurons may have.
BLOCK_ENTRIES = 2**25
# After this many Newton steps Hessian products go to float64: what has not converged by then is
# too ill-conditioned for float32.
SINGLE_STEPS = 12
MOST_CG = 200
PENALTY_RANGE = (1e-6, 1e2)
MOST_HALVINGS = 30


@dataclass(frozen=True)
class Design:
    """What rates depend on, in units of standard deviations.

    `shared` (n_bins, 1 + n_shared) with a first column of ones is the same for all neurons, `own`
    (n_own, n_bins, n_neurons) differs (a neuron's history). Their penalties are
    ``alpha * weight``. `observed` (n_bins, n_neurons) is None if every bin counts.
    """

    shared: Array
    shared_weight: Array
    own: Array
    own_weight: Array
    observed: BoolArray | None = None

    def neurons(self, chosen: NDArray[np.int64] | slice) -> Design:
        """Return the design of some neurons."""
        seen = None if self.observed is None else self.observed[:, chosen]
        return Design(
            self.shared,
            self.shared_weight,
            self.own[:, :, chosen],
            self.own_weight[:, chosen],
            seen,
        )

    @property
    def weight(self) -> Array:
        """Penalty weights of all parameters, (n_parameters, n_neurons)."""
        shared = np.broadcast_to(
            self.shared_weight[:, None], (self.shared_weight.size, self.own_weight.shape[1])
        )
        return np.concatenate([shared, self.own_weight])


@dataclass(frozen=True)
class GLMFit:
    """Parameters (1 + n_shared + n_own, n_neurons) in the design's units, and how it went."""

    parameters: Array
    converged: BoolArray
    n_iter: NDArray[np.int64]
    interrupted: bool = False


def fit_glm(
    design: Design,
    counts: Array,
    observation: str,
    alpha: float,
    *,
    max_iter: int = 100,
    tol: float = 1e-8,
) -> GLMFit:
    """Fit all neurons, in blocks that fit the memory.

    Parameters
    ----------
    design : Design
        Of n_bins and n_neurons.
    counts : (n_bins, n_neurons) ndarray of float64
        Spikes per bin, 0 where not observed.
    observation : {"poisson", "bernoulli"}
        Distribution of a bin.
    alpha : float
        Penalty.
    max_iter : int, default 100
        Most Newton steps.
    tol : float, default 1e-8
        A neuron has converged when its largest gradient is below this share of its curvature.

    Returns
    -------
    GLMFit
        Of all neurons; after Ctrl-C the best so far, ``interrupted``.
    """
    n, k = counts.shape
    size = max(8, BLOCK_ENTRIES // n)
    fits: list[GLMFit] = []
    for i in range(0, k, size):
        block = _Block(
            design.neurons(slice(i, i + size)), counts[:, i : i + size], observation, alpha
        )
        stop = bool(fits) and fits[-1].interrupted
        fits.append(block.solve(0 if stop else max_iter, tol, interrupted=stop))
    return GLMFit(
        np.concatenate([f.parameters for f in fits], axis=1),
        np.concatenate([f.converged for f in fits]),
        np.concatenate([f.n_iter for f in fits]),
        fits[-1].interrupted,
    )


def mean_rate(eta: Array, observation: str) -> Array:
    """E[y] for a linear predictor: exp or the logistic function.

    Parameters
    ----------
    eta : ndarray
        Linear predictor.
    observation : {"poisson", "bernoulli"}
        Distribution.

    Returns
    -------
    ndarray of float64
        Expected spikes per bin.
    """
    if observation == "poisson":
        return np.asarray(np.exp(eta))
    from scipy.special import expit

    return np.asarray(expit(eta))


class _Block:
    """Newton's method for a block of neurons."""

    def __init__(self, design: Design, counts: Array, observation: str, alpha: float) -> None:
        self.design, self.observation, self.alpha = design, observation, alpha
        n, k = counts.shape
        seen = design.observed
        self.n_seen = np.full(k, float(n)) if seen is None else seen.sum(axis=0).astype(float)
        self.mean_count = counts.sum(axis=0) / self.n_seen
        self.drive = _adjoint(design, counts) / self.n_seen
        self.base = _shared_curvature(design, alpha)
        self.single = design.shared.astype(np.float32)

    def solve(self, max_iter: int, tol: float, *, interrupted: bool = False) -> GLMFit:
        k = self.mean_count.size
        theta = np.zeros((self.drive.shape[0], k))
        theta[0] = _link(self.mean_count, self.observation)
        converged, n_iter = np.zeros(k, dtype=bool), np.zeros(k, dtype=np.int64)
        if max_iter > 0:
            try:
                self._newton(max_iter, tol, theta, converged, n_iter)
            except KeyboardInterrupt:
                interrupted = True
        return GLMFit(theta, converged, n_iter, interrupted)

    def _newton(
        self,
        max_iter: int,
        tol: float,
        theta: Array,
        converged: BoolArray,
        n_iter: NDArray[np.int64],
    ) -> None:
        """Fill in what is found as it is found; a neuron leaves the block when it is done."""
        active = np.arange(theta.shape[1])
        state = _State.at(self, active, theta)
        first = state.size()
        for step in range(max_iter + 1):
            done = state.within(tol)
            converged[active[done]] = True
            active, state, first = active[~done], state.keep(~done), first[~done]
            if not active.size or step == max_iter:
                return
            single = step < SINGLE_STEPS
            direction = self._direction(active, state, state.size() / first, single=single)
            state, moved = self._move(active, state, direction)
            n_iter[active] += 1
            theta[:, active] = state.theta
            # Where no step lowers the objective any more, rounding ends the search.
            converged[active[~moved & state.within(1e3 * tol)]] = True
            active, state, first = active[moved], state.keep(moved), first[moved]
            if not active.size:
                return

    def _move(
        self, active: NDArray[np.int64], state: _State, direction: Array
    ) -> tuple[_State, BoolArray]:
        """Take the full step, halved per neuron until its objective falls."""
        length = np.ones(active.size)
        slope = (state.gradient * direction).sum(axis=0)
        new = _State.at(self, active, state.theta + direction)
        slack = 1e-14 * np.abs(state.objective)
        for _ in range(MOST_HALVINGS):
            worse = ~(new.objective <= state.objective + 1e-4 * length * slope + slack)
            if not worse.any():
                return new, np.ones(active.size, dtype=bool)
            index = np.flatnonzero(worse)
            length[index] /= 2
            part = _State.at(
                self, active[index], state.theta[:, index] + length[index] * direction[:, index]
            )
            new = new.replaced(index, part)
        worse = ~(new.objective <= state.objective + slack)
        index = np.flatnonzero(worse)
        return new.replaced(index, state.keep(worse)), ~worse

    def _direction(
        self, active: NDArray[np.int64], state: _State, share: Array, *, single: bool
    ) -> Array:
        """Solve H d = -g by preconditioned conjugate gradients, to a share of g that shrinks."""
        design = self.design.neurons(active)
        own = design.own.astype(np.float32) if single else design.own
        shared = self.single if single else design.shared
        variance = state.variance.astype(np.float32) if single else state.variance
        penalty = self.alpha * design.weight
        scale = self.n_seen[active]

        def hessian(p: Array) -> Array:
            product = _curved(shared, own, variance, p)
            return np.asarray(product / scale + penalty * p)

        solve = self.base.solver(state.curvature, active)
        accuracy = np.clip(share, 1e-5 if single else 1e-10, 0.03)
        return conjugate_gradients(hessian, solve, -state.gradient, accuracy)


@dataclass(frozen=True)
class _State:
    """Parameters of some neurons with objective, gradient and curvature there."""

    theta: Array
    objective: Array
    gradient: Array
    variance: Single | Array
    curvature: Array

    @classmethod
    def at(cls, block: _Block, chosen: NDArray[np.int64], theta: Array) -> _State:
        design = block.design.neurons(chosen)
        scale = block.n_seen[chosen]
        total, adjoint, variance = _pass(design, theta, block.observation)
        penalty = block.alpha * design.weight
        drive = block.drive[:, chosen]
        objective = total / scale - (drive * theta).sum(axis=0)
        objective += 0.5 * (penalty * theta**2).sum(axis=0)
        gradient = adjoint / scale - drive + penalty * theta
        return cls(theta, objective, gradient, variance, variance.sum(axis=0) / scale)

    def keep(self, chosen: BoolArray) -> _State:
        if chosen.all():
            return self
        return _State(
            self.theta[:, chosen],
            self.objective[chosen],
            self.gradient[:, chosen],
            self.variance[:, chosen],
            self.curvature[chosen],
        )

    def replaced(self, index: NDArray[np.int64], other: _State) -> _State:
        for name in ("theta", "gradient", "variance"):
            getattr(self, name)[:, index] = getattr(other, name)
        self.objective[index] = other.objective
        self.curvature[index] = other.curvature
        return self

    def within(self, tol: float) -> BoolArray:
        return np.asarray(np.abs(self.gradient).max(axis=0) <= tol * self.curvature)

    def size(self) -> Array:
        return np.asarray(np.maximum(np.abs(self.gradient).max(axis=0), 1e-300))


@dataclass(frozen=True)
class _Curvature:
    """The curvature that all neurons share, in the basis in which it and the penalty are diagonal.

    H_k is about ``v_k C + alpha D`` with v_k the mean variance of neuron k, C the correlations of
    the design and D the penalty weights.
    """

    basis: Array
    level: Array
    penalty: float
    own_level: Array
    own_penalty: Array

    def solver(self, curvature: Array, active: NDArray[np.int64]) -> _Solver:
        floor = 1e-10 * max(1.0, float(self.level.max(initial=0.0)))
        shared = curvature * np.maximum(self.level[:, None], floor) + self.penalty
        own = curvature * self.own_level[:, active] + self.own_penalty[:, active]
        return _Solver(self.basis, curvature, shared, own)


@dataclass(frozen=True)
class _Solver:
    basis: Array
    intercept: Array
    shared: Array
    own: Array

    def __call__(self, r: Array) -> Array:
        p = self.basis.shape[0]
        middle = self.basis @ ((self.basis.T @ r[1 : 1 + p]) / self.shared)
        return np.concatenate([r[:1] / self.intercept, middle, r[1 + p :] / self.own])


def conjugate_gradients(
    hessian: Callable[[Array], Array],
    solve: Callable[[Array], Array],
    b: Array,
    accuracy: Array,
) -> Array:
    """Solve H_k x_k = b_k for every column, each until ``r' M^-1 r <= accuracy^2 b' M^-1 b``.

    Parameters
    ----------
    hessian : callable
        (p, k) -> (p, k), column by column.
    solve : callable
        The preconditioner's inverse.
    b : (p, k) ndarray
        Right sides.
    accuracy : (k,) ndarray
        Relative residual at which a column stops.

    Returns
    -------
    (p, k) ndarray
        Solutions; every iterate is a direction of descent.
    """
    x, r = np.zeros_like(b), b.copy()
    z = solve(r)
    p, rz = z.copy(), (r * z).sum(axis=0)
    goal = accuracy**2 * rz
    going = rz > 0
    for _ in range(MOST_CG):
        if not going.any():
            break
        q = hessian(p)
        bend = (p * q).sum(axis=0)
        going &= bend > 0
        length = np.divide(rz, bend, out=np.zeros_like(rz), where=going)
        x += length * p
        r -= length * q
        z = solve(r)
        new = (r * z).sum(axis=0)
        going &= new > goal
        p = z + np.divide(new, rz, out=np.zeros_like(rz), where=going) * p
        rz = new
    return x


def _link(mean: Array, observation: str) -> Array:
    return np.asarray(np.log(mean) if observation == "poisson" else np.log(mean / (1 - mean)))


def _rows(n: int) -> Iterator[slice]:
    return (slice(i, min(i + ROWS, n)) for i in range(0, n, ROWS))


def predictor(design: Design, theta: Array, rows: slice = slice(None)) -> Array:
    """Linear predictor ``shared w + sum_b own_b v_b``.

    Parameters
    ----------
    design : Design
        Standardised.
    theta : (n_parameters, n_neurons) ndarray
        Parameters.
    rows : slice
        Bins.

    Returns
    -------
    (n_rows, n_neurons) ndarray
        Linear predictor.
    """
    p = design.shared.shape[1]
    eta = design.shared[rows] @ theta[:p]
    for b in range(design.own.shape[0]):
        eta += design.own[b, rows] * theta[p + b]
    return np.asarray(eta)


def _adjoint(design: Design, values: Array) -> Array:
    shared = design.shared.T @ values
    return np.concatenate([shared, np.einsum("btk,tk->bk", design.own, values)])


def _pass(design: Design, theta: Array, observation: str) -> tuple[Array, Array, Single]:
    """Return sum A(eta), the design's transpose times the rates, and variances in float32."""
    n, k = design.shared.shape[0], theta.shape[1]
    total, adjoint = np.zeros(k), np.zeros_like(theta)
    variance = np.empty((n, k), dtype=np.float32)
    p = design.shared.shape[1]
    with np.errstate(over="ignore", invalid="ignore"):
        for rows in _rows(n):
            eta = predictor(design, theta, rows)
            part, rate, spread = _moments(eta, observation)
            if design.observed is not None:
                seen = design.observed[rows]
                part, rate, spread = part * seen, rate * seen, spread * seen
            total += part.sum(axis=0)
            variance[rows] = spread
            adjoint[:p] += design.shared[rows].T @ rate
            if design.own.size:
                adjoint[p:] += np.einsum("btk,tk->bk", design.own[:, rows], rate)
    return np.where(np.isfinite(total), total, np.inf), adjoint, variance


def _moments(eta: Array, observation: str) -> tuple[Array, Array, Array]:
    """A(eta), its first and its second derivative."""
    if observation == "poisson":
        rate = np.exp(eta)
        return rate, rate, rate
    rate = mean_rate(eta, observation)
    return np.logaddexp(0.0, eta), rate, rate * (1.0 - rate)


def _curved(shared: NDArray[Any], own: NDArray[Any], variance: NDArray[Any], p: Array) -> Array:
    """X' diag(v_k) X p_k for every neuron."""
    n_shared = shared.shape[1]
    direction = p.astype(shared.dtype)
    out = np.zeros_like(p)
    for rows in _rows(shared.shape[0]):
        eta = shared[rows] @ direction[:n_shared]
        for b in range(own.shape[0]):
            eta += own[b, rows] * direction[n_shared + b]
        eta *= variance[rows]
        out[:n_shared] += shared[rows].T @ eta
        if own.size:
            out[n_shared:] += np.einsum("btk,tk->bk", own[:, rows], eta)
    return out


def _shared_curvature(design: Design, alpha: float) -> _Curvature:
    x = design.shared[:, 1:]
    n = max(x.shape[0], 1)
    # Weights 1 / sd^2 may span many orders; what lies beyond these is nothing, or all, beside the
    # curvature, and within them eigenvalues keep their digits.
    penalty = alpha * design.shared_weight[1:]
    penalty = np.clip(penalty, *PENALTY_RANGE) if alpha > 0 else np.ones_like(penalty)
    if penalty.size:
        root = 1.0 / np.sqrt(penalty)
        level, vectors = scipy.linalg.eigh(root[:, None] * (x.T @ x / n) * root)
        basis = root[:, None] * vectors
    else:
        level, basis = np.zeros(0), np.zeros((0, 0))
    power = np.einsum("btk,btk->bk", design.own, design.own) / n
    own = np.maximum(power, 1e-10), alpha * design.own_weight
    return _Curvature(basis, level, float(alpha > 0), *own)
