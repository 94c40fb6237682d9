"""The page of comparisons says what the files of results say, losses included."""

import json
import re
import subprocess
import sys

import pytest
from documentation_folder import DOCS

BENCHMARKS = DOCS.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

import compare  # noqa: E402
import recorded  # noqa: E402
from recorded import Results, Row  # noqa: E402


def test_the_page_is_what_the_kept_files_say():
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "compare.py", "--check"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", sorted(recorded.FOLDER.glob("*.jsonl")), ids=lambda p: p.stem)
def test_every_file_says_when_where_and_with_what_it_was_measured(path):
    head, rows = recorded.read(path)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", head["date"])
    assert all(word in head["machine"] for word in ("cores", "load", "CPython"))
    assert {"neurokit-xarray", "numpy"} <= set(head["versions"])
    assert head["seeds"]
    assert head["command"]
    assert rows
    assert all(row.unit and row.peer and row.problem for row in rows)
    assert head["title"] in compare.page()


def _kept(tmp_path, monkeypatch, *rows, name="one"):
    monkeypatch.setattr(sys, "argv", ["/somewhere/bench_one.py", "/data/lfr.npz", "small"])
    found = Results(name, f"Title of {name}", ["xarray", "absent-distribution"], "0 to 3")
    for row in rows:
        found.add(*row[:4], **row[4])
    return found.keep(tmp_path)


FASTER = ("p", "peer", 1.0, 8.0, {})
SLOWER = ("q", "peer", 2.0, 1.0, {"agreement": "1e-9"})
EVEN = ("r", "peer", 1.0, 1.1, {})
BETTER = ("s", "peer", 0.9, 0.3, {"unit": "AMI", "better": "higher"})
WORSE = ("t", "peer", 0.3, 0.9, {"unit": "AMI", "better": "higher"})


def test_rows_come_back_as_they_were_kept_and_no_path_of_the_machine_with_them(
    tmp_path, monkeypatch
):
    path = _kept(tmp_path, monkeypatch, FASTER, WORSE)
    head, rows = recorded.read(path)
    assert rows == [Row("p", "peer", 1.0, 8.0), Row(*WORSE[:4], **WORSE[4])]
    assert head["command"] == "python benchmarks/bench_one.py lfr.npz small"
    assert set(head["versions"]) == {"neurokit-xarray", "numpy", "scipy", "numba", "xarray"}
    assert path.read_text(encoding="utf-8").count("\n") == 3


def test_a_second_run_replaces_the_first(tmp_path, monkeypatch):
    _kept(tmp_path, monkeypatch, FASTER, SLOWER)
    path = _kept(tmp_path, monkeypatch, EVEN)
    assert [row.problem for row in recorded.read(path)[1]] == ["r"]


@pytest.mark.parametrize(
    ("row", "ratio", "lost"),
    [(FASTER, 8.0, False), (SLOWER, 0.5, True), (BETTER, 3.0, False), (WORSE, 1 / 3, True)],
)
def test_the_better_number_wins_whichever_way_it_points(row, ratio, lost):
    found = Row(*row[:4], **row[4])
    assert found.ratio == pytest.approx(ratio)
    assert found.lost is lost


def test_numbers_with_a_sign_have_no_ratio_but_a_winner():
    found = Row("p", "peer", -0.1, 0.2, unit="AMI", better="higher")
    assert compare.times(found) == ""
    assert found.lost
    assert not Row("p", "peer", 0.2, -0.1, better="higher").lost


def test_what_is_better_has_to_be_said_in_one_of_two_words():
    with pytest.raises(ValueError, match="lower or higher"):
        Row("p", "peer", 1.0, 2.0, better="faster")


def test_losses_and_draws_stand_first_and_nothing_else_among_them(tmp_path, monkeypatch):
    _kept(tmp_path, monkeypatch, FASTER, SLOWER, EVEN, name="a")
    _kept(tmp_path, monkeypatch, BETTER, WORSE, name="b")
    text = compare.page(tmp_path)
    losses = text.partition("## Where we lose")[2].partition("## Title of a")[0]
    assert re.findall(r"^\| ([a-z]) \|", losses, re.M) == ["q", "t"]
    assert "About even (ratio below 1.2): r (peer, 1.1)." in losses
    assert text.index("## Title of a") < text.index("## Title of b")
    assert "| p | processor seconds | 1 | 8 | peer | 8 |  |" in text


def test_without_a_loss_the_page_says_so(tmp_path, monkeypatch):
    _kept(tmp_path, monkeypatch, FASTER)
    assert "Nowhere in what is measured here." in compare.page(tmp_path)


def test_versions_seeds_machine_and_command_stand_under_each_table(tmp_path, monkeypatch):
    path = _kept(tmp_path, monkeypatch, FASTER)
    head = json.loads(path.read_text(encoding="utf-8").splitlines()[0])
    text = compare.page(tmp_path)
    assert f"{head['date']}; {head['machine']}; seeds: 0 to 3; neurokit-xarray" in text
    assert "`python benchmarks/bench_one.py lfr.npz small`" in text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0043, "0.0043"), (38.41, "38.4"), (1980.543, "1981"), (-0.0123, "-0.0123")],
)
def test_numbers_have_three_digits(value, text):
    assert compare.number(value) == text


def test_keep_is_taken_out_of_the_command_line(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["bench.py", "--keep", "A"])
    assert recorded.keep_asked()
    assert sys.argv == ["bench.py", "A"]
    assert not recorded.keep_asked()


@pytest.mark.parametrize("script", sorted(BENCHMARKS.glob("bench_*.py")), ids=lambda p: p.stem)
def test_a_benchmark_that_is_on_the_page_can_be_kept_again(script):
    name = script.stem.removeprefix("bench_")
    if (recorded.FOLDER / f"{name}.jsonl").exists():
        text = script.read_text(encoding="utf-8")
        assert "keep_asked()" in text
        assert f'"{name}"' in text
