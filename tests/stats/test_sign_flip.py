"""block_sign_flip: exact enumeration, blocks, families; calibration and power."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import scipy.stats
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from neurokit.errors import LabelError, NeurokitError, NeurokitWarning, OptionError, TimeError
from neurokit.schema import as_history, regular_time, time_coordinate
from neurokit.stats import autocorrelation_time, block_sign_flip
from neurokit.stats._blocks import equal_blocks
from neurokit.stats.sign_flip import block_means

# A busy machine is no fault of a test, and a default run does not depend on luck.
calm = settings(deadline=None, derandomize=True, max_examples=30)


def ar1(phi: float, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(lfilter([1], [1, -phi], rng.normal(size=(n + 500, k)), axis=0)[500:])


def timed(values: Any, rate: float = 10.0, **coords: Any) -> xr.DataArray:
    array = np.asarray(values)
    dims = ("time", "electrode", "lag")[: array.ndim]
    clock = time_coordinate(regular_time(array.shape[0], rate), rate)
    further = {name: ("time", column) for name, column in coords.items()}
    return xr.DataArray(array, dims=dims, coords={"time": clock, **further})


def all_flips(m: np.ndarray) -> np.ndarray:
    """The mean under each choice of signs, the data's own first."""
    return np.array([np.mean(np.array(s) * m) for s in itertools.product([1, -1], repeat=m.size)])


values = st.lists(st.floats(-10, 10).map(lambda v: round(v, 2)), min_size=2, max_size=8)


@settings(calm, max_examples=30)
@given(values.map(np.array))
def test_few_blocks_are_enumerated_exactly(m: np.ndarray) -> None:
    means = all_flips(m)
    slack = 1e-9
    for alternative, expected in {
        "greater": (means >= means[0] - slack).mean(),
        "less": (means <= means[0] + slack).mean(),
    }.items():
        result = block_sign_flip(m, blocks=1, alternative=alternative)
        assert float(result["p"]) == pytest.approx(expected)
        assert result.attrs["exact"] == 1
        assert result.attrs["n_draws"] == 2**m.size - 1
    two_sided = float(block_sign_flip(m, blocks=1)["p"])
    assert two_sided == pytest.approx((np.abs(means) >= abs(means[0]) - slack).mean())


