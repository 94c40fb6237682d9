"""Scores of searchlights, and that blocks, threads and lazy arrays change no byte."""

import numpy as np
import pytest
import xarray as xr
from searched import mask_of, options_of, patterns_of

import neurokit as nk
from neurokit.errors import NeurokitError, OptionError
from neurokit.rsa import searching as module
from neurokit.testing import assert_same


@pytest.fixture
def near():
    return nk.rsa.volume_neighbourhoods(mask_of(), 1.5)


def _models(x, k=2, seed=4):
    rng = np.random.default_rng(seed)
    labels = list(dict.fromkeys(x.condition.values.tolist()))
    n = len(labels)
    models = {}
    for m in range(k):
        square = rng.random((n, n))
        models[f"m{m}"] = nk.rsa.rdm_from_square(square + square.T, labels)
    return models


@pytest.mark.parametrize(
    "comparison", ["cosine", "rho-a", "tau-a", "whitened_cosine", "regression"]
)
def test_scores_are_those_of_the_rdms(near, comparison):
    x = patterns_of(len(near.labels))
    models = _models(x)
    found = nk.rsa.searchlight(
        x, near, "crossnobis", folds="run", models=models, comparison=comparison
    )
    rdms = nk.rsa.searchlight(x, near, "crossnobis", folds="run")
    stacked = xr.concat(list(models.values()), "model")
    expected = nk.rsa.compare(rdms, stacked, comparison)
    assert found.dims == ("voxel", "model")
    assert found.model.values.tolist() == ["m0", "m1"]
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=1e-12)


def test_models_are_matched_by_condition(near):
    x = patterns_of(len(near.labels))
    models = _models(x)
    turned = {
        name: nk.rsa.select_conditions(m, sorted(set(x.condition.values.tolist())))
        for name, m in models.items()
    }
    one = nk.rsa.searchlight(x, near, "correlation", models=models)
    two = nk.rsa.searchlight(x, near, "correlation", models=turned)
    np.testing.assert_allclose(one.values, two.values, atol=1e-14)
    table = xr.concat(list(turned.values()), "model").assign_coords(model=list(turned))
    three = nk.rsa.searchlight(x, near, "correlation", models=table)
    np.testing.assert_array_equal(three.values, two.values)
    assert three.model.values.tolist() == ["m0", "m1"]


def test_a_function_of_rdms_gives_what_it_returns(near):
    x = patterns_of(len(near.labels))
    seen = []

    def spread(rdms):
        seen.append(rdms.sizes["centre"])
        assert rdms.condition_1.values[0] == x.condition.values[0]
        return np.column_stack([rdms.mean("pair"), rdms.std("pair")])

    found = nk.rsa.searchlight(x, near, "euclidean", models=spread)
    rdms = nk.rsa.searchlight(x, near, "euclidean")
    assert found.dims == ("voxel", "score")
    assert sum(seen) == near.n_centres
    np.testing.assert_allclose(found.values[:, 0], rdms.mean("pair"), rtol=1e-12)
    np.testing.assert_allclose(found.values[:, 1], rdms.std("pair"), rtol=1e-12)


def test_a_function_may_give_one_number_for_each(near):
    x = patterns_of(len(near.labels))
    found = nk.rsa.searchlight(x, near, "euclidean", models=lambda r: r.max("pair"))
    assert found.sizes == {"voxel": near.n_centres, "score": 1}


@pytest.mark.parametrize(
    "wrong", [lambda r: 1.0, lambda r: np.zeros(3), lambda r: r.values[..., None]]
)
def test_a_function_that_returns_something_else_is_refused(near, wrong):
    with pytest.raises(OptionError, match="the callable gave shape"):
        nk.rsa.searchlight(patterns_of(len(near.labels)), near, "euclidean", models=wrong)


