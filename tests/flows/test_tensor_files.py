"""Fits in safetensors: whole, atomic, refused when damaged or of another class, never run."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")

from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from neurokit.errors import NotFittedError, StoreError
from neurokit.flows import LangevinFlow, SmallLFADS, SmallNDT

COUNTS = np.random.default_rng(0).poisson(1.0, (6, 8, 3))
FAST = {"bin_s": 0.02, "max_epochs": 2, "random_state": 0, "n_hidden": 4}


@pytest.fixture(scope="module")
def fit():
    return LangevinFlow(2, n_potential=2, inferred_force=False, **FAST).fit(COUNTS)


@pytest.fixture(scope="module")
def stored(fit, tmp_path_factory):
    return fit.save(tmp_path_factory.mktemp("fit") / "flow.safetensors")


def header(path):
    with safe_open(path, "numpy") as file:
        return file.metadata()


def changed(path, target, tensors=None, **parts):
    known = {**load_file(path), **(tensors or {})}
    known = {name: value for name, value in known.items() if value is not None}
    said = {k: v for k, v in {**header(path), **parts}.items() if v is not None}
    save_file(known, target, said)
    return target


def test_the_header_says_all_but_the_weights(fit, stored):
    said = header(stored)
    assert json.loads(said["parameters"])["n_latents"] == 2
    assert json.loads(said["fitted"])["n_epochs"] == 2
    assert said["estimator"].endswith(":LangevinFlow")
    assert set(json.loads(said["tables"])) >= {"losses", "neurons"}
    for name, value in load_file(stored).items():
        assert value.dtype == fit.weights_[name].dtype
        np.testing.assert_array_equal(value, fit.weights_[name])


@pytest.mark.parametrize("other", [SmallLFADS, SmallNDT])
def test_another_class_is_refused(stored, other):
    with pytest.raises(StoreError, match="LangevinFlow, not .*own class"):
        other.load(stored)


def test_netcdf_of_another_class_is_refused_alike(fit, tmp_path):
    path = fit.save(tmp_path / "flow.nc")
    with pytest.raises(StoreError, match="own class"):
        SmallNDT.load(path)


@pytest.mark.parametrize("part", ["kind", "estimator", "parameters", "fitted", "tables", "history"])
def test_a_header_that_lacks_a_part_is_refused(stored, tmp_path, part):
    target = changed(stored, tmp_path / "less.safetensors", **{part: None})
    with pytest.raises(StoreError, match=r"less\.safetensors"):
        LangevinFlow.load(target)


@pytest.mark.parametrize("part", ["parameters", "fitted", "tables"])
@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"n_latents": {"a": 1}, "no_such": 2}'])
def test_a_header_that_says_nonsense_is_refused(stored, tmp_path, part, text):
    target = changed(stored, tmp_path / "said.safetensors", **{part: text})
    if part == "fitted" and text.startswith('{"n_'):
        # Unknown facts are kept as they are; known ones that are missing are an error on use.
        assert LangevinFlow.load(target).no_such_ == 2
        return
    with pytest.raises(StoreError, match=r"said\.safetensors"):
        LangevinFlow.load(target)


@pytest.mark.parametrize("name", ["visible", "network.initial.bias", "likelihood.mean"])
@pytest.mark.parametrize("how", ["missing", "wider"])
def test_weights_that_do_not_fit_are_refused(stored, tmp_path, name, how):
    value = load_file(stored)[name]
    other = None if how == "missing" else np.concatenate([value, value])
    target = changed(stored, tmp_path / "weights.safetensors", {name: other})
    with pytest.raises(StoreError, match=r"weights\.safetensors"):
        LangevinFlow.load(target)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_are_named_or_load(stored, tmp_path_factory, data):
    whole = stored.read_bytes()
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    if data.draw(st.booleans()):
        path.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
        with pytest.raises(StoreError, match=r"damaged\.safetensors"):
            LangevinFlow.load(path)
        return
    spoilt = bytearray(whole)
    # The header only: a weight with another bit is a weight.
    spoilt[data.draw(st.integers(0, 8))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(spoilt))
    with pytest.raises(StoreError, match=r"damaged\.safetensors"):
        LangevinFlow.load(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(StoreError, match=r"gone\.safetensors"):
        LangevinFlow.load(tmp_path / "gone.safetensors")


def test_nothing_is_written_of_what_was_not_fitted(tmp_path):
    with pytest.raises(NotFittedError):
        LangevinFlow(2).save(tmp_path / "flow.safetensors")
    assert not list(tmp_path.iterdir())


def test_a_writing_that_is_cut_leaves_the_old_file(fit, tmp_path, monkeypatch):
    path = fit.save(tmp_path / "flow.safetensors")
    before = path.read_bytes()

    def cut(tensors, target, said):
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("safetensors.numpy.save_file", cut)
    with pytest.raises(KeyboardInterrupt):
        fit.save(path, overwrite=True)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["flow.safetensors"]


def test_labels_of_any_script_come_back(tmp_path):
    import xarray as xr

    x = xr.DataArray(
        COUNTS, dims=("trial", "time", "neuron"), coords={"neuron": ["α", "AVA L", "神経"]}
    )
    model = SmallLFADS(2, **FAST).fit(x)
    again = SmallLFADS.load(model.save(tmp_path / "flow.safetensors"))
    assert again.neurons_.neuron.values.tolist() == ["α", "AVA L", "神経"]
    np.testing.assert_array_equal(again.predict_rates(x), model.predict_rates(x))


def test_channels_stay_channels(tmp_path):
    import xarray as xr

    x = xr.DataArray(
        COUNTS * 0.5, dims=("trial", "time", "channel"), coords={"channel": ["C3", "C4", "Cz"]}
    )
    model = SmallNDT(**FAST, likelihood="gaussian").fit(x)
    again = SmallNDT.load(model.save(tmp_path / "flow.safetensors"))
    assert again.predict_rates(x).dims == ("trial", "time", "channel")


def test_copies_and_other_processes_have_the_fit(fit):
    import copy

    again = copy.deepcopy(fit)
    assert again.weights_.identical(fit.weights_)
    np.testing.assert_array_equal(again.predict_rates(COUNTS), fit.predict_rates(COUNTS))
    assert "_built" not in fit.__getstate__()
    # A module is built once for one set of weights.
    assert fit.module_ is fit.module_
    assert again.module_ is not fit.module_
