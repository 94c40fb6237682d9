"""Whole networks against numpy, bin by bin: padding, forecasts, forces, all four kinds."""

from __future__ import annotations

import networks_by_hand as by_hand
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from neurokit.flows.torch_bottleneck import BottleneckFlow  # noqa: E402
from neurokit.flows.torch_dynamics import LangevinDynamics  # noqa: E402
from neurokit.flows.torch_encoder import TrialEncoder  # noqa: E402
from neurokit.flows.torch_flowed import Reading  # noqa: E402
from neurokit.flows.torch_peers import GeneratorNetwork, MaskedTransformer  # noqa: E402
from neurokit.flows.torch_potential import OscillatorPotential  # noqa: E402
from neurokit.flows.torch_published import KernelPotential, PublishedFlow  # noqa: E402
from neurokit.flows.torch_start import initialise  # noqa: E402

N, H, D = 5, 6, 4
LENGTHS = [9, 4, 1, 7]
AHEAD = 3


def begun(network, seed=0):
    initialise(network, torch.Generator().manual_seed(seed))
    return network.double().eval()


def trials(seed=1):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(len(LENGTHS), max(LENGTHS), N))
    for k, n in enumerate(LENGTHS):
        # What stands in padding must not be read, so it is wild here.
        x[k, n:] = 1e3
    return x


def reading(x, ahead=0, seed=None):
    drawn = None if seed is None else torch.Generator().manual_seed(seed)
    return Reading(torch.tensor(x), torch.tensor(LENGTHS), x.shape[1] + ahead, drawn)


def close(found, expected):
    np.testing.assert_allclose(found, expected, rtol=1e-8, atol=1e-9)


@torch.no_grad()
def test_the_encoder_reads_each_trial_from_both_ends():
    encoder, x = begun(TrialEncoder(N, H)), trials()
    states, summary = encoder(torch.tensor(x), torch.tensor(LENGTHS))
    w = by_hand.numbers(encoder)
    for k, n in enumerate(LENGTHS):
        expected, ends = by_hand.both_ways(w, "gru", x[k, :n], H)
        close(states[k, :n], expected)
        close(summary[k], ends)
        assert (states[k, n:] == 0).all()


@torch.no_grad()
def test_whole_trials_are_read_as_ragged_ones():
    encoder, x = begun(TrialEncoder(N, H)), torch.tensor(trials()[:1, :9])
    whole = encoder(x.expand(3, -1, -1), torch.tensor([9, 9, 9]))
    ragged = encoder(x.expand(3, -1, -1), torch.tensor([9, 9, 8]))
    for a, b in zip(whole, ragged, strict=True):
        close(a[:2], b[:2])
        assert not np.allclose(a[2], b[2])


@torch.no_grad()
@pytest.mark.parametrize("n_ridges", [0, 3])
def test_the_bottleneck(n_ridges):
    dynamics = LangevinDynamics(OscillatorPotential(D, n_ridges), 0.3)
    network, x = begun(BottleneckFlow(N, dynamics, H, "mlp")), trials()
    found, w = network(reading(x, AHEAD)), by_hand.numbers(network)
    for k, n in enumerate(LENGTHS):
        decoded, kl, z, v = by_hand.bottleneck(w, x[k, :n], H, 9 + AHEAD)
        close(found.decoded[k], decoded)
        assert float(found.kl[k]) == pytest.approx(kl, rel=1e-8)
        close(found.latents["position"][k], z)
        close(found.latents["velocity"][k], v)


@torch.no_grad()
@pytest.mark.parametrize("n_ridges", [0, 3])
def test_the_bottleneck_with_a_force(n_ridges):
    dynamics = LangevinDynamics(OscillatorPotential(D, n_ridges), 0.3)
    network, x = begun(BottleneckFlow(N, dynamics, H, "mlp")), trials()
    weights = {name: value.clone() for name, value in network.force.state_dict().items()}
    network.start_force()
    network.force.load_state_dict(weights)
    found, w = network(reading(x, AHEAD)), by_hand.numbers(network)
    C = network.dynamics.noise().numpy().T
    for k, n in enumerate(LENGTHS):
        states, summary = by_hand.both_ways(w, "encoder.gru", x[k, :n], H)
        mean, _, kl = by_hand.posterior(by_hand.linear(w, "initial", summary))
        pushes = np.zeros((8 + AHEAD, D))
        force = np.zeros((9 + AHEAD, D))
        for t in range(1, n):
            m, _, cost = by_hand.posterior(by_hand.linear(w, "force", states[t]))
            kl += cost
            force[t], pushes[t - 1] = m, C @ m
        z, v = by_hand.path(w, by_hand.springs(w), *np.split(mean, 2), 9 + AHEAD, pushes)
        close(found.latents["position"][k], z)
        close(found.latents["velocity"][k], v)
        close(found.latents["force"][k], force)
        assert float(found.kl[k]) == pytest.approx(kl, rel=1e-8)


