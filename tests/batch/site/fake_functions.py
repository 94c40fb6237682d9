"""What the recipes of `fake_recipes` run, in children."""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from fake_recipes import (
    MeanParameters,
    NoiseParameters,
    RaiseParameters,
    SlowParameters,
    TroubleParameters,
)

from neurokit.batch import outcome
from neurokit.errors import ConvergenceWarning, FileContentError
from neurokit.recipe import Outcome, Parameters, Picture

if os.environ.get("FAKE_STORE") == "zarr":
    outcome.LARGEST_NETCDF = -1  # every result is a large one, in the child that imports this


def tree(**values: object) -> xr.DataTree:
    """Return a tree of scalars and vectors."""
    variables = {}
    for name, value in values.items():
        array = np.asarray(value, dtype=float)
        variables[name] = ((f"index_{name}",) * array.ndim, array)
    return xr.DataTree(xr.Dataset(variables))


def tally(what: str) -> None:
    """Write down that a recipe ran, in the file that the environment names."""
    file = os.environ.get("FAKE_TALLY")
    if file:
        with Path(file).open("a", encoding="utf-8") as handle:
            handle.write(f"{what}\n")


def mean(
    recordings: Mapping[str, xr.DataTree], parameters: MeanParameters, needs: Mapping[str, object]
) -> Outcome:
    """Mean of a signal, with a figure, facts and a table."""
    from matplotlib import pyplot

    (name, recording), *_ = recordings.items()
    tally(f"mean {name}")
    signal_values = recording["activity"]["signal"].to_numpy() ** parameters.power
    figure, axes = pyplot.subplots(figsize=(2, 1))
    axes.plot(signal_values[:, 0])
    return Outcome(
        tree(mean=np.nanmean(signal_values)),
        {"trace": Picture(figure, f"First trace of {name} (a.u.)")},
        {"samples": signal_values.shape[0], "mean": np.float32(signal_values.mean()), "no": np.nan},
        {"columns": pd.DataFrame({"column": [0, 1], "mean": signal_values.mean(axis=0)[:2]})},
    )


def compare(
    recordings: Mapping[str, xr.DataTree], parameters: Parameters, needs: Mapping[str, xr.DataTree]
) -> Outcome:
    """How many recordings and needs there are."""
    tally(f"compare {' '.join(recordings)}")
    return Outcome(
        tree(n=len(recordings), needed=len(needs)), facts={"needs": " ".join(sorted(needs))}
    )


def after(
    recordings: Mapping[str, xr.DataTree], parameters: Parameters, needs: Mapping[str, xr.DataTree]
) -> Outcome:
    """Twice the mean that another recipe found."""
    (name,) = recordings
    tally(f"after {name}")
    return Outcome(tree(double=2 * needs["fake.mean"]["mean"].item()))


def noise(
    recordings: Mapping[str, xr.DataTree], parameters: NoiseParameters, needs: Mapping[str, object]
) -> Outcome:
    """Numbers from a seed, through linear algebra that could depend on threads."""
    name, *_ = recordings
    tally(f"noise {name}")
    matrix = np.random.default_rng(parameters.random_state).normal(size=(200, 200))
    values = np.linalg.svd(matrix @ matrix.T, compute_uv=False)
    threads = float(os.environ["OMP_NUM_THREADS"])
    return Outcome(tree(values=values, threads=threads, preloaded="mne" in sys.modules))


def bulk(
    recordings: Mapping[str, xr.DataTree], parameters: NoiseParameters, needs: Mapping[str, object]
) -> Outcome:
    """A result of some megabytes in several groups, so that writing it takes a while."""
    name, *_ = recordings
    tally(f"bulk {name}")
    generator = np.random.default_rng([parameters.random_state, *name.encode()])
    groups = {}
    for group in ("left", "right"):
        data = generator.normal(size=(4, 50_000)).astype(np.float32)
        groups[group] = xr.Dataset({"values": (("row", "time"), data)}).chunk(row=1)
    return Outcome(xr.DataTree.from_dict(groups))


