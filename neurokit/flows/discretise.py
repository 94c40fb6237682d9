"""From a linear stochastic differential equation to its exact step over one bin, and back.

ds = F s dt + B u dt + dW with E[dW dW'] = Qc dt becomes s' = A s + Bd u + w, w ~ N(0, Q), for an
input that is constant within a bin. Van Loan (1978) doi:10.1109/TAC.1978.1101743.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm, expm_frechet, solve_continuous_lyapunov

Array = NDArray[np.float64]


def van_loan(drift: Array, diffusion: Array, step: float) -> tuple[Array, Array]:
    """A = exp(F dt), Q = int_0^dt exp(F s) Qc exp(F s)' ds, from one matrix exponential.

    Parameters
    ----------
    drift : (n, n) ndarray
        F.
    diffusion : (n, n) ndarray
        Qc, symmetric.
    step : float
        dt, in the unit of time of F.

    Returns
    -------
    transition : (n, n) ndarray
        A.
    noise : (n, n) ndarray
        Q, symmetric.
    """
    whole = expm(_block(drift, diffusion, step))
    n = len(drift)
    transition = whole[n:, n:].T.copy()
    noise = transition @ whole[:n, n:]
    return transition, 0.5 * (noise + noise.T)


def _block(drift: Array, diffusion: Array, step: float) -> Array:
    n = len(drift)
    return np.block([[-drift, diffusion], [np.zeros((n, n)), drift.T]]) * step


def van_loan_gradient(
    drift: Array, diffusion: Array, step: float, by_transition: Array, by_noise: Array
) -> tuple[Array, Array]:
    """Carry the gradient of a function of (A, Q) back to (F, Qc).

    The adjoint of the derivative of exp at X is the derivative at X'.

    Parameters
    ----------
    drift, diffusion : (n, n) ndarray
        Where.
    step : float
        dt.
    by_transition, by_noise : (n, n) ndarray
        Gradients; `by_noise` symmetric.

    Returns
    -------
    by_drift, by_diffusion : (n, n) ndarray
        Gradients; the second symmetric.
    """
    block = _block(drift, diffusion, step)
    n = len(drift)
    whole = expm(block)
    upper, lower = whole[:n, n:], whole[n:, n:]
    seed = np.zeros_like(block)
    seed[:n, n:] = lower @ by_noise
    seed[n:, n:] = by_transition.T + upper @ by_noise
    back = np.asarray(expm_frechet(block.T, seed, compute_expm=False), dtype=np.float64) * step
    by_diffusion = back[:n, n:]
    return back[n:, n:].T - back[:n, :n], 0.5 * (by_diffusion + by_diffusion.T)


def stationary_covariance(drift: Array, diffusion: Array) -> Array:
    """F P + P F' + Qc = 0: the covariance that the dynamics keep.

    Parameters
    ----------
    drift, diffusion : (n, n) ndarray
        Stable drift.

    Returns
    -------
    (n, n) ndarray
        P; NaN where the drift is not stable, since there is none.
    """
    if np.linalg.eigvals(drift).real.max() >= 0:
        return np.full_like(drift, np.nan)
    found = solve_continuous_lyapunov(drift, -diffusion)
    return np.asarray(0.5 * (found + found.T), dtype=np.float64)


def modes(drift: Array) -> tuple[Array, Array]:
    """w_k = |lambda_k|, zeta_k = -Re(lambda_k) / w_k: frequencies and damping of the eigenvalues.

    A pair of complex eigenvalues is one oscillating mode. Real eigenvalues are paired by size,
    neighbours together: a mode with lambda_1 lambda_2 = w^2 and zeta = -(lambda_1 + lambda_2) / 2w,
    which is 1 or above (overdamped); a single one left over has zeta of 1 (or -1, growing).

    Parameters
    ----------
    drift : (n, n) ndarray
        F.

    Returns
    -------
    angular : (n_modes,) ndarray
        Undamped angular frequency, radians per unit of time, rising.
    damping : (n_modes,) ndarray
        Damping ratio.
    """
    values = np.linalg.eigvals(drift)
    ringing = values[values.imag > 0]
    angular = list(np.abs(ringing))
    damping = list(-ringing.real / np.abs(ringing))
    real = np.sort(values[values.imag == 0].real)
    for first in range(0, len(real), 2):
        pair = real[first : first + 2]
        size = float(np.sqrt(abs(np.prod(pair)))) if len(pair) == 2 else float(abs(pair[0]))
        angular.append(size)
        damping.append(-float(pair.mean()) / size if size else 0.0)
    order = np.argsort(angular, kind="stable")
    return np.asarray(angular)[order], np.asarray(damping)[order]
