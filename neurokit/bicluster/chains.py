"""One chain from start to end, or as far as it came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from neurokit.bicluster.chain_state import ChainState
from neurokit.bicluster.checkpoints import mark_of, store, stored
from neurokit.bicluster.coupling import joined
from neurokit.bicluster.gibbs import sweep
from neurokit.bicluster.records import Plan, Record, add_draw, empty_record, keep
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.starts import released
from neurokit.bicluster.state_growth import grow_states
from neurokit.bicluster.state_number import start_with_states
from neurokit.bicluster.trajectory_store import TrajectoryStore
from neurokit.bicluster.variational_fit import as_chain_state, fit_variational

# Sweeps of a variational fit that a chain starts from.
_VARIATIONAL = 100


def _started(
    data: Data,
    settings: Settings,
    plan: Plan,
    rng: np.random.Generator,
    is_stopped: Callable[[], bool],
) -> ChainState:
    if plan.start == "vi":
        fit = fit_variational(data, settings, plan.n_clusters, _VARIATIONAL, rng)
        return as_chain_state(fit.factors, settings, rng)
    n_sweeps = plan.n_staged // 2
    return start_with_states(data, settings, plan.n_clusters, n_sweeps, rng, is_stopped=is_stopped)


def run_chain(
    data: Data,
    settings: Settings,
    plan: Plan,
    rng: np.random.Generator,
    *,
    start: ChainState | None = None,
    on_sweep: Callable[[int], None] = lambda number: None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> tuple[Record, ChainState]:
    """Run a chain, or go on with one that was stored.

    A chain that is stopped is stored where it stands; one that is stopped before anything was
    kept has its last sweep in the sums.

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
        Where to begin; default `start_with_states`.
    on_sweep : callable
        Called with the number of sweeps done; an exception it raises ends the chain.
    is_stopped : callable
        Asked after every sweep.

    Returns
    -------
    record : Record
        What is kept.
    state : ChainState
        The last.

    Raises
    ------
    StoreError
        If what is stored belongs to other data or settings, or cannot be written.
    """
    found = stored(plan, data, settings, rng)
    if found is None:
        record = empty_record(data, plan, settings.n_latents)
        state = _started(data, settings, plan, rng, is_stopped) if start is None else start
    else:
        record, state = found
    mark = mark_of(data, settings, plan)
    trajectories = TrajectoryStore(plan.trajectories, mark, record.kept)
    for number in range(record.done, plan.n_sweeps):
        if number == plan.n_staged and plan.n_staged:
            latents = joined(state.latents, settings.coupled)
            labels = grow_states(latents, state.labels, settings, rng)
            state = released(state.changed(labels=labels), settings, rng)
        # Until it is given all its states a chain keeps the number that it started with.
        now = replace(settings, n_states=len(state.a)) if number < plan.n_staged else settings
        state, taken = sweep(state, data, now, number + 1, rng)
        trajectories.add(keep(record, state, data, plan, number, taken))
        stopped = is_stopped()
        due = stopped or record.done % plan.checkpoint_every == 0
        if due or record.done == plan.n_sweeps:
            trajectories.flush()
        if plan.checkpoint is not None and due:
            store(plan.checkpoint, record, state, rng, mark)
        on_sweep(record.done)
        if stopped:
            break
    if not record.kept:
        add_draw(record, state, data, plan)
    return record, state
