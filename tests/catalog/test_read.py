"""What a catalog may say, and every way in which it may be wrong, with the line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from neurokit.catalog import Catalog, CatalogFile
from neurokit.errors import CatalogError

pytestmark = pytest.mark.usefixtures("installed")

HASH = "a" * 64
HEAD = "catalog: neurokit/1\n"
RECIPES = f"{HEAD}datasets: {{}}\nrecipes:\n"
WORM = f"{HEAD}datasets:\n  worm:\n    title: A worm\n    modality: calcium\n"


def file_line(
    path: str = "a/b.json", uri: str = "https://example.org/b", digest: str = HASH, size: str = "5"
) -> str:
    return f"          - {{path: '{path}', uri: '{uri}', sha256: '{digest}', bytes: {size}}}\n"


def recording(*files: str, name: str = "one") -> str:
    return f"    recordings:\n      {name}:\n        files:\n{''.join(files or [file_line()])}"


def demo(simulate: str, more: str = "") -> str:
    head = f"{HEAD}datasets:\n  demo:\n    title: x\n    modality: eeg\n"
    return f"{head}    simulate: {simulate}\n{more}"


def motifs(params: str) -> str:
    return f"{RECIPES}  m: {{recipe: connectome.motifs, params: {params}}}\n"


FULL = f"""{HEAD}datasets:
  worm:
    title: A worm
    modality: calcium
    species: Caenorhabditis elegans
    licence: CC-BY-4.0 OR MIT
    doi: 10.1016/j.cell.2023.07.035
    citation: Somebody 2023
    tags: [worm, real]
    loader: celegans.atanas
    options: {{smooth: 1, rate: 2}}
    recordings:
      2022-08-02-01:
        files:
{file_line()}{file_line("a/c.json", "")}        options: {{rate: 3}}
    recipes: [summary, motifs]
  demo:
    {{title: Demo, modality: calcium, simulate: {{name: worms, n_animals: 4, random_state: 0}}}}
recipes:
  motifs: {{recipe: connectome.motifs, params: {{rank: 6, band: [1, 2.5]}}, needs: [summary]}}
