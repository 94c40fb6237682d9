"""What users give: bins, widths and names of neurons, in every form that is allowed."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import LabelError, OptionError, SchemaError, TimeError
from neurokit.flows.given import bin_width, gather, neuron_mask

LABELS = np.array(["a", "b", "c", "d"])


def _array(n_bins=10, rate=50.0, trials=None, labels=LABELS, seed=0):
    rng = np.random.default_rng(seed)
    shape = (n_bins, len(labels)) if trials is None else (trials, n_bins, len(labels))
    dims = ("time", "neuron") if trials is None else ("trial", "time", "neuron")
    time = xr.DataArray(np.arange(n_bins) / rate, dims="time", attrs={"sampling_rate": rate})
    values = rng.poisson(1.0, shape).astype(float)
    return xr.DataArray(values, dims=dims, coords={"time": time, "neuron": labels})


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (["b"], [False, True, False, False]),
        ("b", [False, True, False, False]),
        (["a", "d"], [True, False, False, True]),
        ([0, 3], [True, False, False, True]),
        ([-1], [False, False, False, True]),
        (np.array([1], dtype=np.int8), [False, True, False, False]),
        ([True, False, False, True], [True, False, False, True]),
        (xr.DataArray(["c"], dims="neuron"), [False, False, True, False]),
        (["b", "b"], [False, True, False, False]),
    ],
)
def test_neurons_are_chosen_by_name_place_or_truth(chosen, expected):
    assert neuron_mask(chosen, LABELS).tolist() == expected


@pytest.mark.parametrize(
    ("chosen", "error", "match"),
    [
        (["x"], LabelError, "no neuron 'x'"),
        (["a", "aa"], LabelError, "no neuron 'aa'"),
        ([4], LabelError, "place 4 of 4"),
        ([-5], LabelError, "place 5 of 4"),
        ([True, False], LabelError, "2 values for 4"),
        (LABELS, OptionError, "chooses 4 of 4"),
        ([], LabelError, "no neuron|chooses 0"),
        ([False] * 4, OptionError, "chooses 0 of 4"),
        (range(4), OptionError, "chooses 4 of 4"),
    ],
)
def test_neurons_that_cannot_be_chosen_are_named(chosen, error, match):
    with pytest.raises((error, OptionError), match=match):
        neuron_mask(chosen, LABELS)


def test_masks_are_copies():
    chosen = np.array([True, False, False, False])
    mask = neuron_mask(chosen, LABELS)
    mask[1] = True
    assert not chosen[1]


def test_the_width_of_a_bin_comes_from_the_data():
    assert bin_width(_array(rate=50.0), None) == pytest.approx(0.02)
    assert bin_width([_array(rate=50.0)] * 2, None) == pytest.approx(0.02)
    assert bin_width({"one": _array(rate=50.0)}, None) == pytest.approx(0.02)
    assert bin_width(_array(rate=50.0), 0.02) == 0.02


def test_plain_arrays_need_a_width():
    with pytest.raises(OptionError, match="is not given"):
        bin_width(np.zeros((5, 2)), None)
    assert bin_width(np.zeros((5, 2)), 0.1) == 0.1
    assert bin_width(np.zeros((5, 2)), np.float32(0.5)) == 0.5


@pytest.mark.parametrize("bin_s", [0.0, -0.1, np.nan, np.inf, True, "0.1", None])
def test_widths_that_are_none_are_refused(bin_s):
    with pytest.raises(OptionError, match="bin_s"):
        bin_width(np.zeros((5, 2)), bin_s)


def test_a_width_that_the_data_contradict_is_refused():
    with pytest.raises(OptionError, match="50 bins per second"):
        bin_width(_array(rate=50.0), 0.05)
    with pytest.raises(OptionError, match="bins per second"):
        bin_width([_array(rate=50.0), _array(rate=100.0)], None)


def test_trials_of_every_form_give_the_same_rows():
    together = _array(6, trials=3)
    apart = [together.isel(trial=k, drop=True) for k in range(3)]
    one, other = gather(together), gather(apart)
    np.testing.assert_array_equal(one.data.values, other.data.values)
    np.testing.assert_array_equal(one.data.offsets, [0, 6, 12, 18])
    np.testing.assert_array_equal(other.data.offsets, [0, 6, 12, 18])
    plain = gather(together.values)
    np.testing.assert_array_equal(plain.data.values, one.data.values)
    assert one.trials.labels.tolist() == LABELS.tolist()


def test_inputs_follow_the_bins():
    x = _array(6, trials=2)
    inputs = np.arange(24.0).reshape(2, 6, 2)
    found = gather(x, inputs)
    np.testing.assert_array_equal(found.data.inputs, inputs.reshape(12, 2))
    assert found.input_labels.size == 2


@pytest.mark.parametrize("bad", [np.zeros((2, 5, 1)), np.full((2, 6, 1), np.nan)])
def test_inputs_that_do_not_fit_are_refused(bad):
    with pytest.raises(SchemaError, match="inputs"):
        gather(_array(6, trials=2), bad)


def test_infinities_are_refused_and_gaps_are_kept():
    x = _array(6)
    x[0, 0] = np.inf
    with pytest.raises(SchemaError, match="infinities"):
        gather(x)
    x[0, 0] = np.nan
    found = gather(x)
    assert not found.data.seen[0, 0]
    assert found.data.seen.sum() == 23


def test_counts_are_told_from_signals():
    assert gather(_array(6)).are_counts
    assert not gather(_array(6) + 0.5).are_counts
    assert not gather(-_array(6, seed=1) - 1).are_counts
    holes = _array(6)
    holes[2] = np.nan
    assert gather(holes).are_counts


def test_roots_keep_gaps_and_inputs():
    x = _array(6)
    x[1, 2] = np.nan
    found = gather(x, np.ones((6, 1)))
    roots = found.roots()
    np.testing.assert_allclose(roots.values, np.sqrt(found.data.values))
    np.testing.assert_array_equal(roots.seen, found.data.seen)
    np.testing.assert_array_equal(roots.inputs, found.data.inputs)


def test_a_clock_that_states_no_rate_is_taken_at_the_users_word_unless_it_contradicts():
    rng = np.random.default_rng(0)
    clock = np.cumsum(rng.uniform(0.09, 0.11, 50))
    irregular = xr.DataArray(np.zeros((50, 2)), {"time": clock}, ("time", "neuron"))
    width = float(np.diff(clock).mean())
    assert bin_width(irregular, width) == width
    with pytest.raises(OptionError, match="bins per second"):
        bin_width(irregular, 0.02)
    with pytest.raises(TimeError, match="sampling_rate"):
        bin_width(irregular, None)
