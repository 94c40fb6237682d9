"""HDF5 files that stay within themselves are opened; all others are refused by name."""

import os

import h5py
import numpy as np
import pytest

from neurokit.errors import FileContentError
from neurokit.io import hdf5, open_hdf5


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


def test_a_whole_file_is_opened_for_reading(path):
    with h5py.File(path, "w") as file:
        file["g/x"] = np.arange(5)
    with open_hdf5(str(path)) as file:
        assert file.mode == "r"
        assert file["g/x"][:].tolist() == [0, 1, 2, 3, 4]


def test_a_named_type_and_an_empty_dataset_do_no_harm(path):
    with h5py.File(path, "w") as file:
        file["type"] = np.dtype("f8")
        file["none"] = h5py.Empty("f4")
        file.create_group("group")
    with open_hdf5(path) as file:
        assert sorted(file) == ["group", "none", "type"]


@pytest.mark.parametrize("place", ["out", "g/out", "g/h/out"])
def test_an_external_link_is_refused_with_its_place_and_target(path, place):
    with h5py.File(path, "w") as file:
        file["a/first"] = 1
        file[place] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(FileContentError, match=f"link /{place} to other.h5 leads outside"):
        open_hdf5(path)


def test_an_external_link_to_the_file_itself_is_refused_too(path):
    # Its name is read from the file, and the file may be renamed tomorrow.
    with h5py.File(path, "w") as file:
        file["x"] = 1
        file["out"] = h5py.ExternalLink(path.name, "/x")
    with pytest.raises(FileContentError, match="leads outside"):
        open_hdf5(path)


