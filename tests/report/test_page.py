"""The page: whole, self-contained, escaped, failures on top, and never stopped by half results."""

import json
import re
from html.parser import HTMLParser

import pytest

from neurokit.errors import StoreError
from neurokit.report import build, rebuild

EVIL = "<script>alert('neurokit')</script>"


class Page(HTMLParser):
    """What a browser would see: tags with attributes, and text outside scripts and styles."""

    def __init__(self, html):
        super().__init__()
        self.html, self.tags, self.texts, self.styles, self.inside = html, [], [], [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag):
        if tag in ("script", "style"):
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside and data.strip():
            self.texts.append(data.strip())
        if self.inside == ["style"]:
            self.styles.append(data)

    @property
    def text(self):
        return "\n".join(self.texts)

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def page_of(store):
    path = build(store.out, store.summary, store.out / "report.html")
    return Page(path.read_text(encoding="utf-8"))


def test_a_result_is_shown_with_all_that_it_holds(store):
    store.done(
        "atanas2023",
        "2022-08-02-01",
        facts={"n_neurons": 98, "duration_s": 961.9},
        figures=[{"file": "figures/traces.png", "caption": "20 of 98 neurons", "title": "traces"}],
        tables=[{"file": "tables/findings.csv", "text": "code,found\nNK403,NaN in part of AVAL\n"}],
    )
    text = page_of(store).text
    for said in (
        "atanas2023 / 2022-08-02-01",
        "neurons (count)",
        "98",
        "duration (s)",
        "961.9",
        "20 of 98 neurons",
        "NK403",
        "NaN in part of AVAL",
        "trace seconds",
        "eeg/sub-01.fif",
        "ab" * 32,
        "neurokit: 0.1.0, numpy: 2.0",
        "random_state: 0",
    ):
        assert said in text, said


def test_where_the_data_come_from_is_shown_and_never_asked_for(store):
    store.done(
        source={"title": "Worms", "citation": "Atanas et al. 2023", "simulate": None},
        inputs=[{"path": "a.json", "sha256": "cd" * 32, "uri": "https://example.org/a.json"}],
    )
    page = page_of(store)
    assert "Atanas et al. 2023" in page.text
    assert "https://example.org/a.json" in page.text
    assert "simulate" not in page.text
    assert not any("example.org" in str(attrs) for _, attrs in page.tags)


def test_simulated_data_say_how_they_were_made(store):
    store.done(source={"simulate": {"name": "recording", "modality": "eeg"}}, inputs=[])
    text = page_of(store).text
    assert "name: recording, modality: eeg" in text
    assert "no files" in text


def test_every_job_is_in_sight_in_the_overview(store):
    for i in range(40):
        store.done("worms", f"w{i}")
    html = page_of(store).html
    overview = html[html.index("what went wrong") - 3000 : html.index("what went wrong")]
    assert "nk-scroll" not in overview


def test_figures_are_embedded_byte_for_byte(store):
    import base64

    folder = store.done(figures=[{"file": "figures/traces.png", "caption": "c"}])
    content = base64.b64encode((folder / "figures" / "traces.png").read_bytes()).decode()
    sources = [image["src"] for image in page_of(store).all("img")]
    assert f"data:image/png;base64,{content}" in sources


def test_nothing_is_loaded_from_elsewhere(store):
    store.done(figures=[{"file": "figures/traces.png"}])
    page = page_of(store)
    for tag, attribute in (("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src")):
        for attrs in page.all(tag):
            assert attrs.get(attribute) is None or attrs[attribute].startswith("data:")
    assert page.all("link") == []
    styles = "".join(page.styles)
    assert not re.search(r"""url\(\s*["']?(https?:)?//""", styles)
    assert "@import" not in styles
    # What is left are links that a reader may click.
    outside = {a["href"] for a in page.all("a") if not a.get("href", "#").startswith("#")}
    assert outside == {"https://mne.tools"}


