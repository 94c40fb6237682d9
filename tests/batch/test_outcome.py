from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from matplotlib import pyplot

from neurokit.batch import outcome as outcomes
from neurokit.batch.outcome import write_outcome
from neurokit.io import open as open_tree
from neurokit.recipe import Outcome, Picture
from neurokit.testing import assert_same


def tree() -> xr.DataTree:
    values = xr.Dataset({"signal": ("time", np.arange(5, dtype=np.float32))})
    return xr.DataTree.from_dict({"/": xr.Dataset(attrs={"what": "test"}), "/part": values})


def picture() -> Picture:
    figure, axes = pyplot.subplots(figsize=(1, 1))
    axes.plot([0, 1])
    return Picture(figure, "A line (a.u.)")


def test_a_result_comes_back_as_it_was(tmp_path: Path) -> None:
    said = write_outcome(Outcome(tree()), tmp_path)
    assert_same(open_tree(tmp_path / said["result"]), tree())


def test_a_large_result_becomes_a_zarr_store_that_lists_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcomes, "LARGEST_NETCDF", 1)
    said = write_outcome(Outcome(tree()), tmp_path)
    assert said["result"] == "result.zarr"
    assert list(said["files"]) == ["result.zarr/neurokit.json"]
    assert_same(open_tree(tmp_path / "result.zarr"), tree())


def test_figures_are_png_with_captions_in_the_order_given(tmp_path: Path) -> None:
    pictures = {"second one": picture(), "first": picture()}
    said = write_outcome(Outcome(tree(), pictures), tmp_path)
    assert [figure["name"] for figure in said["figures"]] == ["second one", "first"]
    assert said["figures"][0]["caption"] == "A line (a.u.)"
    for figure in said["figures"]:
        assert (tmp_path / figure["file"]).read_bytes().startswith(b"\x89PNG")
    assert pyplot.get_fignums() == []


def test_the_same_figure_has_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_outcome(Outcome(tree(), {"line": picture()}), tmp_path / name)
    files = [tmp_path / name / "figures" / "line.png" for name in ("a", "b")]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_tables_keep_an_index_that_has_a_name(tmp_path: Path) -> None:
    plain = pd.DataFrame({"x": [1.5]})
    tables = {"plain": plain, "named": plain.rename_axis("neuron")}
    said = write_outcome(Outcome(tree(), tables=tables), tmp_path)
    texts = [(tmp_path / table["file"]).read_text() for table in said["tables"]]
    assert texts == ["x\n1.5\n", "neuron,x\n0,1.5\n"]


def test_facts_are_plain_json(tmp_path: Path) -> None:
    facts = {
        "n": np.int64(3),
        "rate_hz": np.float32(0.5),
        "yes": np.bool_(True),
        "name": "AVAL",
        "nan": float("nan"),
        "infinite": np.inf,
    }
    said = write_outcome(Outcome(tree(), facts=facts), tmp_path)  # type: ignore[arg-type]
    assert json.loads(json.dumps(said["facts"], allow_nan=False)) == {
        "n": 3,
        "rate_hz": 0.5,
        "yes": True,
        "name": "AVAL",
        "nan": "nan",
        "infinite": "inf",
    }


def test_every_file_is_listed_with_size_and_hash(tmp_path: Path) -> None:
    tables = {"t": pd.DataFrame({"x": [1]})}
    said = write_outcome(Outcome(tree(), {"p": picture()}, tables=tables), tmp_path)
    found = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert set(said["files"]) == found == {"result.nc", "figures/p.png", "tables/t.csv"}
    for name, listed in said["files"].items():
        content = (tmp_path / name).read_bytes()
        assert listed["bytes"] == len(content)
        assert listed["sha256"] == hashlib.sha256(content).hexdigest()


def test_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    place = tmp_path / "place"
    place.mkdir()
    write_outcome(
        Outcome(tree(), {"../../up": picture()}, tables={"/etc/x": pd.DataFrame()}), place
    )
    assert [path.name for path in tmp_path.iterdir()] == ["place"]
