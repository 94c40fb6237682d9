"""Backends agree with plain algebra and with each other."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from neurokit.encoding.backends import Backend, TorchBackend, as_backend
from neurokit.encoding.folds import block_folds
from neurokit.encoding.ridge_core import FoldedRidge
from neurokit.errors import DependencyError, OptionError


def backends():
    found = [Backend()]
    try:
        import torch  # noqa: F401
    except ImportError:
        return found
    return [*found, TorchBackend("cpu")]


@pytest.fixture(params=backends(), ids=lambda b: type(b).__name__)
def backend(request):
    return request.param


@pytest.fixture
def parts():
    rng = np.random.default_rng(0)
    root, z = rng.standard_normal((7, 5)), rng.standard_normal((5, 4))
    return root, z, rng.random((3, 5))


@pytest.mark.parametrize(
    "single", [np.zeros(3, bool), np.ones(3, bool), np.array([True, False, True])]
)
def test_squares_and_forms_are_what_they_say(backend, parts, single):
    root, z, filters = parts
    expected = np.stack([((root @ (f[:, None] * z)) ** 2).sum(axis=0) for f in filters])
    tol = 1e-5 if single.any() else 1e-13
    np.testing.assert_allclose(backend.squares(root, z, filters, single), expected, rtol=tol)
    np.testing.assert_allclose(backend.forms(root.T @ root, z, filters, single), expected, rtol=tol)


def test_results_are_float64_even_where_products_are_not(backend, parts):
    root, z, filters = parts
    found = backend.squares(root, z, filters, np.ones(3, bool))
    assert found.dtype == np.float64


def test_eigenvectors_take_the_matrix_apart(backend, parts):
    gram = parts[0].T @ parts[0]
    values, vectors = backend.eigh(gram)
    np.testing.assert_allclose((vectors * values) @ vectors.T, gram, atol=1e-12)
    assert np.all(np.diff(values) >= 0)


def test_torch_gives_the_same_ridge():
    pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    x, y = rng.standard_normal((60, 8)), rng.standard_normal((60, 3))
    folds, alphas = block_folds(np.arange(60), 4), np.array([0.1, 10.0])
    ours = FoldedRidge(x, folds).scores(y, alphas)
    theirs = FoldedRidge(x, folds, backend=as_backend("torch")).scores(y, alphas)
    np.testing.assert_allclose(theirs.r2, ours.r2, atol=1e-12)
    np.testing.assert_allclose(theirs.r, ours.r, atol=1e-12)


def test_a_wrong_name_is_answered_with_the_nearest():
    with pytest.raises(OptionError, match="did you mean 'torch'"):
        as_backend("torchh")


def test_a_missing_torch_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(DependencyError, match=r"neurokit-xarray\[torch\]"):
        as_backend("torch")
