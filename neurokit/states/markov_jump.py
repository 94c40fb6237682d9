"""The estimator of jump processes in continuous time, read at irregular times."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import ConvergenceWarning, NeurokitWarning, OptionError, SchemaError
from neurokit.estimator import Estimator, progress, single_thread
from neurokit.randomness import as_generator
from neurokit.states.first_passage import (
    as_rates,
    entropy_production,
    mean_first_passage,
    stationary_distribution,
)
from neurokit.states.markov_jump_core import Array, Index, JumpParameters, Readings, expect, read
from neurokit.states.markov_jump_em import JumpFit, fit_rates, standard_errors
from neurokit.states.markov_jump_inputs import clock_of, sequences
from neurokit.states.markov_jump_path import read_path, sample_path

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Where misreading is learned, readings are taken to be right this often at the start.
_FIRST_MISREAD = 0.05


class MarkovJump(Estimator):
    """max over Q, e of log p(readings), z a jump process with rates Q, readings wrong with e.

    A hidden state z(t) jumps from i to j with rate q_ij at any time; it is read at times that may
    be irregular, and each reading is another state with probability e. The likelihood is exact:
    nothing is binned, and several jumps may hide in one gap. EM (Hobolth and Jensen) with
    extrapolated steps; it never falls.

    Parameters
    ----------
    n_states : int
        Number of states K.
    misread : float or "learn", default 0.0
        Probability that a reading is another state, any of them alike; ``"learn"`` estimates it.
    allowed : (n_states, n_states) array_like of bool, optional
        Which jumps are possible, from the state of the row to that of the column; default all.
    max_iter : int, default 500
        Most E-steps.
    tol : float, default 1e-9
        EM has converged when a step gains less than this per reading, nats.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    rates_ : DataArray
        (state, state_next) q_ij, 1/s; the diagonal is minus the sum of its row.
    standard_errors_ : DataArray
        (state, state_next) of the rates, 1/s, from the observed information; NaN on the diagonal
        and where there were not enough jumps.
    misread_, misread_standard_error_ : float
        Probability of misreading, and its standard error (NaN where it was given).
    initial_ : DataArray
        (state) distribution of a sequence's first state, with one pseudo-count per state.
    stationary_ : DataArray
        (state) share of time in the long run.
    holding_time_ : DataArray
        (state) mean length of a stay, s.
    mean_first_passage_ : DataArray
        (state, target) mean time until the target is reached, s.
    entropy_production_ : float
        Nats per second; 0 where time cannot be told from its reverse.
    log_likelihood_ : float
        log p(readings), nats.
    objective_trace_ : DataArray
        (iteration) log-likelihood plus the pseudo-counts' term.
    converged_ : bool
        Whether `tol` was met.
    n_iter_ : int
        E-steps.

    References
    ----------
    .. [1] Hobolth and Jensen (2011). doi:10.1239/jap/1324046009

    Examples
    --------
    >>> truth = MarkovJump.from_rates([[-1.0, 1.0], [4.0, -4.0]], misread=0.02)
    >>> seen = truth.sample(np.arange(20_000) * 0.1, random_state=0)
    >>> model = MarkovJump(n_states=2, misread=0.02).fit(seen.reading.time, seen.reading)
    >>> model.rates_.values.round(1).tolist()
    [[-1.0, 1.0], [4.0, -4.0]]
    """

    rates_: xr.DataArray
    standard_errors_: xr.DataArray
    misread_: float
    misread_standard_error_: float
    initial_: xr.DataArray
    stationary_: xr.DataArray
    holding_time_: xr.DataArray
    mean_first_passage_: xr.DataArray
    entropy_production_: float
    log_likelihood_: float
    objective_trace_: xr.DataArray
    converged_: bool
    n_iter_: int

    def __init__(
        self,
        n_states: int,
        *,
        misread: float | Literal["learn"] = 0.0,
        allowed: ArrayLike | None = None,
        max_iter: int = 500,
        tol: float = 1e-9,
        progress: bool | None = None,
    ) -> None:
        self.n_states = n_states
        self.misread = misread
        self.allowed = allowed
        self.max_iter = max_iter
        self.tol = tol
        self.progress = progress

    @classmethod
    def from_rates(
        cls, rates: ArrayLike, *, misread: float = 0.0, initial: ArrayLike | None = None
    ) -> Self:
        """Make a model with known rates, to sample from or to score with.

        Parameters
        ----------
        rates : (n_states, n_states) array_like
            Per second; rows sum to zero.
        misread : float, default 0.0
            Probability that a reading is another state.
        initial : (n_states,) array_like, optional
            Distribution of the first state; default the stationary one, or uniform where that
            is not unique.

        Returns
        -------
        MarkovJump
            As if fitted, without standard errors.

        Raises
        ------
        OptionError
            If `rates` is no rate matrix, or `initial` no distribution.
        """
        number: Any = misread
        q = as_rates(rates).copy()
        model = cls(len(q), misread=misread)
        model._check_parameters()
        if isinstance(number, str):
            raise OptionError(
                f"is {misread!r}", where="misread", mend="Known rates need a number from 0."
            )
        if initial is None:
            first = stationary_distribution(q)
            first = np.full(len(q), 1 / len(q)) if np.isnan(first).any() else first
        else:
            first = np.array(initial, dtype=np.float64)
        if first.shape != (len(q),) or not (first >= 0).all() or abs(first.sum() - 1) > 1e-9:
            raise OptionError(
                "is no distribution over the states",
                where="initial",
                mend="Give one probability per state, summing to 1.",
            )
        model._keep(JumpParameters(q, first, float(misread)))
        return model

    def fit(self, times: Any, states: Any = None) -> Self:
        """Fit rates to readings.

        Parameters
        ----------
        times : (n_readings,) array or DataArray, or list or mapping of them
            Seconds, increasing; several are sequences between which nothing is assumed. Or,
            with `states` left out, readings as DataArrays with a coordinate ``time``.
        states : same as `times`, optional
            Readings, 0 to n_states - 1; -1 or NaN where nothing was read.

        Returns
        -------
        MarkovJump
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter or a reading has a value that is not allowed, or `allowed` makes the
            readings impossible.
        SchemaError
            If times and readings do not fit each other.
        TimeError
            If times do not increase.
        """
        self._check_parameters()
        clocks, paths, _ = sequences(times, states, self.n_states)
        readings = read(clocks, paths)
        if readings.gaps.size == 0:
            raise SchemaError(
                "no sequence has two readings", where="times", mend="Give longer sequences."
            )
        learn = self.misread == "learn"
        with single_thread():
            found = self._run(readings, self._start(readings), learn)
            self._keep_fit(readings, found, learn)
        self._set_history(times if states is None else states)
        if found.interrupted:
            raise KeyboardInterrupt
        self._warn()
        return self

    def _check_parameters(self) -> None:
        for name in ("n_states", "max_iter"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
        if not self.tol >= 0:
            raise OptionError(f"is {self.tol!r}", where="tol", mend="Give a number from 0.")
        # At (K - 1) / K a reading says nothing.
        most = 1 - 1 / max(self.n_states, 2)
        given = self.misread
        if isinstance(given, str):
            fine = given == "learn"
        else:
            fine = isinstance(given, int | float | np.number) and 0 <= given < most
        if not fine:
            raise OptionError(
                f"is {given!r}",
                where="misread",
                mend=f'Give a probability below {most:.3g}, or "learn".',
            )

    def _allowed(self) -> NDArray[np.bool_]:
        off = ~np.eye(self.n_states, dtype=bool)
        if self.allowed is None:
            return off
        given = np.asarray(self.allowed)
        if given.shape != off.shape or given.dtype.kind not in "bi":
            raise OptionError(
                f"has shape {given.shape} and type {given.dtype}",
                where="allowed",
                mend=f"Give true or false for {off.shape}.",
            )
        return given.astype(bool) & off

    def _start(self, readings: Readings) -> JumpParameters:
        """Count changes between readings as jumps, with half a jump for each way."""
        n, allowed = self.n_states, self._allowed()
        before, after = readings.state[:-1], readings.state[1:]
        place = readings.gap_of[:-1]
        both = (before >= 0) & (after >= 0) & (place >= 0)
        counts = np.zeros((n, n))
        np.add.at(counts, (before[both], after[both]), 1.0)
        time = np.zeros(n)
        np.add.at(time, before[both], readings.gaps[place[both]])
        span = float(readings.gaps[readings.gap_of[readings.gap_of >= 0]].sum())
        rates = np.where(allowed, (counts + 0.5) / (time + span / max(n, 1) * 0.01)[:, None], 0.0)
        np.fill_diagonal(rates, -rates.sum(axis=1))
        e = _FIRST_MISREAD if self.misread == "learn" else float(self.misread)
        return JumpParameters(rates, np.full(n, 1.0 / n), e)

    def _run(self, readings: Readings, start: JumpParameters, learn: bool) -> JumpFit:
        steps = iter(
            progress(
                range(self.max_iter), total=self.max_iter, label="MarkovJump", show=self.progress
            )
        )
        found = fit_rates(
            readings,
            start,
            learn_misread=learn,
            max_iter=self.max_iter,
            tol=self.tol,
            on_iteration=lambda _: _tick(steps),
        )
        if not np.isfinite(found.expectation.log_likelihood):
            raise OptionError(
                "makes the readings impossible",
                where="allowed",
                mend='Allow more jumps, or some misreading (misread="learn").',
            )
        return found

    def _keep_fit(self, readings: Readings, found: JumpFit, learn: bool) -> None:
        self._keep(found.parameters)
        self.log_likelihood_ = found.expectation.log_likelihood
        self.objective_trace_ = xr.DataArray(
            np.array(found.trace), dims="iteration", name="objective_trace"
        )
        self.converged_ = found.converged
        self.n_iter_ = len(found.trace)
        missing = np.full_like(found.parameters.rates, np.nan), float("nan")
        errors, misread = (
            missing if found.interrupted else standard_errors(readings, found, learn_misread=learn)
        )
        self.standard_errors_ = self._matrix(errors, "standard_errors", "s-1")
        self.misread_standard_error_ = misread

    def _keep(self, parameters: JumpParameters) -> None:
        q = parameters.rates
        self.rates_ = self._matrix(q, "rates", "s-1")
        self.misread_ = parameters.misread
        self.initial_ = self._vector(parameters.initial, "initial", "1")
        self.stationary_ = self._vector(stationary_distribution(q), "stationary", "1")
        leave = -np.diagonal(q)
        stay = np.where(leave > 0, 1.0 / np.where(leave > 0, leave, 1.0), np.inf)
        self.holding_time_ = self._vector(stay, "holding_time", "s")
        passage = self._matrix(mean_first_passage(q), "mean_first_passage", "s")
        self.mean_first_passage_ = passage.rename(state_next="target")
        self.entropy_production_ = entropy_production(q)

    def _matrix(self, values: Array, name: str, units: str) -> xr.DataArray:
        label = np.arange(self.n_states)
        coords = {"state": label, "state_next": label}
        return xr.DataArray(
            values, coords, ("state", "state_next"), name=name, attrs={"units": units}
        )

    def _vector(self, values: Array, name: str, units: str) -> xr.DataArray:
        coords = {"state": np.arange(self.n_states)}
        return xr.DataArray(values, coords, ("state",), name=name, attrs={"units": units})

    def _warn(self) -> None:
        if not self.converged_:
            text = f"MarkovJump: {self.n_iter_} steps did not reach tol; raise max_iter or tol."
            warnings.warn(text, ConvergenceWarning, stacklevel=3)
        errors = self.standard_errors_.values
        if self.n_states > 1 and np.isnan(errors[~np.eye(self.n_states, dtype=bool)]).all():
            text = (
                "MarkovJump: the readings do not determine the rates; read more often than the "
                "states change, or use fewer states."
            )
            warnings.warn(text, NeurokitWarning, stacklevel=3)

    def _parameters(self) -> JumpParameters:
        self._check_fitted()
        return JumpParameters(self.rates_.values, self.initial_.values, self.misread_)

    def predict_proba(self, times: Any, states: Any = None) -> Any:
        """Return p(z(t) = k | all readings of the sequence) at every reading's time.

        Parameters
        ----------
        times, states : as in `fit`
            For other times, add readings of -1 there.

        Returns
        -------
        DataArray, or list of DataArray
            (time, state); a list where several sequences were given.

        Raises
        ------
        OptionError
            If the readings are impossible under the rates.
        """
        clocks, paths, names = sequences(times, states, self.n_states)
        readings = read(clocks, paths)
        posterior = self._expect(readings).posterior
        label = np.arange(self.n_states)
        found = [
            xr.DataArray(part, {"time": clock, "state": label}, ("time", "state"), name="posterior")
            for part, clock in zip(np.split(posterior, readings.starts[1:-1]), clocks, strict=True)
        ]
        return found[0] if names == ["times"] else found

    def score(self, times: Any, states: Any = None) -> float:
        """Return log p(readings) per reading.

        Parameters
        ----------
        times, states : as in `fit`
            Readings of -1 or NaN are not counted.

        Returns
        -------
        float
            Nats per reading.

        Raises
        ------
        OptionError
            If the readings are impossible under the rates.
        """
        clocks, paths, _ = sequences(times, states, self.n_states)
        readings = read(clocks, paths)
        return float(self._expect(readings).log_likelihood) / int((readings.state >= 0).sum())

    def _expect(self, readings: Readings) -> Any:
        with single_thread():
            found = expect(readings, self._parameters())
        if not np.isfinite(found.log_likelihood):
            raise OptionError(
                "are impossible under these rates",
                where="states",
                mend="Fit with some misreading, or check that the readings are of this process.",
            )
        return found

    def sample(
        self, times: ArrayLike, *, random_state: int | np.random.Generator | None = None
    ) -> xr.Dataset:
        """Draw a path and its readings.

        Parameters
        ----------
        times : (n_readings,) array_like
            When to read, s, increasing.
        random_state : None, int or numpy.random.Generator
            Source of randomness.

        Returns
        -------
        Dataset
            ``state``, ``reading``(time); ``jump_time``, ``jump_state``(jump), every stay's begin.

        Raises
        ------
        SchemaError
            If `times` is empty or no row.
        TimeError
            If `times` holds NaN or does not increase.
        """
        parameters = self._parameters()
        clock = clock_of(times, "times")
        rng = as_generator(random_state)
        duration = float(clock[-1] - clock[0]) + np.finfo(np.float64).tiny
        onset, state = sample_path(parameters.rates, parameters.initial, duration, rng)
        since = clock - clock[0]
        seen: Index = read_path(onset, state, since, parameters.misread, self.n_states, rng)
        true = state[np.searchsorted(onset, since, side="right") - 1]
        return xr.Dataset(
            {
                "state": ("time", true),
                "reading": ("time", seen),
                "jump_time": ("jump", onset + clock[0], {"units": "s"}),
                "jump_state": ("jump", state),
            },
            coords={"time": ("time", clock, {"units": "s"})},
        )

    def plot(self) -> Axes:
        """Draw the states as a graph of jumps.

        Returns
        -------
        matplotlib.axes.Axes
            Areas are stationary shares, arrows rates.
        """
        from neurokit.states.plots_chain import plot_transitions

        self._check_fitted()
        return plot_transitions(self.rates_, self.stationary_)


def _tick(steps: Iterator[int]) -> None:
    next(steps, None)
