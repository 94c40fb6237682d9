"""What a factorization takes, and how it says no."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.connectome.inputs import as_float, as_labelled, as_mask, as_start
from neurokit.errors import LabelError, NeurokitError, OptionError, SchemaError


def a_tensor():
    return xr.DataArray(
        np.arange(12.0).reshape(3, 4), {"time": [0.0, 1.0, 2.0, 3.0]}, ["pair", "time"]
    )


def test_arrays_get_plain_names():
    assert as_labelled(np.zeros((2, 3, 4))).dims == ("axis_0", "axis_1", "axis_2")
    assert as_labelled([[1.0, 2.0], [3.0, 4.0]]).shape == (2, 2)


@pytest.mark.parametrize("shape", [(3,), (1, 2, 3, 4, 5)])
def test_only_two_to_four_modes_are_taken(shape):
    with pytest.raises(SchemaError, match=f"has {len(shape)} modes"):
        as_labelled(np.zeros(shape))


def test_recordings_are_sent_to_affinity():
    recs = nk.simulate.worms(n_animals=1, n_neurons=12, random_state=0).recordings
    for given in (recs, recs["worm1"]):
        with pytest.raises(SchemaError, match="affinity"):
            as_labelled(given)


@pytest.mark.parametrize("dtype", [np.float16, np.int16, np.uint8, bool, np.float32, np.float64])
def test_numbers_become_float64(dtype):
    assert as_float(xr.DataArray(np.ones((2, 2), dtype))).dtype == np.float64
    assert as_float(xr.DataArray(np.ones((2, 2), dtype)), "float32").dtype == np.float32


def test_large_float32_tensors_stay_what_they_are(monkeypatch):
    monkeypatch.setattr("neurokit.connectome.inputs._SMALL", 3)
    values = np.ones((2, 2), np.float32)
    found = as_float(xr.DataArray(values))
    assert np.shares_memory(found, values)
    assert as_float(xr.DataArray(values), "float64").dtype == np.float64
    assert as_float(xr.DataArray(values.astype(np.float64))).dtype == np.float64
    with pytest.raises(OptionError, match="dtype"):
        as_float(xr.DataArray(values), "float16")


@pytest.mark.parametrize("values", [np.array([["a", "b"]]), np.array([[1j, 2.0]])])
def test_what_is_no_real_number_is_refused(values):
    with pytest.raises(SchemaError, match="real numbers"):
        as_float(xr.DataArray(values))


def test_infinity_is_refused_and_nan_is_not():
    with pytest.raises(SchemaError, match="infinities"):
        as_float(xr.DataArray([[1.0, np.inf]]))
    assert np.isnan(as_float(xr.DataArray([[1.0, np.nan]]))).any()


def test_a_mask_may_lack_dims_and_come_in_any_order():
    x = a_tensor()
    along = xr.DataArray([True, False, True], dims="pair")
    np.testing.assert_array_equal(as_mask(along, x)[1], False)
    turned = xr.DataArray(np.eye(4, 3, dtype=bool), {"time": x.time}, ["time", "pair"])
    np.testing.assert_array_equal(as_mask(turned, x), np.eye(3, 4, dtype=bool))
    np.testing.assert_array_equal(as_mask(np.array([True] * 3 + [False]), x)[:, 3], False)


@pytest.mark.parametrize(
    ("mask", "error"),
    [
        (np.ones((4, 3), dtype=bool), SchemaError),
        (xr.DataArray([True], dims="animal"), SchemaError),
        (xr.DataArray([True] * 4, {"time": [9.0, 1.0, 2.0, 3.0]}, ["time"]), LabelError),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(mask, error):
    with pytest.raises(error):
        as_mask(mask, a_tensor())


def test_a_start_is_copied():
    arrays = [np.ones((3, 2)), np.ones((4, 2))]
    start = as_start(arrays, a_tensor(), 2)
    start[0][:] = 7.0
    assert (arrays[0] == 1).all()


@pytest.mark.parametrize(
    "init",
    [
        [np.ones((3, 2))],
        [np.ones((3, 2)), np.ones((4, 3))],
        [np.ones((3, 2)), -np.ones((4, 2))],
        xr.Dataset({"trial_loading": (("component", "trial"), np.ones((2, 4)))}),
    ],
)
def test_a_start_that_does_not_fit_is_refused(init):
    with pytest.raises(OptionError, match="expected"):
        as_start(init, a_tensor(), 2)


def test_every_refusal_is_a_neurokit_error_with_a_mend():
    with pytest.raises(NeurokitError) as caught:
        as_labelled(np.zeros(3))
    assert caught.value.mend
    assert caught.value.where == "tensor"
