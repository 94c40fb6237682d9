"""The estimator of jump processes: recovery, errors, what it accepts, what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.base import clone

from neurokit.errors import ConvergenceWarning, NeurokitWarning, OptionError, SchemaError, TimeError
from neurokit.states import MarkovJump

TWO = np.array([[-1.0, 1.0], [4.0, -4.0]])


def four_rates(seed=0):
    q = np.random.default_rng(seed).uniform(0.3, 2.0, (4, 4))
    np.fill_diagonal(q, 0.0)
    np.fill_diagonal(q, -q.sum(axis=1))
    return q


def irregular(n, rate, rng):
    return np.cumsum(rng.exponential(1.0 / rate, n))


def seen(rates, n, *, misread=0.0, per_second=6.0, seed=0):
    rng = np.random.default_rng(seed)
    truth = MarkovJump.from_rates(rates, misread=misread)
    return truth.sample(irregular(n, per_second, rng), random_state=rng)


@pytest.fixture(scope="module")
def two():
    return seen(TWO, 6000, misread=0.03)


@pytest.fixture(scope="module")
def fitted(two):
    return MarkovJump(2, misread=0.03).fit(two.time, two.reading)


def off_diagonal(matrix):
    return np.asarray(matrix)[~np.eye(len(matrix), dtype=bool)]


def test_rates_are_recovered_within_their_errors(fitted):
    z = off_diagonal((fitted.rates_ - TWO) / fitted.standard_errors_)
    assert np.abs(z).max() < 3.5
    assert fitted.converged_
    assert np.diff(fitted.objective_trace_).min() >= 0


def test_what_follows_from_the_rates(fitted):
    q = fitted.rates_.values
    np.testing.assert_allclose(fitted.holding_time_, -1 / np.diag(q))
    np.testing.assert_allclose(fitted.stationary_.values @ q, 0, atol=1e-12)
    np.testing.assert_allclose(
        fitted.mean_first_passage_, [[0, 1 / q[0, 1]], [1 / q[1, 0], 0]], rtol=1e-8
    )
    assert fitted.entropy_production_ == pytest.approx(0.0, abs=1e-12)
    assert fitted.rates_.dims == ("state", "state_next")
    assert fitted.mean_first_passage_.dims == ("state", "target")


def test_misreading_is_learned(two):
    model = MarkovJump(2, misread="learn").fit(two.time, two.reading)
    assert model.misread_ == pytest.approx(0.03, abs=4 * model.misread_standard_error_)
    assert 0 < model.misread_standard_error_ < 0.02


def test_the_posterior_sees_through_misreadings(two, fitted):
    posterior = fitted.predict_proba(two.time, two.reading)
    assert posterior.dims == ("time", "state")
    np.testing.assert_allclose(posterior.sum("state"), 1.0)
    wrong_read = (two.reading.values != two.state.values).mean()
    wrong_seen = (posterior.argmax("state").values != two.state.values).mean()
    assert wrong_seen < wrong_read


def test_a_missing_reading_is_where_the_chain_probably_is(fitted):
    times, states = np.array([0.0, 0.1, 0.2, 5000.0]), np.array([0, -1, 0, -1])
    posterior = fitted.predict_proba(times, states).values
    assert posterior[1, 0] > 0.9
    np.testing.assert_allclose(posterior[3], fitted.stationary_, atol=1e-9)
    with_nan = fitted.predict_proba(times, np.array([0, np.nan, 0, np.nan])).values
    np.testing.assert_array_equal(with_nan, posterior)


def test_the_score_is_highest_at_the_fit(two, fitted):
    best = fitted.score(two.time, two.reading)
    assert best == pytest.approx(fitted.log_likelihood_ / 6000)
    for factor in (0.7, 1.4):
        other = MarkovJump.from_rates(TWO * factor, misread=0.03)
        assert other.score(two.time, two.reading) < best


def test_sequences_are_joined_by_nothing(two):
    times, states = two.time.values, two.reading.values
    cut = [slice(0, 2000), slice(2000, 6000)]
    listed = MarkovJump(2, misread=0.03).fit([times[c] for c in cut], [states[c] for c in cut])
    moved = MarkovJump(2, misread=0.03).fit(
        {"a": times[cut[0]], "b": times[cut[1]] - 1e6}, {"a": states[cut[0]], "b": states[cut[1]]}
    )
    np.testing.assert_allclose(listed.rates_, moved.rates_, rtol=1e-6)
    posteriors = listed.predict_proba([times[c] for c in cut], [states[c] for c in cut])
    assert [p.sizes["time"] for p in posteriors] == [2000, 4000]


def test_readings_may_carry_their_times(two):
    one = MarkovJump(2, misread=0.03, max_iter=3, tol=1.0).fit(two.reading)
    other = MarkovJump(2, misread=0.03, max_iter=3, tol=1.0).fit(two.time, two.reading)
    xr.testing.assert_identical(one.rates_, other.rates_)


def test_the_unit_of_time_does_not_matter(two, fitted):
    model = MarkovJump(2, misread=0.03).fit(two.time.values * 1e3, two.reading)
    np.testing.assert_allclose(model.rates_ * 1e3, fitted.rates_, rtol=1e-5)
    np.testing.assert_allclose(
        off_diagonal(model.standard_errors_) * 1e3, off_diagonal(fitted.standard_errors_), rtol=1e-3
    )


def test_a_forbidden_jump_has_no_rate():
    ring = np.array([[-1.0, 1, 0], [0, -2.0, 2], [3, 0, -3.0]])
    data = seen(ring, 3000, per_second=10.0)
    model = MarkovJump(3, allowed=ring > 0).fit(data.time, data.reading)
    assert (model.rates_.values[(ring == 0)] == 0).all()
    assert np.isnan(model.standard_errors_.values[ring <= 0]).all()
    z = ((model.rates_ - ring) / model.standard_errors_).values[ring > 0]
    assert np.abs(z).max() < 3.5
    assert model.entropy_production_ == np.inf


def test_a_state_that_is_never_read_keeps_finite_rates():
    data = seen(TWO, 500)
    model = MarkovJump(3, misread=0.01, max_iter=50, tol=1e-6).fit(data.time, data.reading)
    assert np.isfinite(model.rates_).all()


def test_one_state_is_a_chain_that_never_jumps():
    model = MarkovJump(1).fit(np.arange(5.0), np.zeros(5, dtype=int))
    assert model.rates_.values.tolist() == [[0.0]]
    assert model.holding_time_.values.tolist() == [np.inf]


def test_a_sample_has_the_stationary_shares_and_its_jumps():
    truth = MarkovJump.from_rates(four_rates(), misread=0.0)
    drawn = truth.sample(np.arange(0, 3000, 0.05), random_state=0)
    shares = np.bincount(drawn.state, minlength=4) / drawn.sizes["time"]
    np.testing.assert_allclose(shares, truth.stationary_, atol=0.03)
    np.testing.assert_array_equal(drawn.reading, drawn.state)
    leave = (truth.stationary_ * -np.diag(truth.rates_)).sum()
    assert drawn.sizes["jump"] == pytest.approx(3000 * float(leave), rel=0.05)


def test_the_same_seed_gives_the_same_sample():
    truth = MarkovJump.from_rates(TWO, misread=0.1)
    a, b, c = (truth.sample(np.arange(50.0), random_state=seed) for seed in (1, 1, 2))
    xr.testing.assert_identical(a, b)
    assert not a.reading.equals(c.reading)


def test_saving_and_loading_keep_everything(fitted, tmp_path):
    fitted.save(tmp_path / "fit.nc")
    back = MarkovJump.load(tmp_path / "fit.nc")
    for name in ("rates_", "standard_errors_", "stationary_", "mean_first_passage_"):
        xr.testing.assert_equal(getattr(back, name), getattr(fitted, name))
    assert back.misread_ == fitted.misread_
    assert back.log_likelihood_ == fitted.log_likelihood_


def test_a_clone_is_unfitted_with_the_same_parameters(fitted):
    other = clone(fitted)
    assert other.get_params() == fitted.get_params()
    assert not hasattr(other, "rates_")
    assert "not fitted" in repr(other)
    assert "rates_" in repr(fitted)


def test_too_few_steps_are_said(two):
    with pytest.warns(ConvergenceWarning, match="did not reach tol"):
        MarkovJump(2, misread="learn", max_iter=2).fit(two.time, two.reading)


def test_readings_that_never_change_determine_no_rate():
    with pytest.warns(NeurokitWarning, match="do not determine"):
        model = MarkovJump(2).fit(np.arange(50.0), np.zeros(50, dtype=int))
    assert np.isnan(model.standard_errors_).all()


def test_an_interruption_keeps_the_best_so_far(two, monkeypatch):
    from neurokit.states import markov_jump_em

    calls, plain = [], markov_jump_em.maximise

    def interrupted(*args, **options):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return plain(*args, **options)

    monkeypatch.setattr(markov_jump_em, "maximise", interrupted)
    model = MarkovJump(2, misread=0.03)
    with pytest.raises(KeyboardInterrupt):
        model.fit(two.time, two.reading)
    assert model.converged_ is False
    assert np.isfinite(model.rates_).all()
    assert len(calls) == 3
    assert np.diff(model.objective_trace_).min() >= 0


TIMES, STATES = np.arange(4.0), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(
    ("options", "times", "states", "error", "said"),
    [
        ({"n_states": 0}, TIMES, STATES, OptionError, "n_states"),
        ({"max_iter": 0}, TIMES, STATES, OptionError, "max_iter"),
        ({"tol": -1.0}, TIMES, STATES, OptionError, "tol"),
        ({"misread": 0.5}, TIMES, STATES, OptionError, "misread"),
        ({"misread": "guess"}, TIMES, STATES, OptionError, "misread"),
        ({"allowed": np.ones((3, 3))}, TIMES, STATES, OptionError, "allowed"),
        ({"allowed": [[0, 1], [0, 0]]}, TIMES, STATES, OptionError, "impossible"),
        ({}, TIMES, STATES + 1, OptionError, "holds 2"),
        ({}, TIMES, STATES + 0.5, OptionError, "holds 0.5"),
        ({}, TIMES, STATES[:3], SchemaError, "3 readings at 4 times"),
        ({}, TIMES, np.array(["a", "b", "a", "b"]), SchemaError, "whole numbers"),
        ({}, TIMES, np.full(4, -1), SchemaError, "nothing was read"),
        ({}, TIMES[::-1], STATES, TimeError, "does not increase from place 0"),
        ({}, np.array([0.0, np.nan, 2, 3]), STATES, TimeError, "NaN"),
        ({}, np.zeros((2, 2)), STATES, SchemaError, "shape"),
        ({}, [TIMES, TIMES], [STATES], SchemaError, "2 sequences of times, 1 of readings"),
        ({}, {"a": TIMES}, {"b": STATES}, SchemaError, "other keys"),
        ({}, TIMES, None, SchemaError, "without times"),
        ({}, TIMES[:1], STATES[:1], SchemaError, "two readings"),
    ],
)
def test_what_cannot_be_fitted_is_said(options, times, states, error, said):
    with pytest.raises(error, match=said):
        MarkovJump(**{"n_states": 2, **options}).fit(times, states)


def test_readings_that_cannot_be_are_refused():
    one_way = MarkovJump.from_rates([[-1.0, 1.0], [0.0, 0.0]], initial=[0.5, 0.5])
    with pytest.raises(OptionError, match="impossible"):
        one_way.score([0.0, 1.0], [1, 0])
    with pytest.raises(OptionError, match="initial"):
        MarkovJump.from_rates(TWO, initial=[0.5, 0.6])


def recovery(seed):
    """The acceptance problem: 20 000 jumps of a 4-state chain, 2 % misread."""
    rates = four_rates(seed)
    truth = MarkovJump.from_rates(rates, misread=0.02)
    rng = np.random.default_rng(1000 + seed)
    leave = float((truth.stationary_ * -np.diag(rates)).sum())
    duration = 20_000 / leave
    times = np.sort(rng.uniform(0, duration, 2 * 20_000))
    data = truth.sample(times, random_state=rng)
    model = MarkovJump(4, misread=0.02).fit(data.time, data.reading)
    z = off_diagonal((model.rates_ - rates) / model.standard_errors_)
    return np.linalg.norm(model.rates_ - rates) / np.linalg.norm(rates), z, model.converged_


@pytest.mark.slow
def test_rates_of_four_states_from_twenty_thousand_jumps():
    error, z, converged = recovery(0)
    assert converged
    assert error <= 0.07
    assert np.abs(z).max() < 4


@pytest.mark.nightly
def test_rates_and_their_errors_over_twenty_seeds():
    found = [recovery(seed) for seed in range(20)]
    errors, z = np.array([f[0] for f in found]), np.concatenate([f[1] for f in found])
    print(f"relative error {errors.mean():.4f}, largest {errors.max():.4f}")
    print(f"z of {z.size} rates: mean {z.mean():.3f}, sd {z.std():.3f}")
    print(f"within 1.96: {(np.abs(z) < 1.96).mean():.3f}")
    assert errors.max() <= 0.07
    # 240 z: their standard deviation has a standard error of 0.046.
    assert z.std() == pytest.approx(1.0, abs=0.14)
