"""Estimates of CaImAn: components, footprints and what is None; what does not fit is named."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from neurokit_loaders.caiman import LOADER, sniff
from neurokit_loaders.caiman_layout import footprint_centres

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, NeurokitError, OptionError, TimeError
from neurokit.schema import findings_from_json
from neurokit.testing import assert_same

N, N_TIMES, DIMS = 6, 80, (20, 30)
Make = Callable[..., Path]


def _write(group: Any, content: dict[str, Any]) -> None:
    """Write a dict as CaImAn's `save_dict_to_hdf5` does."""
    for key, item in content.items():
        if item is None:
            group[key] = "NoneType"
        elif isinstance(item, dict):
            _write(group.create_group(key), item)
        elif scipy.sparse.issparse(item):
            matrix = group.create_group(key)
            for part in ("data", "indices", "indptr", "shape"):
                matrix[part] = np.asarray(getattr(item, part))
        else:
            group[key] = item


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """``make(F_dff=None, fr=30.0)`` writes a file; what is given replaces parts of estimates."""

    def write(name: str = "memmap_cnmf.hdf5", fr: Any = 29.5, **changed: Any) -> Path:
        rng = np.random.default_rng(0)
        dense = rng.random((DIMS[0] * DIMS[1], N))
        footprints = scipy.sparse.csc_array(np.where(dense > 0.95, dense, 0.0))
        estimates: dict[str, Any] = {
            **{kind: rng.standard_normal((N, N_TIMES)) for kind in ("C", "S", "YrA", "F_dff")},
            "A": footprints,
            "b": rng.random((DIMS[0] * DIMS[1], 2)),
            "f": rng.random((2, N_TIMES)),
            "dims": np.array(DIMS),
            "idx_components": np.array([0, 2, 5]),
            "idx_components_bad": np.array([1, 3, 4]),
            "SNR_comp": rng.random(N),
            "r_values": rng.random(N),
            "cnn_preds": np.array([]),
            "g": None,
            **changed,
        }
        estimates = {key: item for key, item in estimates.items() if item is not ...}
        path = tmp_path / name
        with h5py.File(path, "w") as handle:
            params = {"data": {"fr": fr, "decay_time": 0.4, "dims": np.array(DIMS)}}
            _write(handle, {"estimates": estimates, "params": params, "dview": None})
        return path

    return write


def _stored(path: Path, name: str) -> np.ndarray[Any, Any]:
    with h5py.File(path) as handle:
        return np.asarray(handle[f"estimates/{name}"][()])


def _findings(rec: Any) -> dict[str, str]:
    return {f.code: f.found for f in findings_from_json(rec.attrs.get("findings", "[]"))}


def test_arrays_rate_and_judgements_are_kept(make: Make) -> None:
    path = make()
    rec = nk.open(path)
    assert rec.attrs["loader"] == "caiman"
    for group, kind in (
        ("activity", "F_dff"),
        ("auxiliary/denoised", "C"),
        ("auxiliary/deconvolved", "S"),
        ("auxiliary/residual", "YrA"),
    ):
        signal = rec[group].signal
        assert signal.dtype == np.float32
        np.testing.assert_array_equal(signal.values, _stored(path, kind).T.astype(np.float32))
    assert rec.activity.neuron.values.tolist() == [f"component_{i}" for i in range(N)]
    np.testing.assert_array_equal(rec.activity.time.values, np.arange(N_TIMES) / 29.5)
    assert rec.activity.accepted.values.tolist() == [True, False, True, False, False, True]
    np.testing.assert_array_equal(rec.activity.snr.values, _stored(path, "SNR_comp"))
    assert "cnn_score" not in rec.activity.coords
    assert set(_findings(rec)) == {"NK832"}
    assert nk.validate(rec, deep=True).ok


def test_info_reads_no_tables(make: Make) -> None:
    info = nk.info(make())
    assert (info["n_neurons"], info["n_times"], info["sampling_rate"]) == (N, N_TIMES, 29.5)
    assert info["arrays"] == "F_dff, C, S, YrA"


