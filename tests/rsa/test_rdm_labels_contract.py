"""Labelled RDMs: squares, selection, alignment by label, unions, and what is refused."""

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa import rdm_labels
from neurokit.rsa.pair_index import condensed, n_conditions_of, pair_indices, reorder, square


def _matrix(n=5, seed=0):
    rng = np.random.default_rng(seed)
    half = rng.random((n, n))
    out = half + half.T
    np.fill_diagonal(out, 0.0)
    return out


def _cube(names=("ann", "bob"), labels="abcde"):
    n = len(labels)
    values = np.stack([_matrix(n, k) for k in range(len(names))])
    return xr.DataArray(
        values,
        {"subject": list(names), "condition": list(labels)},
        ["subject", "row", "condition"],
        attrs={"units": "V"},
    )


def _by_pair(rdm):
    """{(label, label): value} of one RDM, both ways round."""
    out = {}
    for d, one, two in zip(
        rdm.values, rdm.condition_1.values.tolist(), rdm.condition_2.values.tolist(), strict=True
    ):
        out[one, two] = out[two, one] = d
    return out


@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_each_value_of_a_square_stands_at_its_pair(n):
    matrix = _matrix(n)
    found = _by_pair(nk.rsa.rdm_from_square(matrix))
    for i, j in itertools.combinations(range(n), 2):
        assert found[i, j] == matrix[i, j]
    assert len(found) == n * (n - 1)


@pytest.mark.parametrize("n", [2, 3, 5, 9])
def test_square_and_back_is_the_same_matrix(n):
    matrix = _matrix(n)
    back = nk.rsa.rdm_to_square(nk.rsa.rdm_from_square(matrix))
    np.testing.assert_array_equal(back.values, matrix)
    assert back.dims == ("condition", "condition_2")


def test_labels_of_the_last_dim_are_taken_and_other_coordinates_kept():
    found = nk.rsa.rdm_from_square(_cube())
    assert found.dims == ("subject", "pair")
    assert found.condition_1.values.tolist()[:4] == ["a"] * 4
    assert found.condition_2.values.tolist()[:4] == list("bcde")
    assert found["subject"].values.tolist() == ["ann", "bob"]


def test_labels_given_win_over_labels_found():
    found = nk.rsa.rdm_from_square(_cube(), [10, 20, 30, 40, 50])
    assert found.condition_1.values.tolist()[-1] == 40
    assert found.condition_2.values.tolist()[-1] == 50


@pytest.mark.parametrize("diagonal", [0.0, 7.0, np.nan])
def test_the_diagonal_is_not_read(diagonal):
    matrix = _matrix()
    plain = nk.rsa.rdm_from_square(matrix)
    np.fill_diagonal(matrix, diagonal)
    assert nk.rsa.rdm_from_square(matrix).identical(plain)


def test_missing_pairs_of_a_square_stay_missing():
    matrix = _matrix()
    matrix[1, 3] = matrix[3, 1] = np.nan
    found = nk.rsa.rdm_from_square(matrix)
    gone = np.flatnonzero(np.isnan(found.values))
    at = [(int(found.condition_1[k]), int(found.condition_2[k])) for k in gone]
    assert at == [(1, 3)]


@pytest.mark.parametrize(
    ("matrix", "says"),
    [
        (np.zeros(4), r"has shape \(4,\)"),
        (np.zeros((1, 1)), r"has shape \(1, 1\)"),
        (np.zeros((2, 3)), r"has shape \(2, 3\)"),
        (np.arange(9.0).reshape(3, 3), "not symmetric"),
        (np.array([[0, np.nan], [1, 0]]), "not symmetric"),
    ],
)
def test_what_is_no_square_rdm_is_refused(matrix, says):
    with pytest.raises(SchemaError, match=f"matrix: .*{says}"):
        nk.rsa.rdm_from_square(matrix)


def test_symmetry_is_relative_so_that_tiny_units_are_checked_too():
    matrix = _matrix() * 1e-15
    matrix[0, 1] *= 1.01
    with pytest.raises(SchemaError, match="not symmetric"):
        nk.rsa.rdm_from_square(matrix)


@pytest.mark.parametrize("labels", [[1], list("abcd"), list("abcdef")])
def test_one_label_each_is_asked_for(labels):
    with pytest.raises(LabelError, match=f"conditions: {len(labels)} labels for 5"):
        nk.rsa.rdm_from_square(_matrix(), labels)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(list("abcde")))
