"""Inputs of Langevin flows: known pulses behind spikes, their units, files, forecasts, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import expm

torch = pytest.importorskip("torch")

from neurokit.errors import OptionError, SchemaError, StoreError  # noqa: E402
from neurokit.flows import LangevinFlow, SmallLFADS, SmallNDT, ablation, co_bps  # noqa: E402

# Springs only: their path has no loop over bins.
SMALL = {
    "n_hidden": 12, "n_potential": 0, "max_epochs": 30, "batch_size": 12, "learning_rate": 0.02,
    "averaging": 0.9, "kl_warm_up": 5, "random_state": 0, "bin_s": 0.02, "inferred_force": False,
}  # fmt: skip
FITTED, NEW = slice(0, 48), slice(48, None)


def pushed(n_trials=60, n_bins=30, n_neurons=12, seed=0):
    """Spikes, pulses and rates: one push in either direction per trial, at any time, 3 Hz ring."""
    rng = np.random.default_rng(seed)
    omega = 2 * np.pi * 3.0
    step = expm(np.array([[0.0, 1.0], [-(omega**2), -0.6 * omega]]) * 0.02)
    state, pulses = np.zeros((n_trials, n_bins, 2)), np.zeros((n_trials, n_bins, 1))
    when = rng.integers(4, n_bins - 6, n_trials)
    pulses[np.arange(n_trials), when, 0] = rng.choice([-1.0, 1.0], n_trials)
    for t in range(1, n_bins):
        kick = pulses[:, t - 1] * np.array([0.0, 1.5 * omega])
        state[:, t] = state[:, t - 1] @ step.T + kick
    rate = 0.6 * np.exp(state[..., :1] * rng.choice([-1.0, 1.0], n_neurons))
    return rng.poisson(rate).astype(float), pulses, rate


def r2(true, rates):
    true, rates = (np.asarray(a).reshape(-1, a.shape[-1]) for a in (true, rates))
    return float((1 - ((true - rates) ** 2).sum(0) / ((true - true.mean(0)) ** 2).sum(0)).mean())


@pytest.fixture(scope="module")
def data():
    return pushed()


@pytest.fixture(scope="module")
def fitted(data):
    counts, pulses, _ = data
    return LangevinFlow(2, **SMALL).fit(counts[FITTED], pulses[FITTED])


def quick(**changes):
    return LangevinFlow(2, **{**SMALL, "max_epochs": 3, **changes})


@pytest.mark.parametrize(
    "variant", ["bottleneck", pytest.param("published", marks=pytest.mark.slow)]
)
def test_known_pushes_explain_the_rates(data, fitted, variant):
    counts, pulses, rate = data
    model, alone = fitted, LangevinFlow(2, variant=variant, **SMALL).fit(counts[FITTED])
    if variant == "published":
        model = LangevinFlow(2, variant=variant, **SMALL).fit(counts[FITTED], pulses[FITTED])
    with_them = r2(rate[NEW], model.predict_rates(counts[NEW], pulses[NEW]))
    without = r2(rate[NEW], alone.predict_rates(counts[NEW]))
    assert with_them > 0.7
    assert with_them > without + 0.2


def test_pushes_to_come_are_forecast(data, fitted):
    counts, pulses, rate = data
    early, ahead = counts[NEW][:, :3], pulses[NEW][:, 3:23]
    told = fitted.forecast(early, 20, pulses[NEW][:, :3], ahead_inputs=ahead).rate
    untold = fitted.forecast(early, 20, pulses[NEW][:, :3]).rate
    assert r2(rate[NEW][:, 3:23], told) > 0.5
    assert r2(rate[NEW][:, 3:23], untold) < 0.1
    options = {"ahead_inputs": ahead[0], "n_samples": 0}
    one, both = (
        fitted.forecast(early[:n], 20, pulses[NEW][:n, :3], **options).rate for n in (1, 2)
    )
    np.testing.assert_allclose(one[0], both[0], rtol=1e-4)


def test_an_input_acts_on_the_next_bin(fitted):
    pulse = np.zeros((12, 1))
    pulse[5] = 1.0
    plain, kicked = (fitted.sample(12, 3, inputs=u, random_state=0) for u in (None, pulse))
    np.testing.assert_array_equal(kicked.velocity[:, :6], plain.velocity[:, :6])
    jump = (kicked.velocity - plain.velocity)[:, 6].values
    # B is in units of the user's: a push of one, held for a bin of .02 s.
    expected = 0.02 * fitted.input_.values[:, 0]
    assert np.abs(expected).max() > 0.5
    np.testing.assert_allclose(jump, np.broadcast_to(expected, jump.shape),
                               atol=0.2 * np.abs(expected).max())  # fmt: skip


def test_the_last_input_acts_on_the_first_bin_ahead(data, fitted):
    counts, _, _ = data
    pieces = [counts[0, :9], counts[1, :14]]
    none = [np.zeros((9, 1)), np.zeros((14, 1))]
    pulse = [np.zeros((9, 1)), np.zeros((14, 1))]
    pulse[0][-1] = 1.0
    with torch.no_grad():
        plain, kicked = (fitted.forecast(pieces, 3, u, n_samples=0).rate for u in (none, pulse))
    np.testing.assert_array_equal(kicked[1], plain[1])
    assert np.abs(np.log(kicked[0] / plain[0])).max() > 0.05
    ahead = np.zeros((2, 3, 1))
    ahead[1, 0] = 1.0
    later = fitted.forecast(pieces, 3, none, ahead_inputs=ahead, n_samples=0).rate
    np.testing.assert_array_equal(later[0], plain[0])
    np.testing.assert_array_equal(later[1, 0], plain[1, 0])
    assert np.abs(np.log(later[1, 1:] / plain[1, 1:])).max() > 0.05


def test_units_of_inputs_do_not_matter(data):
    counts, pulses, _ = data
    small, large = (quick().fit(counts, pulses * size) for size in (1.0, 1024.0))
    np.testing.assert_array_equal(
        small.predict_rates(counts, pulses), large.predict_rates(counts, pulses * 1024.0)
    )
    np.testing.assert_allclose(small.input_, large.input_ * 1024.0, rtol=1e-6)
    assert small.input_.attrs["units"] == "1/s2"
    silent = quick().fit(counts, np.concatenate([pulses, 0 * pulses], 2))
    assert np.isfinite(silent.predict_rates(counts, np.zeros((60, 30, 2)))).all()
    assert (silent.input_[:, 1] == 0).all()


def test_inputs_that_are_always_zero_leave_the_latents_free(data):
    counts, pulses, _ = data
    model = quick().fit(counts, 0 * pulses)
    assert (model.input_ == 0).all()
    # Their columns of the encoder are drawn, so that weights are others, yet nothing is pushed.
    a, b = (model.sample(9, 2, inputs=u, random_state=1) for u in (None, np.ones((9, 1))))
    assert a.equals(b)


@pytest.mark.parametrize("suffix", [".safetensors", ".nc"])
def test_saved_flows_take_the_same_inputs(tmp_path, data, fitted, suffix):
    counts, pulses, _ = data
    again = LangevinFlow.load(fitted.save(tmp_path / f"flow{suffix}"))
    np.testing.assert_array_equal(
        again.predict_rates(counts, pulses), fitted.predict_rates(counts, pulses)
    )
    assert again.input_.identical(fitted.input_)
    assert again.input_scale_.identical(fitted.input_scale_)


def test_trainings_with_other_inputs_are_not_resumed(tmp_path, data):
    counts, pulses, _ = data
    path = tmp_path / "course.safetensors"
    whole = quick(max_epochs=4).fit(counts, pulses)
    quick(max_epochs=2).fit(counts, pulses, checkpoint=path)
    rest = quick(max_epochs=4).fit(counts, pulses, resume_from=path)
    assert rest.weights_.identical(whole.weights_)
    with pytest.raises(StoreError, match="other data"):
        quick().fit(counts, np.roll(pulses, 1, axis=1), resume_from=path)


def test_inputs_of_another_kind_are_named(data, fitted):
    counts, pulses, _ = data
    for wrong in (None, np.zeros((60, 30, 2))):
        with pytest.raises(SchemaError, match=r"inputs.*the fit had 1"):
            fitted.predict_rates(counts, wrong)
    with pytest.raises(SchemaError, match=r"inputs.*has shape"):
        quick().fit(counts, pulses[:, :-1])
    with pytest.raises(SchemaError, match=r"inputs.*NaN"):
        quick().fit(counts, pulses * np.nan)
    with pytest.raises(SchemaError, match="ahead_inputs"):
        fitted.forecast(counts, 3, pulses, ahead_inputs=np.zeros((2, 1)))
    with pytest.raises(SchemaError, match="inputs"):
        fitted.sample(5, 2, inputs=np.zeros((4, 1)))
    for kind in (SmallLFADS, SmallNDT):
        with pytest.raises(OptionError, match=rf"inputs.*{kind.__name__}.*LangevinFlow"):
            kind(4, bin_s=0.02).fit(counts, pulses)


def test_scores_and_ablations_hand_inputs_on(data, fitted):
    counts, pulses, _ = data
    told = fitted.score(counts[NEW], pulses[NEW], held_out=[0, 1])
    assert told > fitted.score(counts[NEW], -pulses[NEW], held_out=[0, 1])
    table = ablation(fitted, counts[NEW], pulses[NEW], held_out=[0, 1], random_state=0)
    rates = fitted.predict_rates(counts[NEW], pulses[NEW], held_out=[0, 1], n_samples=0)
    expected = co_bps(rates.values[..., :2], counts[NEW][..., :2])
    assert table.score[0] == pytest.approx(expected, rel=1e-5)
