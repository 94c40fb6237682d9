"""Two kinds of latent dynamics that an estimator can learn: second order (Langevin) and first.

Both give a chain in steps of a bin, and find better parameters from expected sums.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from neurokit.flows.coloured import Colour
from neurokit.flows.discretise import van_loan, van_loan_gradient
from neurokit.flows.posterior import Moments, Score

Array = NDArray[np.float64]

# The unit of time of a fit is this many bins: parameters are then of the order of 1.
BINS_PER_UNIT = 5.0
STEP = 1.0 / BINS_PER_UNIT


class Dynamics(Protocol):
    """What a fit asks of latent dynamics."""

    @property
    def n_states(self) -> int:
        """Entries of the state."""

    @property
    def n_observed(self) -> int:
        """Entries that neurons may see, the first ones."""

    def step(self) -> tuple[Array, Array, Array]:
        """Return transition A, input matrix Bd, noise Q of one bin."""

    def maximised(self, sums: Moments) -> Self:
        """Return dynamics under which the expected log density of the sums is not lower."""


@dataclass(frozen=True)
class Langevin:
    """dz = v dt, dv = (-K z - G v + B u) dt + L dW, time in units of 5 bins.

    Parameters
    ----------
    stiffness, friction : (d, d) ndarray
        K and G.
    root : (d, d) ndarray
        L, lower triangular.
    input : (d, n_inputs) ndarray
        B.
    colour : Colour
        Spectrum of the noise, white unless said.
    """

    stiffness: Array
    friction: Array
    root: Array
    input: Array
    colour: Colour

    @property
    def n_latents(self) -> int:
        """D."""
        return len(self.stiffness)

    @property
    def n_states(self) -> int:
        """Positions, velocities and the states of coloured noise."""
        return self.n_latents * (2 + len(self.colour.rates))

    @property
    def n_observed(self) -> int:
        """Positions."""
        return self.n_latents

    @property
    def n_inputs(self) -> int:
        """Columns of B."""
        return int(self.input.shape[1])

    def drift(self) -> Array:
        """F of (position, velocity), without noise states and inputs."""
        d = self.n_latents
        return np.block([[np.zeros((d, d)), np.eye(d)], [-self.stiffness, -self.friction]])

    def whole(self) -> tuple[Array, Array]:
        """Drift and diffusion of state and inputs; inputs stand still within a bin."""
        d, n, n_inputs = self.n_latents, self.n_states, self.n_inputs
        F, Qc = np.zeros((n + n_inputs,) * 2), np.zeros((n + n_inputs,) * 2)
        F[: 2 * d, : 2 * d] = self.drift()
        F[d : 2 * d, n:] = self.input
        self.colour.fill(F, Qc, self.root)
        return F, Qc

    def step(self) -> tuple[Array, Array, Array]:
        """Return transition A, input matrix Bd, noise Q of one bin."""
        A, Q = van_loan(*self.whole(), STEP)
        n = self.n_states
        return A[:n, :n], A[:n, n:], Q[:n, :n]

    def vector(self) -> Array:
        """All free numbers, one after the other."""
        d = self.n_latents
        lower = self.root[np.tril_indices(d)]
        return np.concatenate(
            [self.stiffness.ravel(), self.friction.ravel(), lower, self.input.ravel()]
        )

    def moved(self, vector: Array) -> Langevin:
        """Return dynamics with other free numbers."""
        d = self.n_latents
        cuts = np.cumsum([d * d, d * d, d * (d + 1) // 2])
        K, G, lower, B = np.split(vector, cuts)
        root = np.zeros((d, d))
        root[np.tril_indices(d)] = lower
        return replace(
            self,
            stiffness=K.reshape(d, d),
            friction=G.reshape(d, d),
            root=root,
            input=B.reshape(d, self.n_inputs),
        )

    def gradient(self, by_step: Array, by_noise: Array) -> Array:
        """Carry derivatives by (A, Bd) and by Q back to `vector`.

        Parameters
        ----------
        by_step : (n_states, n_states + n_inputs) ndarray
            By (A, Bd).
        by_noise : (n_states, n_states) ndarray
            By Q, symmetric.

        Returns
        -------
        (n_free,) ndarray
            In the order of `vector`.
        """
        d, n = self.n_latents, self.n_states
        F, Qc = self.whole()
        by_A, by_Q = np.zeros_like(F), np.zeros_like(F)
        by_A[:n], by_Q[:n, :n] = by_step, by_noise
        by_F, by_Qc = van_loan_gradient(F, Qc, STEP, by_A, by_Q)
        by_root = self.colour.by_root(by_F, by_Qc, self.root)
        return np.concatenate(
            [
                -by_F[d : 2 * d, :d].ravel(),
                -by_F[d : 2 * d, d : 2 * d].ravel(),
                by_root[np.tril_indices(d)],
                by_F[d : 2 * d, n:].ravel(),
            ]
        )

    def maximised(self, sums: Moments, max_iter: int = 15) -> Langevin:
        """Climb the expected log density by quasi-Newton steps from here."""
        if sums.n_transitions == 0:
            return self

        def loss(vector: Array) -> tuple[float, Array]:
            moved = self.moved(vector)
            # A long step may leave what a matrix exponential can hold; it is then taken back.
            with np.errstate(over="ignore", invalid="ignore"):
                value, by_step, by_noise = _expected_loss(moved.step(), sums)
                if not np.isfinite(value):
                    return np.inf, np.zeros_like(vector)
                slope = moved.gradient(by_step, by_noise)
            if not np.isfinite(slope).all():
                return np.inf, np.zeros_like(vector)
            return value, slope

        here = self.vector()
        found = minimize(loss, here, jac=True, method="L-BFGS-B", options={"maxiter": max_iter})
        return self.moved(found.x) if found.fun < loss(here)[0] else self


def _expected_loss(step: tuple[Array, Array, Array], sums: Moments) -> tuple[float, Array, Array]:
    """-E log p(path) per transition but for constants, with its derivatives by (A, Bd) and Q."""
    A, B, Q = step
    whole = np.concatenate([A, B], axis=1)
    n = max(sums.n_transitions, 1)
    try:
        root = np.linalg.cholesky(Q)
    except np.linalg.LinAlgError:
        return np.inf, whole, Q
    lag = sums.across @ whole.T
    residual = (sums.after - lag - lag.T + whole @ sums.before @ whole.T) / n
    inverse = np.linalg.inv(root)
    precision = inverse.T @ inverse
    value = float(np.log(np.diag(root)).sum() + 0.5 * (precision * residual).sum())
    by_step = precision @ (whole @ sums.before - sums.across) / n
    return value, by_step, 0.5 * (precision - precision @ residual @ precision)


@dataclass(frozen=True)
class FirstOrder:
    """s' = A s + Bd u + w, w ~ N(0, Q): nothing is asked of A, all of s is observed.

    Parameters
    ----------
    transition : (d, d) ndarray
        A.
    input : (d, n_inputs) ndarray
        Bd.
    noise : (d, d) ndarray
        Q.
    """

    transition: Array
    input: Array
    noise: Array

    @property
    def n_states(self) -> int:
        """Entries of the state."""
        return len(self.transition)

    @property
    def n_observed(self) -> int:
        """All of them."""
        return len(self.transition)

    def step(self) -> tuple[Array, Array, Array]:
        """Return transition A, input matrix Bd, noise Q of one bin."""
        return self.transition, self.input, self.noise

    def vector(self) -> Array:
        """All free numbers, the noise by its Cholesky factor."""
        return np.concatenate(
            [self.transition.ravel(), self.input.ravel(), factor_vector(self.noise)]
        )

    def moved(self, vector: Array) -> FirstOrder:
        """Return dynamics with other free numbers."""
        d = self.n_states
        cuts = np.cumsum([d * d, self.input.size])
        A, B, lower = np.split(vector, cuts)
        noise = floored(from_factor(lower, d), 1e-9)
        return FirstOrder(A.reshape(d, d), B.reshape(self.input.shape), noise)

    def maximised(self, sums: Moments) -> FirstOrder:
        """Regress the next state on this one."""
        if sums.n_transitions == 0:
            return self
        d, n = self.n_states, len(sums.before)
        ridge = 1e-10 * np.trace(sums.before) / n * np.eye(n)
        whole = np.linalg.solve(sums.before + ridge, sums.across.T).T
        lag = sums.across @ whole.T
        residual = sums.after - lag - lag.T + whole @ sums.before @ whole.T
        noise = 0.5 * (residual + residual.T) / sums.n_transitions
        return FirstOrder(whole[:, :d], whole[:, d:], floored(noise, 1e-9))


def floored(covariance: Array, share: float) -> Array:
    """Lift eigenvalues below a share of the mean one: the best covariance above that floor.

    Parameters
    ----------
    covariance : (n, n) ndarray
        Symmetric.
    share : float
        Of the mean eigenvalue.

    Returns
    -------
    (n, n) ndarray
        Positive definite.
    """
    values, vectors = np.linalg.eigh(covariance)
    low = max(share * float(values.mean()), 1e-12)
    if values[0] >= low:
        return covariance
    lifted: Array = (vectors * np.maximum(values, low)) @ vectors.T
    return 0.5 * (lifted + lifted.T)


def factor_vector(covariance: Array) -> Array:
    """Return the Cholesky factor as free numbers, its diagonal by logarithms.

    Parameters
    ----------
    covariance : (n, n) ndarray
        Positive definite.

    Returns
    -------
    (n (n + 1) / 2,) ndarray
        Row by row.
    """
    root: Array = np.asarray(np.linalg.cholesky(covariance), dtype=np.float64)
    np.fill_diagonal(root, np.log(np.diag(root)))
    return root[np.tril_indices(len(root))]


def from_factor(vector: Array, n: int) -> Array:
    """Return the covariance that `factor_vector` was given.

    Parameters
    ----------
    vector : (n (n + 1) / 2,) ndarray
        Any numbers.
    n : int
        Size of the covariance.

    Returns
    -------
    (n, n) ndarray
        Positive definite but for rounding.
    """
    root = np.zeros((n, n))
    root[np.tril_indices(n)] = vector
    np.fill_diagonal(root, np.exp(np.diag(root)))
    return root @ root.T


def scored(dynamics: Langevin, by: Score) -> Array:
    """Derivative of the log normaliser by the free numbers of Langevin dynamics."""
    return dynamics.gradient(by.transition, by.noise)
