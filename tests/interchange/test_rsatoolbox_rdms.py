"""RDMs go to rsatoolbox and come back with all their labels."""

import importlib
import sys
import warnings

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import DependencyError, SchemaError


@pytest.fixture(autouse=True)
def _quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("rsatoolbox")
        importlib.import_module("rsatoolbox.rdm")
        yield


def _rdms():
    rng = np.random.default_rng(0)
    x = xr.DataArray(
        rng.standard_normal((3, 5, 8)),
        {"subject": ["ann", "bob", "cy"], "condition": list("edcba")},
        ["subject", "condition", "channel"],
    )
    return nk.rsa.rdm(x, "euclidean")


def test_there_and_back():
    rows = _rdms()
    back = nk.from_rsatoolbox(nk.to_rsatoolbox(rows))
    np.testing.assert_array_equal(back.values, rows.values)
    for name in ("subject", "condition_1", "condition_2"):
        assert back[name].values.tolist() == rows[name].values.tolist()
    assert back.attrs["method"] == "euclidean"


def test_matrices_agree():
    rows = _rdms()
    matrices = nk.to_rsatoolbox(rows).get_matrices()
    np.testing.assert_array_equal(matrices, nk.rsa.rdm_to_square(rows).values)


def test_several_dims_become_descriptors():
    rows = _rdms().expand_dims(time=[0.0, 0.1]).transpose("subject", "time", "pair")
    there = nk.to_rsatoolbox(rows)
    assert there.n_rdm == 6
    assert list(there.rdm_descriptors["subject"]) == ["ann", "ann", "bob", "bob", "cy", "cy"]
    assert list(there.rdm_descriptors["time"]) == [0.0, 0.1] * 3
    back = nk.from_rsatoolbox(there)
    assert back["time"].values.tolist() == [0.0, 0.1] * 3


def test_rsatoolbox_compares_them_alike():
    import rsatoolbox

    rows = _rdms()
    theirs = rsatoolbox.rdm.compare(nk.to_rsatoolbox(rows), nk.to_rsatoolbox(rows), "corr")
    np.testing.assert_allclose(nk.rsa.compare(rows, rows, "pearson").values, theirs, rtol=1e-10)


def test_own_descriptors_can_be_named():
    from rsatoolbox.rdm import RDMs

    rdms = RDMs(
        np.arange(6.0).reshape(2, 3),
        pattern_descriptors={"image": ["x", "y", "z"]},
        rdm_descriptors={"person": [7, 8]},
    )
    found = nk.from_rsatoolbox(rdms, condition="image", subject="person")
    assert found.condition_2.values.tolist() == ["y", "z", "z"]
    assert found.subject.values.tolist() == [7, 8]
    assert nk.from_rsatoolbox(rdms).subject.values.tolist() == [0, 1]
    with pytest.raises(SchemaError, match="nothing"):
        nk.from_rsatoolbox(rdms, condition="nothing")


def test_nothing_is_shared_with_the_copy():
    rows = _rdms()
    there = nk.to_rsatoolbox(rows)
    there.dissimilarities[:] = 0
    assert (rows.values > 0).all()


def test_what_is_no_rdm_is_refused():
    with pytest.raises(SchemaError, match="dim pair"):
        nk.to_rsatoolbox(xr.DataArray(np.ones(3), dims=["x"]))
    with pytest.raises(SchemaError, match="ndarray"):
        nk.from_rsatoolbox(np.ones(3))


def test_a_missing_library_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "rsatoolbox.rdm", None)
    with pytest.raises(DependencyError, match="pip install rsatoolbox"):
        nk.to_rsatoolbox(_rdms())


def test_every_label_of_an_rdm_becomes_a_descriptor():
    rows = _rdms().expand_dims(time=[0.0, 0.1]).transpose("time", "subject", "pair")
    rows = rows.assign_coords(
        age=("subject", [30, 40, 50]),
        phase=("time", ["early", "late"]),
        score=(("subject", "time"), np.arange(6).reshape(3, 2)),
        roi="V1",
    )
    there = nk.to_rsatoolbox(rows).rdm_descriptors
    assert list(there["age"]) == [30, 40, 50, 30, 40, 50]
    assert list(there["phase"]) == ["early"] * 3 + ["late"] * 3
    assert list(there["score"]) == [0, 2, 4, 1, 3, 5]
    assert list(there["roi"]) == ["V1"] * 6
    plain = xr.DataArray(np.ones((2, 3)), dims=["subject", "pair"])
    assert list(nk.to_rsatoolbox(plain).rdm_descriptors["subject"]) == [0, 1]


def test_pairs_that_are_not_all_pairs_are_refused():
    rows = _rdms()
    with pytest.raises(SchemaError, match="row by row"):
        nk.to_rsatoolbox(rows.isel(pair=slice(None, None, -1)))
    with pytest.raises(SchemaError, match="4 values"):
        nk.to_rsatoolbox(rows.isel(pair=slice(4)))
    with pytest.raises(SchemaError, match="0 values"):
        nk.to_rsatoolbox(rows.isel(pair=slice(0)))
