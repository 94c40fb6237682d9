"""Ceilings of simulated repeats whose signal and noise are known."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.encoding import noise_ceiling
from neurokit.errors import LabelError, OptionError, SchemaError

N, T = 2000, 300


def _repeats(rng, share, n_repeats=10, n=200, t=T):
    """Repeats of which `share` of the variance is signal; the signal too."""
    signal = np.sqrt(share) * rng.normal(size=(n, t))
    noise = np.sqrt(1 - share) * rng.normal(size=(n_repeats, n, t))
    return signal + noise, signal


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
@pytest.mark.parametrize("method", ["explained_variance", "ncsnr"])
def test_ten_repeats_give_the_share_of_the_signal_without_bias(share, method):
    # 300 targets of 200 samples: the mean's standard error is below .004.
    y, _ = _repeats(np.random.default_rng(0), share)
    found = noise_ceiling(y, method, n_average=1 if method == "ncsnr" else None)
    assert abs(float(found.ceiling.mean()) - share) <= 0.02


@pytest.mark.parametrize("n_repeats", [2, 3])
def test_few_repeats_are_hardly_biased(n_repeats):
    y, _ = _repeats(np.random.default_rng(1), 0.5, n_repeats)
    for method in ("explained_variance", "ncsnr"):
        found = noise_ceiling(y, method, n_average=1)
        assert abs(float(found.ceiling.mean()) - 0.5) <= 0.02


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6])
def test_the_true_model_has_a_normalised_correlation_of_one(share):
    y, signal = _repeats(np.random.default_rng(2), share)
    found = noise_ceiling(y, "cc_norm")
    mean = y.mean(axis=0)
    r = [np.corrcoef(mean[:, k], signal[:, k])[0, 1] for k in range(T)]
    assert np.mean(np.array(r) / found.ceiling.values) == pytest.approx(1.0, abs=0.03)
    assert float(found.signal_power.mean()) == pytest.approx(share, abs=0.02)


@pytest.mark.parametrize("n_repeats", [10, 7])
def test_split_half_is_the_reliability_of_the_average(n_repeats):
    share = 0.3
    y, _ = _repeats(np.random.default_rng(3), share, n_repeats)
    found = noise_ceiling(y, "split_half", n_splits=30)
    expected = share / (share + (1 - share) / n_repeats)
    assert abs(float(found.ceiling.mean()) - expected) <= 0.02


def test_averaging_raises_the_ncsnr_ceiling_as_the_formula_says():
    y, _ = _repeats(np.random.default_rng(4), 0.3)
    one, ten = (noise_ceiling(y, "ncsnr", n_average=k) for k in (1, 10))
    snr2 = one.ncsnr**2
    np.testing.assert_allclose(ten.ceiling, snr2 / (snr2 + 0.1))
    np.testing.assert_allclose(noise_ceiling(y, "ncsnr").ceiling, ten.ceiling)
    assert (ten.ceiling > one.ceiling).all()


def test_pure_noise_has_no_ceiling_and_pure_signal_one_of_one():
    noise, _ = _repeats(np.random.default_rng(5), 0.0)
    for method in ("explained_variance", "ncsnr", "split_half"):
        assert float(noise_ceiling(noise, method).ceiling.mean()) < 0.15
    signal = np.broadcast_to(np.random.default_rng(6).normal(size=(1, 50, 3)), (4, 50, 3))
    for method in ("explained_variance", "cc_norm", "split_half"):
        np.testing.assert_allclose(noise_ceiling(signal, method).ceiling, 1.0)


def test_a_constant_response_has_none():
    y = np.ones((5, 20, 1))
    for method in ("explained_variance", "ncsnr", "cc_norm"):
        assert np.isnan(noise_ceiling(y, method).ceiling).all()


def test_units_and_offsets_do_not_matter():
    y, _ = _repeats(np.random.default_rng(7), 0.4, t=5)
    for method in ("explained_variance", "ncsnr", "cc_norm", "split_half"):
        a, b = (noise_ceiling(v, method).ceiling.values for v in (y, 1e-6 * y + 3e-4))
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_labels_stay_and_dims_may_come_in_any_order():
    y, _ = _repeats(np.random.default_rng(8), 0.4, t=3)
    array = xr.DataArray(
        y, dims=("rep", "image", "neuron"), coords={"neuron": ["a", "b", "c"]}
    ).transpose("neuron", "rep", "image")
    found = noise_ceiling(array, repeat="rep", sample="image")
    assert list(found["neuron"].values) == ["a", "b", "c"]
    np.testing.assert_allclose(found.ceiling, noise_ceiling(y).ceiling)
    assert found.attrs["n_repeats"] == 10


def test_what_has_no_ceiling_is_refused():
    y, _ = _repeats(np.random.default_rng(9), 0.4, t=2)
    with pytest.raises(OptionError, match="did you mean 'ncsnr'"):
        noise_ceiling(y, "ncsn")
    with pytest.raises(SchemaError, match="1 repeats"):
        noise_ceiling(y[:1])
    with pytest.raises(SchemaError, match="NaN"):
        noise_ceiling(np.where(y > 2, np.nan, y))
    with pytest.raises(LabelError, match="no 'trial'"):
        noise_ceiling(xr.DataArray(y, dims=("a", "b", "c")), repeat="trial")
