"""HDF5 files that lead into other files of the machine: refused by every reader of HDF5."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

import neurokit as nk
from neurokit.errors import FileContentError, NeurokitError
from neurokit.io import open_hdf5
from neurokit.io.encoding import MARK

Attack = Callable[[h5py.File, Path], None]


def _link(place: str, target: str = "", inner: str = "/secret") -> Attack:
    def attack(file: h5py.File, secret: Path) -> None:
        file[place] = h5py.ExternalLink(target or str(secret), inner)

    return attack


def _storage(file: h5py.File, secret: Path) -> None:
    file.create_dataset("g/raw", shape=(64,), dtype="u1", external=[(str(secret), 0, 64)])


def _second_storage(file: h5py.File, secret: Path) -> None:
    inside = secret.with_name("beside.raw")
    inside.write_bytes(bytes(32))
    parts = [(str(inside), 0, 32), ("/etc/passwd", 0, 32)]
    file.create_dataset("raw", shape=(64,), dtype="u1", external=parts)


def _virtual(name: str) -> Attack:
    def attack(file: h5py.File, secret: Path) -> None:
        layout = h5py.VirtualLayout(shape=(2, 3), dtype="f8")
        layout[0] = h5py.VirtualSource(".", "inner", shape=(3,))
        layout[1] = h5py.VirtualSource(name or str(secret), "secret", shape=(3,))
        file["inner"] = np.zeros(3)
        file.create_virtual_dataset("v", layout)

    return attack


def _numbered(file: h5py.File, secret: Path) -> None:
    """A source that HDF5 completes by itself: part-0.h5, part-1.h5..."""
    rows = h5py.h5s.create_simple((1, 3), (h5py.h5s.UNLIMITED, 3))
    rows.select_hyperslab((0, 0), (h5py.h5s.UNLIMITED, 1), block=(1, 3))
    source = h5py.h5s.create_simple((1, 3))
    plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plan.set_virtual(rows, b"part-%b.h5", b"secret", source)
    h5py.h5d.create(file.id, b"v", h5py.h5t.NATIVE_DOUBLE, rows, plan)


def _behind_a_cycle(file: h5py.File, secret: Path) -> None:
    group = file.create_group("a/b")
    group["up"] = file["/a"]
    file["z"] = group
    group["zz"] = h5py.ExternalLink(str(secret), "/secret")


def _below_a_short_cut(file: h5py.File, secret: Path) -> None:
    file["real/deep/out"] = h5py.ExternalLink(str(secret), "/secret")
    file["short"] = h5py.SoftLink("/real/deep")


ATTACKS: dict[str, Attack] = {
    "link at the root": _link("out"),
    "link in a group": _link("a/b/c/out"),
    "link in place of the traces": _link("gcamp/trace_array"),
    "link in place of a whole group": _link("estimates", inner="/"),
    "link to itself by name": _link("out", target="hostile.h5"),
    "link to what is not there": _link("out", target="/no/such/file.h5"),
    "link with an odd name": _link("\u202eout \n", inner="/secret"),
    "link behind a cycle": _behind_a_cycle,
    "link below a short cut": _below_a_short_cut,
    "external storage": _storage,
    "external storage in its second part": _second_storage,
    "virtual dataset": _virtual(""),
    "virtual dataset of numbered files": _numbered,
    "virtual dataset up and down again": _virtual("./hostile.h5"),
}
READERS = ("celegans.dag", "caiman", "hdf5", "nwb", "matlab")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Build a file once for all readers."""
    built: dict[str, Path] = {}

    def build(name: str) -> Path:
        if name not in built:
            folder = tmp_path_factory.mktemp("links")
            with h5py.File(folder / "secret.h5", "w") as file:
                file["secret"] = np.full(3, 27182.8125)
            built[name] = folder / "hostile.h5"
            with h5py.File(built[name], "w") as file:
                file["first"] = 1
                ATTACKS[name](file, folder / "secret.h5")
        return built[name]

    return build


@pytest.mark.parametrize("name", ATTACKS)
def test_a_file_that_leads_outside_is_refused(name: str, hostile: Callable[[str], Path]) -> None:
    path = hostile(name)
    with pytest.raises(FileContentError, match="leads outside the file") as caught:
        open_hdf5(path)
    assert caught.value.where == str(path)
    # What was refused is closed: HDF5 would not let it be opened for writing otherwise.
    h5py.File(path, "a").close()


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("name", ATTACKS)
def test_no_reader_follows_it(name: str, reader: str, hostile: Callable[[str], Path]) -> None:
    path = hostile(name)
    for read in (nk.info, nk.open):
        with pytest.raises(NeurokitError, match="leads outside the file") as caught:
            read(path, reader)
        assert "27182.8" not in str(caught.value)


@pytest.mark.parametrize("name", ATTACKS)
def test_a_store_that_leads_outside_is_refused(
    name: str, hostile: Callable[[str], Path], tmp_path: Path
) -> None:
    path = tmp_path / "hostile.nc"
    path.write_bytes(hostile(name).read_bytes())
    with h5py.File(path, "a") as file:
        file.attrs[MARK] = "demo"
    with pytest.raises(FileContentError, match="leads outside the file"):
        nk.open(path)


def test_sniffing_opens_no_other_file(tmp_path: Path) -> None:
    """Each group that a loader might look into is a link to a pipe, which would block for ever."""
    pipe, path = tmp_path / "pipe", tmp_path / "hostile.h5"
    os.mkfifo(pipe)
    with h5py.File(path, "w") as file:
        for name in ("estimates", "gcamp", "timing", "acquisition", "general", "processing"):
            file[name] = h5py.ExternalLink(str(pipe), "/")
        file.attrs["nwb_version"] = "2.5.0"
    program = (
        "import sys, neurokit as nk\n"
        "from neurokit.errors import NeurokitError\n"
        "try:\n    nk.open(sys.argv[1])\n"
        "except NeurokitError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "hostile.h5: " in done.stdout
