"""The estimator: dense algebra on its own attributes, forms of data, units, saving, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from dense import dense_gaussian
from scipy.linalg import expm
from sklearn.base import clone

import neurokit as nk
from neurokit.errors import (
    ConvergenceWarning,
    LabelError,
    NotFittedError,
    OptionError,
    SchemaError,
)
from neurokit.flows import FirstOrderLDS, LangevinLDS
from neurokit.flows import model as model_module

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")

FAST = {"n_restarts": 1, "max_iter": 6, "tol": 1e-12}


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.oscillators([5.0], [0.1], 8, 12, 40, random_state=0)


@pytest.fixture(scope="module")
def counts(simulation):
    return simulation.recordings["session1"].activity.signal


@pytest.fixture(scope="module")
def signal():
    found = nk.simulate.oscillators([5.0], [0.1], 6, 8, 30, observation="gaussian", random_state=1)
    return found.recordings["session1"].activity.signal.astype(float)


@pytest.fixture(scope="module")
def gaussian(signal):
    return LangevinLDS(1, **FAST).fit(signal)


@pytest.fixture(scope="module")
def poisson(counts):
    return LangevinLDS(1, likelihood="poisson", **FAST).fit(counts)


def dense_of(model, y):
    return dense_gaussian(
        model.transition_.values, model.process_noise_.values, model.initial_mean_.values,
        model.initial_covariance_.values, np.zeros((len(y), model.transition_.shape[0])),
        model.emission_.values, model.offset_.values, model.emission_noise_.values, y,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["langevin", "first order", "fractional"])
def test_attributes_are_the_model_by_dense_algebra(signal, kind):
    made = {
        "langevin": LangevinLDS(2, **FAST),
        "first order": FirstOrderLDS(2, max_iter=6, tol=1e-12),
        "fractional": LangevinLDS(1, hurst=0.7, n_noise=2, n_restarts=1, max_iter=2),
    }
    model = made[kind].fit(signal)
    holed = signal.copy()
    holed[2, 5:9, 1] = np.nan
    expected = [dense_of(model, y) for y in holed.values]
    total = model.log_likelihood(holed)
    assert total == pytest.approx(sum(one[0] for one in expected), rel=1e-8)
    each = model.log_likelihood(holed, per_trial=True)
    np.testing.assert_allclose(each, [one[0] for one in expected], rtol=1e-8)
    paths = model.transform(holed)
    p = model.n_latents
    for k, (_, mean, cov) in enumerate(expected):
        np.testing.assert_allclose(paths.position[k], mean[:, :p], rtol=1e-6, atol=1e-8)
        sd = np.sqrt(np.stack([np.diag(cov[t, :, t]) for t in range(len(mean))]))
        np.testing.assert_allclose(paths.position_sd[k], sd[:, :p], rtol=1e-6)
        if kind == "langevin":
            np.testing.assert_allclose(paths.velocity[k], mean[:, p : 2 * p], rtol=1e-6, atol=1e-6)


def test_transition_is_the_exact_step_of_the_continuous_parameters(gaussian):
    K, G = gaussian.stiffness_.values, gaussian.friction_.values
    F = np.block([[np.zeros((1, 1)), np.eye(1)], [-K, -G]])
    np.testing.assert_allclose(gaussian.transition_.values, expm(F * 0.02), rtol=1e-9)
    omega = np.sqrt(K[0, 0])
    assert gaussian.frequencies_.item() == pytest.approx(omega / (2 * np.pi), rel=1e-9)
    assert gaussian.damping_ratios_.item() == pytest.approx(G[0, 0] / (2 * omega), rel=1e-9)
    assert gaussian.frequencies_.attrs["units"] == "Hz"


def test_width_of_bins_scales_seconds_and_nothing_else(signal):
    plain = signal.values
    a = LangevinLDS(1, bin_s=0.02, **FAST).fit(plain)
    b = LangevinLDS(1, bin_s=0.1, **FAST).fit(plain)
    assert a.frequencies_.item() == pytest.approx(5 * b.frequencies_.item(), rel=1e-9)
    np.testing.assert_allclose(a.damping_ratios_, b.damping_ratios_, rtol=1e-9)
    assert a.log_likelihood(plain) == pytest.approx(b.log_likelihood(plain), rel=1e-10)


def test_frequency_and_interval_hold_the_truth(counts):
    model = LangevinLDS(1, likelihood="poisson", n_restarts=2).fit(counts)
    table = model.modes(counts)
    assert table.frequency.item() == pytest.approx(5.0, rel=0.05)
    assert table.damping_ratio_low.item() < 0.1 < table.damping_ratio_high.item()
    assert table.frequency_low.item() < table.frequency.item() < table.frequency_high.item()
    wide = model.modes(counts, level=0.99)
    assert wide.damping_ratio_high.item() > table.damping_ratio_high.item()
    assert table.frequency.item() == pytest.approx(model.frequencies_.item())


def test_intervals_shrink_with_the_root_of_the_trials():
    found = nk.simulate.oscillators([5.0], [0.1], 8, 64, 40, random_state=0)
    many = found.recordings["session1"].activity.signal
    model = LangevinLDS(1, n_restarts=1).fit(many)
    few = model.modes(many[:16])
    all_of_them = model.modes(many)

    def width(table):
        return np.log(table.frequency_high / table.frequency_low).item()

    assert width(few) / width(all_of_them) == pytest.approx(2.0, rel=0.25)


def test_counts_are_rooted_and_read_out_as_rates(simulation, counts):
    model = LangevinLDS(1, **FAST).fit(counts)
    assert model.of_roots_
    rates = model.predict_rates(counts)
    assert rates.attrs["units"] == "1"
    assert float(rates.min()) > 0
    error = float(((rates - simulation.truth.rate) ** 2).mean())
    assert error < 0.5 * float(simulation.truth.rate.var())
    raw = LangevinLDS(1, counts="raw", **FAST).fit(counts)
    assert not raw.of_roots_
    assert raw.log_likelihood(counts) == pytest.approx(
        sum(dense_of(raw, y)[0] for y in counts.values.astype(float)), rel=1e-8
    )


def test_poisson_rates_are_nearer_the_truth(simulation, counts, poisson):
    gaussian = LangevinLDS(1, **FAST).fit(counts)

    def error(model):
        return float(((model.predict_rates(counts) - simulation.truth.rate) ** 2).mean())

    assert error(poisson) < error(gaussian)


def test_hidden_neurons_do_not_touch_their_own_prediction(counts, poisson):
    other = counts.copy()
    other[:, :, 2] = 7
    for model in (poisson, LangevinLDS(1, **FAST).fit(counts)):
        a = model.predict_rates(counts, held_out=[2])
        b = model.predict_rates(other, held_out=["N3"])
        np.testing.assert_array_equal(a, b)
        assert not np.allclose(model.predict_rates(counts), model.predict_rates(other))


def test_scoring_the_input_is_refused_with_the_reason(counts, poisson):
    with pytest.raises(OptionError, match="very spikes.*force=True"):
        poisson.score(counts)
    held = poisson.score(counts, held_out=[0, 1])
    assert held > 0
    rates = poisson.predict_rates(counts, held_out=[0, 1])
    expected = nk.flows.co_bps(rates[:, :, :2], counts[:, :, :2])
    assert held == pytest.approx(expected, rel=1e-12)
    assert poisson.score(counts, force=True) == pytest.approx(
        nk.flows.co_bps(poisson.predict_rates(counts), counts)
    )


def test_signals_are_scored_by_r2(signal, gaussian):
    assert 0 < gaussian.score(signal, metric="r2", held_out=[0]) < 1
    with pytest.raises(OptionError, match="metric"):
        gaussian.score(signal, metric="r3", held_out=[0])


def test_forecast_is_the_chain_carried_forward(signal, gaussian):
    found = gaussian.forecast(signal, 5)
    _, mean, cov = dense_of(gaussian, signal.values[3])
    A, Q = gaussian.transition_.values, gaussian.process_noise_.values
    state, V = mean[-1], cov[-1, :, -1]
    C = gaussian.emission_.values
    for step in range(5):
        state, V = A @ state, A @ V @ A.T + Q
        np.testing.assert_allclose(found.path[3, step], state, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(found.path_covariance[3, step], V, rtol=1e-6)
        np.testing.assert_allclose(found.rate[3, step], C @ state + gaussian.offset_, rtol=1e-6)
        sd = np.sqrt(np.diag(C @ V @ C.T))
        np.testing.assert_allclose(found.rate_sd[3, step], sd, rtol=1e-6)
    np.testing.assert_allclose(found.lead, np.arange(1, 6) * 0.02)


def test_forecast_bands_cover():
    found = nk.simulate.oscillators([5.0], [0.1], 10, 120, 50, observation="gaussian",
                                    random_state=4)  # fmt: skip
    x = found.recordings["session1"].activity.signal.astype(float)
    model = LangevinLDS(1, n_restarts=1).fit(x[:60])
    ahead = model.forecast(x[60:, :40], 10)
    truth = found.truth.rate.values[60:, 40:]
    z = (truth - ahead.rate.values) / ahead.rate_sd.values
    # 60 trials, each one draw: 90 % within 1.645 to some 6 %.
    assert (np.abs(z) < 1.645).mean() == pytest.approx(0.9, abs=0.08)


def test_forecast_of_counts_beats_the_mean(counts, poisson):
    ahead = poisson.forecast(counts[:, :34], 6)
    flat = np.broadcast_to(counts.values.mean(axis=(0, 1)), ahead.rate.shape)
    truth = counts.values[:, 34:].astype(float)
    assert nk.flows.forward_bps(ahead.rate.values, truth) > nk.flows.forward_bps(flat, truth)


def test_samples_have_the_models_own_law(gaussian):
    drawn = gaussian.sample(200, 300, random_state=0)
    late = drawn.path.isel(time=slice(150, None)).values.reshape(-1, 2)
    A, Q = gaussian.transition_.values, gaussian.process_noise_.values
    law = np.zeros((2, 2))
    for _ in range(2000):
        law = A @ law @ A.T + Q
    np.testing.assert_allclose(np.cov(late.T), law, rtol=0.15, atol=0.02 * law.max())
    again = gaussian.sample(200, 300, random_state=0)
    assert drawn.identical(again)


def test_samples_of_counts_are_counts(poisson):
    drawn = poisson.sample(50, 4, random_state=1)
    assert (drawn.response == np.rint(drawn.response)).all()
    assert float(drawn.response.mean()) == pytest.approx(float(drawn.rate.mean()), rel=0.1)
    with pytest.raises(OptionError, match="n_bins"):
        poisson.sample(0)


def test_inputs_are_learned_and_forecast():
    """A known push: dv = ... + 40 u dt, u a square wave."""
    rng = np.random.default_rng(0)
    u = np.repeat(rng.normal(size=(30, 12)), 5, axis=1)[:, :, None]
    omega = 2 * np.pi * 2
    F = np.array([[0, 1], [-(omega**2), -0.6 * omega]])
    step = expm(np.block([[F, np.array([[0], [40.0]])], [np.zeros((1, 3))]]) * 0.02)
    z, path = np.zeros((30, 2)), []
    for t in range(60):
        path.append(z[:, 0])
        z = z @ step[:2, :2].T + u[:, t] @ step[:2, 2:].T + rng.normal(size=(30, 2)) * [0, 0.05]
    path = np.stack(path, axis=1)
    y = path[:, :, None] * np.array([1.0, -0.5, 2.0]) + 0.02 * rng.normal(size=(30, 60, 3))
    model = LangevinLDS(1, bin_s=0.02, n_restarts=2, max_iter=60).fit(y, u)
    gain = model.input_.item() * model.emission_.values[:, 0]
    np.testing.assert_allclose(gain, [40.0, -20.0, 80.0], rtol=0.05)
    assert model.frequencies_.item() == pytest.approx(2.0, rel=0.05)
    blind = LangevinLDS(1, bin_s=0.02, n_restarts=2, max_iter=60).fit(y)
    assert model.log_likelihood(y, u) > blind.log_likelihood(y) + 100
    ahead = model.forecast(y[:, :50], 10, u[:, :50], ahead_inputs=u[:, 50:])
    error = np.abs(ahead.rate.values - y[:, 50:]).mean()
    assert error < np.abs(blind.forecast(y[:, :50], 10).rate.values - y[:, 50:]).mean()
    with pytest.raises(SchemaError, match="inputs"):
        model.transform(y)
    with pytest.raises(SchemaError, match="inputs"):
        model.forecast(y, 3, u, ahead_inputs=np.zeros((2, 1)))


def test_forms_of_data_give_the_same_fit(signal):
    base = LangevinLDS(1, bin_s=0.02, **FAST)
    plain = clone(base).fit(signal.values)
    as_list = clone(base).fit(list(signal.values))
    mapped = clone(base).fit({str(k): v for k, v in enumerate(signal.values)})
    turned = clone(base).fit(signal.transpose("neuron", "time", "trial"))
    for other in (as_list, mapped, turned):
        np.testing.assert_allclose(other.transition_, plain.transition_, rtol=1e-12)
    assert isinstance(as_list.transform(list(signal.values)), list)
    paths = mapped.transform({"a": signal.values[0]})
    assert list(paths) == ["a"]
    assert dict(paths["a"].sizes) == {"time": 30, "latent": 1}
    single = clone(base).fit(signal.values[0])
    assert single.predict_rates(signal.values[0]).dims == ("time", "neuron")


def test_a_recording_goes_in_as_it_is(simulation, poisson, counts):
    rec = simulation.recordings["session1"]
    again = LangevinLDS(1, likelihood="poisson", **FAST).fit(rec)
    np.testing.assert_array_equal(again.transition_, poisson.transition_)
    assert again.bin_width_ == pytest.approx(0.02)
    assert "simulate.oscillators" in again.history_
    np.testing.assert_array_equal(again.transform(rec).position, poisson.transform(counts).position)


def test_ragged_trials_and_padding_are_one(signal):
    lengths = [30, 25, 28, 20, 30, 22, 30, 30]
    ragged = [x[:n] for x, n in zip(signal.values, lengths, strict=True)]
    padded = signal.copy()
    for k, n in enumerate(lengths):
        padded[k, n:] = np.nan
    a = LangevinLDS(1, bin_s=0.02, **FAST).fit(ragged)
    b = LangevinLDS(1, **FAST).fit(padded)
    np.testing.assert_allclose(a.transition_, b.transition_, rtol=1e-10)
    rates = b.predict_rates(padded)
    assert np.isnan(rates[3, 20:]).all()
    assert np.isfinite(rates[3, :20]).all()


@pytest.mark.parametrize("likelihood", ["gaussian", "poisson"])
@pytest.mark.parametrize("shape", [(1, 30, 4), (5, 12, 1), (3, 2, 3), (4, 1, 2)])
def test_small_data_are_finite(shape, likelihood):
    y = np.random.default_rng(0).poisson(2.0, shape)
    model = LangevinLDS(2, bin_s=0.02, likelihood=likelihood, n_restarts=2, max_iter=4).fit(y)
    assert np.isfinite(model.log_likelihoods_).all()
    assert np.isfinite(model.predict_rates(y)).all()
    assert np.isfinite(model.emission_).all()


@pytest.mark.parametrize("likelihood", ["gaussian", "poisson"])
def test_silence_is_finite(likelihood):
    y = np.random.default_rng(0).poisson(1.0, (6, 20, 3))
    y[:, :, 1] = 0
    model = LangevinLDS(1, bin_s=0.02, likelihood=likelihood, **FAST).fit(y)
    rates = model.predict_rates(y)
    assert np.isfinite(rates).all()
    assert float(rates[:, :, 1].mean()) < 0.1


def test_whole_missing_trials_are_predicted_by_the_rest(signal, gaussian):
    holed = signal.copy()
    holed[2] = np.nan
    path = gaussian.transform(holed)
    assert np.isfinite(path.position[2]).all()
    assert float(path.position_sd[2].mean()) > float(path.position_sd[1].mean())


def test_saved_and_loaded_models_answer_alike(tmp_path, counts, signal, poisson, gaussian):
    coloured = LangevinLDS(1, hurst=0.7, n_noise=2, n_restarts=1, max_iter=2).fit(signal)
    first = FirstOrderLDS(1, max_iter=3).fit(counts)
    for k, (model, data) in enumerate(
        [(poisson, counts), (gaussian, signal), (coloured, signal), (first, counts)]
    ):
        with pytest.warns(nk.errors.NeurokitWarning, match="did not converge"):
            model.save(tmp_path / f"{k}.nc")
        again = type(model).load(tmp_path / f"{k}.nc")
        np.testing.assert_allclose(again.predict_rates(data), model.predict_rates(data), rtol=1e-9)
        assert again.log_likelihood(data) == pytest.approx(model.log_likelihood(data), rel=1e-10)


def test_same_seed_same_bytes_and_data_untouched(counts):
    before = counts.copy(deep=True)
    a, b = (LangevinLDS(1, n_restarts=2, max_iter=3, random_state=3).fit(counts) for _ in "ab")
    np.testing.assert_array_equal(a.transition_, b.transition_)
    np.testing.assert_array_equal(a.restart_evidence_, b.restart_evidence_)
    assert counts.identical(before)


def test_clone_and_parameters():
    model = LangevinLDS(3, likelihood="poisson", hurst=0.7)
    assert clone(model).get_params() == model.get_params()


def test_a_fit_that_ends_early_says_so(signal):
    with pytest.warns(ConvergenceWarning, match="did not reach"):
        LangevinLDS(1, **FAST).fit(signal)


def test_ctrl_c_keeps_what_is_there(signal, monkeypatch):
    model = LangevinLDS(1, n_restarts=1, max_iter=50, tol=0.0)
    steps = iter(range(4))

    def bar(items, **_):
        for item in items:
            if next(steps, None) is None:
                raise KeyboardInterrupt
            yield item

    monkeypatch.setattr(model_module, "progress", bar)
    with pytest.raises(KeyboardInterrupt):
        model.fit(signal)
    assert model.converged_ is False
    assert np.isfinite(model.predict_rates(signal)).all()


@pytest.mark.parametrize(
    ("options", "match"),
    [({"n_latents": 0}, "n_latents"), ({"n_latents": True}, "n_latents"),
     ({"likelihood": "poison"}, "did you mean 'poisson'"), ({"counts": "square"}, "counts"),
     ({"n_restarts": 0}, "n_restarts"), ({"max_iter": 1.5}, "max_iter"), ({"tol": -1}, "tol"),
     ({"hurst": 1.2}, "hurst"), ({"bin_s": 0.05}, "50 bins per second"), ({"bin_s": -1}, "bin_s"),
     ({"bin_s": "x"}, "bin_s")],
)  # fmt: skip
def test_wrong_options_are_named(counts, options, match):
    with pytest.raises(OptionError, match=match):
        LangevinLDS(**{"n_latents": 1, **options}).fit(counts)


def test_wrong_data_are_named(counts, signal, poisson):
    with pytest.raises(OptionError, match="bin_s"):
        LangevinLDS(1).fit(counts.values)
    with pytest.raises(SchemaError, match="no counts"):
        LangevinLDS(1, likelihood="poisson").fit(signal)
    with pytest.raises(SchemaError, match="negative"):
        LangevinLDS(1, counts="sqrt").fit(signal)
    with pytest.raises(SchemaError, match="infinit"):
        LangevinLDS(1, bin_s=1.0).fit(np.full((3, 4, 2), np.inf))
    with pytest.raises(SchemaError, match="never observed"):
        LangevinLDS(1, bin_s=1.0).fit(np.full((3, 4, 2), np.nan))
    with pytest.raises(SchemaError, match="no bin"):
        LangevinLDS(1, bin_s=1.0).fit(np.empty((0, 4, 2)))
    with pytest.raises(LabelError, match="neuron"):
        poisson.predict_rates(counts[:, :, :4])
    with pytest.raises(LabelError, match="neuron"):
        poisson.predict_rates(counts.isel(neuron=slice(None, None, -1)))
    with pytest.raises(SchemaError, match="negative"):
        poisson.predict_rates(counts - 1)
    with pytest.raises(OptionError, match="n_bins"):
        poisson.forecast(counts, 0)
    with pytest.raises(OptionError, match="level"):
        poisson.modes(counts, level=2)
    with pytest.raises(NotFittedError, match="fit"):
        LangevinLDS(1).transform(counts)


@pytest.mark.parametrize(
    ("chosen", "error"),
    [([99], LabelError), (["N9"], LabelError), ([True, False], LabelError),
     (list(range(8)), OptionError), ([], OptionError)],
)  # fmt: skip
def test_hidden_neurons_have_to_exist(counts, poisson, chosen, error):
    with pytest.raises(error, match="held_out"):
        poisson.predict_rates(counts, held_out=chosen)


def test_masks_labels_and_places_are_one(counts, poisson):
    mask = np.zeros(8, dtype=bool)
    mask[[1, 4]] = True
    a = poisson.score(counts, held_out=mask)
    assert a == poisson.score(counts, held_out=["N2", "N5"])
    assert a == poisson.score(counts, held_out=xr.DataArray([1, 4]))
