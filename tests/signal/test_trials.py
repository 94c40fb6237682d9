"""What users may give as data, and that results come back in the same form."""

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, SchemaError
from neurokit.schema import activity, recording
from neurokit.signal.trials import as_trials, rows_like


def _counts(*shape):
    return np.random.default_rng(0).poisson(1.0, shape).astype(float)


def _rec(values, **options):
    names = [f"n{i}" for i in range(values.shape[-1])]
    group = activity(values, names=names, rate=10.0, space="neuron", **options)
    return recording({"activity": group}, modality="spikes")


@pytest.mark.parametrize(
    ("shape", "offsets"), [((6,), [0, 6]), ((6, 2), [0, 6]), ((3, 6, 2), [0, 6, 12, 18])]
)
def test_plain_arrays_are_time_neuron_or_trial_time_neuron(shape, offsets):
    values = _counts(*shape)
    found = as_trials(values)
    np.testing.assert_array_equal(found.offsets, offsets)
    np.testing.assert_array_equal(
        found.values, values.reshape(-1, shape[-1] if len(shape) > 1 else 1)
    )


def test_dims_may_come_in_any_order():
    values = xr.DataArray(_counts(3, 6, 2), dims=("trial", "time", "neuron"))
    found = as_trials(values.transpose("neuron", "time", "trial"))
    np.testing.assert_array_equal(found.values, as_trials(values).values)


def test_one_series_needs_no_neuron_dim():
    choices = xr.DataArray(_counts(4, 5), dims=("trial", "time"))
    assert as_trials(choices).values.shape == (20, 1)


def test_padding_at_a_trials_end_is_left_out_and_comes_back_as_nan():
    values = _counts(2, 5, 2)
    values[1, 3:] = np.nan
    values[0, 1] = np.nan
    found = as_trials(values)
    np.testing.assert_array_equal(found.offsets, [0, 5, 8])
    back = found.labelled(np.ones((8, 3)), "p", {"state": np.arange(3)})
    assert back.dims == ("trial", "time", "state")
    assert back.isnull().sum() == 2 * 3
    path = found.labelled(np.ones(8, dtype=np.int64), "state", {})
    assert (path.values[1, 3:] == -1).all()


def test_an_all_missing_trial_is_not_padding():
    values = _counts(2, 5, 2)
    values[1] = np.nan
    np.testing.assert_array_equal(as_trials(values).offsets, [0, 5, 10])


def test_a_change_of_run_ends_a_trial():
    values = xr.DataArray(
        _counts(6, 2), dims=("time", "neuron"), coords={"run": ("time", [0, 0, 1, 1, 1, 2])}
    )
    np.testing.assert_array_equal(as_trials(values).offsets, [0, 2, 5, 6])


def test_recordings_give_their_signal_with_labels_and_masks():
    values = _counts(6, 2)
    rec = _rec(values, observed=np.array([[True, False]] * 6))
    found = as_trials(rec)
    assert list(found.labels) == ["n0", "n1"]
    assert np.isnan(found.values[:, 1]).all()
    assert not np.isnan(found.values[:, 0]).any()
    back = found.labelled(np.ones((6, 1)), "x", {"state": [0]})
    np.testing.assert_allclose(back.time, np.arange(6) / 10.0)


def test_lists_and_mappings_come_back_as_such():
    pieces = [_counts(4, 2), _counts(7, 2)]
    rows = np.arange(11.0)[:, None]
    listed = as_trials(pieces).labelled(rows, "x", {"state": [0]})
    assert [len(one) for one in listed] == [4, 7]
    mapped = as_trials({"a": pieces[0], "b": pieces[1]}).labelled(rows, "x", {"state": [0]})
    assert list(mapped) == ["a", "b"]
    np.testing.assert_array_equal(mapped["b"].values[:, 0], np.arange(4.0, 11.0))


@pytest.mark.parametrize(
    ("X", "error"),
    [
        ([], SchemaError),
        (np.zeros((0, 2)), SchemaError),
        (np.zeros((1, 1, 1, 1)), SchemaError),
        (np.array(["a", "b"]), SchemaError),
        (xr.DataArray(np.zeros((3, 2)), dims=("trial", "neuron")), SchemaError),
        (xr.DataArray(np.zeros((3, 2, 2)), dims=("time", "neuron", "lag")), SchemaError),
        ([np.zeros((3, 2)), np.zeros((3, 1))], LabelError),
        (xr.Dataset(), SchemaError),
    ],
)
def test_what_is_no_data_is_refused_by_argument(X, error):
    with pytest.raises(error, match="X"):
        as_trials(X)


def test_other_labels_in_a_later_trial_are_an_error():
    first = xr.DataArray(np.zeros((3, 2)), dims=("time", "neuron"), coords={"neuron": ["a", "b"]})
    with pytest.raises(LabelError, match="other labels"):
        as_trials([first, first.assign_coords(neuron=["b", "a"])])


