"""What is kept of a chain's sweeps, and how a chain runs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.likelihoods import entry_likelihoods, total_log_likelihood
from neurokit.bicluster.observations import GAUSSIAN
from neurokit.bicluster.settings import Data

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Share of the sweeps in which states are few, and share that is thrown away.
STAGED = 1.0 / 3.0
DISCARDED = 0.5
# Where nothing was observed eta can be anything; its square shall still be a number.
_LARGEST = 300.0
SCALARS = (
    "n_clusters",
    "n_states",
    "log_likelihood",
    "neuron_entropy",
    "state_entropy",
    "latent_norm",
    "mean_extra",
)


@dataclass
class Record:
    """What is kept of a chain.

    Parameters
    ----------
    neurons : (n_sweeps, N) ndarray of uint16
        Clusters.
    labels : (n_sweeps, T) ndarray of int8
        State of every step.
    scalars : (n_sweeps, n) ndarray of float64
        Numbers named in `SCALARS`.
    mean_rate, square_rate : (N, T) ndarray of float64
        Sums over kept sweeps of expected values and their squares.
    hidden : (n_hidden,) ndarray of float64
        Sums over kept sweeps of the likelihood of hidden entries.
    latent_mean, latent_square : (K, T, q) ndarray of float64
        Sums over kept sweeps of aligned latents, of the clusters of the first kept sweep.
    latent_count : (K,) ndarray of float64
        Sweeps in each of these sums.
    reference : (K, T, q) ndarray of float64
        Latents that others are aligned with.
    reference_neurons : (N,) ndarray of int64
        Clusters of the reference.
    done : int
        Sweeps made.
    kept : int
        Sweeps in the sums.
    taken : dict of str to list of int
        Proposals taken and made, by move.
    """

    neurons: NDArray[np.uint16]
    labels: NDArray[np.int8]
    scalars: Array
    mean_rate: Array
    square_rate: Array
    hidden: Array
    latent_mean: Array
    latent_square: Array
    latent_count: Array
    reference: Array
    reference_neurons: Labels
    done: int = 0
    kept: int = 0
    taken: dict[str, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """How a chain runs.

    Parameters
    ----------
    n_sweeps : int
        All sweeps.
    n_clusters : int
        Clusters of neurons it starts with.
    hidden : (n_hidden, 2) ndarray of int64
        Neuron and bin of entries held out.
    hidden_values : (n_hidden,) ndarray of float64
        Their values.
    checkpoint : Path, optional
        Where to store.
    checkpoint_every : int
        Sweeps between stores.
    start : str
        ``guess``, or ``vi`` for a variational fit, which has its states and is not staged.
    trajectories : Path, optional
        Where aligned latents of kept sweeps are appended.
    """

    n_sweeps: int
    n_clusters: int
    hidden: Labels
    hidden_values: Array
    checkpoint: Path | None = None
    checkpoint_every: int = 50
    start: str = "guess"
    trajectories: Path | None = None

    @property
    def n_staged(self) -> int:
        """Sweeps with few states."""
        return 0 if self.start == "vi" else int(self.n_sweeps * STAGED)

    @property
    def n_discarded(self) -> int:
        """Sweeps thrown away."""
        return int(self.n_sweeps * DISCARDED)


def empty_record(data: Data, plan: Plan, n_latents: int) -> Record:
    """A record before the first sweep.

    Parameters
    ----------
    data : Data
        What was observed.
    plan : Plan
        How the chain runs.
    n_latents : int
        p.

    Returns
    -------
    Record
        Zeros.
    """
    n_neurons, n_bins = data.y.shape
    none = np.zeros((0, n_bins, n_latents + 1))
    return Record(
        neurons=np.zeros((plan.n_sweeps, n_neurons), dtype=np.uint16),
        labels=np.zeros((plan.n_sweeps, n_bins), dtype=np.int8),
        scalars=np.full((plan.n_sweeps, len(SCALARS)), np.nan),
        mean_rate=np.zeros_like(data.y),
        square_rate=np.zeros_like(data.y),
        hidden=np.zeros(len(plan.hidden)),
        latent_mean=none,
        latent_square=none.copy(),
        latent_count=np.zeros(0),
        reference=none.copy(),
        reference_neurons=np.zeros(n_neurons, dtype=np.int64),
    )


def keep(
    record: Record,
    state: ChainState,
    data: Data,
    plan: Plan,
    number: int,
    taken: dict[str, tuple[int, int]],
) -> Array | None:
    """Add one sweep to a record.

    Parameters
    ----------
    record : Record
        Changed in place.
    state : ChainState
        After the sweep.
    data : Data
        What was observed.
    plan : Plan
        How the chain runs.
    number : int
        Of the sweep, from 0.
    taken : dict of str to (int, int)
        Proposals taken and made.

    Returns
    -------
    (K, T, q) ndarray of float64 or None
        Latents aligned with the reference; None of a sweep that is thrown away.
    """
    record.neurons[number] = state.neurons
    record.labels[number] = state.labels
    record.scalars[number] = _scalars(state, data, state.eta())
    record.done = number + 1
    for name, (accepted, made) in taken.items():
        counts = record.taken.setdefault(name, [0, 0])
        counts[0] += accepted
        counts[1] += made
    return add_draw(record, state, data, plan) if number >= plan.n_discarded else None


def add_draw(record: Record, state: ChainState, data: Data, plan: Plan) -> Array:
    """Add rates, hidden entries and latents of one sweep to the sums.

    Parameters
    ----------
    record : Record
        Changed in place.
    state : ChainState
        After the sweep.
    data : Data
        What was observed.
    plan : Plan
        How the chain runs.

    Returns
    -------
    (K, T, q) ndarray of float64
        Latents aligned with the reference; NaN where there is no such cluster.
    """
    eta = state.eta()
    expected = eta if data.family == GAUSSIAN else np.exp(np.minimum(eta, _LARGEST))
    record.kept += 1
    record.mean_rate += expected
    record.square_rate += expected**2
    if len(plan.hidden):
        record.hidden += entry_likelihoods(state, data.family, plan.hidden, plan.hidden_values)
    return _keep_latents(record, state)


def _scalars(state: ChainState, data: Data, eta: Array) -> list[float]:
    def entropy(counts: Labels) -> float:
        shares = counts[counts > 0] / counts.sum()
        return float(-(shares * np.log(shares)).sum())

    used = np.bincount(state.labels[state.labels >= 0], minlength=1)
    sizes = np.bincount(state.neurons)
    # A state that holds less than a hundredth of the bins is no state to speak of.
    n_used = (used > 0.01 * used.sum()).sum() if used.sum() else 1
    return [
        float(state.n_clusters),
        float(n_used),
        total_log_likelihood(data, eta, state.extra),
        entropy(sizes),
        entropy(used) if used.sum() else 0.0,
        float(np.sqrt(np.mean(eta**2))),
        float(np.log(state.extra).mean()),
    ]


def _keep_latents(record: Record, state: ChainState) -> Array:
    """Align clusters with the reference's by their neurons, and latents by least squares."""
    from scipy.optimize import linear_sum_assignment

    if not len(record.reference):
        record.reference = state.latents.copy()
        record.reference_neurons = state.neurons.copy()
        record.latent_mean = np.zeros_like(state.latents)
        record.latent_square = np.zeros_like(state.latents)
        record.latent_count = np.zeros(state.n_clusters)
    shape = (len(record.reference), state.n_clusters)
    shared = np.zeros(shape)
    out = np.full(record.reference.shape, np.nan)
    np.add.at(shared, (record.reference_neurons, state.neurons), 1.0)
    for k, j in zip(*linear_sum_assignment(-shared), strict=True):
        if shared[k, j]:
            out[k] = align(state.latents[j], record.reference[k])
            record.latent_mean[k] += out[k]
            record.latent_square[k] += out[k] ** 2
            record.latent_count[k] += 1.0
    return out


