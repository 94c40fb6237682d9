"""What worm loaders say about neurons and animals: identity coordinates, names from file names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from neurokit.schema import Finding

SPECIES = "Caenorhabditis elegans"

# The Flavell lab names a recording by its date and a number: 2022-08-02-01.
_RECORDING = re.compile(r"((?:19|20)\d\d-(?:0[1-9]|1[0-2])-[0-3]\d)-(\d\d)(?!\d)")
_SHOWN = 12


def recording_id(path: Path) -> tuple[str, str]:
    """Return (subject, session) from a file name: (``2022-08-02-01``, ``2022-08-02``).

    Each recording is of another animal, so its number names the animal. A name without such a
    number gives (stem, ``""``).
    """
    found = _RECORDING.search(path.name)
    return (found[0], found[1]) if found else (path.stem, "")


def identity_coordinates(table: pd.DataFrame) -> dict[str, Any]:
    """Return the coordinates per neuron of a table of `neurokit.celegans.identify_all`.

    ``label`` is what stands in the file, ``""`` where there is no label.
    """
    columns = ("label", "identity_confidence", "candidates", "neuron_class", "neuron_type")
    return {
        "identified": table["identified"].to_numpy(dtype=bool),
        **{name: table[name].tolist() for name in columns},
    }


def identity_findings(table: pd.DataFrame) -> list[Finding]:
    """Return findings on labels that are not one certain neuron."""
    from neurokit.schema import Finding

    doubtful = table[~table["identified"] & (table["label"] != "")]
    if doubtful.empty:
        return []
    return [
        Finding(
            "NK810",
            "SUGGESTION",
            "/activity neuron",
            f"{len(doubtful)} labels are not one certain neuron: {listed(doubtful['name'])}",
            "They stay as they are; see the coordinate candidates.",
        )
    ]


def time_findings(clock: NDArray[np.float64], rate: float | None) -> list[Finding]:
    """Return a finding on a clock without a nominal rate."""
    from neurokit.schema import Finding

    if rate is not None or clock.size < 2:
        return []
    steps = np.diff(clock)
    found = (
        f"frames are {np.median(steps):.3f} s apart in the median, "
        f"{steps.min():.3f} to {steps.max():.3f} s: time is irregular"
    )
    mend = "Make it regular with nk.signal.resample(x, rate) where a step needs that."
    return [Finding("NK820", "SUGGESTION", "/activity time", found, mend)]


def listed(names: Any) -> str:
    """Join names for a message, the first of many only."""
    all_names = [str(name) for name in names]
    more = f" and {len(all_names) - _SHOWN} more" if len(all_names) > _SHOWN else ""
    return ", ".join(all_names[:_SHOWN]) + more
