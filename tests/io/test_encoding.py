"""What lies on disk: chunk sizes, compression, checksums, strings with their widths."""

import json
import math

import h5py
import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import SchemaError
from neurokit.io import encoding
from neurokit.io.encoding import (
    CHUNK_BYTES,
    CHUNK_SAMPLES,
    WIDTH,
    chunk_shape,
    from_disk,
    netcdf_encoding,
    plain_scalar,
    to_disk,
    zarr_encoding,
)
from neurokit.io.lazy import FileArray, lazy_variable


def _variable(dims, shape, dtype):
    """Return a variable of any size that takes one element of memory."""
    return xr.Variable(dims, np.broadcast_to(np.zeros((), dtype), shape))


@pytest.mark.parametrize(
    ("dims", "shape", "dtype", "expected"),
    [
        # 12 bytes a sample: 16 MiB would hold 1.4 million, so the count of samples decides.
        (("time", "channel"), (200_000, 3), "f4", (65536, 3)),
        # 80 kB a sample: 2**24 // 80_000 = 209 fit into 16 MiB.
        (("time", "channel"), (1_000_000, 10_000), "f8", (209, 10_000)),
        # One sample is 24 MB, more than a chunk should have; less than one cannot be.
        (("time", "channel"), (5, 3_000_000), "f8", (1, 3_000_000)),
        # Shorter than a chunk: the whole axis and no more, or zarr would pad.
        (("time", "channel"), (50, 3), "f4", (50, 3)),
        # Time is found by name, not by place.
        (("channel", "time"), (3, 200_000), "f4", (3, 65536)),
        # Exactly the limit is one chunk.
        (("time",), (65536,), "?", (65536,)),
        (("time",), (65537,), "?", (65536,)),
        # Without time a variable is whole.
        (("pre", "post"), (300, 400), "f8", (300, 400)),
        # No chunk may have a length of 0.
        (("time", "channel"), (0, 3), "f4", (1, 3)),
        (("time", "channel"), (7, 0), "f4", (7, 1)),
        (("event",), (0,), "f8", (1,)),
        ((), (), "f8", ()),
    ],
)
def test_chunks_are_bounded_by_samples_and_bytes(dims, shape, dtype, expected):
    assert chunk_shape(_variable(dims, shape, dtype)) == expected


@given(
    # Empty arrays have no chunks on disk, so the limit of bytes is none of theirs.
    shape=st.tuples(st.integers(1, 10**7), st.integers(1, 5000), st.integers(1, 50)),
    dtype=st.sampled_from(["f4", "f8", "i2", "i8", "?"]),
    axis=st.integers(0, 2),
)
def test_no_chunk_is_larger_than_it_may_be(shape, dtype, axis):
    dims = ["a", "b", "c"]
    dims[axis] = "time"
    # Time takes the long length, wherever it stands.
    lengths = list(shape[1:])
    lengths.insert(axis, shape[0])
    chunk = chunk_shape(_variable(dims, lengths, dtype))
    for i, n in enumerate(lengths):
        assert 1 <= chunk[i] <= max(1, n)
        assert i == axis or chunk[i] == max(1, n)
    assert chunk[axis] <= CHUNK_SAMPLES
    assert chunk[axis] == 1 or math.prod(chunk) * np.dtype(dtype).itemsize <= CHUNK_BYTES


@pytest.fixture
def dataset():
    """One variable of each kind that a store treats in its own way."""
    rng = np.random.default_rng(0)
    return xr.Dataset(
        {
            "signal": (("time", "channel"), rng.standard_normal((40, 3)).astype("f4")),
            "count": ("time", np.arange(40, dtype="i2"), {"units": "1", "first": 3, "gain": 0.5}),
            "mask": (("time", "channel"), rng.random((40, 3)) > 0.5),
            "big": ("channel", np.array([0, 2**63, 2**64 - 1], dtype="u8")),
            "scalar": ((), np.float64(2.5)),
            "empty": ("none", np.zeros(0)),
            "word": ((), np.array("µ", dtype="<U7")),
            "no_words": ("none", np.zeros(0, dtype="<U4")),
        },
        coords={
            "time": np.arange(40) / 250.0,
            "channel": np.array(["a", "bb", "é"], dtype="<U9"),
            "region": ("channel", np.array(["", "x", ""], dtype="<U5"), {"long_name": "region"}),
        },
        attrs={"rate": 250.0, "n": 3, "note": "é"},
    )


@pytest.fixture
def tree(dataset):
    return xr.DataTree.from_dict({"/": xr.Dataset(), "/activity": dataset, "/deep/er": dataset})


NUMBERS = {"signal", "count", "mask", "big", "time"}
STRINGS = {"channel", "region", "word", "no_words"}


