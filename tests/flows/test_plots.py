"""Figures draw what they are given, and say what they cannot draw."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from scipy.signal import welch

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.flows import (
    FactorGLM,
    LangevinLDS,
    Smoothing,
    plot_comparison,
    plot_modes,
    plot_phase,
    plot_rates,
    plot_spectrum,
)
from neurokit.flows.plots import position_spectrum

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.oscillators([5.0], [0.1], 6, 10, 40, random_state=0)


@pytest.fixture(scope="module")
def counts(simulation):
    return simulation.recordings["session1"].activity.signal


@pytest.fixture(scope="module")
def model(counts):
    return LangevinLDS(1, n_restarts=1, max_iter=15).fit(counts)


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_spectrum_equals_welchs_of_its_own_samples(model):
    path = model.sample(2000, 40, random_state=0).path.values[:, 500:, 0]
    hertz, power = welch(path, 50.0, nperseg=250, axis=1)
    ours = position_spectrum(model, hertz[2:40])[:, 0]
    # One-sided is twice two-sided; bins above 8 Hz alias.
    ratio = power.mean(axis=0)[2:40] / (2 * ours)
    assert np.median(ratio) == pytest.approx(1.0, abs=0.15)


def test_spectrum_integrates_to_the_stationary_variance(model):
    hertz = np.linspace(-200, 200, 80_001)
    total = np.trapezoid(position_spectrum(model, hertz)[:, 0], hertz)
    K, G, D = (getattr(model, f"{k}_").item() for k in ("stiffness", "friction", "diffusion"))
    assert total == pytest.approx(D / (2 * K * G), rel=1e-3)


def test_spectrum_marks_the_modes(model):
    ax = plot_spectrum(model)
    marks = [line for line in ax.lines if line.get_linestyle() == ":"]
    assert [m.get_xdata()[0] for m in marks] == pytest.approx(model.frequencies_.values)
    assert len(plot_spectrum(model, frequencies=[1.0, 2.0]).lines[0].get_xdata()) == 2


def test_modes_with_and_without_intervals(model, counts):
    ax = plot_modes(model)
    assert ax.lines[0].get_xdata()[0] == model.frequencies_.item()
    table = model.modes(counts)
    ax = plot_modes(table)
    assert list(ax.lines[0].get_xdata()) == [table.frequency_low, table.frequency_high]
    assert list(ax.lines[1].get_ydata()) == [table.damping_ratio_low, table.damping_ratio_high]


def test_phase_has_a_line_and_two_ends_per_trial(model, counts):
    paths = model.transform(counts)
    ax = plot_phase(paths, n_trials=3)
    assert len(ax.lines) == 9
    np.testing.assert_array_equal(ax.lines[3].get_xdata(), paths.position[1, :, 0])
    one = plot_phase(paths.isel(trial=0))
    assert len(one.lines) == 3
    with pytest.raises(OptionError, match="latent"):
        plot_phase(paths, 3)
    with pytest.raises(SchemaError, match="velocity"):
        plot_phase(paths.drop_vars("velocity"))


def test_rates_are_drawn_beside_truth_and_spikes(model, simulation, counts):
    rates = model.predict_rates(counts)
    ax = plot_rates(rates, simulation.truth.rate, counts=counts, trial=2, neurons=[0, 5, 99])
    assert len(ax.lines) == 6
    assert [t.get_text() for t in ax.get_yticklabels()] == ["N1", "N6"]
    top = max(float(rates[2, :, 0].max()), float(simulation.truth.rate[2, :, 0].max()))
    np.testing.assert_allclose(ax.lines[1].get_ydata(), 0.8 * rates[2, :, 0] / top)
    with pytest.raises(SchemaError, match="dims"):
        plot_rates(rates[0])


def test_comparison_draws_every_model(counts):
    table = nk.flows.compare({"smoothing": Smoothing(), "factors": FactorGLM(1)}, counts[:7],
                             counts[7:], held_out=[0])  # fmt: skip
    ax = plot_comparison(table)
    assert [p.get_width() for p in ax.patches] == pytest.approx(table.co_bps.values)
    assert [t.get_text() for t in ax.get_yticklabels()] == ["smoothing", "factors"]
    assert "bit/spike" in ax.get_xlabel()
    words = [t.get_text() for t in plot_comparison(table, "r2").texts]
    assert words == ["not possible"] * 2
    with pytest.raises(OptionError, match="metric"):
        plot_comparison(table, "speed")


def test_numbers_beside_bars_are_free_of_bars_and_of_each_other():
    table = xr.Dataset({"co_bps": ("model", [-0.002, 0.009, 0.169])}, {"model": ["a", "b", "c"]})
    ax = plot_comparison(table)
    assert [text.get_text() for text in ax.texts] == ["-0.002", "0.009", "0.169"]
    assert [text.xy[0] for text in ax.texts] == [0.0, 0.009, 0.169]
    assert len(ax.get_xticks()) <= 7


def test_the_fastest_mode_stands_free_of_the_frame():
    names = [
        f"{name}{end}" for name in ("frequency", "damping_ratio") for end in ("", "_low", "_high")
    ]
    table = xr.Dataset({name: ("mode", [4.0, 9.0]) for name in names})
    assert plot_modes(table).get_xlim() == (0.0, pytest.approx(9.9))


def test_a_model_draws_itself(model, counts):
    assert len(model.plot()) == 3
    first = nk.flows.FirstOrderLDS(1, max_iter=3).fit(counts)
    (ax,) = first.plot()
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), first.log_likelihoods_)


def test_given_axes_are_used(model):
    _, ax = plt.subplots()
    assert plot_modes(model, ax=ax) is ax
