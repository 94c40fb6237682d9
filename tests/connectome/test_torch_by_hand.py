"""Products on the device of PyTorch against einsum and tensorly, and what stays on the host."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import tensorly as tl

from neurokit.connectome.extrapolated import fit_batch
from neurokit.connectome.starts import random_factors
from neurokit.connectome.tensor import observe, relative_error
from neurokit.connectome.torch_tensor import TorchTensor, on_device
from neurokit.connectome.transform import project


@pytest.fixture(scope="module", autouse=True)
def torch():
    return pytest.importorskip("torch")


def a_tensor(shape=(5, 4, 3), missing=0.0, dtype=np.float64):
    rng = np.random.default_rng(0)
    x = rng.random(shape).astype(dtype)
    x[rng.random(shape) < missing] = np.nan
    return x, [rng.random((n, 2)) for n in shape]


@pytest.mark.parametrize("target", [0, 1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_numerators_are_unfoldings_times_khatri_rao_products(target, dtype):
    x, factors = a_tensor(dtype=dtype)
    data = on_device(observe(1000 * x), "cpu")
    design = tl.tenalg.khatri_rao([f for m, f in enumerate(factors) if m != target])
    expected = tl.unfold(1000.0 * x.astype(np.float64), target) @ design / data.scale
    for summed in {0, 1, 2} - {target}:
        found = data.gather(data.contract(factors[summed], summed), summed, factors, target)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, rtol=1e-6 if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("missing", [0.0, 0.4])
@pytest.mark.parametrize("mode", [0, 1, 2])
def test_grams_of_rows_are_sums_over_their_observed_entries(mode, missing):
    x, factors = a_tensor(missing=missing)
    found = on_device(observe(x), "cpu").grams(factors, mode)
    seen = np.moveaxis(~np.isnan(x), mode, 0).astype(float)
    one, two = (f for m, f in enumerate(factors) if m != mode)
    expected = np.einsum("ijk,jr,js,kr,ks->irs", seen, one, one, two, two)
    np.testing.assert_allclose(np.broadcast_to(found, expected.shape), expected, rtol=1e-12)


def test_what_the_host_holds_is_shared_and_left_alone():
    x, factors = a_tensor(missing=0.3)
    here = observe(x)
    kept = here.values.copy(), here.mask.copy()
    there = on_device(here, "cpu")
    assert isinstance(there, TorchTensor)
    assert there.values is here.values
    assert there.outer == here.outer
    assert there.n_observed == here.n_observed == int((~np.isnan(x)).sum())
    there.grams(factors, 0)
    there.partial(factors[1], 1)
    for now, before in zip((here.values, here.mask), kept, strict=True):
        np.testing.assert_array_equal(now, before)


@pytest.mark.parametrize("missing", [0.0, 0.3])
def test_a_batch_on_the_device_lowers_its_error_and_says_that_of_tensorly(missing):
    x, _ = a_tensor((7, 6, 5), missing)
    data = on_device(observe(x), "cpu")
    rngs = np.random.default_rng(1).spawn(2)
    starts = [random_factors(data, rank, rng) for rank, rng in zip((1, 3), rngs, strict=True)]
    seen = ~np.isnan(x)
    for fit in fit_batch(data, starts, rngs, max_iter=40, tol=1e-6):
        assert (np.diff(fit.errors) <= 0).all()
        model = tl.cp_to_tensor((None, data.unsort(fit.factors))) * data.scale
        dense = np.linalg.norm((x - model)[seen]) / np.linalg.norm(x[seen])
        assert fit.errors[-1] == pytest.approx(dense, rel=1e-6)
        assert relative_error(data, fit.factors) == pytest.approx(dense, rel=1e-10)


def test_loadings_of_new_rows_are_those_of_the_host():
    x, factors = a_tensor((6, 5, 4), 0.2)
    here = observe(x)
    for mode in range(3):
        found = project(on_device(here, "cpu"), factors, mode)
        np.testing.assert_allclose(found, project(here, factors, mode), atol=1e-9)


def test_the_device_is_named_by_the_caller_alone(torch):
    data = observe(a_tensor()[0])
    assert on_device(data, "cpu").held.device.type == "cpu"
    wanted = "cuda" if torch.cuda.is_available() else "cpu"
    assert on_device(data).held.device.type == wanted
    assert on_device(data).seen.device.type == wanted


def test_pytorch_is_not_imported_before_a_device_is_asked_for():
    code = "import sys, neurokit.connectome.torch_tensor; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