"""


def test_everything_a_catalog_says_is_read(site: Any) -> None:
    catalog = Catalog.read(site.write(FULL))
    worm, demo = catalog.datasets.values()
    assert (worm.name, worm.title, worm.modality, worm.line) == ("worm", "A worm", "calcium", 3)
    assert (worm.species, worm.licence) == ("Caenorhabditis elegans", "CC-BY-4.0 OR MIT")
    assert (worm.doi, worm.citation) == ("10.1016/j.cell.2023.07.035", "Somebody 2023")
    assert (worm.tags, worm.loader) == (("worm", "real"), "celegans.atanas")
    assert (worm.options, worm.simulate) == ({"smooth": 1, "rate": 2}, None)
    assert worm.recipes == ("summary", "motifs")
    entry = worm.recordings["2022-08-02-01"]
    assert (entry.name, entry.line) == ("2022-08-02-01", 14)
    assert entry.files[0] == CatalogFile("a/b.json", "https://example.org/b", HASH, 5)
    assert entry.files[1].uri == ""
    assert demo.simulate == {"name": "worms", "n_animals": 4, "random_state": 0}
    assert (demo.recordings, demo.licence, demo.line) == ({}, "unknown", 20)


def test_options_of_a_recording_override_those_of_its_dataset(site: Any) -> None:
    entry = Catalog.read(site.write(FULL)).datasets["worm"].recordings["2022-08-02-01"]
    assert entry.options == {"smooth": 1, "rate": 3}


def test_recipes_are_those_written_and_those_used_under_their_own_name(site: Any) -> None:
    recipes = Catalog.read(site.write(FULL)).recipes
    assert list(recipes) == ["motifs", "summary"]
    motifs, summary = recipes.values()
    assert (motifs.recipe, motifs.over, motifs.needs) == (
        "connectome.motifs",
        "dataset",
        ("summary",),
    )
    assert (motifs.params, motifs.line) == ({"rank": 6, "band": [1, 2.5]}, 23)
    assert (summary.recipe, summary.over, summary.params) == ("summary", "recording", {})


def test_what_a_recipe_itself_needs_is_there_without_being_named(site: Any) -> None:
    text = WORM + recording() + "    recipes: [after]\n"
    assert set(Catalog.read(site.write(text)).recipes) == {"after", "summary"}


def test_what_a_written_recipe_itself_needs_is_there_too(site: Any) -> None:
    recipes = Catalog.read(site.write(f"{RECIPES}  mine: {{recipe: after}}\n")).recipes
    assert set(recipes) == {"mine", "summary"}


def test_a_need_may_be_met_under_another_name(site: Any) -> None:
    text = demo("{name: worms, random_state: 0}", "    recipes: [mine]\n") + (
        "recipes:\n  brief: {recipe: summary}\n  mine: {recipe: after, needs: [brief]}\n"
    )
    assert set(Catalog.read(site.write(text)).recipes) == {"brief", "mine"}


def test_a_catalog_prints_one_line_per_dataset(site: Any) -> None:
    lines = repr(Catalog.read(site.write(FULL))).splitlines()
    assert lines[0].endswith("catalog.yaml: 2 datasets")
    assert lines[1:] == [
        "  worm: A worm (calcium, 1 recordings)",
        "  demo: Demo (calcium, simulated)",
    ]


def test_one_path_may_serve_two_recordings(site: Any) -> None:
    text = WORM + recording() + f"      two:\n        files:\n{file_line()}"
    assert len(Catalog.read(site.write(text)).datasets["worm"].recordings) == 2


# name: text, line, what is found, how to mend it
REFUSED: dict[str, tuple[str, int, str, str]] = {
    "no version": (
        "datasets: {}\n",
        1,
        "key 'catalog' is missing",
        "Add catalog (neurokit/1).",
    ),
    "another version": (
        "datasets: {}\ncatalog: neurokit/2\n",
        2,
        "catalog is the text 'neurokit/2', did you mean 'neurokit/1'?",
        "Write 'neurokit/1'.",
    ),
    "version is a number": (
        "datasets: {}\ncatalog: 1\n",
        2,
        "catalog is the number 1",
        "Write 'neurokit/1'.",
    ),
    "no datasets": (
        HEAD,
        1,
        "key 'datasets' is missing",
        "Add datasets (name: {title, modality, ...}).",
    ),
    "datasets is a list": (
        f"{HEAD}datasets: [a]\n",
        2,
        "datasets is a list, not a mapping",
        "Write key: value pairs.",
    ),
    "datasets is empty": (
        f"{HEAD}datasets:\n",
        2,
        "datasets is empty, not a mapping",
        "Write key: value pairs.",
    ),
    "unknown key at the top": (
        f"{HEAD}datasets: {{}}\nrecipe: {{}}\n",
        3,
        "unknown key 'recipe', did you mean 'recipes'?",
        "Use catalog, datasets, recipes.",
    ),
    "unknown key of a dataset": (
        WORM + "    license: MIT\n" + recording(),
        6,
        "unknown key 'license', did you mean 'licence'?",
        "Use title, modality, species, licence, doi, citation, tags, loader, options, recordings, "
        "simulate, recipes.",
    ),
    "unknown key of a recording": (
        WORM + recording() + "        opitons: {}\n",
        10,
        "unknown key 'opitons', did you mean 'options'?",
        "Use files, options.",
    ),
    "unknown key of a file": (
        WORM + recording(file_line().replace("bytes", "size")),
        9,
        "unknown key 'size' (the first of 2 faults)",
        "Use path, uri, sha256, bytes.",
    ),
    "unknown key of a recipe": (
        f"{RECIPES}  m: {{recipe: summary, parms: {{}}}}\n",
        4,
        "unknown key 'parms', did you mean 'params'?",
        "Use recipe, params, grid, needs, over.",
    ),
    "no title": (
        f"{HEAD}datasets:\n  worm:\n    modality: calcium\n" + recording(),
        3,
        "key 'title' is missing in worm",
        "Add title (a few words).",
    ),
    "empty title": (
        WORM.replace("A worm", "''") + recording(),
        4,
        "title is the text '': string should have at least 1 character",
        "Correct it.",
    ),
    "title is a number": (
        WORM.replace("A worm", "12") + recording(),
        4,
        "title is the number 12, not text",
        "Put it in quotes.",
    ),
    "title is true": (
        WORM.replace("A worm", "true") + recording(),
        4,
        "title is true, not text",
        "Put it in quotes.",
    ),
    "unknown modality": (
        WORM.replace("calcium", "calcum") + recording(),
        5,
        "unknown modality 'calcum', did you mean 'calcium'?",
        "Use one of calcium, eeg, meg, seeg, ecog, ieeg, nirs, spikes, behavior, connectome.",
    ),
    "licence in words": (
        WORM + "    licence: CC BY 4.0\n" + recording(),
        6,
        "licence 'CC BY 4.0' is no SPDX expression",
        "Write the SPDX identifier, for example CC-BY-4.0, or unknown.",
    ),
    "doi as an address": (
        WORM + "    doi: https://doi.org/10.1/x\n" + recording(),
        6,
        "doi 'https://doi.org/10.1/x' does not begin with 10.",
        "Write it without https://doi.org/.",
    ),
    "tags is text": (
        WORM + "    tags: worm\n" + recording(),
        6,
        "tags is the text 'worm', not a list",
        "Write [a, b], or one item per line after a dash.",
    ),
    "a tag is a number": (
        WORM + "    tags:\n      - worm\n      - 1\n" + recording(),
        8,
        "item 2 of tags is the number 1, not text",
        "Put it in quotes.",
    ),
    "unknown loader": (
        WORM + "    loader: celegans.atanus\n" + recording(),
        6,
        "unknown loader 'celegans.atanus', did you mean 'celegans.atanas'?",
        "Use one of celegans.atanas, mne.raw, neurokit.",
    ),
    "neither recordings nor simulate": (
        WORM,
        3,
        "worm has neither of recordings and simulate",
        "Give one of the two.",
    ),
    "recordings and simulate": (
        WORM + "    simulate: {name: worms, random_state: 0}\n" + recording(),
        3,
        "worm has both of recordings and simulate",
        "Give one of the two.",
    ),
    "a loader for a simulation": (
        demo("{name: worms, random_state: 0}", "    loader: mne.raw\n"),
        7,
        "a simulation has no loader",
        "Delete it, or give recordings.",
    ),
    "options for a simulation": (
        demo("{name: worms, random_state: 0}", "    options: {a: 1}\n"),
        7,
        "a simulation has no options",
        "Delete it, or give recordings.",
    ),
    "unknown simulator": (
        demo("{name: worm, random_state: 0}"),
        6,
        "unknown simulator 'worm', did you mean 'worms'?",
        "Use one of recording, worms.",
    ),
    "simulator without name": (
        demo("{random_state: 0}"),
        6,
        "simulate has no name of a simulator",
        "Add name: worms, for example.",
    ),
    "simulator without seed": (
        demo("{name: worms}"),
        6,
        "simulate has no random_state (a whole number), so that no two runs agree",
        "Add random_state: 0.",
    ),
    "simulator with a seed that is no number": (
        demo("\n      name: worms\n      random_state: yes"),
        8,
        "simulate has no random_state (a whole number), so that no two runs agree",
        "Add random_state: 0.",
    ),
    "no files": (
        WORM + "    recordings:\n      one: {files: []}\n",
        7,
        "files is a list: list should have at least 1 item, not 0",
        "Correct it.",
    ),
    "files missing": (
        WORM + "    recordings:\n      one: {}\n",
        7,
        "key 'files' is missing in one",
        "Add files (list of {path, uri, sha256, bytes}).",
    ),
    "a file twice": (
        WORM + recording(file_line(), file_line()),
        10,
        "'a/b.json' is listed twice",
        "Delete one.",
    ),
    "one path, two contents": (
        WORM + recording() + f"      two:\n        files:\n{file_line(digest='b' * 64)}",
        12,
        "path 'a/b.json' has another sha256 than on line 9",
        "Correct one of them.",
    ),
    "sha256 missing": (
        WORM + recording("          - {path: a, bytes: 1}\n"),
        9,
        "key 'sha256' is missing in item 1 of files",
        "Add sha256 (64 hexadecimal digits, from sha256sum).",
    ),
    "sha256 too short": (
        WORM + recording(file_line(digest="abc")),
        9,
        "sha256 is not 64 lower-case hexadecimal digits (3 characters)",
        "Copy what sha256sum prints for the file.",
    ),
    "sha256 in upper case": (
        WORM + recording(file_line(digest="A" * 64)),
        9,
        "sha256 is not 64 lower-case hexadecimal digits (64 characters)",
        "Copy what sha256sum prints for the file.",
    ),
    "sha256 read as a number": (
        WORM + recording(f"          - {{path: a, bytes: 1, sha256: {'1' * 18}}}\n"),
        9,
        "sha256 is the number 111111111111111111, not text",
        "Put it in quotes.",
    ),
    "bytes as text": (
        WORM + recording(file_line(size="'5'")),
        9,
        "bytes is the text '5', not a whole number",
        "Write digits without quotes.",
    ),
    "bytes with a point": (
        WORM + recording(file_line(size="5.0")),
        9,
        "bytes is the number 5.0, not a whole number",
        "Write digits without quotes.",
    ),
    "bytes below zero": (
        WORM + recording(file_line(size="-1")),
        9,
        "bytes is the number -1: input should be greater than or equal to 0",
        "Correct it.",
    ),
    "a name that is no folder": (
        f"{HEAD}datasets:\n  a/b:\n    title: x\n    modality: eeg\n" + recording(),
        3,
        "name 'a/b' cannot be a folder",
        "Use letters, digits and . _ + -, a letter or digit first, at most 100.",
    ),
    "a hidden name": (
        WORM + recording(name=".."),
        7,
        "name '..' cannot be a folder",
        "Use letters, digits and . _ + -, a letter or digit first, at most 100.",
    ),
    "names that differ in case": (
        WORM + recording() + f"      ONE:\n        files:\n{file_line()}",
        10,
        "names 'one' and 'ONE' differ only in case",
        "Rename one.",
    ),
    "a recording called all": (
        WORM + recording(name="all"),
        7,
        "a recording cannot be called 'all'",
        "Rename it.",
    ),
    "unknown recipe of a dataset": (
        WORM + recording() + "    recipes:\n      - summary\n      - sumary\n",
        12,
        "unknown recipe 'sumary', did you mean 'summary'?",
        "Use one of summary, connectome.motifs, after, required.",
    ),
    "unknown registered recipe": (
        f"{RECIPES}  m:\n    recipe: connectome.motif\n",
        5,
        "unknown recipe 'connectome.motif', did you mean 'connectome.motifs'?",
        "Use one of summary, connectome.motifs, after, required.",
    ),
    "a recipe twice": (
        WORM + recording() + "    recipes: [summary, summary]\n",
        10,
        "'summary' is listed twice",
        "Delete one.",
    ),
    "unknown need": (
        f"{RECIPES}  m: {{recipe: summary, needs: [n]}}\n",
        4,
        "unknown recipe 'n'",
        "Use one of m, summary, connectome.motifs, after, required.",
    ),
    "a need of itself": (
        f"{RECIPES}  m: {{recipe: summary, needs: [m]}}\n",
        4,
        "recipes need one another: m -> m",
        "Take one need out.",
    ),
    "needs in a circle": (
        f"{RECIPES}  a: {{recipe: summary, needs: [b]}}\n"
        "  b: {recipe: summary, needs: [c]}\n  c: {recipe: summary, needs: [a]}\n",
        4,
        "recipes need one another: a -> b -> c -> a",
        "Take one need out.",
    ),
    "a circle through a recipe's own need": (
        f"{RECIPES}  summary: {{recipe: summary, needs: [after]}}\n",
        4,
        "recipes need one another: summary -> after -> summary",
        "Take one need out.",
    ),
    "unknown parameter": (
        f"{RECIPES}  m:\n    recipe: connectome.motifs\n    params:\n      rnak: 3\n",
        7,
        "unknown key 'rnak', did you mean 'rank'?",
        "Use rank, random_state, band, how.",
    ),
    "a parameter of the wrong type": (
        motifs("{rank: '6'}"),
        4,
        "rank is the text '6', not a whole number",
        "Write digits without quotes.",
    ),
    "a parameter out of range": (
        motifs("{rank: 0}"),
        4,
        "rank is the number 0: input should be greater than or equal to 1",
        "Correct it.",
    ),
    "a parameter too many in a pair": (
        f"{RECIPES}  m:\n    recipe: connectome.motifs\n    params: {{band: [1, 2, 3]}}\n",
        6,
        "band is a list: tuple should have at most 2 items, not 3",
        "Correct it.",
    ),
    "a parameter for a recipe without any": (
        f"{RECIPES}  m: {{recipe: summary, params: {{a: 1}}}}\n",
        4,
        "unknown key 'a'",
        "Delete it; none is known.",
    ),
    "a required parameter missing": (
        f"{RECIPES}  m: {{recipe: required}}\n",
        4,
        "key 'threshold' is missing in params",
        "Add threshold.",
    ),
    "a required parameter of a recipe used by its name": (
        WORM + recording() + "    recipes: [required]\n",
        10,
        "key 'threshold' is missing in item 1 of recipes",
        "Add threshold.",
    ),
    "over something else": (
        f"{RECIPES}  m: {{recipe: summary, over: recordings}}\n",
        4,
        "over is the text 'recordings', did you mean 'recording'?",
        "Write 'recording' or 'dataset'.",
    ),
    "duplicate key": (
        WORM + "    title: Another\n" + recording(),
        6,
        "duplicate key 'title', first on line 4",
        "Rename or delete one.",
    ),
    "faults in another order than keys are documented in": (
        f"{HEAD}datasets:\n  d:\n    modality: 5\n    title: 1\n" + recording(),
        4,
        "modality is the number 5, not text (the first of 2 faults)",
        "Put it in quotes.",
    ),
    "several faults": (
        WORM.replace("A worm", "1") + "    tags: 5\n" + recording(file_line(size="x")),
        4,
        "title is the number 1, not text (the first of 3 faults)",
        "Put it in quotes.",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_said_with_its_line_and_its_mend(site: Any, name: str) -> None:
    text, line, found, mend = REFUSED[name]
    path: Path = site.write(text)
    with pytest.raises(CatalogError) as caught:
        Catalog.read(path)
    assert (caught.value.where, caught.value.found) == (f"{path}:{line}", found)
    assert caught.value.mend == mend


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/etc/passwd", "is absolute"),
        ("C:/x", "is absolute"),
        ("c:x", "is absolute"),
        ("../x", "leads out of its folder"),
        ("a/../../x", "leads out of its folder"),
        ("a/..", "leads out of its folder"),
        ("..", "leads out of its folder"),
        ("a//b", "no plain relative path"),
        ("./a", "no plain relative path"),
        ("a/./b", "no plain relative path"),
        ("a/", "no plain relative path"),
        (".", "no plain relative path"),
        ("", "no plain relative path"),
        ("a\\b", "no plain relative path"),
        ("..\\x", "no plain relative path"),
        ("ab:c", "no plain relative path"),
        ("a*", "no plain relative path"),
        ("x" * 201, "no plain relative path"),
        ("/".join(["x" * 100] * 6), "no plain relative path"),
    ],
)
def test_a_path_stays_below_its_root(site: Any, path: str, found: str) -> None:
    with pytest.raises(CatalogError, match=found) as caught:
        Catalog.read(site.write(WORM + recording(file_line(path))))
    assert caught.value.where.endswith(":9")


def test_a_chain_of_many_needs_is_no_trouble(site: Any) -> None:
    chain = "".join(f"  r{i}: {{recipe: summary, needs: [r{i + 1}]}}\n" for i in range(400))
    text = f"{RECIPES}{chain}  r400: {{recipe: summary}}\n"
    assert len(Catalog.read(site.write(text)).recipes) == 401


def test_a_recipe_that_cannot_be_imported_is_an_error_with_its_line(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import EntryPoint

    from neurokit.catalog import references

    broken = EntryPoint("broken", "neurokit.no_such_module:RECIPE", "neurokit.recipes")
    monkeypatch.setattr(references, "load_entry_points", lambda group: {"broken": broken})
    text = f"{RECIPES}  m: {{recipe: broken}}\n"
    with pytest.raises(CatalogError, match="'broken' cannot be imported") as caught:
        Catalog.read(site.write(text))
    assert caught.value.where.endswith(":4")
