"""Loaders are chosen by what a file holds; doubt is the user's to settle."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import FileContentError, LoaderError, OptionError
from neurokit.io import opening, plugins, registry
from neurokit.io.lazy import FileArray, lazy_variable
from neurokit.io.registry import Loader
from neurokit.schema import activity, recording


def _loader(name, score):
    def open_it(path, *, gain=1.0):
        group = activity(np.full((3, 1), gain), names=["a"], rate=1.0)
        return recording({"activity": group}, modality="calcium")

    return Loader(
        name=name,
        title="test",
        modality="calcium",
        suffixes=(".txt",),
        sniff=lambda path: score,
        open=open_it,
        info=lambda path: {"n": 1},
        options={"gain": "factor"},
    )


@pytest.fixture
def installed(monkeypatch):
    """Replace what is installed by loaders of given scores."""

    def install(**scores):
        found = {name: _loader(name, score) for name, score in scores.items()}
        monkeypatch.setattr(registry, "loader_names", lambda: list(found))
        monkeypatch.setattr(registry, "get_loader", found.__getitem__)
        monkeypatch.setattr(opening, "get_loader", found.__getitem__)

    return install


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x")
    return path


def test_the_best_score_wins(installed, file):
    installed(poor=0.2, good=0.9)
    rec = nk.open(file, gain=2.0)
    assert rec.attrs["loader"] == "good"
    assert rec.attrs["loader_options"] == '{"gain": 2.0}'
    assert rec.attrs["source"] == "a.txt"
    assert float(rec.activity.signal[0, 0]) == 2.0


def test_a_tie_names_the_candidates(installed, file):
    installed(one=0.8, other=0.8, third=0.1)
    with pytest.raises(LoaderError, match=r"one \(0\.80\), other \(0\.80\).*loader='one'"):
        nk.open(file)
    assert nk.open(file, "other").attrs["loader"] == "other"


def test_no_match_names_what_is_installed(installed, file):
    installed(one=0.0, other=0.0)
    with pytest.raises(LoaderError, match=r"no loader recognises.*one, other"):
        nk.open(file)


def test_an_unknown_option_is_refused_before_anything_is_read(installed, file):
    installed(one=0.8)
    with pytest.raises(OptionError, match=r"no option 'gian', did you mean 'gain'\?"):
        nk.open(file, gian=2.0)


def test_an_unknown_loader_is_suggested_its_neighbour(file):
    with pytest.raises(LoaderError, match=r"did you mean 'mne\.raw'"):
        nk.open(file, "mne.rw")


@pytest.fixture
def fresh_scan():
    plugins._load.cache_clear()
    yield
    plugins._load.cache_clear()


@pytest.mark.usefixtures("fresh_scan")
def test_a_name_registered_twice_raises(monkeypatch):
    from importlib.metadata import EntryPoint

    points = [EntryPoint("x", value, "g") for value in ("a:X", "b:X", "b:X")]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    with pytest.raises(LoaderError, match="'x' is registered more than once: a:X, b:X"):
        plugins.load_entry_points("g")


@pytest.mark.usefixtures("fresh_scan")
def test_one_distribution_listed_twice_is_no_clash(monkeypatch):
    from importlib.metadata import EntryPoint

    points = [EntryPoint("x", "a:X", "g")] * 2
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)
    assert list(plugins.load_entry_points("g")) == ["x"]


def test_missing_empty_and_folder_are_named(tmp_path):
    with pytest.raises(FileContentError, match="does not exist"):
        nk.open(tmp_path / "no.fif")
    (tmp_path / "zero.bdf").touch()
    with pytest.raises(FileContentError, match=r"zero\.bdf: is empty \(0 bytes\)"):
        nk.open(tmp_path / "zero.bdf")
    with pytest.raises(LoaderError, match="no loader recognises"):
        nk.open(tmp_path)


def test_checksum_is_computed_only_when_asked(installed, file):
    installed(one=0.8)
    assert nk.open(file).attrs["source_sha256"] == ""
    expected = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"
    assert nk.open(file, checksum=True).attrs["source_sha256"] == expected


def test_chunks_give_dask_arrays(installed, file):
    installed(one=0.8)
    assert nk.open(file, chunks={"time": 2}).activity.signal.chunks == ((2, 1), (1,))


class _Counting(FileArray):
    """An array that remembers what was read of it."""

    def __init__(self, values):
        super().__init__(values.shape, values.dtype)
        self.values, self.keys = values, []

    def read(self, key):
        self.keys.append(key)
        assert all(isinstance(k, int) or k.step is None or k.step > 0 for k in key)
        return self.values[key]


@pytest.mark.parametrize(
    "index",
    [
        (slice(2, 9), 1),
        (slice(None, None, -1), slice(None)),
        (slice(8, 2, -3), slice(1, 3)),
        (slice(5, 5), slice(None)),
        (np.array([7, 1, 1]), slice(None)),
        (3, np.array([True, False, True, False])),
    ],
)
def test_lazy_arrays_index_like_numpy(index):
    values = np.arange(40.0).reshape(10, 4)
    array = xr.DataArray(lazy_variable(("time", "neuron"), _Counting(values)))
    expected = values[index] if not isinstance(index[0], int) else values[index[0]][index[1]]
    np.testing.assert_array_equal(array[index], expected)


def test_a_window_is_all_that_is_read():
    source = _Counting(np.zeros((1000, 4)))
    xr.DataArray(lazy_variable(("time", "neuron"), source)).isel(time=slice(10, 20)).load()
    assert source.keys == [(slice(10, 20, 1), slice(0, 4, 1))]


def test_the_xarray_engine_never_claims_what_others_read(tmp_path):
    from neurokit.io.backend import NeurokitBackend

    engine = NeurokitBackend()
    for name in ("a.nc", "a.h5", "a.zarr", "a.hdf5", "a.json", "a.xlsx", "a.nwb"):
        assert not engine.guess_can_open(tmp_path / name)
    assert engine.guess_can_open("raw.fif")
    assert not engine.guess_can_open(object())


def test_the_xarray_engine_opens_trees_groups_and_datasets(tmp_path):
    group = activity(np.zeros((3, 1)), names=["a"], rate=1.0)
    rec = recording({"activity": group, "auxiliary/x": group}, modality="calcium")
    path = nk.save(rec, tmp_path / "a.nc")
    assert xr.open_datatree(path, engine="neurokit").identical(rec)
    assert xr.open_dataset(path, engine="neurokit", group="auxiliary/x").identical(group)
    assert "/auxiliary/x" in xr.open_groups(path, engine="neurokit")
    with pytest.raises(ValueError, match="did you mean 'activity'"):
        xr.open_dataset(path, engine="neurokit", group="activty")