def compute(
    recordings: Mapping[str, xr.DataTree], parameters: Parameters, needs: Mapping[str, object]
) -> Outcome:
    """Half a second of one processor."""
    tally(f"work {' '.join(recordings)}")
    total, matrix = 0.0, np.full((200, 200), 1e-3)
    while time.process_time() < 0.5:
        total += float((matrix @ matrix).sum())
    return Outcome(tree(n=len(recordings)))


def fail(
    recordings: Mapping[str, xr.DataTree], parameters: RaiseParameters, needs: Mapping[str, object]
) -> Outcome:
    """Raise, leave, or give nothing."""
    if parameters.what == "ValueError":
        raise ValueError("the matrix is singular")
    if parameters.what == "NeurokitError":
        raise FileContentError("has no heartbeat", where="worm.h5", mend="Feed the worm.")
    if parameters.what == "SystemExit":
        sys.exit("bye")
    if parameters.what == "warning":
        warnings.warn("the worm is asleep", ConvergenceWarning, stacklevel=1)
        logging.getLogger("some.library").error("a line\nbreak, %d%%", 50)
        return Outcome(tree(n=0))
    return None  # type: ignore[return-value]


def trouble(
    recordings: Mapping[str, xr.DataTree],
    parameters: TroubleParameters,
    needs: Mapping[str, object],
) -> Outcome:
    """Hang, die or eat memory."""
    print("about to", parameters.what, flush=True)
    return TROUBLES[parameters.what]()


def _sleep() -> Outcome:
    time.sleep(600)
    return Outcome(tree(never=1))


def _spin() -> Outcome:
    # The interpreter's lock is held throughout: no thread of this process gets to run.
    pow(3, 10**9)
    return Outcome(tree(never=1))


def _block() -> Outcome:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    return _sleep()


def _exit() -> Outcome:
    os._exit(3)


def _kill() -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    return _sleep()


def _crash() -> Outcome:
    os.kill(os.getpid(), signal.SIGSEGV)
    return _sleep()


def _hoard() -> Outcome:
    held = []
    for _ in range(4000):
        held.append(np.ones(2**17))  # 1 MB, touched
        time.sleep(0.002)
    return Outcome(tree(never=len(held)))


def _huge() -> Outcome:
    return Outcome(tree(never=np.ones(2**33)[0]))  # 64 GB at once


def _thread() -> Outcome:
    import threading

    threading.Thread(target=time.sleep, args=(600,)).start()
    return Outcome(tree(fine=1))


def _child() -> Outcome:
    import subprocess

    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(os.environ["FAKE_TALLY"]).write_text(str(process.pid), encoding="utf-8")
    return _sleep()


def _worker() -> Outcome:
    # The parent is the server of the children, whose parent is a cluster's worker.
    stat = Path(f"/proc/{os.getppid()}/stat").read_text(encoding="ascii")
    os.kill(int(stat.rpartition(")")[2].split()[1]), signal.SIGKILL)
    return _sleep()


TROUBLES = {
    "sleep": _sleep,
    "spin": _spin,
    "block": _block,
    "exit": _exit,
    "kill": _kill,
    "crash": _crash,
    "hoard": _hoard,
    "huge": _huge,
    "thread": _thread,
    "child": _child,
    "worker": _worker,
}


def slow(
    recordings: Mapping[str, xr.DataTree], parameters: SlowParameters, needs: Mapping[str, object]
) -> Outcome:
    """Take a while."""
    (name,) = recordings
    tally(f"slow {name}")
    time.sleep(parameters.seconds)
    return Outcome(tree(length=recording_length(recordings[name])))


def recording_length(recording: xr.DataTree) -> int:
    """Return the number of samples."""
    return int(recording["activity"].sizes["time"])
