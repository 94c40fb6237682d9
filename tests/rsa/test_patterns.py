"""Patterns and RDMs keep their labels, whatever the order of dims."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.patterns import read_patterns
from neurokit.rsa.rdm_labels import align, on_labels, read_rdms, union_of_labels


def _trials(n=6, p=4):
    rng = np.random.default_rng(0)
    return xr.DataArray(
        rng.standard_normal((n, 2, p)),
        {
            "trial_type": ("trial", ["b", "a", "b", "c", "a", "c"][:n]),
            "run": ("trial", [2, 1, 1, 2, 2, 1][:n]),
            "time": [0.0, 0.1],
            "channel": [f"c{k}" for k in range(p)],
        },
        ["trial", "time", "channel"],
    )


def test_conditions_are_in_order_of_appearance_and_folds_sorted():
    found = read_patterns(_trials(), None, "run")
    assert found.conditions.tolist() == ["b", "a", "c"]
    assert found.condition.tolist() == [0, 1, 0, 2, 1, 2]
    assert found.folds.tolist() == [1, 2]
    assert found.fold.tolist() == [1, 0, 0, 1, 1, 0]


def test_items_are_what_is_left():
    found = read_patterns(_trials(), None, None)
    assert found.values.shape == (2, 6, 4)
    assert found.items.dims == ("time",)
    np.testing.assert_array_equal(found.values[1], _trials().values[:, 1])


@pytest.mark.parametrize("order", [("channel", "trial", "time"), ("time", "channel", "trial")])
def test_the_order_of_dims_makes_no_difference(order):
    plain = nk.rsa.rdm(_trials(), "euclidean")
    turned = nk.rsa.rdm(_trials().transpose(*order), "euclidean")
    np.testing.assert_allclose(turned.values, plain.values, rtol=1e-12)


def test_labels_may_be_given_as_arrays():
    x = _trials()
    by_name = nk.rsa.rdm(x, "crossnobis", folds="run", conditions="trial_type")
    by_array = nk.rsa.rdm(x, "crossnobis", folds=x.run.values, conditions=x.trial_type.values)
    np.testing.assert_array_equal(by_name.values, by_array.values)


def test_the_order_of_trials_only_reorders_conditions():
    x = _trials()
    mixed = x.isel(trial=[5, 3, 0, 1, 4, 2])
    one, two = (nk.rsa.rdm(z, "crossnobis", folds="run") for z in (x, mixed))
    again = nk.rsa.select_conditions(two, ["b", "a", "c"])
    np.testing.assert_allclose(again.values, one.values, rtol=1e-10)


def test_a_label_that_is_nan_is_refused():
    x = _trials().assign_coords(trial_type=("trial", [1.0, 2.0, np.nan, 1.0, 2.0, 3.0]))
    with pytest.raises(LabelError, match="NaN"):
        nk.rsa.rdm(x, "euclidean")


def test_a_coordinate_of_channels_is_no_condition():
    with pytest.raises(LabelError, match="runs over observations"):
        nk.rsa.rdm(_trials(), "euclidean", conditions="channel")


def test_one_condition_has_no_pairs():
    with pytest.raises(SchemaError, match="1 conditions"):
        nk.rsa.rdm(_trials().isel(trial=[0, 2]), "euclidean")


def test_one_fold_is_no_cross_validation():
    x = _trials()
    with pytest.raises(OptionError, match="one fold"):
        nk.rsa.rdm(x.isel(trial=x.run.values == 1), folds="run")


def test_integers_and_float32_give_float64():
    x = np.arange(12).reshape(4, 3) ** 2 % 7
    for dtype in (np.int16, np.float32, np.float64):
        found = nk.rsa.rdm(x.astype(dtype), "euclidean")
        assert found.dtype == np.float64
        np.testing.assert_allclose(found.values, nk.rsa.rdm(x * 1.0, "euclidean").values)


def test_a_list_of_systems_is_numbered():
    one = xr.DataArray(np.eye(3), {"condition": list("abc")}, ["condition", "channel"])
    found = nk.rsa.rdm([one, one.isel(condition=[0, 1])], "euclidean")
    assert found.subject.values.tolist() == ["0", "1"]
    assert np.isnan(found.values[1]).sum() == 2


def test_systems_with_other_dims_are_refused():
    one = xr.DataArray(np.eye(3), dims=["condition", "channel"])
    with pytest.raises(SchemaError, match="patterns '1'"):
        nk.rsa.rdm([one, one.expand_dims(time=2)], "euclidean")


def _named(n, names):
    i, j = np.triu_indices(n, 1)
    names = np.asarray(names)
    row = np.arange(1.0, len(i) + 1)
    return xr.DataArray(
        row, {"condition_1": ("pair", names[i]), "condition_2": ("pair", names[j])}, ["pair"]
    )


def test_labels_are_read_off_the_pairs():
    rows = read_rdms(_named(4, list("wxyz")))
    assert rows.labels.tolist() == list("wxyz")
    assert rows.named
    assert not read_rdms(np.ones(6)).named


def test_chosen_pairs_are_no_rdm():
    with pytest.raises(SchemaError, match="select_conditions"):
        read_rdms(_named(4, list("wxyz")).isel(pair=[0, 1, 5]))


def test_a_label_twice_is_refused():
    with pytest.raises(LabelError, match="unique"):
        read_rdms(_named(3, list("aba")))


def test_alignment_is_by_label():
    one, two = read_rdms(_named(3, list("abc"))), read_rdms(_named(3, list("cab")))
    # Pairs of two: ca 1, cb 2, ab 3.
    np.testing.assert_array_equal(align(two, one), [[3.0, 1.0, 2.0]])


def test_union_is_in_order_of_appearance():
    found = union_of_labels([np.array(["b", "a"]), np.array(["c", "a"])])
    assert found.tolist() == ["b", "a", "c"]
    rows = read_rdms(_named(3, list("abc")))
    np.testing.assert_array_equal(on_labels(rows, np.array(["c", "x", "a"])), [[np.nan, 2, np.nan]])


@pytest.mark.parametrize("chosen", [["a"], ["a", "q"]])
def test_unknown_conditions_are_named(chosen):
    with pytest.raises(LabelError, match="There are: a, b, c"):
        nk.rsa.select_conditions(_named(3, list("abc")), chosen)


def test_selection_keeps_what_belongs_to_the_rdms():
    x = nk.rsa.rdm(_trials(), "euclidean")
    found = nk.rsa.select_conditions(x, ["c", "b"])
    assert found.attrs["method"] == "euclidean"
    assert found.time.values.tolist() == [0.0, 0.1]
    square = nk.rsa.rdm_to_square(x).sel(condition="b", condition_2="c")
    np.testing.assert_array_equal(found.values[:, 0], square.values)


def test_squares_with_labels_of_their_own():
    matrix = xr.DataArray([[0, 1.0], [1, 0]], {"image": ["x", "y"]}, ["image_1", "image"])
    assert nk.rsa.rdm_from_square(matrix).condition_2.values.tolist() == ["y"]
    with pytest.raises(LabelError, match="3 labels for 2"):
        nk.rsa.rdm_from_square(matrix, list("abc"))


@pytest.mark.parametrize("method", ["euclidean", "correlation", "crossnobis"])
def test_rdms_survive_saving(tmp_path, method):
    found = nk.rsa.rdm(_trials(), method, folds="run")
    path = nk.save(xr.DataTree.from_dict({"/": xr.Dataset(), "/rdm": found.to_dataset()}),
                   tmp_path / "rdm.nc")  # fmt: skip
    back = nk.open(path)["rdm/rdm"]
    np.testing.assert_array_equal(back.values, found.values)
    assert back.condition_1.values.tolist() == found.condition_1.values.tolist()
