"""The figure of a rank selection shows what was measured and what was chosen."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

from neurokit.connectome import plot_rank_selection
from neurokit.errors import SchemaError


def selection():
    error = np.array([[0.5, 0.6], [0.3, 0.35], [0.3, 0.36]])
    excess = error - error[1]
    return xr.Dataset(
        {
            "error": (("rank", "fold"), error),
            "fit_error": ("rank", [0.5, 0.3, 0.29]),
            "stability": ("rank", [1.0, 0.95, 0.6]),
            "excess": ("rank", excess.mean(axis=1)),
            "excess_se": ("rank", excess.std(axis=1, ddof=1) / np.sqrt(2)),
        },
        {"rank": [1, 2, 3], "fold": [0, 1]},
        {"best_rank": 2, "holdout": "entry", "min_stability": 0.8},
    )


def test_error_stability_folds_and_choice_are_drawn():
    chosen = selection()
    ax = plot_rank_selection(chosen)
    second = next(other for other in ax.figure.axes if other is not ax)
    lines = [np.asarray(line.get_ydata(), dtype=float) for line in ax.lines]
    assert any(np.allclose(y, chosen.excess) for y in lines if len(y) == 3)
    for fold in (0, 1):
        values = chosen.error[:, fold] - chosen.error[1, fold]
        assert any(np.allclose(y, values) for y in lines if len(y) == 3)
    np.testing.assert_allclose(second.lines[0].get_ydata(), chosen.stability)
    assert [float(x) for x in ax.get_xticks()] == [1, 2, 3]
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "chosen: 2" in texts
    plt.close("all")


def test_the_legend_covers_no_curve():
    ax = plot_rank_selection(selection())
    ax.figure.canvas.draw()
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1
    plt.close("all")


def test_given_axes_are_used_and_returned():
    _, ax = plt.subplots()
    assert plot_rank_selection(selection(), ax=ax) is ax
    plt.close("all")


def test_what_is_no_selection_is_refused():
    with pytest.raises(SchemaError, match="select_rank"):
        plot_rank_selection(xr.Dataset({"error": ("rank", [1.0])}))
