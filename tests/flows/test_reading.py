"""Questions to a fitted flow: forms of data, labels, hidden neurons, other widths, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from dense import dense_gaussian
from scipy.special import gammaln, logsumexp

from neurokit.errors import LabelError, NotFittedError, OptionError, SchemaError
from neurokit.flows import FirstOrderLDS, LangevinLDS

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")
NAMES = ["b", "d", "a", "c"]


def labelled(values, rate=50.0):
    n_bins = values.shape[-2]
    return xr.DataArray(
        values,
        {
            "time": ("time", np.arange(n_bins) / rate, {"sampling_rate": rate}),
            "neuron": NAMES,
        },
        ("trial", "time", "neuron")[-values.ndim :],
    )


def waves(seed=0, n_trials=5, n_bins=24):
    rng = np.random.default_rng(seed)
    t = np.arange(n_bins) * 0.02
    phase = rng.uniform(0, 2 * np.pi, (n_trials, 1, 1))
    wave = np.sin(2 * np.pi * 4 * t[None, :, None] + phase)
    return wave * [0.6, -0.8, 1.0, 0.7] + 0.3 * rng.normal(size=(n_trials, n_bins, 4))


@pytest.fixture(scope="module")
def signal():
    return labelled(waves() + np.arange(4.0))


@pytest.fixture(scope="module")
def counts():
    rng = np.random.default_rng(2)
    return labelled(rng.poisson(np.exp(0.5 * waves(1) + 0.4)).astype(float))


@pytest.fixture(scope="module")
def gaussian(signal):
    return LangevinLDS(1, n_restarts=1, max_iter=3).fit(signal)


@pytest.fixture(scope="module")
def first(signal):
    return FirstOrderLDS(2, max_iter=3).fit(signal)


@pytest.fixture(scope="module")
def poisson(counts):
    return LangevinLDS(1, likelihood="poisson", n_restarts=1, max_iter=3).fit(counts)


@pytest.fixture(scope="module")
def rooted(counts):
    return LangevinLDS(1, n_restarts=1, max_iter=3).fit(counts)


def dense_of(model, y):
    n = model.transition_.shape[0]
    return dense_gaussian(
        model.transition_.values, model.process_noise_.values, model.initial_mean_.values,
        model.initial_covariance_.values, np.zeros((len(y), n)), model.emission_.values,
        model.offset_.values, model.emission_noise_.values, y,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["gaussian", "first"])
def test_hidden_neurons_are_those_of_dense_algebra_with_nothing_seen(request, signal, kind):
    model = request.getfixturevalue(kind)
    blind = signal.values[1].copy()
    blind[:, [0, 2]] = np.nan
    _, mean, cov = dense_of(model, blind)
    rates = model.predict_rates(signal, held_out=["a", "b"])
    expected = mean @ model.emission_.values.T + model.offset_.values
    np.testing.assert_allclose(rates[1], expected, rtol=1e-6, atol=1e-8)
    paths = model.transform(signal, held_out=["b", "a"])
    p = model.n_latents
    np.testing.assert_allclose(paths.position[1], mean[:, :p], rtol=1e-6, atol=1e-8)
    sd = np.sqrt(np.stack([np.diag(cov[t, :p, t, :p]) for t in range(len(mean))]))
    np.testing.assert_allclose(paths.position_sd[1], sd, rtol=1e-6)


def test_the_likelihood_is_a_product_of_conditionals(gaussian, signal):
    """log p(y_1..T) - log p(y_1..T-1) is the density of the last bin under the forecast."""
    y = signal[:1]
    gain = gaussian.log_likelihood(y) - gaussian.log_likelihood(y[:, :-1])
    ahead = gaussian.forecast(y[:, :-1], 1).isel(trial=0, step=0)
    C = gaussian.emission_.values
    S = C @ ahead.path_covariance.values @ C.T + np.diag(gaussian.emission_noise_)
    e = y.values[0, -1] - ahead.rate.values
    _, log_det = np.linalg.slogdet(2 * np.pi * S)
    assert gain == pytest.approx(-0.5 * (log_det + e @ np.linalg.solve(S, e)), rel=1e-7)


def test_seeing_more_never_widens_a_path(gaussian, signal):
    all_seen = gaussian.transform(signal)
    some = gaussian.transform(signal, held_out=["a", "d"])
    for name in ("position_sd", "velocity_sd"):
        assert (some[name].values > all_seen[name].values).all()


def test_first_order_paths_have_no_velocity(first, signal):
    assert set(first.transform(signal)) == {"position", "position_sd"}


def test_rates_of_a_poisson_model_use_the_spread_of_the_path(poisson, counts):
    paths = poisson.transform(counts)
    z, sd = paths.position.values[..., 0], paths.position_sd.values[..., 0]
    c, d = poisson.emission_.values[:, 0], poisson.offset_.values
    expected = np.exp(z[..., None] * c + d + 0.5 * (sd[..., None] * c) ** 2)
    np.testing.assert_allclose(poisson.predict_rates(counts), expected, rtol=1e-8)


def test_the_bound_is_below_the_exact_evidence(poisson, counts):
    """One trial of two bins: the integral by plain Monte Carlo over the prior."""
    bound = poisson.log_likelihood(counts[:1, :2])
    y = counts.values[:1, :2]
    rng = np.random.default_rng(3)
    drawn = poisson.sample(2, 200_000, random_state=rng)
    eta = np.log(drawn.rate.values)
    log_p = (y * eta - np.exp(eta) - gammaln(y + 1)).sum(axis=(1, 2))
    exact = logsumexp(log_p) - np.log(len(log_p))
    assert exact - 0.3 < bound < exact + 0.02


def test_likelihoods_of_trials_add_up(gaussian, poisson, signal, counts):
    for model, data in ((gaussian, signal), (poisson, counts)):
        each = model.log_likelihood(data, per_trial=True)
        assert each.shape == (5,)
        assert each.sum() == pytest.approx(model.log_likelihood(data), rel=1e-6)
        backwards = model.log_likelihood(data[::-1], per_trial=True)
        np.testing.assert_allclose(backwards, each[::-1], rtol=1e-9)


def test_bins_that_were_not_seen_widen_the_path_of_their_trial_alone(gaussian, signal):
    y = signal.copy()
    y[1, 3:9] = np.nan
    holed = gaussian.transform(y)
    whole = gaussian.transform(signal)
    np.testing.assert_allclose(holed.position[0], whole.position[0], rtol=1e-7, atol=1e-10)
    assert (holed.position_sd[1, 4:8].values > whole.position_sd[1, 4:8].values).all()


@pytest.mark.parametrize("kind", ["gaussian", "rooted", "poisson"])
def test_forms_of_data_come_back(request, kind, signal, counts):
    model = request.getfixturevalue(kind)
    data = signal if kind == "gaussian" else counts
    whole = model.predict_rates(data)
    assert whole.dims == data.dims
    assert whole.neuron.values.tolist() == NAMES
    np.testing.assert_allclose(whole.time, data.time)
    many = model.predict_rates([data[0], data[1]])
    assert isinstance(many, list)
    named = model.predict_rates({"x": data[0], "y": data[1]})
    assert list(named) == ["x", "y"]
    paths = model.transform({"x": data[0], "y": data[1]})
    assert list(paths) == ["x", "y"]
    for k, key in enumerate(named):
        np.testing.assert_allclose(many[k], whole[k], rtol=1e-7)
        np.testing.assert_allclose(named[key], whole[k], rtol=1e-7)
        assert many[k].attrs == named[key].attrs == whole.attrs
        assert paths[key].position.dims == ("time", "latent")


def test_attributes_say_what_rates_are(gaussian, rooted, poisson, signal, counts):
    assert gaussian.predict_rates(signal).attrs == {"long_name": "expected signal"}
    for model in (rooted, poisson):
        attrs = model.predict_rates(counts).attrs
        assert attrs == {"units": "1", "long_name": "expected counts per bin"}


def test_bins_of_another_width_are_refused(gaussian, poisson, signal, counts):
    """A step of the dynamics is one bin: at another rate it would be another frequency."""
    for model, data in ((gaussian, signal), (poisson, counts)):
        other = labelled(data.values, rate=100.0)
        for ask in (model.transform, model.predict_rates, model.log_likelihood):
            with pytest.raises(OptionError, match="100 bins per second"):
                ask(other)
        with pytest.raises(OptionError, match="100 bins per second"):
            model.forecast(other, 2)


def test_arrays_without_a_clock_are_taken_as_bins_of_the_fit(signal):
    model = LangevinLDS(1, n_restarts=1, max_iter=1, bin_s=0.02).fit(signal.values)
    a = model.predict_rates(signal.values)
    b = model.predict_rates(xr.DataArray(signal.values, dims=("trial", "time", "neuron")))
    np.testing.assert_array_equal(a, b)


def test_neurons_have_to_be_those_of_the_fit_in_its_order(gaussian, signal):
    for wrong in (signal[..., ::-1], signal[..., :3], signal.assign_coords(neuron=list("wxyz"))):
        with pytest.raises(LabelError, match="neuron"):
            gaussian.transform(wrong)
    again = signal[..., ::-1].sel(neuron=NAMES)
    np.testing.assert_array_equal(gaussian.predict_rates(again), gaussian.predict_rates(signal))


def test_dims_may_stand_in_any_order(gaussian, signal):
    turned = gaussian.predict_rates(signal.transpose("neuron", "trial", "time"))
    expected = gaussian.predict_rates(signal)
    np.testing.assert_allclose(turned.transpose(*expected.dims), expected, rtol=1e-12)


def test_inputs_have_to_be_those_of_the_fit(signal):
    push = np.random.default_rng(4).normal(size=(5, 24, 1))
    model = LangevinLDS(1, n_restarts=1, max_iter=1).fit(signal, push)
    assert model.input_.sizes == {"latent": 1, "input": 1}
    with pytest.raises(SchemaError, match="0 columns"):
        model.transform(signal)
    with pytest.raises(SchemaError, match="2 columns"):
        model.transform(signal, np.repeat(push, 2, axis=2))
    with pytest.raises(SchemaError, match="inputs"):
        model.transform(signal, push[:, :-1])
    holed = push.copy()
    holed[0, 0] = np.nan
    with pytest.raises(SchemaError, match="inputs"):
        model.transform(signal, holed)


def test_counts_cannot_be_negative_where_counts_were_fitted(rooted, poisson, gaussian, signal):
    for model in (rooted, poisson):
        with pytest.raises(SchemaError, match="negative"):
            model.transform(signal - 5.0)
    assert np.isfinite(gaussian.transform(signal - 5.0).position).all()


def test_infinities_are_refused(gaussian, signal):
    bad = signal.copy()
    bad[0, 0, 0] = np.inf
    with pytest.raises(SchemaError, match="infinit"):
        gaussian.log_likelihood(bad)


@pytest.mark.parametrize("make", [lambda: LangevinLDS(1), lambda: FirstOrderLDS(1)])
def test_everything_asks_for_a_fit_first(make, signal):
    model = make()
    for ask in (model.transform, model.predict_rates, model.log_likelihood):
        with pytest.raises(NotFittedError, match="fit"):
            ask(signal)
    with pytest.raises(NotFittedError, match="fit"):
        model.forecast(signal, 1)
    with pytest.raises(NotFittedError, match="fit"):
        model.sample(5)
    with pytest.raises(NotFittedError, match="fit"):
        model.plot()


def test_asking_changes_neither_model_nor_data(poisson, counts):
    before, kept = counts.copy(deep=True), {
        name: np.array(value) for name, value in poisson._fitted().items() if name[0] != "h"
    }  # fmt: skip
    poisson.transform(counts)
    poisson.predict_rates(counts, held_out=["a"])
    poisson.log_likelihood(counts, per_trial=True)
    poisson.forecast(counts, 2)
    assert counts.identical(before)
    for name, value in kept.items():
        np.testing.assert_array_equal(np.array(getattr(poisson, name)), value)


def test_the_same_question_has_the_same_answer(poisson, counts):
    a, b = (poisson.transform(counts) for _ in "ab")
    assert a.identical(b)
    assert poisson.log_likelihood(counts) == poisson.log_likelihood(counts)


@pytest.mark.parametrize("level", [0, 1, -0.5, 1.5, np.nan, "0.9", None])
def test_levels_are_shares(gaussian, signal, level):
    with pytest.raises(OptionError, match="level"):
        gaussian.modes(signal, level=level)


def test_intervals_nest_and_are_symmetric_on_the_logarithm(gaussian, signal):
    narrow, wide = (gaussian.modes(signal, level=level) for level in (0.5, 0.95))
    middle = np.log(wide.frequency)
    for table in (narrow, wide):
        up = np.log(table.frequency_high) - middle
        np.testing.assert_allclose(up, middle - np.log(table.frequency_low), rtol=1e-8)
    assert (narrow.frequency_high < wide.frequency_high).all()
    # 1.96 standard errors to 0.674.
    ratio = np.log(wide.frequency_high / wide.frequency) / np.log(
        narrow.frequency_high / narrow.frequency
    )
    np.testing.assert_allclose(ratio, 1.959964 / 0.6744898, rtol=1e-6)
