"""Ridge, banded ridge and temporal response functions against himalaya and mTRFpy.

    python benchmarks/bench_encoding.py [ridge] [banded] [trf] [--small] [--keep]

One thread, processor seconds, one run, same data and settings; scores are compared too. Every
contestant runs in a process of its own, because peak memory is that of a process. Times depend on
the machine; ratios are what counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from recorded import Results, keep_asked

Array = NDArray[np.float64]
Result = dict[str, Any]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def measured(work: Callable[[], Array]) -> Result:
    """Processor seconds, further peak memory, and the scores found."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    scores = work()
    seconds = time.process_time() - begin
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"seconds": seconds, "megabytes": (after - before) / 1024, "scores": scores}


def _in_child(queue: Any, contestant: str, small: bool) -> None:
    warnings.simplefilter("ignore")
    CONTESTANTS[contestant](True)  # imports are no part of the race
    queue.put(CONTESTANTS[contestant](small))


def run(contestant: str, small: bool) -> Result:
    """Run one contestant in a fresh process, which reads the number of threads as it starts."""
    os.environ.update(dict.fromkeys(THREADS, "1"))
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    child = context.Process(target=_in_child, args=(queue, contestant, small))
    child.start()
    found: Result = queue.get()
    child.join()
    return found


def ridge_data(small: bool) -> tuple[Array, Array, Array]:
    """n=3000, p=1000, t=500, 20 penalties."""
    n, p, t = (600, 200, 100) if small else (3000, 1000, 500)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((n, p))
    y = x @ (0.1 * rng.standard_normal((p, t))) + 3 * rng.standard_normal((n, t))
    return x, y, np.logspace(-1, 5, 20)


def ridge_ours(small: bool, dtype: type = np.float64) -> Result:
    """RidgeEncoder, 5 blocks, one penalty per target."""
    from neurokit.encoding import RidgeEncoder

    x, y, alphas = ridge_data(small)
    x, y = x.astype(dtype), y.astype(dtype)
    model = RidgeEncoder(tuple(alphas), extend_alphas=False)
    return measured(lambda: model.fit(x, y).scores_["r2"].max("alpha").values)


def ridge_ours_float32(small: bool) -> Result:
    """The same of float32 data."""
    return ridge_ours(small, np.float32)


def ridge_himalaya(small: bool, dtype: type = np.float64) -> Result:
    """RidgeCV with local alphas."""
    from himalaya.ridge import RidgeCV
    from himalaya.scoring import r2_score
    from sklearn.model_selection import KFold

    x, y, alphas = ridge_data(small)
    x, y = x.astype(dtype), y.astype(dtype)
    settings = {"score_func": r2_score}
    model = RidgeCV(alphas, fit_intercept=True, cv=KFold(5), solver_params=settings)
    return measured(lambda: np.asarray(model.fit(x, y).cv_scores_))


def ridge_himalaya_float32(small: bool) -> Result:
    """The same of float32 data."""
    return ridge_himalaya(small, np.float32)


def banded_data(small: bool) -> tuple[list[Array], Array, Array, Array]:
    """n=1500, three bands of 200 features, t=200, 8 weights, 12 penalties."""
    n, p, t = (300, 40, 50) if small else (1500, 200, 200)
    rng = np.random.default_rng(0)
    bands = [rng.standard_normal((n, p)) for _ in range(3)]
    signal = sum(
        x @ rng.standard_normal((p, t)) * level
        for x, level in zip(bands, (0.2, 0.1, 0.0), strict=True)
    )
    y = signal + 3 * rng.standard_normal((n, t))
    gammas = rng.dirichlet(np.ones(3), 8)
    return bands, y, np.logspace(-1, 5, 12), gammas


def banded_ours(small: bool) -> Result:
    """BandedRidgeEncoder at given weights; it also splits R2 among the bands."""
    from neurokit.encoding import BandedRidgeEncoder

    bands, y, alphas, gammas = banded_data(small)
    model = BandedRidgeEncoder(tuple(alphas), gammas=gammas, extend_alphas=False, progress=False)
    named = {f"band {i}": x for i, x in enumerate(bands)}
    return measured(lambda: model.fit(named, y).search_trace_.values)


def banded_himalaya(small: bool) -> Result:
    """Random search at the same weights, with weights of all features."""
    from himalaya.ridge._random_search import solve_group_ridge_random_search
    from himalaya.scoring import r2_score
    from sklearn.model_selection import KFold

    bands, y, alphas, gammas = banded_data(small)

    def work() -> Array:
        _, _, scores, _ = solve_group_ridge_random_search(
            bands, y, n_iter=gammas, alphas=alphas, fit_intercept=True, score_func=r2_score,
            cv=KFold(5), return_weights=True, progress_bar=False,
        )  # fmt: skip
        return np.asarray(scores)

    return measured(work)


