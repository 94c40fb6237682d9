"""Noise ceilings against naive loops, closed forms of tiny tables, and their invariances."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.encoding import noise_ceiling
from neurokit.encoding.ceilings import (
    METHODS,
    explained_variance,
    noise_ceiling_snr,
    signal_power,
    split_half,
)
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.testing import assert_same

SEEDS = st.integers(0, 10_000)


def _y(seed=0, n=4, m=12, t=3, share=0.5):
    rng = np.random.default_rng(seed)
    return share * rng.normal(size=(1, m, t)) + rng.normal(size=(n, m, t))


def _labelled(y):
    return xr.DataArray(
        y,
        dims=("repeat", "image", "neuron"),
        coords={
            "repeat": np.arange(y.shape[0]),
            "image": [f"i{k}" for k in range(y.shape[1])],
            "neuron": [f"n{k}" for k in range(y.shape[2])],
            "region": ("neuron", ["V1"] * y.shape[2]),
        },
        name="signal",
        attrs={"units": "V"},
    )


def _variance(values):
    """Sample variance by two loops' worth of sums."""
    values = [float(v) for v in values]
    mean = sum(values) / len(values)
    return sum((v - mean) ** 2 for v in values) / (len(values) - 1)


def _snr_of_one(table):
    """Noise from within samples, signal from what is left of the variance of means."""
    n, m = table.shape
    within = sum(_variance(table[:, j]) for j in range(m)) / m
    means = [sum(table[:, j]) / n for j in range(m)]
    return np.sqrt(max(_variance(means) - within / n, 0.0) / within)


def _split_half_of_one(table, factor):
    """The mean over every split into two halves, corrected."""
    n = len(table)
    everyone = set(range(n))
    found = []
    for first in itertools.combinations(range(n), n // 2):
        second = sorted(everyone - set(first))
        a, b = table[list(first)].mean(axis=0), table[second].mean(axis=0)
        found.append(np.corrcoef(a, b)[0, 1])
    r = max(np.mean(found), 0.0)
    return factor * r / (1 + (factor - 1) * r)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(2, 5), st.integers(2, 9))
def test_the_ratio_of_signal_to_noise_is_that_of_loops(seed, n, m):
    y = _y(seed, n, m)
    expected = [_snr_of_one(y[:, :, k]) for k in range(3)]
    np.testing.assert_allclose(noise_ceiling_snr(y), expected, rtol=1e-9, atol=1e-12)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(2, 5))
def test_noise_and_signal_are_the_mean_squares_of_an_analysis_of_variance(seed, n):
    # With F = MS_between / MS_within of scipy, snr^2 = max(F - 1, 0) / n.
    from scipy.stats import f_oneway

    y = _y(seed, n, 8, 2)
    f = np.array([f_oneway(*y[:, :, k].T).statistic for k in range(2)])
    np.testing.assert_allclose(noise_ceiling_snr(y) ** 2, np.maximum(f - 1, 0) / n, atol=1e-10)


def test_all_random_halves_together_come_close_to_all_halves_there_are():
    # Four repeats have three splits; 3000 draws find each about 1000 times.
    y = _y(3, 4, 30, 2)
    found = split_half(y, 3000, np.random.default_rng(0))
    expected = [_split_half_of_one(y[:, :, k], 2) for k in range(2)]
    np.testing.assert_allclose(found, expected, atol=0.01)


def test_two_repeats_have_one_split_and_no_chance():
    y = _y(4, 2, 25, 2)
    r = np.array([np.corrcoef(y[0, :, k], y[1, :, k])[0, 1] for k in range(2)])
    for seed in range(3):
        found = noise_ceiling(y, "split_half", n_splits=1, random_state=seed).ceiling
        np.testing.assert_allclose(found, 2 * np.maximum(r, 0) / (1 + np.maximum(r, 0)))


def test_the_odd_one_out_counts_in_the_correction():
    # Three repeats: halves of one each, so the average of all is three times as long.
    y = _y(5, 3, 40, 1, share=2.0)
    pairs = [
        np.corrcoef(y[a, :, 0], y[b, :, 0])[0, 1] for a, b in itertools.combinations(range(3), 2)
    ]
    r = np.mean(pairs)
    found = split_half(y, 3000, np.random.default_rng(1))
    assert found[0] == pytest.approx(3 * r / (1 + 2 * r), abs=0.005)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(2, 5))
