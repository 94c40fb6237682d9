"""What `open`, `info` and `loaders` do around the loader that does the work."""

import hashlib
import json

import h5py
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import FileContentError, LoaderError, OptionError, StoreError
from neurokit.io import opening, registry
from neurokit.io.chunks import NAME, write_chunk_list
from neurokit.io.reading import is_store
from neurokit.io.registry import Loader
from neurokit.schema import activity, recording

SEEN = []


def _rec(name=None, **attrs):
    group = activity(np.zeros((6, 2)), names=["a", "b"], rate=2.0)
    return recording({"activity": group}, modality="calcium", name=name, attrs=attrs)


def _loader(name="fake", score=0.8, result=_rec):
    def open_it(path, **options):
        SEEN.append((path, options))
        return result()

    return Loader(
        name=name,
        title=f"title of {name}",
        modality="calcium",
        suffixes=(".txt", ".dat"),
        sniff=lambda path: score,
        open=open_it,
        info=lambda path: {"n_samples": 6, "file": path.name},
        options={"gain": "factor", "unit": "of the values"},
    )


@pytest.fixture
def install(monkeypatch):
    """Replace what is installed by these loaders."""
    SEEN.clear()

    def replace(*loaders):
        found = {loader.name: loader for loader in loaders}
        for module in (registry, opening):
            monkeypatch.setattr(module, "loader_names", lambda: list(found))
            monkeypatch.setattr(module, "get_loader", found.__getitem__)

    return replace


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "sub-01.run.txt"
    path.write_text("abc")
    return path


def test_where_a_recording_came_from_is_written_on_it(install, file):
    install(_loader())
    rec = nk.open(file)
    assert rec.attrs["loader"] == "fake"
    assert rec.attrs["loader_options"] == "{}"
    # The name alone: a folder of one machine says nothing on another, and may be private.
    assert rec.attrs["source"] == "sub-01.run.txt"
    assert rec.name == "sub-01.run"
    assert SEEN[0] == (file, {})


def test_options_reach_the_loader_and_the_attributes_in_order(install, file):
    install(_loader())
    rec = nk.open(file, unit="V", gain=2)
    assert SEEN[0][1] == {"gain": 2, "unit": "V"}
    assert rec.attrs["loader_options"] == '{"gain": 2, "unit": "V"}'


def test_options_that_the_loader_states_are_merged_with_those_given(install, file):
    # A loader may state the defaults that it used; what the user gave wins.
    stated = json.dumps({"gain": 1, "table": "x"})
    install(_loader(result=lambda: _rec(loader_options=stated)))
    rec = nk.open(file, gain=3)
    assert json.loads(rec.attrs["loader_options"]) == {"gain": 3, "table": "x"}


def test_an_option_that_json_does_not_know_is_written_as_text(install, file, tmp_path):
    install(_loader())
    rec = nk.open(file, gain=tmp_path)
    assert json.loads(rec.attrs["loader_options"]) == {"gain": str(tmp_path)}


def test_a_source_that_the_loader_states_is_kept(install, file):
    install(_loader(result=lambda: _rec(source="doi:10/x")))
    assert nk.open(file).attrs["source"] == "doi:10/x"


def test_an_empty_source_is_filled(install, file):
    install(_loader(result=lambda: _rec(source="")))
    assert nk.open(file).attrs["source"] == file.name


def test_a_name_that_the_loader_gives_is_kept(install, file):
    install(_loader(result=lambda: _rec(name="worm 3")))
    assert nk.open(file).name == "worm 3"


def test_the_name_of_the_loader_is_the_registered_one(install, file):
    install(_loader(result=lambda: _rec(loader="another")))
    assert nk.open(file).attrs["loader"] == "fake"


def test_a_folder_can_be_opened_but_has_no_checksum(install, tmp_path):
    install(_loader())
    folder = tmp_path / "ds.meg"
    folder.mkdir()
    assert nk.open(folder).attrs["source"] == "ds.meg"
    with pytest.raises(FileContentError, match=r"ds\.meg: is a folder, which has no checksum"):
        nk.open(folder, checksum=True)


def test_the_checksum_is_that_of_the_file(install, file):
    install(_loader())
    rec = nk.open(file, checksum=True)
    assert rec.attrs["source_sha256"] == hashlib.sha256(b"abc").hexdigest()


@pytest.mark.parametrize("result", [None, {}, xr.Dataset(), np.zeros(3)])
def test_a_loader_that_gives_something_else_is_blamed(install, file, result):
    install(_loader(result=lambda: result))
    kind = type(result).__name__
    with pytest.raises(LoaderError, match=rf"loader fake gave a {kind}, not a DataTree.*authors"):
        nk.open(file)