@pytest.mark.parametrize("alternative", ["greater", "less", "two-sided"])
def test_it_equals_scipys_permutation_test(alternative: str) -> None:
    m = np.random.default_rng(0).normal(0.3, 1.0, 10)
    oracle = scipy.stats.permutation_test(
        (m,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative=alternative
    )
    result = block_sign_flip(m, blocks=1, alternative=alternative)
    assert float(result["p"]) == pytest.approx(oracle.pvalue)


def test_many_blocks_are_flipped_at_random_and_come_close_to_the_exact_p() -> None:
    m = np.random.default_rng(1).normal(0.4, 1.0, 14)
    exact = (all_flips(m) >= m.mean() - 1e-12).mean()
    result = block_sign_flip(m, 1, alternative="greater", n_flips=9999, random_state=0)
    assert result.attrs["exact"] == 0
    assert result.attrs["n_draws"] == 9999
    # 4 standard errors of a share of 9999 draws
    assert float(result["p"]) == pytest.approx(exact, abs=4 * np.sqrt(exact / 9999))


def test_p_is_never_zero() -> None:
    result = block_sign_flip(np.ones(40), 1, alternative="greater", n_flips=99, random_state=0)
    assert float(result["p"]) == 1 / 100


def test_exactness_begins_where_all_flips_are_as_many_as_asked_for() -> None:
    assert block_sign_flip(np.arange(5.0), 1, n_flips=31).attrs["exact"] == 1
    assert block_sign_flip(np.arange(5.0), 1, n_flips=30).attrs["exact"] == 0


def test_the_t_statistic_is_students_and_gives_the_same_p_for_one_output() -> None:
    m = np.random.default_rng(2).normal(0.5, 1.0, (10, 3)) * [1e-13, 1.0, 1e6]
    by_t = block_sign_flip(m, 1, statistic="t")
    by_mean = block_sign_flip(m, 1)
    np.testing.assert_allclose(by_t["statistic"].values, scipy.stats.ttest_1samp(m, 0).statistic)
    np.testing.assert_allclose(by_mean["statistic"].values, m.mean(axis=0))
    np.testing.assert_array_equal(by_t["p"].values, by_mean["p"].values)


def test_the_t_statistic_weighs_outputs_of_different_spread_alike() -> None:
    rng = np.random.default_rng(3)
    m = np.stack([rng.normal(0.0, 1e6, 12), rng.normal(2.0, 1.0, 12)], axis=1)
    by_mean = block_sign_flip(m, 1, family=True)["p_fwe"].values
    by_t = block_sign_flip(m, 1, family=True, statistic="t")["p_fwe"].values
    assert by_mean[1] > 0.9  # drowned by the other's spread
    assert by_t[1] < 0.01


def test_family_wise_p_by_enumeration_of_the_maximum() -> None:
    rng = np.random.default_rng(4)
    m = rng.normal(0.3, 1.0, (6, 2, 3))
    x = xr.DataArray(m, dims=("subject", "electrode", "lag"))
    result = block_sign_flip(x, 1, dim="subject", family="lag", alternative="greater")
    signs = np.array(list(itertools.product([1, -1], repeat=6)))
    null = np.tensordot(signs, m, axes=(1, 0)) / 6
    highest = null.max(axis=2)
    expected = (highest[:, :, None] >= m.mean(axis=0) - 1e-12).mean(axis=0)
    np.testing.assert_allclose(result["p_fwe"].values, expected)
    assert result["p_fwe"].dims == ("electrode", "lag")
    assert (result["p_fwe"] >= result["p"]).all()


# --- blocks ------------------------------------------------------------------------------------


@calm
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=4),
    length=st.integers(1, 12),
)
def test_blocks_cover_runs_evenly_and_never_cross_one(lengths: list[int], length: int) -> None:
    edges = np.cumsum([0, *lengths])
    runs = [slice(a, b) for a, b in itertools.pairwise(edges.tolist())]
    label = equal_blocks(runs, length)
    assert label.size == edges[-1]
    assert set(np.diff(label).tolist()) <= {0, 1}
    for run in runs:
        inside = label[run]
        sizes = np.unique(inside, return_counts=True)[1]
        assert sizes.max() - sizes.min() <= 1
        assert sizes.min() >= min(length, inside.size)
        assert run.start == 0 or label[run.start] > label[run.start - 1]


def test_block_means_leave_nan_out() -> None:
    x = np.array([[1.0, np.nan], [3.0, np.nan], [5.0, 2.0], [np.nan, 4.0]])
    found = block_means(x, np.array([1, 0, 1, 0]))
    np.testing.assert_array_equal(found, [[3.0, 4.0], [3.0, 2.0]])
    found = block_means(x, np.array([0, 0, 1, 1]))
    np.testing.assert_array_equal(found, [[2.0, np.nan], [5.0, 3.0]])


def test_an_output_without_some_blocks_is_judged_by_the_others() -> None:
    m = np.random.default_rng(5).normal(0.5, 1.0, (8, 2))
    m[[1, 4], 1] = np.nan
    both = block_sign_flip(m, 1, alternative="greater")
    alone = block_sign_flip(m[~np.isnan(m[:, 1]), 1], 1, alternative="greater")
    assert float(both["p"][1]) == pytest.approx(float(alone["p"]))
    assert float(both["statistic"][1]) == pytest.approx(float(alone["statistic"]))
    m[:, 1] = np.nan
    assert np.isnan(block_sign_flip(m, 1)["p"].values).tolist() == [False, True]


def test_a_length_in_seconds_makes_blocks_of_that_length() -> None:
    x = timed(np.random.default_rng(6).normal(size=(400, 2)), rate=10.0)
    result = block_sign_flip(x, 1.0)
    assert result.attrs["n_blocks"] == 40
    assert result.attrs["block_length"] == 1.0
    assert result.attrs["block_length_units"] == "s"
    expected = x.values.reshape(40, 10, 2).mean(axis=1).mean(axis=0)
    np.testing.assert_allclose(result["statistic"].values, expected)


