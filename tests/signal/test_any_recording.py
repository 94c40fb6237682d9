"""Every step on any recording of the contract: a valid result, or an error that a user can mend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings

from neurokit import schema
from neurokit import signal as nks
from neurokit.errors import NeurokitError
from neurokit.testing import recordings

WITH_ACTIVITY = ["calcium", "eeg", "meg", "seeg"]

STEPS: dict[str, Callable[[Any], Any]] = {
    "resample": lambda x: nks.resample(x, 2.0),
    "smooth": lambda x: nks.smooth(x, 0.5),
    "smooth, causal": lambda x: nks.smooth(x, 0.5, causal=True),
    "derivative": lambda x: nks.derivative(x, 0.5),
    "zscore": lambda x: nks.scale(x),
    "robust": lambda x: nks.scale(x, "robust"),
    "causal": lambda x: nks.scale(x, "causal", burn_in=0.5),
    "bandpass": lambda x: nks.bandpass(x, 0.5, None),
    "envelope": lambda x: nks.envelope(x, 0.1, 0.4),
    "epoch": lambda x: nks.epoch(x, x["events"], 0.0, 0.2),
}

any_recording = given(recordings(WITH_ACTIVITY))
bounded = settings(deadline=None, max_examples=8, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("name", STEPS)
@bounded
@any_recording
def test_a_step_gives_a_valid_recording_or_says_what_to_mend(name: str, rec: xr.DataTree) -> None:
    if name == "epoch" and "events" not in rec.children:
        return
    before = rec.copy(deep=True)
    try:
        out = STEPS[name](rec)
    except NeurokitError as error:
        assert error.mend  # noqa: PT017  either outcome is right
        return
    finally:
        assert rec.identical(before)
    found = schema.validate(out)
    assert found.ok, found
    assert out["activity/signal"].dtype.kind == "f"
    assert len(schema.as_history(out)) == len(schema.as_history(rec)) + 1
    space = schema.space_dim(rec["activity/signal"])
    assert np.array_equal(out[f"activity/{space}"].values, rec[f"activity/{space}"].values)


@bounded
@any_recording
def test_what_was_not_observed_never_becomes_observed(rec: xr.DataTree) -> None:
    signal = rec["activity/signal"]
    for name in ("smooth", "derivative", "zscore"):
        try:
            out = STEPS[name](signal)
        except NeurokitError:
            continue
        assert np.isnan(out.values)[np.isnan(signal.values)].all()
