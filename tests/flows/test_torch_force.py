"""An inferred force: its divergence, its law beyond trials; held values alone turn it on."""

from __future__ import annotations

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import neurokit as nk  # noqa: E402
from neurokit.errors import DivergenceError  # noqa: E402
from neurokit.flows import LangevinFlow, torch_force  # noqa: E402
from neurokit.flows.torch_bottleneck import BottleneckFlow  # noqa: E402
from neurokit.flows.torch_dynamics import LangevinDynamics  # noqa: E402
from neurokit.flows.torch_flowed import Reading  # noqa: E402
from neurokit.flows.torch_force import is_gain  # noqa: E402
from neurokit.flows.torch_potential import OscillatorPotential  # noqa: E402
from neurokit.flows.torch_start import initialise  # noqa: E402

SMALL = {"n_hidden": 12, "n_potential": 0, "max_epochs": 10, "kl_warm_up": 2, "random_state": 0}


def network(seed=0):
    dynamics = LangevinDynamics(OscillatorPotential(3, 0), 0.3)
    found = BottleneckFlow(4, dynamics, 5, "mlp")
    initialise(found, torch.Generator().manual_seed(seed))
    return found


def inputs(n=6, n_bins=9, seed=1):
    return torch.randn(n, n_bins, 4, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def test_a_force_starts_at_its_prior_and_costs_nothing():
    net = network()
    reading = Reading(inputs(), torch.full((6,), 9), 9)
    before = net(reading)
    net.start_force()
    after = net(reading)
    np.testing.assert_allclose(after.kl, before.kl, rtol=1e-6)
    np.testing.assert_allclose(after.decoded, before.decoded, atol=1e-6)
    assert (after.latents["force"] == 0).all()
    assert "force" not in before.latents


@torch.no_grad()
def test_the_divergence_of_a_force_is_the_mean_log_ratio_of_draws():
    net = network()
    reading = Reading(inputs(1), torch.tensor([9]), 9)
    first = float(net(reading).kl)
    net.start_force()
    net.force.weight.normal_(0.0, 0.5, generator=torch.Generator().manual_seed(2))
    net.force.bias.normal_(0.0, 0.5, generator=torch.Generator().manual_seed(3))
    states, _ = net.encoder(reading.inputs, reading.lengths)
    q = net._force_posterior(states, reading)
    m, s = q.mean.numpy().ravel(), np.exp(0.5 * q.log_variance.numpy().ravel())
    e = np.random.default_rng(0).normal(m, s, (200_000, m.size))
    ratio = (-0.5 * ((e - m) / s) ** 2 - np.log(s) + 0.5 * e**2).sum(1).mean()
    assert m.size == 8 * 3
    assert float(net(reading).kl) - first == pytest.approx(ratio, rel=0.02)


@torch.no_grad()
def test_padding_and_the_future_have_no_force():
    net = network()
    net.start_force()
    net.force.bias.fill_(0.7)
    reading = Reading(inputs(2), torch.tensor([9, 4]), 12)
    found = net(reading)
    force = found.latents["force"].numpy()
    assert force.shape == (2, 12, 3)
    assert (force[0, 1:9] != 0).all()
    assert (force[:, 0] == 0).all()
    assert (force[0, 9:] == 0).all()
    assert (force[1, 1:4] != 0).all()
    assert (force[1, 4:] == 0).all()


@torch.no_grad()
def test_a_push_reaches_its_own_bin_and_not_the_one_before():
    net = network()
    net.start_force()
    plain = net(Reading(inputs(1), torch.tensor([9]), 9)).latents["position"]
    drawn = torch.zeros(8, 1, 3)
    drawn[4] = 1.0
    z0, v0 = plain[:, 0], net(Reading(inputs(1), torch.tensor([9]), 9)).latents["velocity"][:, 0]
    pushed, _ = net.dynamics.path(z0, v0, 9, drawn @ net.dynamics.noise())
    np.testing.assert_allclose(pushed[:, :5], plain[:, :5], atol=1e-6)
    assert float((pushed[:, 5] - plain[:, 5]).abs().min()) > 0


def test_a_gain_is_judged_by_its_error_over_trials():
    noise = torch.randn(100, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    noise = (noise - noise.mean()) / noise.std()
    assert is_gain(noise + 0.21)
    assert not is_gain(noise + 0.19)
    assert not is_gain(noise - 0.5)
    assert not is_gain(torch.tensor([5.0], dtype=torch.float64))
    assert not is_gain(torch.zeros(4, dtype=torch.float64))


@pytest.fixture(scope="module")
def counts():
    found = nk.simulate.lorenz(2, 12, 6, 20, random_state=0)
    return found.recordings["session1"].activity.signal


@pytest.mark.parametrize("gains", [False, True])
def test_held_values_alone_decide(counts, monkeypatch, gains):
    monkeypatch.setattr(torch_force, "is_gain", lambda differences: gains)
    model = LangevinFlow(3, **SMALL).fit(counts)
    assert model.infers_force_ is gains
    assert math.isfinite(model.force_gain_)
    assert ("force" in model.transform(counts)) is gains
    assert model.n_epochs_ == (12 if gains else 10)
    assert model.losses_.sizes["epoch"] == model.n_epochs_
    off = LangevinFlow(3, inferred_force=False, **SMALL).fit(counts)
    assert math.isnan(off.force_gain_)
    assert off.weights_.identical(model.weights_) is not gains


def test_a_force_from_the_start(tmp_path, counts):
    model = LangevinFlow(3, inferred_force=True, **SMALL).fit(counts)
    assert model.infers_force_
    assert model.transform(counts).force.shape == (24, 20, 3)
    again = LangevinFlow.load(model.save(tmp_path / "flow.nc"))
    np.testing.assert_array_equal(again.predict_rates(counts), model.predict_rates(counts))
    # Noise is part of the model now: what lies ahead is drawn with it.
    assert again.sample(5, 3, random_state=0).equals(model.sample(5, 3, random_state=0))
    assert not again.sample(5, 3, random_state=0).equals(model.sample(5, 3, random_state=1))


def test_a_force_that_runs_away_is_left_out(counts, monkeypatch):
    train = torch_force.train

    def wild(*given):
        raise DivergenceError("is not finite", where="learning_rate", mend="Lower it.")

    monkeypatch.setattr(torch_force, "train", wild)
    model = LangevinFlow(3, **SMALL).fit(counts)
    assert not model.infers_force_
    assert math.isnan(model.force_gain_)
    assert torch_force.train is not train


def test_modes_are_those_of_the_springs(counts):
    model = LangevinFlow(3, inferred_force=False, **SMALL).fit(counts)
    dynamics = model.module_.network.dynamics
    with torch.no_grad():
        K, G = dynamics.potential.stiffness().numpy(), dynamics.friction().numpy()
    drift = np.block([[np.zeros((3, 3)), np.eye(3)], [-K, -G]]).astype(float)
    values = np.linalg.eigvals(drift)
    ringing = values[values.imag > 0]
    hertz = np.sort(np.abs(ringing) * 0.3 / 0.02 / (2 * np.pi))
    np.testing.assert_allclose(model.frequencies_, hertz, rtol=1e-4)
    assert model.frequencies_.attrs["units"] == "Hz"
    damping = (-ringing.real / np.abs(ringing))[np.argsort(np.abs(ringing))]
    np.testing.assert_allclose(model.damping_ratios_, damping, rtol=1e-3)