def test_positions_are_the_centres_of_the_footprints(make: Make) -> None:
    path = make()
    with h5py.File(path) as handle:
        node = handle["estimates/A"]
        parts = (node["data"][()], node["indices"][()], node["indptr"][()])
        dense = scipy.sparse.csc_array(parts, shape=tuple(node["shape"][()])).toarray()
    images = [dense[:, i].reshape(DIMS, order="F") for i in range(N)]
    y, x = np.mgrid[: DIMS[0], : DIMS[1]]
    position = nk.open(path).activity.position
    for i, image in enumerate(images):
        expected = [(image * x).sum() / image.sum(), (image * y).sum() / image.sum()]
        np.testing.assert_allclose(position.values[i, :2], expected, rtol=1e-12)
    assert np.isnan(position.values[:, 2]).all()
    assert position.attrs["units"] == "pixel"


@given(
    dims=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)),
    spot=st.tuples(st.floats(0, 0.999), st.floats(0, 0.999), st.floats(0, 0.999)),
    weight=st.floats(1e-6, 1e6),
)
def test_a_footprint_of_one_pixel_lies_on_it(
    dims: tuple[int, int, int], spot: tuple[float, float, float], weight: float
) -> None:
    place = [int(part * n) for part, n in zip(spot, dims, strict=True)]
    pixel = np.ravel_multi_index(place, dims, order="F")
    centres = footprint_centres(
        np.array([weight]), np.array([pixel]), np.array([0, 1, 1]), list(dims)
    )
    np.testing.assert_allclose(centres[0], [place[1], place[0], place[2]], rtol=1e-12)
    assert np.isnan(centres[1]).all()


def test_dff_that_is_none_is_never_made_up(make: Make) -> None:
    """CaImAn issue 729: F_dff is None until somebody computes it."""
    path = make(F_dff=None)
    rec = nk.open(path)
    np.testing.assert_array_equal(rec.activity.signal.values, _stored(path, "C").T.astype("f4"))
    assert "denoised C" in _findings(rec)["NK836"]
    assert "denoised" not in rec["auxiliary"].children
    with pytest.raises(FileContentError, match=r"has no estimates/F_dff, it is None.*signal='C'"):
        nk.open(path, signal="F_dff")
    with pytest.raises(FileContentError, match=r"has no estimates/F_dff\. Open"):
        nk.open(make("b.hdf5", F_dff=...), signal="F_dff")


def test_the_array_asked_for_becomes_the_activity(make: Make) -> None:
    path = make()
    rec = nk.open(path, signal="S")
    np.testing.assert_array_equal(rec.activity.signal.values, _stored(path, "S").T.astype("f4"))
    assert set(rec["auxiliary"].children) == {"dff", "denoised", "residual"}
    assert "position" in rec.activity
    with pytest.raises(OptionError, match="unknown option 'c', did you mean 'C'"):
        nk.open(path, signal="c")


def test_accepted_only_leaves_the_others_out_of_every_group(make: Make) -> None:
    path = make()
    rec = nk.open(path, accepted_only=True)
    rows = [0, 2, 5]
    assert rec.activity.neuron.values.tolist() == [f"component_{i}" for i in rows]
    for group, kind in (("activity", "F_dff"), ("auxiliary/denoised", "C")):
        expected = _stored(path, kind)[rows].T.astype("f4")
        np.testing.assert_array_equal(rec[group].signal.values, expected)
        window = rec[group].signal.isel(time=slice(7, 9), neuron=1)
        np.testing.assert_array_equal(window.values, expected[7:9, 1])
    np.testing.assert_array_equal(
        rec.activity.position.values[:, :2], nk.open(path).activity.position.values[rows, :2]
    )
    assert "NK832" not in _findings(rec)


def test_components_that_nobody_judged_have_no_judgement(make: Make) -> None:
    path = make(idx_components=None)
    assert "accepted" not in nk.open(path).activity.coords
    with pytest.raises(FileContentError, match=r"no estimates/idx_components.*never judged"):
        nk.open(path, accepted_only=True)
    with pytest.raises(LabelError, match="no component is accepted"):
        nk.open(make("b.hdf5", idx_components=np.array([], int)), accepted_only=True)


def test_the_rate_is_that_of_the_file_or_of_the_user(make: Make) -> None:
    path = make()
    rec = nk.open(path, rate=10.0)
    assert rec.activity.attrs["sampling_rate"] == 10.0
    assert "29.5" in _findings(rec)["NK831"]
    for fr in (None, np.array([1.0, 2.0])):
        with pytest.raises(TimeError, match=r"no frame rate is known.*rate=30\.0"):
            nk.open(make("b.hdf5", fr=fr))
    for fr in (0.0, np.nan):
        with pytest.raises(OptionError, match="rate: is"):
            nk.open(make("b.hdf5", fr=fr))


