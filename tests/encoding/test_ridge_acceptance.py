"""What the encoding models promise, at size: peers, leakage, streaming. Figures are kept in docs.

Reduced forms are slow, full forms nightly.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap

import numpy as np
import pytest
import ridge_oracle
from himalaya.ridge import RidgeCV
from himalaya.scoring import r2_score
from mtrf.model import TRF
from sklearn.model_selection import KFold

from neurokit.encoding import RidgeEncoder, TemporalResponseFunction
from neurokit.encoding.folds import block_folds
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.stats import BlockedCV

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")

ALPHAS = np.logspace(-1, 5, 13)


def peer_problem(n, p, t, seed):
    """Features with a duplicate and a constant column, targets of many signal strengths."""
    x, y = ridge_oracle.problem(n, p, t, seed)
    strength = np.geomspace(0.05, 5.0, t)
    rng = np.random.default_rng(seed)
    y = x @ rng.standard_normal((p, t)) * strength / np.sqrt(p) + rng.standard_normal((n, t))
    y[:, -1] = 2.5
    return x, y


def assert_equal_to_peers(n, p, t, seed):
    x, y = peer_problem(n, p, t, seed)
    ours = RidgeEncoder(tuple(ALPHAS), extend_alphas=False).fit(x, y)
    theirs = RidgeCV(
        ALPHAS, fit_intercept=True, cv=KFold(5), solver_params={"score_func": r2_score}
    ).fit(x, y)
    # The peer keeps logarithms, so that its penalties are rounded.
    agree = np.isclose(ours.best_alpha_.values, theirs.best_alphas_, rtol=1e-9)[:-1]
    same = np.mean(agree)
    best = ours.scores_.r2.max("alpha").values
    apart = np.abs(best - theirs.cv_scores_).max()
    scale = np.abs(theirs.coef_).max(axis=0)[:-1]  # the last target is constant
    coef = np.abs(ours.coef_.values - theirs.coef_)[:, :-1].max(axis=0) / scale
    assert apart <= 1e-6
    assert same >= 0.995
    assert coef[agree].max() <= 1e-6
    folds = [(train, test) for train, test in KFold(5).split(x)]
    loop = ridge_oracle.fold_scores(x, y, ALPHAS, folds)
    np.testing.assert_allclose(ours.scores_.r2, loop["r2"], atol=1e-6)
    np.testing.assert_allclose(ours.scores_.r, loop["r"], atol=1e-6)
    return apart, same, coef.max()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Solving ridge is slower", "ignore:invalid value")
@pytest.mark.parametrize(("n", "p"), [(120, 30), (50, 110), (60, 60)])
def test_scores_penalties_and_weights_are_those_of_himalaya_and_of_the_loop(n, p):
    """Reduced: 30 targets and some 100 rows; the full form is nightly, with the same bounds."""
    assert_equal_to_peers(n, p, 30, seed=0)


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore:Solving ridge is slower", "ignore:invalid value")
@pytest.mark.parametrize(("n", "p"), [(300, 60), (100, 240), (120, 120)])
def test_the_same_at_middle_size(n, p):
    assert_equal_to_peers(n, p, 60, seed=0)


@pytest.mark.nightly
@pytest.mark.filterwarnings("ignore:Solving ridge is slower", "ignore:invalid value")
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n", "p"), [(1000, 300), (300, 900), (400, 400)])
def test_the_same_at_full_size(n, p, seed, record_property):
    record_property("apart, same, coef", assert_equal_to_peers(n, p, 400, seed))


def smooth_noise(rng, n, columns, length):
    """Gaussian processes with a squared exponential kernel: neighbours share their noise."""
    time = np.arange(n)
    kernel = np.exp(-0.5 * ((time[:, None] - time) / length) ** 2) + 1e-8 * np.eye(n)
    return np.linalg.cholesky(kernel) @ rng.standard_normal((n, columns))


def leakage(seed, n, n_features, length=10):
    """Mean held-out r without and with a gap; features and targets have nothing in common."""
    rng = np.random.default_rng(seed)
    x, y = smooth_noise(rng, n, n_features, length), smooth_noise(rng, n, 40, length)
    alphas = tuple(np.logspace(-2, 3, 6))
    scores = []
    for gap in (0, 5 * length):
        cv = BlockedCV(n // 10, gap=gap)
        model = FoldedRidge(x, cv.split(x), average="pooled")
        scores.append(model.scores(y, np.array(alphas)).r)
    best = np.argmax(scores[0].mean(axis=1))
    return float(scores[0][best].mean()), float(scores[1][best].mean())


@pytest.mark.slow
def test_a_gap_stops_leakage_between_neighbours():
    without, with_gap = leakage(0, 400, 100)
    assert without > 0.3
    assert with_gap < 0.1


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(5))
def test_a_gap_stops_leakage_at_full_size(seed, record_property):
    without, with_gap = leakage(seed, 1000, 200)
    record_property("r without, with gap", (without, with_gap))
    assert without > 0.3
    assert abs(with_gap) < 0.1


@pytest.mark.slow
def test_offsets_of_a_million_change_no_score_at_size():
    x, y = peer_problem(600, 150, 50, seed=1)
    folds = block_folds(np.arange(600), 5, gap=3)
    plain = FoldedRidge(x, folds).scores(y, ALPHAS)
    moved = FoldedRidge(x + 1e6, folds).scores(y + 1e6, ALPHAS)
    for name in ("r", "r2"):
        np.testing.assert_allclose(getattr(moved, name), getattr(plain, name), atol=1e-6)


def trf_against_peer(seconds, channels, f, n_lags):
    rng = np.random.default_rng(0)
    lengths = [seconds * 64 // 5 + 7 * k for k in range(5)]  # unequal trials
    x = [rng.standard_normal((n, f)) for n in lengths]
    kernel = rng.standard_normal((f, channels))
    y = [
        np.roll(one, 5, axis=0) @ kernel + 8 * rng.standard_normal((len(one), channels))
        for one in x
    ]
    lambdas = list(np.logspace(-4, 4, 9))
    theirs = TRF()
    scores = theirs.train(
        [one.copy() for one in x], [one.copy() for one in y], 64, 0.0, (n_lags - 1) / 64, lambdas,
        reg_per_y_channel=True, verbose=False,
    )  # fmt: skip
    ours = TemporalResponseFunction(
        0.0, (n_lags - 1) / 64, rate=64.0, alphas=lambdas, penalty_units="mtrf", extend_alphas=False
    ).fit(x, y)
    np.testing.assert_allclose(ours.scores_.r, scores, atol=1e-8)
    weights = ours.coef_.values.transpose(1, 0, 2) * 64
    scale = np.abs(theirs.weights).max()
    np.testing.assert_allclose(weights, theirs.weights, atol=1e-6 * scale)


@pytest.mark.slow
def test_responses_are_those_of_mtrf_at_size():
    trf_against_peer(60, 32, 8, 30)


@pytest.mark.nightly
def test_responses_are_those_of_mtrf_at_full_size():
    trf_against_peer(600, 128, 16, 40)


STREAM = """
    import resource, sys, threading, time
    import numpy as np
    import zarr
    from neurokit.encoding import RidgeEncoder

    def resident():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * resource.getpagesize() / 1e6

    path, n, t = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    x = np.random.default_rng(0).standard_normal((n, 50)).astype(np.float32)
    y = zarr.open_array(path, mode="r")
    peak, stop = [0.0], threading.Event()

    def watch():
        while not stop.wait(0.01):
            peak[0] = max(peak[0], resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    model = RidgeEncoder((10.0, 1e3), extend_alphas=False, precision="double").fit(x, y)
    stop.set()
    columns = [0, t // 2, t - 1]
    there = np.asarray(y[:, :])[:, columns] if len(sys.argv) > 4 else np.stack(
        [np.asarray(y[:, c]) for c in columns], axis=1
    )
    plain = RidgeEncoder((10.0, 1e3), extend_alphas=False, precision="double").fit(x, there)
    apart = np.abs(model.coef_.values[:, columns] - plain.coef_.values).max()
    r2 = np.abs(model.scores_.r2.values[:, columns] - plain.scores_.r2.values).max()
    print(peak[0], float(apart), float(r2))
"""


def stream_from_disk(folder, n, t):
    """Peak resident megabytes of a fit to targets on disk, and how far numbers are apart."""
    import zarr

    path = folder / "targets.zarr"
    stored = zarr.create_array(path, shape=(n, t), chunks=(n // 10, 1000), dtype="float32")
    x = np.random.default_rng(0).standard_normal((n, 50)).astype(np.float32)
    rng = np.random.default_rng(1)
    for first in range(0, n, n // 10):
        rows = slice(first, first + n // 10)
        noise = rng.standard_normal((n // 10, t), dtype=np.float32)
        stored[rows] = noise + x[rows, :1]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(STREAM), str(path), str(n), str(t)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return [float(value) for value in done.stdout.split()]


@pytest.mark.slow
def test_targets_larger_than_the_cap_are_streamed(tmp_path):
    # 320 MB of targets, 640 in float64; a process with the libraries loaded takes about 250 MB.
    peak, coef, r2 = stream_from_disk(tmp_path, 4_000, 20_000)
    assert peak < 600
    assert coef < 1e-10
    assert r2 < 1e-10


@pytest.mark.nightly
def test_four_gigabytes_of_targets_fit_into_one(tmp_path, record_property):
    peak, coef, r2 = stream_from_disk(tmp_path, 20_000, 50_000)
    record_property("peak MB, coef, r2 apart", (peak, coef, r2))
    assert peak < 1000
    assert coef < 1e-10
    assert r2 < 1e-10
