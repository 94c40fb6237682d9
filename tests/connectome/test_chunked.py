"""Tensors in blocks: the same products, norms, masks and fits as in memory, never the whole."""

from __future__ import annotations

import tracemalloc

import dask.array as da
import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.connectome import NonNegativeCP, affinity
from neurokit.connectome import chunked as module
from neurokit.connectome.chunked import observe_chunks
from neurokit.connectome.tensor import observe, relative_error
from neurokit.errors import SchemaError


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    """Chunks are read one by one, as large ones are."""
    monkeypatch.setattr(module, "_BLOCK", 1)


def values(shape=(9, 13, 4), seed=0):
    rng = np.random.default_rng(seed)
    letters = "abcd"[: len(shape)]
    formula = ",".join(f"{x}r" for x in letters) + "->" + letters
    x = np.einsum(formula, *(rng.gamma(1, 1, (n, 3)) for n in shape))
    return 1e-4 * (x + 0.3 * x.std() * rng.random(shape))


def missing(x, kind, seed=1):
    rng = np.random.default_rng(seed)
    x = x.copy()
    if kind == "pairs":
        x[np.broadcast_to(rng.random((x.shape[0], 1, x.shape[2])) < 0.3, x.shape)] = np.nan
    elif kind == "entries":
        x[rng.random(x.shape) < 0.3] = np.nan
    elif kind == "times":
        x[:, 3:6] = np.nan
    elif kind == "one animal at some times":
        x[:, 2:7, 1] = np.nan
    return x


