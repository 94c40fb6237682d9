"""What a fitted jump process keeps: units, order, labels, shapes, inputs, seeds, stores."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm

from neurokit.errors import ConvergenceWarning, NotFittedError, OptionError, SchemaError, TimeError
from neurokit.states import MarkovJump
from neurokit.testing import assert_same

TWO = np.array([[-1.0, 1.0], [4.0, -4.0]])
THREE = np.array([[-1.0, 0.7, 0.3], [0.5, -2.0, 1.5], [2.0, 1.0, -3.0]])
OFF3 = ~np.eye(3, dtype=bool)


def readings(rates=THREE, n=300, seed=0, misread=0.05):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(0.2, n))
    return MarkovJump.from_rates(rates, misread=misread).sample(times, random_state=rng)


@pytest.fixture(scope="module")
def three():
    return readings()


@pytest.fixture(scope="module")
def fitted(three):
    return MarkovJump(3, misread=0.05, tol=1e-8).fit(three.time, three.reading)


def by_products(times, seen, rates, initial, misread):
    """log p(readings) as the log of a product of matrices, with scipy's exponential."""
    k = len(rates)
    table = np.full((k, k), misread / max(k - 1, 1))
    np.fill_diagonal(table, 1 - misread)
    vector = np.array(initial, dtype=float)
    for n, (t, o) in enumerate(zip(times, seen, strict=True)):
        if n:
            vector = vector @ expm(rates * (t - times[n - 1]))
        if o >= 0:
            vector = vector * table[:, int(o)]
    return np.log(vector.sum())


@pytest.mark.parametrize("misread", [0.0, 0.1])
@pytest.mark.parametrize("rates", [TWO, THREE])
def test_the_score_is_the_log_of_a_product_of_matrices(rates, misread):
    data = readings(rates, 25, seed=3, misread=misread)
    model = MarkovJump.from_rates(rates, misread=misread)
    expected = by_products(
        data.time.values, data.reading.values, rates, model.stationary_.values, misread
    )
    assert model.score(data.time, data.reading) == pytest.approx(expected / 25, rel=1e-10)


@pytest.mark.parametrize("missing", [-1, np.nan])
def test_readings_that_lack_are_not_counted(missing):
    model = MarkovJump.from_rates(THREE, misread=0.1)
    times = np.array([0.0, 0.3, 0.9, 1.4])
    seen = np.array([0.0, missing, 2.0, 1.0])
    expected = by_products(times[[0, 2, 3]], [0, 2, 1], THREE, model.initial_.values, 0.1)
    assert model.score(times, seen) == pytest.approx(expected / 3, rel=1e-12)


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 1, 0)])
def test_names_of_states_do_not_matter(three, fitted, order):
    order = np.array(order)
    renamed = np.argsort(order)[three.reading.values]
    other = MarkovJump(3, misread=0.05, tol=1e-8).fit(three.time, renamed)
    np.testing.assert_allclose(
        other.rates_.values, fitted.rates_.values[np.ix_(order, order)], rtol=1e-3, atol=1e-4
    )
    assert other.log_likelihood_ == pytest.approx(fitted.log_likelihood_, abs=1e-5)


def test_the_zero_of_time_does_not_matter(three, fitted):
    moved = MarkovJump(3, misread=0.05, tol=1e-8).fit(three.time + 512.0, three.reading)
    np.testing.assert_allclose(moved.rates_, fitted.rates_, rtol=1e-6)


def test_a_reversible_pair_is_told_apart_from_its_reverse_by_nothing():
    # Two states always balance; the likelihood of a path read backwards is the same when the
    # first state is stationary.
    model = MarkovJump.from_rates(TWO, misread=0.02)
    data = readings(TWO, 40, seed=5, misread=0.02)
    forward = model.score(data.time, data.reading)
    backward = model.score(-data.time.values[::-1], data.reading.values[::-1])
    assert backward == pytest.approx(forward, rel=1e-10)
    assert model.entropy_production_ == pytest.approx(0.0, abs=1e-14)


def test_sequences_may_come_in_any_order(three):
    parts = np.split(np.arange(300), [80, 200])
    times = [three.time.values[p] for p in parts]
    seen = [three.reading.values[p] for p in parts]
    first = MarkovJump(3, misread=0.05).fit(times, seen)
    second = MarkovJump(3, misread=0.05).fit(times[::-1], seen[::-1])
    assert second.log_likelihood_ == pytest.approx(first.log_likelihood_, abs=1e-8)
    np.testing.assert_allclose(second.rates_, first.rates_, rtol=1e-6)


