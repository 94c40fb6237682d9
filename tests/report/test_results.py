"""What a run left behind is read whatever its state, in an order that only names decide."""

import json

import pytest

from neurokit.report.results import Result, natural, read_mapping, read_results, rows_of_store


def test_a_whole_result_has_its_manifest(store):
    folder = store.done(facts={"n_neurons": 5})
    (result,) = read_results(store.out, store.summary)
    assert result.folder == folder
    assert result.table("facts") == {"n_neurons": 5}
    assert result.complaint == ""
    assert (result.dataset, result.recording, result.recipe) == ("worms", "w1", "summary")


def test_order_depends_on_names_only(store):
    for dataset, recording, recipe in [
        ("b", "all", "connectome.motifs"),
        ("b", "w10", "summary"),
        ("b", "w2", "motifs"),
        ("b", "w2", "summary"),
        ("a", "x", "summary"),
    ]:
        store.done(dataset, recording, recipe)
    expected = [
        ("a", "x", "summary"),
        ("b", "w2", "summary"),
        ("b", "w2", "motifs"),
        ("b", "w10", "summary"),
        ("b", "all", "connectome.motifs"),
    ]
    for rows in (store.rows, store.rows[::-1]):
        found = read_results(store.out, {"rows": rows})
        assert [(r.dataset, r.recording, r.recipe) for r in found] == expected


@pytest.mark.parametrize(
    ("first", "second"), [("w2", "w10"), ("W1", "w2"), ("a", "b"), ("2022-08-02", "2022-10-01")]
)
def test_numbers_in_names_count_as_numbers(first, second):
    assert natural(first) < natural(second)


def test_names_of_any_script_sort():
    assert sorted(["b²", "a", "ü", "10", "2", ""], key=natural)[:3] == ["", "2", "10"]


@pytest.mark.parametrize("content", ["", "{", "[1, 2]", "null", '"text"'])
def test_a_damaged_manifest_is_a_complaint_and_no_crash(store, content):
    folder = store.done()
    (folder / "manifest.json").write_text(content)
    (result,) = read_results(store.out, store.summary)
    assert result.manifest == {}
    assert "manifest.json" in result.complaint


def test_a_manifest_that_is_no_text_is_a_complaint(store):
    folder = store.done()
    (folder / "manifest.json").write_bytes(b"\xff\xfe\x00")
    assert "damaged" in read_results(store.out, store.summary)[0].complaint


def test_a_missing_manifest_is_missed_only_where_it_should_be(store):
    (store.done() / "manifest.json").unlink()
    store.row("broken", "r", "summary", "failed", path="broken/summary/r/x", error={"class": "X"})
    by_status = {r.status: r.complaint for r in read_results(store.out, store.summary)}
    assert "cannot be read" in by_status["done"]
    assert by_status["failed"] == ""


@pytest.mark.parametrize("rows", [None, "text", [None, 3, "x"], []])
def test_rows_that_are_none_are_no_results(store, rows):
    if isinstance(rows, str):
        rows = [rows]
    assert read_results(store.out, {"rows": rows}) == []


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/etc/hostname", "..", "missing.png", "", None, "link.txt"]
)
def test_files_outside_the_folder_are_never_given(store, name):
    folder = store.done()
    (folder.parent / "outside.txt").write_text("secret")
    (folder / "link.txt").symlink_to(folder.parent / "outside.txt")
    assert read_results(store.out, store.summary)[0].file(name) is None


def test_files_of_the_folder_are_given(store):
    store.done(figures=[{"file": "figures/traces.png"}])
    (result,) = read_results(store.out, store.summary)
    assert result.file("figures/traces.png").name == "traces.png"


def test_lists_and_tables_of_the_wrong_type_are_empty():
    result = Result({}, None, {"figures": "text", "tables": [1, {"file": "a"}], "facts": [1]})
    assert result.listed("figures") == []
    assert result.listed("tables") == [{"file": "a"}]
    assert result.table("facts") == {}
    assert result.file("anything") is None


def test_a_row_without_names_has_names_that_print():
    result = Result({"recording": None})
    assert (result.dataset, result.recording, result.recipe) == ("", "all", "")
    assert result.status == "unknown"


def test_a_missing_file_says_why(tmp_path):
    content, complaint = read_mapping(tmp_path / "no.json")
    assert content == {}
    assert "no.json" in complaint


def test_a_store_without_a_run_gives_its_whole_results(store):
    store.done("a", "x")
    store.done("a", "y")
    (store.done("b", "z") / "manifest.json").write_text("{")
    hidden = store.out / "a" / "summary" / "x" / ".tmp123"
    hidden.mkdir()
    (hidden / "manifest.json").write_text(json.dumps({"dataset": "a"}))
    rows = rows_of_store(store.out)
    assert [(row["dataset"], row["recording"], row["status"]) for row in rows] == [
        ("a", "x", "done"),
        ("a", "y", "done"),
    ]
    assert all((store.out / row["path"]).is_dir() for row in rows)