@torch.no_grad()
def test_a_linear_decoder_that_sees_hidden_states():
    dynamics = LangevinDynamics(OscillatorPotential(D, 0), 0.3)
    seen = ("hidden", "velocity")
    network, x = begun(BottleneckFlow(N, dynamics, H, "linear", seen)), trials()
    found, w = network(reading(x)), by_hand.numbers(network)
    for k, n in enumerate(LENGTHS):
        states, summary = by_hand.both_ways(w, "encoder.gru", x[k, :n], H)
        mean, _, _ = by_hand.posterior(by_hand.linear(w, "initial", summary))
        _, v = by_hand.path(w, by_hand.springs(w), *np.split(mean, 2), n)
        expected = by_hand.linear(w, "decoder", np.concatenate([states, v], 1))
        close(found.decoded[k, :n], expected)


@torch.no_grad()
@pytest.mark.parametrize("d", [1, 2, 4, 6, 8])
def test_the_published_network(d):
    dynamics = LangevinDynamics(KernelPotential(d), 0.3, turns=False)
    parts = ("position", "velocity", "hidden")
    network, x = begun(PublishedFlow(N, dynamics, H, parts)), trials()
    found, w = network(reading(x, AHEAD)), by_hand.numbers(network)
    assert (w["dynamics.turning"] == 0).all()
    for k, n in enumerate(LENGTHS):
        decoded, kl = by_hand.published(w, x[k, :n], H, n + AHEAD, d)
        close(found.decoded[k, : n + AHEAD], decoded)
        assert float(found.kl[k]) == pytest.approx(kl, rel=1e-8)


def driven_trials(k=2, seed=4):
    """Values, inputs of their bins, and of those ahead; what nobody may read is wild."""
    rng, x = np.random.default_rng(seed), trials()
    u = rng.normal(size=(len(LENGTHS), max(LENGTHS) + AHEAD, k))
    B = torch.tensor(rng.normal(size=(k, D)))
    return x, u, B


@torch.no_grad()
@pytest.mark.parametrize("n_ridges", [0, 3])
@pytest.mark.parametrize("n_substeps", [1, 2])
def test_inputs_of_the_bottleneck(n_ridges, n_substeps):
    x, u, B = driven_trials()
    dynamics = LangevinDynamics(OscillatorPotential(D, n_ridges), 0.3, n_substeps, n_inputs=2)
    network = begun(BottleneckFlow(N, dynamics, H, "mlp", n_inputs=2))
    assert (network.dynamics.input == 0).all()
    network.dynamics.input.copy_(B)
    given = Reading(torch.tensor(x), torch.tensor(LENGTHS), 9 + AHEAD, external=torch.tensor(u))
    found, w = network(given), by_hand.numbers(network)
    assert w["encoder.gru.weight_ih_l0"].shape[1] == N + 2
    if n_substeps == 2:
        # By hand there is one step per bin: half of it, and nothing pushed in every other one.
        pushes = np.zeros((len(LENGTHS), 2 * (8 + AHEAD), D))
        pushes[:, ::2] = 0.3 * u[:, :-1] @ B.numpy()
    else:
        pushes = 0.3 * u[:, :-1] @ B.numpy()
    for k, n in enumerate(LENGTHS):
        read = np.concatenate([x[k, :n], u[k, :n]], 1)
        if n_substeps == 1:
            decoded, kl, z, v = by_hand.bottleneck(w, read, H, 9 + AHEAD, pushes[k])
            close(found.decoded[k], decoded)
            assert float(found.kl[k]) == pytest.approx(kl, rel=1e-8)
        else:
            _, summary = by_hand.both_ways(w, "encoder.gru", read, H)
            start = np.split(by_hand.posterior(by_hand.linear(w, "initial", summary))[0], 2)
            n_steps = 2 * (8 + AHEAD) + 1
            z, v = by_hand.path(w, by_hand.springs(w), *start, n_steps, pushes[k], 0.15)
            z, v = z[::2], v[::2]
        close(found.latents["position"][k], z)
        close(found.latents["velocity"][k], v)