def test_default_blocks_last_five_autocorrelation_times_or_the_gap() -> None:
    x = timed(ar1(0.8, 8000, 1, np.random.default_rng(7)), rate=10.0)
    tau = float(autocorrelation_time(x)[0])
    result = block_sign_flip(x, n_flips=99)
    assert result.attrs["block_length"] == pytest.approx(5 * tau, abs=0.1)
    assert block_sign_flip(x, gap=20.0, n_flips=99).attrs["block_length"] == 20.0
    assert block_sign_flip(x, gap=0.5, n_flips=99).attrs == result.attrs | {
        "history": block_sign_flip(x, gap=0.5, n_flips=99).attrs["history"]
    }


def test_blocks_of_labels_need_not_be_contiguous_and_weigh_alike() -> None:
    subject = np.array(["s2", "s1", "s2", "s3", "s1", "s2"])
    x = xr.DataArray(
        [1.0, 2.0, 3.0, 6.0, 4.0, 5.0], dims="trial", coords={"subject": ("trial", subject)}
    )
    by_name = block_sign_flip(x, "subject", dim="trial", alternative="greater")
    assert by_name.attrs["n_blocks"] == 3
    assert float(by_name["statistic"]) == pytest.approx((3.0 + 3.0 + 6.0) / 3)
    assert float(by_name["p"]) == 1 / 8
    by_label = block_sign_flip(x.values, subject, alternative="greater")
    assert float(by_label["p"]) == 1 / 8