def test_a_refused_file_is_closed_again(path):
    with h5py.File(path, "w") as file:
        file["out"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(FileContentError, match="leads outside"):
        open_hdf5(path)
    # HDF5 refuses to write to what is still open for reading in the same process.
    with h5py.File(path, "a") as file:
        del file["out"]
    open_hdf5(path).close()


def test_soft_links_inside_are_fine(path):
    with h5py.File(path, "w") as file:
        file["g/x"] = np.arange(3)
        file["short"] = h5py.SoftLink("/g/x")
        file["dangling"] = h5py.SoftLink("/no/such")
    with open_hdf5(path) as file:
        assert file["short"][:].tolist() == [0, 1, 2]


def test_cycles_of_soft_links_end(path):
    with h5py.File(path, "w") as file:
        file["a"] = h5py.SoftLink("/b")
        file["b"] = h5py.SoftLink("/a")
        file["g/up"] = h5py.SoftLink("/")
        file["self"] = h5py.SoftLink("/self")
    with open_hdf5(path) as file:
        assert len(file) == 4


def _cycle(path, *, outside):
    with h5py.File(path, "w") as file:
        group = file.create_group("g/h")
        group["root"] = file["/"]
        group["self"] = group
        file["g"]["again"] = file["g"]
        if outside:
            group["z"] = h5py.ExternalLink("other.h5", "/x")


def test_cycles_of_hard_links_end(path):
    _cycle(path, outside=False)
    with open_hdf5(path) as file:
        assert "g/h/root/g/h/self" in file


def test_a_cycle_hides_no_external_link(path):
    _cycle(path, outside=True)
    with pytest.raises(FileContentError, match="/z to other.h5 leads outside"):
        open_hdf5(path)


def test_a_group_reached_in_two_ways_is_looked_into(path):
    with h5py.File(path, "w") as file:
        file["one/x"] = 1
        file["two"] = file["one"]
        file["two/y"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(FileContentError, match="link /one/y"):
        open_hdf5(path)


def test_groups_nested_without_end_are_refused(path):
    # Deeper than Python's recursion limit of 1000; no recording is nested so.
    with h5py.File(path, "w") as file:
        group = file
        for _ in range(1200):
            group = group.create_group("g")
    with pytest.raises(FileContentError, match="damaged table of contents"):
        open_hdf5(path)


def test_external_storage_is_refused_wherever_it_is(path, tmp_path):
    (tmp_path / "raw").write_bytes(b"x" * 8)
    with h5py.File(path, "w") as file:
        external = [(str(tmp_path / "raw"), 0, 8)]
        file.create_group("g").create_dataset("x", shape=(8,), dtype="u1", external=external)
    with pytest.raises(FileContentError, match="data of /g/x leads outside"):
        open_hdf5(path)


def _virtual(path, source):
    layout = h5py.VirtualLayout(shape=(3,), dtype="i8")
    layout[:] = h5py.VirtualSource(source, "x", shape=(3,))
    with h5py.File(path, "a") as file:
        file["x"] = np.arange(3)
        file.create_virtual_dataset("v", layout)


def test_a_virtual_dataset_of_the_file_itself_is_fine(path):
    _virtual(path, ".")
    with open_hdf5(path) as file:
        assert file["v"].is_virtual
        assert file["v"][:].tolist() == [0, 1, 2]


@pytest.mark.parametrize("ring", [["v"], ["v", "w"], ["v", "w", "u"]])
def test_virtual_datasets_in_a_circle_are_refused(path, ring):
    """HDF5 follows them until its stack ends, which takes the whole process with it."""
    with h5py.File(path, "w") as file:
        for name, source in zip(ring, [*ring[1:], ring[0]], strict=True):
            layout = h5py.VirtualLayout(shape=(3,), dtype="i8")
            layout[:] = h5py.VirtualSource(".", source, shape=(3,))
            file.create_virtual_dataset(name, layout)
    with pytest.raises(FileContentError, match=r"virtual data of /\w rests on no data but"):
        open_hdf5(path)


@pytest.mark.parametrize("source", ["absent", "group"])
def test_a_virtual_dataset_of_what_is_not_there_is_refused(path, source):
    """HDF5 gives fill values for it without a word."""
    layout = h5py.VirtualLayout(shape=(3,), dtype="i8")
    layout[:] = h5py.VirtualSource(".", source, shape=(3,))
    with h5py.File(path, "w") as file:
        file.create_group("group")
        file.create_virtual_dataset("v", layout)
    with pytest.raises(FileContentError, match=f"rests on no data but {source}"):
        open_hdf5(path)


def test_a_virtual_dataset_of_another_file_is_refused(path):
    with h5py.File(path.with_name("other.h5"), "w") as file:
        file["x"] = np.arange(3)
    _virtual(path, "other.h5")
    with pytest.raises(FileContentError, match="data of /v leads outside"):
        open_hdf5(path)


def test_a_virtual_dataset_of_which_only_one_part_is_elsewhere_is_refused(path):
    layout = h5py.VirtualLayout(shape=(2, 3), dtype="i8")
    layout[0] = h5py.VirtualSource(".", "x", shape=(3,))
    layout[1] = h5py.VirtualSource("/etc/hostname", "x", shape=(3,))
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(3)
        file.create_virtual_dataset("v", layout)
    with pytest.raises(FileContentError, match="data of /v leads outside"):
        open_hdf5(path)


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_named(path, part):
    with h5py.File(path, "w") as file:
        file["x"] = np.arange(5000)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(FileContentError, match=r"a\.h5: is not a whole HDF5 file .*Download"):
        open_hdf5(path)


@pytest.mark.parametrize("content", [b"text", b"\x89HDF\r\n\x1a\n", b"CDF\x01" + b"\0" * 100])
def test_what_is_not_hdf5_is_named(path, content):
    path.write_bytes(content)
    with pytest.raises(FileContentError, match="is not a whole HDF5 file"):
        open_hdf5(path)


def test_folders_missing_and_empty_files_are_named(tmp_path, path):
    with pytest.raises(FileContentError, match="is a folder"):
        open_hdf5(tmp_path)
    with pytest.raises(FileContentError, match="does not exist"):
        open_hdf5(path)
    path.touch()
    with pytest.raises(FileContentError, match="is empty"):
        open_hdf5(path)


def test_diamonds_of_hard_links_are_walked_once(tmp_path):
    # Thirty levels of two links each are 2**30 paths to 31 groups.
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        group = file
        for _ in range(30):
            below = group.create_group("left")
            group["right"] = below
            group = below
    open_hdf5(path).close()


def _age(path, seconds):
    old = path.stat().st_mtime - seconds
    os.utime(path, (old, old))


def test_a_file_that_stays_as_it_is_is_walked_once(path, monkeypatch):
    with h5py.File(path, "w") as file:
        file["x"] = 1
    _age(path, 60)
    walked, real = [], hdf5._first_outside
    monkeypatch.setattr(
        hdf5, "_first_outside", lambda file, seen: walked.append(1) or real(file, seen)
    )
    for _ in range(3):
        open_hdf5(path).close()
    assert len(walked) == 1


@pytest.mark.parametrize("seconds", [0, 60])
def test_a_file_that_changes_is_walked_again(path, seconds):
    with h5py.File(path, "w") as file:
        file["x"] = 1
    _age(path, 3 * seconds)
    open_hdf5(path).close()
    with h5py.File(path, "a") as file:
        file["out"] = h5py.ExternalLink("other.h5", "/x")
    _age(path, seconds)
    with pytest.raises(FileContentError, match="leads outside"):
        open_hdf5(path)


def test_a_refused_file_is_refused_again(path):
    with h5py.File(path, "w") as file:
        file["out"] = h5py.ExternalLink("other.h5", "/x")
    _age(path, 60)
    for _ in range(2):
        with pytest.raises(FileContentError, match="leads outside"):
            open_hdf5(path)


def test_the_memory_of_walked_files_is_short(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "_MOST_WALKED", 3)
    monkeypatch.setattr(hdf5, "_WALKED", {})
    for i in range(5):
        path = tmp_path / f"{i}.h5"
        h5py.File(path, "w").close()
        _age(path, 60)
        open_hdf5(path).close()
    assert [key[0][-4:] for key in hdf5._WALKED] == ["2.h5", "3.h5", "4.h5"]
