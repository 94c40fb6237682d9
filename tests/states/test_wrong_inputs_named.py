"""What a stranger may get wrong with states: the argument, what was found, how to mend it."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.errors import OptionError, SchemaError
from neurokit.states import GLMHMM, forward_backward, select_states, viterbi

COUNTS = np.random.default_rng(0).poisson(1.0, (40, 2)).astype(float)
KNOWN = {"transition": np.eye(2), "bias": [[0.0], [1.0]], "history": None}


@pytest.mark.parametrize("function", [forward_backward, viterbi])
@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("log_emission", ("text", np.eye(2), [0.5, 0.5])),
        ("log_emission", ([[0.0, 0.0], [0.0]], np.eye(2), [0.5, 0.5])),
        ("transition", (np.zeros((3, 2)), [["a", "b"], ["c", "d"]], [0.5, 0.5])),
        ("initial", (np.zeros((3, 2)), np.eye(2), [None, {}])),
    ],
)
def test_chains_of_what_is_no_number_are_refused(function, name, arguments):
    with pytest.raises(OptionError, match=f"{name}: holds what is no number"):
        function(*arguments)


@pytest.mark.parametrize("code", [256.0, 5e6, 1e300])
def test_codes_with_gaps_are_no_categories(code):
    responses = np.array([0.0, 1.0, code, 0.0])[:, None]
    with pytest.raises(SchemaError, match="holds the code .* return_inverse"):
        GLMHMM(2, observation="categorical", history=None).fit(responses)


def test_as_many_categories_as_are_allowed_are_fitted():
    responses = np.array([0.0, 1.0, 19.0, 0.0] * 5)[:, None]
    model = GLMHMM(1, observation="categorical", history=None).fit(responses)
    assert model.bias_.sizes["category"] == 19


@pytest.mark.parametrize("fit", [lambda x: GLMHMM(2).fit(x), lambda x: select_states(x)])
def test_a_fit_to_nothing_is_refused(fit):
    with pytest.raises(SchemaError, match="X: holds NaN only"):
        fit(np.full((3, 30, 2), np.nan))


def test_an_object_that_is_no_prior_is_named():
    with pytest.raises(OptionError, match="prior: is 3, which has no quadratic, log_density"):
        GLMHMM(2, prior=3).fit(COUNTS)

    class Half:
        def quadratic(self):
            """Mean and precision."""

        def log_density(self, weights):
            """A number."""

    with pytest.raises(OptionError, match="has no update, advance, results"):
        GLMHMM(2, prior=Half()).fit(COUNTS)


@pytest.mark.parametrize("value", ["no", 1, None])
def test_coupling_is_true_or_false(value):
    with pytest.raises(OptionError, match="coupling: is .*True or False"):
        GLMHMM(2, coupling=value).fit(COUNTS)


def test_a_numpy_truth_is_a_truth():
    fitted = [GLMHMM(1, history=2, coupling=value).fit(COUNTS) for value in (False, np.False_)]
    np.testing.assert_array_equal(*[model.weights_ for model in fitted])


@pytest.mark.parametrize("value", [-4, 0, 4.5, True, "9"])
def test_bins_and_trials_to_draw_are_counted_in_whole_numbers(value):
    model = GLMHMM.from_parameters(**KNOWN)
    with pytest.raises(OptionError, match="n_bins: is"):
        model.sample(value)
    with pytest.raises(OptionError, match="n_trials: is"):
        model.sample(5, value)
    assert model.sample(np.int64(3), np.int32(2), random_state=0).response.shape == (2, 3, 1)


def test_history_that_is_not_finite_says_so():
    with pytest.raises(OptionError, match="history: has shape .* or holds NaN"):
        GLMHMM(2, history=[[np.nan, 1.0]]).fit(COUNTS)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"n_states": 3}, "n_states: is 3"),
        ({"n_states": [1, 2.5]}, r"n_states: is \[1, 2.5\]"),
        ({"n_states": ["two"]}, "n_states: is"),
        ({"n_folds": 2.5}, "2.5 folds"),
        ({"histroy": 3}, "did you mean 'history'"),
    ],
)
def test_options_of_a_selection_are_named(options, said):
    with pytest.raises(OptionError, match=said):
        select_states(COUNTS, **{"n_states": [1, 2], **options})
