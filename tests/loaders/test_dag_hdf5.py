"""Lazy HDF5 arrays against numpy, and the layout of a file before anything is built of it."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import basic_indices
from neurokit_loaders._dag_layout import layout_score, read_layout
from neurokit_loaders._hdf5 import Hdf5Array, contents, numbers, opened

from neurokit.errors import FileContentError, TimeError
from neurokit.io import lazy_variable

VALUES = np.arange(35, dtype=np.float64).reshape(7, 5)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file with one array in both orientations, compressed and not."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as handle:
        handle["plain"] = VALUES
        handle["group/turned"] = VALUES.T
        handle.create_dataset("packed", data=VALUES, chunks=(3, 2), compression="gzip")
        handle["text"] = "words"
        handle["empty"] = h5py.Empty("f8")
        handle["number"] = 3
    return path


def _indices(shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    return basic_indices(shape, allow_ellipsis=False, allow_newaxis=False)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(key=_indices(VALUES.shape), name=st.sampled_from(["plain", "packed", "group/turned"]))
def test_any_basic_index_equals_numpy(file: Path, key: Any, name: str) -> None:
    array = Hdf5Array(file, name, VALUES.shape, np.float32, transposed=name == "group/turned")
    variable = lazy_variable(("time", "neuron"), array)
    expected = VALUES.astype(np.float32)[key]
    # xarray itself fails on an empty slice with a negative step, before an array is asked.
    assume(expected.size)
    found = variable[key].values
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, expected)


def test_an_array_crosses_processes_as_path_and_name(file: Path) -> None:
    array = Hdf5Array(file, "plain", VALUES.shape, np.float64)
    copy = pickle.loads(pickle.dumps(array))
    assert (copy.path, copy.name) == (file, "plain")
    np.testing.assert_array_equal(copy.read((slice(0, 2), slice(None))), VALUES[:2])


def test_a_relative_path_still_leads_there_from_another_folder(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    array = Hdf5Array(Path(file.name), "plain", VALUES.shape, np.float64)
    monkeypatch.chdir("/")
    np.testing.assert_array_equal(array.read((slice(None), 2)), VALUES[:, 2])


def test_only_datasets_of_numbers_are_given(file: Path) -> None:
    with opened(file) as handle:
        assert numbers(handle, "absent") is None
        assert numbers(handle, "group") is None
        assert numbers(handle, "group/turned").shape == (5, 7)  # type: ignore[union-attr]
        for name in ("text", "empty"):
            with pytest.raises(FileContentError, match=f"{name} holds"):
                numbers(handle, name)


def test_contents_are_all_datasets_with_their_shapes(file: Path) -> None:
    with opened(file) as handle:
        assert contents(handle) == {
            "plain": (7, 5),
            "packed": (7, 5),
            "group/turned": (5, 7),
            "text": (),
            "empty": (),
            "number": (),
        }


def test_what_h5py_raises_inside_names_the_file(file: Path) -> None:
    for error in (OSError("bad"), KeyError("bad"), RuntimeError("bad"), ValueError("bad")):
        with pytest.raises(FileContentError, match=r"a\.h5: is damaged HDF5"), opened(file):
            raise error


def test_our_own_errors_pass_as_they_are(file: Path) -> None:
    with pytest.raises(TimeError, match="mine"), opened(file):
        raise TimeError("mine")


@pytest.mark.parametrize(
    ("names", "score"),
    [
        (["behavior", "gcamp", "timing"], 0.9),
        (["gcamp", "behavior"], 0.6),
        (["GCAMP", "behaviour"], 0.3),
        (["timing"], 0.0),
        ([], 0.0),
    ],
)
def test_the_groups_decide_the_score(names: list[str], score: float) -> None:
    assert layout_score(names) == score


def _layout_file(folder: Path, **more: Any) -> Path:
    path = folder / "b.h5"
    content = {
        "gcamp/trace_array": np.zeros((4, 3)),
        "timing/timestamp_confocal": np.arange(4.0),
        **more,
    }
    with h5py.File(path, "w") as handle:
        for name, values in content.items():
            handle[name] = values
    return path


def test_a_layout_sorts_datasets_into_their_roles(tmp_path: Path) -> None:
    path = _layout_file(
        tmp_path,
        **{
            "behavior/velocity": np.zeros(4),
            "behavior/angles": np.zeros((6, 4)),
            "behavior/count": 3,
            "gcamp/idx_splits": np.array([[1], [4]]),
            "gcamp/other": np.zeros(2),
        },
    )
    with opened(path) as handle:
        layout = read_layout(handle, path)
    assert list(layout.traces) == ["trace_array"]
    assert layout.behavior["velocity"].shape == (4,)
    assert layout.behavior["angles"].shape == (4, 6)
    assert layout.behavior["angles"].transposed
    assert layout.tables["idx_splits"].tolist() == [[1], [4]]
    assert layout.unread == ["behavior/count", "gcamp/other"]


def test_a_table_that_claims_terabytes_is_refused_unread(tmp_path: Path) -> None:
    path = _layout_file(tmp_path)
    with h5py.File(path, "a") as handle:
        del handle["timing/timestamp_confocal"]
        handle.create_dataset("timing/timestamp_confocal", (10**12,), "f8", chunks=(1024,))
    assert path.stat().st_size < 100_000
    with (
        pytest.raises(FileContentError, match="claims 1000000000000 values"),
        opened(path) as handle,
    ):
        read_layout(handle, path)


def test_a_square_array_is_read_with_frames_first(tmp_path: Path) -> None:
    path = _layout_file(tmp_path, **{"behavior/square": np.zeros((4, 4))})
    with opened(path) as handle:
        assert not read_layout(handle, path).behavior["square"].transposed


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"gcamp/trace_array": np.zeros((5, 3))}, "trace_array has 5 frames"),
        ({"behavior/velocity": np.zeros(3)}, "velocity has 3 frames"),
        ({"timing/timestamp_confocal": np.empty(0)}, "is empty"),
        ({"timing/timestamp_confocal": np.array([0.0, 1.0, 1.0, 2.0])}, "frame 3 of 4"),
    ],
)
def test_parts_that_do_not_fit_together_are_refused(
    tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    path = _layout_file(tmp_path, **more)
    with pytest.raises(TimeError, match=words), opened(path) as handle:
        read_layout(handle, path)


def test_traces_of_three_dims_are_refused(tmp_path: Path) -> None:
    path = _layout_file(tmp_path, **{"gcamp/trace_array": np.zeros((4, 3, 2))})
    with pytest.raises(FileContentError, match="arrays of traces differ"), opened(path) as handle:
        read_layout(handle, path)
