"""Standard errors: against closed forms, the bootstrap and many repetitions; and S by held-out."""

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.states import GLMHMM, match_states, select_states
from neurokit.states.selection import count_parameters, fewest


def test_one_state_has_the_errors_of_a_glm():
    rng = np.random.default_rng(0)
    counts = rng.poisson(2.0, (500, 1)).astype(float)
    model = GLMHMM(1, history=None, link="exp", tol=1e-12).fit(counts)
    for method in ("observed", "complete"):
        found = model.standard_errors(counts, method=method)
        assert found.bias.values[0, 0] == pytest.approx(1 / np.sqrt(counts.sum()), rel=1e-3)
        assert found.attrs["method"] == method


def test_a_gaussian_state_has_the_errors_of_mean_and_variance():
    values = np.random.default_rng(0).normal(1.0, 2.0, (400, 2))
    model = GLMHMM(1, observation="gaussian", history=None, tol=1e-12).fit(values)
    found = model.standard_errors(values)
    np.testing.assert_allclose(found.bias[0], values.std(axis=0) / 20.0, rtol=1e-3)
    np.testing.assert_allclose(found.scale[0], values.var(axis=0) * np.sqrt(2 / 400), rtol=1e-3)


def test_not_knowing_the_states_makes_errors_larger(two_states):
    counts, _ = two_states
    # With a canonical link the Fisher information is the observed one of known states.
    model = GLMHMM(2, history=2, link="exp", random_state=0).fit(counts)
    observed = model.standard_errors(counts, method="observed")
    complete = model.standard_errors(counts, method="complete")
    for name in ("bias", "weights", "transition"):
        assert (observed[name] >= 0.999 * complete[name]).all(), name
        assert (observed[name] < 3 * complete[name]).all(), name
    assert observed.weights.dims == ("state", "post", "pre")
    auto = model.standard_errors(counts)
    assert auto.attrs["method"] == "observed"
    np.testing.assert_allclose(auto.bias, observed.bias)


def test_sums_over_basis_functions_have_their_own_errors(two_states):
    counts, _ = two_states
    history = {"n_lags": 4, "decay": [0.5, 3.0]}
    model = GLMHMM(2, history=history, random_state=0).fit(counts)
    for method in ("observed", "complete"):
        found = model.standard_errors(counts, method=method)
        # Basis functions overlap, so that their weights are known less well than their sum.
        apart = np.sqrt(np.square(found.basis_weights).sum("basis"))
        assert (found.weights < apart).mean() > 0.8


def test_what_cannot_happen_has_no_error():
    counts = np.random.default_rng(0).poisson([[0.1], [6.0]], (2, 200)).astype(float)[..., None]
    start = {"bias": [[-2.0], [2.0]], "transition": np.eye(2), "initial": [0.5, 0.5]}
    model = GLMHMM(2, history=None, link="exp", init=start).fit(counts)
    found = model.standard_errors(counts)
    assert (found.transition.values[~np.eye(2, dtype=bool)] == 0).all() or np.isnan(
        found.transition.values[~np.eye(2, dtype=bool)]
    ).all()
    assert np.isfinite(found.bias).all()


def test_a_shared_bias_is_known_from_all_states(two_states):
    counts, _ = two_states
    model = GLMHMM(2, history=2, bias="shared", random_state=0).fit(counts)
    found = model.standard_errors(counts)
    assert found.bias.dims == ("neuron",)
    assert np.isfinite(found.bias).all()


def test_the_bootstrap_is_about_the_standard_errors(two_states):
    counts, _ = two_states
    many = np.concatenate([counts, counts[:, ::-1]])
    model = GLMHMM(2, history=None, random_state=0).fit(many)
    draws = model.bootstrap(many, n_resamples=40, random_state=0)
    assert draws.bias.dims == ("resample", "state", "neuron")
    # 40 draws over 12 trials: within a factor of about two.
    ratio = draws.bias.std("resample") / model.standard_errors(many).bias
    assert ((ratio > 0.4) & (ratio < 2.0)).all()
    # States keep their order in every draw.
    assert (np.sign(draws.bias - draws.bias.mean("state")).std("resample") == 0).all()


