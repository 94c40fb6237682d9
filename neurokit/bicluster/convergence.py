"""Do chains agree: R-hat and effective sample size of label-free numbers.

Rank-normalised split R-hat, the larger of bulk and folded; effective size of the rank-normalised
draws by Geyer's initial monotone sequence.

Vehtari, Gelman, Simpson, Carpenter & Buerkner (2021). doi:10.1214/20-BA1221
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

Array = NDArray[np.float64]


def _split(chains: Array) -> Array:
    half = chains.shape[1] // 2
    return np.concatenate([chains[:, :half], chains[:, -half:]])


def _normalised(chains: Array) -> Array:
    ranks = rankdata(chains.ravel()).reshape(chains.shape)
    return np.asarray(ndtri((ranks - 0.375) / (chains.size + 0.25)))


def _plain_r_hat(chains: Array) -> float:
    n = chains.shape[1]
    within = chains.var(axis=1, ddof=1).mean()
    between = n * chains.mean(axis=1).var(ddof=1)
    if within == 0.0:
        return 1.0 if between == 0.0 else np.inf
    return float(np.sqrt(((n - 1) / n * within + between / n) / within))


def r_hat(chains: Array) -> float:
    """Rank-normalised split R-hat.

    Parameters
    ----------
    chains : (n_chains, n_draws) ndarray of float64
        One number per draw.

    Returns
    -------
    float
        1 where all agree; NaN for fewer than 4 draws; inf where each is constant at a value of
        its own.
    """
    if chains.shape[1] < 4:
        return float("nan")
    parts = _split(chains)
    folded = np.abs(parts - np.median(parts))
    if np.ptp(parts) == 0.0:
        return 1.0
    if (parts.std(axis=1) == 0.0).all():
        return float("inf")
    return max(_plain_r_hat(_normalised(parts)), _plain_r_hat(_normalised(folded)))


def _autocovariance(chain: Array) -> Array:
    n = len(chain)
    spectrum = np.fft.rfft(chain - chain.mean(), 2 * n)
    return np.asarray(np.fft.irfft(np.abs(spectrum) ** 2, 2 * n)[:n] / n)


def effective_size(chains: Array) -> float:
    """Effective number of draws of the mean.

    Parameters
    ----------
    chains : (n_chains, n_draws) ndarray of float64
        One number per draw.

    Returns
    -------
    float
        Number of draws where they do not vary; NaN for fewer than 4 draws.
    """
    if chains.shape[1] < 4:
        return float("nan")
    parts = _split(chains)
    if np.ptp(parts) == 0.0:
        return float(chains.size)
    parts = _normalised(parts)
    m, n = parts.shape
    covariance = np.mean([_autocovariance(part) for part in parts], axis=0)
    within = covariance[0] * n / (n - 1)
    total = covariance[0] + (parts.mean(axis=1).var(ddof=1) if m > 1 else 0.0)
    if within == 0.0:
        return 1.0
    rho = 1.0 - (within - covariance * n / (n - 1)) / total
    rho[0] = 1.0
    pairs = rho[: n - n % 2].reshape(-1, 2).sum(axis=1)
    negative = np.flatnonzero(pairs < 0.0)
    pairs = np.minimum.accumulate(pairs[: negative[0]] if len(negative) else pairs)
    time = max(-1.0 + 2.0 * pairs.sum(), 1.0 / np.log10(m * n))
    return float(m * n / time)