def test_the_same_readings_twice_halve_the_variance(three):
    # Twice the data: the same rates (up to the pseudo-counts of the first state) and errors
    # smaller by the root of two.
    once = MarkovJump(3, misread=0.05).fit([three.time.values], [three.reading.values])
    twice = MarkovJump(3, misread=0.05).fit([three.time.values] * 2, [three.reading.values] * 2)
    np.testing.assert_allclose(twice.rates_, once.rates_, rtol=2e-2, atol=1e-2)
    share = (once.standard_errors_ / twice.standard_errors_).values[OFF3]
    np.testing.assert_allclose(share, np.sqrt(2.0), rtol=3e-2)


def test_a_fit_repeats_itself_bit_by_bit(three, fitted):
    again = MarkovJump(3, misread=0.05, tol=1e-8).fit(three.time, three.reading)
    for name in ("rates_", "standard_errors_", "initial_", "objective_trace_"):
        assert getattr(again, name).identical(getattr(fitted, name))


def test_fitting_leaves_its_input_alone(three):
    times, seen = three.time.values.copy(), three.reading.values.astype(float)
    seen[5] = np.nan
    before = times.tobytes(), seen.tobytes()
    MarkovJump(3, misread=0.05).fit(times, seen).predict_proba(times, seen)
    assert (times.tobytes(), seen.tobytes()) == before


def test_attributes_have_labels_and_units(fitted):
    assert fitted.rates_.dims == ("state", "state_next")
    assert fitted.mean_first_passage_.dims == ("state", "target")
    assert fitted.mean_first_passage_.target.values.tolist() == [0, 1, 2]
    units = {
        name: getattr(fitted, f"{name}_").attrs["units"]
        for name in ("rates", "standard_errors", "stationary", "holding_time", "mean_first_passage")
    }
    assert units == {
        "rates": "s-1",
        "standard_errors": "s-1",
        "stationary": "1",
        "holding_time": "s",
        "mean_first_passage": "s",
    }
    assert fitted.objective_trace_.sizes["iteration"] == fitted.n_iter_
    assert np.isnan(np.diag(fitted.standard_errors_)).all()


def test_what_follows_from_the_rates_solves_its_own_equations(fitted):
    q = fitted.rates_.values
    np.testing.assert_allclose(q.sum(axis=1), 0.0, atol=1e-12)
    np.testing.assert_allclose(fitted.stationary_.values @ q, 0.0, atol=1e-12)
    np.testing.assert_allclose(fitted.holding_time_ * -np.diag(q), 1.0)
    passage = fitted.mean_first_passage_.values
    # Where a jump leads, plus the stay before it: m_ij = 1/q_i + sum_k (q_ik/q_i) m_kj.
    jump = np.where(OFF3, q, 0) / -np.diag(q)[:, None]
    np.testing.assert_allclose(
        passage[OFF3], (fitted.holding_time_.values[:, None] + jump @ passage)[OFF3]
    )


def test_the_objective_is_the_likelihood_and_the_pseudo_counts(three, fitted):
    assert fitted.score(three.time, three.reading) * 300 == pytest.approx(fitted.log_likelihood_)
    expected = fitted.log_likelihood_ + np.log(fitted.initial_.values).sum()
    assert float(fitted.objective_trace_[-1]) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("form", ["list", "array", "DataArray"])
def test_one_sequence_has_one_posterior_in_whatever_form_it_comes(form):
    model = MarkovJump.from_rates(THREE, misread=0.1)
    times, seen = np.array([0.0, 0.5, 2.0]), np.array([0, 2, 1])
    given = {
        "list": (times.tolist(), seen.tolist()),
        "array": (times, seen),
        "DataArray": (xr.DataArray(seen, {"time": times}, ("time",)), None),
    }[form]
    found = model.predict_proba(*given)
    assert isinstance(found, xr.DataArray)
    assert found.dims == ("time", "state")
    np.testing.assert_array_equal(found.time, times)
    np.testing.assert_allclose(found.sum("state"), 1.0)


