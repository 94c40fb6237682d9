"""What the Neural Latents Benchmark says about its datasets: windows, lags, names in a file.

Pei et al. (2021) arXiv:2109.04463 and the benchmark's own description of each dataset.
"""

from __future__ import annotations

from dataclasses import dataclass

from neurokit.errors import OptionError, suggest


@dataclass(frozen=True)
class BenchmarkDataset:
    """How trials of one dataset are cut.

    Parameters
    ----------
    align : str
        Column of the trial table that is time 0.
    window : (float, float)
        First and last edge, s from there.
    behavior : str or None
        Measure that is decoded; None where it stands in the trial table.
    lag_s : float
        How much later than the spikes the behaviour is taken, s.
    """

    align: str
    window: tuple[float, float]
    behavior: str | None
    lag_s: float


DATASETS = {
    "mc_maze": BenchmarkDataset("move_onset_time", (-0.25, 0.45), "hand_vel", 0.1),
    "mc_maze_large": BenchmarkDataset("move_onset_time", (-0.25, 0.45), "hand_vel", 0.12),
    "mc_maze_medium": BenchmarkDataset("move_onset_time", (-0.25, 0.45), "hand_vel", 0.12),
    "mc_maze_small": BenchmarkDataset("move_onset_time", (-0.25, 0.45), "hand_vel", 0.12),
    "mc_rtt": BenchmarkDataset("onset", (0.0, 0.6), "finger_vel", 0.14),
    "area2_bump": BenchmarkDataset("move_onset_time", (-0.1, 0.5), "hand_vel", -0.02),
    "dmfc_rsg": BenchmarkDataset("go_time", (-1.5, 0.0), None, 0.0),
}


def benchmark_dataset(name: str) -> BenchmarkDataset:
    """Return how trials of a dataset are cut.

    Parameters
    ----------
    name : str
        One of `DATASETS`.

    Returns
    -------
    BenchmarkDataset
        Its windows.
    """
    if name not in DATASETS:
        raise OptionError(
            f"is {name!r}",
            where="dataset",
            mend=f"Give align= and window=, or one of {', '.join(DATASETS)}"
            f"{suggest(name, DATASETS) or '.'}",
        )
    return DATASETS[name]


def group_name(dataset: str, bin_s: float) -> str:
    """Name of a dataset in a submission: bins of 5 ms have no suffix.

    Parameters
    ----------
    dataset : str
        One of `DATASETS`.
    bin_s : float
        Width of a bin, s.

    Returns
    -------
    str
        For instance ``mc_maze_20``.
    """
    benchmark_dataset(dataset)
    milliseconds = round(bin_s * 1000)
    if milliseconds not in (5, 20) or abs(bin_s * 1000 - milliseconds) > 1e-6:
        raise OptionError(
            f"is {bin_s:g} s", where="bin_s", mend="The benchmark takes bins of 0.005 or 0.02 s."
        )
    return dataset if milliseconds == 5 else f"{dataset}_{milliseconds}"
