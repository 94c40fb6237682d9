"""The estimator `BiCluster`: neurons by shared trajectories, bins by shared dynamics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np

from neurokit.bicluster.chains import run_chain
from neurokit.bicluster.cluster_number import Candidates, choose_clusters, hide
from neurokit.bicluster.inputs import Given, as_given, check_options, settings_of
from neurokit.bicluster.interruption import (
    Interruption,
    ctrl_c_asks,
    process_is_stopped,
    ready_process,
)
from neurokit.bicluster.records import Plan, Record, whole_or_salvaged
from neurokit.bicluster.results import Results
from neurokit.bicluster.settings import Data, Settings
from neurokit.bicluster.variational_fit import fit_variational
from neurokit.estimator import progress, single_thread
from neurokit.randomness import as_generator

Observation = Literal["poisson", "negative_binomial", "gaussian"]
# A signal is acted on when the main thread wakes; no wait may be longer than this, s.
_WAKE_S = 0.1
Job = tuple[Data, Settings, Plan, np.random.Generator]


def _run_one(job: Job) -> Record:
    """Run one chain in a process of its own."""
    with single_thread():
        return run_chain(*job, is_stopped=process_is_stopped)[0]


@contextmanager
def _bar(total: int, show: bool | None) -> Iterator[Callable[[int], None]]:
    """A progress bar over sweeps, as a function that counts one."""
    steps = progress(range(total), total=total, label="sweeps", show=show)

    def advance(_: int) -> None:
        next(steps, None)

    try:
        yield advance
    finally:
        steps.close()  # type: ignore[attr-defined]


class BiCluster(Results):
    """eta_it = d_i + mu_t + c_i'x_t, (mu, x) of neuron i's cluster; x_t+1 ~ N(A_s x_t + b_s, Q_s).

    Neurons are a mixture of finite mixtures (or a Dirichlet process) over trajectories w = (mu,
    x); bins are a sticky hierarchical Dirichlet process hidden Markov chain over dynamics, which
    all clusters follow at once, each with its own A, b, Q. Counts are Poisson or negative binomial
    with mean exp(eta), other data Gaussian with mean eta. The posterior is sampled: state paths
    with the latents integrated out, latents by block-tridiagonal draws, neurons' clusters by
    Metropolis on Laplace's evidence. ``method="vi"`` fits a structured variational bound instead: a
    quick look, whose numbers of clusters and states come from its start.

    Parameters
    ----------
    n_latents : int, default 2
        Dimensions of x per cluster.
    observation : {"poisson", "negative_binomial", "gaussian"}, default "poisson"
        Model of an entry. For ``gaussian`` every neuron is scaled to unit variance first.
    n_clusters : int, optional
        Clusters to start with; default chosen by how far neurons are from the subspaces that the
        other neurons of their clusters span. The chain then adds and removes clusters.
    method : {"gibbs", "vi"}, default "gibbs"
        Sample, or raise a variational bound.
    start : {"guess", "vi"}, default "guess"
        Where chains start: smoothed rates and their rhythm, or a variational fit to these.
    max_clusters : int, default 7
        Largest number tried where it is chosen.
    coupling : {"none", "full"}, default "none"
        Whether a cluster's next latents depend on its own only, or on those of all clusters: then A
        and Q are full, cost grows with the cube of their number, and that number stays as it is at
        the start.
    max_states : int, default 6
        Weak limit of the hidden states.
    neuron_prior : {"mfm", "dp"}, default "mfm"
        Prior of the neurons' partition.
    stickiness : float, default 100
        Pseudo-counts of staying in a state; about the dwell time expected, bins.
    n_sweeps : int, default 300
        Sweeps per chain. Short chains of a sixth as many, with one number of states each, choose
        the number that the chain keeps for a third of its sweeps; then it is given all states, and
        those it has are split or merged where the evidence of their labels rises. Chains that start
        from a variational fit have its states. The first half is thrown away. Most sweeps of a
        variational fit.
    n_chains : int, default 1
        Chains; agreement between them is judged from two on.
    held_out : float, default 0.0
        Share of entries hidden from the fit and scored.
    partition_loss : {"binder", "vi"}, default "binder"
        Loss of the partitions that stand for the draws: pairs put together or apart, or the
        variation of information, which has fewer small clusters. Not used by ``method="vi"``.
    trajectories : str or Path, optional
        Name ending in ``.zarr``; aligned latents of every sweep that is kept are appended to a
        store per chain beside it, ``latents`` (draw, cluster, bin, latent), which
        `xarray.open_zarr` reads. NaN where a draw has no such cluster.
    checkpoint : str or Path, optional
        Name ending in ``.npz``; chains are stored beside it and gone on with by the next `fit`.
    checkpoint_every : int, default 50
        Sweeps between stores.
    n_jobs : int, default 1
        Chains that run at once, each in a process of its own.
    random_state : None, int or numpy.random.Generator
        Source of everything drawn; the same seed gives the same bytes for any `n_jobs`.
    progress : bool, optional
        None shows a bar where a terminal or notebook is attached.

    Attributes
    ----------
    neuron_labels_ : DataArray (neuron)
        Cluster of each neuron: the draw with the least expected loss.
    state_labels_ : DataArray (time) or (trial, time) or (bin)
        State that led to each bin, likewise; -1 in padding and in a trial of one bin, which no step
        leads to.
    co_neuron_ : DataArray (neuron, partner)
        Share of draws in which two neurons are together.
    co_state_ : DataArray (bin, bin_2)
        Share of draws in which two bins are in one state, NaN where there is none; only up to 5000
        bins.
    latents_ : Dataset
        ``mean`` and ``sd`` (cluster, bin, latent); latent 0 is mu. Coordinates ``trial``, ``state``
        and ``time`` of bins.
    rates_ : Dataset
        ``mean`` and ``sd`` (neuron, bin) of the expected value of each entry; coordinates of bins
        as above, those of neurons (as ``region``) as in the data.
    trace_ : Dataset
        Label-free numbers (chain, draw), all sweeps; the ``bound`` (nats) of a variational fit,
        which has no ``convergence_``, ``acceptance_`` and ``draws_``.
    convergence_ : Dataset
        ``r_hat`` and ``effective_size`` (quantity).
    acceptance_ : DataArray (chain, move)
        Share of proposals taken.
    candidates_ : Dataset
        ``distance`` of neurons from the others of their clusters per number of clusters, where it
        was chosen, with its ``difference_error``.
    held_out_log_likelihood_ : float
        Nats per hidden entry, in units of the data; NaN without.
    converged_ : bool
        False where chains disagree, the bound still rose, or the fit was interrupted.
    draws_ : Dataset
        ``neuron_cluster`` (chain, draw, neuron) and ``state`` (chain, draw, bin) after what is
        thrown away.

    References
    ----------
    .. [1] Wei (2024) Bayesian bi-clustering of neural spiking activity with latent structures.
       ICLR. arXiv:2309.02213
    .. [2] Miller & Harrison (2018) Mixture models with a prior on the number of components. JASA
       113. doi:10.1080/01621459.2016.1255636

    Examples
    --------
    >>> from neurokit.simulate import biclustered
    >>> spikes = biclustered(8, 60, 2, random_state=0).recordings["session1"]
    >>> fit = BiCluster(1, n_clusters=2, n_sweeps=8, random_state=0).fit(spikes)
    >>> dict(fit.neuron_labels_.sizes)
    {'neuron': 8}
    """

    def __init__(
        self,
        n_latents: int = 2,
        observation: Observation = "poisson",
        *,
        n_clusters: int | None = None,
        method: Literal["gibbs", "vi"] = "gibbs",
        start: Literal["guess", "vi"] = "guess",
        max_clusters: int = 7,
        coupling: Literal["none", "full"] = "none",
        max_states: int = 6,
        neuron_prior: Literal["mfm", "dp"] = "mfm",
        stickiness: float = 100.0,
        n_sweeps: int = 300,
        n_chains: int = 1,
        held_out: float = 0.0,
        partition_loss: Literal["binder", "vi"] = "binder",
        trajectories: str | Path | None = None,
        checkpoint: str | Path | None = None,
        checkpoint_every: int = 50,
        n_jobs: int = 1,
        random_state: int | np.random.Generator | None = None,
        progress: bool | None = None,
    ) -> None:
        self.n_latents = n_latents
        self.observation = observation
        self.n_clusters = n_clusters
        self.method = method
        self.start = start
        self.max_clusters = max_clusters
        self.coupling = coupling
        self.max_states = max_states
        self.neuron_prior = neuron_prior
        self.stickiness = stickiness
        self.n_sweeps = n_sweeps
        self.n_chains = n_chains
        self.held_out = held_out
        self.partition_loss = partition_loss
        self.trajectories = trajectories
        self.checkpoint = checkpoint
        self.checkpoint_every = checkpoint_every
        self.n_jobs = n_jobs
        self.random_state = random_state
        self.progress = progress

    def fit(self, X: Any, y: None = None) -> Self:
        """Sample the posterior and describe it.

        Parameters
        ----------
        X : DataTree, DataArray, ndarray, or list of them
            Counts or values, (time, neuron) or (trial, time, neuron), or a list of trials; NaN
            is missing. A change of ``run`` ends a trial.
        y : None
            Ignored.

        Returns
        -------
        BiCluster
            Fitted.

        Raises
        ------
        OptionError
            If a parameter is out of range.
        SchemaError
            If counts are negative or fractional, or nothing was observed.
        StoreError
            If a checkpoint or a store of trajectories is damaged, cannot be written, or belongs to
            other data or parameters.
        KeyboardInterrupt
            At Ctrl-C, after the sweep that runs: what was drawn so far is described, and
            ``converged_`` is False. A second Ctrl-C ends it at once.
        """
        check_options(self)
        given = as_given(X, self.observation)
        rng = as_generator(self.random_state)
        hiding, choosing, *streams = rng.spawn(2 + self.n_chains)
        settings = settings_of(self, given.data)
        data, entries, values = hide(given.data, self.held_out, hiding)
        with single_thread():
            candidates = None
            if self.n_clusters is None:
                most = int(self.max_clusters)
                candidates = choose_clusters(data, settings.n_latents, most, choosing)
            count = candidates.best if candidates is not None else int(self.n_clusters or 1)
            plan = Plan(
                self.n_sweeps, count, entries, values, None, self.checkpoint_every, self.start
            )
            fit = self._raise_bound if self.method == "vi" else self._sample
            whole = fit(given, data, settings, plan, streams, candidates)
        self._set_history(X)
        if not whole:
            self.converged_ = False
            raise KeyboardInterrupt
        return self

    def _sample(
        self,
        given: Given,
        data: Data,
        settings: Settings,
        plan: Plan,
        streams: list[np.random.Generator],
        candidates: Candidates | None,
    ) -> bool:
        """Run chains and describe their draws; False if they were interrupted."""
        with ctrl_c_asks() as stop:
            records = self._chains(data, settings, plan, streams, stop)
        whole = all(record.done == plan.n_sweeps for record in records)
        records, n_discarded = whole_or_salvaged(records, plan)
        self._describe(given, plan, records, n_discarded, candidates, warn=whole)
        return whole

    def _raise_bound(
        self,
        given: Given,
        data: Data,
        settings: Settings,
        plan: Plan,
        streams: list[np.random.Generator],
        candidates: Candidates | None,
    ) -> bool:
        """Fit the bound and describe it; False if it was interrupted."""
        with ctrl_c_asks() as stop, _bar(plan.n_sweeps, self.progress) as advance:
            fit = fit_variational(
                data, settings, plan.n_clusters, plan.n_sweeps, streams[0],
                on_sweep=advance, is_stopped=stop.is_set,
            )  # fmt: skip
            whole = not stop.is_set()
        self._describe_variational(given, plan, fit, candidates)
        return whole

    def _chains(
        self,
        data: Data,
        settings: Settings,
        plan: Plan,
        streams: list[np.random.Generator],
        stop: Interruption,
    ) -> list[Record]:
        """Run every chain from a start of its own."""
        jobs = [(data, settings, self._plan(plan, k), stream) for k, stream in enumerate(streams)]
        if self.n_jobs > 1 and len(jobs) > 1:
            return self._side_by_side(jobs, stop)
        records = []
        with _bar(plan.n_sweeps * len(jobs), self.progress) as advance:
            for job in jobs:
                record, _ = run_chain(*job, on_sweep=advance, is_stopped=stop.is_set)
                records.append(record)
                if stop.is_set():
                    break
        return records

    def _side_by_side(self, jobs: list[Job], stop: Interruption) -> list[Record]:
        context = get_context("spawn")
        told = context.Event()
        with ProcessPoolExecutor(
            self.n_jobs, mp_context=context, initializer=ready_process, initargs=(told,)
        ) as pool:
            futures = [pool.submit(_run_one, job) for job in jobs]
            while wait(futures, timeout=_WAKE_S).not_done:
                if stop.is_set():
                    told.set()
            return [future.result() for future in futures]

    def _plan(self, plan: Plan, chain: int) -> Plan:
        def beside(name: str | Path | None) -> Path | None:
            if name is None:
                return None
            path = Path(name).expanduser()
            return path.with_name(f"{path.stem}.chain{chain}{path.suffix}")

        return replace(
            plan, checkpoint=beside(self.checkpoint), trajectories=beside(self.trajectories)
        )
