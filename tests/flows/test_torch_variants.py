"""The published variant, peers, mixed precision: what each network sees and must not see."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import convolve1d

torch = pytest.importorskip("torch")

import neurokit as nk  # noqa: E402
from neurokit.errors import OptionError  # noqa: E402
from neurokit.flows import LangevinFlow, SmallLFADS, SmallNDT  # noqa: E402
from neurokit.flows.torch_attention import AttentionLayer, inside_trials, places  # noqa: E402
from neurokit.flows.torch_flowed import Reading  # noqa: E402
from neurokit.flows.torch_model import Block  # noqa: E402
from neurokit.flows.torch_published import KernelPotential, _lagged  # noqa: E402
from neurokit.flows.torch_start import initialise  # noqa: E402

SMALL = {"n_hidden": 12, "max_epochs": 10, "random_state": 0}
MAKE = {
    "bottleneck": lambda **more: LangevinFlow(4, n_potential=4, **SMALL, **more),
    "published": lambda **more: LangevinFlow(4, variant="published", **SMALL, **more),
    "lfads": lambda **more: SmallLFADS(3, **SMALL, **more),
    "ndt": lambda **more: SmallNDT(**SMALL, **more),
}


@pytest.fixture(scope="module")
def counts():
    found = nk.simulate.lorenz(2, 12, 6, 20, random_state=0)
    return found.recordings["session1"].activity.signal


@pytest.fixture(scope="module")
def fits(counts):
    return {name: make().fit(counts) for name, make in MAKE.items()}


@pytest.mark.parametrize("name", ["published", "lfads", "ndt"])
def test_a_fit_repeats_itself_resumes_and_is_stored(tmp_path, counts, fits, name):
    path = tmp_path / "course.safetensors"
    MAKE[name]().set_params(max_epochs=5).fit(counts, checkpoint=path)
    again = MAKE[name]().fit(counts, resume_from=path)
    assert again.weights_.identical(fits[name].weights_)
    rates = fits[name].predict_rates(counts)
    loaded = type(again).load(fits[name].save(tmp_path / "fit.safetensors"))
    np.testing.assert_array_equal(loaded.predict_rates(counts), rates)
    assert rates.shape == counts.shape
    assert fits[name].losses_.loss.values[-1] < fits[name].losses_.loss.values[0]


@pytest.mark.parametrize("name", MAKE)
def test_ragged_trials_are_read_as_if_alone(counts, fits, name):
    model = fits[name]
    pieces = [counts[0, :7], counts[1], counts[2, :13]]
    together = model.predict_rates(pieces, n_samples=0)
    for k, piece in enumerate(pieces):
        alone = model.predict_rates([piece], n_samples=0)[0]
        np.testing.assert_allclose(together[k], alone, rtol=1e-4)


@pytest.mark.parametrize("name", MAKE)
def test_hidden_neurons_do_not_touch_their_own_prediction(counts, fits, name):
    other = counts.copy()
    other[:, :, 1] = 7
    a, b = (fits[name].predict_rates(x, held_out=[1], n_samples=0) for x in (counts, other))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", MAKE)
def test_mixed_precision_is_near_single_precision(counts, fits, name):
    mixed = MAKE[name](precision="bfloat16").fit(counts)
    assert mixed.validation_loss_ == pytest.approx(fits[name].validation_loss_, rel=0.03)
    assert all(value.dtype != np.float16 for value in mixed.weights_.values())
    rates = mixed.predict_rates(counts)
    assert np.isfinite(rates).all()
    # Eight bits of a product differ, so that mixed precision is mixed indeed.
    fits[name].module_.mixed = True
    try:
        inexact = fits[name].predict_rates(counts, n_samples=0)
    finally:
        fits[name].module_.mixed = False
    exact = fits[name].predict_rates(counts, n_samples=0)
    assert not np.array_equal(inexact, exact)
    np.testing.assert_allclose(inexact, exact, rtol=0.1)


def test_the_published_encoder_is_causal_and_one_bin_late(counts, fits):
    module = fits["published"].module_
    x = torch.tensor(counts.values[:3], dtype=torch.float32)
    later = x.clone()
    later[:, 10:] += 3
    hidden = []
    for values in (x, later):
        reading = Reading(module.inputs(values, values >= 0), torch.full((3,), 20), 20)
        with torch.no_grad():
            hidden.append(module.network.encoder(_lagged(reading))[0].numpy())
    np.testing.assert_array_equal(hidden[0][:, :11], hidden[1][:, :11])
    assert not np.allclose(hidden[0][:, 11], hidden[1][:, 11])


def test_lagged_inputs_repeat_the_last_bin_of_each_trial():
    inputs = torch.arange(10.0).reshape(2, 5, 1)
    reading = Reading(inputs, torch.tensor([5, 3]), 7)
    found = _lagged(reading)[..., 0].tolist()
    assert found == [[0, 0, 1, 2, 3, 4, 4], [5, 5, 6, 7, 7, 7, 7]]


def test_the_kernels_energy_is_half_the_square_of_a_convolution():
    potential = KernelPotential(8).double()
    potential.reset(torch.Generator().manual_seed(0))
    z = np.random.default_rng(0).normal(size=8)
    k = potential.kernel.detach().numpy()
    assert k.shape == (4, 4, 3)
    groups = z.reshape(4, 2)
    convolved = np.zeros((4, 2))
    for out in range(4):
        for into in range(4):
            # torch correlates: its kernel is not turned round.
            convolved[out] += convolve1d(groups[into], k[out, into, ::-1], mode="constant")
    with torch.no_grad():
        energy = float(potential.energy(torch.tensor(z)))
        assert energy == pytest.approx(0.5 * (convolved**2).sum(), rel=1e-6)
        assert energy == pytest.approx(0.5 * z @ potential.stiffness().numpy() @ z, rel=1e-6)
        force = potential.force()(torch.tensor(z))
    at = torch.tensor(z, requires_grad=True)
    (gradient,) = torch.autograd.grad(potential.energy(at), at)
    np.testing.assert_allclose(force, -gradient, rtol=1e-5)


@pytest.mark.parametrize("name", ["bottleneck", "published"])
def test_the_kernel_moves(counts, fits, name):
    """In the published code it never left the sign pattern of the first batch."""
    kernel = "network.dynamics.potential.kernel"
    before = MAKE[name]().set_params(learning_rate=1e-12).fit(counts).weights_[kernel]
    moved = np.abs(fits[name].weights_[kernel] - before)
    assert float(moved.max()) > 0.02
    assert float(moved.std()) > 0


def test_an_ablation_without_latents_sees_none(counts):
    model = LangevinFlow(4, variant="published", decoder_inputs=("hidden",), **SMALL).fit(counts)
    assert (model.losses_.kl == 0).all()
    moved = model.module_
    with torch.no_grad():
        block = Block(*(torch.tensor(a) for a in (counts.values.astype(np.float32),
                        np.ones(counts.shape, bool), np.full(24, 20),
                        np.zeros((*counts.shape[:2], 0), np.float32))))  # fmt: skip
        a = moved(block.values, block.seen, block.lengths).decoded
        moved.network.initial.bias += 5.0
        b = moved(block.values, block.seen, block.lengths).decoded
    assert torch.equal(a, b)


@pytest.mark.parametrize("variant", ["bottleneck", "published"])
def test_a_decoder_that_sees_more_has_no_decode(counts, variant):
    model = LangevinFlow(2, variant=variant, decoder_inputs=("position", "hidden"), **SMALL)
    model.fit(counts)
    paths = model.transform(counts)
    with pytest.raises(OptionError, match="decoder_inputs"):
        model.decode(paths.position, paths.velocity)
    assert model.forecast(counts, 3).rate.shape == (24, 3, 6)


def test_generators_forecast_on_and_transformers_do_not(counts, fits):
    # A generator's path is one path: what lies ahead of a cut trial does not depend on the cut.
    model = fits["lfads"]
    module = model.module_
    x = torch.tensor(counts.values[:2, :8], dtype=torch.float32)
    with torch.no_grad():
        lengths = torch.full((2,), 8)
        short = module(x, x >= 0, lengths)
        long = module(x, x >= 0, lengths, None, 5)
    np.testing.assert_allclose(long.decoded[:, :8], short.decoded, atol=1e-6)
    ahead = model.forecast(counts[:2, :8], 5, n_samples=0).rate
    np.testing.assert_allclose(ahead, module.likelihood.expected(long.decoded[:, 8:]), rtol=1e-5)
    assert not hasattr(fits["ndt"], "forecast")


def test_all_are_compared_with_one_call(counts):
    models = {name: make().set_params(max_epochs=4) for name, make in MAKE.items()}
    table = nk.flows.compare(models, counts[:16], counts[16:], held_out=["N1", "N4"], n_forward=4)
    assert table.model.values.tolist() == list(MAKE)
    assert np.isfinite(table.co_bps).all()
    forward = table.forward_bps
    assert np.isfinite(forward.drop_sel(model="ndt")).all()
    assert np.isnan(forward.sel(model="ndt"))
    # Neurons that are scored were hidden in the fit as well, as the comparison does for all.
    assert not models["bottleneck"].neurons_.sel(neuron=["N1", "N4"]).any()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: SmallNDT(n_hidden=7), "n_hidden"),
        (lambda: SmallNDT(n_layers=0), "n_layers"),
        (lambda: SmallLFADS(0), "n_latents"),
        (lambda: SmallLFADS(2, precision="float16"), "precision"),
        (lambda: LangevinFlow(2, variant="publish"), "variant"),
        (lambda: LangevinFlow(2, variant="published", n_hidden=9), "n_hidden"),
        (lambda: LangevinFlow(2, decoder_inputs=()), "decoder_inputs"),
        (lambda: LangevinFlow(2, decoder_inputs="hidden"), "decoder_inputs"),
        (lambda: LangevinFlow(2, decoder_inputs=("speed",)), "decoder_inputs"),
        (lambda: LangevinFlow(2, inferred_force="maybe"), "inferred_force"),
    ],
)
def test_wrong_parameters_are_named(counts, make, name):
    with pytest.raises(OptionError, match=name):
        make().fit(counts)


def test_attention_is_that_of_a_dense_softmax():
    layer = AttentionLayer(6, 2).double()
    initialise(layer, torch.Generator().manual_seed(0))
    x = torch.randn(1, 5, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    inside = torch.tensor([[True, True, True, True, False]])
    with torch.no_grad():
        found = layer(x, inside)[0].numpy()
        q, k, v = layer.read(layer.before(x))[0].numpy().reshape(5, 3, 2, 3).transpose(1, 2, 0, 3)
        weight = np.exp(q @ k.transpose(0, 2, 1) / np.sqrt(3))
        weight[:, :, 4] = 0
        seen = (weight / weight.sum(-1, keepdims=True)) @ v
        middle = x[0] + layer.write(torch.tensor(seen.transpose(1, 0, 2).reshape(5, 6)))
        expected = middle + layer.mlp(layer.between(middle))
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_places_tell_bins_apart():
    found = places(200, 8).numpy()
    distance = np.linalg.norm(found[:, None] - found[None], axis=-1) + np.eye(200)
    assert distance.min() > 0.05
    np.testing.assert_allclose((found**2).sum(1), 4.0, rtol=1e-5)
    assert places(3, 5).shape == (3, 5)


def test_padding_is_outside():
    found = inside_trials(torch.tensor([1, 3]), 3, torch.device("cpu"))
    assert found.tolist() == [[True, False, False], [True, True, True]]
