"""Where the sensors of simulated recordings sit: 10-10 caps, helmets, shafts and grids.

10-10 system: Oostenveld & Praamstra 2001, https://doi.org/10.1016/S1388-2457(00)00527-7
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neurokit.errors import OptionError
from neurokit.simulate.background import shell

Array = NDArray[Any]

HEAD_RADIUS = 0.095

# Row of the cap: degrees of its midline electrode from the vertex to the front, and of its
# outermost electrodes from the front along the 10 % circle.
_ROWS = {
    "Fp": (72, 18), "AF": (54, 36), "F": (36, 54), "FC": (18, 72), "C": (0, 90),
    "CP": (-18, 108), "P": (-36, 126), "PO": (-54, 144), "O": (-72, 162),
}  # fmt: skip
_OUTERMOST = {"FC": "FT", "C": "T", "CP": "TP"}
# The 10-20 electrodes first, so that small caps look like real ones.
CAP = [
    "Fp1", "Fp2", "F7", "F3", "Fz", "F4", "F8", "T7", "C3", "Cz", "C4", "T8", "P7", "P3", "Pz",
    "P4", "P8", "O1", "O2", "FC5", "FC1", "FC2", "FC6", "CP5", "CP1", "CP2", "CP6", "AF3",
    "AF4", "PO3", "PO4", "Oz", "Fpz", "AFz", "FCz", "CPz", "POz", "F1", "F2", "F5", "F6", "FC3",
    "FC4", "C1", "C2", "C5", "C6", "CP3", "CP4", "P1", "P2", "P5", "P6", "FT7", "FT8", "TP7",
    "TP8", "AF7", "AF8", "PO7", "PO8",
]  # fmt: skip


def cap(n: int) -> tuple[list[str], Array]:
    """Return names and places of the first `n` of 61 electrodes of the 10-10 system.

    Parameters
    ----------
    n : int
        1 to 61.

    Returns
    -------
    names : list of str
        10-20 electrodes first.
    places : (n, 3) ndarray
        Metres, on a sphere; x to the right, y to the front, z up.

    Raises
    ------
    OptionError
        If there are not so many.
    """
    if n > len(CAP):
        raise OptionError(
            f"asked for {n} electrodes", where="n_channels", mend=f"Give at most {len(CAP)}."
        )
    return CAP[:n], HEAD_RADIUS * np.array([_electrode(name) for name in CAP[:n]])


def _electrode(name: str) -> Array:
    """Return the direction of an electrode: part of the way from midline to the 10 % circle."""
    row = name.rstrip("z0123456789")
    number = name[len(row) :]
    row = next((inner for inner, outer in _OUTERMOST.items() if outer == row), row)
    forward, around = (np.deg2rad(angle) for angle in _ROWS[row])
    middle = np.array([0.0, np.sin(forward), np.cos(forward)])
    if number == "z":
        return middle
    side = -1.0 if int(number) % 2 else 1.0
    lowest = np.deg2rad(72)
    outer = np.array(
        [side * np.sin(lowest) * np.sin(around), np.sin(lowest) * np.cos(around), np.cos(lowest)]
    )
    steps = 1 if row in ("Fp", "O") else 4
    share = min(1.0, (int(number) + int(number) % 2) / 2 / steps)
    angle = np.arccos(np.clip(middle @ outer, -1, 1))
    weights = np.sin([(1 - share) * angle, share * angle]) / np.sin(angle)
    return np.asarray(weights[0] * middle + weights[1] * outer)


class Helmet(NamedTuple):
    """Sensors of a helmet: each place holds a magnetometer and two planar gradiometers."""

    names: list[str]
    kinds: list[str]
    places: Array
    directions: Array


def helmet(n: int) -> Helmet:
    """Return the first `n` sensors of a helmet, in triplets as Elekta's: MEG0111, 0112, 0113.

    Parameters
    ----------
    n : int
        Number of sensors, magnetometers and gradiometers together.

    Returns
    -------
    Helmet
        Gradiometers carry the direction in which they measure, magnetometers zeros.
    """
    places = shell(-(-n // 3), 0.115)
    names, kinds, where, directions = [], [], [], []
    for i, place in enumerate(places):
        outward = place / np.linalg.norm(place)
        along = np.cross([0.0, 0.0, 1.0], outward)
        along /= np.linalg.norm(along)
        for digit, kind, direction in (
            (1, "MEGMAG", np.zeros(3)),
            (2, "MEGGRADPLANAR", along),
            (3, "MEGGRADPLANAR", np.cross(outward, along)),
        ):
            names.append(f"MEG{i // 9 + 1:02d}{i % 9 + 1}{digit}")
            kinds.append(kind)
            where.append(place)
            directions.append(direction)
    return Helmet(names[:n], kinds[:n], np.array(where[:n]), np.array(directions[:n]))


class Contacts(NamedTuple):
    """Contacts of implanted electrodes."""

    names: list[str]
    places: Array
    regions: list[str]


# Target of each shaft, where it enters: the left and right hemisphere in turn.
_SHAFTS = (
    ("amygdala", (22, 0, -18), "middle temporal gyrus"),
    ("hippocampus", (28, -18, -14), "middle temporal gyrus"),
    ("entorhinal cortex", (24, -8, -28), "inferior temporal gyrus"),
    ("insula", (36, 8, 2), "inferior frontal gyrus"),
    ("anterior cingulate", (6, 34, 20), "middle frontal gyrus"),
    ("posterior cingulate", (6, -44, 28), "angular gyrus"),
    ("orbitofrontal cortex", (14, 34, -18), "inferior frontal gyrus"),
    ("precuneus", (6, -60, 40), "superior parietal lobule"),
)


def shafts(n: int, per_shaft: int = 8) -> Contacts:
    """Return `n` contacts on depth electrodes named A1, A2, ...: 1 is the deepest.

    Parameters
    ----------
    n : int
        Number of contacts.
    per_shaft : int, default 8
        Contacts of a full shaft, 5 mm apart.

    Returns
    -------
    Contacts
        Places in metres, in a frame like MNI's; the middle of each shaft lies in white matter.
    """
    names, places, regions = [], [], []
    for i in range(n):
        shaft, contact = divmod(i, per_shaft)
        target, deepest, surface = _SHAFTS[shaft % len(_SHAFTS)]
        side = -1.0 if shaft % 2 == 0 else 1.0
        depth = contact / max(per_shaft - 1, 1)
        # A second round of shafts is parallel to the first, one centimetre further back.
        back = 10.0 * (shaft // len(_SHAFTS))
        places.append([side * (deepest[0] + 5.0 * contact), deepest[1] - back, deepest[2]])
        names.append(f"{_letters(shaft)}{contact + 1}")
        regions.append(target if depth < 0.3 else "white matter" if depth < 0.7 else surface)
    return Contacts(names, 1e-3 * np.array(places), regions)


def _letters(index: int) -> str:
    """Return A, B, ..., Z, AA, AB, ..."""
    text = chr(65 + index % 26)
    return text if index < 26 else _letters(index // 26 - 1) + text


def grid(n: int, spacing: float = 0.01) -> Contacts:
    """Return `n` contacts of a subdural grid named G1, G2, ..., over the left hemisphere.

    Parameters
    ----------
    n : int
        Number of contacts; as square a grid as holds them, rows first.
    spacing : float, default 0.01
        Metres between neighbours.

    Returns
    -------
    Contacts
        Places in metres on a sphere like the brain's surface; regions from front to back.
    """
    columns = int(np.ceil(np.sqrt(n)))
    row, column = np.divmod(np.arange(n), columns)
    forward = (columns - 1) / 2 - column
    up = (-(-n // columns) - 1) / 2 - row
    radius = 0.07
    around, above = forward * spacing / radius, up * spacing / radius
    places = radius * np.column_stack(
        [-np.cos(above) * np.cos(around), np.cos(above) * np.sin(around), np.sin(above)]
    )
    share = column / max(columns - 1, 1)
    regions = np.select(
        [up < -columns / 4, share < 0.35, share < 0.65],
        ["superior temporal gyrus", "inferior frontal gyrus", "precentral gyrus"],
        "postcentral gyrus",
    )
    return Contacts([f"G{i + 1}" for i in range(n)], places, regions.tolist())
