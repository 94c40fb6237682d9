"""How many components: masked cross-validation, stability over starts, one standard error."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome.compression import compress, worth_compressing
from neurokit.connectome.dimension_tree import AnyFloat
from neurokit.connectome.holdout import entry_folds, fibre_folds
from neurokit.connectome.inputs import as_labelled, as_mask
from neurokit.connectome.model import NonNegativeCP
from neurokit.connectome.parallel import Start, run_starts
from neurokit.connectome.solve import Settings
from neurokit.connectome.starts import random_factors
from neurokit.connectome.tensor import ObservedTensor
from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.schema.history import add_history

Mask = xr.DataArray | NDArray[np.bool_]


def rank_sweep(
    tensor: xr.DataArray | NDArray[Any],
    ranks: Iterable[int],
    *,
    mask: Mask | None = None,
    n_restarts: int = 10,
    max_iter: int = 500,
    tol: float = 1e-6,
    random_state: int | np.random.Generator | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> dict[int, NonNegativeCP]:
    """Fit one tensor with several ranks; all ranks and starts share passes and one core.

    Parameters
    ----------
    tensor : DataArray or ndarray
        As in ``NonNegativeCP.fit``.
    ranks : iterable of int
        Numbers of components.
    mask : DataArray or ndarray of bool, optional
        True where an entry counts.
    n_restarts : int, default 10
        Random starts per rank.
    max_iter : int, default 500
        Most sweeps per start.
    tol : float, default 1e-6
        See `NonNegativeCP`.
    random_state : None, int or numpy.random.Generator
        Source of the starts. What a rank finds does not depend on which others are asked for,
        beyond `tol`.
    n_jobs : int, default 1
        Groups of starts that run at once.
    progress : bool, optional
        Show a bar of sweeps.

    Returns
    -------
    dict of int to NonNegativeCP
        Fitted, in the order of `ranks`; ``stability_`` and ``restart_errors_`` say how sure each
        is. Components that fall away are not warned of.

    Raises
    ------
    OptionError
        If a rank or another number is not allowed.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> tensor = np.einsum("ar,br,cr->abc", *(rng.random((n, 2)) for n in (8, 7, 6)))
    >>> fits = rank_sweep(tensor, [1, 2], n_restarts=2, random_state=0)
    >>> fits[2].error_ < fits[1].error_
    True
    """
    chosen = _ranks(ranks)
    options = {"n_restarts": n_restarts, "max_iter": max_iter, "tol": tol, "n_jobs": n_jobs}
    models = {
        rank: NonNegativeCP(rank, random_state=random_state, progress=progress, **options)  # type: ignore[arg-type]
        for rank in chosen
    }
    largest = models[max(chosen)]
    x, data = largest.prepare(tensor, mask)
    starts = _starts(data, chosen, n_restarts, random_state)
    with single_thread():
        core = None
        if worth_compressing(data, largest.rank):
            core = compress(data, largest.rank, np.random.default_rng(0))
        settings = Settings(max_iter, tol)
        fits, interrupted = run_starts(
            data, starts, settings, core, n_jobs=n_jobs, show=progress, label="rank_sweep"
        )
    if interrupted:
        raise KeyboardInterrupt
    for k, rank in enumerate(chosen):
        models[rank].adopt(data, x, fits[k * n_restarts : (k + 1) * n_restarts])
    return models


def _ranks(ranks: Iterable[int]) -> list[int]:
    chosen = list(ranks) if isinstance(ranks, Iterable) else []
    if not all(_is_whole(rank) and rank >= 1 for rank in chosen) or not (
        0 < len(set(chosen)) == len(chosen)
    ):
        raise OptionError(
            f"is {ranks!r}", where="ranks", mend="Give different whole numbers from 1."
        )
    return [int(rank) for rank in chosen]


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return _is_whole(value) or isinstance(value, float | np.floating)


def _starts(
    data: ObservedTensor,
    ranks: list[int],
    n_restarts: int,
    random_state: int | np.random.Generator | None,
) -> list[Start]:
    # One stream per number of components, whichever of them are asked for.
    streams = as_generator(random_state).spawn(max(ranks) + 1)
    return [
        (rng, random_factors(data, rank, rng))
        for rank in ranks
        for rng in streams[rank].spawn(n_restarts)
    ]


def select_rank(
    tensor: xr.DataArray | NDArray[Any],
    ranks: Iterable[int],
    *,
    mask: Mask | None = None,
    n_folds: int = 5,
    holdout: Literal["entry", "fibre"] = "entry",
    n_restarts: int = 5,
    min_stability: float = 0.8,
    max_iter: int = 300,
    tol: float = 1e-5,
    random_state: int | np.random.Generator | None = None,
    n_jobs: int = 1,
    progress: bool | None = None,
) -> xr.Dataset:
    """Choose the smallest rank that predicts hidden entries as well as any, and reliably.

    error(rank, fold) = || x - model || / || x || over the entries hidden in the fold, model
    fitted to all others. With r0 the rank of the smallest mean error, a rank is as good as r0 if
    the mean over folds of error(rank) - error(r0) is at most one standard error of that
    difference; the smallest such rank whose solutions agree over starts is chosen.

    Parameters
    ----------
    tensor : DataArray or ndarray
        As in ``NonNegativeCP.fit``; it is held in memory.
    ranks : iterable of int
        Candidates.
    mask : DataArray or ndarray of bool, optional
        True where an entry counts.
    n_folds : int, default 5
        Parts into which observed entries are dealt; every part is hidden once.
    holdout : {"entry", "fibre"}
        Hide single entries, or fibres along the longest mode (all times of a pair in an animal).
        Fibres ask whether other animals predict this one; where few do, the prediction is ill
        determined and ranks come out low. Factors are free at every time, so noise that is
        correlated in time does not leak from entry to entry.
    n_restarts : int, default 5
        Random starts of the fits to all entries, for stability; of each fold a third of it.
    min_stability : float, default 0.8
        Mean similarity over pairs of starts that a rank must reach. If none does, error alone
        decides.
    max_iter : int, default 300
        Most sweeps per start.
    tol : float, default 1e-5
        See `NonNegativeCP`.
    random_state : None, int or numpy.random.Generator
        Source of folds and starts.
    n_jobs : int, default 1
        Groups of starts that run at once.
    progress : bool, optional
        Show a bar of sweeps per fold.

    Returns
    -------
    Dataset
        ``error``(rank, fold), ``fit_error``(rank) of the fits to all entries,
        ``stability``(rank), ``excess``(rank) and ``excess_se``(rank), the mean difference to r0
        and its standard error; attrs ``best_rank``, ``holdout``.

    Raises
    ------
    OptionError
        If an option is not allowed.
    SchemaError
        If a fold would be empty.

    See Also
    --------
    plot_rank_selection : The figure that shows why.

    References
    ----------
    .. [1] Wold (1978). Cross-validatory estimation of the number of components.
       doi:10.1080/00401706.1978.10489693
    .. [2] Hastie, Tibshirani and Friedman (2009). The Elements of Statistical Learning, 7.10
       (one standard error). doi:10.1007/978-0-387-84858-7

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> tensor = np.einsum("ar,br,cr->abc", *(rng.gamma(0.5, 1, (n, 2)) for n in (12, 10, 8)))
    >>> tensor += 0.1 * rng.random(tensor.shape)
    >>> select_rank(tensor, [1, 2, 3], n_restarts=3, random_state=0).attrs["best_rank"] in (2, 3)
    True
    """
    chosen = sorted(_ranks(ranks))
    check_option("holdout", holdout, ("entry", "fibre"))
    if not _is_whole(n_folds) or n_folds < 2:
        raise OptionError(f"is {n_folds!r}", where="n_folds", mend="Give 2 or more.")
    if not (_is_whole(n_restarts) and n_restarts >= 1):
        raise OptionError(
            f"is {n_restarts!r}", where="n_restarts", mend="Give a whole number from 1."
        )
    if not (_is_number(min_stability) and 0 <= min_stability < np.inf):
        raise OptionError(
            f"is {min_stability!r}", where="min_stability", mend="Give a similarity from 0."
        )
    x = as_labelled(tensor)
    seen = _seen(x, mask)
    rng = as_generator(random_state)
    folds = _folds(seen, holdout, n_folds, rng)
    fold_seed, sweep_seed = rng.spawn(2)
    options = {"max_iter": max_iter, "tol": tol, "n_jobs": n_jobs, "progress": progress}
    error = np.empty((len(chosen), n_folds))
    for fold, stream in enumerate(fold_seed.spawn(n_folds)):
        hidden = (np.broadcast_to(folds, x.shape) == fold) & seen
        n_starts = max(1, n_restarts // 3)
        fits = rank_sweep(
            x,
            chosen,
            mask=seen & ~hidden,
            n_restarts=n_starts,
            random_state=stream,
            **options,  # type: ignore[arg-type]
        )
        error[:, fold] = [_error(x, hidden, fits[rank]) for rank in chosen]
    fits = rank_sweep(
        x,
        chosen,
        mask=seen,
        n_restarts=n_restarts,
        random_state=sweep_seed,
        **options,  # type: ignore[arg-type]
    )
    found = _judged(chosen, error, fits, min_stability)
    found.attrs |= {"holdout": holdout, "min_stability": min_stability}
    carrier = found.assign_attrs(history=x.attrs.get("history", "[]"))
    given = {"ranks": chosen, "n_folds": n_folds, "holdout": holdout, "n_restarts": n_restarts}
    return add_history(carrier, "connectome.select_rank", given, random_state)


def _seen(x: xr.DataArray, mask: Mask | None) -> NDArray[np.bool_]:
    seen = np.asarray(x.notnull().values)
    return seen if mask is None else seen & as_mask(mask, x)


def _folds(
    seen: NDArray[np.bool_], holdout: str, n_folds: int, rng: np.random.Generator
) -> NDArray[np.int16]:
    if holdout == "entry":
        folds = entry_folds(seen.shape, n_folds, rng)
    elif seen.ndim > 2:
        folds = fibre_folds(seen.shape, int(np.argmax(seen.shape)), n_folds, rng)
    else:
        raise OptionError(
            "would hide whole rows of a matrix", where="holdout", mend='Use "entry" here.'
        )
    if any(not (seen & (folds == fold)).any() for fold in range(n_folds)):
        raise SchemaError(
            f"has {int(seen.sum())} observed entries for {n_folds} folds",
            where="tensor",
            mend="Use fewer folds.",
        )
    return folds


def _error(x: xr.DataArray, hidden: NDArray[np.bool_], fit: NonNegativeCP) -> float:
    """Relative error over hidden entries of rows that were observed elsewhere."""
    model = fit.reconstruct().values
    counted = hidden & np.isfinite(model)
    values: AnyFloat = x.values[counted].astype(np.float64)
    norm = float(np.linalg.norm(values))
    return float(np.linalg.norm(values - model[counted])) / norm if norm > 0 else 0.0


def _judged(
    ranks: list[int],
    error: NDArray[np.float64],
    fits: dict[int, NonNegativeCP],
    min_stability: float,
) -> xr.Dataset:
    stability = np.array([fits[rank].stability_ for rank in ranks])
    eligible = stability >= min_stability
    if not eligible.any():
        eligible[:] = True
    mean = np.where(eligible, error.mean(axis=1), np.inf)
    excess = error - error[int(np.argmin(mean))]
    # Folds differ far more than ranks do within one: the difference is what is judged.
    standard_error = excess.std(axis=1, ddof=1) / np.sqrt(error.shape[1])
    good = eligible & (excess.mean(axis=1) <= standard_error)
    return xr.Dataset(
        {
            "error": (("rank", "fold"), error),
            "fit_error": ("rank", [fits[rank].error_ for rank in ranks]),
            "stability": ("rank", stability),
            "excess": ("rank", excess.mean(axis=1)),
            "excess_se": ("rank", standard_error),
        },
        {"rank": ranks, "fold": np.arange(error.shape[1])},
        {"best_rank": int(ranks[int(np.argmax(good))])},
    )