def trf_data(seconds: int, small: bool) -> tuple[list[Array], list[Array], list[float]]:
    """128 channels at 64 Hz, 16 features, 5 trials, 20 penalties."""
    f, channels = (4, 16) if small else (16, 128)
    rng = np.random.default_rng(0)
    n = seconds * 64 // 5
    x = [rng.standard_normal((n, f)) for _ in range(5)]
    kernel = rng.standard_normal((f, channels))
    y = [np.roll(one, 5, axis=0) @ kernel + 8 * rng.standard_normal((n, channels)) for one in x]
    return x, y, list(np.logspace(-4, 4, 20))


def trf_ours(small: bool, seconds: int = 600) -> Result:
    """TemporalResponseFunction, 40 lags, one penalty per channel."""
    from neurokit.encoding import TemporalResponseFunction

    x, y, lambdas = trf_data(seconds, small)
    model = TemporalResponseFunction(
        0.0, 39 / 64, rate=64.0, alphas=lambdas, penalty_units="mtrf", extend_alphas=False
    )
    return measured(lambda: model.fit(x, y).scores_["r"].values)


def trf_ours_minute(small: bool) -> Result:
    """The same of one minute."""
    return trf_ours(small, 60)


def trf_mtrf(small: bool, seconds: int = 600) -> Result:
    """mTRFpy's train, one penalty per channel."""
    from mtrf.model import TRF

    x, y, lambdas = trf_data(seconds, small)

    def work() -> Array:
        scores = TRF().train(x, y, 64, 0.0, 39 / 64, lambdas, reg_per_y_channel=True, verbose=False)
        return np.asarray(scores)

    return measured(work)


def trf_mtrf_minute(small: bool) -> Result:
    """The same of one minute."""
    return trf_mtrf(small, 60)


CONTESTANTS: dict[str, Callable[[bool], Result]] = {
    f.__name__: f
    for f in (
        ridge_ours, ridge_himalaya, ridge_ours_float32, ridge_himalaya_float32,
        banded_ours, banded_himalaya, trf_ours, trf_mtrf, trf_ours_minute, trf_mtrf_minute,
    )
}  # fmt: skip
RIDGE = "ridge, 3000 x 1000, 500 targets, 20 penalties x 5 folds"
BANDED = "banded ridge, 1500 x 3 bands of 200, 200 targets, 8 weights x 12 penalties x 5 folds"
RESPONSE = "response function, {}, 128 channels, 16 features x 40 lags, 20 penalties"
PROBLEMS = {
    "ridge_ours": (RIDGE, "himalaya RidgeCV"),
    "ridge_ours_float32": (f"{RIDGE}, float32", "himalaya RidgeCV"),
    "banded_ours": (BANDED, "himalaya random search"),
    "trf_ours": (RESPONSE.format("600 s"), "mTRFpy"),
    "trf_ours_minute": (RESPONSE.format("60 s"), "mTRFpy"),
}
DUELS = {
    "ridge": [("ridge_ours", "ridge_himalaya"), ("ridge_ours_float32", "ridge_himalaya_float32")],
    "banded": [("banded_ours", "banded_himalaya")],
    "trf": [("trf_ours", "trf_mtrf"), ("trf_ours_minute", "trf_mtrf_minute")],
}


def main() -> None:
    """Run the duels asked for and print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="*", default=list(DUELS), help=", ".join(DUELS))
    parser.add_argument("--small", action="store_true", help="small problems, to try the script")
    keep = keep_asked()
    asked = parser.parse_args()
    kept = Results("encoding", "Encoding models", ["himalaya", "mtrf", "scikit-learn"], "0")
    seconds: dict[str, float] = {}
    for what in asked.what:
        for ours, theirs in DUELS[what]:
            a, b = run(ours, asked.small), run(theirs, asked.small)
            seconds[ours] = a["seconds"]
            apart = float(np.abs(a["scores"] - b["scores"]).max())
            ratio = b["seconds"] / a["seconds"]
            sides = (
                f"{name:<22} {found['seconds']:7.2f} s {found['megabytes']:6.0f} MB"
                for name, found in ((ours, a), (theirs, b))
            )
            memory = f"{a['megabytes']:.0f} against {b['megabytes']:.0f} MB"
            kept.add(*PROBLEMS[ours], a["seconds"], b["seconds"],
                     agreement=f"scores {apart:.0e} apart; {memory}")  # fmt: skip
            print(*sides, f"{ratio:5.1f}x", f"scores apart {apart:.1e}", sep=" | ", flush=True)
    if "trf_ours" in seconds:
        ratio = seconds["trf_ours"] / seconds["trf_ours_minute"]
        print(f"ten minutes cost {ratio:.2f} times one minute")
    if keep and not asked.small:
        kept.keep()


if __name__ == "__main__":
    main()
