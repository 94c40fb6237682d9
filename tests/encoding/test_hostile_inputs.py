"""Whatever a user gives, what comes back is a result or an error that says how to mend it."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.encoding import (
    RetrievalDecoder,
    SpikeGLM,
    compare,
    encoding_score,
    haufe_patterns,
    hierarchy_score,
    integration_sites,
    layer_map,
    noise_ceiling,
    retrieval_scores,
    significance,
    stimulus_features,
    variance_partition,
)
from neurokit.errors import NeurokitError
from neurokit.schema import recording, series

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")

N = 60


class _Mean:
    """An estimator of scikit-learn's kind that predicts the mean."""

    def __init__(self):
        pass

    def get_params(self, deep=True):
        return {}

    def fit(self, x, y):
        self.mean = y.mean(axis=0)
        return self

    def predict(self, x):
        return np.tile(self.mean, (len(x), 1))


CALLS = {
    "significance": lambda x, y: significance(x, y, n_draws=9, random_state=0),
    "significance by flips": lambda x, y: significance(
        x, y, method="sign_flip", blocks=2, n_draws=9, random_state=0
    ),
    "compare": lambda x, y: compare(_Mean(), _Mean(), x, y, blocks=2, n_flips=9, random_state=0),
    "variance_partition": lambda x, y: variance_partition({"a": x, "b": x}, y),
    "encoding_score": encoding_score,
    "layer_map": lambda x, y: layer_map({"a": x, "b": x}, y),
    "integration_sites": lambda x, y: integration_sites(
        {"vision": x, "language": x, "multimodal": x}, y, n_shifts=9, n_flips=9, random_state=0
    ),
    "retrieval": lambda x, y: RetrievalDecoder().fit(y, x),
    "spikes": lambda x, y: SpikeGLM(alpha=0.1).fit(x, y),
}
GOOD_X = np.random.default_rng(0).normal(size=(N, 2))
GOOD_Y = np.random.default_rng(1).poisson(1.0, size=(N, 3)).astype(float)

BAD = {
    "strings": np.full((N, 2), "a"),
    "complex numbers": GOOD_X + 1j,
    "infinity": np.where(GOOD_X > 1.5, np.inf, GOOD_X),
    "objects": np.full((N, 2), None, dtype=object),
    "too few samples": GOOD_X[:-1],
    "a single number": 3.0,
    "no sample": GOOD_X[:0],
    "dates": np.full((N, 2), np.datetime64("2020-01-01")),
}


@pytest.mark.parametrize("call", CALLS)
def test_good_input_gives_a_result(call):
    assert CALLS[call](GOOD_X, GOOD_Y) is not None


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("bad", BAD)
def test_bad_features_are_refused_with_a_mend(call, bad):
    with pytest.raises(NeurokitError) as caught:
        CALLS[call](BAD[bad], GOOD_Y)
    assert caught.value.where
    assert caught.value.mend


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("bad", BAD)
def test_bad_targets_are_refused_with_a_mend(call, bad):
    with pytest.raises(NeurokitError) as caught:
        CALLS[call](GOOD_X, BAD[bad])
    assert caught.value.where
    assert caught.value.mend


@pytest.mark.parametrize("call", [c for c in CALLS if c != "spikes"])
def test_missing_values_are_refused_where_they_cannot_be_left_out(call):
    holes = GOOD_Y.copy()
    holes[3, 1] = np.nan
    with pytest.raises(NeurokitError, match="NaN"):
        CALLS[call](GOOD_X, holes)
    with pytest.raises(NeurokitError, match="NaN"):
        CALLS[call](np.where(GOOD_X > 1.5, np.nan, GOOD_X), GOOD_Y)


@pytest.mark.parametrize("call", CALLS)
def test_a_tree_without_activity_is_refused(call):
    tree = recording(
        {"behavior": series({"speed": np.ones(N)}, rate=1.0)},
        modality="behavior",
        subject="m",
        name="m",
    )
    with pytest.raises(NeurokitError, match="no /activity"):
        CALLS[call](GOOD_X, tree)


