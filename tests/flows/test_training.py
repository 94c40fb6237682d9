"""Training: what is held is never used, what is dropped is what is learned from, when it stops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from neurokit.flows import training  # noqa: E402
from neurokit.flows.observed import observed  # noqa: E402
from neurokit.flows.padded import padded  # noqa: E402
from neurokit.flows.torch_bottleneck import BottleneckFlow  # noqa: E402
from neurokit.flows.torch_dynamics import LangevinDynamics  # noqa: E402
from neurokit.flows.torch_likelihood import Likelihood  # noqa: E402
from neurokit.flows.torch_model import Block, NeuralModel, moments  # noqa: E402
from neurokit.flows.torch_potential import OscillatorPotential  # noqa: E402
from neurokit.flows.torch_start import initialise, unfilled  # noqa: E402
from neurokit.flows.training import TrainingOptions, started, train  # noqa: E402

OPTIONS = TrainingOptions(
    batch_size=5, learning_rate=0.01, averaging=0.9, patience=50, validate_every=2,
    validation=0.2, keep=0.7, kl_warm_up=3, kl_weight=1.0, weight_decay=0.0, clip=5.0,
)  # fmt: skip


def trials(seed=0, n=11, bins=8, neurons=4):
    rows = np.random.default_rng(seed).poisson(1.0, (n * bins, neurons)).astype(float)
    return padded(observed(rows, np.empty((n * bins, 0)), np.arange(0, n * bins + 1, bins)))


def model_of(n_neurons=4, seed=0, visible=None):
    def make():
        network = BottleneckFlow(
            n_neurons, LangevinDynamics(OscillatorPotential(2, 3), 0.3), 6, "mlp"
        )
        empty = torch.empty(n_neurons)
        likelihood = Likelihood("poisson", empty, empty.clone())
        return NeuralModel(network, likelihood, torch.empty(n_neurons, dtype=torch.bool))

    model = unfilled(make)
    initialise(model, torch.Generator().manual_seed(seed))
    model.likelihood.mean.fill_(1.0)
    model.likelihood.spread.fill_(1.0)
    model.visible.copy_(torch.ones(n_neurons, dtype=torch.bool) if visible is None else visible)
    return model


def course_of(data, options=OPTIONS, seed=1):
    block = Block.of(data, torch.device("cpu"))
    return started(model_of(), block, options, torch.Generator().manual_seed(seed)), block


def run(data, n_epochs, options=OPTIONS):
    course, block = course_of(data, options)
    train(course, block, options, n_epochs, lambda now: None)
    return course


def test_held_values_change_nothing_but_the_validation():
    data = trials()
    course = run(data, 4)
    held = course.held.numpy()
    assert 0.1 < held.mean() < 0.3
    other = replace(data, values=np.where(held, data.values + 3, data.values).astype(np.float32))
    again = run(other, 4)
    for name, value in course.model.state_dict().items():
        assert torch.equal(value, again.model.state_dict()[name]), name
    assert [r["loss"] for r in course.records] == [r["loss"] for r in again.records]
    assert course.best_loss != again.best_loss


def test_other_values_do_change_it():
    data = trials()
    held = run(data, 2).held.numpy()
    other = replace(data, values=np.where(held, data.values, data.values + 1).astype(np.float32))
    a, b = run(data, 2), run(other, 2)
    assert [r["loss"] for r in a.records] != [r["loss"] for r in b.records]


def test_the_loss_is_of_dropped_values_alone():
    allowed = torch.rand(3, 5, 4, generator=torch.Generator().manual_seed(0)) < 0.9
    shown = allowed & (torch.rand(3, 5, 4, generator=torch.Generator().manual_seed(1)) < 0.7)
    visible = torch.tensor([True, True, False, True])
    weight = training._target_weight(allowed, shown, visible, 0.7)
    assert (weight[shown & visible] == 0).all()
    np.testing.assert_allclose(weight[allowed & ~shown & visible], 1 / 0.3, rtol=1e-6)
    assert torch.equal(weight[..., 2], allowed[..., 2].float())
    assert (weight[~allowed] == 0).all()
    assert torch.equal(training._target_weight(allowed, shown, visible, 1.0), allowed.float())


def test_the_best_validation_is_what_is_kept():
    course = run(trials(), 12)
    seen = {k + 1: r["validation"] for k, r in enumerate(course.records) if "validation" in r}
    assert list(seen) == [2, 4, 6, 8, 10, 12]
    assert course.best_loss == min(seen.values())
    assert seen[course.best_epoch] == course.best_loss
    model = model_of()
    model.load_state_dict(course.best)
    block = Block.of(trials(), torch.device("cpu"))
    assert training.validation_loss(model, block, course.held) == course.best_loss


def test_it_stops_when_validation_no_longer_falls(monkeypatch):
    losses = iter([3.0, 2.0, 2.5, 2.5, 2.5, 2.5, 2.5, 2.5])
    monkeypatch.setattr(training, "validation_loss", lambda *given: next(losses))
    course = run(trials(), 100, replace(OPTIONS, patience=6))
    # Best after the fourth epoch, six more without a better one.
    assert (course.best_epoch, course.epoch) == (4, 10)


def test_an_end_between_validations_is_validated_too():
    course = run(trials(), 1)
    assert course.best_epoch == 1
    assert np.isfinite(course.best_loss)


def test_the_divergence_and_the_rate_warm_up():
    assert [OPTIONS.kl_share(e) for e in (0, 1, 2, 50)] == pytest.approx([1 / 3, 2 / 3, 1, 1])
    assert OPTIONS.rate(0) == pytest.approx(0.001)
    assert OPTIONS.rate(9) == OPTIONS.rate(500) == 0.01
    assert replace(OPTIONS, kl_warm_up=0).kl_share(0) == 1.0


def test_a_heavy_divergence_leaves_the_prior():
    free = run(trials(), 30, replace(OPTIONS, kl_weight=0.0))
    tied = run(trials(), 30, replace(OPTIONS, kl_weight=100.0))
    assert tied.records[-1]["kl"] < 0.1 * free.records[-1]["kl"]


def test_the_average_follows_the_weights():
    course, block = course_of(trials())
    first = {k: v.clone() for k, v in course.average.named_parameters()}
    one = replace(OPTIONS, batch_size=11)
    train(course, block, one, 1, lambda now: None)
    for name, value in course.average.named_parameters():
        latest = dict(course.model.named_parameters())[name]
        # One step: a share of 1 / 11 of the start, as the average's first rounds forget it.
        expected = first[name] + (latest - first[name]) * (1 - 1 / 11)
        np.testing.assert_allclose(value.detach(), expected.detach(), atol=1e-6)


def test_every_trial_is_seen_once_per_epoch(monkeypatch):
    seen = []
    monkeypatch.setattr(
        training, "_step", lambda c, batch, held, o: (seen.append(batch.values), (0.0, 0.0))[1]
    )
    data = trials()
    run(data, 1)
    assert [len(v) for v in seen] == [5, 5, 1]
    both = np.sort(torch.cat(seen).numpy().reshape(11, -1), axis=0)
    np.testing.assert_array_equal(both, np.sort(data.values.reshape(11, -1), axis=0))


def test_inputs_are_standardised_and_holes_are_the_mean():
    visible = torch.tensor([True, True, True, False])
    model = model_of(visible=visible)
    model.likelihood.mean.copy_(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    model.likelihood.spread.copy_(torch.tensor([1.0, 2.0, 0.5, 1.0]))
    values = torch.tensor([[[2.0, 6.0, 4.0, 9.0]]])
    whole = model.inputs(values, torch.ones(1, 1, 4, dtype=torch.bool))
    np.testing.assert_allclose(whole[0, 0], [1.0, 2.0, 2.0, 0.0])
    holed = model.inputs(values, torch.tensor([[[True, False, True, True]]]))
    # Two of three visible values are left: each counts 3 / 2.
    np.testing.assert_allclose(holed[0, 0], [1.5, 0.0, 3.0, 0.0])
    none = model.inputs(values, torch.zeros(1, 1, 4, dtype=torch.bool))
    np.testing.assert_array_equal(none, np.zeros((1, 1, 4)))


def test_moments_are_of_what_was_seen():
    rows = np.array([[1.0, 5.0, 2.0], [3.0, np.nan, 2.0], [5.0, 7.0, 2.0]])
    data = padded(observed(rows, np.empty((3, 0)), np.array([0, 1, 3])))
    mean, spread = moments(data)
    np.testing.assert_allclose(mean, [3.0, 6.0, 2.0])
    np.testing.assert_allclose(spread, [np.std([1, 3, 5]), 1.0, 1.0])


def test_padding_goes_and_comes_back():
    rows = np.arange(12.0).reshape(6, 2)
    rows[4, 1] = np.nan
    data = padded(observed(rows, np.empty((6, 0)), np.array([0, 1, 4, 6])))
    assert data.values.shape == (3, 3, 2)
    np.testing.assert_array_equal(data.lengths, [1, 3, 2])
    assert not data.seen[0, 1:].any()
    back = data.rows(data.values)
    np.testing.assert_array_equal(back, np.nan_to_num(rows))
    hidden = data.without(np.array([True, False]))
    assert not hidden.seen[..., 0].any()
    assert (hidden.values[..., 0] == 0).all()
    assert hidden.fingerprint() != data.fingerprint()
    assert (
        data.fingerprint()
        == padded(observed(rows, np.empty((6, 0)), np.array([0, 1, 4, 6]))).fingerprint()
    )


def test_starting_values_come_from_their_generator_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    a, b, c = model_of(seed=0), model_of(seed=0), model_of(seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    for name, value in a.network.named_parameters():
        assert torch.equal(value, dict(b.network.named_parameters())[name]), name
        assert torch.isfinite(value).all(), name
    assert not torch.equal(a.network.initial.weight, c.network.initial.weight)
    width = float(a.network.initial.weight.detach().abs().max())
    assert 0.8 / np.sqrt(12) < width <= 1 / np.sqrt(12)
