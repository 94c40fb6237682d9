"""What is saved comes back identical; what is broken is noticed; nothing is half written."""

import contextlib
import json
import pickle  # only to show that lazy arrays cross processes

import h5py
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import FileContentError, NeurokitError, OptionError, SchemaError, StoreError
from neurokit.schema import activity, events, recording
from neurokit.testing import assert_same

STORES = [".nc", ".zarr"]


@pytest.fixture
def rec():
    rng = np.random.default_rng(0)
    signal = (1e-5 * rng.standard_normal((50, 3))).astype(np.float32)
    signal[3, 1] = np.nan
    group = activity(
        signal,
        names=["Fp1", "Fp2", "µ-é"],
        space="channel",
        rate=250.0,
        coords={"channel_type": ["EEG"] * 3, "bad": [False, True, False], "region": ["", "x", ""]},
        observed=~np.isnan(signal),
        run=[0] * 20 + [1] * 30,
    )
    return recording(
        {
            "activity": group,
            "events": events([0.1], trial_type=["left"], columns={"value": [3]}),
            "auxiliary/empty": events([]),
        },
        modality="eeg",
        subject="01",
        name="demo",
    )


@pytest.mark.parametrize("suffix", STORES)
def test_a_saved_recording_comes_back_the_same_and_lazy(rec, tmp_path, suffix):
    out = nk.open(nk.save(rec, tmp_path / f"demo{suffix}"))
    assert not isinstance(out.activity.signal.variable._data, np.ndarray)
    assert_same(out, rec)
    assert nk.validate(out, deep=True).ok
    assert out.name == "demo"


@pytest.mark.parametrize("suffix", STORES)
def test_string_widths_survive_a_pick(rec, tmp_path, suffix):
    few = nk.pick(rec, names="Fp1")
    assert_same(nk.open(nk.save(few, tmp_path / f"few{suffix}")), few)


@pytest.mark.parametrize("source", STORES)
@pytest.mark.parametrize("target", STORES)
def test_one_store_can_be_saved_as_the_other(rec, tmp_path, source, target):
    first = nk.open(nk.save(rec, tmp_path / f"a{source}"))
    assert_same(nk.open(nk.save(first, tmp_path / f"b{target}")), rec)


@pytest.mark.parametrize("suffix", STORES)
def test_dask_arrays_are_saved_block_by_block(rec, tmp_path, suffix):
    chunked = rec.chunk({"time": 7})
    assert_same(nk.open(nk.save(chunked, tmp_path / f"c{suffix}")), rec)


@pytest.mark.parametrize("suffix", STORES)
def test_opened_arrays_cross_processes(rec, tmp_path, suffix):
    out = nk.open(nk.save(rec, tmp_path / f"p{suffix}"))
    signal = pickle.loads(pickle.dumps(out.activity.signal))
    np.testing.assert_array_equal(signal, rec.activity.signal)


@pytest.mark.parametrize("suffix", STORES)
def test_what_exists_is_not_overwritten_unasked(rec, tmp_path, suffix):
    path = nk.save(rec, tmp_path / f"a{suffix}")
    with pytest.raises(StoreError, match="exists already.*overwrite=True"):
        nk.save(rec, path)
    nk.save(nk.pick(rec, names="Fp1"), path, overwrite=True)
    assert nk.open(path).activity.sizes["channel"] == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]


def test_netcdf_carries_a_checksum_on_every_number(rec, tmp_path):
    with h5py.File(nk.save(rec, tmp_path / "a.nc")) as file:
        for name in ("signal", "time", "observed", "run", "bad"):
            assert file["activity"][name].fletcher32, name
            assert file["activity"][name].compression_opts == 1


