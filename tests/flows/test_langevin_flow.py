"""The estimator of Langevin flows: same bytes, resumption, files, hidden neurons, hostile data."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import xarray as xr
from sklearn.base import clone

torch = pytest.importorskip("torch")

import neurokit as nk  # noqa: E402
from neurokit.errors import (  # noqa: E402
    DivergenceError,
    LabelError,
    NotFittedError,
    OptionError,
    SchemaError,
    StoreError,
)
from neurokit.flows import LangevinFlow, training  # noqa: E402

SMALL = {
    "n_hidden": 12, "n_potential": 4, "max_epochs": 10, "kl_warm_up": 2, "random_state": 0,
    "inferred_force": False,
}  # fmt: skip


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.lorenz(2, 12, 6, 20, random_state=0)


@pytest.fixture(scope="module")
def counts(simulation):
    return simulation.recordings["session1"].activity.signal


@pytest.fixture(scope="module")
def fitted(counts):
    return LangevinFlow(2, **SMALL).fit(counts)


def same(a, b):
    return a.weights_.identical(b.weights_) and a.losses_.identical(b.losses_)


def test_one_seed_one_result_whatever_the_threads(counts, fitted):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(1 if before > 1 else 2)
        again = LangevinFlow(2, **SMALL).fit(counts)
        np.testing.assert_array_equal(again.predict_rates(counts), fitted.predict_rates(counts))
    finally:
        torch.set_num_threads(before)
    assert same(again, fitted)
    other = LangevinFlow(2, **{**SMALL, "random_state": 1}).fit(counts)
    assert not same(other, fitted)


def test_nothing_global_is_touched(counts):
    torch.manual_seed(5)
    state, threads, kind = torch.get_rng_state(), torch.get_num_threads(), torch.get_default_dtype()
    values = counts.values.copy()
    LangevinFlow(2, **SMALL).fit(counts).sample(5, 2, random_state=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.get_num_threads() == threads
    assert torch.get_default_dtype() == kind
    np.testing.assert_array_equal(counts.values, values)


def test_half_and_the_other_half_are_the_whole(tmp_path, counts, fitted):
    path = tmp_path / "course.safetensors"
    half = LangevinFlow(2, **{**SMALL, "max_epochs": 5}).fit(counts, checkpoint=path)
    assert half.n_epochs_ == 5
    # The seed is the checkpoint's: none has to be given.
    rest = LangevinFlow(2, **{**SMALL, "random_state": None}).fit(counts, resume_from=path)
    assert same(rest, fitted)
    np.testing.assert_array_equal(rest.predict_rates(counts), fitted.predict_rates(counts))


def test_an_interrupted_fit_goes_on_from_its_checkpoint(tmp_path, counts, fitted, monkeypatch):
    path = tmp_path / "course.safetensors"
    epoch = training._epoch

    def stopped(course, data, options):
        if course.epoch == 7:
            raise KeyboardInterrupt
        return epoch(course, data, options)

    monkeypatch.setattr(training, "_epoch", stopped)
    model = LangevinFlow(2, **SMALL)
    with pytest.raises(KeyboardInterrupt):
        model.fit(counts, checkpoint=path, checkpoint_every=3)
    assert model.converged_ is False
    assert np.isfinite(model.predict_rates(counts)).all()
    for name in ("cut.nc", "cut.safetensors"):
        with pytest.warns(nk.errors.NeurokitWarning, match="interrupted"):
            model.save(tmp_path / name)
    monkeypatch.undo()
    assert same(LangevinFlow(2, **SMALL).fit(counts, resume_from=path), fitted)


@pytest.mark.parametrize("change", [{"keep": 0.5}, {"n_hidden": 13}, {"learning_rate": 1e-3}])
def test_other_parameters_are_not_resumed(tmp_path, counts, change):
    path = tmp_path / "course.safetensors"
    LangevinFlow(2, **{**SMALL, "max_epochs": 2}).fit(counts, checkpoint=path)
    with pytest.raises(StoreError, match=next(iter(change))):
        LangevinFlow(2, **{**SMALL, **change}).fit(counts, resume_from=path)


def test_other_data_are_not_resumed(tmp_path, counts):
    path = tmp_path / "course.safetensors"
    LangevinFlow(2, **{**SMALL, "max_epochs": 2}).fit(counts, checkpoint=path)
    other = counts.copy()
    other[3, 4, 5] += 1
    with pytest.raises(StoreError, match="other data"):
        LangevinFlow(2, **SMALL).fit(other, resume_from=path)
    with pytest.raises(StoreError, match="other visible"):
        LangevinFlow(2, **SMALL).fit(counts, held_out=[0], resume_from=path)


@pytest.mark.parametrize("content", [b"", b"no tensors at all", b"\x08" + b"\0" * 7 + b"{}      "])
def test_what_is_no_checkpoint_is_said_to_be_none(tmp_path, counts, content):
    path = tmp_path / "course.safetensors"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="course.safetensors"):
        LangevinFlow(2, **SMALL).fit(counts, resume_from=path)
    with pytest.raises(StoreError, match="no.safetensors"):
        LangevinFlow(2, **SMALL).fit(counts, resume_from=tmp_path / "no.safetensors")


@pytest.mark.parametrize("suffix", [".safetensors", ".nc", ".zarr"])
def test_saved_flows_answer_alike(tmp_path, counts, fitted, suffix):
    path = fitted.save(tmp_path / f"flow{suffix}")
    again = LangevinFlow.load(path)
    assert again.get_params() == fitted.get_params()
    np.testing.assert_array_equal(again.predict_rates(counts), fitted.predict_rates(counts))
    for name in ("losses_", "neurons_", "weights_"):
        assert getattr(again, name).identical(getattr(fitted, name)), name
    assert again.history_ == fitted.history_
    assert again.validation_loss_ == fitted.validation_loss_
    with pytest.raises(StoreError, match="exists"):
        fitted.save(path)
    fitted.save(path, overwrite=True)


def test_files_hold_tensors_and_text_only(tmp_path, counts, fitted):
    from safetensors.torch import load_file

    path = fitted.save(tmp_path / "flow.safetensors")
    tensors = load_file(path)
    assert set(tensors) == set(fitted.weights_)
    # A fit is no training, and a training no fit.
    with pytest.raises(StoreError, match="no training"):
        LangevinFlow(2, **SMALL).fit(counts, resume_from=path)
    LangevinFlow(2, **SMALL).fit(counts, checkpoint=tmp_path / "course.safetensors")
    with pytest.raises(StoreError, match="holds no estimator"):
        LangevinFlow.load(tmp_path / "course.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(path.read_bytes()[:200])
    with pytest.raises(StoreError, match="cannot be read"):
        LangevinFlow.load(tmp_path / "broken.safetensors")


def test_clones_are_unfitted_and_equal(fitted):
    again = clone(fitted)
    assert again.get_params() == fitted.get_params()
    assert not hasattr(again, "weights_")
    with pytest.raises(NotFittedError):
        again.transform(np.zeros((2, 3, 6)))
    assert "not fitted" in repr(again)
    assert len(repr(fitted)) < 1200


def test_decoded_latents_are_the_rates_of_the_mean(counts, fitted):
    paths = fitted.transform(counts)
    assert paths.position.dims == ("trial", "time", "latent")
    rates = fitted.decode(paths.position, paths.velocity)
    mean = fitted.predict_rates(counts, n_samples=0)
    np.testing.assert_allclose(rates, mean, rtol=1e-4)
    assert rates.dims == mean.dims == ("trial", "time", "neuron")
    np.testing.assert_array_equal(rates["split"], counts["split"])
    assert rates.attrs["units"] == "1"
    plain = fitted.decode(paths.position.values, paths.velocity.values)
    np.testing.assert_array_equal(plain, rates)
    with pytest.raises(SchemaError, match="position"):
        fitted.decode(paths.position[..., :1], paths.velocity)


def test_velocity_is_the_slope_of_position_per_second(counts, fitted):
    paths = fitted.transform(counts)
    slope = (paths.position.values[:, 2:] - paths.position.values[:, :-2]) / 0.04
    inner = paths.velocity.values[:, 1:-1]
    # A central difference over bins that turn by .3 radians at most: 2 % of the whole.
    assert np.abs(slope - inner).max() < 0.06 * np.abs(inner).max()


def test_rates_are_means_over_draws_not_of_logarithms(counts, fitted):
    few, many = (fitted.predict_rates(counts[:4], n_samples=n) for n in (64, 256))
    np.testing.assert_allclose(few, many, rtol=0.25)
    log_of_mean = fitted.predict_rates(counts[:4], n_samples=0)
    # exp is convex: the mean of exponentials lies above.
    assert float(many.mean()) > float(log_of_mean.mean())


@pytest.mark.parametrize("held_in_fit", [False, True])
def test_hidden_neurons_do_not_touch_their_own_prediction(counts, held_in_fit):
    model = LangevinFlow(2, **SMALL).fit(counts, held_out=[1] if held_in_fit else None)
    other = counts.copy()
    other[:, :, 1] = 7
    a, b = (model.predict_rates(x, held_out=["N2"]) for x in (counts, other))
    np.testing.assert_array_equal(a, b)
    if held_in_fit:
        np.testing.assert_array_equal(model.predict_rates(counts), model.predict_rates(other))
    else:
        assert not np.allclose(model.predict_rates(counts), model.predict_rates(other))


def test_scores_are_those_of_all_flows(counts, fitted):
    with pytest.raises(OptionError, match="very spikes.*force=True"):
        fitted.score(counts)
    rates = fitted.predict_rates(counts, held_out=[0, 1])
    expected = nk.flows.co_bps(rates[:, :, :2], counts[:, :, :2])
    assert fitted.score(counts, held_out=[0, 1]) == pytest.approx(expected, rel=1e-12)


def test_forecasts_go_on_where_each_trial_ends(counts, fitted):
    whole = fitted.forecast(counts, 4, n_samples=0)
    assert whole.rate.shape == (24, 4, 6)
    np.testing.assert_allclose(whole.lead, [0.02, 0.04, 0.06, 0.08])
    ragged = [counts.values[0, :12], counts.values[1]]
    ahead = LangevinFlow(2, **SMALL, bin_s=0.02).fit(counts.values)
    both = ahead.forecast(ragged, 3, n_samples=0)
    alone = ahead.forecast([ragged[0]], 3, n_samples=0)
    np.testing.assert_allclose(both.rate[0], alone.rate[0], rtol=1e-4)
    # The path goes on: the bins ahead of a cut trial are those of the same latents further on.
    paths = ahead.transform([ragged[0]])[0]
    module = ahead.module_.network
    with torch.no_grad():
        z, v = (torch.tensor(a.values[-1:], dtype=torch.float32) for a in
                (paths.position, paths.velocity * 0.02 / 0.3))  # fmt: skip
        later = [a.numpy()[0, 1:] for a in module.dynamics.path(z, v, 4)]
    expected = ahead.decode(later[0], later[1] * 0.3 / 0.02)
    np.testing.assert_allclose(alone.rate[0], expected, rtol=1e-4)


def test_samples_have_the_dims_of_recordings(fitted):
    drawn = fitted.sample(30, 40, random_state=0)
    assert drawn.response.dims == drawn.rate.dims == ("trial", "time", "neuron")
    assert drawn.equals(fitted.sample(30, 40, random_state=0))
    residual = (drawn.response - drawn.rate) / np.sqrt(drawn.rate)
    # 7200 Poisson residuals of variance 1.
    assert float((residual**2).mean()) == pytest.approx(1.0, abs=0.1)
    assert float(residual.mean()) == pytest.approx(0.0, abs=0.05)


def test_the_potential_is_that_of_the_module(counts, fitted):
    position = fitted.transform(counts).position
    energy = fitted.potential(position)
    assert energy.dims == ("trial", "time")
    with torch.no_grad():
        inner = fitted.module_.network.dynamics.potential
        expected = inner.energy(torch.tensor(position.values, dtype=torch.float32))
    np.testing.assert_allclose(energy, expected, rtol=1e-5)
    np.testing.assert_allclose(fitted.potential(position.values[0, 0]), energy[0, 0], rtol=1e-5)
    with pytest.raises(SchemaError, match="position"):
        fitted.potential(np.zeros(5))


@pytest.mark.parametrize("likelihood", ["negative_binomial", "gaussian"])
def test_other_likelihoods_train_and_sample(counts, likelihood):
    model = LangevinFlow(2, likelihood=likelihood, **SMALL).fit(counts)
    loss = model.losses_.loss.values
    assert loss[-1] < loss[0]
    drawn = model.sample(10, 3, random_state=0)
    assert np.isfinite(drawn.response).all()
    assert ("units" in model.predict_rates(counts).attrs) == (likelihood != "gaussian")


def test_signals_have_any_offset_and_size(counts):
    signal = counts.astype(float) * 1e-13 + 5e-12
    plain = LangevinFlow(2, likelihood="gaussian", **SMALL).fit(counts.astype(float))
    tiny = LangevinFlow(2, likelihood="gaussian", **SMALL).fit(signal)
    a = plain.predict_rates(counts.astype(float))
    b = (tiny.predict_rates(signal) - 5e-12) * 1e13
    np.testing.assert_allclose(a, b, atol=0.02)


HOSTILE = {
    "ragged": lambda x: [x[0, :7], x[1], x[2, :1], x[3, :13]],
    "missing trial and bins": lambda x: np.where(
        (np.arange(24) == 3)[:, None, None] | (np.arange(20) % 5 == 2)[None, :, None], np.nan, x
    ),
    "one trial": lambda x: x[0],
    "one bin each": lambda x: x[:, :1],
    "one neuron": lambda x: x[:, :, :1],
    "silent neuron": lambda x: x * (np.arange(6) != 2),
    "nothing but silence": lambda x: x * 0.0,
}


@pytest.mark.parametrize("case", HOSTILE)
def test_odd_data_leave_all_finite(counts, case):
    x = HOSTILE[case](counts.values.astype(float))
    model = LangevinFlow(2, bin_s=0.02, **SMALL).fit(x)
    rates = model.predict_rates(x)
    for one in rates if isinstance(rates, list) else [rates]:
        assert np.isfinite(one).all()
        assert (one > 0).all()
    assert all(np.isfinite(value).all() for value in model.weights_.values())
    assert np.isfinite(model.forecast(x, 2).rate).all()


def test_ragged_trials_are_read_as_if_alone(counts):
    model = LangevinFlow(2, **SMALL, bin_s=0.02).fit(counts.values)
    pieces = [counts.values[0, :7], counts.values[1], counts.values[2, :13]]
    together = model.transform(pieces)
    for k, piece in enumerate(pieces):
        alone = model.transform([piece])[0]
        np.testing.assert_allclose(together[k].position, alone.position, atol=1e-5)


def test_a_wild_learning_rate_ends_finite_or_is_named(counts):
    model = LangevinFlow(2, **{**SMALL, "learning_rate": 1e3, "max_epochs": 30})
    with contextlib.suppress(DivergenceError):
        model.fit(counts)
    assert all(np.isfinite(value).all() for value in model.weights_.values())
    assert np.isfinite(model.predict_rates(counts)).all()


def test_a_loss_that_is_no_number_is_named_and_the_best_weights_stay(counts, monkeypatch):
    step = training._step

    def broken(course, *rest):
        if course.epoch == 6:
            with torch.no_grad():
                course.model.network.dynamics.log_friction.fill_(float("nan"))
        return step(course, *rest)

    monkeypatch.setattr(training, "_step", broken)
    model = LangevinFlow(2, **SMALL)
    with pytest.raises(DivergenceError, match="learning_rate.*epoch 7.*epoch 5"):
        model.fit(counts)
    assert model.best_epoch_ == 5
    assert model.converged_ is False
    assert np.isfinite(model.predict_rates(counts)).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"n_latents": 0}, {"n_latents": 2.5}, {"max_epochs": 0}, {"batch_size": 0},
        {"batch_size": True}, {"learning_rate": 0.0}, {"learning_rate": np.nan},
        {"learning_rate": "fast"}, {"keep": 0.0}, {"keep": 1.5}, {"validation": 0.0},
        {"validation": 1.0}, {"likelihood": "binomial"}, {"decoder": "tree"}, {"device": "tpu"},
        {"patience": 0}, {"clip": -1.0}, {"kl_weight": np.inf}, {"averaging": 1.0},
        {"n_potential": -1}, {"weight_decay": -0.1}, {"kl_warm_up": -1}, {"random_state": -1},
        {"n_hidden": None}, {"device": 3}, {"window": 0}, {"window": 2.5},
    ],
)  # fmt: skip
def test_wrong_parameters_are_named(counts, wrong):
    name = next(iter(wrong))
    with pytest.raises(OptionError, match=name):
        LangevinFlow(**{"n_latents": 2, **SMALL, **wrong}).fit(counts)


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_device_that_is_not_there_is_named(counts):
    with pytest.raises(OptionError, match="cuda.*not there"):
        LangevinFlow(2, device="cuda:0", **SMALL).fit(counts)


def test_impossible_data_are_refused(counts, fitted):
    with pytest.raises(SchemaError, match="no counts"):
        LangevinFlow(2, **SMALL).fit(counts + 0.5)
    with pytest.raises(SchemaError, match="never observed"):
        LangevinFlow(2, **SMALL).fit(counts * np.nan)
    with pytest.raises(SchemaError, match="infinit"):
        LangevinFlow(2, **SMALL).fit(counts.astype(float).where(counts < 2, np.inf))
    with pytest.raises(OptionError, match="bin_s"):
        LangevinFlow(2, **SMALL).fit(counts.values)
    with pytest.raises(LabelError, match="other neurons"):
        fitted.transform(counts[:, :, ::-1])
    time = counts.time.variable * 2
    time.attrs["sampling_rate"] = 25.0
    with pytest.raises(OptionError, match="bin_s"):
        fitted.transform(counts.assign_coords(time=time))
    with pytest.raises(SchemaError, match="no counts"):
        fitted.predict_rates(counts - 1.0)
    with pytest.raises(OptionError, match="n_bins"):
        fitted.forecast(counts, 0)


def test_recordings_lists_and_mappings_keep_their_form(simulation, counts, fitted):
    tree = simulation.recordings["session1"]
    np.testing.assert_array_equal(fitted.predict_rates(tree), fitted.predict_rates(counts))
    many = fitted.transform({"a": tree, "b": counts[:3]})
    assert set(many) == {"a", "b"}
    assert isinstance(many["b"], xr.Dataset)
    assert many["b"].sizes["trial"] == 3
