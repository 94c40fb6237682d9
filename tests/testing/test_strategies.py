"""The strategies reach what they promise, cover every code, and cost nothing unless asked for."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, Phase, given, settings

import neurokit as nk
from neurokit import schema
from neurokit.errors import DependencyError, OptionError
from neurokit.schema import MODALITIES
from neurokit.schema.checks import Code
from neurokit.testing import broken_recordings, recordings
from neurokit.testing._faults import FAULTS

quick = settings(
    deadline=None, max_examples=3, suppress_health_check=list(HealthCheck), derandomize=True
)
search = settings(
    deadline=None,
    max_examples=250,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    derandomize=True,
)


def codes_of_the_schema() -> dict[str, str]:
    """Every code that a check of the schema can give, with its severity."""
    found = {}
    for module in pkgutil.iter_modules(schema.__path__):
        if module.name.startswith("checks_"):
            holder = importlib.import_module(f"neurokit.schema.{module.name}")
            codes = [item for item in vars(holder).values() if isinstance(item, Code)]
            found |= {code.code: code.severity for code in codes}
    return found


def test_every_code_of_validate_has_a_broken_recording_and_no_other_has() -> None:
    assert set(FAULTS) == set(codes_of_the_schema())


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_each_fault_is_flagged_with_its_code_and_severity(code: str) -> None:
    severity = codes_of_the_schema()[code]

    @quick
    @given(broken_recordings([code]))
    def flagged(broken: tuple[xr.DataTree, str]) -> None:
        rec, drawn = broken
        assert drawn == code
        findings = nk.validate(rec, deep=True)
        mine = [finding for finding in findings if finding.code == code]
        assert mine
        assert all(finding.severity == severity for finding in mine)
        assert all(finding.where and finding.found and finding.mend for finding in mine)

    flagged()


Reached = dict[str, Callable[[xr.DataTree], Any]]

REACHED: dict[str, Reached] = {
    "calcium": {
        "trials": lambda rec: "trial" in rec["activity"].dims,
        "a cut": lambda rec: np.ptp(rec["activity"]["run"].values) > 0,
        "irregular time": lambda rec: "sampling_rate" not in rec["activity"].attrs,
        "a mask": lambda rec: not rec["activity"]["observed"].values.all(),
        "positions": lambda rec: np.isnan(rec["activity"]["position"].values).any(),
        "NaN": lambda rec: np.isnan(rec["activity"]["signal"].values).any(),
        "a single sample": lambda rec: rec["activity"].sizes["time"] == 1,
        "no events": lambda rec: rec["events"].sizes["event"] == 0,
        "several events": lambda rec: rec["events"].sizes["event"] > 1,
        "another clock": lambda rec: "time" in rec["behavior/eye"].dims,
        "features": lambda rec: rec["stimulus"].sizes["feature"] > 1,
        "history": lambda rec: rec.attrs["history"] != "[]",
        "a finding of the loader": lambda rec: "NK999" in nk.validate(rec).codes,
        "labels beyond ASCII": lambda rec: any(
            not str(name).isascii() for name in rec["activity"]["neuron"].values
        ),
    },
    "eeg": {
        "conditions": lambda rec: "n_averages" in rec["activity"],
        "channels of several units": lambda rec: "units" not in rec["activity"]["signal"].attrs,
        "a trigger": lambda rec: "signal" in rec["auxiliary/trigger"],
    },
    "spikes": {
        "a silent neuron": lambda rec: rec["spikes"]["spike_end"].values[0] == 0,
        "no spike at all": lambda rec: rec["spikes"].sizes["spike"] == 0,
    },
    "connectome": {
        "a rectangular connectome": lambda rec: (
            rec["connectome"].sizes["pre"] != rec["connectome"].sizes["post"]
        ),
    },
}


@pytest.mark.slow
@pytest.mark.parametrize("modality", REACHED)
def test_what_can_go_wrong_is_drawn(modality: str) -> None:
    missing = dict(REACHED[modality])

    @search
    @given(recordings([modality], max_size=2))
    def tick_off(rec: xr.DataTree) -> None:
        for what, reached in list(missing.items()):
            with suppress(KeyError):  # the group is not there
                if reached(rec):
                    del missing[what]

    tick_off()
    assert not missing


@pytest.mark.parametrize("modality", MODALITIES)
def test_every_modality_can_be_drawn_alone(modality: str) -> None:
    @settings(quick, max_examples=2)
    @given(recordings([modality], max_size=3))
    def drawn(rec: xr.DataTree) -> None:
        assert rec.attrs["modality"] == modality
        assert nk.validate(rec).ok

    drawn()


def test_recordings_are_as_small_as_asked_for() -> None:
    @quick
    @given(recordings(max_size=2))
    def small(rec: xr.DataTree) -> None:
        for node in rec.subtree:
            for dim, size in node.to_dataset(inherit=False).sizes.items():
                most = {"time": 6, "trial": 3, "condition": 3, "space": 3, "synapse_type": 3}
                most |= {"spike": 4, "centroid_axis": 2}
                assert size <= most.get(str(dim), 2)

    small()


def test_unknown_modalities_and_codes_are_errors_that_suggest() -> None:
    with pytest.raises(OptionError, match="did you mean 'calcium'"):
        recordings(["calcum"])
    with pytest.raises(OptionError, match="NK999"):
        broken_recordings(["NK999"])


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.strip()


def test_hypothesis_is_imported_only_for_strategies() -> None:
    code = (
        "import sys, neurokit.testing as t; t.assert_same; print('hypothesis' in sys.modules); "
        "t.recordings; print('hypothesis' in sys.modules)"
    )
    assert run(code).split() == ["False", "True"]


@pytest.mark.parametrize("name", ["recordings", "broken_recordings"])
def test_without_hypothesis_the_error_says_what_to_install(name: str) -> None:
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from neurokit.errors import DependencyError\n"
        "import neurokit.testing as t\n"
        f"try:\n    t.{name}\nexcept DependencyError as error:\n    print(error)"
    )
    assert "neurokit-xarray[test]" in run(code)
    assert issubclass(DependencyError, ImportError)
