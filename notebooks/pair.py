"""Write each notebook (``.ipynb``, without outputs) from the text it is paired with (``.md``).

The text is what is edited and reviewed; the notebook is there to be opened in Jupyter. After an
edit of either (``jupytext --sync NAME.ipynb`` brings an edit of a notebook into its text) run

    python notebooks/pair.py
"""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat

FOLDER = Path(__file__).resolve().parent


def texts() -> list[Path]:
    """Return the texts of all notebooks, in reading order."""
    return sorted(FOLDER.glob("[0-9][0-9]_*.md"))


def notebook(text: Path) -> str:
    """Return the notebook of a text as it lies on disk: the same text gives the same bytes."""
    read = jupytext.read(text)
    for number, cell in enumerate(read.cells):
        # Names of cells are drawn at random otherwise, and every run would be a difference.
        cell["id"] = f"cell-{number:02d}"
    return str(nbformat.writes(read)) + "\n"


def main() -> None:
    """Write every notebook beside its text."""
    for text in texts():
        text.with_suffix(".ipynb").write_text(notebook(text), encoding="utf-8")


if __name__ == "__main__":
    main()
