"""Scores of layers, the best layer of a site, and the order of layers in the brain."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.encoding import encoding_score, hierarchy_score, layer_map
from neurokit.errors import LabelError, NeurokitWarning, OptionError, SchemaError


@pytest.fixture(scope="module")
def network():
    """Five layers; site k of ten follows layer k // 2, the last one none."""
    rng = np.random.default_rng(0)
    layers = {f"layer{k}": rng.normal(size=(800, 4)) for k in range(5)}
    signal = np.column_stack([layers[f"layer{k // 2}"][:, 0] for k in range(10)] + [np.zeros(800)])
    y = signal + rng.normal(size=signal.shape)
    return layers, xr.DataArray(y, dims=("stimulus", "site"))


@pytest.fixture(scope="module")
def maps(network):
    return layer_map(*network, smallest=0.1)


def test_every_site_gets_its_layer(maps):
    assert maps.best.values.tolist() == [f"layer{k // 2}" for k in range(10)] + [""]
    np.testing.assert_allclose(maps.depth.values[:10], np.arange(10) // 2 / 4)
    assert np.isnan(maps.depth.values[10])
    assert np.nanmax(np.abs(maps.centre - maps.depth)) < 0.25  # chance scores pull the centre
    # r of the truth is sqrt(.5).
    assert float(maps.score.sel(layer="layer2")[4]) == pytest.approx(0.7, abs=0.06)


def test_the_spatial_score_is_one_along_the_order(maps):
    distance = np.arange(11) * 5.0
    found = hierarchy_score(maps, distance)
    assert float(found.r) > 0.95
    assert int(found.n) == 10
    assert float(hierarchy_score(maps, -distance, use="centre").rho) < -0.9


def test_the_temporal_score_finds_when_layers_peak():
    score = np.zeros((4, 3, 50))
    for layer in range(4):
        score[layer, :, 10 + 8 * layer] = 1.0
    maps = xr.Dataset(
        {"score": (("layer", "sensor", "time"), score)}, coords={"layer": list("abcd")}
    )
    found = hierarchy_score(maps, np.arange(50) * 0.01, of="layer")
    np.testing.assert_allclose(found.peak, [0.10, 0.18, 0.26, 0.34])
    assert float(found.r) == pytest.approx(1.0)


def test_the_score_is_divided_by_the_ceiling(network):
    layers, y = network
    plain = encoding_score(layers["layer0"], y)
    scaled = encoding_score(
        layers["layer0"], y, ceiling=xr.DataArray(np.r_[np.full(10, 0.5), 0.0], dims="site")
    )
    np.testing.assert_allclose(scaled.values[:10], plain.values[:10] / 0.5)
    assert np.isnan(scaled.values[10])


def test_orders_that_say_nothing_are_said(maps):
    with pytest.warns(NeurokitWarning, match="no order"):
        assert np.isnan(hierarchy_score(maps, np.ones(11)).r)
    with pytest.raises(LabelError, match="per site"):
        hierarchy_score(maps, [1.0, 2.0])
    with pytest.raises(LabelError, match="times"):
        hierarchy_score(maps, [1.0, 2.0], of="layer")
    with pytest.raises(SchemaError, match="3 sites"):
        hierarchy_score(maps.isel(site=slice(0, 2)), [1.0, 2.0])
    with pytest.raises(OptionError, match="2 layers"):
        layer_map({"a": np.zeros((5, 1))}, np.zeros((5, 1)))
