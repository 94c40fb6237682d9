"""Files of a training: all of it, nothing else, whole or not at all, and refused when damaged."""

from __future__ import annotations

import contextlib
import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from safetensors import safe_open  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from test_training import OPTIONS, course_of, run, trials  # noqa: E402

from neurokit.errors import StoreError  # noqa: E402
from neurokit.flows.checkpoints import read_about, resume, write_checkpoint  # noqa: E402
from neurokit.flows.training import train  # noqa: E402

ABOUT = {"estimator": "LangevinFlow", "seed": 3}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("training") / "course.safetensors"
    course = run(trials(), 4)
    write_checkpoint(path, course, ABOUT)
    return path, course


def metadata(path):
    with safe_open(path, "pt") as file:
        return file.metadata()


def test_all_of_a_training_comes_back(written):
    path, course = written
    again, _ = course_of(trials(), seed=99)
    resume(path, again)
    assert (again.epoch, again.n_steps) == (course.epoch, course.n_steps)
    assert (again.best_epoch, again.best_loss) == (course.best_epoch, course.best_loss)
    assert again.records == course.records
    assert torch.equal(again.held, course.held)
    assert torch.equal(again.generator.get_state(), course.generator.get_state())
    for kind in ("model", "average"):
        mine, theirs = getattr(again, kind).state_dict(), getattr(course, kind).state_dict()
        assert all(torch.equal(mine[name], theirs[name]) for name in theirs)
    assert all(torch.equal(again.best[name], value) for name, value in course.best.items())
    mine, theirs = again.optimiser.state_dict()["state"], course.optimiser.state_dict()["state"]
    assert mine.keys() == theirs.keys()
    for index in theirs:
        assert all(torch.equal(mine[index][k], v) for k, v in theirs[index].items())


@pytest.mark.parametrize("stop", [1, 2, 3, 5])
def test_wherever_it_is_cut_it_goes_on_alike(tmp_path, stop):
    whole = run(trials(), 6)
    path = tmp_path / "course.safetensors"
    begun, block = course_of(trials())
    train(begun, block, OPTIONS, stop, lambda now: write_checkpoint(path, now, ABOUT))
    again, block = course_of(trials(), seed=99)
    resume(path, again)
    assert again.epoch == stop
    train(again, block, OPTIONS, 6, lambda now: None)
    assert again.records == whole.records
    assert again.best_loss == whole.best_loss
    for name, value in whole.model.state_dict().items():
        assert torch.equal(again.model.state_dict()[name], value), name


def test_a_training_before_its_first_validation_has_no_best_loss(tmp_path):
    path = tmp_path / "course.safetensors"
    course, _ = course_of(trials())
    write_checkpoint(path, course, ABOUT)
    assert json.loads(metadata(path)["course"])["best_loss"] is None
    again, _ = course_of(trials(), seed=99)
    resume(path, again)
    assert again.best_loss == np.inf
    assert again.records == []


def test_what_it_is_about_is_read_without_its_tensors(written):
    assert read_about(written[0]) == ABOUT


def test_it_opens_without_running_anything(written):
    path, course = written
    tensors = load_file(path)
    assert {name.partition("/")[0] for name in tensors} == {
        "model", "average", "best", "optimiser", "generator", "held",
    }  # fmt: skip
    size = struct.unpack("<Q", path.read_bytes()[:8])[0]
    header = json.loads(path.read_bytes()[8 : 8 + size])
    assert set(header["__metadata__"]) == {"kind", "about", "course"}
    assert course.n_steps == 12


def changed(path, target, tensors=None, **parts):
    """The same file with other tensors or metadata."""
    known = {**load_file(path), **(tensors or {})}
    known = {name: value for name, value in known.items() if value is not None}
    save_file(known, target, {**metadata(path), **parts})
    return target


@pytest.mark.parametrize("kind", ["", "neurokit fit 1", "neurokit training 2"])
def test_files_of_another_kind_are_refused(written, tmp_path, kind):
    target = changed(written[0], tmp_path / "other.safetensors", kind=kind)
    with pytest.raises(StoreError, match="no training of a flow"):
        resume(target, course_of(trials())[0])
    with pytest.raises(StoreError, match=r"other\.safetensors"):
        read_about(target)


@pytest.mark.parametrize("name", ["generator", "held", "model/visible", "average/visible",
                                  "best/network.initial.bias", "optimiser/0/exp_avg"])  # fmt: skip
def test_a_file_that_lacks_something_is_refused(written, tmp_path, name):
    target = changed(written[0], tmp_path / "less.safetensors", {name: None})
    course, _ = course_of(trials())
    with pytest.raises(StoreError, match=r"less\.safetensors"):
        resume(target, course)


@pytest.mark.parametrize("name", ["held", "model/network.initial.bias", "optimiser/0/exp_avg",
                                  "generator"])  # fmt: skip
def test_a_file_of_another_shape_is_refused(written, tmp_path, name):
    value = load_file(written[0])[name]
    other = torch.zeros((*value.shape, 2), dtype=value.dtype)
    target = changed(written[0], tmp_path / "shape.safetensors", {name: other})
    with pytest.raises(StoreError, match=r"shape\.safetensors"):
        resume(target, course_of(trials())[0])


@pytest.mark.parametrize("part", ["about", "course"])
@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "null", '{"epoch": "many"}'])
def test_headers_that_say_nonsense_are_refused(written, tmp_path, part, text):
    target = changed(written[0], tmp_path / "said.safetensors", **{part: text})
    read = {"about": read_about, "course": lambda path: resume(path, course_of(trials())[0])}
    if part == "about" and text == '{"epoch": "many"}':
        assert read_about(target) == {"epoch": "many"}
        return
    with pytest.raises(StoreError, match=r"said\.safetensors"):
        read[part](target)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_damaged_bytes_never_crash(written, tmp_path_factory, data):
    whole = written[0].read_bytes()
    place = data.draw(st.integers(0, 2000))
    cut = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    spoilt = bytearray(whole)
    spoilt[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(spoilt) if data.draw(st.booleans()) else whole[:cut])
    course, _ = course_of(trials())
    # A flipped bit of a weight is a weight; of the header it is a named error, nothing else.
    with contextlib.suppress(StoreError):
        resume(path, course)
        assert course.epoch <= 9


def test_a_place_that_cannot_be_written_is_named(tmp_path, written):
    with pytest.raises(StoreError, match="nowhere"):
        write_checkpoint(tmp_path / "nowhere" / "course.safetensors", written[1], ABOUT)


def test_a_writing_that_is_cut_leaves_the_old_file(tmp_path, written, monkeypatch):
    path = tmp_path / "course.safetensors"
    write_checkpoint(path, written[1], ABOUT)
    before = path.read_bytes()

    def cut(tensors, target, about):
        target.write_bytes(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr("safetensors.torch.save_file", cut)
    with pytest.raises(KeyboardInterrupt):
        write_checkpoint(path, written[1], {"seed": 4})
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["course.safetensors"]
