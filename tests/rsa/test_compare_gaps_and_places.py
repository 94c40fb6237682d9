"""Similarities with gaps against scipy, their labels, and the places of a searchlight."""

import numpy as np
import pytest
import scipy.sparse
import xarray as xr
from scipy.stats import kendalltau, pearsonr, spearmanr

import neurokit as nk
from neurokit.errors import LabelError, SchemaError
from neurokit.rsa.compare_core import centred, centred_ranks, compare_rows, cosines, near_one
from neurokit.rsa.comparison import crossed
from neurokit.rsa.neighbourhoods import Neighbourhoods
from neurokit.rsa.searchlight_places import own_residuals, places_of

PEERS = {"pearson": pearsonr, "spearman": spearmanr, "tau-b": kendalltau}


@pytest.mark.parametrize("method", list(PEERS))
@pytest.mark.parametrize("ties", [False, True])
def test_missing_pairs_are_left_out_of_their_own_comparison_only(method, ties):
    rng = np.random.default_rng(0)
    a, b = rng.random((3, 15)), rng.random((2, 15))
    if ties:
        a, b = np.round(4 * a), np.round(4 * b)
    a[0, [2, 5]] = np.nan
    b[1, [5, 9]] = np.nan
    found = compare_rows(a, b, method)
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            held = np.isfinite(x) & np.isfinite(y)
            expected = PEERS[method](x[held], y[held]).statistic
            assert found[i, j] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("n_shared", [0, 1])
@pytest.mark.parametrize("method", ["cosine", "spearman", "tau-a", "whitened_cosine"])
def test_fewer_than_two_shared_pairs_tell_nothing(method, n_shared):
    a, b = np.ones((1, 6)), np.arange(1.0, 7.0)[None]
    a[0, 3:], b[0, : 3 - n_shared] = np.nan, np.nan
    assert np.isnan(compare_rows(a, b, method)[0, 0])


def test_scaling_by_powers_of_two_loses_no_digit():
    rows = np.array([[3.0, -5.0], [1e-300, 7e-301], [0.0, 0.0]])
    found = near_one(rows)
    assert (np.abs(found).max(axis=1)[:2] >= 0.5).all()
    assert (np.abs(found) <= 1).all()
    np.testing.assert_array_equal(found[:, 0] * rows[:, 1], found[:, 1] * rows[:, 0])


def test_constant_rows_are_centred_to_exact_zeros():
    rows = np.array([[0.1] * 7, [1e15 / 3] * 7])
    np.testing.assert_array_equal(centred(rows), 0.0)
    np.testing.assert_array_equal(cosines(centred(rows), rows), 0.0)
    np.testing.assert_array_equal(centred_ranks(rows), 0.0)


def test_a_dim_and_a_coordinate_that_both_sides_have_are_told_apart():
    left = xr.DataArray(np.zeros(2), {"subject": ["a", "b"], "site": "x"}, ["subject"])
    right = xr.DataArray(np.zeros(3), {"subject": list("cde"), "site": "y"}, ["subject"])
    found = crossed(np.arange(6.0).reshape(2, 3), left, right)
    assert found.dims == ("subject", "subject_2")
    assert float(found.sel(subject="b", subject_2="c")) == 3.0
    assert (found.site.item(), found.site_2.item()) == ("x", "y")


@pytest.mark.parametrize("method", ["cosine", "tau-a", "bures"])
def test_likeness_is_symmetric(method):
    rng = np.random.default_rng(1)
    a, b = rng.random((3, 10)), rng.random((2, 10))
    one, two = nk.rsa.compare(a, b, method), nk.rsa.compare(b, a, method)
    np.testing.assert_allclose(one.values, two.values.T, rtol=1e-10)


def test_residuals_are_what_group_means_leave():
    rng = np.random.default_rng(2)
    item = rng.standard_normal((7, 3))
    group = np.array([9, 2, 9, 2, 2, 5, 5])
    found = own_residuals(item, group, "diag")
    for g in (2, 5, 9):
        mine = item[group == g]
        np.testing.assert_allclose(found.values[group == g], mine - mine.mean(axis=0), atol=1e-14)
    assert found.dof == 4


def _near(labels):
    n = len(labels)
    touch = scipy.sparse.csr_array(np.eye(n))
    members = np.arange(n, dtype=np.int32)
    return Neighbourhoods(np.arange(n + 1), members, np.array(labels), {}, "channel", touch)


def test_places_are_put_in_the_order_of_the_neighbourhoods():
    x = xr.DataArray(np.arange(8.0).reshape(2, 4), {"channel": list("abcd")}, ["trial", "channel"])
    found = places_of(x, _near(["d", "a", "c"]))
    assert found.channel.values.tolist() == ["d", "a", "c"]
    np.testing.assert_array_equal(found.values, [[3, 0, 2], [7, 4, 6]])
    assert places_of(x, _near(list("abcd"))) is x


def test_places_that_lack_are_counted_and_listed():
    x = xr.DataArray(np.ones((2, 3)), {"channel": list("abc")}, ["trial", "channel"])
    with pytest.raises(LabelError, match="lack 2 of 3: y, z"):
        places_of(x, _near(["a", "y", "z"]))
    with pytest.raises(SchemaError, match="3 of channel for neighbourhoods of 2"):
        places_of(x.drop_vars("channel"), _near(["a", "b"]))
