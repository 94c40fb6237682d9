"""What a recipe gave, as files: the result, figures, tables, and what the manifest says of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurokit.batch.store import folder_name
from neurokit.io.integrity import sha256_of
from neurokit.recipe import Outcome

LARGEST_NETCDF = 2 * 2**30  # bytes; beyond it one file is slow to write and to move


def write_outcome(outcome: Outcome, folder: Path) -> dict[str, Any]:
    """Write result, figures and tables into `folder`; return what the manifest says of them.

    Parameters
    ----------
    outcome : Outcome
        What a recipe gave.
    folder : Path
        An existing folder.

    Returns
    -------
    dict
        ``result``, ``figures``, ``tables``, ``facts`` and ``files`` (bytes and sha256 of each).
    """
    from neurokit.io import save

    suffix = ".nc" if outcome.result.nbytes <= LARGEST_NETCDF else ".zarr"
    result = save(outcome.result, folder / f"result{suffix}")
    return {
        "result": result.name,
        "figures": _write_figures(outcome, folder),
        "tables": _write_tables(outcome, folder),
        "facts": {name: _plain(value) for name, value in outcome.facts.items()},
        "files": _files(folder, result),
    }


def _write_figures(outcome: Outcome, folder: Path) -> list[dict[str, str]]:
    rows = []
    for name, picture in outcome.pictures.items():
        file = folder / "figures" / f"{folder_name(name)}.png"
        file.parent.mkdir(exist_ok=True)
        # No software version in the file: the same figure has the same bytes.
        picture.figure.savefig(file, format="png", metadata={"Software": None})
        rows.append(
            {"name": name, "file": file.relative_to(folder).as_posix(), "caption": picture.caption}
        )
    if rows:
        from matplotlib import pyplot

        pyplot.close("all")
    return rows


def _write_tables(outcome: Outcome, folder: Path) -> list[dict[str, str]]:
    rows = []
    for name, table in outcome.tables.items():
        file = folder / "tables" / f"{folder_name(name)}.csv"
        file.parent.mkdir(exist_ok=True)
        table.to_csv(file, index=table.index.name is not None, lineterminator="\n")
        rows.append({"name": name, "file": file.relative_to(folder).as_posix()})
    return rows


def _plain(value: object) -> str | int | float | bool:
    """Return a fact as JSON takes it; what is no finite number becomes its name."""
    item = getattr(value, "item", None)
    plain = item() if callable(item) else value
    if isinstance(plain, bool | int):
        return plain
    if isinstance(plain, float):
        return plain if abs(plain) < float("inf") else str(plain)
    return str(plain)


def _files(folder: Path, result: Path) -> dict[str, dict[str, object]]:
    # A Zarr store lists its own chunks in neurokit.json.
    listed = [result / "neurokit.json"] if result.is_dir() else [result]
    for part in ("figures", "tables"):
        listed += sorted((folder / part).glob("*"))
    return {
        file.relative_to(folder).as_posix(): {
            "bytes": file.stat().st_size,
            "sha256": sha256_of(file),
        }
        for file in listed
    }
