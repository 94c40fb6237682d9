"""Connectomes as pandas, json, scipy and calamine read them.

Compared are all pairs of neurons whose names every source writes alike but for zeros in front;
muscles and other cells, which sources name in their own ways, count in the totals.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.io
from oracles import Expected
from python_calamine import CalamineWorkbook

Pairs = dict[tuple[str, str], float]


@lru_cache
def neurons(folder: Path) -> tuple[str, ...]:
    """Return the names of the literature, from the atlas' own list."""
    lines = (folder / "wormneuroatlas_neuron_ids.txt").read_text().splitlines()
    return tuple(line.split()[1] for line in lines if line.strip())


def plain(name: object) -> str:
    """Return a name without blanks and zeros in front of numbers: VB01 is VB1."""
    return re.sub(r"(?<=[A-Z])0+(?=\d)", "", str(name).strip())


def summed(rows: Iterable[tuple[object, object, float]]) -> Pairs:
    """Return weights per pair, those of several rows together."""
    pairs: defaultdict[tuple[str, str], float] = defaultdict(float)
    for pre, post, weight in rows:
        pairs[plain(pre), plain(post)] += float(weight)
    return dict(pairs)


def both_ways(pairs: Pairs) -> Pairs:
    """Return junctions in both directions; where a table gives two weights, their mean."""
    whole = {}
    for one, other in pairs:
        weights = [w for w in (pairs.get((one, other)), pairs.get((other, one))) if w]
        whole[one, other] = whole[other, one] = float(np.mean(weights)) if weights else 0.0
    return whole


def between(pairs: Pairs, names: Iterable[str]) -> Pairs:
    """Return what connects neurons."""
    known = set(names)
    return {pair: weight for pair, weight in pairs.items() if known.issuperset(pair)}


def expected(path: Path, directed: dict[str, Pairs], junctions: Pairs | None = None) -> Expected:
    """Return what neurons have between them, and the totals of directed kinds with all cells."""
    cells = neurons(path.parent)
    totals = {kind: sum(pairs.values()) for kind, pairs in directed.items()}
    weights = {kind: between(pairs, cells) for kind, pairs in directed.items()}
    if junctions is not None:
        weights["electrical"] = between(both_ways(junctions), cells)
    return Expected(weights=weights, cells=cells, totals=totals)


def edges(path: Path) -> Expected:
    """A text table of edges, with tabs or commas."""
    text = path.read_text(encoding="utf-8")
    sign = "\t" if "\t" in text.splitlines()[0] else ","
    table = pd.read_csv(path, sep=sign, skipinitialspace=True)
    last = ["weight", "kind"] if sign == "," else ["kind", "weight"]
    table.columns = ["pre", "post", *last]
    found = {}
    for kind, rows in table.groupby(table["kind"].str.strip()):
        found[kind] = summed(rows[["pre", "post", "weight"]].itertuples(index=False))
    return expected(path, {"chemical": found["chemical"]}, found["electrical"])


def synapses(path: Path) -> Expected:
    """A list of synapses with their sizes; an entry that stands twice counts once."""
    rows = {json.dumps(row, sort_keys=True): row for row in json.loads(path.read_text())}
    found: dict[int, list[tuple[str, str, float]]] = {0: [], 2: []}
    for row in rows.values():
        found[row["typ"]].append((row["pre"], row["post"], sum(row["syn"])))
    return expected(path, {"chemical": summed(found[0])}, summed(found[2]))


def graph(path: Path) -> Expected:
    """Nodes and links."""
    content = json.loads(path.read_text())
    names = [node["name"] for node in content["nodes"]]
    rows = [(names[x["source"]], names[x["target"]], x["value"]) for x in content["links"]]
    return expected(path, {"chemical": summed(rows)})


def matrix(kind: str) -> Callable[[Path], Expected]:
    """A square matrix in text, rows sending."""

    def read(path: Path) -> Expected:
        table = pd.read_csv(path, index_col=0).fillna(0.0)
        values = table.to_numpy()
        rows = [
            (table.index[i], table.columns[j], values[i, j]) for i, j in np.argwhere(values != 0)
        ]
        if kind == "electrical":
            return expected(path, {}, summed(rows))
        return expected(path, {kind: summed(rows)})

    return read


