"""Whatever the text, reading a catalog ends in a catalog or a `CatalogError`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurokit.catalog import Catalog
from neurokit.catalog.document import parse_document
from neurokit.errors import CatalogError

HERE = Path("c.yaml")
SIGNS = "abc:-?[]{},&*!|>'\"%@`#~=<\n\t\r\x85\u2028\ufeffé"
PIECES = ("01", "1e3", "2022-08-02", "no", "null", "\\x", "---", "...", "  ", ": ", "- ", "\n  ")
WORDS = st.sampled_from([*SIGNS, *PIECES])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(["neurokit/1", "eeg", "../x", "https://127.0.0.1/x", "a" * 64, "summary"]),
)
TOP = ("catalog", "datasets", "recipes", "recipe", "over", "params", "needs")
DATASET = ("title", "modality", "simulate", "name", "random_state", "options", "loader", "tags")
FILES = ("recordings", "files", "path", "uri", "sha256", "bytes", "doi", "licence", "d", "e")
KEYS = st.sampled_from([*TOP, *DATASET, *FILES])
TREES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=30,
)


def attempt(call: Callable[[], Any]) -> tuple[Any, CatalogError]:
    """What a call gives, or the only error it may raise."""
    try:
        return call(), CatalogError("")
    except CatalogError as error:
        return None, error


def flow(value: Any) -> str:
    """Write a tree as YAML in flow style, with quotes where text needs them."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str):
        escaped = "".join(
            c if c.isprintable() and c not in '"\\' else f"\\U{ord(c):08X}" for c in value
        )
        return f'"{escaped}"'
    return {None: "null", True: "true", False: "false"}.get(value, str(value))


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=60).map("".join))
def test_text_of_yamls_own_signs_is_read_or_refused(text: str) -> None:
    document, error = attempt(lambda: parse_document(text, HERE))
    if document is None:
        assert error.where.startswith("c.yaml")
        assert error.mend
    else:
        assert all(isinstance(key, str) for key in document.content)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    attempt(lambda: parse_document(text, HERE))


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    attempt(lambda: Catalog.read(path))


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.dictionaries(KEYS, TREES, max_size=4), st.dictionaries(KEYS, TREES, max_size=6))
def test_any_tree_of_a_catalogs_keys_is_read_or_refused_with_its_line(
    tmp_path: Path, more: dict[str, Any], dataset: dict[str, Any]
) -> None:
    path = tmp_path / "c.yaml"
    text = {"catalog": "neurokit/1", "datasets": {"d": {"title": "x", **dataset}}, **more}
    path.write_text(flow(text), encoding="utf-8")
    catalog, error = attempt(lambda: Catalog.read(path))
    if catalog is None:
        assert error.where.rpartition(":")[2] == "1"
        assert error.mend.endswith(".")
    else:
        assert all(entry.title for entry in catalog.datasets.values())


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.text("abcd", min_size=1, max_size=3),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**63) + 1, 2**63 - 1)
            | st.floats(allow_nan=False, allow_infinity=False)
            | st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=10),
            lambda inner: st.lists(inner, max_size=3),
            max_leaves=8,
        ),
        min_size=1,
    )
)
def test_what_is_written_is_what_is_read(content: dict[str, Any]) -> None:
    assert parse_document(flow(content), HERE).content == content
