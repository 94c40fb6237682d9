"""A sparse NWB file of 10 GB: opening reads headers, a second from the middle reads a second."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
from pynwb import NWBHDF5IO, NWBFile
from pynwb.ecephys import ElectricalSeries

N_CHANNELS, RATE = 1024, 2500.0
N_TIMES = 10 * 2**30 // (2 * N_CHANNELS)
MIDDLE = N_TIMES // 2

# Opened twice: what is measured is reading a file, not importing the library.
MEASURE = """
import json, resource, sys, time
import neurokit as nk
def rss(): return int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
small, large, first, last = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:5])
nk.open(small).activity.signal[:2].load()
before = rss()
rec = nk.open(large)
opened = rss()
start = time.perf_counter()
part = rec.activity.signal[first:last].load()
seconds = time.perf_counter() - start
print(json.dumps({"before": before, "opened": opened, "seconds": seconds, "shape": part.shape,
                  "first": float(part[0, 0]), "last": float(part[-1, -1])}))
"""


def _skeleton(path):
    from datetime import UTC, datetime

    start = datetime(2024, 1, 1, tzinfo=UTC)
    file = NWBFile(session_description="large", identifier="large", session_start_time=start)
    device = file.create_device(name="array")
    group = file.create_electrode_group(
        name="g", description="ecog grid", location="V1", device=device
    )
    for i in range(N_CHANNELS):
        place = {"x": 400.0 * (i % 32), "y": 400.0 * (i // 32), "z": 0.0}
        file.add_electrode(location="V1", group=group, **place)
    region = file.create_electrode_table_region(region=list(range(N_CHANNELS)), description="all")
    data = np.ones((100, N_CHANNELS), np.int16)
    options = {"rate": RATE, "conversion": 1e-6}
    file.add_acquisition(ElectricalSeries(name="raw", data=data, electrodes=region, **options))
    with NWBHDF5IO(str(path), "w") as io:
        io.write(file)
    return path


def _swell(path):
    """Give the series 10 GB that take no room on the disk, and one second of numbers."""
    with h5py.File(path, "r+") as handle:
        series = handle["acquisition/raw"]
        attrs = dict(series["data"].attrs)
        del series["data"]
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((N_TIMES, N_CHANNELS))
        h5py.h5d.create(series.id, b"data", h5py.h5t.NATIVE_INT16, space, dcpl=plan)
        series["data"].attrs.update(attrs)
        series["data"][MIDDLE] = 7
        series["data"][MIDDLE + int(RATE) - 1] = 9


@pytest.mark.slow
def test_ten_gigabytes_open_in_little_memory_and_a_second_reads_at_once(tmp_path):
    small, large = _skeleton(tmp_path / "small.nwb"), _skeleton(tmp_path / "large.nwb")
    _swell(large)
    assert large.stat().st_size > 10e9
    if large.stat().st_blocks * 512 > 1e9:
        pytest.skip("the file system has no sparse files")
    window = [str(MIDDLE), str(MIDDLE + int(RATE))]
    command = [sys.executable, "-c", MEASURE, str(small), str(large), *window]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    print(found)
    # The time axis itself is 42 MB: 8 bytes for each of 5.2 million samples.
    assert found["opened"] < 200
    assert found["seconds"] < 0.3
    assert found["shape"] == [int(RATE), N_CHANNELS]
    assert found["first"] == pytest.approx(7e-6, rel=1e-6)
    assert found["last"] == pytest.approx(9e-6, rel=1e-6)
