"""The xarray engine: what is left out, which groups there are, what it claims."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import FileContentError, LabelError, OptionError
from neurokit.io import opening, registry
from neurokit.io.backend import CLAIMED, NeurokitBackend
from neurokit.io.registry import Loader
from neurokit.schema import activity, events, recording

ENGINE = {"engine": "neurokit"}


def _rec():
    rng = np.random.default_rng(0)
    signal = rng.standard_normal((5, 2))
    group = activity(
        signal, names=["a", "b"], rate=1.0, observed=signal < 9, coords={"region": ["x", "y"]}
    )
    return recording(
        {"activity": group, "events": events([0.5], trial_type=["left"]), "auxiliary/x": group},
        modality="calcium",
        name="demo",
    )


@pytest.fixture(params=[".nc", ".zarr"])
def path(request, tmp_path):
    return nk.save(_rec(), tmp_path / f"a{request.param}")


def test_the_group_is_activity_unless_another_is_named(path):
    expected = _rec()
    assert xr.open_dataset(path, **ENGINE).identical(expected.activity.to_dataset())
    for group in ("events", "/events", "events/", "/auxiliary/x"):
        found = xr.open_dataset(path, group=group, **ENGINE)
        assert found.identical(expected[group.strip("/")].to_dataset()), group


def test_a_group_that_is_not_there_is_answered_with_those_that_are(path):
    with pytest.raises(LabelError, match=r"no group 'event', did you mean 'events'\?") as caught:
        xr.open_dataset(path, group="event", **ENGINE)
    for group in ("activity", "events", "auxiliary", "auxiliary/x"):
        assert group in caught.value.mend
    with pytest.raises(LabelError, match="Its groups: "):
        xr.open_dataset(path, group="zzz", **ENGINE)


@pytest.mark.parametrize("drop", ["observed", ["observed"], ("observed", "region")])
def test_a_dataset_is_opened_without_what_is_dropped(path, drop):
    found = xr.open_dataset(path, drop_variables=drop, **ENGINE)
    dropped = {drop} if isinstance(drop, str) else set(drop)
    assert set(found.variables) == set(_rec().activity.variables) - dropped
    assert found.identical(_rec().activity.to_dataset().drop_vars(drop))


def test_a_tree_is_opened_without_what_is_dropped_in_any_group(path):
    # "region" is in two groups, "trial_type" in a third; none has all of them.
    tree = xr.open_datatree(path, drop_variables=["region", "trial_type"], **ENGINE)
    assert "region" not in tree.activity
    assert "region" not in tree["auxiliary/x"]
    assert "trial_type" not in tree.events
    assert {"signal", "observed"} <= set(tree.activity.data_vars)
    assert set(tree.events.variables) == set(_rec().events.variables) - {"trial_type"}


def test_dropping_keeps_attributes_and_groups(path):
    tree = xr.open_datatree(path, drop_variables="region", **ENGINE)
    assert tree.attrs == _rec().attrs
    assert tree.activity.attrs == _rec().activity.attrs
    assert set(tree.groups) == set(_rec().groups)


def test_dropping_what_is_nowhere_changes_nothing(path):
    assert xr.open_datatree(path, drop_variables="zzz", **ENGINE).identical(_rec())


def test_groups_come_by_path_and_without_their_parents_variables(path):
    groups = xr.open_groups(path, **ENGINE)
    assert set(groups) == {"/", "/activity", "/events", "/auxiliary", "/auxiliary/x"}
    assert groups["/"].attrs == _rec().attrs
    assert groups["/activity"].identical(_rec().activity.to_dataset())
    assert set(groups["/auxiliary"].variables) == set()
    assert "region" not in xr.open_groups(path, drop_variables="region", **ENGINE)["/activity"]


def test_arrays_stay_lazy_through_the_engine(path):
    for found in (
        xr.open_dataset(path, **ENGINE).signal,
        xr.open_datatree(path, **ENGINE).activity.signal,
    ):
        assert not isinstance(found.variable._data, np.ndarray)


def test_chunks_of_xarray_work_through_the_engine(path):
    # {} asks for the chunks of the file: 5 samples are one; others would draw a warning.
    found = xr.open_dataset(path, chunks={}, **ENGINE)
    assert found.signal.chunks == ((5,), (2,))
    np.testing.assert_array_equal(found.signal, _rec().activity.signal)


@pytest.fixture
def fake(monkeypatch, tmp_path):
    """Install two loaders that fit equally well, and give a file."""

    def loader(name):
        def open_it(path, *, gain=1.0):
            group = activity(np.full((3, 1), gain), names=["a"], rate=1.0)
            return recording({"activity": group}, modality="calcium")

        return Loader(
            name=name,
            title="test",
            modality="calcium",
            suffixes=(".txt",),
            sniff=lambda path: 0.5,
            open=open_it,
            info=lambda path: {},
            options={"gain": "factor"},
        )

    found = {name: loader(name) for name in ("one", "two")}
    monkeypatch.setattr(registry, "loader_names", lambda: list(found))
    for module in (registry, opening):
        monkeypatch.setattr(module, "get_loader", found.__getitem__)
    path = tmp_path / "a.txt"
    path.write_text("x")
    return path


def test_the_loader_and_its_options_go_through_the_engine(fake):
    given = {"loader": "two", "options": {"gain": 3.0}, **ENGINE}
    assert float(xr.open_dataset(fake, **given).signal[0, 0]) == 3.0
    tree = xr.open_datatree(fake, **given)
    assert tree.attrs["loader"] == "two"
    assert tree.attrs["loader_options"] == '{"gain": 3.0}'
    assert float(xr.open_groups(fake, **given)["/activity"].signal[0, 0]) == 3.0


def test_errors_of_open_go_through_the_engine(fake, tmp_path):
    with pytest.raises(ValueError, match=r"several loaders fit: one \(0\.50\), two \(0\.50\)"):
        xr.open_dataset(fake, **ENGINE)
    with pytest.raises(OptionError, match="did you mean 'gain'"):
        xr.open_datatree(fake, loader="one", options={"gian": 1}, **ENGINE)
    with pytest.raises(FileContentError, match="does not exist"):
        xr.open_datatree(tmp_path / "no.fif", **ENGINE)


def test_claims_are_by_suffix_alone_and_in_any_case(tmp_path):
    engine = NeurokitBackend()
    for suffix in CLAIMED:
        # There is no such file: to claim it none must be opened.
        assert engine.guess_can_open(tmp_path / f"no{suffix}")
        assert engine.guess_can_open(str(tmp_path / f"NO{suffix.upper()}"))
        assert not engine.guess_can_open(tmp_path / f"no{suffix}.bak")
        assert not engine.guess_can_open(f"no{suffix}".encode())


def test_the_parameters_that_xarray_is_told_are_those_that_are_taken():
    import inspect

    taken = list(inspect.signature(NeurokitBackend.open_dataset).parameters)[1:]
    assert tuple(taken) == NeurokitBackend.open_dataset_parameters
    assert NeurokitBackend.supports_groups
