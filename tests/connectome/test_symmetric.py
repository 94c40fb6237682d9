"""Two modes with one factor: exact coordinate steps, a monotone objective, recovery."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import example, given
from hypothesis import strategies as st

from neurokit.connectome import NonNegativeCP
from neurokit.connectome.extrapolated import fit_batch
from neurokit.connectome.starts import random_factors
from neurokit.connectome.symmetric import best_entry, descend_tied
from neurokit.connectome.tensor import observe
from neurokit.errors import OptionError, SchemaError


def slices(n=12, length=9, rank=3, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    a = rng.gamma(1, 1, (n, rank)) * (rng.random((n, rank)) < 0.7)
    c = rng.random((length, rank))
    x = np.einsum("ir,jr,kr->ijk", a, a, c)
    extra = rng.standard_normal(x.shape)
    return x + noise * x.std() * (extra + extra.transpose(1, 0, 2)) / 2, a, c


@given(
    cubic=st.floats(0, 10),
    linear=st.floats(-10, 10),
    constant=st.floats(-10, 10),
)
@example(cubic=0.0, linear=0.0, constant=1.0)
@example(cubic=1e-110, linear=1.0, constant=0.0)
@example(cubic=1.0, linear=-3.0, constant=-1.9)
@example(cubic=1.0, linear=-3.0, constant=0.0)
@example(cubic=0.0, linear=2.2e-311, constant=1.0)
def test_the_best_entry_is_no_worse_than_any_on_a_grid(cubic, linear, constant):
    def value(x):
        return cubic / 4 * x**4 + linear / 2 * x**2 - constant * x

    found = best_entry(cubic, linear, constant)
    assert np.isfinite(found)
    assert found >= 0
    if cubic > 1e-3 or (cubic == 0 and linear > 1e-3):
        # All minima lie below: |x|^3 cubic <= |linear| |x| + |constant|.
        scale = cubic if cubic > 0 else linear
        top = 2 + abs(linear) / scale + abs(constant) / scale
        grid = np.linspace(0, top, 20_001)
        assert value(found) <= value(grid).min() + 1e-9 * max(1.0, abs(value(grid)).max())


@pytest.mark.parametrize("diagonal", [True, False])
def test_no_entry_can_be_moved_to_a_lower_objective(diagonal):
    x, _, _ = slices(noise=0.5)
    if not diagonal:
        x[np.arange(12), np.arange(12)] = np.nan
    data = observe(x, tied=(0, 1))
    rng = np.random.default_rng(0)
    a, _, c = random_factors(data, 2, rng)
    for _ in range(3000):
        descend_tied(data, a, data.contract(c, 2), c, slice(0, 2))

    def objective(factor):
        model = data.scale * np.einsum("ir,jr,kr->ijk", factor, factor, c)
        return np.nansum((x - model) ** 2)

    before = objective(a)
    for place in np.ndindex(*a.shape):
        for step in (-1e-3, 1e-3):
            moved = a.copy()
            moved[place] = max(0.0, moved[place] + step)
            assert objective(moved) >= before - 1e-9 * before


@pytest.mark.parametrize("diagonal", [True, False])
def test_the_objective_never_rises_and_belongs_to_the_factors(diagonal):
    x, _, _ = slices(noise=0.5)
    if not diagonal:
        x[np.arange(12), np.arange(12)] = np.nan
    data = observe(x, tied=(0, 1))
    rng = np.random.default_rng(0)
    fit = fit_batch(data, [random_factors(data, 3, rng)], [rng], max_iter=60, tol=0.0)[0]
    assert (np.diff(fit.errors) <= 0).all()
    a, b, c = fit.factors
    np.testing.assert_allclose(a, b, rtol=1e-10)
    model = data.scale * np.einsum("ir,jr,kr->ijk", a, b, c)
    expected = np.sqrt(np.nansum((x - model) ** 2) / np.nansum(x**2))
    assert fit.errors[-1] == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("order", [("a", "b", "time"), ("time", "a", "b"), ("a", "time", "b")])
def test_planted_factors_are_found_in_any_order_of_dims(order):
    x, a, _ = slices()
    tensor = xr.DataArray(x, dims=["a", "b", "time"]).transpose(*order)
    model = NonNegativeCP(
        3, n_restarts=4, symmetric=("a", "b"), tol=1e-9, max_iter=3000, random_state=0
    ).fit(tensor)
    assert model.error_ < 1e-4
    one, other = model.factors_.a_loading.values, model.factors_.b_loading.values
    np.testing.assert_allclose(one, other, atol=1e-12)
    truth = a / np.linalg.norm(a, axis=0)
    assert (one @ truth).max(axis=1).min() > 0.999


def test_the_tied_fit_is_as_good_as_the_free_one_on_symmetric_data():
    x, _, _ = slices(n=20, length=15, noise=1.0)
    tied = NonNegativeCP(3, n_restarts=4, symmetric=("axis_0", "axis_1"), random_state=0).fit(x)
    free = NonNegativeCP(3, n_restarts=4, random_state=0).fit(x)
    # Measured equal to 1e-6; the free model has more parameters and can only be lower.
    assert free.error_ - 1e-5 < tied.error_ < free.error_ * (1 + 1e-3)


def test_what_is_not_symmetric_is_refused():
    x, _, _ = slices()
    with pytest.raises(OptionError, match="symmetric"):
        NonNegativeCP(2, symmetric=("axis_0", "nowhere")).fit(x)
    with pytest.raises(OptionError, match="symmetric"):
        NonNegativeCP(2, symmetric=("axis_0", "axis_1")).fit(x[:, :, 0])
    with pytest.raises(SchemaError, match="not square"):
        NonNegativeCP(2, symmetric=("axis_0", "axis_1")).fit(x[:5])
    gap = x.copy()
    gap[1, 2] = np.nan
    with pytest.raises(SchemaError, match="missing"):
        NonNegativeCP(2, symmetric=("axis_0", "axis_1")).fit(gap)
    x[0, 1, 0] += 1.0
    with pytest.raises(SchemaError, match="not symmetric"):
        NonNegativeCP(2, symmetric=("axis_0", "axis_1")).fit(x)