@pytest.mark.parametrize(
    "where",
    ["dataset", "recording", "recipe", "title", "fact", "caption", "table", "error", "catalog"],
)
def test_names_are_text_and_never_markup(store, where):
    manifest = {
        "title": EVIL if where == "title" else "t",
        "facts": {EVIL: EVIL} if where == "fact" else {},
        "figures": [{"file": "figures/a.png", "title": EVIL, "caption": EVIL}]
        if where == "caption"
        else [],
        "tables": [{"file": "tables/a.csv", "text": f"{EVIL}\n{EVIL}\n"}]
        if where == "table"
        else [],
    }
    folder = store.done("d", "r", "s", **manifest)
    row = store.rows[-1]
    if where in row:
        row[where] = EVIL
        content = json.loads((folder / "manifest.json").read_text())
        (folder / "manifest.json").write_text(json.dumps(content | {where: EVIL}))
    if where == "error":
        store.failed(**{"class": EVIL, "message": EVIL, "mend": EVIL, "traceback": EVIL})
    summary = store.summary | ({"catalog": EVIL} if where == "catalog" else {})
    path = build(store.out, summary, store.out / "report.html")
    page = Page(path.read_text(encoding="utf-8"))
    assert EVIL not in page.html
    assert "alert('neurokit')" in page.text


def test_failures_stand_on_top_of_the_overview(store):
    store.done("aaa", "r")
    store.failed("zzz", "r")
    store.failed("yyy", "r", status="blocked", message="needs zzz", mend="")
    store.done("bbb", "r", status="cached")
    page = page_of(store)
    start = page.texts.index("what went wrong")
    shown = [name for name in page.texts[start:] if name in ("aaa", "bbb", "yyy", "zzz")][:4]
    assert shown == ["zzz", "yyy", "aaa", "bbb"]


def test_an_error_is_shown_with_its_class_message_mend_and_details(store):
    store.failed(traceback="Traceback (most recent call last): line 7")
    text = page_of(store).text
    for said in ("FileContentError", "a.bdf: is empty", "Download it again.", "line 7"):
        assert said in text


def test_a_message_that_ends_in_its_mend_says_it_once(store):
    store.failed(message="a.bdf: is empty. Download it again.")
    assert page_of(store).text.count("Download it again.") == 2  # the overview and the section


def test_a_message_and_its_mend_are_two_sentences_in_the_overview(store):
    store.failed(message="a/w1: held 301 MB", mend="Give it less.")
    assert "a/w1: held 301 MB. Give it less." in page_of(store).text


def test_logs_of_a_failed_job_are_named(store):
    store.failed(logs="logs/a/b/c")
    assert "Logs of this job: logs/a/b/c, beside this page." in page_of(store).text


def test_the_order_of_sections_follows_names_whatever_the_order_of_rows(store):
    for name in ("w10", "w2", "w1"):
        store.done("worms", name)
    first = page_of(store).texts
    store.rows.reverse()
    second = page_of(store).texts
    strip = [line for line in first if "Created on" not in line]
    assert strip == [line for line in second if "Created on" not in line]
    sections = [t for t in first if t.startswith("worms / ")]
    assert sections[:3] == ["worms / w1", "worms / w2", "worms / w10"]


def test_recipes_of_one_recording_share_a_section(store):
    store.done("worms", "w1", "summary")
    store.done("worms", "w1", "connectome.motifs", title="Motifs")
    store.done("worms", "all", "connectome.motifs", title="Motifs of all")
    page = page_of(store)
    contents = page.texts[page.texts.index("Table of contents") :][:10]
    assert [t for t in contents if t.startswith("worms / ")] == [
        "worms / w1",
        "worms / all recordings",
    ]
    assert page.text.index("summary: What is in") < page.text.index("connectome.motifs: Motifs")


