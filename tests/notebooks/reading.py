"""Which notebooks there are, and what a reader would see of one that has run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(path.stem for path in FOLDER.glob("*.ipynb"))

# What Python says of an object for want of anything better, and what plots return.
LEFT_OVER = re.compile(r" at 0x[0-9a-f]+>|^<Axes|^\[?Text\(|^<Figure|^array\(\[<Axes", re.M)


def noise(nb: Any) -> list[str]:
    """Describe everything in executed cells that no reader wants: warnings, bars, reprs."""
    found = []
    for number, cell in enumerate(nb.cells):
        for output in cell.get("outputs", []):
            text = _noise_in(output)
            if text:
                found.append(f"cell {number}: {text}")
    return found


def _noise_in(output: Any) -> str:
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    if output.output_type == "stream":
        return output.text if output.name == "stderr" else ""
    if "image/png" in output.data:
        return ""  # the figure itself; its text form is not shown
    if any("widget" in kind for kind in output.data):
        return "a widget"
    text = output.data.get("text/plain", "")
    return text if LEFT_OVER.search(text) or "%|" in text else ""


def figures(nb: Any) -> int:
    """Count figures."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", [])]
    return sum("image/png" in output.get("data", {}) for output in outputs)
