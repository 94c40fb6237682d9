"""Figures of a fit's course and of what its latents are worth draw what they are given."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.flows import plot_ablation, plot_training

UNITS = {"units": "bit/spike"}


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def course(loss, validation, kl, best=2):
    table = {"loss": loss, "validation": validation, "kl": kl, "learning_rate": np.ones(len(loss))}
    epochs = {"epoch": np.arange(1, len(loss) + 1)}
    losses = xr.Dataset({name: ("epoch", values) for name, values in table.items()}, epochs)
    return SimpleNamespace(losses_=losses, best_epoch_=best)


def test_both_losses_the_kept_epoch_and_the_divergence_are_drawn():
    model = course([3.0, 2.0, 1.5, 1.4], [np.nan, 2.2, np.nan, 2.3], [0.0, 1.0, 4.0, 3.0])
    ax = plot_training(model)
    dropped, held, kept = ax.lines
    np.testing.assert_array_equal(dropped.get_xydata(), [[1, 3], [2, 2], [3, 1.5], [4, 1.4]])
    np.testing.assert_array_equal(held.get_xydata(), [[2, 2.2], [4, 2.3]])
    assert list(kept.get_xdata()) == [2, 2]
    (right,) = [other for other in ax.figure.axes if other is not ax]
    np.testing.assert_array_equal(right.lines[0].get_ydata(), [0, 1, 4, 3])
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["dropped values", "held values", "kept", "divergence"]
    assert "nat per trial" in right.get_ylabel()
    assert "nat per value" in ax.get_ylabel()


def test_without_a_divergence_there_is_one_axis():
    ax = plot_training(course([3.0, 2.0], [np.nan, 2.5], [0.0, 0.0]))
    assert len(ax.figure.axes) == 1
    assert len(ax.get_legend().get_texts()) == 3


def test_high_first_epochs_do_not_hide_the_end():
    loss = np.concatenate([[500.0, 90.0], np.linspace(0.42, 0.40, 60)])
    ax = plot_training(course(loss, np.full(62, np.nan), np.zeros(62)))
    low, high = ax.get_ylim()
    assert low < 0.40
    assert 0.42 < high < 1.0


def test_a_flat_or_single_loss_has_limits():
    for loss in ([0.5], [0.5] * 5, [0.0]):
        low, high = plot_training(course(loss, [np.nan] * len(loss), [0.0] * len(loss))).get_ylim()
        assert low < loss[0] < high


def test_linear_flows_show_their_likelihood():
    counts = np.random.default_rng(0).poisson(1.0, (6, 10, 4))
    model = nk.flows.FirstOrderLDS(1, bin_s=0.02, tol=1e-3).fit(counts)
    _, ax = plt.subplots()
    assert plot_training(model, ax=ax) is ax
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), model.log_likelihoods_)


def test_what_has_no_course_is_refused():
    with pytest.raises(OptionError, match="model"):
        plot_training(nk.flows.Smoothing())


def table(scores, **coords):
    dims = ("model", "latents") if np.ndim(scores) == 2 else ("latents",)
    coords = {"latents": ["own", "average", "of other trials"], **coords}
    return xr.Dataset({"score": (dims, scores, UNITS)}, coords)


def test_ablation_draws_a_bar_per_kind_with_its_number():
    ax = plot_ablation(table([0.3, 0.1, -0.2]))
    assert [bar.get_height() for bar in ax.patches] == [0.3, 0.1, -0.2]
    assert [text.get_text() for text in ax.texts] == ["0.300", "0.100", "-0.200"]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == [
        "latents own", "latents average", "latents of other trials",
    ]  # fmt: skip
    assert "bit/spike" in ax.get_ylabel()
    # A number stands above its bar, or above 0 where the bar hangs.
    assert [text.xy[1] for text in ax.texts] == [0.3, 0.1, 0.0]


def test_ablations_of_models_stand_in_groups_that_do_not_overlap():
    scores = np.arange(6.0).reshape(2, 3)
    ax = plot_ablation(table(scores, model=["bottleneck", "published"]))
    assert [label.get_text() for label in ax.get_xticklabels()] == ["bottleneck", "published"]
    bars = sorted(ax.patches, key=lambda bar: bar.get_x())
    assert [bar.get_height() for bar in bars] == list(range(6))
    edges = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars]
    assert all(a[1] <= b[0] + 1e-9 for a, b in pairwise(edges))
    np.testing.assert_allclose([bars[1].get_center()[0], bars[4].get_center()[0]], [0, 1])


def test_a_score_that_is_missing_is_said():
    ax = plot_ablation(table([0.3, np.nan, 0.1]))
    assert [text.get_text() for text in ax.texts] == ["0.300", "nan", "0.100"]


@pytest.mark.parametrize("wrong", [xr.Dataset(), table([0.1, 0.2, 0.3]).expand_dims("seed")])
def test_another_table_is_refused(wrong):
    with pytest.raises(SchemaError, match="table"):
        plot_ablation(wrong)
