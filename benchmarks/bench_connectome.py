"""Non-negative CP against tensorly's HALS: same tensors, one thread, one run, processor seconds.

    python benchmarks/bench_connectome.py [A] [S] [B] [P] [sweep] [--keep]

The problems, their starts and iterations are those of shared/data/benchmarks/README.md; tensorly
runs its fixed iterations (tol=0) from each start, neurokit until its own tolerance. Printed per
problem: seconds and error of both, the factor match to the truth, and the exact iteration against
the time of its two matrix products. ``sweep`` fits ranks 2 to 12 with 10 starts each on P. Times
depend on the machine; ratios are what counts.
"""

from __future__ import annotations

import resource
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import tensorly as tl
from numpy.typing import NDArray
from recorded import Results, keep_asked
from tensorly.decomposition import non_negative_parafac_hals
from threadpoolctl import threadpool_limits

from neurokit.connectome.compression import compress
from neurokit.connectome.extrapolated import Fit, fit_batch
from neurokit.connectome.matching import cosines, match
from neurokit.connectome.solve import Settings, solve
from neurokit.connectome.tensor import observe, relative_error

Array = NDArray[np.float64]
KEPT = Results("connectome", "Non-negative factorization", ["tensorly"], "0 (data), 1 (starts)")


@dataclass(frozen=True)
class Problem:
    """One tensor to factorize: shape, rank, tensorly's sweeps and restarts."""

    shape: tuple[int, int, int]
    rank: int
    n_sweeps: int
    n_restarts: int
    symmetric: bool = False


PROBLEMS = {
    "A": Problem((100, 100, 300), 8, 150, 8),
    "S": Problem((100, 100, 300), 8, 60, 4, symmetric=True),
    "B": Problem((150, 150, 1000), 10, 25, 4),
    # The line of speed asks for 8 restarts on A and P.
    "P": Problem((1225, 20, 480), 10, 80, 8),
}


def data_of(problem: Problem) -> tuple[Array, list[Array]]:
    """Tensor of known rank with noise, and the truth."""
    rng = np.random.default_rng(0)
    shape, rank = problem.shape, problem.rank
    factors = [rng.gamma(1, 1, (size, rank)) * (rng.random((size, rank)) < 0.7) for size in shape]
    if problem.symmetric:
        factors[1] = factors[0]
    length = shape[2]
    centre, width = rng.random(rank) * length, length * (0.05 + 0.2 * rng.random(rank))
    factors[2] = np.exp(-0.5 * ((np.arange(length)[:, None] - centre) / width) ** 2) + 0.05
    tensor = np.einsum("ar,br,cr->abc", *factors, optimize=True)
    noise = np.abs(rng.standard_normal(shape))
    tensor += noise * (0.3 * np.linalg.norm(tensor) / np.linalg.norm(noise))
    if problem.symmetric:
        tensor = (tensor + tensor.transpose(1, 0, 2)) / 2
    return np.ascontiguousarray(tensor), factors


def starts_of(problem: Problem, tensor: Array) -> list[list[Array]]:
    """The common starts."""
    rng = np.random.default_rng(1)
    level = (tensor.mean() / (problem.rank / 8)) ** (1 / 3)
    return [
        [level * rng.random((size, problem.rank)) for size in problem.shape]
        for _ in range(problem.n_restarts)
    ]


def seconds(function: Callable[[], object]) -> tuple[float, object]:
    """Processor time of one call, and what it returned."""
    begin = time.process_time()
    found = function()
    return time.process_time() - begin, found


def factor_match(found: list[Array], truth: list[Array]) -> float:
    """Mean over true components of the product over modes of the cosine."""
    score = np.ones((truth[0].shape[1],) * 2)
    for a, b in zip(found, truth, strict=True):
        score = score * cosines(a.T, b.T)
    rows, columns = match(score)
    return float(score[rows, columns].mean())


def theirs(tensor: Array, start: list[Array], problem: Problem) -> tuple[float, float]:
    """Seconds and relative error of tensorly from one start."""
    init = (None, [factor.copy() for factor in start])
    taken, found = seconds(
        lambda: non_negative_parafac_hals(
            tensor, problem.rank, n_iter_max=problem.n_sweeps, init=init, tol=0
        )
    )
    residual = tl.cp_to_tensor(found) - tensor
    return taken, float(np.linalg.norm(residual) / np.linalg.norm(tensor))


def ours(
    tensor: Array, starts: list[list[Array]], problem: Problem
) -> tuple[float, list[float], list[Fit], list[list[Array]]]:
    """Seconds (laying out and exact error included), errors, fits and factors."""

    def run() -> object:
        data = observe(tensor, tied=(0, 1) if problem.symmetric else None)
        level = data.scale ** (-1 / 3)
        begin = [data.sort([level * factor for factor in start]) for start in starts]
        if problem.symmetric:
            begin = [[a, a.copy(), c] for a, _, c in begin]
        rngs = np.random.default_rng(0).spawn(len(starts))
        core = None
        if not problem.symmetric:
            core = compress(data, problem.rank, np.random.default_rng(0))
        fits = solve(data, begin, rngs, Settings(500, 1e-6), core=core)
        return data, fits, [relative_error(data, fit.factors) for fit in fits]

    taken, found = seconds(run)
    data, fits, errors = found  # type: ignore[misc]
    return taken, errors, fits, [data.unsort(fit.factors) for fit in fits]


