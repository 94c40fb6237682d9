"""YAML 1.2 scalars, lines, and what is refused where."""

from __future__ import annotations

from pathlib import Path

import pytest

from neurokit.catalog.document import MAX_BYTES, MAX_DEPTH, parse_document, read_document
from neurokit.errors import CatalogError

HERE = Path("c.yaml")


def value_of(text: str) -> object:
    return parse_document(f"key: {text}\n", HERE).content["key"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("off", "off"),
        ("0", 0),
        ("-3", -3),
        ("+3", 3),
        ("0o17", 15),
        ("0x1F", 31),
        ("1e-3", 0.001),
        ("1E5", 1e5),
        ("1.", 1.0),
        (".5", 0.5),
        ("-0.5", -0.5),
        ("12:30:00", "12:30:00"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("1.2.3", "1.2.3"),
        ("2022-08-02-01", "2022-08-02-01"),
        ("=", "="),
        ("<<", "<<"),
        ("'2022-08-02'", "2022-08-02"),
        ("'01'", "01"),
        ('"true"', "true"),
        ("'1e-3'", "1e-3"),
    ],
)
def test_plain_scalars_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = value_of(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("key", ["01", "no", "null", "1e3", "2022-08-02", "~", "true"])
def test_keys_are_names_and_stay_what_is_written(key: str) -> None:
    assert list(parse_document(f"{key}: 1\n", HERE).content) == [key]


def test_block_and_flow_and_multi_line_text_are_read() -> None:
    text = (
        "a: {b: [1, 'x'], c: {}}\nd:\n  - |\n    two\n    lines\n  - >-\n    one\n    line\ne: []\n"
    )
    document = parse_document(text, HERE)
    assert document.content == {
        "a": {"b": [1, "x"], "c": {}},
        "d": ["two\nlines\n", "one line"],
        "e": [],
    }


def test_every_key_and_item_has_its_line() -> None:
    text = "a:\n  b: 1\n  c:\n    - x\n    -\n      d: 2\ne: {f: 3,\n  g: 4}\n"
    document = parse_document(text, HERE)
    assert document.lines == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("a", "c", 0): 4,
        ("a", "c", 1): 6,
        ("a", "c", 1, "d"): 6,
        ("e",): 7,
        ("e", "f"): 7,
        ("e", "g"): 8,
    }
    assert document.line(("a", "c", 1, "absent")) == 6
    assert document.line(("nowhere",)) == 1


