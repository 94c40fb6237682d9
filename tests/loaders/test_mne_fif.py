"""A FIF file that was cut anywhere is noticed without reading its data."""

import gzip
import struct
from pathlib import Path

import mne
import numpy as np
import pytest
from neurokit_loaders.mne_fif import fif_content

from neurokit.errors import FileContentError


@pytest.fixture(scope="module")
def raw_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("fif") / "small_raw.fif"
    info = mne.create_info(4, 100.0, "eeg", verbose=False)
    values = np.random.default_rng(0).normal(size=(4, 700)) * 1e-5
    raw = mne.io.RawArray(values, info, verbose=False)
    raw.set_annotations(mne.Annotations([1.0], [0.5], ["x"]))
    raw.save(file, buffer_size_sec=1, verbose=False)
    return file


def _cut(file, size, folder):
    part = folder / "cut_raw.fif"
    part.write_bytes(file.read_bytes()[:size])
    return part


def test_a_whole_file_is_whole(raw_file):
    content = fif_content(raw_file)
    assert content.has_raw
    assert content.words == "raw data"
    assert content.n_tags > 10


def test_any_cut_is_noticed(raw_file, tmp_path):
    size = raw_file.stat().st_size
    # Every byte of the last 200, where the end tag stands, and every 17th before it.
    for cut in (*range(1, size - 200, 17), *range(size - 200, size)):
        with pytest.raises(FileContentError):
            fif_content(_cut(raw_file, cut, tmp_path))


def test_a_cut_says_truncated_where_and_what_to_do(raw_file, tmp_path):
    part = _cut(raw_file, raw_file.stat().st_size // 2, tmp_path)
    with pytest.raises(FileContentError, match="truncated") as caught:
        fif_content(part)
    assert caught.value.where == str(part)
    assert "again" in caught.value.mend


@pytest.mark.parametrize(
    "name",
    [
        "meg/sample_audvis_trunc_raw_sss.fif",
        "meg/141027_cropped_90Hz_raw.fif",
        "meg/neuromag122-raw.fif",
        "ieeg/sample_ecog_ieeg.fif",
        "eeg/ssvep_exo_subject12_record-2014.03.10-19.47.49_raw.fif",
    ],
)
@pytest.mark.parametrize("share", [0.001, 0.05, 0.3, 0.6, 0.9, 0.99, 0.9999])
def test_real_files_are_whole_and_their_cuts_are_not(shared_data, tmp_path, name, share):
    file = Path(shared_data) / name
    assert fif_content(file).has_raw
    with pytest.raises(FileContentError):
        fif_content(_cut(file, int(file.stat().st_size * share), tmp_path))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("eeg/sub-015_ses-P3_task-P3_ave.fif", "evoked responses"),
        ("meg/test-ave.fif.gz", "evoked responses"),
        ("eeg/wmvanvliet_subject04-epo.fif", "epochs"),
        ("encoding_rsa/audio-epo.fif", "epochs"),
        ("meg/sample_audvis_trunc_raw-eve.fif", "events"),
        ("meg/sample_audvis_trunc-cov.fif", "a covariance matrix"),
    ],
)
def test_other_contents_are_named(shared_data, name, words):
    content = fif_content(Path(shared_data) / name)
    assert content.words == words
    assert not content.has_raw


def test_a_zipped_file_is_read_as_it_is(raw_file, tmp_path):
    zipped = tmp_path / "a_raw.fif.gz"
    zipped.write_bytes(gzip.compress(raw_file.read_bytes()))
    assert fif_content(zipped) == fif_content(raw_file)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_zipped_file_that_was_cut_is_noticed(raw_file, tmp_path, share):
    zipped = gzip.compress(raw_file.read_bytes())
    file = tmp_path / "a_raw.fif.gz"
    file.write_bytes(zipped[: int(len(zipped) * share)])
    with pytest.raises(FileContentError):
        fif_content(file)


def test_a_zipped_cut_file_is_noticed(raw_file, tmp_path):
    whole = raw_file.read_bytes()
    file = tmp_path / "a_raw.fif.gz"
    file.write_bytes(gzip.compress(whole[: len(whole) // 2]))
    with pytest.raises(FileContentError, match="truncated"):
        fif_content(file)


@pytest.mark.parametrize("content", [b"hello", b"\x00" * 64, b"0" * 300])
def test_what_does_not_begin_as_fif_is_no_fif(tmp_path, content):
    file = tmp_path / "x.fif"
    file.write_bytes(content)
    with pytest.raises(FileContentError, match="does not begin as a FIF file"):
        fif_content(file)


@pytest.mark.parametrize("n", [0, 1, 50, 99])
def test_a_last_tag_that_is_cut_is_noticed(tmp_path, n):
    # Elekta's files end with a directory of tags, not with an empty one.
    first = struct.pack(">iIii", 100, 31, 20, 0) + b"\x00" * 20
    last = struct.pack(">iIii", 102, 32, 100, -1)
    file = tmp_path / "elekta.fif"
    file.write_bytes(first + last + b"\x00" * 100)
    assert fif_content(file).n_tags == 2
    file.write_bytes(first + last + b"\x00" * n)
    with pytest.raises(FileContentError, match="promises 100 bytes"):
        fif_content(file)


def test_a_chain_that_points_backwards_ends(tmp_path, raw_file):
    damaged = bytearray(raw_file.read_bytes())
    damaged[12:16] = struct.pack(">i", 36)  # the first tag now names the second one
    second = 36
    damaged[second + 12 : second + 16] = struct.pack(">i", 36)
    file = tmp_path / "loop_raw.fif"
    file.write_bytes(damaged)
    with pytest.raises(FileContentError, match="backwards"):
        fif_content(file)


def test_the_file_of_the_broken_inputs_is_noticed(shared_corrupt):
    with pytest.raises(FileContentError, match="truncated"):
        fif_content(Path(shared_corrupt) / "01_truncated_raw.fif")


def test_nothing_but_headers_of_tags_is_read(raw_file, monkeypatch):
    read = 0
    opened = Path.open

    class Counting:
        def __init__(self, handle):
            self.handle = handle

        def __enter__(self):
            return self

        def __exit__(self, *args):
            self.handle.close()

        def seek(self, *args):
            return self.handle.seek(*args)

        def read(self, n=-1):
            nonlocal read
            found = self.handle.read(n)
            read += len(found)
            return found

    monkeypatch.setattr(Path, "open", lambda self, *args: Counting(opened(self, *args)))
    content = fif_content(raw_file)
    # 16 bytes of header, 1 of content, 4 of a block's kind; and 2 to see whether it is zipped.
    assert read <= 21 * content.n_tags + 2