def test_selection_of_all_in_any_order_keeps_every_pair(order):
    rdm = nk.rsa.rdm_from_square(_matrix(), list("abcde"))
    chosen = nk.rsa.select_conditions(rdm, order)
    assert _by_pair(chosen) == _by_pair(rdm)
    assert nk.rsa.select_conditions(chosen, list("abcde")).identical(rdm)


@pytest.mark.parametrize("chosen", ["ab", "ec", "dab", "edc"])
def test_selection_holds_the_pairs_of_the_chosen_and_no_others(chosen):
    rdm = nk.rsa.rdm_from_square(_matrix(), list("abcde"))
    found, whole = _by_pair(nk.rsa.select_conditions(rdm, list(chosen))), _by_pair(rdm)
    assert found == {k: v for k, v in whole.items() if set(k) <= set(chosen)}


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ([], "fewer than two"),
        (["a"], "fewer than two"),
        (["a", "x"], "no condition is called x"),
        (["y", "x"], "called y, x"),
    ],
)
def test_selection_of_what_is_not_there_is_refused(chosen, says):
    rdm = nk.rsa.rdm_from_square(_matrix(), list("abcde"))
    with pytest.raises(LabelError, match=f"conditions: .*{says}.*There are: a, b"):
        nk.rsa.select_conditions(rdm, chosen)


def test_selection_keeps_name_attributes_and_other_dims():
    rdm = nk.rsa.rdm_from_square(_cube()).assign_attrs(units="V").rename("mine")
    found = nk.rsa.select_conditions(rdm, ["d", "b"])
    assert found.name == "mine"
    assert found.attrs == rdm.attrs
    assert found.dims == ("subject", "pair")
    np.testing.assert_array_equal(found.values[:, 0], _cube().values[:, 3, 1])


@pytest.mark.parametrize("function", [nk.rsa.rdm_to_square, rdm_labels.read_rdms])
def test_reading_copies(function):
    rdm = nk.rsa.rdm_from_square(_cube())
    before = rdm.copy(deep=True)
    out = function(rdm)
    out.values[:] = -1.0
    assert before.identical(rdm)


def test_a_square_has_its_own_attributes_but_no_history():
    rdm = nk.rsa.rdm(np.eye(4), "euclidean")
    out = nk.rsa.rdm_to_square(rdm)
    assert out.attrs == {k: v for k, v in rdm.attrs.items() if k != "history"}
    assert out["condition"].values.tolist() == out["condition_2"].values.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("shape", [(3,), (2, 6), (2, 4, 10)])
def test_plain_arrays_have_pairs_last_and_numbered_labels(shape):
    values = np.arange(float(np.prod(shape))).reshape(shape)
    rows = rdm_labels.read_rdms(values)
    assert rows.values.shape == (int(np.prod(shape[:-1])), shape[-1])
    assert rows.labels.tolist() == list(range(rows.n_conditions))
    assert not rows.named
    assert rows.lead.dims == tuple(f"item_{k}" for k in range(len(shape) - 1))


@pytest.mark.parametrize(
    ("x", "error", "says"),
    [
        (3.0, SchemaError, "mine: is a number"),
        (xr.DataArray(np.zeros(3), dims="time"), SchemaError, "mine: dims are"),
        (np.zeros(4), OptionError, "4 values are not the pairs"),
        (np.zeros((2, 0)), OptionError, "0 values are not the pairs"),
    ],
)
def test_what_is_no_rdm_is_refused_by_the_name_of_the_argument(x, error, says):
    with pytest.raises(error, match=says):
        rdm_labels.read_rdms(x, "mine")


@pytest.mark.parametrize("order", [[1, 0, 2], [0, 2, 1]])
def test_pairs_in_another_order_are_refused(order):
    rdm = nk.rsa.rdm_from_square(_matrix(3), list("abc")).isel(pair=order)
    with pytest.raises(SchemaError, match="rdm: its pairs are not all pairs"):
        rdm_labels.read_rdms(rdm)


def test_a_label_that_occurs_twice_is_refused():
    rdm = nk.rsa.rdm_from_square(_matrix(3), list("abc"))
    twice = {"condition_1": ("pair", list("aab")), "condition_2": ("pair", list("baa"))}
    rdm = rdm.assign_coords(twice)
    with pytest.raises(LabelError, match="one label"):
        rdm_labels.read_rdms(rdm)


@settings(max_examples=15, deadline=None)
@given(order=st.permutations(list("abcd")), seed=st.integers(0, 9))
def test_alignment_puts_every_pair_where_the_other_has_it(order, seed):
    one = nk.rsa.rdm_from_square(_matrix(4, seed), list(order))
    two = nk.rsa.rdm_from_square(_matrix(4, seed + 10), list("abcd"))
    found = rdm_labels.align(rdm_labels.read_rdms(one), rdm_labels.read_rdms(two))
    whole = _by_pair(one)
    expected = [whole[p] for p in itertools.combinations("abcd", 2)]
    np.testing.assert_array_equal(found[0], expected)


