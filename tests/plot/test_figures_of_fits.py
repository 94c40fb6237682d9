"""Figures that estimators draw of themselves: what is on their axes, and in which unit."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import neurokit as nk
from neurokit.connectome import DynamicConnectome, plot_overview
from neurokit.encoding import SpikeGLM, plot_spike_glm
from neurokit.errors import OptionError
from neurokit.states import GLMHMM, plot_model

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _no_figure_stays_open():
    yield
    plt.close("all")


def test_every_public_figure_function_is_looked_at_by_some_test():
    stubs = "\n".join(p.read_text(encoding="utf-8") for p in ROOT.glob("neurokit/*/__init__.pyi"))
    named = sorted(set(re.findall(r"\b(plot_\w+) as", stubs)))
    assert len(named) > 40
    tests = "\n".join(p.read_text(encoding="utf-8") for p in ROOT.glob("tests/**/test_*.py"))
    called = set(re.findall(r"\b(plot_\w+)\(", tests)) | set(re.findall(r"\[(plot_\w+)", tests))
    assert [name for name in named if name not in called] == []


@pytest.fixture(scope="module")
def counts():
    values = np.random.default_rng(0).poisson(0.3, size=(600, 3))
    time = nk.schema.time_coordinate(np.arange(600) / 50.0, rate=50.0)
    coords = {"time": time, "neuron": ["a", "b", "c"]}
    return xr.DataArray(values, coords, ["time", "neuron"])


def new_axes():
    return Figure().subplots()


def test_own_history_of_a_neuron_is_a_gain_over_lags(counts):
    glm = SpikeGLM(history=5, coupling=False).fit(None, counts)
    ax = plot_spike_glm(glm, neuron="b", ax=new_axes())
    assert ax.get_xlabel().startswith("lag (")
    assert ax.get_ylabel() == "gain exp(filter) (no unit)"
    assert ax.get_title(loc="left") == "neuron b"
    expected = np.exp(glm.history_filter_.sel(neuron="b").values)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), expected)
    assert ax.lines[1].get_ydata()[0] == 1.0


def test_couplings_are_a_line_per_partner_the_own_one_named(counts):
    glm = SpikeGLM(history=4, coupling=True).fit(None, counts)
    ax = plot_spike_glm(glm, ax=new_axes())
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert labels[0] == "own history"
    assert set(labels[1:]) == {"from b", "from c"}


def test_without_filters_there_is_a_bar_per_feature(counts):
    x = np.random.default_rng(1).normal(size=(600, 4))
    glm = SpikeGLM().fit(x, counts)
    ax = plot_spike_glm(glm, neuron="c", ax=new_axes())
    heights = [bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(heights, glm.coef_.values[:, 2])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("feature", "weight (log rate per unit)")


def test_a_neuron_that_is_not_there_is_refused(counts):
    glm = SpikeGLM(history=2).fit(None, counts)
    with pytest.raises(OptionError, match="no neuron 'z'"):
        plot_spike_glm(glm, neuron="z")


def test_a_hidden_markov_model_has_a_graph_and_a_matrix_per_state(counts):
    model = GLMHMM(2, history=2, n_restarts=1, max_iter=5, random_state=0)
    with pytest.warns(nk.errors.NeurokitWarning):
        model.fit(counts.values)
    axes = plot_model(model)
    titles = [ax.get_title(loc="left") for ax in axes]
    assert titles == ["transitions", "couplings in state 0", "couplings in state 1"]
    images = [ax.images[0] for ax in axes[1:]]
    limits = {image.get_clim() for image in images}
    assert len(limits) == 1, "states share one scale, so that they compare"
    (low, high) = limits.pop()
    assert low == -high
    np.testing.assert_allclose(images[1].get_array(), model.weights_.values[1])
    for ax in axes[1:]:
        assert ax.get_xlabel()
        assert ax.get_ylabel()


def test_the_overview_of_motifs_has_a_row_each():
    recs = nk.simulate.worms(2, 10, 1, duration=160.0, random_state=0).recordings
    options = {"bin_s": 8.0, "n_restarts": 1, "communities": None, "n_permutations": 0}
    fit = DynamicConnectome(2, **options, random_state=0).fit(recs)
    figure = Figure(figsize=(9, 6), layout="constrained")
    axes = plot_overview(fit, figure=figure)
    assert axes.shape == (2, 3)
    assert {ax.figure for ax in axes.ravel()} == {figure}
    assert axes[1, 1].get_xlabel() == "time (s)"
    assert all(len(ax.images) == 1 for ax in axes[:, 0])
    assert [len(ax.patches) for ax in axes[:, 2]] == [2, 2]
