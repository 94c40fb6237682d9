"""Raised cosines against what defines them."""

from __future__ import annotations

import numpy as np
import pytest

from neurokit.errors import OptionError
from neurokit.signal.bases import raised_cosines


@pytest.mark.parametrize("spacing", ["log", "linear"])
@pytest.mark.parametrize(("n_basis", "n_lags"), [(2, 2), (3, 10), (5, 40), (8, 8)])
def test_neighbours_sum_to_one_at_every_lag(spacing, n_basis, n_lags):
    basis = raised_cosines(n_basis, n_lags, spacing=spacing)
    assert basis.shape == (n_lags, n_basis)
    np.testing.assert_allclose(basis.sum(axis=1), 1.0, atol=1e-12)
    assert (basis >= 0).all()


def test_log_spacing_is_finer_at_short_lags():
    basis = raised_cosines(5, 100)
    width = (basis > 0.5).sum(axis=0)
    assert (np.diff(width) >= 0).all()
    assert width[0] <= 2 < 20 < width[-1]


def test_the_ends_hold_the_outer_peaks():
    basis = raised_cosines(4, 30)
    assert basis[0, 0] == pytest.approx(1.0)
    assert basis[-1, -1] == pytest.approx(1.0)


def test_a_single_bump_falls_from_one_to_zero():
    basis = raised_cosines(1, 10)[:, 0]
    assert basis[0] == 1.0
    assert basis[-1] == pytest.approx(0.0)
    assert (np.diff(basis) < 0).all()
    assert raised_cosines(1, 1)[0, 0] == 1.0


@pytest.mark.parametrize(("n_basis", "n_lags"), [(0, 5), (6, 5)])
def test_a_number_of_bumps_that_cannot_be_is_refused(n_basis, n_lags):
    with pytest.raises(OptionError, match="n_basis"):
        raised_cosines(n_basis, n_lags)


def test_an_unknown_spacing_is_refused():
    with pytest.raises(OptionError, match="did you mean 'log'"):
        raised_cosines(2, 5, spacing="logs")