def test_a_flipped_byte_in_netcdf_is_noticed(rec, tmp_path):
    path = nk.save(rec, tmp_path / "a.nc")
    with h5py.File(path) as file:
        offset = file["activity/signal"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[offset + 20] ^= 0xFF
    path.write_bytes(bytes(data))
    with pytest.raises((OSError, NeurokitError)):
        nk.open(path).activity.signal.load()


def test_a_deleted_zarr_chunk_is_noticed_at_open(rec, tmp_path):
    path = nk.save(rec, tmp_path / "a.zarr")
    (path / "activity/signal/c/0/0").unlink()
    with pytest.raises(StoreError, match=r"activity/signal/c/0/0 is missing.*Restore"):
        nk.open(path)


def test_every_listed_file_is_missed(rec, tmp_path):
    path = nk.save(rec, tmp_path / "a.zarr")
    listed = json.loads((path / "neurokit.json").read_text())["files"]
    assert len(listed) > 20
    for key in listed:
        content = (path / key).read_bytes()
        (path / key).unlink()
        with pytest.raises(NeurokitError):
            nk.open(path, "neurokit")
        (path / key).write_bytes(content)
    assert_same(nk.open(path), rec)


def test_chunks_that_hold_only_fill_are_written_too(tmp_path):
    zeros = recording(
        {"activity": activity(np.zeros((9, 2)), names=["a", "b"], rate=1.0)}, modality="calcium"
    )
    path = nk.save(zeros, tmp_path / "zeros.zarr")
    assert (path / "activity/signal/c/0/0").is_file()
    assert (path / "activity/time/c/0").is_file()


def test_a_changed_file_of_the_same_size_is_found_by_deep_validation(rec, tmp_path):
    path = nk.save(rec, tmp_path / "a.zarr")
    group = path / "activity/zarr.json"
    group.write_text(group.read_text().replace("first sample", "First Sample"))
    opened = nk.open(path)
    assert nk.validate(opened).ok
    finding = nk.validate(opened, deep=True)[0]
    assert (finding.code, finding.severity) == ("NK901", "CRITICAL")
    assert "activity/zarr.json has changed" in finding.found


def test_a_store_without_its_list_is_not_believed(rec, tmp_path):
    path = nk.save(rec, tmp_path / "a.zarr")
    (path / "neurokit.json").unlink()
    with pytest.raises(StoreError, match="cannot be known whole"):
        nk.open(path)


def test_a_crash_between_two_renames_is_mended_by_the_next_open(rec, tmp_path):
    path = nk.save(rec, tmp_path / "a.zarr")
    path.rename(tmp_path / ".a.zarr.replaced-by-x")
    assert_same(nk.open(path), rec)


@pytest.mark.parametrize("suffix", STORES)
def test_a_failed_save_leaves_the_old_store_and_nothing_else(rec, tmp_path, suffix):
    path = nk.save(rec, tmp_path / f"a{suffix}")
    broken = rec.copy()
    broken["activity"] = xr.DataTree(
        rec.activity.to_dataset().assign(extra=("time", np.array([None] * 50, dtype=object)))
    )
    with pytest.raises(SchemaError, match="/activity/extra: dtype object"):
        nk.save(broken, path, overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name]
    assert_same(nk.open(path), rec)


@pytest.mark.parametrize("value", [None, True, [1], float("nan"), np.float32(1)])
def test_attributes_that_would_change_are_refused(rec, tmp_path, value):
    rec.attrs["extra"] = value
    with pytest.raises(SchemaError, match="attribute 'extra'"):
        nk.save(rec, tmp_path / "a.nc")


def test_wrong_suffix_and_wrong_type_say_what_to_do(rec, tmp_path):
    with pytest.raises(OptionError, match=r"End the name in \.nc or \.zarr"):
        nk.save(rec, tmp_path / "a.h5")
    with pytest.raises(SchemaError, match="got a Dataset"):
        nk.save(xr.Dataset(), tmp_path / "a.nc")
    with pytest.raises(StoreError, match="cannot be written"):
        nk.save(rec, tmp_path / "no" / "such" / "a.nc")


@pytest.mark.parametrize("keep", [0, 100, 3000])
def test_a_truncated_netcdf_is_named(rec, tmp_path, keep):
    path = nk.save(rec, tmp_path / "a.nc")
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(FileContentError, match=r"a\.nc: (is empty|is not a whole HDF5 file)"):
        nk.open(path)


def test_links_that_leave_the_file_are_refused(tmp_path):
    path = tmp_path / "a.nc"
    with h5py.File(path, "w") as file:
        file.attrs["neurokit_store"] = 1
        file["outside"] = h5py.ExternalLink("/etc/hostname", "/x")
    with pytest.raises(FileContentError, match="leads outside the file"):
        nk.open(path)


def test_external_storage_is_refused(tmp_path):
    (tmp_path / "secret").write_bytes(b"x" * 64)
    path = tmp_path / "a.nc"
    with h5py.File(path, "w") as file:
        external = [(str(tmp_path / "secret"), 0, 64)]
        file.create_dataset("x", shape=(64,), dtype="u1", external=external)
    with pytest.raises(FileContentError, match="data of /x leads outside"):
        nk.io.open_hdf5(path)


def test_info_reads_no_data(rec, tmp_path):
    found = nk.info(nk.save(rec, tmp_path / "a.zarr"))
    assert found["loader"] == "neurokit"
    assert found["groups"]["/activity"] == {"time": 50, "channel": 3}


def test_saving_and_opening_append_nothing_to_the_history(rec, tmp_path):
    picked = nk.pick(rec, names="Fp1")
    again = nk.open(nk.save(picked, tmp_path / "a.nc"))
    assert again.attrs["history"] == picked.attrs["history"]


def test_flipped_bits_in_hdf5_never_raise_anything_else(rec, tmp_path):
    """Sixty files with eight flipped bits each: whole, or a NeurokitError."""
    whole = nk.save(rec, tmp_path / "a.nc").read_bytes()
    rng = np.random.default_rng(0)
    for case in range(60):
        data = bytearray(whole)
        for position in rng.integers(0, len(data), 8):
            data[position] ^= 1 << rng.integers(8)
        path = tmp_path / f"{case}.nc"
        path.write_bytes(bytes(data))
        with contextlib.suppress(NeurokitError):
            nk.io.open_hdf5(path).close()
