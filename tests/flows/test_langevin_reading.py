"""What a fitted Langevin flow says of itself: states that decode, a landscape, modes, draws."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

torch = pytest.importorskip("torch")

import matplotlib.pyplot as plt  # noqa: E402

import neurokit as nk  # noqa: E402
from neurokit.errors import OptionError, SchemaError  # noqa: E402
from neurokit.flows import LangevinFlow  # noqa: E402

RATE = 0.3 / 0.02


@pytest.fixture(scope="module")
def counts():
    found = nk.simulate.lorenz(2, 12, 6, 20, random_state=0)
    return found.recordings["session1"].activity.signal


def fitted(counts, likelihood="poisson", **options):
    model = LangevinFlow(
        2, likelihood=likelihood, n_hidden=8, max_epochs=3, random_state=0, inferred_force=False,
        **options,
    )  # fmt: skip
    return model.fit(counts)


def with_weights(model, **values):
    """The same fit with some weights set by hand."""
    weights = model.weights_.copy(deep=True)
    for name, value in values.items():
        key = f"network.dynamics.{name.replace('__', '.')}"
        weights[key].values[...] = value
    model.weights_ = weights
    return model


@pytest.fixture
def springs(counts):
    """Two springs of 2 and 5 Hz, damping ratios .1 and .3, nothing else."""
    model = fitted(counts, n_potential=0)
    omega = 2 * np.pi * np.array([2.0, 5.0]) / RATE
    factor = np.diag(np.sqrt(omega**2 - 1e-3))
    friction = np.log(2 * np.array([0.1, 0.3]) * omega)
    return with_weights(model, potential__factor=factor, potential__kernel=-40.0,
                        log_friction=friction, turning=0.0)  # fmt: skip


def test_planted_springs_are_read_off_in_hertz(springs):
    frequencies, damping = springs._modes()
    np.testing.assert_allclose(frequencies, [2.0, 5.0], rtol=1e-4)
    np.testing.assert_allclose(damping, [0.1, 0.3], rtol=1e-3)


def test_planted_springs_swing_at_their_frequency(springs):
    drawn = springs.sample(400, 3, random_state=0)
    z = drawn.position.values
    for k, hertz in enumerate((2.0, 5.0)):
        damped = hertz * np.sqrt(1 - (0.1, 0.3)[k] ** 2)
        period = 1 / damped / 0.02
        # Zero crossings of the first swings, before friction ends them.
        path = z[0, :60, k]
        places = np.flatnonzero(np.diff(np.sign(path)) != 0)
        exact = places + path[places] / (path[places] - path[places + 1])
        half = np.diff(exact)[:3].mean()
        # The step's own error is (omega step)^2 / 24, 2 % at 5 Hz.
        assert half == pytest.approx(period / 2, rel=0.05)


def test_modes_are_of_the_lowest_point(counts):
    """A well of two ridges beside a weak spring: its bottom is not at 0, and is stiffer."""
    model = fitted(counts, n_potential=2)
    ridge = np.array([[1.0, 0.0], [1.0, 0.0]])
    with_weights(
        model,
        potential__factor=np.diag([0.3, 0.3]),
        potential__kernel=-40.0,
        potential__weight=ridge,
        potential__bias=np.array([-2.0, -2.0]),
        potential__amplitude=np.array([2.0, 2.0]),
        log_friction=-6.0,
        turning=0.0,
    )
    x = np.linspace(-4, 4, 80001)
    energy = 0.5 * (0.09 + 1e-3) * x**2 + 4.0 * np.log(np.cosh(x - 2.0))
    bottom = x[energy.argmin()]
    curve = 0.09 + 1e-3 + 4.0 / np.cosh(bottom - 2.0) ** 2
    frequencies, _ = model._modes()
    expected = np.sort(np.sqrt([curve, 0.091])) * RATE / (2 * np.pi)
    assert bottom > 1.8
    np.testing.assert_allclose(frequencies, expected, rtol=1e-3)
    found = model.potential(np.stack([x, np.zeros_like(x)], 1))
    assert x[found.argmin()] == pytest.approx(bottom, abs=1e-2)
    np.testing.assert_allclose(found - found.min(), energy - energy.min(), atol=1e-4)


def test_weights_that_ran_away_have_no_modes(counts):
    model = with_weights(fitted(counts), potential__factor=1e30)
    frequencies, damping = model._modes()
    assert np.isnan(frequencies).all()
    assert np.isnan(damping).all()


def test_the_landscape_can_be_drawn(springs, counts):
    paths = springs.transform(counts)
    ax = nk.flows.plot_potential(springs, paths=paths)
    assert ax.get_xlabel()
    plt.close("all")


@pytest.mark.parametrize("likelihood", ["poisson", "negative_binomial", "gaussian"])
def test_draws_have_the_likelihoods_mean_and_variance(counts, likelihood):
    model = fitted(counts, likelihood)
    drawn = model.sample(40, 300, random_state=0)
    rate, response = drawn.rate.values, drawn.response.values
    scale = model.weights_.get("likelihood.log_scale")
    variance = {
        "poisson": lambda: rate,
        "negative_binomial": lambda: rate + rate**2 / np.exp(scale.values),
        "gaussian": lambda: np.exp(scale.values) * model.weights_["likelihood.spread"].values ** 2,
    }[likelihood]()
    standard = (response - rate) / np.sqrt(variance)
    # 12 000 per neuron: mean 0 within .03, variance 1 within 5 %.
    np.testing.assert_allclose(standard.mean((0, 1)), 0.0, atol=0.04)
    np.testing.assert_allclose((standard**2).mean((0, 1)), 1.0, rtol=0.08)


def test_a_fresh_path_starts_from_the_prior(counts):
    drawn = fitted(counts).sample(1, 4000, random_state=0)
    assert float(drawn.position.std()) == pytest.approx(1.0, rel=0.05)
    assert float(drawn.velocity.std()) == pytest.approx(RATE, rel=0.05)


def test_decoded_states_keep_their_coordinates(counts):
    model = fitted(counts)
    one = model.transform(counts)
    part = one.isel(trial=3).sel(time=slice(0.1, 0.2))
    rates = model.decode(part.position, part.velocity)
    assert rates.dims == ("time", "neuron")
    assert float(rates.coords["condition"]) == float(counts.condition[3])
    np.testing.assert_allclose(rates.time, part.time)
    point = model.decode(np.zeros(2), np.zeros(2))
    assert point.shape == (6,)
    assert (point > 0).all()


@pytest.mark.parametrize(
    ("position", "velocity"),
    [(np.zeros((3, 3)), np.zeros((3, 3))), (np.zeros((3, 2)), np.zeros((4, 2))), (1.0, 1.0)],
)
def test_states_of_another_shape_are_refused(counts, position, velocity):
    with pytest.raises(SchemaError, match="shape"):
        fitted(counts).decode(position, velocity)


def test_energies_keep_their_coordinates(counts):
    model = fitted(counts)
    position = model.transform(counts).position
    energy = model.potential(position)
    assert isinstance(energy, xr.DataArray)
    np.testing.assert_array_equal(energy["split"], counts["split"])
    assert energy.name == "energy"


@pytest.mark.parametrize("name", ["n_bins", "n_trials"])
@pytest.mark.parametrize("wrong", [0, -1, 2.5, True, None])
def test_numbers_of_draws_are_checked(counts, name, wrong):
    with pytest.raises(OptionError, match=name):
        fitted(counts).sample(**{name: wrong})
