"""Temporal response functions against lagged matrices that are written out."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.encoding import TemporalResponseFunction
from neurokit.encoding.backends import Backend
from neurokit.encoding.lagged import Lags, difference_penalty
from neurokit.encoding.sums import FeatureSums
from neurokit.encoding.targets import Targets
from neurokit.encoding.trf import rate_of
from neurokit.encoding.trf_problem import LaggedRows, lagged_penalty
from neurokit.errors import TimeError
from neurokit.schema import regular_time, time_coordinate
from neurokit.stats import BlockedCV

# Grids below are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:TemporalResponseFunction.*at_edge_")

RATE = 50.0
ALPHAS = (0.5, 50.0, 5000.0)


def design(x, lags):
    """Rows of x(t - l), lags slow, 0 outside the record."""
    found = np.zeros((len(x), len(lags), x.shape[1]))
    for i, lag in enumerate(lags):
        for t in range(len(x)):
            if 0 <= t - lag < len(x):
                found[t, i] = x[t - lag]
    return found.reshape(len(x), -1)


def trials(f=2, channels=3, lengths=(60, 75, 50), seed=0):
    rng = np.random.default_rng(seed)
    x = [rng.normal(size=(n, f)) for n in lengths]
    kernel = rng.normal(size=(4 * f, channels))
    y = [design(one, range(4)) @ kernel + 2 * rng.normal(size=(len(one), channels)) for one in x]
    return x, y


def trf(tmin=-0.04, tmax=0.1, **options):
    settings = {"rate": RATE, "alphas": ALPHAS, "extend_alphas": False, **options}
    return TemporalResponseFunction(tmin, tmax, **settings)


LAGS = np.arange(-2, 6)


def lagged_rows(x, lags, *, pad=True):
    ends = np.cumsum([len(one) for one in x])
    return LaggedRows(np.vstack(x), ends, Lags(int(lags[0]), int(lags[-1])), pad=pad)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("lags", [(-2, 5), (0, 0), (3, 6), (-6, -1)])
@pytest.mark.parametrize("pad", [True, False])
def test_sums_over_any_rows_are_those_of_the_lagged_matrix(seed, lags, pad):
    rng = np.random.default_rng(seed)
    lags = np.arange(lags[0], lags[1] + 1)
    x, y = trials(lengths=(30, 22, 41))
    matrix, target = np.vstack([design(one, lags) for one in x]), np.vstack(y)
    whole = np.concatenate(
        [
            (np.arange(len(one)) >= max(0, lags[-1]))
            & (np.arange(len(one)) < len(one) + min(0, lags[0]))
            for one in x
        ]
    )
    rows = np.flatnonzero(rng.random(len(matrix)) < 0.6)
    kept = rows if pad else rows[whole[rows]]
    reference = rng.normal(size=3)
    found, held = lagged_rows(x, lags, pad=pad).sums(rows, Targets(target, 1e8), reference)
    part, moved = matrix[kept], target[kept] - reference
    assert found.n == len(kept)
    np.testing.assert_allclose(found.total, part.sum(axis=0), atol=1e-10)
    np.testing.assert_allclose(found.gram, part.T @ part, atol=1e-9)
    np.testing.assert_allclose(held.total, moved.sum(axis=0), atol=1e-10)
    np.testing.assert_allclose(held.square, (moved**2).sum(axis=0), atol=1e-9)
    np.testing.assert_allclose(held.cross, part.T @ moved, atol=1e-9)


def test_stretches_end_with_gaps_and_with_records():
    rows = lagged_rows([np.zeros((10, 1)), np.zeros((12, 1))], np.arange(3))
    assert rows.segments(np.array([0, 1, 2, 5, 6, 9, 10, 11, 21])) == [
        (0, 0, 3), (0, 5, 7), (0, 9, 10), (1, 0, 2), (1, 11, 12),
    ]  # fmt: skip
    strict = lagged_rows([np.zeros((10, 1)), np.zeros((12, 1))], np.arange(3), pad=False)
    assert strict.segments(np.array([0, 1, 2, 5, 6, 9, 10, 11, 21])) == [
        (0, 2, 3), (0, 5, 7), (0, 9, 10), (1, 11, 12),
    ]  # fmt: skip


def test_shares_of_records_add_up_to_the_records():
    x, y = trials()
    rows, target = lagged_rows(x, LAGS), Targets(np.vstack(y), 1e8)
    n = sum(len(one) for one in x)
    whole, _ = rows.sums(np.arange(n), target, np.zeros(3))
    half, _ = rows.sums(np.arange(30), target, np.zeros(3))
    assert whole.records == pytest.approx(3.0)
    assert half.records == pytest.approx(0.5)


@pytest.mark.parametrize("units", ["plain", "mtrf"])
@pytest.mark.parametrize("penalty", ["ridge", "tikhonov"])
def test_a_basis_solves_the_penalised_equations(penalty, units):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(80, 12))
    train = FeatureSums(80, matrix.sum(axis=0), matrix.T @ matrix, 2.5)
    basis = lagged_penalty(penalty, units, RATE, 6, 2, Backend())(train)
    form = np.eye(12) if penalty == "ridge" else difference_penalty(6, 2)
    factor = {"ridge": 1.0, "tikhonov": 0.5}[penalty] * RATE * 2.5 if units == "mtrf" else 1.0
    centred = matrix - matrix.mean(axis=0)
    gram, cross = centred.T @ centred, rng.normal(size=(12, 3))
    weights = basis.vectors @ (
        (basis.vectors.T @ cross) / (basis.data + 7.0 * basis.penalty)[:, None]
    )
    np.testing.assert_allclose(
        weights, np.linalg.solve(gram + 7.0 * factor * form, cross), atol=1e-10
    )


def test_squared_differences_are_those_of_each_feature_by_itself():
    w = np.random.default_rng(1).normal(size=(7, 3))
    penalty = w.ravel() @ difference_penalty(7, 3) @ w.ravel()
    assert penalty == pytest.approx(np.sum(np.diff(w, axis=0) ** 2))


def solve(matrix, target, alpha, form):
    mean, level = matrix.mean(axis=0), target.mean(axis=0)
    a = matrix - mean
    coef = np.linalg.solve(a.T @ a + alpha * form, a.T @ (target - level))
    return coef, level - mean @ coef


@pytest.mark.parametrize("penalty", ["ridge", "tikhonov"])
@pytest.mark.parametrize("cv", [None, 4, BlockedCV(3, gap=0.2)])
def test_scores_of_one_record_are_those_of_refits(penalty, cv):
    x, y = trials(lengths=(160,))
    time = time_coordinate(regular_time(160, RATE), RATE)
    model = trf(penalty=penalty, cv=cv, rate=None).fit(
        xr.DataArray(x[0], dims=("time", "feature"), coords={"time": time}),
        xr.DataArray(y[0], dims=("time", "channel"), coords={"time": time}),
    )
    matrix, target = design(x[0], LAGS), y[0]
    form = np.eye(16) if penalty == "ridge" else difference_penalty(8, 2)
    splitter = BlockedCV(5, gap=7) if cv is None else BlockedCV(4) if cv == 4 else cv
    clock = xr.DataArray(np.zeros(160), dims="time", coords={"time": time})
    folds = list(splitter.split(np.zeros(160) if cv is None else clock))
    expected = np.zeros((3, 3))
    for train, test in folds:
        for i, alpha in enumerate(ALPHAS):
            coef, intercept = solve(matrix[train], target[train], alpha, form)
            p = matrix[test] @ coef + intercept
            expected[i] += [np.corrcoef(p[:, c], target[test, c])[0, 1] for c in range(3)]
    np.testing.assert_allclose(model.scores_.r, expected / len(folds), atol=1e-9)


def test_smooth_weights_of_several_features_are_those_of_a_dense_solve():
    x, y = trials(f=3)
    model = trf(penalty="tikhonov", alphas=(20.0,)).fit(x, y)
    matrix = np.vstack([design(one, LAGS) for one in x])
    coef, intercept = solve(matrix, np.vstack(y), 20.0, difference_penalty(8, 3))
    np.testing.assert_allclose(model.coef_.values.reshape(24, 3), coef, atol=1e-9)
    np.testing.assert_allclose(model.intercept_, intercept, atol=1e-9)


def test_predictions_are_the_lagged_matrix_times_weights():
    x, y = trials()
    model = trf().fit(x, y)
    new = np.random.default_rng(5).normal(size=(33, 2))
    expected = design(new, LAGS) @ model.coef_.values.reshape(16, 3) + model.intercept_.values
    np.testing.assert_allclose(model.predict(new), expected, atol=1e-10)


def test_backward_is_forward_with_roles_and_lags_turned():
    x, y = trials()
    backward = trf(direction="backward").fit(x, y)
    forward = trf(-0.1, 0.04).fit(y, x)
    np.testing.assert_allclose(backward.coef_.values, forward.coef_.values, atol=1e-12)
    np.testing.assert_allclose(backward.scores_.r.values, forward.scores_.r.values, atol=1e-12)
    np.testing.assert_allclose(backward.coef_.lag, np.arange(-5, 3) / RATE)
    for one, other in zip(backward.predict(y), forward.predict(y), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize("shift", [1, 4])
def test_a_later_response_has_later_lags(shift):
    # Without padding the rows that count are the same ones, seen from either clock.
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(200, 2)), rng.normal(size=(200, 3))
    first = trf(0.0, 0.1, pad=False, alphas=(3.0,), cv=[(np.arange(100), np.arange(100, 190))])
    later = trf(
        shift / RATE, 0.1 + shift / RATE, pad=False, alphas=(3.0,),
        cv=[(np.arange(100), np.arange(100, 190))],
    )  # fmt: skip
    plain = first.fit(x[: 200 - shift], y[shift:])
    moved = later.fit(x, np.vstack([np.zeros((shift, 3)), y[shift:]]))
    np.testing.assert_allclose(moved.coef_.values, plain.coef_.values, atol=1e-10)
    np.testing.assert_allclose(moved.coef_.lag, plain.coef_.lag + shift / RATE)


def labelled(start=0.0):
    x, y = trials(lengths=(160,))
    time = time_coordinate(start + regular_time(160, RATE), RATE)
    return (
        xr.DataArray(x[0], dims=("time", "feature"), coords={"time": time}),
        xr.DataArray(y[0], dims=("time", "channel"), coords={"time": time}),
    )


def test_when_a_record_was_taken_has_no_part():
    early, late = (trf(rate=None).fit(*labelled(start)) for start in (0.0, 86_400.0))
    assert late.rate_ == early.rate_ == RATE
    np.testing.assert_array_equal(late.coef_.values, early.coef_.values)
    np.testing.assert_array_equal(late.scores_.r.values, early.scores_.r.values)


def test_channels_in_any_order_are_the_same_channels():
    x, y = trials(channels=4)
    order = [2, 0, 3, 1]
    model, other = trf().fit(x, y), trf().fit(x, [one[:, order] for one in y])
    np.testing.assert_allclose(other.coef_.values, model.coef_.values[..., order], atol=1e-12)
    np.testing.assert_array_equal(other.best_alpha_, model.best_alpha_[order])
    np.testing.assert_allclose(other.scores_.r, model.scores_.r[:, order], atol=1e-12)


def test_trials_in_any_order_are_the_same_trials():
    x, y = trials()
    model, other = trf().fit(x, y), trf().fit(x[::-1], y[::-1])
    np.testing.assert_allclose(other.coef_.values, model.coef_.values, atol=1e-11)
    np.testing.assert_allclose(other.scores_.r, model.scores_.r, atol=1e-11)


def test_units_of_the_stimulus_are_units_of_penalty_and_weights():
    x, y = trials()
    model = trf().fit(x, y)
    scaled = trf(alphas=tuple(1e6 * a for a in ALPHAS)).fit([1e3 * one for one in x], y)
    np.testing.assert_allclose(1e3 * scaled.coef_.values, model.coef_.values, rtol=1e-8)
    np.testing.assert_allclose(scaled.scores_.r.values, model.scores_.r.values, atol=1e-10)


def test_one_penalty_for_all_is_the_best_on_average():
    x, y = trials()
    model = trf(per_target=False).fit(x, y)
    mean = trf().fit(x, y).scores_.r.mean("target")
    assert set(model.best_alpha_.values) == {float(mean.idxmax("alpha"))}


def test_a_reversed_record_has_reversed_lags():
    x, y = trials(lengths=(120, 90))
    forward = trf(-0.04, 0.04, alphas=(3.0,)).fit(x, y)
    reverse = trf(-0.04, 0.04, alphas=(3.0,)).fit([a[::-1] for a in x], [b[::-1] for b in y])
    np.testing.assert_allclose(reverse.coef_.values, forward.coef_.values[::-1], atol=1e-11)


def test_small_and_whole_numbers_are_widened_and_nothing_is_changed():
    rng = np.random.default_rng(4)
    x, y = rng.integers(-5, 5, (150, 2)), rng.integers(-9, 9, (150, 3))
    wide = trf().fit(x.astype(float), y.astype(float))
    for dtype in (np.int8, np.int32, np.float32):
        small_x, small_y = x.astype(dtype), y.astype(dtype)
        copies = small_x.copy(), small_y.copy()
        model = trf().fit(small_x, small_y)
        np.testing.assert_allclose(model.coef_.values, wide.coef_.values, atol=1e-10)
        np.testing.assert_array_equal(small_x, copies[0])
        np.testing.assert_array_equal(small_y, copies[1])


def clock(values, **attrs):
    n = len(values)
    return xr.DataArray(np.zeros(n), dims="time", coords={"time": ("time", values, attrs)})


@pytest.mark.parametrize(
    ("samples", "given", "expected"),
    [
        (xr.DataArray(np.zeros(5), dims="sample"), 12.5, 12.5),
        (clock(np.arange(9) / 8), None, 8.0),
        (clock(np.arange(9) / 8, sampling_rate=8.0), 8.0, 8.0),
        (clock(np.arange(9) / 8, sampling_rate=8.0004), None, 8.0004),
    ],
)
def test_the_rate_is_that_of_the_clock(samples, given, expected):
    assert rate_of(samples, given) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("samples", "given", "said"),
    [
        (xr.DataArray(np.zeros(5), dims="sample"), None, "no time axis"),
        (clock(np.arange(9) / 8), 8.1, "is 8.1 Hz, but the time axis says 8 Hz"),
        (clock(np.arange(9) / 8, sampling_rate=9.0), None, "not at its sampling_rate"),
        (clock(np.arange(9.0) ** 2), None, "irregular"),
    ],
)
def test_a_clock_that_says_otherwise_is_refused(samples, given, said):
    with pytest.raises(TimeError, match=said):
        rate_of(samples, given)
