"""A disk that fills while HDF5 writes: an error, never a file that cannot be read."""

import errno
import json
import subprocess
import sys

import h5py
import numpy as np
import pytest

from neurokit.io.hdf5_writing import _FirstErrorKept, hdf5_target

# Sizes a file may have, from less than HDF5's first block to more than the whole needs.
SIZES = [0, 50, 1000, 5000, 20_000, *range(40_000, 330_000, 30_000), 10_000_000]
CHILD = """
import json, resource, sys
import numpy as np
import neurokit as nk
from neurokit.errors import StoreError
from neurokit.schema import activity, recording

values = np.random.default_rng(0).normal(size=(600, 50))
group = activity(values, names=[f"n{i}" for i in range(50)], rate=1.0)
rec = recording({"activity": group}, modality="calcium", name="a")
found = []
for size in json.loads(sys.argv[2]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    path = f"{sys.argv[1]}/{size}.nc"
    try:
        nk.save(rec, path)
    except StoreError as error:
        found.append(str(error))
    else:
        again = nk.open(path).activity.signal
        found.append("same" if np.array_equal(again, rec.activity.signal) else "broken")
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(json.dumps(found))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits of a file's size")
def test_a_recording_is_saved_whole_or_its_failure_is_said(tmp_path):
    # In a process of its own: where errors are lost the interpreter itself may end.
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), json.dumps(SIZES)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert found[-1] == "same"
    n_refused = sum("too large" in said for said in found)
    assert n_refused > 5
    assert n_refused + found.count("same") == len(SIZES)
    kept = {f"{size}.nc" for size, said in zip(SIZES, found, strict=True) if said == "same"}
    assert {path.name for path in tmp_path.iterdir()} == kept


class RefusalError(OSError):
    """What the disk says in these tests."""


def refuse_after(monkeypatch, n_writes):
    """Let a target's own file refuse every write after the first n."""
    count = [0]
    kept = _FirstErrorKept._write_some

    def fill(self, data):
        count[0] += 1
        if count[0] > n_writes:
            raise RefusalError(errno.ENOSPC, "No space left on device")
        return kept(self, data)

    monkeypatch.setattr(_FirstErrorKept, "_write_some", fill)
    return count


def write_six(path, values):
    with hdf5_target(path) as target, h5py.File(target, "w") as file:
        for name in "abcdef":
            file.create_dataset(name, data=values, compression="gzip", chunks=(10, 50))


def write_and_raise(path, error):
    with hdf5_target(path) as target:
        target.write(b"1")
        raise error


@pytest.mark.parametrize("n_writes", range(6))
def test_the_first_refusal_is_raised_and_nothing_is_written_after_it(
    tmp_path, monkeypatch, n_writes
):
    count = refuse_after(monkeypatch, n_writes)
    values = np.random.default_rng(0).normal(size=(40, 50))
    with pytest.raises(RefusalError, match="No space left"):
        write_six(tmp_path / "a.h5", values)
    assert count == [n_writes + 1]


def test_an_error_of_the_block_is_raised_as_it_is_where_the_disk_took_all(tmp_path):
    with pytest.raises(ValueError, match="mine"):
        write_and_raise(tmp_path / "a.h5", ValueError("mine"))
    assert (tmp_path / "a.h5").read_bytes() == b"1"


def test_a_consequence_of_a_refusal_names_the_refusal(tmp_path, monkeypatch):
    refuse_after(monkeypatch, 0)
    with pytest.raises(RefusalError) as caught:
        write_and_raise(tmp_path / "a.h5", ValueError("what was written is not there"))
    assert isinstance(caught.value.__cause__, ValueError)


def test_writes_in_parts_are_written_whole(tmp_path, monkeypatch):
    kept = _FirstErrorKept._write_some
    monkeypatch.setattr(_FirstErrorKept, "_write_some", lambda self, data: kept(self, data[:7]))
    values = np.random.default_rng(1).normal(size=300)
    with hdf5_target(tmp_path / "a.h5") as target, h5py.File(target, "w") as file:
        file["a"] = values
    with h5py.File(tmp_path / "a.h5") as file:
        assert np.array_equal(file["a"][()], values)


def test_a_file_that_cannot_be_opened_is_an_error_at_once(tmp_path):
    with pytest.raises(FileNotFoundError), hdf5_target(tmp_path / "none" / "a.h5"):
        pass
