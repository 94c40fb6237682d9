"""Graphs in JSON as d3 draws them: nodes with names, links between their places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurokit.errors import FileContentError
from neurokit_loaders._edges import Edge
from neurokit_loaders._json import json_head, read_json, whole_number


def is_graph(path: Path) -> bool:
    """Whether a file begins as a graph of nodes and links."""
    return json_head(path, 256).startswith(('{"nodes":[', '{"links":['))


def read_graph(path: Path, kind: str) -> tuple[list[str], list[Edge]]:
    """Return the names of the nodes and the edges, all of one synapse type.

    Raises
    ------
    FileContentError
        If it is no whole JSON, a node has no name, or a link joins nodes that are not there.
    """
    graph = read_json(path)
    if not isinstance(graph, dict) or not {"nodes", "links"} <= set(graph):
        raise FileContentError(
            "is no graph with nodes and links", where=str(path), mend="Check what it holds."
        )
    nodes = [_name(node, f"node {place}", path) for place, node in enumerate(graph["nodes"])]
    links = enumerate(graph["links"])
    return nodes, [_edge(link, nodes, kind, f"link {place}", path) for place, link in links]


def _name(node: Any, place: str, path: Path) -> str:
    name = node.get("name") if isinstance(node, dict) else None
    if not isinstance(name, str) or not name.strip():
        raise FileContentError(f"{place} has no name", where=str(path), mend="Correct it.")
    return name


def _edge(link: Any, nodes: list[str], kind: str, place: str, path: Path) -> Edge:
    if not isinstance(link, dict):
        raise FileContentError(f"{place} is {link!r}", where=str(path), mend="Correct it.")
    ends: list[Any] = [link.get(side) for side in ("source", "target")]
    if not all(whole_number(end) and 0 <= end < len(nodes) for end in ends):
        raise FileContentError(
            f"{place} joins {' and '.join(map(repr, ends))}, there are {len(nodes)} nodes",
            where=str(path),
            mend="Its source and target are places in nodes, counted from 0.",
        )
    value = link.get("value")
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise FileContentError(
            f"{place} has the value {value!r}", where=str(path), mend="A number belongs there."
        )
    return Edge(nodes[ends[0]], nodes[ends[1]], kind, float(value), place)
