from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

from neurokit.errors import OptionError
from neurokit.schema import activity
from neurokit.signal.in_memory import into_memory, trials_into_memory

X = activity(np.arange(40.0).reshape(20, 2), names=["A", "B"], rate=4.0)["signal"]


def test_a_lazy_signal_that_fits_is_computed() -> None:
    found = into_memory(X.chunk(time=5), X.nbytes)
    assert found.chunks is None
    assert found.identical(X)


def test_one_in_memory_is_the_same_whatever_its_size() -> None:
    assert into_memory(X, 1) is X


def test_one_that_does_not_fit_is_refused_with_the_rate_that_does() -> None:
    with pytest.raises(OptionError, match=r"rate: .* Set it to 1 Hz or less") as caught:
        into_memory(X.chunk(time=5), X.nbytes // 4)
    assert caught.value.where == "rate"


TRIALS = X.isel(time=xr.Variable(("trial", "time"), np.arange(20).reshape(5, 4)))


def test_lazy_trials_that_fit_are_computed_and_others_stay_the_same_object() -> None:
    found = trials_into_memory(TRIALS.chunk(trial=2), TRIALS.nbytes)
    assert found.chunks is None
    assert found.identical(TRIALS)
    assert trials_into_memory(TRIALS, 1) is TRIALS


def test_trials_that_do_not_fit_are_refused_with_the_window_that_does() -> None:
    with pytest.raises(OptionError, match=r"window of at most 0\.25 times its length") as caught:
        trials_into_memory(TRIALS.chunk(trial=2), TRIALS.nbytes // 4)
    assert caught.value.where == "tmin and tmax"