@pytest.mark.parametrize(
    ("changed", "error", "words"),
    [
        ({"S": np.zeros((N - 1, N_TIMES))}, LabelError, r"number of components: .*S \(5, 80\)"),
        ({"YrA": np.zeros((N, N_TIMES - 1))}, TimeError, r"number of frames: .*YrA \(6, 79\)"),
        ({"C": None}, FileContentError, r"expected estimates/C .*; found "),
        ({"C": np.zeros(5)}, FileContentError, "expected estimates/C"),
        ({"C": "text"}, FileContentError, "estimates/C holds"),
        ({"dims": np.array([20, 31])}, FileContentError, "footprints do not fit together"),
        ({"dims": np.array([2**40, 2**40])}, FileContentError, "footprints do not fit together"),
        ({"A": scipy.sparse.csc_array((600, N + 1))}, FileContentError, "do not fit together"),
    ],
)
def test_what_does_not_fit_together_is_named(
    make: Make, changed: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=rf"memmap_cnmf\.hdf5: .*{words}"):
        nk.open(make(**changed), "caiman")


@pytest.mark.parametrize("part", ["indices", "indptr", "data"])
@pytest.mark.parametrize("value", [-1, 10**9])
def test_footprints_with_pixels_outside_the_image_are_refused(
    make: Make, part: str, value: int
) -> None:
    path = make()
    with h5py.File(path, "a") as handle:
        node = handle[f"estimates/A/{part}"]
        if part == "data":
            values = node[()][:-1]
            del handle["estimates/A/data"]
            handle["estimates/A/data"] = values
        else:
            node[1] = value
    with pytest.raises(FileContentError, match="footprints do not fit together"):
        nk.open(path)


def test_parts_that_do_not_match_are_findings_and_not_guessed(make: Make) -> None:
    rec = nk.open(make(idx_components=np.array([0, 99]), SNR_comp=np.ones(2), A=...), "caiman")
    found = [f.found for f in findings_from_json(rec.attrs["findings"]) if f.code == "NK838"]
    assert len(found) == 3
    assert any("idx_components names 99" in text for text in found)
    assert any("SNR_comp has 2 values" in text for text in found)
    assert "position" not in rec.activity
    assert "snr" not in rec.activity.coords


def test_a_cut_file_is_never_opened_as_whole(make: Make, tmp_path: Path) -> None:
    whole = make().read_bytes()
    path = tmp_path / "cut.hdf5"
    for end in np.linspace(1, len(whole) - 1, 12).astype(int):
        path.write_bytes(whole[:end])
        with pytest.raises(NeurokitError, match=r"cut\.hdf5"):
            nk.open(path, "caiman")


def test_a_file_that_leads_outside_is_refused(make: Make) -> None:
    path = make()
    with h5py.File(path, "a") as handle:
        del handle["estimates/C"]
        handle["estimates/C"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(FileContentError, match="leads outside the file"):
        nk.open(path, "caiman")


def test_arrays_cross_processes_and_come_back_from_disk(make: Make, tmp_path: Path) -> None:
    rec = nk.open(make())
    again = pickle.loads(pickle.dumps(rec.activity.signal.variable))
    np.testing.assert_array_equal(again.values, rec.activity.signal.values)
    assert_same(nk.open(nk.save(rec, tmp_path / "a.nc")), rec.compute())


def test_only_estimates_are_claimed(make: Make, tmp_path: Path) -> None:
    assert sniff(make()) > 0.9
    assert 0.8 < sniff(make("a.h5", A=scipy.sparse.csc_array((600, N)))) <= 0.95
    with h5py.File(tmp_path / "b.h5", "w") as handle:
        handle["estimates"] = 1
    (tmp_path / "c.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    (tmp_path / "d.csv").write_text("x")
    for name in ("b.h5", "c.h5", "d.csv", "absent.h5"):
        assert sniff(tmp_path / name) == 0.0
    assert set(LOADER.options) == {"signal", "rate", "accepted_only"}
