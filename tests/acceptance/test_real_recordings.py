"""Entries that the default run uses keep the contract and survive both stores, lazily.

That every entry is what its own library reads is tested in test_manifest.py.
"""

import numpy as np
import pytest

import neurokit as nk
from neurokit.testing import assert_same


@pytest.fixture
def catalog(request, shared_data, monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROKIT_MIRROR", str(shared_data))
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    return nk.Catalog.read(request.config.rootpath / "data_catalog.yaml")


def _real(catalog):
    return [name for name, e in catalog.datasets.items() if e.recordings and e.recipes]


def _recordings(opened):
    return opened if isinstance(opened, dict) else {"": opened}


def test_the_default_run_has_recordings_of_every_kind(catalog):
    names = _real(catalog)
    modalities = [catalog.datasets[name].modality for name in names]
    assert len(names) == 12
    assert modalities.count("calcium") >= 2
    assert {"connectome", "meg", "eeg", "ieeg"} <= set(modalities)


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_every_real_entry_survives_both_stores(catalog, tmp_path, suffix):
    for name in _real(catalog):
        for key, rec in _recordings(catalog.open(name)).items():
            again = nk.open(nk.save(rec, tmp_path / f"{name}_{key}{suffix}"))
            assert not any(
                isinstance(v.variable._data, np.ndarray)
                for node in again.subtree
                for v in node.data_vars.values()
                if v.dtype.kind != "U"
            ), f"{name} was read at open"
            assert_same(again, rec)