def exact_iteration(tensor: Array, start: list[Array], problem: Problem) -> tuple[float, float]:
    """Seconds per sweep over the data from one start, and of its two matrix products alone."""
    data = observe(tensor)
    rng = np.random.default_rng(0)
    first, last = data.sort(start)[0], data.sort(start)[-1]
    flat, turned = tensor.reshape(-1, tensor.shape[-1]), tensor.reshape(len(tensor), -1).T

    def products() -> None:
        for _ in range(20):
            flat @ last
            turned @ first

    options = {"max_iter": 20, "tol": -1.0}
    best = [np.inf, np.inf]
    for _ in range(3):
        sweeps, _ = seconds(lambda: fit_batch(data, [data.sort(start)], [rng], **options))
        limit, _ = seconds(products)
        best = [min(best[0], sweeps / 20), min(best[1], limit / 20)]
    return best[0], best[1]


def compare(name: str, problem: Problem, peer_restarts: int) -> None:
    """Print one problem's lines; tensorly's seconds for all restarts follow from those run."""
    tensor, truth = data_of(problem)
    starts = starts_of(problem, tensor)
    runs = [theirs(tensor, start, problem) for start in starts[:peer_restarts]]
    peer = float(np.mean([taken for taken, _ in runs]))
    peer_error = min(error for _, error in runs)
    taken, errors, _, factors = ours(tensor, starts, problem)
    one, one_error, one_fit, _ = ours(tensor, starts[:1], problem)
    best = int(np.argmin(errors))
    print(
        f"{name} {problem.shape} rank {problem.rank}, {problem.n_restarts} starts\n"
        f"  tensorly  {peer:7.2f} s per start ({problem.n_sweeps} sweeps, {peer_restarts} run), "
        f"error {peer_error:.6f}\n"
        f"  neurokit  {taken:7.2f} s for all, error {min(errors):.6f} to {max(errors):.6f} "
        f"({min(errors) / peer_error - 1:+.1e}), match {factor_match(factors[best], truth):.4f}: "
        f"{peer * problem.n_restarts / taken:.1f}x\n"
        f"  one start {one:7.2f} s, {len(one_fit[0].errors)} sweeps, error {one_error[0]:.6f} "
        f"({one_error[0] / runs[0][1] - 1:+.1e}): {runs[0][0] / one:.1f}x"
    )
    excess = f"relative error {min(errors) / peer_error - 1:+.0e} of theirs, which is from 1 start"
    size = f"{name}: {' x '.join(map(str, problem.shape))}, rank {problem.rank}"
    KEPT.add(f"{size}, {problem.n_restarts} starts", "tensorly HALS", taken,
             peer * problem.n_restarts, agreement=excess)  # fmt: skip
    excess = f"relative error {one_error[0] / runs[0][1] - 1:+.0e} of theirs"
    KEPT.add(f"{size}, one start", "tensorly HALS", one, runs[0][0], agreement=excess)
    if not problem.symmetric:
        sweep, limit = exact_iteration(tensor, starts[0], problem)
        print(
            f"  iteration {1e3 * sweep:7.2f} ms, two products {1e3 * limit:.2f} ms: "
            f"{sweep / limit:.2f} of the limit",
            flush=True,
        )


def rank_sweep() -> None:
    """Ranks 2 to 12 with 10 starts each on P: seconds, and memory beyond the tensor's."""
    import neurokit as nk

    tensor, _ = data_of(PROBLEMS["P"])
    # What imports and compiles is no part of a sweep.
    nk.connectome.rank_sweep(tensor[:6, :5, :4], [1, 2], n_restarts=2, random_state=0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    tracemalloc.start()
    taken, models = seconds(
        lambda: nk.connectome.rank_sweep(tensor, range(2, 13), n_restarts=10, random_state=0)
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(
        f"P, ranks 2 to 12 with 10 starts: {taken:.1f} s, {peak / tensor.nbytes:.2f} of the "
        f"tensor's memory in addition (process grew by {grown * 1024 / tensor.nbytes:.2f})"
    )
    for rank, model in models.items():  # type: ignore[attr-defined]
        print(f"  rank {rank:2d}: error {model.error_:.6f}, stability {model.stability_:.3f}")


def main(names: list[str]) -> None:
    """Run what is named, or all."""
    small = Problem((12, 10, 14), 2, 2, 2)
    tensor, _ = data_of(small)
    # Compiles.
    ours(tensor, starts_of(small, tensor), small)
    square = Problem((12, 12, 14), 2, 2, 1, symmetric=True)
    tensor, _ = data_of(square)
    ours(tensor, starts_of(square, tensor), square)
    with threadpool_limits(1):
        for name in names or [*PROBLEMS, "sweep"]:
            if name == "sweep":
                rank_sweep()
            else:
                compare(name, PROBLEMS[name], 1)


if __name__ == "__main__":
    KEEP = keep_asked()
    main(sys.argv[1:])
    if KEEP:
        KEPT.keep()