def test_the_bootstrap_is_the_same_for_any_number_of_workers(two_states):
    counts, _ = two_states
    model = GLMHMM(2, history=None, n_restarts=1, random_state=0).fit(counts)
    first, again = (
        model.bootstrap(counts, n_resamples=4, random_state=1, n_jobs=n) for n in (1, 2)
    )
    assert first.bias.values.tobytes() == again.bias.values.tobytes()
    with pytest.raises(OptionError, match="at least two trials"):
        model.bootstrap(counts[0])


def test_the_number_of_states_is_found_and_bytes_repeat(two_states):
    counts, _ = two_states
    options = {"history": None, "n_states": [1, 2, 3], "n_folds": 3, "n_restarts": 1, "tol": 1e-5}
    first = select_states(counts, random_state=0, **options)
    again = select_states(counts, random_state=0, n_jobs=2, **options)
    assert first.best_n_states == 2
    assert first.log_likelihood.dims == ("n_states", "fold")
    assert first.log_likelihood.values.tobytes() == again.log_likelihood.values.tobytes()
    assert int(np.argmin(first.bic.values)) == 1
    by_bic = select_states(counts, random_state=0, criterion="bic", **options)
    assert by_bic.best_n_states == 2


def test_one_long_recording_is_cut_into_pieces(two_states):
    counts, _ = two_states
    found = select_states(
        counts.reshape(-1, 2), n_states=[1, 2], history=None, n_restarts=2, random_state=0
    )
    assert found.best_n_states == 2
    with pytest.raises(OptionError, match="several trials"):
        select_states(counts[0, :10], n_states=[1, 2], history=None)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"n_states": []}, "n_states"),
        ({"n_folds": 1}, "n_folds"),
        ({"criterion": "cv"}, "held_out"),
        ({"n_states": [0, 1]}, "n_states"),
    ],
)
def test_wrong_options_of_the_selection_are_named(options, argument):
    with pytest.raises(OptionError, match=argument):
        select_states(np.ones((40, 1)), **options)


def test_free_parameters_are_counted():
    data = np.random.default_rng(0).poisson(1.0, (50, 3)).astype(float)
    for options, expected in (
        ({"history": None}, 2 * 3 + 2 + 1),
        ({"history": 2}, 2 * 3 * 4 + 2 + 1),
        ({"history": 2, "coupling": False}, 2 * 3 * 2 + 2 + 1),
        ({"history": None, "bias": "shared"}, 3 + 2 + 1),
        ({"history": None, "observation": "gaussian", "initial": "uniform"}, 2 * 6 + 2),
    ):
        model = GLMHMM(2, **options)
        _, prepared, _ = model.prepare(data)
        assert count_parameters(model.make_problem(prepared), prepared) == expected


def test_the_fewest_states_within_an_error_are_taken():
    clear = np.array([[0.0, 0.0, 0.1], [1.0, 1.1, 0.9], [1.01, 1.09, 0.92]])
    assert fewest([1, 2, 3], clear) == 2
    assert fewest([1, 2, 3], clear[::-1]) == 1


def _recovery(seed, n_trials=12):
    truth = GLMHMM.from_parameters(
        transition=[[0.95, 0.05], [0.1, 0.9]], bias=[[-1.0, 0.5], [0.7, -0.7]],
        input_weights=[[[0.8], [0.0]], [[-0.6], [0.5]]], history=None, link="exp",
        initial=[0.5, 0.5],
    )  # fmt: skip
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n_trials, 150, 1))
    drawn = truth.sample(150, n_trials, inputs=inputs, random_state=rng).response
    start = {
        name: getattr(truth, f"{name}_").values for name in ("bias", "input_weights", "transition")
    }
    model = GLMHMM(2, history=None, link="exp", init=start, tol=1e-9).fit(drawn, inputs)
    errors = model.standard_errors(drawn, inputs)
    inside = []
    for name in ("bias", "input_weights", "transition"):
        z = (getattr(model, f"{name}_") - getattr(truth, f"{name}_").values) / errors[name]
        inside.append((np.abs(z) < 1.96).values.ravel())
    return np.concatenate(inside)


