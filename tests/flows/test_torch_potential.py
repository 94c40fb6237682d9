"""The potential of coupled oscillators: its force is its gradient, and it holds what is in it."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from neurokit.flows.torch_potential import OscillatorPotential  # noqa: E402


def made(d, m, seed=0):
    potential = OscillatorPotential(d, m).double()
    with torch.no_grad():
        generator = torch.Generator().manual_seed(seed)
        potential.reset(generator)
        if m:
            # A network as strong as the springs.
            potential.amplitude.normal_(0.0, 2.0, generator=generator)
    return potential


@pytest.mark.parametrize(("d", "m"), [(1, 0), (1, 5), (2, 3), (8, 32)])
def test_the_force_is_minus_the_gradient(d, m):
    potential = made(d, m)
    z = torch.randn(50, d, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 3
    z.requires_grad_(True)
    (gradient,) = torch.autograd.grad(potential.energy(z).sum(), z)
    with torch.no_grad():
        force = potential.force()(z)
    np.testing.assert_allclose(force, -gradient, rtol=1e-10, atol=1e-10)


def test_the_force_in_single_precision():
    potential = made(8, 32).float()
    z = torch.randn(200, 8, generator=torch.Generator().manual_seed(1)).requires_grad_(True)
    (gradient,) = torch.autograd.grad(potential.energy(z).sum(), z)
    with torch.no_grad():
        force = potential.force()(z)
    np.testing.assert_allclose(force, -gradient, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("seed", range(5))
def test_no_network_can_push_the_potential_through_the_floor(seed):
    potential = made(4, 16, seed)
    with torch.no_grad():
        # The weakest spring that there can be, against ridges that fall.
        potential.factor.zero_()
        potential.kernel.fill_(-30.0)
        potential.amplitude.abs_().neg_()
        away = torch.randn(200, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
        away /= away.norm(dim=1, keepdim=True)
        far, further = (potential.energy(away * radius) for radius in (1e5, 2e5))
    assert (further > far).all()
    assert (far > 0).all()


def test_springs_between_neighbours_on_a_ring():
    potential = made(5, 0)
    with torch.no_grad():
        potential.factor.zero_()
        potential.kernel.copy_(torch.tensor([0.3, -0.2], dtype=torch.float64))
        strength = np.exp([0.3, -0.2])
        z = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0], dtype=torch.float64)
        found = float(potential.energy(z)) - 0.5e-3 * float(z @ z)
    by_hand = 0.0
    for tap, c in enumerate(strength, start=1):
        by_hand += 0.5 * c * sum(float(z[i] - z[(i + tap) % 5]) ** 2 for i in range(5))
    assert found == pytest.approx(by_hand, rel=1e-12)


def test_the_stiffness_is_symmetric_and_positive():
    potential = made(8, 0)
    with torch.no_grad():
        K = potential.stiffness().numpy()
    np.testing.assert_array_equal(K, K.T)
    assert np.linalg.eigvalsh(K).min() >= 1e-3 * (1 - 1e-9)


def test_the_energy_does_not_overflow():
    potential = made(3, 8).float()
    with torch.no_grad():
        energy = potential.energy(torch.full((1, 3), 1e6))
    assert torch.isfinite(energy).all()


def test_a_single_latent_has_no_neighbours():
    assert made(1, 0).couplings().numel() == 0
    assert made(2, 0).couplings().numel() == 1