def test_a_named_loader_is_not_asked_whether_it_fits(install, file):
    install(_loader("sure", 0.9), _loader("not_mine", 0.0))
    assert nk.open(file, "not_mine").attrs["loader"] == "not_mine"
    assert nk.info(file, "not_mine")["loader"] == "not_mine"


def test_options_are_checked_before_the_loader_runs(install, file):
    install(_loader())
    with pytest.raises(OptionError, match=r"did you mean 'unit'.*Its options: gain, unit\."):
        nk.open(file, units="V")
    assert SEEN == []


@pytest.mark.parametrize(
    ("chunks", "expected"),
    # 6 samples of 2 neurons.
    [
        ({"time": 4}, ((4, 2), (2,))),
        ({"time": 3, "neuron": 1}, ((3, 3), (1, 1))),
        ({}, ((6,), (2,))),
    ],
)
def test_chunks_are_those_asked_for(install, file, chunks, expected):
    install(_loader())
    assert nk.open(file, chunks=chunks).activity.signal.chunks == expected
    assert nk.open(file).activity.signal.chunks is None


@pytest.mark.parametrize("chunks", ["huge", {"tim": 3}, {"time": -5}, 1.5, 0, True])
def test_chunks_that_do_not_fit_are_an_error_that_shows_how_they_are_given(install, file, chunks):
    install(_loader())
    with pytest.raises(OptionError, match=r"chunks: .* does not fit") as caught:
        nk.open(file, chunks=chunks)
    assert '{"time": 65536}' in caught.value.mend


@pytest.mark.parametrize("read", [nk.open, nk.info])
@pytest.mark.parametrize("path", [None, 3, b"/a.fif", ["a.fif", "b.fif"], ""])
def test_what_is_no_name_of_a_file_is_an_error_of_ours(install, read, path):
    install(_loader())
    with pytest.raises(OptionError, match=r"path: is (a NoneType|an? int|a bytes|a list|empty)"):
        read(path)


@pytest.mark.parametrize("path", ["https://example.org/a.fif", "s3://bucket/a.zarr"])
def test_an_address_is_told_from_a_file_that_is_not_there(install, path):
    install(_loader())
    with pytest.raises(FileContentError, match="does not exist") as caught:
        nk.open(path)
    assert "download it" in caught.value.mend
    with pytest.raises(FileContentError, match="Check the path"):
        nk.open("C:/absent/a.fif")


def test_home_is_found(install, file, monkeypatch):
    install(_loader())
    monkeypatch.setenv("HOME", str(file.parent))
    assert nk.open(f"~/{file.name}").attrs["source"] == file.name
    assert nk.info(f"~/{file.name}")["file"] == file.name


def test_info_is_what_the_header_says_and_opens_nothing(install, file):
    install(_loader())
    assert nk.info(file) == {
        "loader": "fake",
        "modality": "calcium",
        "n_samples": 6,
        "file": file.name,
    }
    assert SEEN == []


def test_a_header_may_know_the_modality_better_than_the_loader(install, file):
    loader = _loader()
    object.__setattr__(loader, "info", lambda path: {"modality": "meg"})
    install(loader)
    assert nk.info(file)["modality"] == "meg"


def test_info_names_what_is_missing_empty_or_unknown(install, tmp_path, file):
    install(_loader(score=0.0))
    with pytest.raises(FileContentError, match="does not exist"):
        nk.info(tmp_path / "no.txt")
    (tmp_path / "zero.txt").touch()
    with pytest.raises(FileContentError, match="is empty"):
        nk.info(tmp_path / "zero.txt")
    with pytest.raises(LoaderError, match=r"no loader recognises.*installed: fake"):
        nk.info(file)


def test_loaders_is_a_table_of_what_is_installed(install):
    install(_loader("b"), _loader("a"))
    table = nk.loaders()
    assert table.index.tolist() == ["b", "a"]
    assert table.index.name == "name"
    assert table.loc["a"].to_dict() == {
        "title": "title of a",
        "modality": "calcium",
        "suffixes": ".txt .dat",
        "options": "gain unit",
    }


