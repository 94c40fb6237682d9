"""One chain from start to end: what is kept of every sweep, stored and resumed bit for bit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.gibbs import sweep
from neurokit.bicluster.likelihoods import entry_likelihoods, total_log_likelihood
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.starts import released, start_state
from neurokit.errors import StoreError
from neurokit.io.atomic import atomic_file

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

# Share of the sweeps in which states are few, and share that is thrown away.
STAGED = 1.0 / 3.0
DISCARDED = 0.5
STAGED_STATES = 2
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
    """

    n_sweeps: int
    n_clusters: int
    hidden: Labels
    hidden_values: Array
    checkpoint: Path | None = None
    checkpoint_every: int = 50

    @property
    def n_staged(self) -> int:
        """Sweeps with few states."""
        return int(self.n_sweeps * STAGED)

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


def run_chain(
    data: Data,
    settings: Settings,
    plan: Plan,
    rng: np.random.Generator,
    *,
    start: ChainState | None = None,
    on_sweep: Callable[[int], None] = lambda number: None,
) -> tuple[Record, ChainState]:
    """Run a chain, or go on with one that was stored.

    Parameters
    ----------
    data : Data
        What was observed; hidden entries are not seen.
    settings : Settings
        Priors and moves.
    plan : Plan
        How the chain runs.
    rng : numpy.random.Generator
        Source of everything drawn.
    start : ChainState, optional
        Where to begin; default `start_state`.
    on_sweep : callable
        Called with the number of sweeps done; an exception it raises ends the chain.

    Returns
    -------
    record : Record
        What is kept.
    state : ChainState
        The last.

    Raises
    ------
    StoreError
        If a checkpoint belongs to other data or settings.
    """
    staged = replace(settings, n_states=min(STAGED_STATES, settings.n_states))
    found = _stored(plan, data, settings, rng)
    if found is None:
        record = empty_record(data, plan, settings.n_latents)
        state = start_state(data, staged, plan.n_clusters, rng) if start is None else start
        done = 0
    else:
        record, state, done = found
    for number in range(done, plan.n_sweeps):
        if number == plan.n_staged:
            state = released(state, settings, rng)
        now = staged if number < plan.n_staged else settings
        state, taken = sweep(state, data, now, number + 1, rng)
        keep(record, state, data, plan, number, taken)
        if plan.checkpoint is not None and (number + 1) % plan.checkpoint_every == 0:
            store(plan.checkpoint, record, state, number + 1, rng, _mark(data, settings, plan))
        on_sweep(number + 1)
    return record, state


def keep(
    record: Record,
    state: ChainState,
    data: Data,
    plan: Plan,
    number: int,
    taken: dict[str, tuple[int, int]],
) -> None:
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
    """
    record.neurons[number] = state.neurons
    record.labels[number] = state.labels
    eta = state.eta()
    record.scalars[number] = _scalars(state, data, eta)
    for name, (accepted, made) in taken.items():
        counts = record.taken.setdefault(name, [0, 0])
        counts[0] += accepted
        counts[1] += made
    if number < plan.n_discarded:
        return
    expected = eta if data.family == 2 else np.exp(eta)
    record.kept += 1
    record.mean_rate += expected
    record.square_rate += expected**2
    if len(plan.hidden):
        record.hidden += entry_likelihoods(state, data.family, plan.hidden, plan.hidden_values)
    _keep_latents(record, state)


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


def _keep_latents(record: Record, state: ChainState) -> None:
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
    np.add.at(shared, (record.reference_neurons, state.neurons), 1.0)
    for k, j in zip(*linear_sum_assignment(-shared), strict=True):
        if shared[k, j]:
            aligned = align(state.latents[j], record.reference[k])
            record.latent_mean[k] += aligned
            record.latent_square[k] += aligned**2
            record.latent_count[k] += 1.0


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


def _mark(data: Data, settings: Settings, plan: Plan) -> str:
    """Hash of all that a stored chain must share with the one that goes on."""
    digest = hashlib.sha256()
    for array in (data.y, data.seen, data.edges, plan.hidden):
        digest.update(np.ascontiguousarray(array).tobytes())
    rest = {k: v for k, v in vars(settings).items() if k != "partition"}
    numbers = [data.family, plan.n_sweeps, plan.n_clusters, settings.partition.found]
    digest.update(json.dumps([rest, numbers, settings.partition.success]).encode())
    return digest.hexdigest()


def store(
    path: Path, record: Record, state: ChainState, done: int, rng: np.random.Generator, mark: str
) -> None:
    """Store a chain so that it goes on as if it had not stopped.

    Parameters
    ----------
    path : Path
        Ends in ``.npz``; what was there is replaced whole.
    record : Record
        What is kept so far.
    state : ChainState
        The present one.
    done : int
        Sweeps done.
    rng : numpy.random.Generator
        Its state is stored.
    mark : str
        What the chain belongs to.
    """
    values: dict[str, Any] = {f"state_{k}": v for k, v in state.arrays().items()}
    values |= {f"record_{k}": v for k, v in vars(record).items() if isinstance(v, np.ndarray)}
    facts = {
        "done": done,
        "kept": record.kept,
        "taken": record.taken,
        "mark": mark,
        "rng": rng.bit_generator.state,
    }
    values["facts"] = np.array(json.dumps(facts))
    with atomic_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **values)


def _stored(
    plan: Plan, data: Data, settings: Settings, rng: np.random.Generator
) -> tuple[Record, ChainState, int] | None:
    path = plan.checkpoint
    if path is None or not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            values = {name: file[name] for name in file.files}
        facts: dict[str, Any] = json.loads(str(values.pop("facts")))
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"is no checkpoint of a chain ({type(error).__name__})",
            where=str(path),
            mend="Remove it, or give another name.",
        ) from error
    if facts["mark"] != _mark(data, settings, plan):
        raise StoreError(
            "belongs to other data or parameters",
            where=str(path),
            mend="Remove it to start anew, or give another name.",
        )
    state = ChainState(**{k[6:]: v for k, v in values.items() if k.startswith("state_")})
    kept = {k[7:]: v for k, v in values.items() if k.startswith("record_")}
    rng.bit_generator.state = facts["rng"]
    record = Record(**kept, kept=int(facts["kept"]), taken=facts["taken"])
    return record, state, int(facts["done"])