def _coverage(n_fits):
    share = float(np.mean([_recovery(seed) for seed in range(n_fits)]))
    print(f"coverage of 95 % intervals over {n_fits} fits: {share:.3f}")
    return share


@pytest.mark.slow
def test_intervals_cover_the_truth():
    # 30 fits x 12 correlated numbers: standard error about .015.
    assert 0.90 <= _coverage(30) <= 0.985


@pytest.mark.nightly
def test_intervals_cover_the_truth_in_100_fits():
    assert 0.90 <= _coverage(100) <= 0.98


@pytest.mark.slow
def test_slopes_of_driven_transitions_are_found():
    slopes = np.zeros((2, 2, 2))
    slopes[0, 1], slopes[1, 0] = [1.0, -0.5], [-0.8, 0.3]
    truth = GLMHMM.from_parameters(
        transition=[[0.93, 0.07], [0.1, 0.9]], bias=[[-1.0], [1.5]], history=None, link="exp",
        transition_weights=slopes,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(20_000, 2))
    drawn = truth.sample(20_000, transition_inputs=inputs, random_state=1)
    response = drawn.response.isel(trial=0)
    model = GLMHMM(
        2, history=None, link="exp", transitions="input", n_restarts=2, random_state=0
    ).fit(response, transition_inputs=inputs)
    model.reorder(
        match_states(drawn.state.values[0], model.decode(response, transition_inputs=inputs).values)
    )
    errors = model.standard_errors(response, transition_inputs=inputs).transition_weights.values
    off = ~np.eye(2, dtype=bool)
    z = (model.transition_weights_.values - slopes)[off] / errors[off]
    print(f"z of slopes: {z.round(2).tolist()}")
    assert (np.abs(z) < 3).all()


def _selected(n_true, seed, *, n_trials=20, n_folds=5, n_restarts=3, most=2, tol=1e-6):
    rng = np.random.default_rng(1000 * n_true + seed)
    transition = np.full((n_true, n_true), 0.06 / (n_true - 1))
    np.fill_diagonal(transition, 0.94)
    rates = rng.permuted(np.tile(np.linspace(0.15, 3.0, n_true), (6, 1)), axis=1).T
    truth = GLMHMM.from_parameters(
        transition=transition, bias=np.log(rates), history=None, link="exp"
    )
    drawn = truth.sample(150, n_trials, random_state=rng).response
    found = select_states(
        drawn, n_states=range(max(n_true - 1, 1), n_true + most + 1), n_folds=n_folds,
        history=None, link="exp", n_restarts=n_restarts, random_state=seed, tol=tol,
    )  # fmt: skip
    return found.best_n_states


@pytest.mark.slow
@pytest.mark.parametrize("n_true", [2, 3, 5])
def test_the_true_number_of_states_is_selected(n_true):
    """One seed, 12 trials, 3 folds and one state too many; ten seeds of the full size: nightly."""
    found = _selected(n_true, 0, n_trials=12, n_folds=3, n_restarts=2, most=1, tol=1e-5)
    assert found == n_true


@pytest.mark.nightly
@pytest.mark.parametrize("n_true", [2, 3, 5])
def test_the_true_number_of_states_is_selected_8_of_10_times(n_true):
    found = [_selected(n_true, seed) for seed in range(10)]
    print(f"{n_true} states: {found}")
    assert sum(n == n_true for n in found) >= 8