def headed(rows: list[list[Any]]) -> Pairs:
    """A matrix under headings of groups, empty where there is no synapse."""
    names = rows[2]
    cells = [
        (row[2], names[j], weight)
        for row in rows[3:]
        for j, weight in enumerate(row)
        if j > 2 and row[2] and names[j] and isinstance(weight, float)
    ]
    return summed(cells)


def headed_text(path: Path) -> Expected:
    """The same as text."""
    table = pd.read_csv(path, header=None, dtype=str).fillna("")
    rows = [[_number(cell) for cell in row] for row in table.to_numpy()]
    return expected(path, {"chemical": headed(rows)})


def _number(cell: str) -> float | str:
    return float(cell) if re.fullmatch(r"\d+(\.\d+)?", cell.strip()) else cell


def sheet(path: Path, name: str) -> list[list[Any]]:
    """Return the cells of a sheet."""
    book = CalamineWorkbook.from_path(str(path))
    return book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def cook(path: Path, sex: str = "herm") -> Expected:
    """The authors' sheets."""
    whole = "hermaphrodite" if sex == "herm" else sex
    chemical = headed(sheet(path, f"{whole} chemical"))
    return expected(path, {"chemical": chemical}, headed(sheet(path, f"{sex} gap jn symmetric")))


def contacts(path: Path) -> Expected:
    """Sends to one and to several; what is received is the same from the other side."""
    rows = sheet(path, "Sheet1")[1:]
    sends = [(pre, post, n) for pre, post, kind, n in rows if kind in ("S", "Sp")]
    junctions = [(pre, post, n) for pre, post, kind, n in rows if kind == "EJ"]
    found = expected(path, {"chemical": summed(sends)}, summed(junctions))
    found.totals = None  # neuromuscular junctions are a column of their own
    return found


def varshney(path: Path) -> Expected:
    """Matrices in the order of `Neuron_ordered`."""
    content = scipy.io.loadmat(path)
    return expected(
        path,
        {"chemical": _named(path, content["A_init_t_ordered"])},
        _named(path, content["Ag_t_ordered"]),
    )


def joint(path: Path) -> Expected:
    """Sends, in the order of the other file."""
    return expected(path, {"chemical": _named(path, scipy.io.loadmat(path)["Ac"])})


def _named(path: Path, values: Any) -> Pairs:
    order = scipy.io.loadmat(path.with_name("varshney2011_ConnOrdered_040903.mat"))
    names = [str(cell[0][0]) for cell in order["Neuron_ordered"]]
    dense = values.toarray() if hasattr(values, "toarray") else np.asarray(values)
    return summed((names[i], names[j], dense[i, j]) for i, j in np.argwhere(dense))


def openworm(path: Path) -> Expected:
    """Neurons to neurons; muscles stand in a sheet of their own."""
    rows = sheet(path, "Connectome")[1:]
    sends = [(row[0], row[1], row[3]) for row in rows if str(row[2]).strip().startswith("Send")]
    gaps = [(row[0], row[1], row[3]) for row in rows if str(row[2]).strip() == "GapJunction"]
    found = expected(path, {"chemical": summed(sends)}, summed(gaps))
    found.totals = None
    return found


def transmitters(kind: str) -> Callable[[Path], Expected]:
    """How many pairs of transmitter and receptor run from one neuron to another."""

    def read(path: Path) -> Expected:
        lines = [line.split(",") for line in path.read_text().splitlines()[1:] if line.strip()]
        rows = {tuple(cell.strip() for cell in line[:4]) for line in lines}
        return expected(path, {kind: summed((pre, post, 1.0) for pre, post, *_ in rows)})

    return read


def propagation(path: Path) -> Expected:
    """Responses; columns are stimulated, rows respond (docs/connectomes.md)."""
    if path.suffix == ".csv":
        table = pd.read_csv(path, index_col=0, encoding="utf-8-sig")
    else:
        table = pd.read_excel(path, "Figure2a, df_over_f", index_col=0, engine="calamine")
    rows = [(pre, post, w) for post, line in table.iterrows() for pre, w in line.items()]
    right = {"IL2V4": "IL2VR"}  # a misprint of both tables
    measured = [
        (right.get(pre, pre), right.get(post, post), float(w))
        for pre, post, w in rows
        if not np.isnan(float(w))
    ]
    return expected(path, {"functional": summed(measured)})
