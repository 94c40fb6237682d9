"""Recordings whose figures are known beforehand, and files that count what is read of them."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

from neurokit import schema
from neurokit.io import FileArray, lazy_variable


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


class Counted(FileArray):
    """sin(time) * (1 + column), which remembers which samples of which columns were read."""

    def __init__(self, shape, period=50.0, dtype="f4"):
        super().__init__(shape, dtype)
        self.period = period
        self.reads = []

    def read(self, key):
        rows, columns = np.arange(self.shape[0])[key[0]], np.arange(self.shape[1])[key[1]]
        self.reads.append((np.atleast_1d(rows), np.atleast_1d(columns)))
        wave = np.sin(2 * np.pi * np.atleast_1d(rows) / self.period)
        values = wave[:, None] * (1.0 + np.atleast_1d(columns))[None, :]
        return values[:, 0] if np.ndim(columns) == 0 else values

    @property
    def n_read(self):
        return sum(rows.size * columns.size for rows, columns in self.reads)

    @property
    def columns_read(self):
        return sorted({int(c) for _, columns in self.reads for c in columns})

    @property
    def rows_read(self):
        return sorted({int(r) for rows, _ in self.reads for r in (rows[0], rows[-1])})

    @property
    def largest(self):
        return max(rows.size * columns.size for rows, columns in self.reads)


@pytest.fixture
def counted():
    """Return a function that gives a lazy EEG recording and the array behind it."""

    def make(n_samples, n_channels, rate=100.0, period=50.0, run=None):
        array = Counted((n_samples, n_channels), period)
        group = schema.activity(
            lazy_variable(("time", "channel"), array),
            names=[f"E{i}" for i in range(n_channels)],
            space="channel",
            rate=rate,
            coords={"channel_type": ["EEG"] * n_channels},
            run=run,
        )
        return schema.recording({"activity": group}, modality="eeg"), array

    return make


@pytest.fixture
def build():
    """Return a function that builds a small recording of channels from its values."""

    def make(values, *, kinds=None, rate=100.0, bad=None, run=None, position=None, **more):
        values = np.asarray(values, dtype=np.float32)
        n = values.shape[-1]
        kinds = kinds or ["EEG"] * n
        coords = {"channel_type": kinds}
        if bad is not None:
            coords["bad"] = bad
        group = schema.activity(
            values,
            names=[f"c{i}" for i in range(n)],
            space="channel",
            rate=rate,
            coords=coords | more.pop("coords", {}),
            run=run,
            position=position,
            **more,
        )
        return schema.recording({"activity": group}, modality="eeg")

    return make


@pytest.fixture
def worm():
    """Return a function that builds a small recording of neurons from its values."""

    def make(values, *, names=None, rate=4.0, time=None, units=None, **more):
        values = np.asarray(values, dtype=np.float32)
        names = names or [f"N{i}" for i in range(values.shape[-1])]
        group = schema.activity(
            values,
            names=names,
            rate=None if time is not None else rate,
            time=time,
            units=units,
            **more,
        )
        return schema.recording({"activity": group}, modality="calcium")

    return make