def test_inputs_follow_the_form_of_the_data_and_lose_padding_with_it():
    values = _counts(2, 5, 2)
    values[1, 3:] = np.nan
    trials = as_trials(values)
    inputs = np.arange(10.0).reshape(2, 5)
    rows, labels = rows_like(inputs, trials, "inputs")
    np.testing.assert_array_equal(rows[:, 0], [0, 1, 2, 3, 4, 5, 6, 7])
    assert list(labels) == ["0"]
    named = xr.DataArray(
        np.zeros((3, 5, 2)), dims=("feature", "time", "trial"), coords={"feature": ["a", "b", "c"]}
    )
    rows, labels = rows_like(named, trials, "inputs")
    assert rows.shape == (8, 3)
    assert list(labels) == ["a", "b", "c"]


def test_exposure_may_be_one_number():
    trials = as_trials(_counts(4, 2))
    rows, _ = rows_like(0.02, trials, "exposure", per_bin=True)
    np.testing.assert_array_equal(rows, 0.02)
    rows, _ = rows_like(np.arange(4.0), trials, "exposure", per_bin=True)
    np.testing.assert_array_equal(rows[:, 0], np.arange(4.0))


@pytest.mark.parametrize(
    "inputs",
    [
        np.zeros((5, 2)),
        np.full((4, 1), np.nan),
        [np.zeros((4, 1)), np.zeros((4, 1))],
        np.zeros((2, 4, 1)),
    ],
)
def test_inputs_that_do_not_fit_are_refused(inputs):
    trials = as_trials(_counts(4, 2))
    with pytest.raises(SchemaError, match="inputs"):
        rows_like(inputs, trials, "inputs")


def test_inputs_on_another_clock_are_refused():
    trials = as_trials(_rec(_counts(6, 2)))
    inputs = xr.DataArray(
        np.zeros((6, 1)), dims=("time", "feature"), coords={"time": np.arange(6.0)}
    )
    with pytest.raises(LabelError, match="time axis"):
        rows_like(inputs, trials, "inputs")


def test_results_per_trial_have_the_labels_of_trials():
    array = xr.DataArray(
        np.ones((2, 3, 1)),
        {"trial": [7, 9], "side": ("trial", ["l", "r"]), "time": [0.0, 0.1, 0.2]},
        ("trial", "time", "neuron"),
    )
    found = as_trials(array).trial_coords()
    assert sorted(found) == ["side", "trial"]
    np.testing.assert_array_equal(found["trial"], [7, 9])
    one = array[0].drop_vars(["trial", "side"])
    assert as_trials({"a": one, "b": one}).trial_coords() == {"trial": ["a", "b"]}
    assert as_trials([one, one]).trial_coords() == {}
    # A change of run makes two trials of one array, which have no labels.
    cut = one.assign_coords(run=("time", [0, 0, 1]))
    assert as_trials({"a": cut}).trial_coords() == {}


def test_bins_know_their_trial_and_their_time():
    values = np.ones((2, 5, 3))
    values[0, 3:] = np.nan
    clock = 0.1 * np.arange(5)
    array = xr.DataArray(values, dims=("trial", "time", "neuron"), coords={"time": clock})
    trials = as_trials(array)
    assert trials.trial_of_bin.tolist() == [0, 0, 0, 1, 1, 1, 1, 1]
    np.testing.assert_array_equal(trials.time_of_bin, [*clock[:3], *clock])
    assert as_trials(values).time_of_bin is None
    # One array without a clock among others: none is known for all bins.
    mixed = as_trials([array[1], array[1].drop_vars("time")])
    assert mixed.time_of_bin is None
    assert mixed.trial_of_bin.tolist() == [0] * 5 + [1] * 5
    coords = {"run": ("time", [0, 0, 1, 1]), "time": [0.0, 1.0, 7.0, 8.0]}
    run = xr.DataArray(np.ones((4, 2)), dims=("time", "neuron"), coords=coords)
    assert as_trials(run).trial_of_bin.tolist() == [0, 0, 1, 1]
    assert as_trials(run).time_of_bin.tolist() == [0.0, 1.0, 7.0, 8.0]


def test_what_is_known_of_neurons_is_kept_beside_their_labels():
    array = xr.DataArray(
        np.ones((4, 2)),
        dims=("time", "neuron"),
        coords={
            "neuron": ["a", "b"], "region": ("neuron", ["x", "y"]), "depth": ("neuron", [1.0, 2.0]),
            "time": np.arange(4.0), "animal": "m1",
        },
    )  # fmt: skip
    found = as_trials(array).space_coords
    assert set(found) == {"region", "depth"}
    assert found["region"].values.tolist() == ["x", "y"]
    assert set(as_trials([array, array.drop_vars("region")]).space_coords) == {"region", "depth"}
    assert not as_trials(np.ones((4, 2))).space_coords