def test_every_number_in_netcdf_is_compressed_and_checked(tree, tmp_path):
    with h5py.File(nk.save(tree, tmp_path / "a.nc")) as file:
        for group in ("activity", "deep/er"):
            for name in NUMBERS:
                stored = file[group][name]
                # gzip 1 costs a third of gzip 4 and saves nearly as much of noisy signals.
                assert (stored.compression, stored.compression_opts) == ("gzip", 1), name
                assert stored.fletcher32, name
                assert stored.chunks == stored.shape, name


def test_scalars_and_empty_arrays_in_netcdf_have_no_filters(tree, tmp_path):
    with h5py.File(nk.save(tree, tmp_path / "a.nc")) as file:
        for name in ("scalar", "empty"):
            # HDF5 refuses filters on what has no chunks.
            assert file["activity"][name].compression is None
            assert not file["activity"][name].fletcher32


def test_no_variable_in_netcdf_has_a_fill_value(tree, tmp_path):
    with h5py.File(nk.save(tree, tmp_path / "a.nc")) as file:
        for name in NUMBERS | STRINGS | {"scalar", "empty"}:
            assert "_FillValue" not in file["activity"][name].attrs, name


def test_long_time_axes_are_cut_in_netcdf(tmp_path):
    # One sample more than a chunk holds: two chunks.
    long = xr.Dataset({"x": ("time", np.zeros(CHUNK_SAMPLES + 1, dtype="i1"))})
    path = nk.save(xr.DataTree.from_dict({"/g": long}), tmp_path / "a.nc")
    with h5py.File(path) as file:
        assert file["g/x"].chunks == (CHUNK_SAMPLES,)
        assert file["g/x"].id.get_num_chunks() == 2


def _array(path, name):
    return json.loads((path / name / "zarr.json").read_text())


def test_every_number_in_zarr_is_compressed_and_checked(tree, tmp_path):
    path = nk.save(tree, tmp_path / "a.zarr")
    for group in ("activity", "deep/er"):
        for name in NUMBERS:
            found = _array(path, f"{group}/{name}")
            codecs = {codec["name"]: codec.get("configuration") for codec in found["codecs"]}
            assert list(codecs) == ["bytes", "zstd", "crc32c"], name
            assert codecs["zstd"]["level"] == 3, name
            assert found["chunk_grid"]["configuration"]["chunk_shape"] == found["shape"], name


def test_strings_in_zarr_have_variable_length_and_a_checksum(tree, tmp_path):
    path = nk.save(tree, tmp_path / "a.zarr")
    for name in STRINGS:
        assert _array(path, f"activity/{name}")["data_type"] == "string", name
    for name in ("channel", "region"):
        codecs = [codec["name"] for codec in _array(path, f"activity/{name}")["codecs"]]
        assert codecs == ["vlen-utf8", "zstd", "crc32c"], name


def test_a_flipped_byte_of_a_zarr_number_is_noticed_when_it_is_read(tree, tmp_path):
    path = nk.save(tree, tmp_path / "a.zarr")
    chunk = path / "activity/signal/c/0/0"
    data = bytearray(chunk.read_bytes())
    # The middle: within the compressed data, not within the four bytes of CRC at the end.
    data[len(data) // 2] ^= 0x01
    chunk.write_bytes(bytes(data))
    with pytest.raises(ValueError, match="(?i)checksum"):
        nk.open(path).activity.signal.load()


def test_a_zarr_is_version_3_and_not_consolidated(tree, tmp_path):
    path = nk.save(tree, tmp_path / "a.zarr")
    for file in [path / "zarr.json", *path.rglob("*/zarr.json")]:
        content = json.loads(file.read_text())
        assert content["zarr_format"] == 3, file
        # Consolidated metadata is no part of the Zarr 3 standard, and a second truth.
        assert not content.get("consolidated_metadata"), file
    assert not list(path.rglob(".z*"))


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_every_kind_of_variable_comes_back_the_same(tree, tmp_path, suffix):
    out = nk.open(nk.save(tree, tmp_path / f"a{suffix}"))
    for group in ("activity", "deep/er"):
        before, after = tree[group].to_dataset(), out[group].to_dataset().load()
        assert after.identical(before)
        assert set(after.coords) == set(before.coords)
        for name in before.variables:
            assert after[name].dtype == before[name].dtype, name
            kinds = {key: type(value) for key, value in before[name].attrs.items()}
            assert {key: type(value) for key, value in after[name].attrs.items()} == kinds, name
        assert [type(value) for value in after.attrs.values()] == [float, int, str]


@pytest.mark.parametrize("zarr", [False, True])
def test_from_disk_undoes_to_disk(dataset, zarr):
    stored = to_disk(dataset, "/g", zarr=zarr)
    back = from_disk(stored)
    assert back.identical(dataset)
    assert {n: v.dtype for n, v in back.variables.items()} == {
        n: v.dtype for n, v in dataset.variables.items()
    }
    for name in STRINGS:
        assert stored[name].attrs[WIDTH] == dataset[name].dtype.str
        assert (stored[name].dtype == np.dtypes.StringDType()) is zarr


@pytest.mark.parametrize("zarr", [False, True])
def test_to_disk_leaves_what_it_was_given(dataset, zarr):
    before = dataset.copy(deep=True)
    dataset["signal"].encoding["dtype"] = "i2"
    stored = to_disk(dataset, "/g", zarr=zarr)
    assert dataset.identical(before)
    assert dataset["signal"].encoding == {"dtype": "i2"}
    # An encoding that came from another file would change the values on the way out.
    assert stored["signal"].encoding == {}


# numpy drops NULs at the end of a string, and no file holds half of a surrogate pair.
WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=6)


