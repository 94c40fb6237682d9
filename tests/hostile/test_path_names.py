"""Names that are no files, or would never end, or forge what is printed: refused at once."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import neurokit as nk
from neurokit.catalog import Catalog
from neurokit.errors import CatalogError, FileContentError, NeurokitError
from neurokit.io import require_file
from neurokit.io.integrity import locate

Name = Callable[[Path], str]


def _pipe(folder: Path) -> str:
    os.mkfifo(folder / "x.fif")
    return str(folder / "x.fif")


def _socket(folder: Path) -> str:
    # The name of a socket has at most 108 bytes.
    server, here = socket.socket(socket.AF_UNIX), Path.cwd()
    try:
        os.chdir(folder)
        server.bind("x.edf")
    finally:
        os.chdir(here)
        server.close()
    return str(folder / "x.edf")


def _loop(folder: Path) -> str:
    (folder / "a.fif").symlink_to(folder / "b.fif")
    (folder / "b.fif").symlink_to(folder / "a.fif")
    return str(folder / "a.fif")


def _dangling(folder: Path) -> str:
    (folder / "a.nwb").symlink_to(folder / "absent.nwb")
    return str(folder / "a.nwb")


def _to_device(folder: Path) -> str:
    (folder / "a.edf").symlink_to("/dev/zero")
    return str(folder / "a.edf")


def _to_pipe(folder: Path) -> str:
    (folder / "a.csv").symlink_to(_pipe(folder))
    return str(folder / "a.csv")


def _named(name: str) -> Name:
    return lambda folder: str(folder / name)


def _written(name: str) -> Name:
    def write(folder: Path) -> str:
        (folder / name).write_text("time,F0\n0,1\n")
        return str(folder / name)

    return write


def _below_a_file(folder: Path) -> str:
    return _written("a.csv")(folder) + "/b.csv"


REFUSED: dict[str, tuple[Name, str]] = {
    "NUL": (_named("a.fif\0.csv"), "control characters"),
    "line end": (_written("a\nERROR: b.csv"), "control characters"),
    "escape sequence": (_written("a\x1b[2Jb.csv"), "control characters"),
    "line separator": (_written("a\u2028b.csv"), "control characters"),
    "pipe": (_pipe, "is a pipe, not a file"),
    "link to a pipe": (_to_pipe, "is a pipe, not a file"),
    "socket": (_socket, "is a socket, not a file"),
    "endless device": (lambda folder: "/dev/zero", "is a device, not a file"),
    "empty device": (lambda folder: "/dev/null", "is a device, not a file"),
    "link to a device": (_to_device, "is a device, not a file"),
    "loop of links": (_loop, "cannot be reached"),
    "link to nothing": (_dangling, "does not exist"),
    "name of 300 letters": (_named("a" * 300 + ".fif"), "cannot be reached"),
    "path of 10 000 letters": (_named("a/" * 5000 + "b.fif"), "cannot be reached"),
    "store of 300 letters": (_named("a" * 300 + ".zarr"), "cannot be reached"),
    "half a character": (_named("a\ud800.fif"), "cannot be reached"),
    "home of nobody": (lambda folder: "~no such user/a.fif", "cannot be reached"),
    "below a file": (_below_a_file, "does not exist"),
    "nothing at all": (lambda folder: str(folder / ".." / "absent" / ".." / "x.fif"), "not exist"),
}


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("read", [nk.open, nk.info, locate, require_file])
def test_a_name_of_this_kind_is_refused_at_once(
    read: Callable[[str], object], name: str, tmp_path: Path
) -> None:
    path = REFUSED[name][0](tmp_path)
    begin = time.monotonic()
    with pytest.raises(FileContentError, match=REFUSED[name][1]) as caught:
        read(path)
    assert time.monotonic() - begin < 5.0  # no reading; measured: milliseconds
    said = str(caught.value)
    assert said.isprintable()
    assert len(said) < 600
    assert caught.value.mend


@pytest.mark.parametrize("suffix", [".fif", ".edf", ".bdf", ".nwb", ".csv", ".npy", ".mat", ".h5"])
def test_a_folder_with_the_name_of_a_file_is_refused(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / f"x{suffix}"
    folder.mkdir()
    (folder / "inside.txt").write_text("x")
    with pytest.raises(NeurokitError, match=rf"x{suffix}"):
        nk.open(folder)
    with pytest.raises(FileContentError, match="is a folder"):
        require_file(folder)


@pytest.mark.parametrize(
    "name", ["ä ö.npy", "a'b\"c;$(x).npy", "a%00b.npy", "--help.npy", "...npy"]
)
def test_odd_names_of_honest_files_are_opened(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with path.open("wb") as file:
        np.save(file, np.zeros((4, 2), np.float32))
    assert locate(path) == path
    assert require_file(str(path)) == path


@pytest.mark.parametrize(
    "name", ["../secret.csv", "/etc/passwd", "a/../../secret.csv", "a\\..\\b.csv", "C:/b.csv"]
)
def test_a_catalog_names_no_file_outside_its_folders(tmp_path: Path, name: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "catalog: neurokit/1\ndatasets:\n  d:\n    title: x\n    modality: eeg\n"
        f"    recordings:\n      r:\n        files:\n          - path: '{name}'\n"
        f"            uri: https://example.org/a\n            sha256: '{'a' * 64}'\n"
        "            bytes: 1\n"
    )
    with pytest.raises(CatalogError):
        Catalog.read(path)


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/passwd", "../secret.eeg", "pipe.eeg"])
def test_a_header_that_names_such_a_companion_is_refused(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (tmp_path / "secret.eeg").write_bytes(bytes(400))
    os.mkfifo(folder / "pipe.eeg")
    (folder / "a.vhdr").write_text(
        "Brain Vision Data Exchange Header File Version 1.0\n[Common Infos]\n"
        f"DataFile={target}\nDataFormat=BINARY\nDataOrientation=MULTIPLEXED\n"
        "NumberOfChannels=1\nSamplingInterval=4000\n[Binary Infos]\nBinaryFormat=INT_16\n"
        "[Channel Infos]\nCh1=Fp1,,0.1,µV\n",
        encoding="utf-8",
    )
    with pytest.raises(NeurokitError, match=r"a\.vhdr|in/"):
        nk.open(folder / "a.vhdr").activity.signal.load()