def test_the_variance_of_a_sum_is_variances_and_twice_the_covariances(seed, n):
    y = _y(seed, n, 7, 1)[:, :, 0]
    cov = np.cov(y)
    off = cov[~np.eye(n, dtype=bool)].mean()
    assert signal_power(y[:, :, None])[0] == pytest.approx(off, abs=1e-12)


def test_explained_variance_of_a_table_done_by_hand():
    y = np.array([[0.0, 4.0], [2.0, 2.0]])[:, :, None]
    # var of repeats: 4 and 0, mean 2; residuals (-1, 1), (1, -1): var 1 each; EV = .5;
    # EV - (1 - EV) / (2 - 1) = 0.
    np.testing.assert_allclose(explained_variance(y), [0.0])
    doubled = np.array([[0.0, 8.0], [2.0, 6.0]])[:, :, None]
    # var of repeats 16 and 4, mean 10; residuals +-1: EV = .9, ceiling .9 - .1 = .8.
    np.testing.assert_allclose(explained_variance(doubled), [0.8])


@pytest.mark.parametrize("method", METHODS)
def test_a_response_that_repeats_exactly_has_a_ceiling_of_one(method):
    y = np.broadcast_to(np.random.default_rng(6).normal(size=(1, 20, 2)), (4, 20, 2))
    np.testing.assert_allclose(noise_ceiling(y, method).ceiling, 1.0)


def test_a_response_that_repeats_exactly_has_no_end_of_signal_to_noise():
    y = np.broadcast_to(np.arange(5.0)[None, :, None], (2, 5, 1))
    found = noise_ceiling(y, "ncsnr")
    assert np.isinf(found.ncsnr).all()
    assert float(found.ceiling[0]) == 1.0


@pytest.mark.parametrize("method", METHODS)
def test_targets_are_judged_each_by_itself(method):
    y = _y(7, 4, 15, 4)
    whole = noise_ceiling(y, method).ceiling.values
    one_by_one = [float(noise_ceiling(y[:, :, [k]], method).ceiling[0]) for k in range(4)]
    np.testing.assert_allclose(whole, one_by_one)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("shape", [(4, 12), (4, 12, 1), (4, 12, 2, 3)])
def test_what_lies_behind_the_samples_may_have_any_number_of_dims(method, shape):
    y = np.random.default_rng(8).normal(size=shape) + np.arange(12.0).reshape(
        1, 12, *[1] * (len(shape) - 2)
    )
    found = noise_ceiling(y, method).ceiling
    assert found.shape == shape[2:]
    flat = noise_ceiling(y.reshape(4, 12, -1), method).ceiling
    np.testing.assert_allclose(found.values.ravel(), flat.values)


@pytest.mark.parametrize("method", METHODS)
def test_a_ceiling_lies_between_zero_and_one(method):
    for seed in range(5):
        found = noise_ceiling(_y(seed, 3, 9, 6, share=0.3), method).ceiling
        assert ((found >= 0) & (found <= 1)).all()


@pytest.mark.parametrize("method", ["explained_variance", "ncsnr", "split_half"])
def test_opposed_repeats_have_a_ceiling_of_zero(method):
    x = np.random.default_rng(9).normal(size=(30, 2))
    assert (noise_ceiling(np.stack([x, -x]), method).ceiling == 0).all()


@pytest.mark.parametrize("k", [1, 2, 5, 50])
def test_the_ceiling_of_an_average_is_the_formula_of_the_snr(k):
    y = _y(10, 5, 20, 3, share=2.0)
    found = noise_ceiling(y, "ncsnr", n_average=k)
    np.testing.assert_allclose(found.ceiling, k * found.ncsnr**2 / (k * found.ncsnr**2 + 1))


def test_only_the_methods_that_have_more_to_say_say_it():
    y = _y(11)
    held = {method: set(noise_ceiling(y, method).data_vars) for method in METHODS}
    assert held == {
        "explained_variance": {"ceiling"},
        "ncsnr": {"ceiling", "ncsnr"},
        "cc_norm": {"ceiling", "signal_power"},
        "split_half": {"ceiling"},
    }