def test_the_head_of_the_page_says_what_ran(store):
    store.done()
    store.failed()
    store.failed("b2", status="not_downloaded", message="not at hand")
    text = page_of(store).text
    assert "data_catalog.yaml" in text
    assert "2026-11-22T20:00:00+00:00" in text
    assert "1 failed, 1 not downloaded, 1 done" in text


@pytest.mark.parametrize(
    "missing",
    [
        [{"dataset": "big", "bytes": 5, "uri": "https://example.org/x"}],
        ["big/one: 5 MB", "big/two"],
    ],
)
def test_what_was_not_downloaded_is_listed(store, missing):
    store.done()
    path = build(store.out, store.summary | {"not_downloaded": missing}, store.out / "r.html")
    page = Page(path.read_text(encoding="utf-8"))
    assert "Not downloaded" in page.text
    assert "big" in page.text
    # An address is shown as text, so that opening the page never asks for it.
    assert not any("example.org" in str(attrs) for _, attrs in page.tags)


@pytest.mark.parametrize(
    "damage",
    [
        "no manifest",
        "damaged manifest",
        "no folder",
        "no figure",
        "no table",
        "half figure",
        "list",
    ],
)
def test_half_results_are_said_and_the_rest_is_shown(store, damage):
    import shutil

    folder = store.done(
        figures=[{"file": "figures/a.png", "title": "a"}, {"file": "figures/b.png", "title": "b"}],
        tables=[{"file": "tables/quality.csv"}],
    )
    store.done("other", "fine", facts={"marker": "still here"})
    manifest = folder / "manifest.json"
    match damage:
        case "no manifest":
            manifest.unlink()
        case "damaged manifest":
            manifest.write_text(manifest.read_text()[:50])
        case "no folder":
            shutil.rmtree(folder)
        case "no figure":
            (folder / "figures" / "a.png").unlink()
        case "no table":
            (folder / "tables" / "quality.csv").unlink()
        case "half figure":
            file = folder / "figures" / "a.png"
            file.write_bytes(file.read_bytes()[:100])
        case "list":
            manifest.write_text("[]")
    text = page_of(store).text
    assert "the result is not whole" in text
    assert "still here" in text


def test_a_figure_that_is_no_picture_is_not_embedded(store):
    folder = store.done(figures=[{"file": "figures/a.png", "title": "a"}])
    (folder / "figures" / "a.png").write_text(EVIL)
    page = page_of(store)
    assert "is no PNG picture" in page.text


def test_figures_outside_the_result_are_not_embedded(store):
    folder = store.done(figures=[{"file": "figures/a.png"}])
    content = json.loads((folder / "manifest.json").read_text())
    store.picture(store.out / "secret.png")
    content["figures"] = [{"file": "../../../../secret.png"}]
    (folder / "manifest.json").write_text(json.dumps(content))
    assert "is missing" in page_of(store).text


def test_a_summary_with_nothing_in_it_is_a_page(store):
    path = build(store.out, {}, store.out / "report.html")
    text = Page(path.read_text(encoding="utf-8")).text
    assert "no jobs" in text
    assert "not known" in text


def test_errors_in_other_forms_are_shown(store):
    store.row("d", "r", "summary", "failed", error="just words")
    store.row("d", "r2", "summary", "failed", error={"message": "no class"})
    text = page_of(store).text
    assert "just words" in text
    assert "no class" in text


def test_an_unknown_status_is_shown_first(store):
    store.done("a", "r")
    store.row("b", "r", "summary", "odd")
    page = page_of(store)
    start = page.texts.index("what went wrong")
    assert page.texts[start + 1] == "b"