@pytest.mark.parametrize("wrap", [list, tuple, lambda x: dict(enumerate(x))])
def test_several_sequences_have_a_posterior_each(wrap):
    model = MarkovJump.from_rates(THREE, misread=0.1)
    times = [np.array([0.0, 0.5, 2.0]), np.array([1.0, 1.1])]
    seen = [np.array([0, 2, 1]), np.array([1, -1])]
    found = model.predict_proba(wrap(times), wrap(seen))
    assert [f.sizes["time"] for f in found] == [3, 2]
    for own, t, s in zip(found, times, seen, strict=True):
        xr.testing.assert_allclose(own, model.predict_proba(t, s), rtol=1e-12)


def test_a_reading_added_as_missing_changes_no_other_posterior():
    model = MarkovJump.from_rates(THREE, misread=0.1)
    times, seen = np.array([0.0, 0.5, 2.0]), np.array([0, 2, 1])
    plain = model.predict_proba(times, seen)
    between = model.predict_proba([0.0, 0.3, 0.5, 2.0, 9.0], [0, -1, 2, 1, -1])
    np.testing.assert_allclose(between.sel(time=times), plain, atol=1e-12)
    # Seven seconds after the last reading only the long run is known: exp(-7 x 2.2) of it is left.
    np.testing.assert_allclose(between[-1], model.stationary_, atol=1e-5)


def test_readings_without_error_leave_no_doubt():
    model = MarkovJump.from_rates(THREE)
    found = model.predict_proba([0.0, 0.4, 0.5], [2, 0, 1])
    np.testing.assert_allclose(found, np.eye(3)[[2, 0, 1]])


# Rates that are known.


def test_a_known_model_does_not_share_its_memory():
    rates, initial = THREE.copy(), np.array([0.2, 0.3, 0.5])
    model = MarkovJump.from_rates(rates, initial=initial)
    rates[...] = 0.0
    initial[...] = 0.0
    np.testing.assert_array_equal(model.rates_, THREE)
    np.testing.assert_array_equal(model.initial_, [0.2, 0.3, 0.5])


def test_the_first_state_is_uniform_where_the_long_run_depends_on_it():
    model = MarkovJump.from_rates(np.zeros((4, 4)))
    np.testing.assert_array_equal(model.initial_, 0.25)
    assert np.isnan(model.stationary_).all()
    assert np.isinf(model.holding_time_).all()
    assert np.isinf(model.mean_first_passage_.values[~np.eye(4, dtype=bool)]).all()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"misread": "learn"}, "misread"),
        ({"misread": -0.1}, "misread"),
        ({"misread": 0.5}, "misread.*below 0.5"),
        ({"misread": np.nan}, "misread"),
        ({"initial": [1.0]}, "initial"),
        ({"initial": [1.5, -0.5]}, "initial"),
        ({"initial": [np.nan, 1.0]}, "initial"),
        ({"initial": [[0.5, 0.5]]}, "initial"),
    ],
)
def test_what_makes_no_known_model_is_named(options, said):
    with pytest.raises(OptionError, match=said):
        MarkovJump.from_rates(TWO, **options)


@pytest.mark.parametrize("call", ["score", "predict_proba", "sample", "plot"])
def test_what_needs_a_fit_says_so(call):
    arguments = {"sample": ([0.0, 1.0],), "plot": ()}.get(call, ([0.0, 1.0], [0, 1]))
    with pytest.raises(NotFittedError):
        getattr(MarkovJump(2), call)(*arguments)


# Samples.


@pytest.mark.parametrize("start", [-50.0, 0.0, 1e4])
def test_a_sample_lies_on_the_clock_that_was_given(start):
    times = start + np.array([0.0, 0.1, 0.7, 5.0])
    found = MarkovJump.from_rates(THREE, misread=0.1).sample(times, random_state=1)
    np.testing.assert_array_equal(found.time, times)
    assert found.time.attrs["units"] == found.jump_time.attrs["units"] == "s"
    assert float(found.jump_time[0]) == start
    assert (np.diff(found.jump_time) > 0).all()
    assert float(found.jump_time[-1]) <= times[-1]
    # A jump leads elsewhere; the state at a time is that of the last jump before it.
    assert (np.diff(found.jump_state) != 0).all()
    for t, state in zip(times, found.state.values, strict=True):
        before = found.jump_time.values <= t
        assert state == found.jump_state.values[before][-1]


def test_without_misreading_what_is_read_is_the_state():
    found = MarkovJump.from_rates(THREE).sample(np.arange(200.0), random_state=2)
    np.testing.assert_array_equal(found.state, found.reading)


