"""Priors of coupling weights, as the EM of a GLM-HMM uses them.

A prior offers a quadratic penalty for the M-step, its log density for the objective, an update of
its own parameters after every M-step, and, when EM has converged, the next stage of the fit.
Weights are (state, post, pre, basis) throughout.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, check_option
from neurokit.states.priors_connectome import aligned, edge_groups, edge_probabilities

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Shape = tuple[int, int, int, int]

PRIORS = ("none", "ridge", "gaussian", "onehot")


@runtime_checkable
class WeightPrior(Protocol):
    """What the EM asks of a prior; an object with these methods is accepted as ``prior=``."""

    def quadratic(self) -> tuple[Array, Array]:
        """Return the penalty of the M-step, 0.5 sum precision (w - mean)^2.

        Returns
        -------
        mean, precision : (state, post, pre, basis) ndarray
            A weight of infinite precision is pinned at its mean.
        """

    def log_density(self, weights: Array) -> float:
        """Return what is added to the log-likelihood.

        Parameters
        ----------
        weights : (state, post, pre, basis) ndarray
            Of the couplings.

        Returns
        -------
        float
            Nats; comparable within a stage only.
        """

    def update(self, weights: Array) -> None:
        """Improve the prior's own parameters, after every M-step.

        Parameters
        ----------
        weights : (state, post, pre, basis) ndarray
            Of the couplings; their `log_density` must not fall.
        """

    def advance(self, weights: Array, information: Array) -> Array | None:
        """Begin the next stage, when EM has converged.

        Parameters
        ----------
        weights : (state, post, pre, basis) ndarray
            At the optimum of this stage.
        information : (state, post, n, n) ndarray
            Fisher information of a neuron's weights in a state, n = pre x basis, without the
            prior and with everything else of the neuron profiled out.

        Returns
        -------
        (state, post, pre, basis) ndarray or None
            Weights to go on from; None where there is no further stage.
        """

    def results(self) -> dict[str, Array]:
        """Return what was learned.

        Returns
        -------
        dict of str to ndarray
            Each becomes an attribute of the fit, with an underscore.
        """


def make_prior(
    name: str,
    shape: Shape,
    *,
    ridge: float = 1.0,
    scale: float | None = None,
    basis_area: ArrayLike | None = None,
    connectivity: Any = None,
    connectome: Any = None,
    neurons: Sequence[str] | None = None,
    allowed: ArrayLike | None = None,
) -> WeightPrior:
    """Make the prior of a name.

    Parameters
    ----------
    name : {"none", "ridge", "gaussian", "onehot"}
        None and ridge are the same but for the default strength of the caller.
    shape : tuple of int
        (state, post, pre, basis) of the weights.
    ridge : float, default 1.0
        Precision of the ridge; of the first stage, whatever the prior.
    scale : float, optional
        Gaussian: standard deviation of the weights around the state-constant matrix; default
        learned.
    basis_area : (basis,) array_like, optional
        What one unit of each basis weight adds up to over lags; default ones.
    connectivity : array or DataArray, optional
        One-hot: (post, pre, sign) probabilities of an inhibitory, no, and excitatory edge.
        Gaussian: (post, pre) the state-constant matrix. Default learned. With labels, aligned.
    connectome : recording, Dataset or DataArray, optional
        One-hot: edges with and without synapses learn a prior each.
    neurons : sequence of str, optional
        Names of the neurons, which `connectivity` and `connectome` are aligned by.
    allowed : (post, pre) array_like of bool, optional
        False where no coupling is possible; default all.

    Returns
    -------
    WeightPrior
        In its first stage.

    Raises
    ------
    OptionError
        If a value is not allowed or does not fit the prior.
    """
    check_option("prior", name, PRIORS)
    if not (np.isfinite(ridge) and ridge >= 0):
        raise OptionError(f"is {ridge!r}", where="ridge", mend="Give a number from 0.")
    free = _allowed(allowed, shape)
    _refuse_unused(name, scale=scale, connectivity=connectivity, connectome=connectome)
    if name == "gaussian":
        from neurokit.states.priors_gaussian import GaussianPrior

        constant = None if connectivity is None else aligned(connectivity, neurons, ("post", "pre"))
        return GaussianPrior(shape, ridge, scale=scale, constant=constant, allowed=free)
    if name == "onehot":
        return _onehot(shape, ridge, free, basis_area, connectivity, connectome, neurons)
    return RidgePrior(shape, ridge, free)


def _onehot(
    shape: Shape,
    ridge: float,
    allowed: Mask,
    basis_area: ArrayLike | None,
    connectivity: Any,
    connectome: Any,
    neurons: Sequence[str] | None,
) -> WeightPrior:
    from neurokit.states.onehot import OneHotPrior

    if connectivity is not None and connectome is not None:
        raise OptionError(
            "is given beside prior_connectome",
            where="prior_connectivity",
            mend="Give one of them: probabilities that are known, or synapses to learn them from.",
        )
    names = [str(k) for k in range(shape[1])] if neurons is None else list(neurons)
    return OneHotPrior(
        shape,
        ridge,
        area=np.ones(shape[3]) if basis_area is None else np.asarray(basis_area, np.float64),
        connectivity=None
        if connectivity is None
        else edge_probabilities(connectivity, neurons, shape[1]),
        group=None if connectome is None else edge_groups(connectome, names),
        allowed=allowed,
    )


def _allowed(allowed: ArrayLike | None, shape: Shape) -> Mask:
    if allowed is None:
        return np.ones(shape[1:3], dtype=bool)
    mask = np.asarray(allowed)
    if mask.shape != shape[1:3] or mask.dtype.kind not in "bi":
        raise OptionError(
            f"has shape {mask.shape} and type {mask.dtype}",
            where="allowed",
            mend=f"Give true or false for (post, pre), {shape[1:3]}.",
        )
    return mask.astype(bool)


_TAKES = {"gaussian": ("scale", "connectivity"), "onehot": ("connectivity", "connectome")}
_CALLED = {
    "scale": "prior_scale",
    "connectivity": "prior_connectivity",
    "connectome": "prior_connectome",
}


def _refuse_unused(name: str, **given: object) -> None:
    for option, value in given.items():
        if value is not None and option not in _TAKES.get(name, ()):
            fitting = [prior for prior, options in _TAKES.items() if option in options]
            raise OptionError(
                f"is given, but prior={name!r} makes no use of it",
                where=_CALLED[option],
                mend=f"Leave it out, or use prior={' or '.join(map(repr, fitting))}.",
            )


class RidgePrior:
    """w ~ N(0, 1 / ridge), a single stage; forbidden couplings are pinned at zero.

    Parameters
    ----------
    shape : tuple of int
        (state, post, pre, basis).
    ridge : float
        Precision; 0 is flat.
    allowed : (post, pre) ndarray of bool, optional
        False where no coupling is possible; default all are.
    """

    def __init__(self, shape: Shape, ridge: float, allowed: Mask | None = None) -> None:
        self.shape, self.ridge = shape, float(ridge)
        self.allowed = np.ones(shape[1:3], dtype=bool) if allowed is None else allowed

    def quadratic(self) -> tuple[Array, Array]:
        """Return mean and precision of the penalty."""
        precision = np.where(self.allowed[None, :, :, None], self.ridge, np.inf)
        return np.zeros(self.shape), np.broadcast_to(precision, self.shape).copy()

    def log_density(self, weights: Array) -> float:
        """Return -0.5 ridge sum w^2."""
        return penalty(weights, *self.quadratic())

    def update(self, weights: Array) -> None:
        """Nothing is learned."""

    def advance(self, weights: Array, information: Array) -> Array | None:
        """There is one stage."""
        return None

    def results(self) -> dict[str, Array]:
        """Nothing was learned."""
        return {}


def penalty(weights: Array, mean: Array, precision: Array) -> float:
    """Return -0.5 sum precision (w - mean)^2 over the weights that are not pinned."""
    free = np.isfinite(precision)
    return -0.5 * float(np.sum(precision[free] * (weights[free] - mean[free]) ** 2))