@pytest.mark.parametrize("text", ["---\na: 1\n", "a: 1\n...\n", "\ufeffa: 1\n", "# c\n\na: 1"])
def test_markers_comments_and_a_byte_order_mark_are_allowed(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(text.encode())
    assert read_document(path).content == {"a": 1}


REFUSED = {
    "duplicate key": ("a: 1\nb: 2\na: 3\n", 3, "duplicate key 'a', first on line 1"),
    "duplicate key below": ("x:\n  a: 1\n  'a': 2\n", 3, "duplicate key 'a', first on line 2"),
    "duplicate key in flow": ("x: {a: 1,\n a: 2}\n", 2, "duplicate key 'a'"),
    "anchor": ("a: 1\nb: &x 2\n", 2, "has the anchor &x"),
    "anchor on a mapping": ("a: 1\nb: &x\n  c: 1\n", 2, "has the anchor &x"),
    "alias": ("a: 1\nb: *x\n", 2, "has the alias *x"),
    "merge": ("a: 1\n<<: *x\n", 2, "has the alias *x"),
    "tag": ("a: 1\nb: !!python/object:os.system x\n", 2, "has the tag"),
    "timestamp tag": ("b: !!timestamp 2022-01-01\n", 1, "has the tag"),
    "str tag": ("b: !!str 5\n", 1, "has the tag"),
    "local tag": ("b: !x\n  c: 1\n", 1, "has the tag !x"),
    "bare tag": ("b: ! 5\n", 1, "has the tag !"),
    "tag on a list": ("b: !!set {a}\n", 1, "has the tag"),
    "yaml directive": ("%YAML 1.1\n---\na: 1\n", 2, "has a % directive"),
    "tag directive": ("%TAG ! tag:x,2000:\n---\na: 1\n", 2, "has a % directive"),
    "second document": ("a: 1\n---\nb: 2\n", 2, "a second document begins"),
    "date": ("a: 1\nb: 2022-08-02\n", 2, "2022-08-02 is a date to some readers"),
    "date and time": ("b: 2022-08-02T10:00:00Z\n", 1, "is a date to some readers"),
    "leading zero": ("a: 1\nb: 01\n", 2, "01 is octal to some readers"),
    "leading zeros": ("b: -0017\n", 1, "is octal to some readers"),
    "infinity": ("b: .inf\n", 1, ".inf is not a finite number"),
    "minus infinity": ("b: -.INF\n", 1, "is not a finite number"),
    "not a number": ("b: .nan\n", 1, ".nan is not a finite number"),
    "overflow": ("b: 1e999\n", 1, "1e999 is not a finite number"),
    "large integer": ("b: 9223372036854775808\n", 1, "beyond 64 bits"),
    "huge integer": (f"a: 1\nb: {'9' * 5000}\n", 2, "beyond 64 bits"),
    "huge hexadecimal": (f"b: 0x{'F' * 5000}\n", 1, "beyond 64 bits"),
    "list as key": ("a: 1\n? [x, y]\n: 2\n", 2, "a list or mapping as a key"),
    "mapping as key": ("? {x: y}\n: 2\n", 1, "a list or mapping as a key"),
    "control character": ('a: 1\nb: "\\0"\n', 2, "control character '\\x00'"),
    "escape character": ('b: "\\e[31m"\n', 1, "control character '\\x1b'"),
    "surrogate": ('b: "\\uD800"\n', 1, "control character '\\ud800'"),
    "control in key": ('"a\\x07": 1\n', 1, "control character '\\x07'"),
    "raw control character": ("a: 1\nb: \x01\n", 2, "is not allowed"),
    "tab": ("a:\n\tb: 1\n", 2, "is not YAML"),
    "open bracket": ("a: 1\nb: [1, 2\nc: 3\n", 3, "is not YAML"),
    "open quote": ("a: 'x\nb: 2\n", 1, "is not YAML"),
    "two colons": ("a: b: c\n", 1, "is not YAML: mapping values are not allowed here"),
    "bad indentation": ("a:\n  b: 1\n c: 2\n", 3, "is not YAML"),
    "a list": ("- a\n- b\n", 1, "is not a mapping"),
    "a scalar": ("text\n", 1, "is not a mapping"),
    "empty": ("", 1, "is empty"),
    "only comments": ("# nothing\n", 1, "is empty"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_surprises_is_refused_with_its_line(name: str) -> None:
    text, line, found = REFUSED[name]
    with pytest.raises(CatalogError) as caught:
        parse_document(text, HERE)
    assert caught.value.where == f"c.yaml:{line}"
    assert found in caught.value.found
    assert caught.value.mend.endswith(".")


def test_depth_is_limited_with_the_line_where_it_is_passed() -> None:
    lines = [f"{' ' * depth}k:" for depth in range(MAX_DEPTH)]
    assert parse_document("\n".join(lines), HERE)
    deeper = "\n".join([*lines, " " * MAX_DEPTH + "k:"])
    with pytest.raises(CatalogError, match=f"deeper than {MAX_DEPTH} levels") as caught:
        parse_document(deeper, HERE)
    assert caught.value.where == f"c.yaml:{MAX_DEPTH + 1}"


def test_text_that_is_not_utf_8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"a: 1\nb: 2\ntitle: caf\xe9\n")
    with pytest.raises(CatalogError, match="byte 0xe9 is not UTF-8") as caught:
        read_document(path)
    assert caught.value.where == f"{path}:3"


def test_utf_16_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes("a: 1\n".encode("utf-16"))
    with pytest.raises(CatalogError, match="is not UTF-8"):
        read_document(path)


def test_size_is_limited(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_bytes(b"a: 1\n" + b"#" * MAX_BYTES)
    with pytest.raises(CatalogError, match="larger than 1000 kB"):
        read_document(path)


@pytest.mark.parametrize("name", ["absent.yaml", ".", "a\0b"])
def test_a_path_that_cannot_be_read_is_said(tmp_path: Path, name: str) -> None:
    with pytest.raises(CatalogError, match="cannot be read"):
        read_document(tmp_path / name)
