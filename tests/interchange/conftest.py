"""A Raw that has something in every corner of mne.Info, small enough to make anew per test."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import mne
import numpy as np
import pytest

NAMES = ["MEG 0111", "MEG 0112", "EEG 001", "EEG 002", "EOG 061", "STI 014"]
TYPES = ["mag", "grad", "eeg", "eeg", "eog", "stim"]
MakeRaw = Callable[..., mne.io.RawArray]


def _info(rate: float) -> mne.Info:
    info = mne.create_info(NAMES, rate, TYPES, verbose=False)
    rng = np.random.default_rng(7)
    for ch, frame in zip(info["chs"], (1, 1, 4, 4, 0, 0), strict=True):
        ch["loc"] = rng.normal(scale=0.05, size=12) if frame else np.zeros(12)
        ch["coord_frame"] = frame
        ch["cal"] = 2.0
    shift = np.eye(4)
    shift[:3, 3] = [0.001, -0.002, 0.045]
    data = {
        "nrow": 1,
        "ncol": 1,
        "row_names": None,
        "col_names": ["EEG 001"],
        "data": np.ones((1, 1)),
    }
    with info._unlock():
        info["dev_head_t"] = mne.transforms.Transform("meg", "head", shift)
        info["projs"] = [mne.Projection(active=False, data=data, desc="a projection", kind=1)]
        info["highpass"], info["lowpass"] = 0.1, 40.0
        info["meas_date"] = datetime(2020, 2, 29, 12, 30, 15, 250000, tzinfo=UTC)
    info["line_freq"] = 50.0
    info["bads"] = ["EEG 002"]
    info["experimenter"], info["description"] = "somebody", "a – recording"
    info["subject_info"] = {"his_id": "sub-07", "sex": 2, "birthday": date(1990, 1, 2), "hand": 1}
    info["device_info"] = {"type": "amp", "model": "x", "serial": "1", "site": "y"}
    return info


def _make_raw(
    n: int = 200, rate: float = 100.0, first_samp: int = 500, seed: int = 0
) -> mne.io.RawArray:
    rng = np.random.default_rng(seed)
    scale = np.array([1e-12, 1e-10, 1e-5, 1e-5, 1e-4, 0.0])[:, None]
    values = rng.normal(size=(6, n)) * scale
    values[5, 20:30], values[5, 60:65] = 5, 9
    raw = mne.io.RawArray(values, _info(rate), first_samp=first_samp, verbose=False)
    onset = np.array([0.5, 1.0]) + raw.first_time
    raw.set_annotations(
        mne.Annotations(
            onset,
            [0.2, 0.0],
            ["BAD blink", "go/left"],
            orig_time=raw.info["meas_date"],
            ch_names=[("EEG 001",), ()],
        )
    )
    return raw


@pytest.fixture
def make_raw() -> MakeRaw:
    """``make_raw(n, rate, first_samp, seed)``."""
    return _make_raw


@pytest.fixture
def raw() -> mne.io.RawArray:
    """MEG, EEG, EOG and a trigger line, 2 s at 100 Hz, first_samp 500."""
    return _make_raw()