def test_models_that_do_not_fit_are_refused(near):
    x = patterns_of(len(near.labels))
    models = _models(x)
    for wrong, error in (
        ({}, "there are none"),
        ({"two": np.ones((2, 15))}, "'two' is not one RDM"),
        ({"small": np.ones(10)}, "5 conditions against 6"),
        ({"other": models["m0"].assign_coords(condition_1=("pair", ["z"] * 15))}, "models"),
    ):
        with pytest.raises(NeurokitError, match=error):
            nk.rsa.searchlight(x, near, "euclidean", models=wrong)


# ---------------------------------------------------------------------------------------------
# Blocks, threads, lazy arrays
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["correlation", "crossnobis"])
@pytest.mark.parametrize("scores", [False, True])
def test_threads_and_blocks_do_not_change_a_byte(near, monkeypatch, method, scores):
    x = patterns_of(len(near.labels), lead=[("subject", 2)], n_repeats=4)
    options = options_of(method) | ({"noise": "shrinkage_diag"} if method == "crossnobis" else {})
    options |= {"models": _models(x)} if scores else {}
    whole = nk.rsa.searchlight(x, near, method, **options)
    threads = nk.rsa.searchlight(x, near, method, n_jobs=2, **options)
    assert_same(whole, threads)
    monkeypatch.setattr(module, "_MOST_CENTRES", 7)
    assert_same(whole, nk.rsa.searchlight(x, near, method, n_jobs=3, **options))


def test_rdms_of_all_centres_never_exist_at_once_if_scores_are_asked_for(near, monkeypatch):
    largest = []
    monkeypatch.setattr(module, "_BLOCK", 15 * 4)
    nk.rsa.searchlight(
        patterns_of(len(near.labels)),
        near,
        "euclidean",
        models=lambda r: largest.append(r.size) or r.mean("pair"),
    )
    assert max(largest) == 15 * 4


@pytest.mark.parametrize("scores", [False, True])
def test_lazy_results_have_the_same_bytes(near, scores):
    x = patterns_of(len(near.labels), lead=[("subject", 2)])
    options = {"models": _models(x)} if scores else {}
    lazy = nk.rsa.searchlight(x, near, "crossnobis", folds="run", chunks=10, **options)
    assert lazy.chunks[1][:2] == (10, 10)
    assert lazy.chunks[0] == (1, 1)
    eager = nk.rsa.searchlight(x, near, "crossnobis", folds="run", **options)
    np.testing.assert_array_equal(lazy.compute(scheduler="threads").values, eager.values)
    np.testing.assert_array_equal(lazy.compute(scheduler="sync").values, eager.values)


def test_a_lazy_array_is_read_one_system_at_a_time(near):
    x = patterns_of(len(near.labels), lead=[("subject", 3)])
    reads = []

    def read(block, block_info=None):
        reads.append(block_info[0]["chunk-location"][0])
        return block

    lazy = x.chunk(subject=1)
    spied = lazy.copy(data=lazy.data.map_blocks(read, dtype=float, meta=np.empty((0, 0, 0))))
    found = nk.rsa.searchlight(spied, near, "correlation")
    assert reads == [0, 1, 2]
    np.testing.assert_array_equal(found, nk.rsa.searchlight(x, near, "correlation"))
    reads.clear()
    later = nk.rsa.searchlight(spied, near, "correlation", chunks=20)
    assert reads == []
    later.isel(subject=1).compute(scheduler="sync")
    assert reads == [1]


def test_what_is_lazy_can_be_saved_and_read_again(near, tmp_path):
    x = patterns_of(len(near.labels))
    lazy = nk.rsa.searchlight(x, near, "correlation", chunks=16)
    lazy.to_dataset(name="rdm").to_netcdf(tmp_path / "rdm.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "rdm.nc", engine="h5netcdf") as again:
        np.testing.assert_array_equal(
            again.rdm.values, nk.rsa.searchlight(x, near, "correlation").values
        )


def test_an_interrupt_ends_the_search(near):
    def stop(rdms):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        nk.rsa.searchlight(patterns_of(len(near.labels)), near, "euclidean", models=stop)
