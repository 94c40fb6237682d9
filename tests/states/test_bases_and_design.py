"""History: bases, filters written out, and what they must never cross."""

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.states.bases import exponential, history_basis, raised_cosine
from neurokit.states.design_matrix import design_columns, filtered_history, own_columns_only


def test_a_number_means_the_kernel_of_the_paper():
    np.testing.assert_allclose(
        history_basis(5), [[0.6364, 0.2341, 0.0861, 0.0317, 0.0117]], atol=5e-5
    )


@pytest.mark.parametrize(
    "basis", [exponential(9, [1.0, 4.0]), raised_cosine(20, 5), raised_cosine(6, 1)]
)
def test_every_function_sums_to_one(basis):
    np.testing.assert_allclose(basis.sum(axis=1), 1.0)
    assert (basis >= 0).all()


def test_raised_cosines_peak_one_after_the_other():
    peaks = raised_cosine(40, 5).argmax(axis=1)
    assert (np.diff(peaks) > 0).all()
    assert peaks[0] == 0
    assert peaks[-1] == 39


@pytest.mark.parametrize(
    ("history", "shape"),
    [
        (None, (0, 0)),
        (3, (1, 3)),
        ({"kind": "lags", "n_lags": 4}, (4, 4)),
        ({"n_lags": 4, "decay": [1, 2]}, (2, 4)),
        ({"kind": "raised_cosine", "n_lags": 10, "n_basis": 3}, (3, 10)),
        ([[1.0, 0.5]], (1, 2)),
        (np.ones((2, 3)), (2, 3)),
    ],
)
def test_every_way_to_write_a_history(history, shape):
    assert history_basis(history).shape == shape


@pytest.mark.parametrize(
    "history",
    [
        0,
        -1,
        2.5,
        True,
        "long",
        {"kind": "wavelet", "n_lags": 3},
        {"kind": "lags"},
        {"kind": "lags", "n_lags": 3, "decay": 2},
        {"n_lags": 3, "decay": 0.0},
        [[np.nan]],
        np.zeros((1, 2, 3)),
    ],
)
def test_what_is_no_history_is_refused(history):
    with pytest.raises(OptionError, match="history"):
        history_basis(history)


def test_filters_are_sums_over_the_past_of_the_trial():
    rng = np.random.default_rng(0)
    values, basis, offsets = rng.poisson(1.0, (12, 2)).astype(float), rng.random((3, 4)), [0, 7, 12]
    found = filtered_history(values, basis, np.array(offsets)).reshape(12, 2, 3)
    for a, b in ((0, 7), (7, 12)):
        for t in range(a, b):
            for lag in range(1, 5):
                if t - lag >= a:
                    found[t] -= values[t - lag][:, None] * basis[:, lag - 1]
    np.testing.assert_allclose(found, 0.0, atol=1e-14)


def test_history_never_crosses_a_trial_boundary():
    values = np.ones((6, 1))
    found = filtered_history(values, np.ones((1, 3)), np.array([0, 3, 6]))
    np.testing.assert_array_equal(found[:, 0], [0, 1, 2, 0, 1, 2])


def test_a_missing_response_enters_later_filters_as_the_fill():
    values = np.array([[1.0], [np.nan], [2.0], [0.0]])
    columns = design_columns(values, np.array([0.7]), np.eye(2), np.zeros((4, 0)), np.array([0, 4]))
    np.testing.assert_allclose(columns[:, 0], [0, 1, 0.7, 2])
    np.testing.assert_allclose(columns[:, 1], [0, 0, 1, 0.7])
    np.testing.assert_allclose(columns[:, -1], 1.0)


def test_neurons_without_coupling_see_their_own_history_and_all_inputs():
    allowed = own_columns_only(2, 2, 6)
    np.testing.assert_array_equal(allowed, [[1, 1, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1]])
