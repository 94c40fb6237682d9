"""From a fit to labelled attributes in seconds, and back again without a loss."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import NeurokitError, NotFittedError
from neurokit.flows import FactorGLM, FirstOrderLDS, LangevinLDS, Smoothing
from neurokit.flows.coloured import WHITE, fractional
from neurokit.flows.dynamics import BINS_PER_UNIT, FirstOrder, Langevin
from neurokit.flows.em import Fit
from neurokit.flows.gaussian import Gaussian
from neurokit.flows.poisson import Poisson
from neurokit.flows.storing import keep_fit, scales, state_labels, stored_fit
from neurokit.flows.variational import CountFit

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")
LABELS = np.array(["n3", "n1", "n2"])


def made(kind, seed=0):
    """A fit in standard coordinates: noise of the force is one number times the identity."""
    rng = np.random.default_rng(seed)
    if kind == "first order":
        root = rng.normal(size=(2, 2))
        dynamics = FirstOrder(0.5 * rng.normal(size=(2, 2)), rng.normal(size=(2, 1)),
                              root @ root.T + np.eye(2))  # fmt: skip
    else:
        colour = fractional(0.7, 2, 0.2, 50.0) if kind == "coloured" else WHITE
        dynamics = Langevin(np.eye(2) + 0.3 * rng.normal(size=(2, 2)),
                            np.eye(2) + 0.3 * rng.normal(size=(2, 2)),
                            0.7 * np.eye(2), rng.normal(size=(2, 1)), colour)  # fmt: skip
    n, p = dynamics.n_states, dynamics.n_observed
    root = rng.normal(size=(n, n))
    mean, covariance = rng.normal(size=n), root @ root.T + np.eye(n)
    loading, offset = rng.normal(size=(3, p)), rng.normal(size=3)
    if kind == "counts":
        return CountFit(dynamics, Poisson(loading, offset), mean, covariance,
                        trace=(-9.0, -5.0), converged=True)  # fmt: skip
    emission = Gaussian(loading, offset, rng.uniform(0.5, 2.0, 3))
    return Fit(dynamics, emission, mean, covariance, trace=(-9.0, -5.0, -4.0), converged=False)


def kept(fit, bin_s=0.02):
    model = SimpleNamespace(bin_width_=bin_s, input_labels_=np.array(["push"]))
    keep_fit(model, fit, LABELS, "neuron")
    return model


KINDS = ["langevin", "coloured", "first order", "counts"]


@pytest.mark.parametrize("bin_s", [0.001, 0.02, 3.0])
@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_survives_being_kept(kind, bin_s):
    fit = made(kind)
    again = stored_fit(kept(fit, bin_s))
    assert type(again) is type(fit)
    assert type(again.dynamics) is type(fit.dynamics)
    for mine, theirs in zip(again.dynamics.step(), fit.dynamics.step(), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(again.initial_mean, fit.initial_mean, rtol=1e-12)
    np.testing.assert_allclose(again.initial_covariance, fit.initial_covariance, rtol=1e-12)
    np.testing.assert_array_equal(again.emission.loading, fit.emission.loading)
    np.testing.assert_array_equal(again.emission.offset, fit.emission.offset)


@pytest.mark.parametrize("kind", KINDS)
def test_keeping_what_was_stored_writes_the_same(kind):
    once = kept(made(kind))
    twice = kept(stored_fit(once))
    for name, value in vars(once).items():
        if isinstance(value, xr.DataArray) and name != "log_likelihoods_":
            xr.testing.assert_allclose(getattr(twice, name), value)


@pytest.mark.parametrize("kind", KINDS)
def test_every_state_has_one_label_and_one_scale(kind):
    fit = made(kind)
    labels, latents = state_labels(fit)
    assert len(labels) == len(set(labels)) == fit.dynamics.n_states == scales(fit, 0.02).size
    assert latents == [0, 1]
    expected = np.where([name.startswith("velocity") for name in labels], 10.0, 1.0)
    np.testing.assert_allclose(scales(fit, 0.02), expected)


def test_units_are_those_of_a_mass_on_a_spring():
    """K in 1/s2, G in 1/s, L L' in 1/s3: twice the width of a bin is twice the time."""
    fit = made("langevin")
    a, b = kept(fit, 0.01), kept(fit, 0.02)
    for name, power, units in (("stiffness_", 2, "s-2"), ("friction_", 1, "s-1"),
                               ("diffusion_", 3, "s-3"), ("gyroscopic_", 1, "s-1"),
                               ("circulatory_", 2, "s-2"), ("input_", 2, "s-2"),
                               ("frequencies_", 1, "Hz"), ("damping_ratios_", 0, "1")):  # fmt: skip
        mine, theirs = getattr(a, name), getattr(b, name)
        np.testing.assert_allclose(mine, theirs * 2.0**power, rtol=1e-12)
        assert mine.attrs["units"] == units


def test_modes_are_the_eigenvalues_of_the_drift_in_seconds():
    model = kept(made("langevin"))
    K, G = model.stiffness_.values, model.friction_.values
    F = np.block([[np.zeros((2, 2)), np.eye(2)], [-K, -G]])
    values = np.linalg.eigvals(F)
    assert (np.abs(values.imag) > 1e-6).all()
    upper = values[values.imag > 0]
    expected = sorted(zip(np.abs(upper) / (2 * np.pi), -upper.real / np.abs(upper), strict=True))
    found = sorted(zip(model.frequencies_.values, model.damping_ratios_.values, strict=True))
    np.testing.assert_allclose(found, expected, rtol=1e-9)


