"""Figures show what was fitted and leave no figure open by themselves."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from neurokit.encoding import RidgeEncoder, plot_alpha_path, plot_band_shares, plot_trf
from neurokit.plot.style import COLOURS


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def scores(n_targets):
    rng = np.random.default_rng(0)
    alphas = np.logspace(-1, 3, 5)
    r2 = xr.DataArray(
        rng.random((5, n_targets)), dims=("alpha", "target"), coords={"alpha": alphas}
    )
    best = xr.DataArray(alphas[r2.argmax("alpha").values], dims="target")
    return xr.Dataset({"r2": r2, "r": r2 / 2}), best


def test_few_targets_are_lines_with_a_point_at_their_best():
    table, best = scores(3)
    ax = plot_alpha_path(table, best)
    assert ax.get_xscale() == "log"
    lines = [line for line in ax.lines if len(line.get_xdata()) == 5]
    points = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert len(lines) == len(points) == 3
    for point, column in zip(points, table.r2.values.T, strict=True):
        assert point.get_ydata()[0] == column.max()


def test_many_targets_are_quantiles_and_a_count():
    table, best = scores(50)
    ax = plot_alpha_path(table, best, metric="r")
    assert ax.get_ylabel() == "held-out r"
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(table.r.values, axis=1))
    bars = [bar.get_height() for other in ax.figure.axes[1:] for bar in other.patches]
    assert sum(bars) == 50
    ax.figure.canvas.draw()
    # The band fills the axes here, so that the legend has to stand above.
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1 - 1.0


def test_a_given_axes_is_drawn_on():
    table, best = scores(3)
    ax = plt.subplots()[1]
    assert plot_alpha_path(table, best, ax=ax) is ax


def test_a_fitted_encoder_is_enough_for_its_path():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 3))
    y = x[:, :2] + 2.0 * rng.standard_normal((120, 2))
    model = RidgeEncoder(alphas=(1e-3, 30.0, 1e6), metric="r").fit(x, y)
    ax = plot_alpha_path(model, metric="r")
    by_hand = plot_alpha_path(model.scores_, model.best_alpha_, metric="r")
    for line, other in zip(ax.lines, by_hand.lines, strict=True):
        np.testing.assert_array_equal(line.get_xydata(), other.get_xydata())
    points = [line.get_xdata()[0] for line in ax.lines if len(line.get_xdata()) == 1]
    assert points == model.best_alpha_.values.tolist()


@pytest.mark.parametrize(("metric", "best"), [("r2", 10.0), ("mse", 1.0)])
def test_the_best_penalty_is_the_best_score_where_none_is_given(metric, best):
    table = xr.Dataset(
        {"r2": ("alpha", [0.1, 0.3, 0.2]), "mse": ("alpha", [0.5, 0.7, 0.9])},
        coords={"alpha": [1.0, 10.0, 100.0]},
    )
    ax = plot_alpha_path(table, metric=metric)
    (point,) = [line for line in ax.lines if len(line.get_xdata()) == 1]
    assert point.get_xdata()[0] == best


def test_lines_of_channels_are_told_apart_and_named():
    coef = response(9).assign_coords(channel=[f"C{k}$" for k in range(9)])
    ax = plot_trf(coef, "onset")
    lines = [line for line in ax.lines if len(line.get_xdata()) == 6]
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == 9
    assert {line.get_color() for line in lines} <= set(COLOURS)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        rf"C{k}\$" for k in range(9)
    ]
    assert not ax.spines["top"].get_visible()


def test_no_name_is_made_up_for_what_has_none():
    coef = response(2).drop_vars("feature")
    ax = plot_trf(coef)
    assert ax.get_title() == ""
    assert ax.get_legend() is None


def response(n_channels):
    values = np.random.default_rng(0).standard_normal((6, 2, n_channels))
    return xr.DataArray(
        values,
        dims=("lag", "feature", "channel"),
        coords={"lag": np.arange(6) / 10, "feature": ["envelope", "onset"]},
    )


def test_few_channels_are_lines_over_lags():
    coef = response(4)
    ax = plot_trf(coef, "onset")
    assert ax.get_title() == "feature: onset"
    np.testing.assert_allclose(ax.lines[2].get_ydata(), coef.sel(feature="onset")[:, 2])
    assert ax.get_xlabel() == "lag (s)"


def test_many_channels_are_an_image_about_zero():
    coef = response(40)
    ax = plot_trf(coef)
    image = ax.images[0]
    np.testing.assert_allclose(image.get_array(), coef.values[:, 0].T)
    low, high = image.get_clim()
    assert low == -high
    assert ax.get_ylabel() == "channel"


def test_shares_add_up_and_negative_ones_hang_below():
    shares = xr.DataArray(
        [[0.3, -0.1, 0.2], [0.1, 0.4, 0.1]], dims=("band", "target"), coords={"band": ["a", "b"]}
    )
    ax = plot_band_shares(shares)
    heights = np.array([bar.get_height() for bar in ax.patches]).reshape(2, 3)
    np.testing.assert_allclose(heights.sum(axis=0), [0.4, 0.3, 0.3])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    below = [bar for bar in ax.patches if bar.get_height() < 0]
    assert len(below) == 1
    assert below[0].get_y() == 0