def test_alignment_without_labels_goes_by_order():
    rows = rdm_labels.read_rdms(np.arange(6.0))
    to = rdm_labels.read_rdms(nk.rsa.rdm_from_square(_matrix(4), list("dcba")))
    np.testing.assert_array_equal(rdm_labels.align(rows, to), rows.values)
    np.testing.assert_array_equal(rdm_labels.align(to, rows), to.values)


@pytest.mark.parametrize(
    ("ours", "theirs", "says"),
    [
        ("abc", "abcd", "mine: 3 conditions against 4; only here: none; only there: d"),
        ("abx", "aby", "only here: x; only there: y"),
    ],
)
def test_conditions_that_differ_are_listed(ours, theirs, says):
    one, two = (
        rdm_labels.read_rdms(nk.rsa.rdm_from_square(_matrix(len(s)), list(s)))
        for s in (ours, theirs)
    )
    with pytest.raises(LabelError, match=says):
        rdm_labels.align(one, two, "mine")


def test_values_on_more_labels_are_nan_for_the_others():
    rows = rdm_labels.read_rdms(nk.rsa.rdm_from_square(_matrix(3), list("abc")))
    out = rdm_labels.on_labels(rows, np.array(list("cxab")))
    expected = [np.nan, _matrix(3)[0, 2], _matrix(3)[1, 2], np.nan, np.nan, _matrix(3)[0, 1]]
    np.testing.assert_array_equal(out[0], expected)


@pytest.mark.parametrize(
    ("lists", "expected"),
    [
        (["ab", "bc"], "abc"),
        (["cab", "dba"], "cabd"),
        (["a"], "a"),
        (["ba", "", "ab"], "ba"),
    ],
)
def test_unions_keep_the_order_of_appearance(lists, expected):
    found = rdm_labels.union_of_labels([np.array(list(s), dtype="<U1") for s in lists])
    assert found.tolist() == list(expected)


def test_labelled_keeps_coordinates_of_the_lead():
    lead = xr.DataArray(
        np.zeros((2, 3)), {"time": [0.0, 0.5, 1.0], "age": ("subject", [3, 4])}, ["subject", "time"]
    )
    out = rdm_labels.labelled(np.arange(36.0).reshape(6, 6), lead, np.array(list("wxyz")), "mine")
    assert out.dims == ("subject", "time", "pair")
    assert out.shape == (2, 3, 6)
    assert out["age"].values.tolist() == [3, 4]
    assert out.name == "mine"
    assert float(out[1, 0, 0]) == 18.0


@pytest.mark.parametrize("n", [2, 3, 4, 7])
def test_coordinates_of_pairs_are_combinations(n):
    labels = np.array([f"k{k}" for k in range(n)])
    coords = rdm_labels.pair_coordinates(labels)
    pairs = list(zip(coords["condition_1"][1], coords["condition_2"][1], strict=True))
    assert pairs == list(itertools.combinations(labels, 2))


@settings(max_examples=15, deadline=None)
@given(n=st.integers(2, 7), diagonal=st.floats(-5, 5))
def test_condensed_is_the_way_back_from_square(n, diagonal):
    row = np.random.default_rng(n).random(n * (n - 1) // 2)
    matrix = square(row, diagonal)
    np.testing.assert_array_equal(condensed(matrix), row)
    np.testing.assert_array_equal(np.diag(matrix), diagonal)
    np.testing.assert_array_equal(matrix, matrix.T)


@settings(max_examples=20, deadline=None)
@given(data=st.data(), n=st.integers(2, 6))
def test_reordering_is_by_position_with_minus_one_unknown(data, n):
    order = data.draw(st.lists(st.integers(-1, n - 1), min_size=2, max_size=7, unique=True))
    matrix = _matrix(n, n)
    found = reorder(condensed(matrix)[None], np.array(order))[0]
    expected = [
        np.nan if -1 in (a, b) else matrix[a, b] for a, b in itertools.combinations(order, 2)
    ]
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("n_pairs", [-1, 0, 2, 4, 5, 7, 9, 11])
def test_numbers_that_are_no_pairs_are_refused(n_pairs):
    with pytest.raises(OptionError, match=f"rdm: {n_pairs} values are not"):
        n_conditions_of(n_pairs)


def test_indices_of_one_condition_are_empty():
    first, second = pair_indices(1)
    assert first.size == second.size == 0
    assert first.dtype == second.dtype == np.int64
