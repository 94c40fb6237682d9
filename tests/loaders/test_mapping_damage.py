"""Damage of every kind to every format: an error that names the file and a mend, or plain numbers.

What is cut, and what a format guards by a checksum, is never read as whole.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mapping_files import cells, write_hdf5, write_mat5, write_mat73, write_npz, write_text

import neurokit as nk

RNG = np.random.default_rng(0)
ARRAYS: dict[str, Any] = {
    "t": np.arange(300) / 10,
    "F1": RNG.normal(size=300),
    "F2": RNG.normal(size=300),
}
INSIDE = {**ARRAYS, "words": cells("a", "b"), "rec": {"fs": 1.0}}


def _packed_npz(path: Path) -> Path:
    return write_npz(path, ARRAYS, packed=True)


def _npy(path: Path) -> Path:
    np.save(path, np.stack([ARRAYS["F1"], ARRAYS["F2"]], axis=1))
    return path


# name: (write, loader, prefix of names, whether content is guarded by a checksum)
FORMATS: dict[str, tuple[Callable[[Path], Path], str, str, bool]] = {
    "a.csv": (lambda path: write_text(path, ARRAYS), "table", "", False),
    "a.csv.gz": (lambda path: write_text(path, ARRAYS), "table", "", True),
    "a.npy": (_npy, "npy", "", False),
    "a.npz": (lambda path: write_npz(path, ARRAYS), "npy", "", True),
    "packed.npz": (_packed_npz, "npy", "", True),
    "v5.mat": (lambda path: write_mat5(path, INSIDE), "matlab", "", True),
    "v5 plain.mat": (lambda path: write_mat5(path, INSIDE, packed=False), "matlab", "", False),
    "v73.mat": (lambda path: write_mat73(path, INSIDE), "matlab", "", False),
    "a.h5": (lambda path: write_hdf5(path, ARRAYS), "hdf5", "data/", False),
}
DAMAGES = ("cut", "bits", "zeros")


def _damaged(content: bytes, damage: str, seed: int) -> bytes:
    rng = np.random.default_rng(seed)
    if damage == "cut":
        return content[: int(rng.integers(0, len(content)))]
    changed = bytearray(content)
    if damage == "bits":
        for place in rng.integers(0, len(content), size=8):
            changed[place] ^= 1 << int(rng.integers(8))
    else:
        start = int(rng.integers(0, max(1, len(content) - 512)))
        end = min(len(content), start + 512)
        changed[start:end] = b"\0" * (end - start)
    return bytes(changed)


def _opened(path: Path, loader: str, prefix: str) -> Any:
    if path.suffix == ".npy":
        return nk.open(path, loader, rate=10)
    signal = [f"{prefix}F1", f"{prefix}F2"]
    return nk.open(path, loader, time=f"{prefix}t", signal=signal)


def _check(name: str, damage: str, seeds: range, folder: Path) -> None:
    write, loader, prefix, guarded = FORMATS[name]
    path = write(folder / name)
    whole = _opened(path, loader, prefix).activity.signal.values
    content = path.read_bytes()
    for seed in seeds:
        broken = _damaged(content, damage, seed)
        path.write_bytes(broken)
        said, rec, begun = None, None, time.process_time()
        try:
            rec = _opened(path, loader, prefix)
            rec.load()
        except nk.errors.NeurokitError as error:
            said = error
        assert time.process_time() - begun < 10
        if said is not None:
            assert name in str(said), seed
            assert said.mend, seed
            continue
        values = rec.activity.signal.values
        if damage == "cut":
            # A table cut at the end of a line is a table; only its size or sha256 can tell.
            assert loader == "table", seed
            at_line_end = broken.endswith(b"\n")
            assert at_line_end or "the last line has no end" in rec.attrs["findings"], seed
        elif guarded:
            np.testing.assert_array_equal(values, whole)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FORMATS)
def test_damage_is_an_error_that_names_the_file(name: str, damage: str, tmp_path: Path) -> None:
    _check(name, damage, range(4), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", FORMATS)
def test_more_damage_is_an_error_too(name: str, damage: str, tmp_path: Path) -> None:
    _check(name, damage, range(4, 80), tmp_path)


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_of_one_byte_or_none_is_refused(name: str, tmp_path: Path) -> None:
    _, loader, prefix, _ = FORMATS[name]
    for content in (b"", b"\0", b"\n"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(nk.errors.NeurokitError, match=name):
            _opened(tmp_path / name, loader, prefix)


@pytest.mark.parametrize("name", FORMATS)
def test_each_format_given_to_another_loader_is_named(name: str, tmp_path: Path) -> None:
    write, own, prefix, _ = FORMATS[name]
    path = write(tmp_path / name)
    for loader in {"table", "npy", "matlab", "hdf5"} - {own}:
        if (loader, name) in (("hdf5", "v73.mat"), ("matlab", "a.h5")):
            continue  # both are HDF5
        with pytest.raises(nk.errors.NeurokitError, match=name):
            _opened(path, loader, prefix)


@pytest.mark.parametrize("name", FORMATS)
def test_a_missing_file_and_a_folder_are_named(name: str, tmp_path: Path) -> None:
    _, loader, prefix, _ = FORMATS[name]
    with pytest.raises(nk.errors.FileContentError, match="does not exist"):
        _opened(tmp_path / name, loader, prefix)
    (tmp_path / name).mkdir()
    with pytest.raises(nk.errors.NeurokitError, match=name):
        _opened(tmp_path / name, loader, prefix)
