"""Activation patterns of linear decoders."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.encoding import haufe_patterns
from neurokit.errors import LabelError, SchemaError


def test_the_pattern_of_an_unbiased_decoder_is_the_mixing():
    rng = np.random.default_rng(0)
    mixing = rng.normal(size=(2, 6))
    sources = rng.normal(size=(50_000, 2))
    x = sources @ mixing + 0.3 * rng.normal(size=(50_000, 6)) @ rng.normal(size=(6, 6))
    weights = np.linalg.lstsq(x, sources, rcond=None)[0]
    # The decoder's outputs are shrunken sources; their pattern is the mixing up to that scale.
    found = haufe_patterns(x, weights)
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(found.T, mixing, strict=True)]
    assert min(r) > 0.99


def test_a_channel_that_only_cancels_noise_has_no_pattern():
    rng = np.random.default_rng(1)
    signal, noise = rng.normal(size=(2, 20_000))
    found = haufe_patterns(np.stack([signal + noise, noise], axis=1), np.array([[1.0], [-1.0]]))
    np.testing.assert_allclose(found[:, 0], [1.0, 0.0], atol=0.03)


def test_labels_and_shapes_stay():
    rng = np.random.default_rng(2)
    x = xr.DataArray(rng.normal(size=(50, 3, 4)), dims=("trial", "channel", "time"))
    coef = xr.DataArray(
        rng.normal(size=(3, 4, 2)),
        dims=("channel", "time", "latent"),
        coords={"channel": list("abc")},
    )
    found = haufe_patterns(x, coef)
    assert found.dims == coef.dims
    assert list(found["channel"].values) == ["a", "b", "c"]
    flat = haufe_patterns(x.values.reshape(50, 12), coef.values.reshape(12, 2))
    np.testing.assert_allclose(found.values.reshape(12, 2), flat)


def test_an_output_that_does_not_vary_has_none():
    x = np.random.default_rng(3).normal(size=(20, 2))
    found = haufe_patterns(x, np.array([[1.0, 0.0], [0.0, 0.0]]))
    np.testing.assert_array_equal(found[:, 1], 0.0)


def test_what_does_not_fit_is_refused():
    with pytest.raises(LabelError, match="coef"):
        haufe_patterns(np.zeros((5, 3)), np.zeros((2, 1)))
    with pytest.raises(SchemaError, match="NaN"):
        haufe_patterns(np.full((5, 3), np.nan), np.zeros((3, 1)))
