"""Trajectories of kept sweeps on disk: what is in them, going on after a kill, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.bicluster import BiCluster
from neurokit.bicluster import chains as chains_module
from neurokit.bicluster.trajectory_store import TrajectoryStore
from neurokit.errors import OptionError, StoreError

QUICK = {"n_latents": 1, "n_clusters": 2, "max_states": 2, "n_sweeps": 12, "random_state": 0}


@pytest.fixture(scope="module")
def spikes():
    return nk.simulate.biclustered(6, 40, 2, random_state=0).recordings["session1"]


def read(path):
    with xr.open_zarr(path, consolidated=False) as stored:
        return stored["latents"].load()


def test_means_and_spreads_of_the_rows_are_those_of_the_fit(spikes, tmp_path):
    fit = BiCluster(**QUICK, trajectories=tmp_path / "w.zarr").fit(spikes)
    found = read(tmp_path / "w.chain0.zarr")
    assert found.dims == ("draw", "cluster", "bin", "latent")
    assert found.dtype == np.float32
    assert found.sizes["draw"] == fit.draws_.sizes["draw"] == 6
    np.testing.assert_allclose(found.mean("draw"), fit.latents_["mean"], atol=1e-5)
    np.testing.assert_allclose(found.std("draw"), fit.latents_["sd"], atol=1e-3)
    assert np.abs(found.mean("bin")).max() < 1e-5


def test_a_fit_is_the_same_with_and_without(spikes, tmp_path):
    plain = BiCluster(**QUICK).fit(spikes)
    kept = BiCluster(**QUICK, trajectories=tmp_path / "w.zarr").fit(spikes)
    assert plain.rates_.identical(kept.rates_)
    assert plain.latents_.identical(kept.latents_)


class KilledError(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize("at", [5, 10, 12])
def test_a_killed_chain_has_the_rows_of_an_unbroken_one(spikes, tmp_path, monkeypatch, at):
    BiCluster(**QUICK, trajectories=tmp_path / "whole.zarr").fit(spikes)
    options = {**QUICK, "checkpoint": tmp_path / "c.npz", "checkpoint_every": 3}
    options["trajectories"] = tmp_path / "broken.zarr"
    whole = chains_module.sweep

    def killed(state, data, settings, number, rng):
        if number == at:
            raise KilledError
        return whole(state, data, settings, number, rng)

    with monkeypatch.context() as patch:
        patch.setattr(chains_module, "sweep", killed)
        with pytest.raises(KilledError):
            BiCluster(**options).fit(spikes)
    BiCluster(**options).fit(spikes)
    assert read(tmp_path / "broken.chain0.zarr").identical(read(tmp_path / "whole.chain0.zarr"))


def rows(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, 2, 5, 3))


def filled(path, n, mark="a", start=0):
    store = TrajectoryStore(path, mark, start)
    for row in rows(n)[start:]:
        store.add(row)
    store.flush()
    return read(path).values


@pytest.mark.parametrize("n", [1, 20, 47])
def test_rows_come_back_in_order(tmp_path, n):
    assert np.array_equal(filled(tmp_path / "w.zarr", n), rows(n).astype(np.float32))


@pytest.mark.parametrize("start", [7, 20, 33])
def test_rows_after_a_checkpoint_are_replaced(tmp_path, start):
    path = tmp_path / "w.zarr"
    filled(path, 47)
    store = TrajectoryStore(path, "a", start)
    other = rows(5, seed=1)
    for row in other:
        store.add(row)
    store.flush()
    expected = np.concatenate([rows(47)[:start], other]).astype(np.float32)
    assert np.array_equal(read(path).values, expected)


def test_no_more_than_a_chunk_waits_in_memory(tmp_path):
    path = tmp_path / "w.zarr"
    store = TrajectoryStore(path, "a", 0)
    for row in rows(45):
        store.add(row)
    assert read(path).sizes["draw"] == 40
    store.add(None)
    store.flush()
    store.flush()
    assert read(path).sizes["draw"] == 45


def test_a_chain_that_begins_anew_replaces_its_own_rows_only(tmp_path):
    path = tmp_path / "w.zarr"
    filled(path, 30)
    assert len(filled(path, 3)) == 3
    with pytest.raises(StoreError, match="other data or parameters"):
        TrajectoryStore(path, "b", 0)
    assert read(path).sizes["draw"] == 3


def test_what_is_there_and_no_store_is_left_alone(tmp_path):
    folder = tmp_path / "w.zarr"
    folder.mkdir()
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(StoreError, match="no store of trajectories"):
        TrajectoryStore(folder, "a", 0)
    assert (folder / "notes.txt").read_text() == "mine"
    file = tmp_path / "file.zarr"
    file.write_text("mine")
    with pytest.raises(StoreError, match="no store of trajectories"):
        TrajectoryStore(file, "a", 0)


def test_rows_that_are_missing_before_a_checkpoint_are_said(tmp_path):
    path = tmp_path / "w.zarr"
    with pytest.raises(StoreError, match="is gone"):
        TrajectoryStore(path, "a", 3)
    filled(path, 2)
    with pytest.raises(StoreError, match="2 of 3 draws"):
        TrajectoryStore(path, "a", 3)


def test_a_place_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("no folder")
    store = TrajectoryStore(tmp_path / "file" / "w.zarr", "a", 0)
    store.add(rows(1)[0])
    with pytest.raises(StoreError, match="cannot be written"):
        store.flush()


@pytest.mark.parametrize(
    ("options", "match"),
    [({"trajectories": "w.npz"}, "zarr"), ({"trajectories": "w.zarr", "method": "vi"}, "gibbs")],
)
def test_names_and_methods_that_do_not_fit_are_refused(spikes, options, match):
    with pytest.raises(OptionError, match=match):
        BiCluster(**QUICK, **options).fit(spikes)
