"""Loader ``celegans.white``: to be written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import xarray as xr

from neurokit.errors import LoaderError
from neurokit.io import Loader


def _open(path: Path, **options: Any) -> xr.DataTree:
    raise LoaderError("this loader does not stand yet", where=str(path), mend="Wait for it.")


def _info(path: Path) -> dict[str, Any]:
    raise LoaderError("this loader does not stand yet", where=str(path), mend="Wait for it.")


LOADER = Loader("celegans.white", "to be written", "other", (), lambda path: 0.0, _open, _info)