@given(words=st.lists(WORDS, max_size=5), spare=st.integers(1, 4), zarr=st.booleans())
def test_strings_keep_content_and_width(words, spare, zarr):
    width = max(map(len, words), default=0) + spare
    before = xr.Dataset({"w": ("x", np.array(words, dtype=f"<U{width}"))})
    after = from_disk(to_disk(before, "/g", zarr=zarr))
    assert after["w"].dtype == before["w"].dtype
    assert after["w"].values.tolist() == words
    assert after["w"].attrs == {}


@pytest.mark.parametrize("dtype", ["f2", "c16", "O", "S3", "M8[ns]", "m8[ns]"])
def test_dtypes_that_would_change_are_refused_by_name(dtype):
    bad = xr.Dataset({"x": ("time", np.zeros(3, dtype=dtype))})
    for zarr in (False, True):
        with pytest.raises(SchemaError, match=r"^/g/x: dtype .* cannot be stored"):
            to_disk(bad, "/g", zarr=zarr)


@pytest.mark.parametrize("value", [None, False, [1], float("inf"), np.int64(3), np.zeros(2), b"x"])
def test_attributes_of_variables_are_checked_where_they_are(dataset, value):
    dataset["region"].attrs["extra"] = value
    with pytest.raises(SchemaError, match=r"^/g/region: attribute 'extra'"):
        to_disk(dataset, "/g", zarr=True)


class _Zeros(FileArray):
    def read(self, key):
        return np.zeros(self.shape, self.dtype)[key]


def _lazy_dataset():
    return xr.Dataset({"x": lazy_variable(("time", "channel"), _Zeros((100, 5), "f8"))})


@pytest.mark.parametrize("zarr", [False, True])
def test_large_lazy_arrays_are_written_in_blocks(monkeypatch, zarr):
    # 4000 bytes count as large here; 10 samples of 40 bytes fill a chunk.
    monkeypatch.setattr(encoding, "WHOLE_BYTES", 3999)
    monkeypatch.setattr(encoding, "CHUNK_BYTES", 400)
    stored = to_disk(_lazy_dataset(), "/g", zarr=zarr)
    assert stored["x"].chunks == ((10,) * 10, (5,))


def test_small_lazy_arrays_are_written_whole(monkeypatch):
    monkeypatch.setattr(encoding, "WHOLE_BYTES", 4000)
    assert to_disk(_lazy_dataset(), "/g", zarr=True)["x"].chunks is None


def test_dask_chunks_are_those_of_the_zarr_file(dataset):
    # Two dask blocks that share one zarr chunk would overwrite each other's half.
    chunked = dataset.chunk({"time": 7})
    assert to_disk(chunked, "/g", zarr=True)["signal"].chunks == ((40,), (3,))
    assert to_disk(chunked, "/g", zarr=False)["signal"].chunks == ((7,) * 5 + (5,), (3,))


def test_only_arrays_with_content_have_chunks_in_the_encoding(dataset):
    for found, key in (
        (netcdf_encoding(dataset), "chunksizes"),
        (zarr_encoding(dataset), "chunks"),
    ):
        assert set(found) == set(dataset.variables)
        assert found["signal"][key] == (40, 3)
        for name in ("scalar", "empty", "word", "no_words"):
            assert key not in found[name]
    # HDF5 filters do not reach variable-length strings; Zarr's do.
    assert "zlib" not in netcdf_encoding(dataset)["region"]
    assert "compressors" in zarr_encoding(dataset)["region"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float32(0.5), 0.5),
        (np.int16(-3), -3),
        (np.str_("µ"), "µ"),
        (np.bool_(True), True),
        (np.array([7]), 7),
        (np.array(2.5), 2.5),
        (np.array([["a"]]), "a"),
        ("text", "text"),
        (4, 4),
        (None, None),
    ],
)
def test_numpy_scalars_become_python_values(value, expected):
    assert plain_scalar(value) == expected
    assert type(plain_scalar(value)) is type(expected)


def test_arrays_of_more_than_one_value_stay_arrays():
    value = np.array([1, 2])
    assert plain_scalar(value) is value
    assert plain_scalar(np.zeros(0)).shape == (0,)
