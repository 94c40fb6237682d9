"""Which motifs beat chance: the shell around the tests on arrays."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome import kernels, motif_test
from neurokit.connectome.affinity import DERIVATIVE_KINDS, _bins, _scaled_slopes, _standardized
from neurokit.connectome.identifiability import determined, limited, recorded_pairs
from neurokit.connectome.model import NonNegativeCP
from neurokit.connectome.shifting import HALVES, Movement, dense
from neurokit.errors import NeurokitWarning
from neurokit.estimator import single_thread
from neurokit.schema.time import sampling_rate

Array = NDArray[np.float64]

# A draw is fitted from one start until the error settles to this: its best motif is a
# reference, not a result.
_SWEEPS, _TOL = 60, 1e-4
# Shifts whose mean is the chance floor.
_FLOOR_DRAWS = 10


def movement_of(traces: xr.DataArray, options: Mapping[str, Any]) -> Movement:
    """Return what ``affinity(traces, **options)`` is computed from.

    Parameters
    ----------
    traces : (recording, time, neuron|channel) DataArray
        NaN where not recorded.
    options : mapping
        Parameters of ``affinity``.

    Returns
    -------
    Movement
        On the frames of whole bins.
    """
    kind = options["kind"]
    name = "" if callable(kind) else kind
    bins = _bins(traces, options["bin_s"])
    if kind == "correlation":
        moving = _standardized(traces)
        reach = max(1, round(options["window_s"] * sampling_rate(traces) / 2))
        kernel = kernels.windowed_correlation(reach, [slice(0, bins.frames.size)])
    else:
        moving = _scaled_slopes(traces, options["smooth_s"], options["scale"])
        kernel = kind if callable(kind) else DERIVATIVE_KINDS[kind]
    values = moving.transpose("recording", ..., "time").values[:, :, bins.frames]
    if name in HALVES:
        # Half of the work; no sum is longer than a bin.
        values = values.astype(np.float32)
    return Movement(values, bins.width, kernel, HALVES.get(name), bool(options["balance"]))


def as_modes(tensor: NDArray[Any], shared: bool) -> NDArray[Any]:
    """Return (pair, time, recording) as it is factorized.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        Affinities.
    shared : bool
        Whether recordings share time courses; otherwise their bins follow each other.

    Returns
    -------
    ndarray
        (pair, time, recording); (pair, frame) where recordings share nothing or there is one.
    """
    if shared and tensor.shape[2] > 1:
        return tensor
    return np.ascontiguousarray(tensor.transpose(0, 2, 1)).reshape(len(tensor), -1)


def fit_patterns(
    tensor: NDArray[Any], rank: int, rng: np.random.Generator, *, shared: bool, **options: Any
) -> Array:
    """Return the (pair, component) loadings of a factorization; NaN for pairs never observed.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        Affinities.
    rank : int
        Number of components.
    rng : numpy.random.Generator
        Source of the starts.
    shared : bool
        As of `as_modes`.
    **options : Any
        Of `NonNegativeCP`.

    Returns
    -------
    (n_pairs, rank) ndarray
        Of unit norm, or zeros; 0 where a loading is not determined.
    """
    model = NonNegativeCP(rank, random_state=rng, progress=False, **options)
    factors = model.fit(as_modes(tensor, shared)).factors_
    loading = np.asarray(factors["axis_0_loading"].transpose("axis_0", "component").values)
    if "axis_2_loading" in factors:
        in_recordings = factors["axis_2_loading"].transpose("component", "axis_2").values
    else:
        course = factors["axis_1_loading"].transpose("component", "axis_1").values
        whole = course.reshape(len(course), tensor.shape[2], -1)
        in_recordings = np.sqrt(np.nansum(whole**2, axis=2))
    known = determined(recorded_pairs(tensor), in_recordings)
    return limited(loading, known, 0.0)[0]


def shift_test(
    movement: Movement,
    loading: Array,
    *,
    shared: bool,
    together: bool,
    n_draws: int,
    random_state: np.random.Generator,
    n_workers: int = 1,
) -> tuple[Array, Array]:
    """Return the statistic of every motif and of all motifs found after shifting.

    Parameters
    ----------
    movement : Movement
        What the affinity was computed from.
    loading : (n_pairs, rank) ndarray
        Its motifs.
    shared : bool
        Whether recordings share time courses.
    together : bool
        Shift whole recordings and ask for synchrony, instead of neurons and strength.
    n_draws : int
        Shifts.
    random_state : numpy.random.Generator
        Source of shifts and starts.
    n_workers : int
        Draws that run at once.

    Returns
    -------
    statistic : (rank,) ndarray
        Of the motifs.
    null : (n_draws, rank) ndarray
        Of each draw.
    """
    floors, draws = random_state.spawn(2)
    floor = motif_test.chance_floor(movement, floors.spawn(_FLOOR_DRAWS))

    def refit(x: NDArray[np.float32], rng: np.random.Generator) -> Array:
        chosen = {"n_restarts": 1, "max_iter": _SWEEPS, "tol": _TOL}
        return fit_patterns(x, loading.shape[1], rng, shared=shared, **chosen)

    def statistic(x: NDArray[Any], patterns: Array) -> Array:
        if together:
            return motif_test.synchrony(x, patterns)
        return motif_test.share_alone(x, patterns, floor)

    with single_thread(), quiet_fits():
        observed = statistic(dense(movement), loading)
        null = motif_test.refitted_null(
            movement,
            refit,
            statistic,
            draws.spawn(n_draws),
            together=together,
            n_workers=n_workers,
        )
    return observed, null


def held_out_error(
    tensor: NDArray[Any],
    rank: int,
    *,
    shared: bool,
    random_state: np.random.Generator,
    **options: Any,
) -> float:
    """|| x - model || / || x || where patterns come from other bins and strengths from other pairs.

    Parameters
    ----------
    tensor : (n_pairs, n_bins, n_recordings) ndarray
        Affinities.
    rank : int
        Number of components.
    shared : bool
        Whether recordings share time courses.
    random_state : numpy.random.Generator
        Source of starts and of the division of pairs.
    **options : Any
        Of `NonNegativeCP`.

    Returns
    -------
    float
        1 where nothing is predicted; NaN for a record too short to be divided.
    """
    halves = motif_test.alternating_halves(tensor.shape[1])
    if halves is None:
        return float("nan")
    residual, total = 0.0, 0.0
    for bins, others in (halves, halves[::-1]):
        starts, division = random_state.spawn(2)
        with quiet_fits():
            patterns = fit_patterns(tensor[:, bins], rank, starts, shared=shared, **options)
        with single_thread():
            found = motif_test.predicted_error(tensor[:, others], patterns, division)
        residual, total = residual + found[0], total + found[1]
    return float(np.sqrt(residual / (total or 1.0)))


@contextmanager
def quiet_fits() -> Iterator[None]:
    """Say nothing about fits that are no results: that one of them stopped early is no finding.

    Yields
    ------
    None
        Inside the block these warnings are not shown.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        yield