def test_long_tables_are_cut_and_say_so(store):
    rows = "".join(f"c{i},{i}.5\n" for i in range(2000))
    store.done(tables=[{"file": "tables/quality.csv", "text": "channel,sd\n" + rows}])
    text = page_of(store).text
    assert "500 of 2000 rows; the rest stands in quality.csv." in text
    assert "c499" in text
    assert "c500\n" not in text


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("0.123456789", "0.1235"),
        ("1.23456e-13", "1.235e-13"),
        ("12", "12"),
        ("A1", "A1"),
        ("", ""),
        ("1e5", "100000"),
        ("2022-08-02", "2022-08-02"),
        ("007", "7"),
        ("nan", "nan"),
    ],
)
def test_numbers_in_tables_are_rounded_and_words_are_not(stored, shown):
    from neurokit.report.markup import shown as as_text
    from neurokit.report.page import _number

    assert as_text(_number(stored)) == shown


def test_an_empty_table_of_findings_is_good_news(store):
    store.done(tables=[{"file": "tables/findings.csv", "text": "code,severity\n"}])
    assert "no findings" in page_of(store).text


def test_findings_come_before_figures_and_other_tables_behind(store):
    store.done(
        figures=[{"file": "figures/a.png", "title": "traces"}],
        tables=[{"file": "tables/quality.csv"}, {"file": "tables/findings.csv"}],
    )
    text = page_of(store).text
    assert (
        text.index("summary: findings")
        < text.index("summary: traces")
        < text.index("summary: quality")
        < text.index("summary: parameters and provenance")
    )


def test_the_page_is_written_whole_or_not_at_all(store, monkeypatch):
    store.done()
    path = build(store.out, store.summary, store.out / "report.html")
    before = path.read_bytes()
    monkeypatch.setattr("mne.Report.save", lambda *a, **k: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(OSError, match="full"):
        build(store.out, store.summary, path)
    assert path.read_bytes() == before
    assert [p.name for p in store.out.iterdir() if p.name.startswith(".")] == []


def test_a_place_that_cannot_be_written_is_said(store):
    store.done()
    with pytest.raises(StoreError, match="cannot be written"):
        build(store.out, store.summary, store.out / "no" / "such" / "report.html")


def test_building_prints_nothing(store, capfd):
    store.done(figures=[{"file": "figures/a.png"}])
    build(store.out, store.summary, store.out / "report.html")
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_rebuild_takes_the_newest_run_of_a_store(store):
    store.done("old", "r")
    store.run("2026-01-01T00-00-00")
    store.done("new", "r")
    newest = store.run("2026-02-01T00-00-00")
    path = rebuild(store.out)
    assert path == newest / "report.html"
    assert "new / r" in path.read_text(encoding="utf-8")


def test_rebuild_takes_the_run_it_is_given(store):
    store.done("old", "r")
    older = store.run("2026-01-01T00-00-00")
    store.done("new", "r")
    store.run("2026-02-01T00-00-00")
    path = rebuild(str(older))
    assert path == older / "report.html"
    assert "new / r" not in path.read_text(encoding="utf-8")


def test_rebuild_passes_over_a_run_without_a_whole_summary(store):
    store.done("fine", "r")
    fine = store.run("2026-01-01T00-00-00")
    (store.out / "runs" / "2026-03-01T00-00-00").mkdir()
    broken = store.out / "runs" / "2026-02-01T00-00-00"
    broken.mkdir()
    (broken / "summary.json").write_text("{")
    assert rebuild(store.out) == fine / "report.html"


def test_rebuild_reports_results_that_no_run_has_summed_up(store):
    store.done("lonely", "r")
    path = rebuild(store.out)
    assert path == store.out / "report.html"
    assert "lonely / r" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("folder", ["", "missing", "runs"])
def test_rebuild_of_nothing_says_what_to_name(store, folder):
    (store.out / "runs").mkdir()
    with pytest.raises(StoreError, match="--out"):
        rebuild(store.out / folder)


def test_names_of_any_script_are_shown(store):
    store.done("données", "tête-à-tête 頭", facts={"Ångström": "µV²"})
    text = page_of(store).text
    assert "données / tête-à-tête 頭" in text
    assert "µV²" in text
