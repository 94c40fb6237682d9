"""`import neurokit` loads nothing heavy.

To mend a failure: import the library inside the function that needs it, or list the name in a
room's ``__init__.pyi`` instead of importing it in ``__init__.py``.
"""

import json
import subprocess
import sys

import pytest

HEAVY = (
    "xarray", "pandas", "scipy", "mne", "pynwb", "h5py", "zarr", "sklearn", "dask", "matplotlib",
    "torch", "numba",
)  # fmt: skip


def _loaded(code):
    """Return which heavy libraries are loaded after `code` in a fresh interpreter."""
    probe = (
        f"import sys, json\n{code}\nprint(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "code",
    [
        "import neurokit",
        "import neurokit.errors",
        "import neurokit.recipe",
        "import neurokit.cli",
        "from neurokit.recipe import registered_recipes; registered_recipes()",
        "import neurokit.schema, neurokit.io, neurokit.signal, neurokit.stats, neurokit.plot",
        "import neurokit.connectome, neurokit.simulate, neurokit.celegans, neurokit.interchange",
        "import neurokit.rsa",
        "from neurokit.io import atomic, integrity, plugins",
        "from neurokit.catalog import Catalog",
        "import neurokit.batch, neurokit.report",
    ],
)
def test_nothing_heavy_is_loaded(code):
    assert _loaded(code) == []


def test_the_accessor_waits_for_the_first_name():
    assert "xarray" in _loaded("import neurokit as nk\nnk.schema")


def test_the_accessor_is_there_when_xarray_came_first():
    code = "import xarray\nimport neurokit\nassert hasattr(xarray.DataTree, 'nk')"
    assert "mne" not in _loaded(code)


def test_every_public_name_resolves():
    code = "import neurokit as nk\nfor name in nk.__all__: getattr(nk, name)"
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error():
    import neurokit as nk

    with pytest.raises(AttributeError, match="no_such_name"):
        _ = nk.no_such_name