def test_a_generator_goes_on_where_it_stood():
    model = MarkovJump.from_rates(THREE)
    rng = np.random.default_rng(3)
    first, second = (model.sample(np.arange(50.0), random_state=rng) for _ in range(2))
    assert not first.state.equals(second.state)
    assert first.identical(model.sample(np.arange(50.0), random_state=3))


@pytest.mark.parametrize(
    ("times", "error", "said"),
    [
        ([], SchemaError, "times"),
        ([[0.0, 1.0]], SchemaError, "times"),
        ([0.0, 2.0, 1.0], TimeError, "does not increase from place 1"),
        ([0.0, 0.0], TimeError, "does not increase"),
        ([0.0, np.nan], TimeError, "NaN"),
    ],
)
def test_times_that_cannot_be_read_at_are_refused(times, error, said):
    with pytest.raises(error, match=said):
        MarkovJump.from_rates(TWO).sample(times, random_state=0)


def test_a_sample_at_one_time_is_of_the_first_state():
    model = MarkovJump.from_rates(TWO, initial=[0.0, 1.0])
    found = model.sample([3.0], random_state=0)
    assert found.reading.values.tolist() == [1]
    assert found.jump_time.values.tolist() == [3.0]


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 20.0))
def test_scores_of_rates_and_time_scale_together(seed, factor):
    data = readings(TWO, 12, seed=seed, misread=0.1)
    plain = MarkovJump.from_rates(TWO, misread=0.1).score(data.time, data.reading)
    scaled = MarkovJump.from_rates(TWO / factor, misread=0.1).score(
        data.time * factor, data.reading
    )
    assert scaled == pytest.approx(plain, rel=1e-7)


# Parameters, stores, text.


def test_a_learned_misreading_has_an_error_and_a_given_one_has_none(three, fitted):
    learned = MarkovJump(3, misread="learn").fit(three.time, three.reading)
    assert 0 < learned.misread_ < 0.2
    assert learned.misread_standard_error_ > 0
    assert learned.log_likelihood_ >= fitted.log_likelihood_ - 1e-6
    assert np.isnan(fitted.misread_standard_error_)
    assert fitted.misread_ == 0.05


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_both_stores_keep_the_fit(fitted, three, tmp_path, suffix):
    path = tmp_path / f"fit{suffix}"
    fitted.save(path)
    back = MarkovJump.load(path)
    for name in ("rates_", "standard_errors_", "initial_", "mean_first_passage_"):
        assert_same(getattr(back, name), getattr(fitted, name))
    assert back.get_params() == fitted.get_params()
    assert back.score(three.time, three.reading) == fitted.score(three.time, three.reading)


def test_a_forbidden_jump_is_kept_out_whatever_the_type_of_the_mask(three):
    allowed = np.array([[0, 1, 0], [1, 0, 1], [1, 1, 0]])
    found = [
        MarkovJump(3, misread=0.05, allowed=a).fit(three.time, three.reading)
        for a in (allowed, allowed.astype(bool), allowed.tolist(), allowed + np.eye(3, dtype=int))
    ]
    assert found[0].rates_.values[0, 2] == 0.0
    assert np.isnan(found[0].standard_errors_.values[0, 2])
    for other in found[1:]:
        assert other.rates_.identical(found[0].rates_)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_states": True}, "n_states"),
        ({"n_states": 2.0}, "n_states"),
        ({"max_iter": "many"}, "max_iter"),
        ({"tol": np.nan}, "tol"),
        ({"misread": None}, "misread"),
        ({"allowed": [[True, True]]}, r"allowed.*shape \(1, 2\)"),
        ({"allowed": np.ones((2, 2))}, "allowed.*float64"),
    ],
)
def test_a_parameter_of_a_wrong_kind_is_named(options, said):
    with pytest.raises(OptionError, match=said):
        MarkovJump(**{"n_states": 2, **options}).fit(np.arange(4.0), [0, 1, 0, 1])


def test_whole_numbers_of_numpy_are_whole_numbers():
    with pytest.warns(ConvergenceWarning, match="1 steps|2 steps"):
        model = MarkovJump(np.int64(2), max_iter=np.int32(1)).fit(
            np.arange(6.0), [0, 1, 0, 0, 1, 0]
        )
    assert model.rates_.sizes == {"state": 2, "state_next": 2}


def test_the_text_of_a_model_names_what_was_chosen():
    text = repr(MarkovJump(3, misread=0.05))
    assert "MarkovJump" in text
    assert "misread=0.05" in text
