"""Langevin steps: energy without friction, the stationary law with it, exact friction, the scan."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm

torch = pytest.importorskip("torch")

from neurokit.flows.torch_dynamics import LangevinDynamics  # noqa: E402
from neurokit.flows.torch_potential import OscillatorPotential  # noqa: E402
from neurokit.flows.torch_scan import linear_scan  # noqa: E402


def made(d=3, m=4, step=0.3, substeps=1, seed=0, friction=0.1, temperature=0.5):
    dynamics = LangevinDynamics(OscillatorPotential(d, m), step, substeps).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        dynamics.potential.reset(generator)
        dynamics.reset(generator)
        dynamics.log_friction.fill_(np.log(friction) if friction else -np.inf)
        dynamics.log_temperature.fill_(np.log(temperature))
        dynamics.turning.normal_(0.0, 0.2, generator=generator)
    return dynamics


def starts(n, d, seed=3):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, n, d, dtype=torch.float64, generator=generator)


@torch.no_grad()
def energy(dynamics, z, v):
    return dynamics.potential.energy(z) + 0.5 * (v**2).sum(-1)


@torch.no_grad()
@pytest.mark.parametrize("m", [0, 8])
def test_energy_is_kept_without_friction(m):
    dynamics = made(m=m, friction=0.0)
    z, v = dynamics.path(*starts(20, 3), 1001)
    total = energy(dynamics, z, v)
    # A symplectic step: the error swings, it does not grow.
    mean_early, mean_late = total[:, :100].mean(1), total[:, -100:].mean(1)
    assert float(((mean_late - mean_early) / mean_early).abs().max()) < 0.01


@torch.no_grad()
def test_friction_takes_energy_away():
    dynamics = made(m=0, friction=0.2)
    total = energy(dynamics, *dynamics.path(*starts(20, 3), 200))
    assert (total[:, -1] < 0.05 * total[:, 0]).all()


@torch.no_grad()
@pytest.mark.parametrize("step", [0.3, 0.6])
def test_the_stationary_law_of_springs_is_that_of_the_temperature(step):
    dynamics = made(d=3, m=0, step=step, friction=0.4, temperature=0.7)
    n, bins = 500, 600
    drawn = torch.randn(bins - 1, n, 3, dtype=torch.float64,
                        generator=torch.Generator().manual_seed(5))  # fmt: skip
    noise = dynamics.noise()
    z, v = dynamics.path(torch.zeros(n, 3).double(), torch.zeros(n, 3).double(), bins,
                         drawn @ noise)  # fmt: skip
    # The slowest spring forgets in some 50 bins: 500 paths of 400 bins are 4000 draws, error 2 %.
    late = z[:, 200:].reshape(-1, 3).numpy()
    expected = 0.7 * np.linalg.inv(dynamics.potential.stiffness().numpy())
    np.testing.assert_allclose(np.diag(np.cov(late.T)), np.diag(expected), rtol=0.05)
    # Velocities between steps carry the known error of a finite step, 1 - step^2 K / 4.
    K = np.diag(dynamics.potential.stiffness().numpy())
    np.testing.assert_allclose(v[:, 200:].var(dim=(0, 1)), 0.7 * (1 - step**2 * K / 4), rtol=0.05)


@torch.no_grad()
def test_the_stationary_law_in_a_potential_that_is_no_spring():
    dynamics = made(d=1, m=3, step=0.2, friction=0.5, temperature=0.5)
    potential = dynamics.potential
    potential.factor.fill_(0.8)
    potential.weight.copy_(torch.tensor([[2.0], [2.0], [1.0]]))
    potential.bias.copy_(torch.tensor([2.0, -2.0, 0.5]))
    potential.amplitude.copy_(torch.tensor([0.4, 0.4, -0.6]))

    def density(x):
        return np.exp(-float(potential.energy(torch.tensor([x], dtype=torch.float64))) / 0.5)

    total = quad(density, -9, 9)[0]
    mean = quad(lambda x: x * density(x), -9, 9)[0] / total
    variance = quad(lambda x: (x - mean) ** 2 * density(x), -9, 9)[0] / total
    n, bins = 2000, 300
    drawn = torch.randn(bins - 1, n, 1, dtype=torch.float64,
                        generator=torch.Generator().manual_seed(5))  # fmt: skip
    noise = dynamics.noise()
    z, _ = dynamics.path(torch.zeros(n, 1).double(), torch.zeros(n, 1).double(), bins,
                         drawn @ noise)  # fmt: skip
    late = z[:, 100:]
    assert float(late.var()) == pytest.approx(variance, rel=0.05)
    assert float(late.mean()) == pytest.approx(mean, abs=0.05 * np.sqrt(variance))


@torch.no_grad()
def test_the_friction_step_is_exact():
    dynamics = made(temperature=0.7)
    kept, noise = dynamics.decay(), dynamics.noise()
    G = np.diag(dynamics.log_friction.exp().numpy())
    J = (dynamics.turning - dynamics.turning.T).numpy()
    R = expm(-0.3 * (G + J))
    np.testing.assert_allclose(kept.T, R, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(noise.T @ noise, 0.7 * (np.eye(3) - R @ R.T), rtol=1e-4, atol=2e-6)


@torch.no_grad()
@pytest.mark.parametrize("substeps", [1, 3])
@pytest.mark.parametrize("pushed", [False, True])
def test_the_scan_walks_the_steps_of_the_loop(substeps, pushed):
    loop, scan = (made(m=m, substeps=substeps) for m in (2, 0))
    loop.load_state_dict({**loop.state_dict(), **{
        k: v for k, v in scan.state_dict().items() if "potential.weight" not in k
        and "potential.bias" not in k and "potential.amplitude" not in k}})  # fmt: skip
    loop.potential.amplitude.zero_()
    pushes = torch.randn(12, 5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    given = (*starts(5, 3), 13, pushes if pushed else None)
    for a, b in zip(loop.path(*given), scan.path(*given), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@torch.no_grad()
def test_finer_steps_come_nearer_to_the_path_by_their_square():
    paths = {n: made(substeps=n, seed=4).path(*starts(4, 3), 30)[0] for n in (1, 2, 4, 64)}
    errors = [float((paths[n] - paths[64]).abs().max()) for n in (1, 2, 4)]
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.25)
    assert errors[1] / errors[2] == pytest.approx(4.0, rel=0.25)


@pytest.mark.parametrize("n_bins", [1, 2, 3, 8, 13])
@pytest.mark.parametrize("pushed", [False, True])
def test_the_scan_is_the_recurrence(n_bins, pushed):
    generator = torch.Generator().manual_seed(0)
    step = torch.randn(4, 4, dtype=torch.float64, generator=generator) * 0.4
    start = torch.randn(3, 4, dtype=torch.float64, generator=generator)
    added = torch.randn(n_bins - 1, 3, 4, dtype=torch.float64, generator=generator)
    state, expected = start, [start]
    for t in range(n_bins - 1):
        state = state @ step + (added[t] if pushed else 0.0)
        expected.append(state)
    found = linear_scan(step, start, n_bins, added if pushed else None)
    np.testing.assert_allclose(found, torch.stack(expected, 1), rtol=1e-10, atol=1e-12)


def test_gradients_reach_every_parameter_of_the_dynamics():
    dynamics = made()
    z, v = dynamics.path(*starts(4, 3), 10, torch.ones(9, 4, 3).double() @ dynamics.noise())
    (z.square().sum() + v.square().sum()).backward()
    for name, parameter in dynamics.named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name