def test_forces_that_turn_are_the_antisymmetric_parts():
    model = kept(made("langevin"))
    for part, whole in (("gyroscopic_", "friction_"), ("circulatory_", "stiffness_")):
        turning = getattr(model, part).values
        rest = getattr(model, whole).values - turning
        np.testing.assert_allclose(turning, -turning.T)
        np.testing.assert_allclose(rest, rest.T)
        assert np.abs(turning).max() > 0


def test_the_step_in_seconds_moves_states_in_seconds():
    fit = made("langevin")
    model = kept(fit)
    A, B, Q = fit.dynamics.step()
    unit = np.array([1.0, 1.0, 10.0, 10.0])
    s, u = np.array([0.3, -1.0, 0.5, 2.0]), np.array([0.7])
    moved = model.transition_.values @ (s * unit) + model.input_step_.values @ u
    np.testing.assert_allclose(moved, (A @ s + B @ u) * unit, rtol=1e-12)
    np.testing.assert_allclose(model.process_noise_, Q * np.outer(unit, unit), rtol=1e-12)


def test_labels_are_those_given_and_in_their_order():
    model = kept(made("coloured"))
    assert model.emission_.dims == ("neuron", "state")
    assert model.offset_.neuron.values.tolist() == LABELS.tolist()
    assert model.input_.input.values.tolist() == ["push"]
    assert model.transition_.state.values.tolist() == [
        "position 0", "position 1", "velocity 0", "velocity 1",
        "noise0 0", "noise0 1", "noise1 0", "noise1 1",
    ]  # fmt: skip
    assert (model.emission_.values[:, 2:] == 0).all()
    np.testing.assert_allclose(
        model.noise_rates_ * BINS_PER_UNIT * 0.02, made("coloured").dynamics.colour.rates
    )


def test_iterations_are_counted_from_the_trace():
    model = kept(made("langevin"))
    assert (model.n_iter_, model.converged_) == (2, False)
    assert model.log_likelihoods_.values.tolist() == [-9.0, -5.0, -4.0]
    assert kept(made("counts")).converged_ is True


def test_what_is_kept_is_no_view_of_the_fit():
    fit = made("langevin")
    model = kept(fit)
    before = fit.emission.offset.copy()
    model.offset_[:] = 0.0
    np.testing.assert_array_equal(fit.emission.offset, before)


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(0)
    return xr.DataArray(
        rng.poisson(1 + np.sin(np.arange(20) / 2)[None, :, None] ** 2, (6, 20, 3)).astype(float),
        {"time": ("time", np.arange(20) * 0.02, {"sampling_rate": 50.0}), "unit": ["c", "a", "b"]},
        ("trial", "time", "unit"),
    )


def trained(kind, counts):
    push = np.random.default_rng(1).normal(size=(6, 20, 1))
    return {
        "roots": lambda: LangevinLDS(1, n_restarts=1, max_iter=2).fit(counts),
        "driven": lambda: LangevinLDS(1, n_restarts=1, max_iter=2).fit(counts, push),
        "poisson": lambda: LangevinLDS(1, likelihood="poisson", n_restarts=1, max_iter=2).fit(
            counts
        ),
        "first": lambda: FirstOrderLDS(1, max_iter=2).fit(counts),
        "smooth": lambda: Smoothing().fit(counts, held_out=["a"]),
        "factors": lambda: FactorGLM(1).fit(counts),
    }[kind]()


@pytest.mark.parametrize("kind", ["roots", "driven", "poisson", "first", "smooth", "factors"])
def test_a_file_gives_every_attribute_and_parameter_back(tmp_path, counts, kind):
    model = trained(kind, counts)
    again = type(model).load(model.save(tmp_path / "model.nc"))
    assert again.get_params() == model.get_params()
    assert set(again._fitted()) == set(model._fitted())
    for name, value in model._fitted().items():
        back = getattr(again, name)
        if isinstance(value, xr.DataArray):
            xr.testing.assert_equal(back, value)
        else:
            np.testing.assert_array_equal(back, value)


@pytest.mark.parametrize("kind", ["driven", "smooth", "factors"])
def test_a_file_gives_a_model_that_answers_alike(tmp_path, counts, kind):
    model = trained(kind, counts)
    model.save(tmp_path / "model.nc")
    again = type(model).load(tmp_path / "model.nc")
    push = (np.random.default_rng(1).normal(size=(6, 20, 1)),) if kind == "driven" else ()
    np.testing.assert_allclose(
        again.predict_rates(counts, *push), model.predict_rates(counts, *push), rtol=1e-12
    )


def test_a_loaded_model_can_be_fitted_anew(tmp_path, counts):
    model = trained("roots", counts)
    model.save(tmp_path / "model.nc")
    again = LangevinLDS.load(tmp_path / "model.nc").fit(counts)
    np.testing.assert_array_equal(again.transition_, model.transition_)


def test_fitting_anew_leaves_nothing_of_the_fit_before(counts):
    model = LangevinLDS(1, hurst=0.7, n_noise=2, n_restarts=1, max_iter=1).fit(counts)
    assert hasattr(model, "noise_rates_")
    assert hasattr(model, "readout_loading_")
    model.set_params(hurst=None, likelihood="poisson").fit(counts)
    assert not hasattr(model, "noise_rates_")
    assert not hasattr(model, "readout_loading_")
    assert not hasattr(model, "emission_noise_")
    assert np.isfinite(model.log_likelihood(counts))


def test_models_are_not_loaded_as_another_kind(tmp_path, counts):
    trained("first", counts).save(tmp_path / "model.nc")
    with pytest.raises(NeurokitError, match="FirstOrderLDS"):
        LangevinLDS.load(tmp_path / "model.nc")


def test_unfitted_models_have_nothing_to_store(tmp_path):
    with pytest.raises(NotFittedError, match="fit"):
        LangevinLDS(1).save(tmp_path / "model.nc")