@pytest.mark.parametrize("method", METHODS)
def test_coordinates_of_targets_stay_and_those_of_samples_go(method):
    found = noise_ceiling(_labelled(_y(12)), method)
    assert found.ceiling.dims == ("neuron",)
    assert list(found["neuron"].values) == ["n0", "n1", "n2"]
    assert list(found["region"].values) == ["V1"] * 3
    assert not {"repeat", "image"} & set(found.coords)
    assert found.attrs["method"] == method
    assert (found.attrs["n_repeats"], found.attrs["n_samples"]) == (4, 12)
    assert found.ceiling.name == "ceiling"


def test_the_first_dim_that_is_no_repeat_holds_the_samples_unless_named():
    y = _labelled(_y(13))
    by_default = noise_ceiling(y).ceiling
    assert by_default.dims == ("neuron",)
    turned = noise_ceiling(y.transpose("neuron", "image", "repeat"), sample="image").ceiling
    np.testing.assert_allclose(turned, by_default)
    assert noise_ceiling(y.transpose("neuron", "image", "repeat")).ceiling.dims == ("image",)


def test_history_is_carried_on_and_ends_with_the_ceiling():
    first = noise_ceiling(_labelled(_y(14)))
    again = _labelled(_y(14)).assign_attrs(history=first.attrs["history"])
    second = noise_ceiling(again, "ncsnr")
    assert second.attrs["history"].count("encoding.noise_ceiling") == 2
    assert first.attrs["history"].count("encoding.noise_ceiling") == 1


@pytest.mark.parametrize("method", METHODS)
def test_what_is_given_is_not_changed(method):
    y = _labelled(_y(15))
    before = y.copy(deep=True)
    y.values.setflags(write=False)
    noise_ceiling(y, method)
    xr.testing.assert_identical(y, before)


def test_the_seed_decides_the_halves_and_nothing_else():
    y = _y(16, 6)
    first, same, other = (
        noise_ceiling(y, "split_half", n_splits=3, random_state=s).ceiling for s in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)
    given_rng = noise_ceiling(
        y, "split_half", n_splits=3, random_state=np.random.default_rng(1)
    ).ceiling
    np.testing.assert_array_equal(first, given_rng)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_ceiling_is_stored_and_comes_back_the_same(tmp_path, suffix):
    found = noise_ceiling(_labelled(_y(17)), "cc_norm")
    tree = nk.simulate.encoded(20, 1, sites={"none": 1}, random_state=0).recordings["encoded"]
    tree["ceiling"] = xr.DataTree(found)
    nk.save(tree, tmp_path / f"ceiling{suffix}")
    assert_same(nk.open(tmp_path / f"ceiling{suffix}").load()["ceiling"].to_dataset(), found)


@pytest.mark.parametrize("dtype", ["int16", "float32", "bool", "uint8"])
def test_any_real_numbers_are_taken(dtype):
    y = (_y(18, 4, 20, 2, share=3.0) > 0.5).astype(dtype)
    wide = noise_ceiling(y.astype(np.float64)).ceiling
    np.testing.assert_allclose(noise_ceiling(y).ceiling, wide)
    assert noise_ceiling(y).ceiling.dtype == np.float64


@pytest.mark.parametrize(
    ("y", "options", "error", "said"),
    [
        (np.zeros((3, 1, 2)), {}, SchemaError, "3 repeats of 1 samples"),
        (np.zeros((0, 4, 2)), {}, SchemaError, "0 repeats of 4 samples"),
        (np.zeros(4), {}, SchemaError, "no dim of samples"),
        (np.full((2, 4, 1), 1j), {}, SchemaError, "complex128"),
        (np.full((2, 4, 1), "a"), {}, SchemaError, "Give real numbers"),
        (np.full((2, 4, 1), np.inf), {}, SchemaError, "NaN or infinities"),
        (np.zeros((2, 4, 1)), {"method": "snr"}, OptionError, "method"),
        (_labelled(_y(0)), {"sample": "stimulus"}, LabelError, "no 'stimulus'"),
        (_labelled(_y(0)), {"sample": "repeat"}, LabelError, "sample"),
        (_y(0), {"method": "ncsnr", "n_average": 0}, OptionError, "n_average"),
        (_y(0), {"method": "ncsnr", "n_average": -2}, OptionError, "n_average"),
        (_y(0), {"method": "split_half", "n_splits": 0}, OptionError, "n_splits"),
        (_y(0), {"method": "split_half", "n_splits": -1}, OptionError, "n_splits"),
    ],
)
def test_what_has_no_ceiling_is_refused_by_name(y, options, error, said):
    with pytest.raises(error, match=said):
        noise_ceiling(y, **options)
