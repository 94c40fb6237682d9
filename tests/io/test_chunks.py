"""The list of a store's files: what it holds and what it notices."""

import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurokit.errors import StoreError
from neurokit.io.chunks import NAME, check_chunks, read_chunk_list, write_chunk_list

FILES = {"zarr.json": b"{}", "g/x/c/0": b"abc" * 50, "g/x/c/1": b"", "g/x/zarr.json": b"[1]"}


@pytest.fixture
def store(tmp_path):
    return _fill(tmp_path / "a.zarr", FILES)


def _fill(folder, files):
    for key, content in files.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(content)
    write_chunk_list(folder)
    return folder


def test_every_file_is_listed_with_size_and_hash(store):
    assert read_chunk_list(store) == {
        key: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for key, content in FILES.items()
    }
    assert json.loads((store / NAME).read_text())["format"] == "neurokit-store/1"


def test_the_list_does_not_list_itself(store):
    # Written a second time, with the first list at its place.
    first = (store / NAME).read_bytes()
    write_chunk_list(store)
    assert NAME not in read_chunk_list(store)
    assert (store / NAME).read_bytes() == first


def test_an_empty_store_is_whole(tmp_path):
    write_chunk_list(tmp_path)
    assert read_chunk_list(tmp_path) == {}
    assert check_chunks(tmp_path, deep=True) is None


def test_a_whole_store_passes(store):
    assert check_chunks(store) is None
    assert check_chunks(store, deep=True) is None


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("key", FILES)
def test_a_missing_file_is_named(store, key, deep):
    (store / key).unlink()
    with pytest.raises(StoreError, match=rf"a\.zarr: {key} is missing\. Restore"):
        check_chunks(store, deep=deep)


@pytest.mark.parametrize("deep", [False, True])
def test_a_file_of_another_size_is_named_with_both_sizes(store, deep):
    (store / "g/x/c/0").write_bytes(b"abc" * 49)
    # 49 and 50 times three bytes.
    with pytest.raises(StoreError, match="g/x/c/0 has 147 bytes instead of 150"):
        check_chunks(store, deep=deep)


def test_a_changed_file_of_the_same_size_is_found_only_by_reading(store):
    (store / "g/x/c/0").write_bytes(b"abd" * 50)
    assert check_chunks(store) is None
    with pytest.raises(StoreError, match=r"g/x/c/0 has changed \(sha256 differs\)"):
        check_chunks(store, deep=True)


def test_a_folder_in_the_place_of_a_file_is_a_missing_file(store):
    (store / "g/x/c/1").unlink()
    (store / "g/x/c/1").mkdir()
    with pytest.raises(StoreError, match="g/x/c/1 is missing"):
        check_chunks(store)


def test_the_first_fault_is_named_and_the_others_counted(store):
    (store / "g/x/c/0").unlink()
    (store / "g/x/c/1").write_bytes(b"1")
    (store / "zarr.json").unlink()
    with pytest.raises(StoreError, match=r"g/x/c/0 is missing \(and 2 more\)"):
        check_chunks(store)


def test_a_single_fault_is_not_counted(store):
    (store / "zarr.json").unlink()
    with pytest.raises(StoreError) as caught:
        check_chunks(store)
    assert "more" not in caught.value.found


def test_a_file_that_is_not_listed_does_no_harm(store):
    # File browsers leave such things behind; no reader looks at them.
    (store / ".DS_Store").write_bytes(b"x")
    (store / "g/extra").write_bytes(b"x")
    assert check_chunks(store, deep=True) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"3",
        b"null",
        b'{"format": "neurokit-store/1"}',
        b"\xff\xfe\x00",
    ],
)
def test_an_unreadable_list_is_named(store, content):
    (store / NAME).write_bytes(content)
    with pytest.raises(StoreError, match=r"list of chunks \(neurokit\.json\) is missing or unread"):
        read_chunk_list(store)
    with pytest.raises(StoreError, match="cannot be known whole"):
        check_chunks(store)


def test_a_missing_list_is_named_with_the_store(tmp_path):
    with pytest.raises(StoreError, match=re.escape(str(tmp_path))):
        read_chunk_list(tmp_path)


def test_a_list_that_is_a_folder_is_unreadable(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(StoreError, match="missing or unreadable"):
        read_chunk_list(tmp_path)


def test_a_list_cut_short_anywhere_is_unreadable(store):
    whole = (store / NAME).read_bytes()
    # The last two bytes are the closing brace and a line feed; without the latter it is whole.
    for keep in range(0, len(whole) - 2, 7):
        (store / NAME).write_bytes(whole[:keep])
        with pytest.raises(StoreError, match="missing or unreadable"):
            read_chunk_list(store)


@given(data=st.data(), content=st.binary(min_size=1, max_size=40))
def test_any_changed_byte_is_found_by_reading(tmp_path_factory, data, content):
    store = _fill(tmp_path_factory.mktemp("s"), {"c/0": content})
    place = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[place] ^= data.draw(st.integers(1, 255))
    (store / "c/0").write_bytes(bytes(changed))
    assert check_chunks(store) is None
    with pytest.raises(StoreError, match="c/0 has changed"):
        check_chunks(store, deep=True)
