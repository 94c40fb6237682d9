"""Non-negative CP against tensorly's HALS: same tensor, same start, one BLAS thread, one run.

    python benchmarks/connectome_cp.py

Prints seconds of processor time per sweep, the time to tensorly's final error, and ratios.
Times depend on the machine; ratios are what counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import tensorly as tl
from numpy.typing import NDArray
from tensorly.decomposition import non_negative_parafac_hals
from threadpoolctl import threadpool_limits

from neurokit.connectome.hals import fit_hals
from neurokit.connectome.tensor import observe, relative_error

Array = NDArray[np.float64]

# Name: shape, rank, sweeps. Overlapping smooth time courses, dense factors, 30 % noise.
PROBLEMS = {
    "A 100 x 100 x 300, rank 8": ((100, 100, 300), 8, 40),
    "P 1225 x 20 x 480, rank 10": ((1225, 20, 480), 10, 20),
}


def problem(shape: tuple[int, int, int], rank: int) -> tuple[Array, list[Array]]:
    """Tensor of known rank with noise, and a common start."""
    rng = np.random.default_rng(0)
    factors = [
        rng.gamma(1, 1, (size, rank)) * (rng.random((size, rank)) < 0.7) for size in shape[:2]
    ]
    length = shape[2]
    centre, width = rng.random(rank) * length, length * (0.05 + 0.2 * rng.random(rank))
    factors.append(np.exp(-0.5 * ((np.arange(length)[:, None] - centre) / width) ** 2) + 0.05)
    tensor = np.einsum("ar,br,cr->abc", *factors)
    noise = np.abs(rng.standard_normal(shape))
    tensor += noise * 0.3 * np.linalg.norm(tensor) / np.linalg.norm(noise)
    rng = np.random.default_rng(1)
    level = (tensor.mean() / (rank / 8)) ** (1 / 3)
    return tensor, [level * rng.random((size, rank)) for size in shape]


def seconds(function: Callable[[], object]) -> tuple[float, object]:
    """Processor time of one call, and what it returned."""
    begin = time.process_time()
    found = function()
    return time.process_time() - begin, found


def theirs(tensor: Array, start: list[Array], rank: int, n: int) -> tuple[float, float]:
    """Seconds and relative error of tensorly after n sweeps."""
    init = (None, [factor.copy() for factor in start])
    taken, found = seconds(
        lambda: non_negative_parafac_hals(tensor, rank, n_iter_max=n, init=init, tol=0)
    )
    residual = tl.cp_to_tensor(found) - tensor
    return taken, float(np.linalg.norm(residual) / np.linalg.norm(tensor))


def ours(tensor: Array, start: list[Array], n: int) -> tuple[float, float, list[float]]:
    """Seconds (laying out the tensor included), relative error and trace after n sweeps."""

    def run() -> tuple[float, list[float]]:
        data = observe(tensor)
        level = data.scale ** (-1 / tensor.ndim)
        begin = data.sort([level * factor for factor in start])
        rng = np.random.default_rng(0)
        fit = fit_hals(data, begin, max_iter=n, tol=-1.0, rng=rng)
        return relative_error(data, fit.factors), fit.errors

    taken, (error, trace) = seconds(run)  # type: ignore[misc]
    return taken, error, trace


def main() -> None:
    """Run all problems and print one line each."""
    small, begin = problem((6, 5, 4), 2)
    ours(small, begin, 2)  # compiles
    with threadpool_limits(1):
        for name, (shape, rank, n) in PROBLEMS.items():
            tensor, start = problem(shape, rank)
            peer, peer_error = theirs(tensor, start, rank, n)
            mine, error, trace = ours(tensor, start, n)
            single, single_error, _ = ours(tensor.astype(np.float32), start, n)
            needed = next((k + 1 for k, e in enumerate(trace) if e <= peer_error), None)
            reached = "not reached" if needed is None else f"{peer / (mine * needed / n):.1f}x"
            print(
                f"{name}, {n} sweeps\n"
                f"  tensorly  {1e3 * peer / n:7.1f} ms/sweep, error {peer_error:.6f}\n"
                f"  neurokit  {1e3 * mine / n:7.1f} ms/sweep, error {error:.6f}: "
                f"{peer / mine:.1f}x per sweep, {reached} to tensorly's error"
                f"{'' if needed is None else f' ({needed} sweeps)'}\n"
                f"  float32   {1e3 * single / n:7.1f} ms/sweep, error {single_error:.6f}: "
                f"{peer / single:.1f}x per sweep"
            )


if __name__ == "__main__":
    main()
