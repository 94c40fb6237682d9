"""Passes on PyTorch's device give what passes here give, to rounding."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from neurokit.connectome import NonNegativeCP
from neurokit.connectome.tensor import observe
from neurokit.connectome.torch_tensor import on_device
from neurokit.errors import DependencyError, OptionError


@pytest.fixture
def torch():
    return pytest.importorskip("torch")


def values(shape=(9, 13, 4), seed=0):
    rng = np.random.default_rng(seed)
    letters = "abcd"[: len(shape)]
    formula = ",".join(f"{x}r" for x in letters) + "->" + letters
    x = np.einsum(formula, *(rng.gamma(1, 1, (n, 3)) for n in shape))
    return 1e-4 * (x + 0.3 * x.std() * rng.random(shape))


@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 4), (5, 9, 4, 3)])
@pytest.mark.parametrize("kind", ["none", "rows", "entries"])
def test_products_equal_those_of_numpy(torch, shape, kind):
    x = values(shape)
    if kind == "rows":
        x[2] = np.nan
    elif kind == "entries":
        x[np.random.default_rng(1).random(shape) < 0.3] = np.nan
    here = observe(x)
    there = on_device(here, "cpu")
    factors = [np.random.default_rng(n).random((n, 2)) for n in here.shape]
    for summed in range(len(shape)):
        a, b = here.contract(factors[summed], summed), there.contract(factors[summed], summed)
        assert isinstance(b, torch.Tensor)
        np.testing.assert_allclose(there.on_host(b), a)
        np.testing.assert_allclose(
            there.partial(factors[summed], summed), here.partial(factors[summed], summed)
        )
        np.testing.assert_allclose(there.grams(factors, summed), here.grams(factors, summed))
        for target in range(len(shape)):
            if target != summed:
                np.testing.assert_allclose(
                    there.gather(b, summed, factors, target),
                    here.gather(a, summed, factors, target),
                )


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("options", [{}, {"compress": True}])
def test_fits_are_equal_to_rounding(torch, missing, options):
    x = values((20, 30, 8))
    if missing:
        x[np.random.default_rng(1).random(x.shape) < 0.2] = np.nan
    options = {"n_restarts": 2, "random_state": 0, **options}
    here = NonNegativeCP(3, **options).fit(x)
    there = NonNegativeCP(3, backend="torch", device="cpu", **options).fit(x)
    assert there.error_ == pytest.approx(here.error_, rel=1e-8)
    for name in ("axis_0_loading", "axis_1_loading", "axis_2_loading"):
        np.testing.assert_allclose(there.factors_[name], here.factors_[name], atol=1e-6)


def test_symmetric_slices_run_there_too(torch):
    rng = np.random.default_rng(0)
    a, c = rng.random((8, 2)), rng.random((9, 2))
    x = np.einsum("ir,jr,kr->ijk", a, a, c)
    tied = ("axis_0", "axis_1")
    options = {"symmetric": tied, "n_restarts": 1, "random_state": 0}
    here = NonNegativeCP(2, **options).fit(x)
    there = NonNegativeCP(2, backend="torch", device="cpu", **options).fit(x)
    assert there.error_ == pytest.approx(here.error_, abs=1e-7)


def test_a_fit_of_the_device_comes_back_from_its_file(torch, tmp_path):
    fit = NonNegativeCP(2, n_restarts=1, tol=1e-3, backend="torch", device="cpu", random_state=0)
    fit.fit(values())
    back = NonNegativeCP.load(fit.save(tmp_path / "fit.nc"))
    assert back.backend == "torch"
    np.testing.assert_array_equal(back.factors_.weight, fit.factors_.weight)


def test_without_pytorch_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DependencyError, match="torch"):
        NonNegativeCP(2, backend="torch").fit(values())


def test_other_backends_are_refused():
    with pytest.raises(OptionError, match="backend"):
        NonNegativeCP(2, backend="jax").fit(values())