def test_loaders_without_any_is_an_empty_table(install):
    install()
    assert nk.loaders().empty


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
@pytest.mark.parametrize("loader", [None, "neurokit"])
def test_a_saved_recording_has_no_options(tmp_path, suffix, loader):
    path = nk.save(_rec(), tmp_path / f"a{suffix}")
    with pytest.raises(OptionError, match=r"no options, got \['gain', 'unit'\]\. Leave them out"):
        nk.open(path, loader, unit="V", gain=2)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_saved_recording_keeps_its_provenance(tmp_path, suffix):
    saved = nk.save(_rec(source="doi:10/x", loader="celegans.dag"), tmp_path / f"a{suffix}")
    rec = nk.open(saved)
    assert rec.attrs["source"] == "doi:10/x"
    assert rec.attrs["loader"] == "celegans.dag"
    assert rec.encoding["source"] == str(saved)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_saved_recording_needs_no_loader(install, tmp_path, suffix):
    # A loader that claims everything must not get what neurokit itself wrote.
    install(_loader(score=1.0))
    path = nk.save(_rec(), tmp_path / f"a{suffix}")
    assert nk.open(path).identical(_rec())
    assert nk.info(path)["loader"] == "neurokit"
    assert SEEN == []


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_info_of_a_saved_recording_has_its_attributes_and_sizes(tmp_path, suffix):
    found = nk.info(nk.save(_rec(), tmp_path / f"a{suffix}"), "neurokit")
    assert found["modality"] == "calcium"
    assert found["groups"] == {"/activity": {"time": 6, "neuron": 2}}
    assert "neurokit_store" not in found


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_chunks_of_a_saved_recording_are_those_asked_for(tmp_path, suffix):
    path = nk.save(_rec(), tmp_path / f"a{suffix}")
    assert nk.open(path, chunks={"time": 4}).activity.signal.chunks == ((4, 2), (2,))


def test_a_file_that_neurokit_did_not_write_is_not_opened_as_if_it_had(file, tmp_path):
    with pytest.raises(FileContentError, match="is not a whole HDF5 file"):
        nk.open(file, "neurokit")
    with pytest.raises(StoreError, match="cannot be known whole"):
        nk.open(tmp_path, "neurokit")
    with pytest.raises(FileContentError, match="does not exist"):
        nk.open(tmp_path / "no.nc", "neurokit")


@pytest.mark.parametrize("read", [nk.open, nk.info])
def test_a_foreign_netcdf_is_not_taken_for_a_recording(tmp_path, read):
    path = tmp_path / "foreign.nc"
    xr.Dataset({"x": ("t", np.arange(3.0))}).to_netcdf(path, engine="h5netcdf")
    with pytest.raises(FileContentError, match=r"foreign\.nc: was not written by neurokit\.save"):
        read(path, "neurokit")


def test_a_foreign_zarr_is_not_taken_for_a_recording_though_it_lists_its_chunks(tmp_path):
    path = nk.save(_rec(), tmp_path / "a.zarr")
    root = json.loads((path / "zarr.json").read_text())
    del root["attributes"]["neurokit_store"]
    (path / "zarr.json").write_text(json.dumps(root))
    (path / NAME).unlink()
    write_chunk_list(path)
    with pytest.raises(FileContentError, match=r"a\.zarr: was not written by neurokit\.save"):
        nk.open(path, "neurokit")


def test_a_store_is_known_by_its_mark_and_not_by_its_name(tmp_path):
    for suffix in (".nc", ".zarr"):
        assert is_store(nk.save(_rec(), tmp_path / f"a{suffix}"))
    xr.Dataset({"x": 1.0}).to_netcdf(tmp_path / "b.nc", engine="h5netcdf")
    (tmp_path / "c.zarr").mkdir()
    (tmp_path / "d.nc").write_text("text")
    with h5py.File(tmp_path / "e.h5", "w") as file:
        file.attrs["neurokit_store"] = "x"
    for name in ("b.nc", "c.zarr", "d.nc", "e.h5", "no.nc"):
        assert not is_store(tmp_path / name), name


@pytest.mark.parametrize("root", ["", "{", "[]", '{"attributes": 3}', '{"attributes": []}', "{}"])
def test_a_zarr_whose_root_says_nothing_is_no_store(tmp_path, root):
    path = nk.save(_rec(), tmp_path / "a.zarr")
    (path / "zarr.json").write_text(root)
    assert not is_store(path)


@pytest.mark.parametrize("chunks", [4, "auto"])
def test_a_number_or_a_word_chunks_every_group(tmp_path, chunks):
    group = activity(np.zeros((9, 2)), names=["a", "b"], rate=1.0)
    rec = recording({"activity": group, "auxiliary/x": group}, modality="calcium", name="demo")
    opened = nk.open(nk.save(rec, tmp_path / "a.nc"), chunks=chunks)
    assert opened.activity.signal.chunks is not None
    assert opened["auxiliary/x"].signal.chunks[0] == ((4, 4, 1) if chunks == 4 else (9,))
    assert opened.name == "demo"
    xr.testing.assert_identical(opened.compute(), rec)
