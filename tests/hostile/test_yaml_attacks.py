"""Texts that bring YAML readers down, or make them build objects: one clean error each, fast."""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from neurokit.catalog import Catalog
from neurokit.catalog.document import parse_document
from neurokit.errors import CatalogError

HERE = Path("c.yaml")
BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + above] * 9)}]\n"
    for above, name in zip("abcdefgh", "bcdefghi", strict=True)
)

ATTACKS: dict[str, str] = {
    "billion laughs": BOMB,
    "brackets": "[" * 20_000,
    "brackets in a value": "a: " + "[" * 20_000,
    "braces": "{" * 20_000,
    "keys in braces": "{a: " * 20_000,
    "dashes": "- " * 20_000,
    "question marks": "? " * 20_000,
    "colons": "a: " * 20_000,
    "indentation": "".join(f"{' ' * depth}k:\n" for depth in range(1000)),
    "python object": "a: !!python/object/apply:os.system [id]\n",
    "python name": "a: !!python/name:os.system\n",
    "binary": "a: !!binary aGk=\n",
    "merge of itself": "a: &a\n  <<: *a\n",
    "alias to itself": "&a [*a]\n",
    "anchor at the root": "&a\nb: 1\n",
    "undefined alias": "a: *b\n",
    "quotes": "'" * 20_001,
    "escape out of range": 'a: "\\UFFFFFFFF"\n',
    "escape cut short": 'a: "\\u12"\n',
    "null byte": "a: \0\n",
    "delete": "a: \x7f\n",
    "bell in key": '"\\a": 1\n',
    "reserved indicator": "a: @b\n",
    "backtick": "a: `id`\n",
    "many documents": "---\na: 1\n" * 1000,
    "long key": "? " + "k" * 200_000 + "\n: 1\n- 2",
    "duplicate under an escape": '{"\\u0061": 1, a: 2}\n',
    "number without end": f"a: {'1' * 100_000}\n",
    "float without end": f"a: 1{'0' * 100_000}.0e{'9' * 1000}\n",
    "next line": "a: 1\x85b: [\n",
}


def cpu_seconds(call: Callable[[], object]) -> float:
    begin = time.process_time()
    call()
    return time.process_time() - begin


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_one_clean_error_in_seconds(name: str) -> None:
    def attack() -> None:
        with pytest.raises(CatalogError) as caught:
            parse_document(ATTACKS[name], HERE)
        assert caught.value.where.startswith("c.yaml")
        assert len(str(caught.value)) < 1000

    assert cpu_seconds(attack) < 5.0  # measured: up to 1 s on a quiet machine


def test_an_attack_costs_little_memory() -> None:
    tracemalloc.start()
    with pytest.raises(CatalogError):
        parse_document(BOMB, HERE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


@pytest.mark.parametrize(
    "text",
    [
        "catalog: neurokit/1\ndatasets:\n" + "".join(f"  d{i}: {{}}\n" for i in range(800)),
        "catalog: neurokit/1\ndatasets: {}\nrecipes:\n"
        + "".join(f"  r{i}: {{recipe: summary, x{i}: 1}}\n" for i in range(800)),
        "catalog: neurokit/1\ndatasets:\n  d:\n    title: x\n    modality: eeg\n    tags: ["
        + "a," * 5_000
        + "]\n",
    ],
    ids=["datasets without keys", "unknown keys", "one tag many times"],
)
def test_many_faults_are_one_error_in_seconds(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)

    def read() -> None:
        with pytest.raises(CatalogError) as caught:
            Catalog.read(path)
        assert len(str(caught.value)) < 1000

    assert cpu_seconds(read) < 10.0


@pytest.mark.parametrize("content", [b"\xff\xfea\x00", b"\x00" * 100, b"\x80", b"\x1f\x8b\x08"])
def test_bytes_that_are_no_text_are_one_clean_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(content)
    with pytest.raises(CatalogError):
        Catalog.read(path)
