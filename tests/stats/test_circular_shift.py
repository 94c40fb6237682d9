"""circular_shift_test: draws, p-values, families, labels; calibration and power."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter
from sklearn.linear_model import Ridge
from sklearn.model_selection import cross_val_score

from neurokit.errors import LabelError, NeurokitError, OptionError, TimeError
from neurokit.schema import as_history, regular_time, time_coordinate
from neurokit.stats import BlockedCV, circular_shift_test
from neurokit.stats._shifts import draw_shifts, roll, shifted_correlation

# A busy machine is no fault of a test, and a default run does not depend on luck.
calm = settings(deadline=None, derandomize=True, max_examples=30)


def ar1(phi: float, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(lfilter([1], [1, -phi], rng.normal(size=(n + 500, k)), axis=0)[500:])


def timed(values: Any, rate: float = 10.0, **coords: Any) -> xr.DataArray:
    array = np.asarray(values)
    dims = ("time", "neuron", "lag")[: array.ndim]
    clock = time_coordinate(regular_time(array.shape[0], rate), rate)
    further = {name: ("time", column) for name, column in coords.items()}
    return xr.DataArray(array, dims=dims, coords={"time": clock, **further})


def in_bounds(hits: int, n: int, rate: float, share: float = 0.999) -> bool:
    """Whether a count is inside the central `share` of a binomial distribution."""
    low, high = scipy.stats.binom.interval(share, n, rate)
    return bool(low <= hits <= high)


# --- shifts ------------------------------------------------------------------------------------


@calm
@given(
    n=st.integers(2, 40),
    minimum=st.integers(1, 20),
    n_shifts=st.integers(1, 60),
    seed=st.integers(0, 99),
)
def test_shifts_of_one_run_are_allowed_and_never_repeat(
    n: int, minimum: int, n_shifts: int, seed: int
) -> None:
    if 2 * minimum > n:
        return
    drawn = draw_shifts([n], minimum, n_shifts, np.random.default_rng(seed))[:, 0]
    assert drawn.min() >= minimum
    assert drawn.max() <= n - minimum
    assert np.unique(drawn).size == drawn.size == min(n_shifts, n - 2 * minimum + 1)


def test_a_few_short_runs_are_enumerated_in_all_combinations() -> None:
    drawn = draw_shifts([3, 4], 1, 100, np.random.default_rng(0))
    assert sorted(map(tuple, drawn.tolist())) == [(i, j) for i in (1, 2) for j in (1, 2, 3)]


def test_shifts_of_several_runs_are_drawn_independently_and_evenly() -> None:
    drawn = draw_shifts([50, 40], 5, 20_000, np.random.default_rng(1))
    assert drawn[:, 0].min() == drawn[:, 1].min() == 5
    assert (drawn[:, 0].max(), drawn[:, 1].max()) == (45, 35)
    counts = np.bincount(drawn[:, 0])[5:]
    assert scipy.stats.chisquare(counts).pvalue > 1e-3
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.03  # 4 standard errors


def test_a_roll_moves_each_run_within_itself() -> None:
    y = np.arange(7)
    rolled = roll(y, [slice(0, 3), slice(3, 7)], np.array([1, 2]))
    assert rolled.tolist() == [2, 0, 1, 5, 6, 3, 4]


@settings(calm, max_examples=40)
@given(seed=st.integers(0, 10_000), gaps=st.booleans(), cut=st.integers(3, 17))
def test_correlations_by_fft_equal_those_of_rolled_series(seed: int, gaps: bool, cut: int) -> None:
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(2, 20, 3)) * [1e-13, 1.0, 1e9] + [0.0, 1e6, -1e10]
    if gaps:
        x[rng.random((20, 3)) < 0.2] = np.nan
        y[rng.random((20, 3)) < 0.2] = np.nan
    runs = [slice(0, cut), slice(cut, 20)]
    shifts = np.stack([rng.integers(0, 20, 6), rng.integers(0, 20, 6)], axis=1)
    found = shifted_correlation(x, y, runs, shifts)
    for row, shift in zip(found, shifts, strict=True):
        moved = roll(y, runs, shift)
        for k in range(3):
            both = np.isfinite(x[:, k]) & np.isfinite(moved[:, k])
            expected = np.corrcoef(x[both, k], moved[both, k])[0, 1]
            assert row[k] == pytest.approx(expected, abs=1e-8)


def test_a_constant_series_has_no_correlation_and_no_p() -> None:
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(50, 2)), rng.normal(size=(50, 2))
    y[:, 1] = 1e6 / 3
    result = circular_shift_test(x, y, random_state=0)
    assert np.isnan(result["p"].values).tolist() == [False, True]
    assert np.isnan(result["statistic"].values).tolist() == [False, True]


# --- p-values ----------------------------------------------------------------------------------


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_p_is_the_share_of_all_shifts_counted_by_hand(alternative: str) -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 30))
    result = circular_shift_test(x, y, n_shifts=999, alternative=alternative)
    r = [np.corrcoef(x, np.roll(y, s))[0, 1] for s in range(30)]
    above, below = np.sum(r[1:] >= r[0]), np.sum(r[1:] <= r[0])
    expected = {
        "greater": (1 + above) / 30,
        "less": (1 + below) / 30,
        "two-sided": min(1.0, 2 * (1 + min(above, below)) / 30),
    }[alternative]
    assert result.attrs["n_draws"] == 29  # every shift but none, once
    assert float(result["statistic"]) == pytest.approx(r[0])
    assert float(result["p"]) == pytest.approx(expected)
    np.testing.assert_allclose(result["null"].values, r[1:], atol=1e-12)


def test_p_is_never_zero() -> None:
    x = np.random.default_rng(4).normal(size=200)
    result = circular_shift_test(x, x, n_shifts=99, alternative="greater", random_state=0)
    assert float(result["p"]) == 1 / 100


def test_shifts_that_tie_with_the_data_up_to_rounding_count() -> None:
    # Period 4: a quarter of the shifts give the very same series, but other roundings.
    x = np.tile([0.1, 0.7, 0.3, 0.9], 25)
    result = circular_shift_test(x, x / 3, alternative="greater")
    assert float(result["p"]) == 25 / 100


def test_a_statistic_that_fails_for_a_shift_counts_against_significance() -> None:
    x = np.random.default_rng(5).normal(size=40)

    def fragile(a: np.ndarray, b: np.ndarray) -> float:
        return 1.0 if np.array_equal(a, b) else np.nan

    result = circular_shift_test(x, x, fragile, alternative="greater")
    assert float(result["p"]) == 1.0


def test_the_family_wise_p_is_the_rank_in_the_null_of_the_maximum() -> None:
    rng = np.random.default_rng(6)
    x, y = rng.normal(size=200), rng.normal(size=(200, 4, 3))
    y[:, 1, 2] += 0.5 * x
    result = circular_shift_test(
        timed(x), timed(y), alternative="greater", family="lag", random_state=0
    )
    null, observed = result["null"].values, result["statistic"].values
    highest = null.max(axis=2)
    expected = (1 + (highest[:, :, None] >= observed).sum(axis=0)) / (1 + highest.shape[0])
    np.testing.assert_allclose(result["p_fwe"].values, expected)
    assert (result["p_fwe"] >= result["p"]).all()
    # The smallest of a family is the p of its maximum.
    of_maximum = (1 + (highest >= observed.max(axis=1)).sum(axis=0)) / (1 + highest.shape[0])
    np.testing.assert_allclose(result["p_fwe"].min("lag").values, of_maximum)


def test_two_sided_family_wise_p_sees_both_tails() -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=300)
    y = rng.normal(size=(300, 5))
    y[:, 0] += x
    y[:, 1] -= x
    result = circular_shift_test(x[:, None], y, family=True, random_state=0)
    # 299 shifts, so the smallest two-sided p is 2 / 300.
    assert result["p_fwe"].values[:2].tolist() == [2 / 300, 2 / 300]
    less = circular_shift_test(x[:, None], y, alternative="less", family=True, random_state=0)
    assert less["p_fwe"].values[1] == 1 / 300
    assert less["p_fwe"].values[0] > 0.5


def test_a_dead_channel_does_not_spoil_its_family() -> None:
    rng = np.random.default_rng(8)
    x, y = rng.normal(size=(100, 1)), rng.normal(size=(100, 3))
    whole = circular_shift_test(x, y, family=True, random_state=0)
    y = np.concatenate([y, np.zeros((100, 1))], axis=1)
    dead = circular_shift_test(x, y, family=True, random_state=0)
    np.testing.assert_array_equal(dead["p_fwe"].values[:3], whole["p_fwe"].values)
    assert np.isnan(dead["p_fwe"].values[3])


def test_without_the_null_the_p_values_are_the_same() -> None:
    rng = np.random.default_rng(9)
    x, y = rng.normal(size=(150, 1)), rng.normal(size=(150, 4))
    kept = circular_shift_test(x, y, family=True, random_state=1, n_shifts=50)
    lean = circular_shift_test(x, y, family=True, random_state=1, n_shifts=50, keep_null=False)
    assert "null" not in lean
    for name in ("statistic", "p", "p_fwe"):
        np.testing.assert_array_equal(kept[name].values, lean[name].values)


# --- statistics, labels, time ------------------------------------------------------------------


def test_a_callable_gets_the_same_answer_as_the_built_in_correlation() -> None:
    rng = np.random.default_rng(10)
    x, y = rng.normal(size=120), rng.normal(size=120)

    def r(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.corrcoef(a, b)[0, 1])

    built_in = circular_shift_test(x, y, n_shifts=60, random_state=3)
    called = circular_shift_test(x, y, r, n_shifts=60, random_state=3)
    np.testing.assert_allclose(built_in["null"].values, called["null"].values, atol=1e-12)
    assert float(built_in["p"]) == float(called["p"])


@pytest.mark.parametrize("n_jobs", [2, 5])
def test_any_number_of_threads_gives_the_same_bytes(n_jobs: int) -> None:
    rng = np.random.default_rng(11)
    x, y = timed(rng.normal(size=(80, 3))), timed(rng.normal(size=80))

    def score(a: xr.DataArray, b: xr.DataArray) -> np.ndarray:
        return np.linalg.lstsq(a.values, b.values, rcond=None)[0]

    one = circular_shift_test(x, y, score, n_shifts=100, random_state=0)
    many = circular_shift_test(x, y, score, n_shifts=100, random_state=0, n_jobs=n_jobs)
    np.testing.assert_array_equal(one["null"].values, many["null"].values)


def test_a_callable_sees_labels_and_its_own_labels_come_back() -> None:
    rng = np.random.default_rng(12)
    x, y = timed(rng.normal(size=60)), timed(rng.normal(size=(60, 2)))
    y = y.assign_coords(neuron=["AVAL", "AVAR"])
    seen: list[xr.DataArray] = []

    def slope(a: xr.DataArray, b: xr.DataArray) -> xr.DataArray:
        seen.append(b)
        return (a * b).mean("time")

    result = circular_shift_test(x, y, slope, n_shifts=5, random_state=0)
    assert result["p"].dims == ("neuron",)
    assert result["neuron"].values.tolist() == ["AVAL", "AVAR"]
    assert all(b["time"].identical(y["time"]) for b in seen)  # time stays, values move
    assert seen[1].values.tolist() == np.roll(y.values, _shift_of(seen[1], y), axis=0).tolist()


def _shift_of(moved: xr.DataArray, y: xr.DataArray) -> int:
    return int(np.flatnonzero(moved.values[:, 0] == y.values[0, 0])[0])


def test_labelled_series_broadcast_by_name_and_plain_ones_by_position() -> None:
    rng = np.random.default_rng(13)
    features = timed(rng.normal(size=(50, 2))).rename(neuron="feature")
    neurons = timed(rng.normal(size=(50, 3))).assign_coords(neuron=["a", "b", "c"])
    result = circular_shift_test(features, neurons, n_shifts=9, random_state=0)
    assert result["p"].sizes == {"feature": 2, "neuron": 3}
    r = np.corrcoef(features.values[:, 1], neurons.values[:, 2])[0, 1]
    assert float(result["statistic"].sel(neuron="c").isel(feature=1)) == pytest.approx(r)
    plain = circular_shift_test(
        features.values[:, :, None], neurons.values[:, None, :], n_shifts=9, random_state=0
    )
    assert plain["p"].dims == ("output_0", "output_1")
    np.testing.assert_array_equal(plain["p"].values, result["p"].values)


def test_a_minimum_shift_in_seconds_is_kept_in_every_run() -> None:
    rng = np.random.default_rng(14)
    y = timed(np.arange(50.0), rate=10.0, run=np.repeat([0, 1], [20, 30]))
    x = y.copy(data=rng.normal(size=50))
    shifts = []

    def note(_: Any, b: xr.DataArray) -> float:
        shifts.append((int(b.values[0]), int(b.values[20])))
        return 0.0

    result = circular_shift_test(x, y, note, min_shift=0.5, n_shifts=200, random_state=0)
    moved = np.array([(-a % 20, -(b - 20) % 30) for a, b in shifts[1:]])
    assert moved[:, 0].min() == 5
    assert moved[:, 0].max() == 15
    assert moved[:, 1].min() == 5
    assert moved[:, 1].max() == 25
    assert result.attrs["min_shift"] == 0.5
    assert result.attrs["min_shift_units"] == "s"


def test_another_dim_is_shifted_in_rows() -> None:
    rng = np.random.default_rng(15)
    x = xr.DataArray(rng.normal(size=(40, 2)), dims=("event", "feature"))
    y = xr.DataArray(rng.normal(size=(3, 40)), dims=("electrode", "event"))
    result = circular_shift_test(x, y, dim="event", min_shift=4, n_shifts=999)
    assert result["p"].sizes == {"electrode": 3, "feature": 2}
    assert result.attrs["n_draws"] == 40 - 2 * 4 + 1
    assert result.attrs["min_shift_units"] == "samples"


def test_the_result_says_how_it_was_made() -> None:
    x = timed(np.random.default_rng(16).normal(size=30))
    result = circular_shift_test(x, x, n_shifts=10, random_state=7)
    step = as_history(result)[-1]
    assert step["function"] == "stats.circular_shift_test"
    assert step["seed"] == 7
    assert step["parameters"]["n_shifts"] == 10
    again = circular_shift_test(x, x, n_shifts=10, random_state=7)
    assert again.identical(result)
    assert not circular_shift_test(x, x, n_shifts=10, random_state=8).equals(result)


def test_a_generator_is_a_source_of_shifts_too() -> None:
    x = np.random.default_rng(17).normal(size=100)
    one, other = (
        circular_shift_test(x, x, n_shifts=10, random_state=np.random.default_rng(0))
        for _ in range(2)
    )
    np.testing.assert_array_equal(one["null"].values, other["null"].values)


def wrong() -> Iterator[Any]:
    x = timed(np.arange(20.0))
    late = x.assign_coords(time=time_coordinate(regular_time(20, 10.0, 1.0), 10.0))
    irregular = x.assign_coords(time=np.cumsum(np.arange(20.0)))

    def changing(a: Any, b: Any) -> np.ndarray:
        return np.zeros(1 + int(b.values[0] > 0))

    yield (x, x), {"statistic": "corelation"}, OptionError, "did you mean 'correlation'"
    yield (x, x), {"alternative": "Greater"}, OptionError, "did you mean 'greater'"
    yield (x, x), {"n_shifts": 0}, OptionError, "n_shifts"
    yield (x, x), {"n_shifts": 9.5}, OptionError, "n_shifts"
    yield (x, x), {"statistic": changing, "n_jobs": 0}, OptionError, "n_jobs"
    yield (x, x), {"statistic": changing}, OptionError, "shape"
    yield (x, x), {"min_shift": 1.1}, OptionError, "shortest run lasts 2 s"
    yield (x, x), {"min_shift": -1.0}, OptionError, "min_shift"
    yield (x, x), {"family": "neuron"}, LabelError, "'neuron' is no dim"
    yield (x, x), {"dim": "event"}, LabelError, "no 'event'"
    yield (x, x[:10]), {}, LabelError, "20 samples and y 10"
    yield (x, late), {}, LabelError, "differ in their time"
    yield (irregular, irregular), {}, TimeError, "irregular"
    yield (np.zeros((9, 2)), np.zeros((9, 3))), {}, LabelError, "don't broadcast"


@pytest.mark.parametrize(("arguments", "options", "error", "said"), list(wrong()))
def test_wrong_use_is_an_error_with_a_mend(
    arguments: Any, options: Any, error: type[NeurokitError], said: str
) -> None:
    with pytest.raises(error, match=said) as raised:
        circular_shift_test(*arguments, **options)
    assert raised.value.mend


# --- calibration and power ---------------------------------------------------------------------


@pytest.mark.parametrize("phi", [0.0, 0.8, 0.95])
def test_unrelated_autocorrelated_series_are_called_related_at_the_nominal_rate(
    phi: float,
) -> None:
    # 1000 pairs of 3000 samples; bounds are the central 99.9 % of Binomial(1000, .05): 29 to 74.
    rng = np.random.default_rng(int(100 * phi))
    x, y = ar1(phi, 3000, 1000, rng), ar1(phi, 3000, 1000, rng)
    result = circular_shift_test(x, y, keep_null=False, random_state=0)
    assert in_bounds(int((result["p"] <= 0.05).sum()), 1000, 0.05)


def test_shuffled_samples_would_fail_that_test() -> None:
    # The measure of what the shifts are for: with exchanged samples the rate is far above .05.
    rng = np.random.default_rng(1)
    x, y = ar1(0.95, 1000, 300, rng), ar1(0.95, 1000, 300, rng)
    r = np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(x.T, y.T, strict=True)])
    assert (np.abs(r) > 1.96 / np.sqrt(1000)).mean() > 0.4


def test_a_planted_relation_is_found() -> None:
    # r = .45 at phi = .95: an effective sample size of 3000 / 39 = 77 gives a standard error of
    # .11, so that a z-test at the 5 % level would find 98 %.
    rng = np.random.default_rng(2)
    x = ar1(0.95, 3000, 200, rng)
    y = 0.5 * x + ar1(0.95, 3000, 200, rng)
    result = circular_shift_test(x, y, keep_null=False, random_state=0)
    assert float((result["p"] <= 0.05).mean()) > 0.9


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "n"), [(0.8, 1000), (0.95, 3000), (0.95, 6000)])
def test_calibration_over_10000_pairs(phi: float, n: int) -> None:
    # The seam of a shift costs a share of about tau / n of the null's variance, so the rate is
    # allowed to be that much of .05 above it besides the 99.9 % binomial bounds.
    rng = np.random.default_rng(n)
    hits = 0
    for seed in range(10):
        x, y = ar1(phi, n, 1000, rng), ar1(phi, n, 1000, rng)
        result = circular_shift_test(x, y, keep_null=False, random_state=seed)
        hits += int((result["p"] <= 0.05).sum())
    low = scipy.stats.binom.ppf(0.0005, 10_000, 0.05)
    tau = (1 + phi) / (1 - phi)
    high = scipy.stats.binom.ppf(0.9995, 10_000, 0.05 * (1 + 5 * tau / n))
    assert low <= hits <= high, hits / 10_000


@pytest.mark.slow
def test_family_wise_error_over_correlated_neurons_is_nominal() -> None:
    # 400 recordings of 10 neurons that share a drift; each has p_fwe.min <= .05 in 5 %.
    rng = np.random.default_rng(3)
    hits = 0
    for seed in range(400):
        x = ar1(0.9, 2000, 1, rng)
        y = ar1(0.9, 2000, 10, rng) + ar1(0.9, 2000, 1, rng)
        result = circular_shift_test(
            x, y, family=True, n_shifts=399, keep_null=False, random_state=seed
        )
        hits += bool(result["p_fwe"].min() <= 0.05)
    assert in_bounds(hits, 400, 0.05)


@pytest.mark.nightly
def test_a_refitted_cross_validated_score_is_calibrated_and_finds_what_is_there() -> None:
    # Ridge from 3 slow features to a slow target, refitted for each shift: 120 unrelated and 12
    # related targets at phi = .9. With 19 shifts p <= .05 means that no shift scores higher.
    rng = np.random.default_rng(4)

    def score(a: np.ndarray, b: np.ndarray) -> float:
        return float(cross_val_score(Ridge(), a, b, cv=BlockedCV(4, gap=20)).mean())

    def p(effect: float, seed: int) -> float:
        x = ar1(0.9, 800, 3, rng)
        y = effect * x[:, 0] + ar1(0.9, 800, 1, rng)[:, 0]
        result = circular_shift_test(
            x, y, score, n_shifts=19, alternative="greater", random_state=seed
        )
        return float(result["p"])

    assert in_bounds(sum(p(0.0, seed) <= 0.05 for seed in range(120)), 120, 0.05)
    assert sum(p(1.0, seed) <= 0.05 for seed in range(12)) >= 10
