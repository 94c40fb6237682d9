"""What a user gives: parameters checked by name, data brought to neurons by bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.observations import FAMILIES, GAUSSIAN
from neurokit.bicluster.partition_prior import dirichlet_process, finite_mixtures
from neurokit.bicluster.settings import Data, Settings
from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.signal.trials import Trials, as_trials

if TYPE_CHECKING:
    from neurokit.bicluster.model import BiCluster

Array = NDArray[np.float64]

# Whole numbers with their smallest values.
_COUNTS = {
    "n_latents": 1,
    "max_clusters": 1,
    "max_states": 1,
    "n_sweeps": 4,
    "n_chains": 1,
    "checkpoint_every": 1,
    "n_jobs": 1,
}


@dataclass(frozen=True)
class Given:
    """Data in the sampler's form, and the way back.

    Parameters
    ----------
    trials : Trials
        As read.
    data : Data
        What the sampler sees.
    centre, scale : (N,) ndarray of float64
        What Gaussian values were centred and scaled by; 0 and 1 for counts.
    """

    trials: Trials
    data: Data
    centre: Array
    scale: Array


def check_options(model: BiCluster) -> None:
    """Refuse parameters out of range, by name.

    Parameters
    ----------
    model : BiCluster
        With its parameters.

    Raises
    ------
    OptionError
        Names the first that is wrong.
    """
    check_option("observation", model.observation, tuple(FAMILIES))
    check_option("neuron_prior", model.neuron_prior, ("mfm", "dp"))
    check_option("method", model.method, ("gibbs", "vi"))
    check_option("start", model.start, ("guess", "vi"))
    check_option("coupling", model.coupling, ("none", "full"))
    if model.coupling == "full" and model.method == "vi":
        raise OptionError(
            "is 'full', but variational factors are of one cluster each",
            where="coupling",
            mend='Use method="gibbs"; its chains may have start="vi".',
        )
    check_option("partition_loss", model.partition_loss, ("binder", "vi"))
    for name, least in _COUNTS.items():
        _check_count(name, getattr(model, name), least)
    if model.n_clusters is not None:
        _check_count("n_clusters", model.n_clusters, 1)
    for name, low, high in (("stickiness", 0.0, np.inf), ("held_out", 0.0, 0.9)):
        value = getattr(model, name)
        real = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not real or not low <= value <= high or not np.isfinite(value):
            top = f" to {high}" if np.isfinite(high) else " or more"
            raise OptionError(f"is {value!r}", where=name, mend=f"Give a number, {low}{top}.")
    for name, end in (("checkpoint", ".npz"), ("trajectories", ".zarr")):
        value = getattr(model, name)
        if value is not None and model.method == "vi":
            raise OptionError(
                "is given, but a variational fit is not stored on its way",
                where=name,
                mend='Leave it out, or use method="gibbs".',
            )
        if value is not None and not str(value).endswith(end):
            raise OptionError(f"is {str(value)!r}", where=name, mend=f"End the name in {end}.")


def _check_count(name: str, value: Any, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise OptionError(f"is {value!r}", where=name, mend=f"Give a whole number from {least}.")


def settings_of(model: BiCluster, data: Data) -> Settings:
    """Priors and moves that parameters ask for.

    Parameters
    ----------
    model : BiCluster
        With its parameters.
    data : Data
        For the number of neurons.

    Returns
    -------
    Settings
        Of the sampler.
    """
    n = len(data.y)
    partition = finite_mixtures(n) if model.neuron_prior == "mfm" else dirichlet_process(n)
    coupled = model.coupling == "full"
    # Founding or dropping a coupled cluster would change the dynamics of all others.
    found = 0 if coupled else 1
    return Settings(
        n_latents=int(model.n_latents),
        n_states=int(model.max_states),
        partition=partition,
        kappa=float(model.stickiness),
        coupled=coupled,
        births_every=found * Settings.births_every,
        splits=found * Settings.splits,
    )


def as_given(X: Any, observation: str) -> Given:
    """Bring what a user gives to neurons by bins.

    Parameters
    ----------
    X : DataTree, DataArray, ndarray, or list of them
        Counts or values.
    observation : str
        Model of an entry.

    Returns
    -------
    Given
        Data and the way back.

    Raises
    ------
    SchemaError
        If counts are negative or fractional, values infinite, or nothing was observed.
    """
    trials = as_trials(X)
    values = np.ascontiguousarray(trials.values.T)
    seen = ~np.isnan(values)
    if not seen.any():
        raise SchemaError("holds no observed value", where="X", mend="Give data that are not NaN.")
    if np.isinf(values).any():
        raise SchemaError("holds infinities", where="X", mend="Mark them as missing (NaN).")
    family = FAMILIES[observation]
    filled = np.where(seen, values, 0.0)
    centre, scale = np.zeros(len(values)), np.ones(len(values))
    if family == GAUSSIAN:
        n_seen = np.maximum(seen.sum(axis=1), 1)
        centre = filled.sum(axis=1) / n_seen
        square = np.where(seen, (filled - centre[:, None]) ** 2, 0.0).sum(axis=1) / n_seen
        # The mean of equal numbers is off by rounding, which is no spread.
        rounding = 1e-12 * np.abs(centre)
        scale = np.where(square > rounding**2, np.sqrt(square), 1.0)
        filled = np.where(seen, (filled - centre[:, None]) / scale[:, None], 0.0)
    else:
        _check_counts(filled, observation)
    edges = np.asarray(trials.offsets, dtype=np.int64)
    keep = np.concatenate([[True], np.diff(edges) > 0])
    return Given(trials, Data(filled, seen, edges[keep], family), centre, scale)


def _check_counts(values: Array, observation: str) -> None:
    if (values < 0).any():
        raise SchemaError(
            f"holds negative values (least {values.min():g}), observation={observation!r} counts",
            where="X",
            mend='Give spike counts, or use observation="gaussian".',
        )
    if (values != np.round(values)).any():
        raise SchemaError(
            f"holds fractional values, observation={observation!r} counts spikes",
            where="X",
            mend='Give counts (nk.signal.bin_spikes), or use observation="gaussian".',
        )
