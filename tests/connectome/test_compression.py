"""The core stands for the data: products, energy, solutions; and it is left where it does not."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.connectome import compression as module
from neurokit.connectome.compression import can_compress, compress, worth_compressing
from neurokit.connectome.extrapolated import fit_batch
from neurokit.connectome.solve import Settings, groups, solve
from neurokit.connectome.starts import random_factors
from neurokit.connectome.tensor import observe, relative_error


def low_rank(shape, rank, seed=0, noise=0.0):
    rng = np.random.default_rng(seed)
    letters = "abcd"[: len(shape)]
    formula = ",".join(f"{x}r" for x in letters) + "->" + letters
    x = np.einsum(formula, *(rng.gamma(1, 1, (n, rank)) for n in shape))
    return x + noise * x.std() * rng.standard_normal(shape)


@pytest.mark.parametrize("shape", [(40, 30), (40, 30, 20), (300, 12, 20), (9, 20, 8, 15)])
def test_products_with_a_tensor_of_low_rank_run_through_the_core_exactly(shape):
    data = observe(1e-5 * low_rank(shape, 2))
    core = compress(data, 2, np.random.default_rng(0))
    assert core.shape == data.shape
    assert core.values.size < data.values.size / 8
    assert core.captured == pytest.approx(1.0, abs=1e-12)
    factors = [np.random.default_rng(n).random((n, 3)) for n in shape]
    for summed in range(len(shape)):
        for target in range(len(shape)):
            if target == summed:
                continue
            expected = data.gather(data.contract(factors[summed], summed), summed, factors, target)
            found = core.gather(core.contract(factors[summed], summed), summed, factors, target)
            np.testing.assert_allclose(found, expected, rtol=1e-8)


def test_bases_are_orthonormal_and_the_share_captured_is_that_of_the_projection():
    x = low_rank((300, 14, 40), 2, noise=0.5)
    data = observe(x)
    core = compress(data, 2, np.random.default_rng(0))
    projected = x
    for axis, basis in enumerate(core.bases):
        np.testing.assert_allclose(basis.T @ basis, np.eye(basis.shape[1]), atol=1e-10)
        along = np.tensordot(projected, basis @ basis.T, (axis, 0))
        projected = np.moveaxis(along, -1, axis)
    share = (projected**2).sum() / (x**2).sum()
    assert core.captured == pytest.approx(share, rel=1e-6)


def test_the_random_bases_hold_nearly_as_much_as_the_best_ones():
    x = low_rank((300, 14, 40), 2, noise=0.5)
    data = observe(x)
    core = compress(data, 2, np.random.default_rng(0))
    best = x
    for axis in range(3):
        unfolded = np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
        left = np.linalg.svd(unfolded, full_matrices=False)[0][:, : core.bases[axis].shape[1]]
        best = np.moveaxis(np.tensordot(best, left @ left.T, (axis, 0)), -1, axis)
    share = (best**2).sum() / (x**2).sum()
    # Measured: 0.8169 against 0.8175 of the full singular value decomposition.
    assert core.captured > share - 0.003


@pytest.mark.parametrize("mode", [0, 1, 2])
def test_a_permuted_tensor_gets_the_permuted_core(mode):
    x = low_rank((300, 14, 40), 2, noise=0.3)
    order = np.random.default_rng(3).permutation(x.shape[mode])
    one = compress(observe(x), 2, np.random.default_rng(0))
    turned = observe(np.ascontiguousarray(x.take(order, axis=mode)))
    other = compress(turned, 2, np.random.default_rng(0))
    assert other.captured == pytest.approx(one.captured, rel=1e-9)
    for axis, (a, b) in enumerate(zip(one.bases, other.bases, strict=True)):
        rows = a[order] if axis == mode else a
        np.testing.assert_allclose(b @ b.T, rows @ rows.T, atol=1e-7)


def test_what_is_missing_tied_or_small_is_not_compressed():
    x = low_rank((60, 60, 60), 2)
    assert can_compress(observe(x))
    assert worth_compressing(observe(x), 3)
    assert not worth_compressing(observe(x), 19)  # the core would hold nearly everything
    assert not worth_compressing(observe(x[:20, :20, :20]), 2)
    assert not can_compress(observe(np.zeros((4, 4, 4))))
    x[0, 0, 0] = np.nan
    assert not can_compress(observe(x))
    square = np.ones((5, 5, 5))
    assert not can_compress(observe(square, tied=(0, 1)))


def test_solutions_through_the_core_are_those_of_the_data(monkeypatch):
    x = low_rank((60, 50, 40), 4, noise=0.3)
    data = observe(x)
    rngs = np.random.default_rng(0).spawn(4)
    starts = [random_factors(data, 4, rng) for rng in rngs]
    settings = Settings(500, 1e-7)
    core = compress(data, 4, np.random.default_rng(0))
    through = solve(data, starts, rngs, settings, core=core)
    direct = solve(data, starts, rngs, settings)
    best = min(fit.errors[-1] for fit in direct)
    for fit in through:
        assert fit.converged
        assert fit.errors[-1] == pytest.approx(relative_error(data, fit.factors), rel=1e-7)
    assert min(fit.errors[-1] for fit in through) < best * (1 + 1e-5)
    # What is left to do on the data after the core is little.
    assert max(len(fit.errors) for fit in through) < min(len(fit.errors) for fit in direct)


def test_where_the_core_leaves_out_too_much_all_starts_run_on_the_data(monkeypatch):
    # One column per component cannot hold five that overlap and noise; the polish moves far.
    monkeypatch.setattr(module, "_COLUMNS_PER_COMPONENT", 1)
    x = low_rank((40, 30, 20), 5, noise=1.0)
    data = observe(x)
    rngs = np.random.default_rng(0).spawn(2)
    starts = [random_factors(data, 2, rng) for rng in rngs]
    core = compress(data, 2, np.random.default_rng(0))
    calls = []

    def counted(on, *args, **options):
        calls.append(on is data)
        return fit_batch(on, *args, **options)

    monkeypatch.setattr("neurokit.connectome.solve.fit_batch", counted)
    monkeypatch.setattr("neurokit.connectome.solve._TRUSTED", 1e-12)
    fits = solve(data, starts, rngs, Settings(500, 1e-7), core=core)
    assert calls == [False, True, True]
    direct = fit_batch(data, starts, rngs, max_iter=500, tol=1e-7)
    for fit, other in zip(fits, direct, strict=True):
        assert fit.errors[-1] <= other.errors[-1] * (1 + 1e-6)


def test_groups_are_consecutive_bounded_and_complete():
    ranks = [5, 100, 100, 28, 1, 500, 2]
    cut = groups(ranks)
    assert [k for part in cut for k in range(len(ranks))[part]] == list(range(len(ranks)))
    assert all(sum(ranks[p]) <= 128 or p.stop - p.start == 1 for p in cut)
    assert groups([8] * 16) == [slice(0, 16)]
    # More starts leave earlier groups as they are.
    assert groups([8] * 40)[:2] == groups([8] * 32)[:2]
