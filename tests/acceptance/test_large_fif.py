"""A FIF file of 10 GB is opened in less than 200 MB and read from the middle in less than 0.3 s.

The file is sparse: its samples are zeros that take no room on the disk, but for marked ones.
1024 channels at 1 kHz are 41 minutes; the time axis, 8 bytes a sample, is part of the 200 MB.
"""

import os
import subprocess
import sys
from pathlib import Path

import mne
import numpy as np
import pytest
from neurokit_loaders.mne_fif import BLOCK_END

N_CHANNELS, RATE, BUFFER, N_BUFFERS = 1024, 1000, 10_000, 245
MARK = 1_225_500
# One thread: a pool of threads would take memory for each of them.
THREADS = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

MEASURE = """
import re, sys, time
from pathlib import Path
import numpy as np
import neurokit as nk

def peak_mb():
    # Not getrusage, whose maximum a child inherits from the process that started it.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1e3

begin = time.perf_counter()
rec = nk.open(sys.argv[1])
opened = time.perf_counter() - begin
peak = peak_mb()
mark, rate = int(sys.argv[2]), 1000
begin = time.perf_counter()
second = rec.activity.signal.isel(time=slice(mark - 500, mark + 500)).values
taken = time.perf_counter() - begin
after = peak_mb()
assert second.shape == (1000, 1024)
where = np.argwhere(second).tolist()
print(peak, taken, after, opened, rec.activity.sizes["time"], where)
"""


def _tag(kind, type_, size):
    return np.array([kind, type_, size, 0], dtype=">i4").tobytes()


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    small, path = folder / "small_raw.fif", folder / "large_raw.fif"
    info = mne.create_info(N_CHANNELS, RATE, "ecog", verbose=False)
    with info._unlock():
        for ch in info["chs"]:
            ch["cal"] = 1e-6
    mne.io.RawArray(np.zeros((N_CHANNELS, 10)), info, verbose=False).save(small, verbose=False)
    content = small.read_bytes()
    begin = content.index(_tag(300, 4, 10 * N_CHANNELS * 4))
    end = content.index(np.array([BLOCK_END, 3, 4, 0, 102], dtype=">i4").tobytes())
    size = BUFFER * N_CHANNELS * 4
    with path.open("wb") as handle:
        handle.write(content[:begin])
        for i in range(N_BUFFERS):
            handle.write(_tag(300, 4, size))
            start = handle.tell()
            if i == MARK // BUFFER:
                handle.seek(start + ((MARK % BUFFER) * N_CHANNELS + 7) * 4)
                handle.write(np.array([1.0], dtype=">f4").tobytes())
            handle.seek(start + size)
        handle.write(content[end:])
    if path.stat().st_blocks * 512 > 2**30:
        pytest.skip("this file system has no sparse files")
    return path


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_sparse_file_of_10_gb_opens_small_and_is_read_by_windows(large):
    assert large.stat().st_size > 10e9
    command = [sys.executable, "-c", MEASURE, str(large), str(MARK)]
    # A stall of a shared machine is no fault of the reader: the best of three counts.
    best = None
    for _ in range(3):
        done = subprocess.run(
            command, check=True, capture_output=True, text=True, env={**os.environ, **THREADS}
        )
        peak, taken, after, opened, n_times, where = done.stdout.split(maxsplit=5)
        assert int(n_times) == BUFFER * N_BUFFERS
        assert where.strip() == "[[500, 7]]", "the marked sample stands where it was written"
        assert float(peak) < 200, f"opening took {peak} MB"
        assert float(after) < 200, f"a second from the middle took {after} MB"
        best = min(float(taken), best or np.inf)
        print(f"opened in {float(opened):.2f} s and {peak} MB, one second in {taken} s")
    assert best < 0.3
