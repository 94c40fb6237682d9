"""The words of a mapping: each wrong one is named, each right one means what the docs say."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from mapping_files import write_npz
from neurokit_loaders.hdf5 import LOADER as HDF5
from neurokit_loaders.mapping import OPTIONS, ClockMap, SignalMap, SpikesMap, parse
from neurokit_loaders.matlab import LOADER as MATLAB
from neurokit_loaders.npy import LOADER as NPY
from neurokit_loaders.table import LOADER as TABLE

import neurokit as nk
from neurokit.errors import OptionError

LOADERS = [TABLE, NPY, MATLAB, HDF5]


def test_nothing_said_is_nothing_mapped() -> None:
    plan = parse({})
    assert plan.is_empty
    assert plan.activity == SignalMap()
    assert plan.clock == ClockMap()
    assert plan.clock.unit == 1.0


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.name)
def test_the_four_loaders_share_every_word(loader: Any) -> None:
    assert set(OPTIONS) <= set(loader.options)
    others = set(loader.options) - set(OPTIONS)
    reading = {"header", "separator", "decimal", "encoding", "short_rows", "sheet"}
    assert others == (reading if loader.name == "table" else set())


def test_the_docs_have_every_word() -> None:
    text = (Path(__file__).resolve().parents[2] / "docs/tables.md").read_text(encoding="utf-8")
    missing = [word for word in {**OPTIONS, **TABLE.options} if f"`{word}`" not in text]
    assert not missing


def _calls_in_docs() -> list[str]:
    text = (Path(__file__).resolve().parents[2] / "docs/tables.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    return [
        ast.unparse(node)
        for block in blocks
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Call)
    ]


@pytest.mark.parametrize("call", _calls_in_docs())
def test_calls_in_the_docs_are_right(call: str) -> None:
    tree = ast.parse(call, mode="eval").body
    assert isinstance(tree, ast.Call)
    words = {str(k.arg): ast.literal_eval(k.value) for k in tree.keywords}
    path, loader = Path(ast.literal_eval(tree.args[0])), words.pop("loader", None)
    by_suffix = {".npy": NPY, ".npz": NPY, ".mat": MATLAB, ".h5": HDF5}
    chosen = {item.name: item for item in LOADERS}[loader] if loader else by_suffix[path.suffix]
    chosen.check_options(words)
    plan = parse({key: value for key, value in words.items() if key in OPTIONS})
    assert not plan.is_empty


def test_the_docs_have_enough_calls() -> None:
    assert len(_calls_in_docs()) >= 15


@pytest.mark.parametrize(
    ("options", "where", "found"),
    [
        ({"sgnal": "F"}, "options", "did you mean 'signal'"),
        ({"rate": 0}, "rate", "got 0"),
        ({"rate": -2.0}, "rate", "got -2.0"),
        ({"rate": True}, "rate", "got True"),
        ({"rate": ...}, "rate", "got Ellipsis"),
        ({"rate": float("inf")}, "rate", "got inf"),
        ({"rate": 2.0, "bin_width": 0.5}, "rate", "not both"),
        ({"bin_width": 0}, "bin_width", "got 0"),
        ({"bin_width": "1 s"}, "bin_width", "got '1 s'"),
        ({"time_units": "sec"}, "time_units", "unknown option 'sec'"),
        ({"event_units": "frames"}, "event_units", "unknown option 'frames'"),
        ({"event_first": 2}, "event_first", "got 2"),
        ({"space": "neurons"}, "space", "did you mean 'neuron'"),
        ({"space": "neuron", "channel_type": "EEG"}, "channel_type", "Neurons have none"),
        ({"channel_type": ["EEG"]}, "channel_type", "one value for all"),
        ({"units": 3}, "units", "got 3"),
        ({"units": {"a": 3}}, "units", "got {'a': 3}"),
        ({"scale": "2"}, "scale", "got '2'"),
        ({"scale": {"a": True}}, "scale", "got {'a': True}"),
        ({"dims": ("neuron",)}, "dims", "'time' among them"),
        ({"dims": ("time", "time")}, "dims", "each dim once"),
        ({"dims": ("time", "channel")}, "dims", "unknown option 'channel'"),
        ({"names": 3}, "names", "got 3"),
        ({"signal": 1.5}, "signal", "got 1.5"),
        ({"signal": [None]}, "signal", "got None"),
        ({"signal": [True]}, "signal", "got True"),
        ({"time": ["a", "b"]}, "time", "got ['a', 'b']"),
        ({"marker": 0.5}, "marker", "got 0.5"),
        ({"coords": {"a": None}}, "coords['a']", "got None"),
        ({"coords": {"neuron": "n"}}, "coords 'neuron'", "Call it otherwise"),
        ({"coords": {"trial": "n"}}, "coords 'trial'", "Call it otherwise"),
        ({"trial": "time"}, "trial 'time'", "Call it otherwise"),
        ({"position_units": "inch"}, "position_units", "unknown option 'inch'"),
        ({"position_frame": 3}, "position_frame", "Give text"),
        ({"auxiliary": "x"}, "auxiliary", "got 'x'"),
        ({"auxiliary": {"a": {}}}, "auxiliary['a']", "at least {'signal'"),
        (
            {"auxiliary": {"a": {"signal": "x", "events": "y"}}},
            "options",
            "unknown option 'events'",
        ),
        ({"spikes": {"neuron": "n"}}, "spikes", "at least the variable of 'time'"),
        ({"spikes": {"tim": "n"}}, "options", "did you mean 'time'"),
        ({"spikes": {"time": "t", "dims": ["trial"]}}, "spikes dims", "belong to 'cells'"),
        ({"spikes": {"cells": "c", "dims": ["time"]}}, "spikes dims", "'neuron' and 'trial'"),
        ({"spikes": {"cells": "c", "dims": []}}, "spikes dims", "got ()"),
        ({"modality": "calcum"}, "modality", "did you mean 'calcium'"),
        ({"subject": 3}, "subject", "Give text"),
    ],
)
def test_a_wrong_word_is_named_with_what_is_allowed(
    options: dict[str, Any], where: str, found: str
) -> None:
    with pytest.raises(OptionError) as caught:
        parse(options)
    assert caught.value.where == where
    assert found in str(caught.value)
    assert caught.value.mend


@pytest.mark.parametrize("loader", ["table", "npy", "matlab", "hdf5"])
def test_an_unknown_option_is_found_before_the_file_is_read(loader: str, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"nothing of any format")
    with pytest.raises(OptionError, match="did you mean 'signal'"):
        nk.open(path, loader, signals="x")


def test_one_name_is_a_list_of_one() -> None:
    plan = parse({"signal": "F", "behavior": 3, "stimulus": ["a", 2]})
    assert plan.activity.signal == ("F",)
    assert plan.behavior == (3,)
    assert plan.stimulus == ("a", 2)


def test_channels_follow_from_a_channel_type() -> None:
    assert parse({"channel_type": "EEG"}).activity.space == "channel"
    assert parse({}).activity.space == "neuron"
    assert parse({"space": "channel"}).activity.space == "channel"


def test_a_bin_width_is_a_rate() -> None:
    plan = parse({"signal": "*", "bin_width": 0.25})
    assert plan.clock.rate == 4.0
    assert plan.activity.bin_width == 0.25


def test_events_are_in_the_unit_of_time_unless_said() -> None:
    assert parse({"time_units": "ms"}).event_unit == 1e-3
    assert parse({"time_units": "ms", "event_units": "s"}).event_unit == 1.0
    assert parse({"event_units": "samples"}).event_unit is None


def test_names_of_columns_stand_for_themselves_unless_renamed() -> None:
    assert parse({"events": "a"}).events == {"a": "a"}
    assert parse({"events": ["a", "b"]}).events == {"a": "a", "b": "b"}
    assert parse({"trial": {"side": "s"}}).trial == {"side": "s"}


def test_an_auxiliary_signal_has_the_clock_of_the_recording_unless_said() -> None:
    plan = parse(
        {
            "time": "t",
            "time_units": "ms",
            "rate": 10,
            "auxiliary": {"a": {"signal": "x"}, "b": {"signal": "y", "rate": 2, "time": "u"}},
        }
    )
    assert plan.auxiliary["a"][1] == ClockMap("t", 10.0, "ms")
    assert plan.auxiliary["b"][1] == ClockMap("u", 2.0, "ms")


def test_a_scale_of_nothing_is_nothing() -> None:
    assert parse({}).activity.scale == 1.0
    assert parse({"scale": 0}).activity.scale == 0


def test_a_path_is_called_by_its_last_part() -> None:
    assert parse({"trial": ["trials/side", "id"]}).trial == {"side": "trials/side", "id": "id"}
    assert parse({"trial": "trial"}).trial == {"trial": "trial"}


def test_spikes_have_three_forms() -> None:
    assert parse({"spikes": "st_*"}).spikes == SpikesMap(trains=("st_*",))
    labelled = parse({"spikes": {"time": "t", "neuron": "n", "trial": "k"}}).spikes
    assert labelled == SpikesMap(time="t", neuron="n", trial="k")
    in_cells = parse({"spikes": {"cells": ["a", "b"], "dims": ["trial"]}}).spikes
    assert in_cells == SpikesMap(cells=("a", "b"), dims=("trial",))
    assert labelled is not None
    assert set(labelled.words()) == {"t", "n", "k"}


def test_a_recording_keeps_the_options_it_was_opened_with(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "a.npz", {"F": [[1.0, 2.0], [3.0, 4.0]]})
    rec = nk.open(path, "npy", signal="F", rate=3, subject="m1", session="s2", species="Mus")
    assert '"signal": "F"' in rec.attrs["loader_options"]
    assert (rec.attrs["subject"], rec.attrs["session"], rec.attrs["species"]) == ("m1", "s2", "Mus")
    assert rec.attrs["loader"] == "npy"
    assert rec.attrs["source"] == "a.npz"
    assert rec.attrs["history"] == "[]"
