"""Forecasts and draws against the joint normal of the whole chain, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from dense import chain_moments, dense_gaussian

from neurokit.errors import OptionError, SchemaError
from neurokit.flows import FirstOrderLDS, LangevinLDS

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.ConvergenceWarning")
FAST = {"bin_s": 0.02, "max_iter": 3, "tol": 1e-12}
N_BINS, N_AHEAD = 9, 4


def ringing(n_trials=5, n_bins=30, n_neurons=3, seed=0):
    """Damped sines seen through noise: enough for a fit that is not degenerate."""
    rng = np.random.default_rng(seed)
    t = np.arange(n_bins) * 0.02
    phase = rng.uniform(0, 2 * np.pi, (n_trials, 1, 1))
    wave = np.exp(-0.5 * t)[None, :, None] * np.sin(2 * np.pi * 3 * t[None, :, None] + phase)
    loading = np.linspace(0.5, 1.5, n_neurons)
    return wave * loading + 0.2 * rng.normal(size=(n_trials, n_bins, n_neurons)) + 1.0


@pytest.fixture(scope="module")
def pushed():
    """Data, inputs, and a model of each order that was fitted to them."""
    y = ringing()
    u = np.random.default_rng(1).normal(size=(5, 30, 2))
    models = {
        "langevin": LangevinLDS(1, n_restarts=1, **FAST).fit(y, u),
        "first order": FirstOrderLDS(2, **FAST).fit(y, u),
    }
    return y, u, models


@pytest.fixture(scope="module")
def counts():
    rate = np.exp(0.6 * (ringing(6, 25, 4, seed=3) - 1.0) + 0.3)
    return np.random.default_rng(4).poisson(rate).astype(float)


@pytest.fixture(scope="module")
def poisson(counts):
    return LangevinLDS(1, likelihood="poisson", n_restarts=1, **FAST).fit(counts)


@pytest.fixture(scope="module")
def rooted(counts):
    return LangevinLDS(1, n_restarts=1, **FAST).fit(counts)


def dense_ahead(model, y, drive, n_ahead):
    """Law of the bins ahead: they are bins of the same chain that nobody saw."""
    blind = np.concatenate([y, np.full((n_ahead, y.shape[1]), np.nan)])
    _, mean, cov = dense_gaussian(
        model.transition_.values, model.process_noise_.values, model.initial_mean_.values,
        model.initial_covariance_.values, drive, model.emission_.values, model.offset_.values,
        model.emission_noise_.values, blind,
    )  # fmt: skip
    n = len(y)
    return mean[n:], np.stack([cov[t, :, t] for t in range(n, n + n_ahead)])


@pytest.mark.parametrize("kind", ["langevin", "first order"])
def test_forecast_with_inputs_is_the_law_of_bins_that_nobody_saw(pushed, kind):
    y, u, models = pushed
    model = models[kind]
    ahead = np.random.default_rng(2).normal(size=(5, N_AHEAD, 2))
    found = model.forecast(y[:, :N_BINS], N_AHEAD, u[:, :N_BINS], ahead_inputs=ahead)
    B, C = model.input_step_.values, model.emission_.values
    for k in range(5):
        drive = np.concatenate([u[k, :N_BINS], ahead[k]]) @ B.T
        mean, V = dense_ahead(model, y[k, :N_BINS], drive, N_AHEAD)
        np.testing.assert_allclose(found.path[k], mean, rtol=1e-6, atol=1e-8)
        np.testing.assert_allclose(found.path_covariance[k], V, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(found.rate[k], mean @ C.T + model.offset_.values, rtol=1e-6)
        sd = np.sqrt(np.einsum("ni,tij,nj->tn", C, V, C))
        np.testing.assert_allclose(found.rate_sd[k], sd, rtol=1e-6)


def test_the_last_input_ahead_has_nothing_to_act_on(pushed):
    """An input acts on the bin after its own: that of the last bin ahead changes nothing."""
    y, u, models = pushed
    ahead = np.zeros((N_AHEAD, 2))
    before = models["langevin"].forecast(y, N_AHEAD, u, ahead_inputs=ahead)
    ahead[-1] = 50.0
    assert before.identical(models["langevin"].forecast(y, N_AHEAD, u, ahead_inputs=ahead))
    ahead[-2] = 50.0
    after = models["langevin"].forecast(y, N_AHEAD, u, ahead_inputs=ahead)
    np.testing.assert_array_equal(before.path[:, :-1], after.path[:, :-1])
    assert (before.path[:, -1] != after.path[:, -1]).all()


def test_inputs_of_all_trials_may_be_given_once(pushed):
    y, u, models = pushed
    one = np.random.default_rng(5).normal(size=(N_AHEAD, 2))
    each = np.repeat(one[None], 5, axis=0)
    a = models["langevin"].forecast(y, N_AHEAD, u, ahead_inputs=one)
    b = models["langevin"].forecast(y, N_AHEAD, u, ahead_inputs=each)
    assert a.identical(b)


def test_forecasts_of_ragged_trials_begin_where_each_ends(pushed):
    y, u, models = pushed
    model = models["langevin"]
    lengths = [30, 7, 12]
    parts = [y[k, :n] for k, n in enumerate(lengths)]
    pushes = [u[k, :n] for k, n in enumerate(lengths)]
    together = model.forecast(parts, 3, pushes)
    for k in range(3):
        alone = model.forecast(parts[k], 3, pushes[k])
        np.testing.assert_allclose(together.path[k], alone.path[0], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(
            together.path_covariance[k], alone.path_covariance[0], rtol=1e-9, atol=1e-12
        )


def test_bins_of_padding_are_no_bins_of_the_trial(pushed):
    """Bins at the end that hold nothing pad a shorter trial: the forecast begins before them."""
    y, u, models = pushed
    model = models["langevin"]
    padded = y.copy()
    padded[:, 20:] = np.nan
    short = model.forecast(y[:, :20], 4, u[:, :20])
    long = model.forecast(padded, 4, u)
    np.testing.assert_allclose(short.rate, long.rate, rtol=1e-9)
    np.testing.assert_allclose(short.rate_sd, long.rate_sd, rtol=1e-9)


def test_counts_are_forecast_by_the_mean_of_log_normal_rates(poisson, counts):
    found = poisson.forecast(counts, 3)
    C, d = poisson.emission_.values, poisson.offset_.values
    for step in range(3):
        x, V = found.path[2, step].values, found.path_covariance[2, step].values
        variance = np.diag(C @ V @ C.T)
        rate = np.exp(C @ x + d + 0.5 * variance)
        np.testing.assert_allclose(found.rate[2, step], rate, rtol=1e-8)
        spread = rate * np.sqrt(np.exp(variance) - 1.0)
        np.testing.assert_allclose(found.rate_sd[2, step], spread, rtol=1e-8)


def test_rates_of_counts_and_their_spread_by_plain_monte_carlo(poisson, counts):
    found = poisson.forecast(counts, 2).isel(trial=0, step=1)
    rng = np.random.default_rng(6)
    z = rng.multivariate_normal(found.path.values, found.path_covariance.values, 200_000)
    rates = np.exp(z @ poisson.emission_.values.T + poisson.offset_.values)
    np.testing.assert_allclose(rates.mean(axis=0), found.rate, rtol=0.01)
    np.testing.assert_allclose(rates.std(axis=0), found.rate_sd, rtol=0.05)


def test_rooted_counts_are_forecast_through_the_readout(rooted, counts):
    """Emission and offset are of roots; what is forecast are counts."""
    found = rooted.forecast(counts, 2).isel(trial=1, step=0)
    L, d = rooted.readout_loading_.values, rooted.readout_offset_.values
    x, V = found.path.values[:1], found.path_covariance.values[:1, :1]
    expected = np.exp(L @ x + d + 0.5 * np.diag(L @ V @ L.T))
    np.testing.assert_allclose(found.rate, expected, rtol=1e-8)
    assert found.rate.attrs["units"] == "1"


def test_a_far_forecast_forgets_what_was_seen(pushed):
    y, u, models = pushed
    model = models["first order"]
    radius = np.abs(np.linalg.eigvals(model.transition_.values)).max()
    assert radius < 1
    n = int(np.ceil(np.log(1e-5) / np.log(radius)))
    found = model.forecast(y, n, u)
    last = found.rate.isel(step=-1)
    np.testing.assert_allclose(last - model.offset_.values, 0.0, atol=1e-3)


def test_labels_and_lead_of_a_forecast(counts):
    labelled = xr.DataArray(
        counts,
        {"time": ("time", np.arange(25) * 0.02, {"sampling_rate": 50.0}), "neuron": list("dacb")},
        ("trial", "time", "neuron"),
    )
    model = LangevinLDS(2, n_restarts=1, max_iter=1, bin_s=0.02).fit(labelled)
    found = model.forecast(labelled, 3)
    assert found.neuron.values.tolist() == list("dacb")
    assert found.state.values.tolist() == ["position 0", "position 1", "velocity 0", "velocity 1"]
    assert found.state_2.values.tolist() == found.state.values.tolist()
    np.testing.assert_allclose(found.lead, [0.02, 0.04, 0.06])
    assert found.lead.attrs["units"] == "s"


def test_draws_have_mean_and_covariance_of_the_joint_normal(pushed):
    """All bins of all states at once, with inputs, against dense algebra."""
    _, _, models = pushed
    model = models["langevin"]
    n_bins, n = 4, 20_000
    push = np.random.default_rng(7).normal(size=(n_bins, 2))
    drawn = model.sample(n_bins, n, inputs=push, random_state=0).path.values.reshape(n, -1)
    mean, cov = chain_moments(
        model.transition_.values, model.process_noise_.values, model.initial_mean_.values,
        model.initial_covariance_.values, push @ model.input_step_.values.T, n_bins,
    )  # fmt: skip
    sd = np.sqrt(np.diag(cov))
    # Of 8 means and 36 covariances: five standard errors.
    np.testing.assert_array_less(np.abs(drawn.mean(axis=0) - mean), 5 * sd / np.sqrt(n) + 1e-12)
    found = np.cov(drawn.T)
    error = np.sqrt((np.outer(sd, sd) ** 2 + cov**2) / n)
    np.testing.assert_array_less(np.abs(found - cov), 5 * error + 1e-12)


def test_drawn_signals_carry_the_emissions_noise(pushed):
    _, _, models = pushed
    model = models["first order"]
    drawn = model.sample(20, 400, random_state=1)
    noise = (drawn.response - drawn.rate).values.reshape(-1, 3)
    np.testing.assert_allclose(noise.var(axis=0), model.emission_noise_, rtol=0.08)
    np.testing.assert_allclose(np.corrcoef(noise.T), np.eye(3), atol=0.06)
    state = drawn.path.values.reshape(-1, 2)
    expected = state @ model.emission_.values.T + model.offset_.values
    np.testing.assert_allclose(drawn.rate.values.reshape(-1, 3), expected, rtol=1e-9)


def test_drawn_counts_are_poisson_given_their_rate(poisson):
    drawn = poisson.sample(30, 200, random_state=2)
    rate, response = drawn.rate.values.ravel(), drawn.response.values.ravel()
    z = (response - rate) / np.sqrt(rate)
    assert z.mean() == pytest.approx(0.0, abs=5 / np.sqrt(z.size))
    assert z.var() == pytest.approx(1.0, abs=0.1)
    position = drawn.path.values[..., :1]
    expected = np.exp(position @ poisson.emission_.values[:, :1].T + poisson.offset_.values)
    np.testing.assert_allclose(drawn.rate, expected, rtol=1e-9)


def test_rooted_models_draw_counts(rooted):
    drawn = rooted.sample(10, 3, random_state=0)
    assert (drawn.response.values >= 0).all()
    np.testing.assert_array_equal(drawn.response, np.rint(drawn.response))


def test_generators_seeds_and_repeats(poisson):
    seeded = poisson.sample(8, 2, random_state=11)
    generated = poisson.sample(8, 2, random_state=np.random.default_rng(11))
    assert seeded.identical(generated)
    rng = np.random.default_rng(11)
    first, second = poisson.sample(8, 2, random_state=rng), poisson.sample(8, 2, random_state=rng)
    assert first.identical(seeded)
    assert (first.path != second.path).any()


def test_what_is_given_is_left_as_it_was(pushed):
    y, u, models = pushed
    ahead = np.ones((N_AHEAD, 2))
    kept = y.copy(), u.copy(), ahead.copy()
    models["langevin"].forecast(y, N_AHEAD, u, ahead_inputs=ahead)
    models["langevin"].sample(N_AHEAD, 2, inputs=ahead, random_state=0)
    for now, before in zip((y, u, ahead), kept, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize(
    "wrong",
    [np.ones((3, 2)), np.ones((N_AHEAD, 1)), np.ones((4, N_AHEAD, 2)), np.ones(N_AHEAD),
     np.full((N_AHEAD, 2), np.nan), np.full((N_AHEAD, 2), np.inf), [["a", "b"]] * N_AHEAD,
     [[1.0, 2.0], [1.0]], {"u": 1}],
)  # fmt: skip
def test_impossible_inputs_ahead_are_named(pushed, wrong):
    y, u, models = pushed
    with pytest.raises(SchemaError, match="ahead_inputs"):
        models["langevin"].forecast(y, N_AHEAD, u, ahead_inputs=wrong)


@pytest.mark.parametrize("wrong", [np.ones((N_AHEAD, 3)), "push", np.full((N_AHEAD, 2), np.nan)])
def test_impossible_inputs_of_draws_are_named(pushed, wrong):
    with pytest.raises(SchemaError, match="^inputs"):
        pushed[2]["first order"].sample(N_AHEAD, 2, inputs=wrong)


@pytest.mark.parametrize("wrong", [0, -1, 2.0, True, "3", None])
def test_numbers_of_bins_and_trials_are_whole(pushed, wrong):
    y, u, models = pushed
    with pytest.raises(OptionError, match="n_bins"):
        models["langevin"].forecast(y, wrong, u)
    with pytest.raises(OptionError, match="n_bins"):
        models["langevin"].sample(wrong)
    with pytest.raises(OptionError, match="n_trials"):
        models["langevin"].sample(5, wrong)


def test_forecasts_keep_the_labels_of_trials(pushed):
    y, u, models = pushed
    model, parts, pushes = models["langevin"], list(y[:3]), list(u[:3])
    named = {f"t{k}": part for k, part in enumerate(parts)}
    inputs = {f"t{k}": push for k, push in enumerate(pushes)}
    found = model.forecast(named, 2, inputs)
    assert found.trial.values.tolist() == list(named)
    assert "trial" not in model.forecast(parts, 2, pushes).coords