def test_too_few_blocks_of_time_are_warned_of_and_labels_are_not() -> None:
    x = timed(np.random.default_rng(8).normal(size=200))
    with pytest.warns(NeurokitWarning, match=r"20 blocks of 1 s: with fewer than 30"):
        block_sign_flip(x, 1.0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        block_sign_flip(x, np.repeat(np.arange(8), 25))
        block_sign_flip(np.arange(6.0), blocks=1)


def test_the_result_is_labelled_reproducible_and_says_how_it_was_made() -> None:
    x = timed(np.random.default_rng(9).normal(size=(300, 2))).assign_coords(electrode=["A1", "A2"])
    result = block_sign_flip(x, 0.5, random_state=3, n_flips=50)
    assert result["p"].coords["electrode"].values.tolist() == ["A1", "A2"]
    assert result["null"].dims == ("draw", "electrode")
    assert as_history(result)[-1]["function"] == "stats.block_sign_flip"
    assert as_history(result)[-1]["seed"] == 3
    assert block_sign_flip(x, 0.5, random_state=3, n_flips=50).identical(result)
    lean = block_sign_flip(x, 0.5, random_state=3, n_flips=50, keep_null=False)
    assert "null" not in lean
    np.testing.assert_array_equal(lean["p"].values, result["p"].values)


def wrong() -> Iterator[Any]:
    x = timed(np.random.default_rng(10).normal(size=100))
    irregular = x.assign_coords(time=np.cumsum(np.arange(100.0)))
    yield x, {"alternative": "more"}, OptionError, "Use 'two-sided'"
    yield x, {"statistic": "median"}, OptionError, "mean"
    yield x, {"n_flips": 0}, OptionError, "n_flips"
    yield x, {"blocks": 20.0}, OptionError, "room for 1 blocks"
    yield x, {"blocks": -1.0}, OptionError, "blocks"
    yield x, {"gap": np.nan}, OptionError, "gap"
    yield x, {"blocks": "subject"}, LabelError, "no coordinate 'subject'"
    yield x, {"blocks": [0, 1]}, LabelError, "100 samples"
    yield x, {"blocks": np.zeros(100)}, OptionError, "one block"
    yield x, {"dim": "event"}, LabelError, "no 'event'"
    yield irregular, {}, TimeError, "irregular"


@pytest.mark.parametrize(("x", "options", "error", "said"), list(wrong()))
def test_wrong_use_is_an_error_with_a_mend(
    x: Any, options: Any, error: type[NeurokitError], said: str
) -> None:
    with pytest.raises(error, match=said) as raised:
        block_sign_flip(x, **options)
    assert raised.value.mend


# --- calibration and power ---------------------------------------------------------------------


def rate_of(phi: float, n: int, repeats: int, shift: float, seed: int) -> int:
    """How many of `repeats` series have p <= .05."""
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        return sum(
            float(
                block_sign_flip(
                    ar1(phi, n, 1, rng)[:, 0] + shift,
                    alternative="greater",
                    n_flips=399,
                    keep_null=False,
                    random_state=k,
                )["p"]
            )
            <= 0.05
            for k in range(repeats)
        )


def test_the_error_rate_on_autocorrelated_differences_is_near_nominal() -> None:
    # Neighbouring blocks of 5 tau keep a correlation of about .04 at phi = .9: .057 is expected
    # (measured .060 over 400). Bounds: central 99.9 % of Binomial(200, .057), 1 to 27.
    low, high = scipy.stats.binom.interval(0.999, 200, 0.057)
    assert low <= rate_of(0.9, 4000, 200, 0.0, seed=11) <= high


def test_a_mean_above_zero_is_found() -> None:
    # The standard error is sqrt(tau / n) / sqrt(1 - phi^2) = .158: 4 standard errors are planted.
    assert rate_of(0.9, 4000, 40, 4 * 0.158, seed=12) >= 36


def test_single_samples_as_blocks_would_fail_on_autocorrelated_differences() -> None:
    rng = np.random.default_rng(13)
    x = ar1(0.9, 2000, 200, rng)
    naive = block_sign_flip(x, 1, alternative="greater", n_flips=399, random_state=0)
    assert float((naive["p"] <= 0.05).mean()) > 0.25


@pytest.mark.slow
@pytest.mark.parametrize(("phi", "n"), [(0.0, 1000), (0.5, 2500), (0.9, 10_000)])
def test_calibration_over_2000_series(phi: float, n: int) -> None:
    hits = rate_of(phi, n, 2000, 0.0, seed=n)
    low = scipy.stats.binom.ppf(0.0005, 2000, 0.05)
    high = scipy.stats.binom.ppf(0.9995, 2000, 0.06)  # the methods' bound for this test
    assert low <= hits <= high, hits / 2000


# --- what folds leave untested -----------------------------------------------------------------


def test_blocks_without_a_value_are_no_blocks() -> None:
    x = timed(np.random.default_rng(12).normal(0.1, 1.0, size=(640, 3)))
    x[320:] = np.nan
    whole = block_sign_flip(x, 1.0, random_state=0)
    half = block_sign_flip(x[:320], 1.0, random_state=0)
    assert whole.attrs["n_blocks"] == half.attrs["n_blocks"] == 32
    np.testing.assert_array_equal(whole["p"], half["p"])
    np.testing.assert_array_equal(whole["statistic"], half["statistic"])


def test_a_block_that_one_output_has_is_a_block() -> None:
    x = timed(np.random.default_rng(13).normal(size=(400, 2)))
    x[:100, 0], x[50:, 1] = np.nan, np.nan
    # The first 5 s, of the second output, and the last 30 s, of the first one.
    assert block_sign_flip(x, 1.0).attrs["n_blocks"] == 35


def test_few_tested_blocks_of_many_are_warned_of_and_one_is_refused() -> None:
    x = timed(np.random.default_rng(14).normal(size=400))
    with pytest.warns(NeurokitWarning, match=r"10 blocks of 1 s: with fewer than 30") as caught:
        block_sign_flip(x.where(x.time < 10.0), 1.0)
    assert caught[0].filename == __file__
    with pytest.raises(OptionError, match="x: holds values in 1 blocks of 1 s only"):
        block_sign_flip(x.where(x.time < 1.0), 1.0)
    with pytest.raises(OptionError, match="x: holds values in 0 blocks of 1 s only"):
        block_sign_flip(x * np.nan, 1.0)
    with pytest.raises(OptionError, match="x: holds values in 1 blocks only"):
        block_sign_flip(x.where(x.time < 10.0), np.repeat([0, 1], [100, 300]))
