"""The estimator of motifs: who moves together, when, in which animal, in which communities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome import motif_null
from neurokit.connectome.affinity import KINDS, SCALES, Recordings, affinity
from neurokit.connectome.atlas import atlas_over_epochs, coverage
from neurokit.connectome.factors import motif_matrices
from neurokit.connectome.identifiability import determined, limited, recorded_pairs
from neurokit.connectome.kernels import Kernel
from neurokit.connectome.model import NonNegativeCP
from neurokit.connectome.motif_communities import consensus, labels_of_motifs
from neurokit.connectome.motif_test import exceeded, strengths_of
from neurokit.connectome.parallel import n_workers
from neurokit.connectome.recordings import Animals, gather
from neurokit.errors import OptionError, check_option
from neurokit.estimator import Estimator, single_thread
from neurokit.randomness import as_generator
from neurokit.stats.discovery import fdr

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COMMUNITIES = ("sbm", "leiden")
NULLS = ("neuron", "recording")

# Starts of each half of the record: the error hardly depends on which optimum is found.
_HELD_OUT_STARTS = 2


class DynamicConnectome(Estimator):
    """x_ptw ~ sum_r weight_r A_pr B_tr C_wr, all >= 0: motifs r of pairs p, times t, animals w.

    Recordings become a tensor of momentary affinities (`affinity`), which `NonNegativeCP`
    factorizes. What is added to that: the rank where none is given, communities within each
    motif, the mean strength in every kind of epoch, the error on bins and pairs that were held
    out, and for each motif the probability that neurons which do not heed each other give one
    as strong.

    Parameters
    ----------
    rank : int, optional
        Number of motifs; None takes the one that `select_rank` chooses from `ranks`.
    ranks : sequence of int, default (1, ..., 10)
        Candidates where `rank` is None.
    shared_time : bool, default True
        Recordings follow one clock of the experiment, so that a motif has one time course and a
        loading per recording. False where animals behave each in their own time: then a motif
        has a time course in every recording and only its pairs are shared.
    kind, smooth_s, bin_s, scale, balance, window_s
        Of `affinity`; `bin_s` 5 s by default, because chance agreement cancels within a bin.
    rate : float, optional
        Sampling rate that all recordings are brought to, Hz; default that of the slowest.
    n_restarts, max_iter, tol
        Of `NonNegativeCP`.
    communities : {"sbm", "leiden"} or None, default "sbm"
        How neurons of each motif are grouped: by `WeightedSBM`, by Leiden's method (extra
        ``graph``), or not at all.
    n_permutations : int, default 39
        Shifts of the null; 0 leaves p-values NaN. Each factorizes anew.
    null : {"neuron", "recording"}, default "neuron"
        What is shifted. Single neurons: is the motif more than chance agreement of neurons that
        move by themselves? Whole recordings: do animals show it at the same times?
    random_state : None, int or numpy.random.Generator
        Source of everything drawn.
    n_jobs : int, default 1
        Starts and shifts that run at once, -1 for one per processor; the result is the same bytes.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    motifs_ : DataArray
        (component, neuron, partner) loading of each pair, symmetric, of unit norm over pairs,
        strongest motif first; NaN for pairs never recorded together, or only in recordings in
        which the motif is absent, so that nothing determines their loading.
    time_course_ : DataArray
        (component, time), or (component, recording, time) without a shared clock; unit norm.
    recording_loading_ : DataArray
        (component, recording), unit norm.
    recording_course_ : DataArray
        (component, recording, time) strength of the motif's pairs in each recording by itself,
        in units of affinity; NaN where nothing was recorded.
    weight_ : DataArray
        (component) norm of the motif.
    communities_ : DataArray
        (component, neuron) int64, communities from 0, the tightest first; -1 for neurons that
        take no part in the motif.
    consensus_ : DataArray
        (neuron) int64, one partition that agrees best with all motifs; -1 as above.
    epochs_ : DataArray
        (recording, trial_type, time) share of each bin that events take up.
    atlas_ : Dataset
        (component, trial_type) mean strength in each kind of event, ``standard_error`` over
        events, ``outside``, ``correlation`` with ``p`` and ``q`` by circular shifts.
    p_value_, q_value_ : DataArray
        (component) probability of a motif as strong by chance, the best motif of each shift
        taken as reference; adjusted for the false discovery rate.
    null_ : Dataset
        ``statistic``(component), ``null``(draw, component).
    error_, held_out_error_ : float
        Relative error; the same for pairs and bins that were not fitted, NaN for short records.
    rank_ : int
        Number of motifs.
    rank_selection_ : Dataset
        Over ``rank``: what `select_rank` found; only where `rank` is None.
    factors_ : Dataset
        Loadings (component, mode) and ``weight`` (component), as of `NonNegativeCP`, for its
        figures.
    objective_trace_, restart_errors_, restart_similarity_, converged_, n_iter_
        As of `NonNegativeCP`.

    See Also
    --------
    compare_structure : Motifs against synapses.

    References
    ----------
    .. [1] Dyballa et al. (2024). ICLR. arXiv:2402.14102

    Examples
    --------
    >>> import neurokit as nk
    >>> worms = nk.simulate.worms(n_animals=2, n_neurons=20, n_motifs=2, random_state=0)
    >>> model = DynamicConnectome(rank=2, bin_s=8.0, n_restarts=2, communities=None,
    ...                           n_permutations=19, random_state=0).fit(worms.recordings)
    >>> model.p_value_.values.round(2).tolist()
    [0.05, 0.05]
    >>> model.atlas_["mean"].dims
    ('component', 'trial_type')
    """

    motifs_: xr.DataArray
    time_course_: xr.DataArray
    recording_loading_: xr.DataArray
    recording_course_: xr.DataArray
    weight_: xr.DataArray
    communities_: xr.DataArray
    consensus_: xr.DataArray
    epochs_: xr.DataArray
    atlas_: xr.Dataset
    p_value_: xr.DataArray
    q_value_: xr.DataArray
    null_: xr.Dataset
    error_: float
    held_out_error_: float
    rank_: int
    rank_selection_: xr.Dataset
    factors_: xr.Dataset
    objective_trace_: xr.DataArray
    restart_errors_: xr.DataArray
    restart_similarity_: xr.DataArray
    converged_: bool
    n_iter_: int

    def __init__(
        self,
        rank: int | None = None,
        *,
        ranks: Sequence[int] = tuple(range(1, 11)),
        shared_time: bool = True,
        kind: str | Kernel = "differential",
        smooth_s: float = 1.0,
        bin_s: float = 5.0,
        scale: str = "pooled",
        balance: bool = False,
        window_s: float = 10.0,
        rate: float | None = None,
        n_restarts: int = 8,
        max_iter: int = 500,
        tol: float = 1e-6,
        communities: Literal["sbm", "leiden"] | None = "sbm",
        n_permutations: int = 39,
        null: str = "neuron",
        random_state: int | np.random.Generator | None = None,
        n_jobs: int = 1,
        progress: bool | None = None,
    ) -> None:
        self.rank = rank
        self.ranks = ranks
        self.shared_time = shared_time
        self.kind = kind
        self.smooth_s = smooth_s
        self.bin_s = bin_s
        self.scale = scale
        self.balance = balance
        self.window_s = window_s
        self.rate = rate
        self.n_restarts = n_restarts
        self.max_iter = max_iter
        self.tol = tol
        self.communities = communities
        self.n_permutations = n_permutations
        self.null = null
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(self, recordings: Recordings) -> Self:
        """Find the motifs of one or several recordings.

        Parameters
        ----------
        recordings : recording, DataArray, or mapping or sequence of recordings
            Matched by the names of their identified neurons, resampled to one rate and, with
            shared time, cut to what they have in common. A DataArray is (time, neuron) or
            (recording, time, neuron), as ``nk.stack`` gives it; it has no events.

        Returns
        -------
        DynamicConnectome
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If there is no activity, or fewer than two neurons.
        LabelError
            If names don't allow to match recordings.
        TimeError
            If time is irregular, or recordings have none in common.
        """
        self._check_parameters()
        return self._fit_animals(
            gather(recordings, self.rate, shared_time=self.shared_time), recordings
        )

    def _fit_animals(self, animals: Animals, recordings: Recordings) -> Self:
        """Fit what `gather` gave; who has it at hand spares reading a large recording again."""
        animals = animals.in_memory()
        self._check_null(animals)
        streams = as_generator(self.random_state).spawn(6)
        self._set_history(recordings)
        try:
            tensor = self._factorize(animals, *streams[:2])
            self._describe(animals, tensor, *streams[2:4])
            self._judge(animals, tensor, *streams[4:])
        except KeyboardInterrupt:
            # Stages that were finished are kept, the later ones are missing.
            self.converged_ = False
            raise
        return self

    def _check_parameters(self) -> None:
        if not callable(self.kind):
            check_option("kind", self.kind, KINDS)
        check_option("scale", self.scale, SCALES)
        check_option("null", self.null, NULLS)
        if self.communities is not None:
            check_option("communities", self.communities, COMMUNITIES)
        counts = {"n_permutations": (self.n_permutations, 0)}
        if self.rank is not None:
            counts["rank"] = (self.rank, 1)
        for name, (value, least) in counts.items():
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                mend = f"Give a whole number from {least}."
                raise OptionError(f"is {value!r}", where=name, mend=mend)

    def _check_null(self, animals: Animals) -> None:
        alone = animals.traces.sizes["recording"] == 1
        if self.null == "recording" and (alone or not self.shared_time):
            raise OptionError(
                "is 'recording', which needs several recordings and shared_time=True",
                where="null",
                mend='Use null="neuron".',
            )

    def _affinity_options(self) -> dict[str, Any]:
        names = ("kind", "smooth_s", "bin_s", "scale", "balance", "window_s")
        return {name: getattr(self, name) for name in names}

    def _cp_options(self) -> dict[str, Any]:
        names = ("n_restarts", "max_iter", "tol", "n_jobs")
        return {name: getattr(self, name) for name in names}

    def _factorize(
        self, animals: Animals, choosing: np.random.Generator, starts: np.random.Generator
    ) -> xr.DataArray:
        """Fit the factors and return the (pair, time, recording) affinity."""
        tensor = affinity(animals.traces, **self._affinity_options())
        tensor = tensor.transpose("pair", "time", "recording")
        modes = _modes(tensor, self.shared_time)
        self.rank_ = self._chosen_rank(modes, choosing)
        model = NonNegativeCP(
            self.rank_, random_state=starts, progress=self.progress, **self._cp_options()
        )
        try:
            model.fit(modes)
        finally:
            # An interrupted fit has what it found so far.
            if model._fitted():
                self._keep(model, tensor)
        return tensor

    def _chosen_rank(self, modes: xr.DataArray, rng: np.random.Generator) -> int:
        if self.rank is not None:
            return int(self.rank)
        from neurokit.connectome.rank import select_rank

        self.rank_selection_ = select_rank(
            modes, list(self.ranks), random_state=rng, n_jobs=self.n_jobs
        )
        return int(self.rank_selection_.attrs["best_rank"])

    def _keep(self, model: NonNegativeCP, tensor: xr.DataArray) -> None:
        names = ("error_", "objective_trace_", "restart_errors_", "restart_similarity_")
        for name in (*names, "converged_", "n_iter_"):
            setattr(self, name, getattr(model, name))
        self.factors_, by_strength = _determined(_on_recordings(model.factors_, tensor), tensor)
        course = _time_course(model.factors_, tensor)
        self.time_course_ = course.isel(component=by_strength).assign_coords(
            component=course["component"].values
        )
        self.recording_loading_ = _recording_loading(self.factors_, self.time_course_, tensor)
        self.weight_ = self.factors_["weight"]
        self.motifs_ = motif_matrices(self.factors_).rename("motifs")
        unknown = xr.full_like(self.weight_, np.nan)
        self.p_value_, self.q_value_ = unknown.rename("p_value"), unknown.rename("q_value")

    def _loading(self, tensor: xr.DataArray) -> NDArray[np.float64]:
        """(pair, component) loadings, 0 where they are not determined, NaN if never recorded."""
        loading = self.factors_["pair_loading"].transpose("pair", "component").values
        seen = np.asarray(recorded_pairs(tensor.values).any(axis=1))
        out: NDArray[np.float64] = np.where(seen.reshape(-1, 1), np.nan_to_num(loading), np.nan)
        return out

    def _describe(
        self, animals: Animals, tensor: xr.DataArray, *streams: np.random.Generator
    ) -> None:
        """Strength in each recording, epochs, communities."""
        with single_thread():
            strength = strengths_of(tensor.values, self._loading(tensor))
        seen = np.isfinite(tensor.values).any(axis=0).T
        strength = np.where(seen, strength, np.nan)
        coords: dict[str, Any] = {"component": self.weight_["component"].values}
        for name in ("recording", "time", "run"):
            if name in tensor.coords:
                coords[name] = tensor[name].variable
        dims = ["component", "recording", "time"]
        self.recording_course_ = xr.DataArray(strength, coords, dims, name="recording_course")
        self.recording_course_.attrs["units"] = tensor.attrs["units"]
        self.epochs_ = coverage(animals.events, self.recording_course_)
        self.atlas_ = atlas_over_epochs(
            self.recording_course_,
            self.epochs_,
            animals.events,
            shared=self.shared_time,
            random_state=streams[0],
        )
        if self.communities is not None:
            dividing = streams[1].spawn(2)
            self.communities_ = labels_of_motifs(self.motifs_, self.communities, dividing[0])
            self.consensus_ = consensus(
                self.motifs_, self.weight_, self.communities_, self.communities, dividing[1]
            )

    def _judge(self, animals: Animals, tensor: xr.DataArray, *streams: np.random.Generator) -> None:
        """Held-out error and the null."""
        self.held_out_error_ = motif_null.held_out_error(
            tensor.values,
            self.rank_,
            shared=self.shared_time,
            random_state=streams[0],
            **{**self._cp_options(), "n_restarts": min(self.n_restarts, _HELD_OUT_STARTS)},
        )
        if self.n_permutations == 0:
            return
        statistic, null = motif_null.shift_test(
            motif_null.movement_of(animals.traces, self._affinity_options()),
            self._loading(tensor),
            shared=self.shared_time,
            together=self.null == "recording",
            n_draws=self.n_permutations,
            random_state=streams[1],
            n_workers=n_workers(self.n_jobs),
        )
        component = {"component": self.weight_["component"].values}
        self.null_ = xr.Dataset(
            {"statistic": ("component", statistic), "null": (("draw", "component"), null)},
            component,
            {"shifted": self.null, "n_draws": self.n_permutations},
        )
        p = xr.DataArray(exceeded(statistic, null), component, ["component"], name="p_value")
        self.p_value_ = p
        self.q_value_ = fdr(p).drop_attrs().rename("q_value")

    def plot(self) -> NDArray[Any] | list[Axes]:
        """Draw every motif: pairs by community, time course over epochs, recordings.

        Returns
        -------
        (component, 3) array of matplotlib.axes.Axes
            One row per motif.
        """
        from neurokit.connectome.motif_plots import plot_overview

        self._check_fitted()
        return plot_overview(self)


def _modes(tensor: xr.DataArray, shared: bool) -> xr.DataArray:
    """Return the affinity with the modes in which it is factorized."""
    if tensor.sizes["recording"] == 1:
        return tensor.isel(recording=0, drop=True)
    if shared:
        return tensor
    coords = {k: v.variable for k, v in tensor.coords.items() if v.dims == ("pair",)}
    return xr.DataArray(motif_null.as_modes(tensor.values, shared), coords, ["pair", "frame"])


def _on_recordings(factors: xr.Dataset, tensor: xr.DataArray) -> xr.Dataset:
    """Return factors over pairs and recordings where every recording has its own time."""
    if "frame_loading" not in factors:
        return factors
    course = factors["frame_loading"].values.reshape(
        factors.sizes["component"], -1, tensor.sizes["time"]
    )
    out = factors.drop_vars("frame_loading")
    loading = np.sqrt(np.nansum(course**2, axis=2))
    out["recording_loading"] = (("component", "recording"), loading)
    return out.assign_coords(recording=tensor["recording"].variable)


def _determined(factors: xr.Dataset, tensor: xr.DataArray) -> tuple[xr.Dataset, NDArray[np.int64]]:
    """Return factors without loadings that nothing determines, strongest first, and that order."""
    if "recording_loading" not in factors:
        return factors, np.arange(factors.sizes["component"])
    in_recordings = factors["recording_loading"].transpose("component", "recording").values
    known = determined(recorded_pairs(tensor.values), in_recordings)
    given = factors["pair_loading"].transpose("pair", "component")
    loading, norm = limited(given.values, known, np.nan)
    weight = factors["weight"].values * norm
    order = np.argsort(-weight, kind="stable")
    out = factors.assign(
        pair_loading=given.copy(data=loading).transpose(*factors["pair_loading"].dims),
        weight=("component", weight),
    )
    return out.isel(component=order).assign_coords(component=factors["component"].values), order


def _time_course(factors: xr.Dataset, tensor: xr.DataArray) -> xr.DataArray:
    if "time_course" in factors:
        return factors["time_course"]
    n = factors.sizes["component"]
    values = factors["frame_loading"].values.reshape(n, tensor.sizes["recording"], -1)
    coords: dict[str, Any] = {"component": factors["component"].values}
    for name in ("recording", "time", "run"):
        if name in tensor.coords:
            coords[name] = tensor[name].variable
    return xr.DataArray(values, coords, ["component", "recording", "time"], name="time_course")


def _recording_loading(
    factors: xr.Dataset, course: xr.DataArray, tensor: xr.DataArray
) -> xr.DataArray:
    if "recording_loading" in factors:
        return factors["recording_loading"]
    name = tensor["recording"].variable
    present = (factors["weight"] > 0).astype(np.float64)
    alone = present.expand_dims("recording").assign_coords(recording=name.values)
    alone = alone.transpose("component", "recording")
    return alone.rename("recording_loading")
