"""Entry points by name, never two of one name: loaders and recipes are found here.

Imports nothing heavy.
"""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from neurokit.errors import LoaderError


def load_entry_points(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of a group by name.

    Parameters
    ----------
    group : str
        The group, for example ``neurokit.recipes``.

    Returns
    -------
    dict of str to EntryPoint
        Not yet imported.

    Raises
    ------
    LoaderError
        If two distributions register one name.

    Examples
    --------
    >>> "npy" in load_entry_points("neurokit.loaders")
    True
    """
    return dict(_load(group, tuple(sys.path)))


@cache
def _load(group: str, search_path: tuple[str, ...]) -> dict[str, EntryPoint]:
    """Scan what is installed, once for each search path: a scan takes tens of milliseconds."""
    found = list(entry_points(group=group))
    # An editable install can list one distribution twice; that is no clash.
    distinct = {(point.name, point.value): point for point in found}
    counts = Counter(name for name, _ in distinct)
    doubled = sorted(name for name, count in counts.items() if count > 1)
    if doubled:
        values = ", ".join(v for n, v in sorted(distinct) if n == doubled[0])
        raise LoaderError(
            f"{doubled[0]!r} is registered more than once: {values}",
            where=f"entry points {group}",
            mend="Uninstall one of the distributions that provide it.",
        )
    return {name: point for (name, _), point in sorted(distinct.items())}