def align(latents: Array, reference: Array) -> Array:
    """Turn and mirror x, and shift mu, to be as near to a reference as they can be.

    Parameters
    ----------
    latents, reference : (T, q) ndarray of float64
        (mu, x).

    Returns
    -------
    (T, q) ndarray of float64
        Centred latents in the axes of the reference.
    """
    moved, target = latents - latents.mean(axis=0), reference - reference.mean(axis=0)
    out = moved.copy()
    if latents.shape[1] > 1:
        u, _, v = np.linalg.svd(moved[:, 1:].T @ target[:, 1:])
        out[:, 1:] = moved[:, 1:] @ (u @ v)
    return np.asarray(out)


def cut(record: Record, n_sweeps: int) -> Record:
    """The first sweeps of a record; sums stay as they are.

    Parameters
    ----------
    record : Record
        Of a chain.
    n_sweeps : int
        How many.

    Returns
    -------
    Record
        Views.
    """
    return replace(
        record,
        neurons=record.neurons[:n_sweeps],
        labels=record.labels[:n_sweeps],
        scalars=record.scalars[:n_sweeps],
        done=n_sweeps,
    )


def whole_or_salvaged(records: list[Record], plan: Plan) -> tuple[list[Record], int]:
    """What can be described of chains, ended early or not, and how much of it is discarded.

    Parameters
    ----------
    records : list of Record
        Of all chains.
    plan : Plan
        How they should have run.

    Returns
    -------
    records : list of Record
        All of one length: the chains that came past what is discarded; if none did, the one that
        came furthest.
    n_discarded : int
        Sweeps of each thrown away; none where no chain came so far.
    """
    past = [record for record in records if record.done > plan.n_discarded]
    if past:
        least = min(record.done for record in past)
        return [cut(record, least) for record in past], plan.n_discarded
    furthest = max(records, key=lambda record: record.done)
    return [cut(furthest, furthest.done)], 0