@pytest.mark.parametrize("call", CALLS)
def test_clocks_that_differ_are_refused(call):
    time = np.arange(N) / 10
    x = xr.DataArray(GOOD_X, dims=("time", "feature"), coords={"time": time})
    y = xr.DataArray(GOOD_Y, dims=("time", "neuron"), coords={"time": time + 0.05})
    with pytest.raises(NeurokitError, match="time"):
        CALLS[call](x, y)


@pytest.mark.parametrize("call", CALLS)
def test_nothing_that_is_given_is_changed(call):
    x, y = GOOD_X.copy(), GOOD_Y.copy()
    CALLS[call](x, y)
    np.testing.assert_array_equal(x, GOOD_X)
    np.testing.assert_array_equal(y, GOOD_Y)


@pytest.mark.parametrize("call", CALLS)
def test_read_only_and_strided_arrays_are_fine(call):
    x = np.asfortranarray(np.repeat(GOOD_X, 2, axis=0))[::2]
    y = np.repeat(GOOD_Y, 2, axis=1)[:, ::2]
    x.flags.writeable = y.flags.writeable = False
    assert CALLS[call](x, y) is not None


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
def test_small_types_are_widened(call, dtype):
    x = np.rint(10 * GOOD_X).astype(dtype)
    assert CALLS[call](x, GOOD_Y.astype(dtype)) is not None


@pytest.mark.parametrize("call", [c for c in CALLS if c != "retrieval"])
def test_constant_features_and_targets_are_no_trouble(call):
    x = np.column_stack([GOOD_X, np.full(N, 7.0)])
    y = np.column_stack([GOOD_Y, np.full(N, 1.0)])
    assert CALLS[call](x, y) is not None


def test_features_of_no_column_predict_nothing_and_say_so():
    for call in ("significance", "variance_partition", "encoding_score"):
        with pytest.raises(NeurokitError, match="no feature"):
            CALLS[call](np.zeros((N, 0)), GOOD_Y)


def test_targets_of_no_column_are_refused():
    with pytest.raises(NeurokitError, match="no target"):
        CALLS["significance"](GOOD_X, np.zeros((N, 0)))


@pytest.mark.parametrize(
    "call",
    [
        lambda: noise_ceiling(np.full((3, 4, 2), "a")),
        lambda: noise_ceiling(np.ones(5)),
        lambda: noise_ceiling(np.ones((1, 5))),
        lambda: retrieval_scores(np.ones(4), np.ones((4, 2))),
        lambda: retrieval_scores(np.ones((4, 2)), np.ones((4, 2)), [0.5, 1, 2, 3]),
        lambda: retrieval_scores(np.full((4, 2), np.nan), np.ones((4, 2))),
        lambda: haufe_patterns(np.ones(3), np.ones((3, 1))),
        lambda: hierarchy_score(xr.Dataset({"depth": ("site", [0.0, 1.0])}), [1.0, 2.0]),
        lambda: hierarchy_score(xr.Dataset({"score": ("site", [0.0, 1.0])}), [1.0, 2.0]),
        lambda: layer_map([1, 2], GOOD_Y),
        lambda: variance_partition([1, 2], GOOD_Y),
        lambda: stimulus_features(nk.simulate.recording("eeg", random_state=0)),
        lambda: nk.stats.cluster_test(xr.Dataset()),
        lambda: significance(GOOD_X, GOOD_Y, n_draws=0),
        lambda: significance(GOOD_X, GOOD_Y, alphas=()),
        lambda: significance(GOOD_X, GOOD_Y, alphas=(-1.0,)),
        lambda: significance(GOOD_X, GOOD_Y, cv=1),
        lambda: significance(GOOD_X, GOOD_Y, cv=N + 1),
    ],
)
def test_other_mistakes_are_said_too(call):
    with pytest.raises(NeurokitError) as caught:
        call()
    assert caught.value.mend