@torch.no_grad()
def test_inputs_of_the_published_network():
    x, u, B = driven_trials()
    dynamics = LangevinDynamics(KernelPotential(D), 0.3, turns=False, n_inputs=2)
    network = begun(PublishedFlow(N, dynamics, H, ("position", "velocity", "hidden"), 2))
    network.dynamics.input.copy_(B)
    given = Reading(torch.tensor(x), torch.tensor(LENGTHS), 9 + AHEAD, external=torch.tensor(u))
    found, w = network(given), by_hand.numbers(network)
    for k, n in enumerate(LENGTHS):
        read = np.concatenate([x[k, :n], u[k, :n]], 1)
        pushes = 0.3 * u[k, : n + AHEAD - 1] @ B.numpy()
        decoded, kl = by_hand.published(w, read, H, n + AHEAD, D, pushes)
        close(found.decoded[k, : n + AHEAD], decoded)
        assert float(found.kl[k]) == pytest.approx(kl, rel=1e-8)


@torch.no_grad()
def test_the_generator_network():
    network, x = begun(GeneratorNetwork(N, 3, H)), trials()
    found, w = network(reading(x, AHEAD)), by_hand.numbers(network)
    for k, n in enumerate(LENGTHS):
        decoded, kl, factors = by_hand.generator(w, x[k, :n], H, 9 + AHEAD)
        close(found.decoded[k], decoded)
        close(found.latents["position"][k], factors)
        assert float(found.kl[k]) == pytest.approx(kl, rel=1e-8)


@torch.no_grad()
@pytest.mark.parametrize("n_layers", [1, 2])
def test_the_transformer(n_layers):
    network, x = begun(MaskedTransformer(N, H, n_layers)), trials()
    found, w = network(reading(x)), by_hand.numbers(network)
    assert (found.kl == 0).all()
    for k, n in enumerate(LENGTHS):
        # Sines are made in single precision.
        expected = by_hand.transformer(w, x[k, :n], n_layers)
        np.testing.assert_allclose(found.decoded[k, :n], expected, rtol=1e-5, atol=1e-6)


NETWORKS = {
    "bottleneck": lambda: BottleneckFlow(
        N, LangevinDynamics(OscillatorPotential(D, 2), 0.3), H, "mlp"
    ),
    "published": lambda: PublishedFlow(
        N, LangevinDynamics(KernelPotential(D), 0.3, turns=False), H, ("position", "hidden")
    ),
    "generator": lambda: GeneratorNetwork(N, 3, H),
    "transformer": lambda: MaskedTransformer(N, H, 1),
}


@torch.no_grad()
@pytest.mark.parametrize("name", NETWORKS)
def test_draws_are_the_generators_and_differ(name):
    network, x = begun(NETWORKS[name]()), trials()
    a, b, c = (network(reading(x, seed=seed)).decoded for seed in (0, 0, 1))
    assert torch.equal(a, b)
    # A transformer has no posterior to draw from.
    assert torch.equal(a, c) == (name == "transformer")


@torch.no_grad()
@pytest.mark.parametrize("name", NETWORKS)
def test_trials_do_not_see_each_other(name):
    network, x = begun(NETWORKS[name]()), trials()
    together = network(reading(x))
    order = [2, 0, 3, 1]
    shuffled = network(
        Reading(torch.tensor(x[order]), torch.tensor(LENGTHS)[order], x.shape[1], None)
    )
    for k, n in enumerate(LENGTHS):
        close(shuffled.decoded[order.index(k), :n], together.decoded[k, :n])


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_reach_all_that_is_used(name):
    network = begun(NETWORKS[name]()).train()
    found = network(reading(trials(), seed=0))
    (found.decoded.square().mean() + found.kl.mean()).backward()
    # A force that is off, a turning that is not there, the input of a generator that has none.
    unused = ("force.", "turning", "log_temperature", "generator.weight_ih")
    for key, parameter in network.named_parameters():
        if not any(part in key for part in unused):
            assert parameter.grad is not None, key
            assert torch.isfinite(parameter.grad).all(), key
            assert float(parameter.grad.abs().max()) > 0, key


@torch.no_grad()
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("name", NETWORKS)
def test_a_gpu_says_the_same(name):
    network, x = begun(NETWORKS[name]()).float(), trials().astype(np.float32)
    here = network(reading(x)).decoded
    there = network.cuda()(Reading(torch.tensor(x).cuda(), torch.tensor(LENGTHS), 9)).decoded.cpu()
    for k, n in enumerate(LENGTHS):
        np.testing.assert_allclose(there[k, :n], here[k, :n], rtol=1e-4, atol=1e-4)
