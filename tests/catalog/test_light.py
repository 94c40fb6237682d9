"""A run whose results are all cached reads and locates; that must load nothing heavy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "xarray pandas numpy scipy mne pynwb h5py zarr sklearn dask matplotlib torch numba pooch "
    "requests tqdm"
)
CODE = f"""
import sys
from neurokit.catalog import Catalog
catalog = Catalog.read({str(ROOT / "data_catalog.yaml")!r})
for entry in catalog.datasets.values():
    for recording in entry.recordings:
        catalog.locate(entry.name, recording)
catalog.to_fetch()
print([name for name in {HEAVY.split()!r} if name in sys.modules])
"""


def test_reading_and_locating_import_nothing_heavy() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]", (
        "neurokit.catalog (or a recipe module it names) imports these on reading or locating: "
        "import them inside the function that needs them"
    )


@pytest.mark.parametrize("module", ["catalog", "entries", "document", "references", "finding"])
def test_each_light_module_is_light_by_itself(module: str) -> None:
    code = f"import sys, neurokit.catalog.{module}; print('numpy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "False"