KINDS = ["none", "pairs", "entries", "times", "one animal at some times"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("chunks", [(9, 4, 4), (4, 13, 2), (9, 5, 2)])
def test_products_norms_and_masks_equal_those_in_memory(kind, chunks):
    x = missing(values(), kind)
    lazy, whole = observe_chunks(da.from_array(x, chunks=chunks)), observe(x)
    assert lazy.scale == whole.scale
    assert lazy.n_observed == whole.n_observed
    assert lazy.complete == whole.complete
    assert lazy.squared_norm == pytest.approx(whole.squared_norm)
    assert lazy.total == pytest.approx(whole.total)
    factors = [np.random.default_rng(n).random((n, 2)) for n in x.shape]
    mine, theirs = lazy.sort(factors), whole.sort(factors)
    for mode in range(3):
        a, b = lazy.order.index(mode), whole.order.index(mode)
        np.testing.assert_allclose(lazy.row_norms[a], whole.row_norms[b])
        np.testing.assert_array_equal(lazy.seen_rows(a), whole.seen_rows(b))
        grams = np.broadcast_to(whole.grams(theirs, b), (x.shape[mode], 2, 2))
        np.testing.assert_allclose(
            np.broadcast_to(lazy.grams(mine, a), grams.shape), grams, atol=1e-12
        )
        for summed in range(3):
            if summed != mode:
                c, d = lazy.order.index(summed), whole.order.index(summed)
                np.testing.assert_allclose(
                    lazy.gather(lazy.contract(mine[c], c), c, mine, a),
                    whole.gather(whole.contract(theirs[d], d), d, theirs, b),
                )
    assert relative_error(lazy, mine) == pytest.approx(relative_error(whole, theirs), rel=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_a_fit_in_blocks_equals_the_one_in_memory(kind):
    x = xr.DataArray(missing(values((12, 30, 5)), kind), dims=["pair", "time", "recording"])
    options = {"n_restarts": 2, "tol": 1e-6, "random_state": 0}
    whole = NonNegativeCP(3, **options).fit(x)
    lazy = NonNegativeCP(3, **options).fit(x.chunk(time=7))
    assert lazy.error_ == pytest.approx(whole.error_, rel=1e-8)
    for name in ("pair_loading", "time_course", "recording_loading"):
        np.testing.assert_allclose(lazy.factors_[name], whole.factors_[name], atol=1e-6)


@pytest.mark.parametrize("dim", ["pair", "time", "recording"])
@pytest.mark.parametrize("memory", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
def test_every_cut_and_layout_takes_the_same_steps(dim, memory):
    # Sizes repeat: only the caller's order of modes may decide which comes first.
    shape = (14, 14, 6)
    stored = np.ascontiguousarray(values(shape).transpose(memory))
    x = xr.DataArray(stored.transpose(np.argsort(memory)), dims=["pair", "time", "recording"])
    options = {"n_restarts": 2, "tol": 1e-6, "random_state": 0}
    whole = NonNegativeCP(3, **options).fit(x.copy(data=np.ascontiguousarray(x.values)))
    lazy = NonNegativeCP(3, **options).fit(x.chunk({dim: 4}))
    assert lazy.n_iter_ == whole.n_iter_
    np.testing.assert_allclose(lazy.objective_trace_, whole.objective_trace_, rtol=1e-9)
    np.testing.assert_allclose(lazy.restart_errors_, whole.restart_errors_, rtol=1e-10)


def test_a_sweep_reads_every_block_once(monkeypatch):
    x = xr.DataArray(values((30, 20, 4)), dims=["pair", "time", "recording"]).chunk(time=5)
    reads = []
    original = module.Chunks.read
    monkeypatch.setattr(
        module.Chunks, "read", lambda self, k, dtype: reads.append(k) or original(self, k, dtype)
    )
    model = NonNegativeCP(2, n_restarts=1, tol=1e-4, random_state=0).fit(x)
    # One pass per sweep, one before them for norms, one after them for the error.
    assert reads == [0, 1, 2, 3] * (model.n_iter_ + 2)


def test_a_matrix_and_four_modes_are_taken_too():
    for shape in ((11, 30), (5, 20, 4, 3)):
        x = values(shape)
        options = {"n_restarts": 1, "tol": 1e-5, "random_state": 0}
        whole = NonNegativeCP(2, **options).fit(x)
        named = xr.DataArray(x, dims=[f"axis_{k}" for k in range(len(shape))])
        lazy = NonNegativeCP(2, **options).fit(named.chunk(axis_1=6))
        assert lazy.error_ == pytest.approx(whole.error_, rel=1e-8)


def test_through_a_core_too():
    x = xr.DataArray(values((40, 50, 10)), dims=["pair", "time", "recording"])
    options = {"n_restarts": 2, "random_state": 0, "compress": True}
    whole = NonNegativeCP(2, **options).fit(x)
    lazy = NonNegativeCP(2, **options).fit(x.chunk(time=11))
    assert lazy.error_ == pytest.approx(whole.error_, rel=1e-8)


def test_a_mask_from_the_user_hides_entries_of_blocks():
    x = xr.DataArray(values(), dims=["pair", "time", "recording"])
    mask = xr.DataArray(np.arange(13) % 4 > 0, dims="time")
    options = {"n_restarts": 1, "random_state": 0, "tol": 1e-5}
    whole = NonNegativeCP(2, **options).fit(x, mask)
    lazy = NonNegativeCP(2, **options).fit(x.chunk(time=5), mask)
    assert lazy.error_ == pytest.approx(whole.error_, rel=1e-8)
    assert np.isnan(lazy.factors_.time_course.values[:, ::4]).all()


def test_the_users_memory_is_left_alone():
    x = missing(values(), "entries")
    copy = x.copy()
    NonNegativeCP(2, n_restarts=1, tol=1e-3, random_state=0).fit(
        xr.DataArray(da.from_array(x, chunks=(9, 4, 4)), dims=["pair", "time", "recording"])
    )
    np.testing.assert_array_equal(x, copy)


def test_small_neighbours_are_read_together(monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 9 * 4 * 5)
    lazy = observe_chunks(da.from_array(values(), chunks=(9, 2, 4)))
    widths = [s.stop - s.start for s in lazy.chunks.stretches]
    assert widths == [4, 4, 5]


def test_infinities_are_refused():
    x = values()
    x[1, 2, 3] = np.inf
    with pytest.raises(SchemaError, match="infinities"):
        observe_chunks(da.from_array(x, chunks=(9, 4, 4)))
    with pytest.raises(SchemaError, match="real numbers"):
        NonNegativeCP(2).fit(xr.DataArray(np.full((3, 4), 1j), dims=["a", "b"]).chunk(a=1))


def test_no_block_is_read_beside_another(monkeypatch):
    live, most = 0, 0
    original = module.Chunks.read

    def counted(self, number, dtype):
        nonlocal live, most
        assert 0 <= number < len(self.stretches)
        live += 1
        most = max(most, live)
        block = original(self, number, dtype)
        assert block.size <= 9 * 4 * 4
        live -= 1
        return block

    monkeypatch.setattr(module.Chunks, "read", counted)
    x = xr.DataArray(values(), dims=["pair", "time", "recording"]).chunk(time=4)
    NonNegativeCP(2, n_restarts=1, tol=1e-3, random_state=0).fit(x)
    assert most == 1


def animals(n_neurons, n_times, n_animals, seed=0):
    rng = np.random.default_rng(seed)
    loading = rng.gamma(1, 1, (3, n_neurons)) * (rng.random((3, n_neurons)) < 0.3)
    recs = {}
    for k in range(n_animals):
        course = np.cumsum(rng.standard_normal((n_times, 3)), axis=0)
        traces = course * rng.uniform(0.5, 2, 3) @ loading
        traces += 0.3 * np.cumsum(rng.standard_normal((n_times, n_neurons)), axis=0)
        names = [f"N{n}" for n in range(n_neurons)]
        group = nk.schema.activity(
            traces, names=names, rate=4.0, coords={"identified": [True] * n_neurons}
        )
        recs[f"worm{k}"] = nk.schema.recording({"activity": group}, modality="calcium")
    return nk.stack(recs)


def peak_of(function):
    tracemalloc.start()
    try:
        found = function()
        return found, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def compared(n_neurons, n_times, n_animals, n_bins):
    """Errors from traces in blocks and in memory, and the peak of the first over dense bytes."""
    traces = animals(n_neurons, n_times, n_animals)
    options = {"n_restarts": 2, "random_state": 0, "dtype": "float64"}
    chunks = {"time": n_bins}
    # Compiled and imported outside of what is measured.
    few = affinity(animals(6, 40, 2), chunks={"time": 10})
    NonNegativeCP(2, tol=0.1, compress=True, **options).fit(few)
    lazy, peak = peak_of(lambda: NonNegativeCP(4, **options).fit(affinity(traces, chunks=chunks)))
    whole = NonNegativeCP(4, **options).fit(affinity(traces))
    dense = 4 * n_neurons * (n_neurons - 1) // 2 * n_times * n_animals
    return lazy.error_, whole.error_, peak / dense


@pytest.mark.slow
def test_a_fit_from_traces_equals_the_dense_one_in_a_fraction_of_its_memory():
    # Reduced form: 90 neurons, 1800 times, 3 animals, in 90 blocks; with fewer times, copies of
    # the traces alone come near a quarter.
    lazy, whole, share = compared(90, 1800, 3, 20)
    assert lazy == pytest.approx(whole, rel=1e-8)
    assert share < 0.25


@pytest.mark.nightly
def test_a_fit_from_traces_of_150_neurons_and_4000_times_keeps_below_a_quarter():
    lazy, whole, share = compared(150, 4000, 5, 37)
    assert lazy == pytest.approx(whole, rel=1e-8)
    assert share < 0.25
