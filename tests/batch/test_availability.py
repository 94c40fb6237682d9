from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from neurokit.batch.availability import availability, simulated_names, simulation_key
from neurokit.batch.store import Store
from neurokit.catalog import Catalog


@pytest.fixture
def two(bench: Any) -> Any:
    bench.write({"a": bench.dataset("w1", "w2", recipes=["fake.mean"])})
    return bench


@pytest.fixture
def simulated(bench: Any) -> Any:
    simulate = {"name": "worms", "n_animals": 2, "random_state": 0}
    bench.write({"s": {**bench.dataset(recipes=["fake.mean"]), "simulate": simulate}})
    return bench


def look(bench: Any) -> Any:
    catalog = Catalog.read(bench.path)
    return availability(catalog, catalog.datasets["a"])


def test_what_lies_beside_the_catalog_is_here(two: Any) -> None:
    found = look(two)
    assert (found.here, found.absent, found.wrong) == (("w1", "w2"), {}, {})


def test_what_lies_in_a_mirror_is_here(two: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = two.folder.with_name(f"{two.folder.name}-mirror")
    (mirror / "data").mkdir(parents=True)
    (two.folder / "data" / "w2.nc").rename(mirror / "data" / "w2.nc")
    assert look(two).here == ("w1",)
    monkeypatch.setenv("NEUROKIT_MIRROR", str(mirror))
    assert look(two).here == ("w1", "w2")


def test_what_is_absent_names_its_files_their_size_and_how_to_get_them(two: Any) -> None:
    (two.folder / "data" / "w2.nc").unlink()
    (problem,) = look(two).absent.values()
    assert problem["class"] == "NotDownloadedError"
    assert "a/w2" in problem["message"]
    assert "data/w2.nc" in problem["message"]
    assert "NEUROKIT_MIRROR" in problem["mend"]


def test_what_has_an_address_can_be_fetched(bench: Any) -> None:
    parts = bench.dataset("w1", recipes=["fake.mean"])
    parts["recordings"]["w1"]["files"][0] |= {"uri": "https://example.org/w1", "bytes": 2_500_000}
    bench.write({"a": parts})
    (bench.folder / "data" / "w1.nc").unlink()
    assert look(bench).absent["w1"]["mend"] == "Run with --fetch to download 2.5 MB."


def test_a_dozen_absent_files_make_no_line_of_a_thousand_characters(bench: Any) -> None:
    parts = bench.dataset("w1", recipes=["fake.mean"])
    (whole,) = parts["recordings"]["w1"]["files"]
    tables = [{**whole, "path": f"data/table{i}.tsv"} for i in range(12)]
    parts["recordings"]["w1"]["files"] += tables
    bench.write({"a": parts})
    message = look(bench).absent["w1"]["message"]
    assert message.endswith("data/table0.tsv, data/table1.tsv, data/table2.tsv and 9 more files")


def test_another_content_is_wrong_and_not_absent(two: Any) -> None:
    (two.folder / "data" / "w2.nc").write_bytes(b"")
    found = look(two)
    assert (found.here, found.absent) == (("w1",), {})
    assert found.wrong["w2"]["class"] == "ChecksumError"


def test_a_failed_download_is_a_failure_not_an_absence(two: Any) -> None:
    (two.folder / "data" / "w2.nc").unlink()
    catalog = Catalog.read(two.path)
    wrong = {"class": "NotDownloadedError", "message": "no server", "mend": "Try later."}
    found = availability(catalog, catalog.datasets["a"], wrong)
    assert (found.here, found.wrong, found.absent) == (("w1",), {"w2": wrong}, {})


def test_names_of_a_simulation_are_kept_per_parameters_and_code(simulated: Any) -> None:
    results = Store(simulated.out)
    entry = Catalog.read(simulated.path).datasets["s"]
    assert simulated_names(results, entry) is None
    file = results.names_file("s", simulation_key(entry))
    file.parent.mkdir(parents=True)
    file.write_text('["worm1"]', encoding="utf-8")
    assert simulated_names(results, entry) == ("worm1",)
    assert simulated_names(results, replace(entry, simulate={"name": "worms"})) is None
