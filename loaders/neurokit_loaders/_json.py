"""JSON files as plain values, with errors that name the file and what is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from neurokit.errors import FileContentError
from neurokit.io.integrity import read_head, require_file

# Lists of synapses take a few megabytes; what is larger holds something else.
_LARGEST = 200_000_000


def json_head(path: Path, n: int = 2048) -> str:
    """Return the beginning of a file without blanks, for sniffing; "" if it is no text."""
    if not path.is_file() or not path.stat().st_size:
        return ""
    head = read_head(path, n)
    return "" if b"\x00" in head else "".join(head.decode("latin-1").split())


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises
    ------
    FileContentError
        If it is missing, empty, no JSON, cut, or absurdly large.
    """
    size = require_file(path).stat().st_size
    if size > _LARGEST:
        raise FileContentError(
            f"is a JSON file of {size / 1e6:.0f} MB", where=str(path), mend="Check what it is."
        )
    try:
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise FileContentError(
            f"is not UTF-8 at byte {error.start}", where=str(path), mend="Save it as UTF-8."
        ) from error
    except json.JSONDecodeError as error:
        raise FileContentError(
            f"is no whole JSON: {error.msg} in line {error.lineno}, column {error.colno}",
            where=str(path),
            mend="The file may be cut; download it again.",
        ) from error
    except RecursionError as error:
        raise FileContentError(
            "is nested too deeply", where=str(path), mend="Check where it is from."
        ) from error


def whole_number(value: object) -> bool:
    """Whether a value is an integer; JSON's true and false are none."""
    return isinstance(value, int) and not isinstance(value, bool)
