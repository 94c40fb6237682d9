"""Many runs of non-negative CP side by side, extrapolated, each with a monotone objective.

All restarts share one pass over the data per product. Between updates every factor is moved on
along its last step; a sweep that does not lower the objective is taken back and repeated without
extrapolation. Ang, Cohen, Gillis & Hien (2021) doi:10.1002/nla.2373.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from neurokit.connectome.dimension_tree import AnyFloat, Array
from neurokit.connectome.hals import balance, clear, descend, even_scales, revive
from neurokit.connectome.starts import by_norm
from neurokit.connectome.symmetric import descend_tied
from neurokit.connectome.tensor import ObservedTensor

# Coordinate sweeps per row and update: the matrix products before them cost far more.
_INNER_SWEEPS = 3
# How often components that fell to zero get another direction before they are left empty.
_REVIVALS = 3
# Extrapolation: first weight, growth, growth of its bound, shrinkage (the paper's values).
_WEIGHT, _GROWTH, _BOUND_GROWTH, _SHRINKAGE = 0.5, 1.05, 1.01, 1.5
# Plain sweeps before the first extrapolation: early steps are long and would empty components.
_WARM_UP = 3
# Sweeps after which the scale of components is spread evenly over the modes again.
_BALANCE_EVERY = 10


@dataclass
class Fit:
    """Where one run stands.

    Parameters
    ----------
    factors : list of (size, rank) ndarray
        In internal mode order; component weights are spread evenly over the modes.
    errors : list of float
        Relative error on observed entries after every sweep; it never rises.
    converged : bool
        Whether the error fell by less than the tolerance.
    """

    factors: list[Array]
    errors: list[float] = field(default_factory=list)
    converged: bool = False


@dataclass
class _Run:
    """Extrapolation and progress of one restart, and its columns among all."""

    number: int
    rng: np.random.Generator
    columns: slice
    squares: float = np.inf
    errors: list[float] = field(default_factory=list)
    weight: float = field(default_factory=lambda: _WEIGHT)
    bound: float = 1.0
    careful: bool = True
    revivals: int = 0
    converged: bool = False


class _Batch:
    """Factors of all runs, columns side by side.

    ``kept`` is the last point accepted, ``plain`` the last updates, ``point`` where the next
    sweep starts.
    """

    def __init__(self, tensor: ObservedTensor, starts: Sequence[Sequence[Array]]) -> None:
        self.tensor = tensor
        modes = range(len(tensor.shape))
        self.point = [np.concatenate([s[m] for s in starts], axis=1) for m in modes]
        self.plain = [factor.copy() for factor in self.point]
        self.kept = [factor.copy() for factor in self.point]

    def of(self, factors: Sequence[Array], run: _Run) -> list[Array]:
        return [factor[:, run.columns] for factor in factors]

    def sweep(self, runs: Sequence[_Run]) -> tuple[Array, list[float]]:
        """Update every mode once; return the last factor updated and the squared residuals."""
        first, second = self.tensor.outer
        others = update_order(self.tensor)[:-1]
        weights = np.concatenate(
            [
                np.full(run.columns.stop - run.columns.start, 0.0 if run.careful else run.weight)
                for run in runs
            ]
        )
        if self.tensor.cut == second:
            partial: AnyFloat = self._stream(runs, weights)
            self._extrapolate(runs, partial, second, others[1:], weights)
        else:
            partial = self.tensor.contract(self.point[first], first)
            self._extrapolate(runs, partial, first, others, weights)
            partial = self.tensor.contract(self.point[second], second)
        return self._update(runs, partial, second, first)

    def _extrapolate(
        self,
        runs: Sequence[_Run],
        partial: AnyFloat,
        summed: int,
        modes: Sequence[int],
        weights: Array,
    ) -> None:
        """Update modes one after the other and move each on along its step."""
        for mode in modes:
            new, _ = self._update(runs, partial, summed, mode)
            self.point[mode] = np.maximum(new + weights * (new - self.plain[mode]), 0.0)
            self.plain[mode] = new
            if self.tensor.tied:
                self.point[1], self.plain[1] = self.point[0], self.plain[0]

    def _stream(self, runs: Sequence[_Run], weights: Array) -> Array:
        """Update the mode that is cut and sum over it in one pass; its rows need no others."""
        first, second = self.tensor.outer
        grams = [self.tensor.grams(self.of(self.point, run), second) for run in runs]
        new = self.point[second].copy()

        def renew(stretch: slice, partial: AnyFloat) -> Array:
            numerator = self.tensor.gather(partial, first, self.point, second)
            rows = new[stretch]
            for run, gram in zip(runs, grams, strict=True):
                own = gram[stretch] if len(gram) > 1 else gram
                descend(rows[:, run.columns], numerator[:, run.columns], own, _INNER_SWEEPS)
            step = rows - self.plain[second][stretch]
            moved: Array = np.maximum(rows + weights * step, 0.0)
            self.point[second][stretch] = moved
            return moved

        self.point[second] = self.point[second].copy()
        partial = self.tensor.contract_twice(self.point[first], first, renew)
        self.plain[second] = new
        return partial

    def _update(
        self, runs: Sequence[_Run], partial: AnyFloat, summed: int, mode: int
    ) -> tuple[Array, list[float]]:
        new = self.point[mode].copy()
        if self.tensor.tied and mode == 0:
            slices = self.tensor.on_host(partial)
            for run in runs:
                descend_tied(self.tensor, new, slices, self.point[summed], run.columns)
            return new, []
        numerator = self.tensor.gather(partial, summed, self.point, mode)
        is_last = mode == self.tensor.outer[0]
        squares = []
        for run in runs:
            grams = self.tensor.grams(self.of(self.point, run), mode)
            rows, targets = new[:, run.columns], numerator[:, run.columns]
            descend(rows, targets, grams, _INNER_SWEEPS)
            if is_last:
                squares.append(self._objective(rows, targets, grams))
        return new, squares

    def _objective(self, rows: Array, numerator: Array, grams: Array) -> float:
        cross = float(np.einsum("ir,ir->", numerator, rows))
        if len(grams) == 1:
            model = float(np.einsum("rs,rs->", grams[0], rows.T @ rows))
        else:
            model = float(np.einsum("ir,irs,is->", rows, grams, rows, optimize=True))
        return max(self.tensor.squared_norm - 2 * cross + model, 0.0)

    def keep(self, runs: Sequence[_Run], accepted: Sequence[bool], last: Array) -> None:
        """Keep the points of accepted runs and move on; take the others back."""
        mode = self.tensor.outer[0]
        found = [last if m == mode else factor for m, factor in enumerate(self.point)]
        step = last - self.plain[mode]
        self.point[mode] = last.copy()
        self.plain[mode] = last
        if all(accepted):
            self.kept = found
        for run, good in zip(runs, accepted, strict=True):
            columns = run.columns
            if good:
                weight = 0.0 if run.careful else run.weight
                moved = last[:, columns] + weight * step[:, columns]
                self.point[mode][:, columns] = np.maximum(moved, 0.0)
                if not all(accepted):
                    for kept, factor in zip(self.kept, found, strict=True):
                        kept[:, columns] = factor[:, columns]
        if not all(accepted):
            # `plain` may share memory with what was kept.
            self.plain = [factor.copy() for factor in self.plain]
            for run, good in zip(runs, accepted, strict=True):
                if not good:
                    self.restart(run)

    def restart(self, run: _Run) -> None:
        """Go on from the last accepted point of a run."""
        for mode, kept in enumerate(self.kept):
            self.point[mode] = self.point[mode].copy()
            self.point[mode][:, run.columns] = kept[:, run.columns]
            self.plain[mode][:, run.columns] = kept[:, run.columns]

    def even_out(self) -> None:
        """Spread scales over modes; steps scale along, so extrapolation is not disturbed."""
        scales = even_scales(self.kept)
        for factors in (self.kept, self.point, self.plain):
            factors[:] = [factor * scale for factor, scale in zip(factors, scales, strict=True)]

    def revive(self, run: _Run) -> bool:
        """Give empty components of a settled run another direction; whether there were any."""
        factors = [factor.copy() for factor in self.of(self.kept, run)]
        balance(factors)
        # Of a tied factor at zero all slopes are zero, so it cannot come back that way.
        if factors[0].any(axis=0).all() or self.tensor.tied:
            return False
        draws = by_norm(self.tensor, factors[0].shape[1], run.rng)
        revive(factors, draws, update_order(self.tensor)[0])
        for mode, factor in enumerate(factors):
            for group in (self.kept, self.point, self.plain):
                group[mode] = group[mode].copy()
                group[mode][:, run.columns] = factor
        return True

    def drop(self, runs: Sequence[_Run]) -> None:
        """Keep the columns of these runs alone."""
        for factors in (self.kept, self.point, self.plain):
            factors[:] = [
                np.concatenate([factor[:, run.columns] for run in runs], axis=1)
                for factor in factors
            ]
        lay_out(runs)


def update_order(tensor: ObservedTensor) -> list[int]:
    """Return the modes in the order in which a sweep updates them.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.

    Returns
    -------
    list of int
        The first outer mode comes last; of tied modes only one is listed.
    """
    first, second = tensor.outer
    if tensor.tied:
        return [0, first]
    by_caller = sorted(range(len(tensor.shape)), key=lambda m: -tensor.order[m])
    rest = [m for m in by_caller if m not in (first, second)]
    return [second, *rest, first]


def lay_out(runs: Sequence[_Run]) -> None:
    """Number the columns of runs one after the other, in place."""
    start = 0
    for run in runs:
        width = run.columns.stop - run.columns.start
        run.columns = slice(start, start + width)
        start += width


def fit_batch(
    tensor: ObservedTensor,
    starts: Sequence[Sequence[Array]],
    rngs: Sequence[np.random.Generator],
    *,
    max_iter: int,
    tol: float,
    stop: Callable[[], bool] = lambda: False,
) -> list[Fit]:
    """Minimise the squared residual over observed entries from several starts.

    Parameters
    ----------
    tensor : ObservedTensor
        The data.
    starts : sequence of sequences of (size, rank) ndarray
        Factors in internal mode order; ranks may differ. They are left alone.
    rngs : sequence of numpy.random.Generator
        New directions for components that fall to zero, one stream per start.
    max_iter : int
        Most sweeps.
    tol : float
        Converged when the relative error falls by less than this in one sweep.
    stop : callable
        Asked after every sweep; true ends all runs where they stand.

    Returns
    -------
    list of Fit
        In the order of the starts.
    """
    widths = [np.shape(start[0])[1] for start in starts]
    runs = [_Run(k, rng, slice(0, w)) for k, (rng, w) in enumerate(zip(rngs, widths, strict=True))]
    lay_out(runs)
    batch = _Batch(tensor, starts)
    fits: dict[int, Fit] = {}
    for n in range(1, max_iter + 1):
        last, squares = batch.sweep(runs)
        accepted = [f < run.squares for run, f in zip(runs, squares, strict=True)]
        batch.keep(runs, accepted, last)
        if n % _BALANCE_EVERY == 0:
            batch.even_out()
        for run, good, f in zip(runs, accepted, squares, strict=True):
            settled = _advance(run, good, f, tensor.squared_norm, tol)
            if settled and run.revivals < _REVIVALS and batch.revive(run):
                run.revivals += 1
                run.careful, settled = True, False
            run.converged = settled
        ended = stop() or n == max_iter
        done = [run for run in runs if run.converged or ended]
        for run in done:
            fits[run.number] = _finish(batch, run)
        runs = [run for run in runs if run not in done]
        if not runs:
            break
        if done:
            batch.drop(runs)
    return [fits[k] for k in range(len(starts))]


def _advance(run: _Run, accepted: bool, squares: float, squared_norm: float, tol: float) -> bool:
    """Record a sweep and set the next extrapolation; whether the run has settled."""
    if accepted:
        error = float(np.sqrt(squares / squared_norm)) if squared_norm > 0 else 0.0
        slow = bool(run.errors) and run.errors[-1] - error < tol
        run.squares = squares
        run.errors.append(error)
        settled = slow and run.careful
        if not run.careful:
            run.weight = min(run.bound, _GROWTH * run.weight)
            run.bound = min(1.0, _BOUND_GROWTH * run.bound)
        # Extrapolation may stand still where a plain sweep does not.
        run.careful = slow or len(run.errors) < _WARM_UP
        return settled
    # Not even a plain sweep lowers it: what is left is rounding.
    settled = run.careful
    run.errors.append(run.errors[-1] if run.errors else 1.0)
    if not run.careful:
        run.bound = run.weight
        run.weight /= _SHRINKAGE
    run.careful = True
    return settled


def _finish(batch: _Batch, run: _Run) -> Fit:
    factors = [np.ascontiguousarray(factor) for factor in batch.of(batch.kept, run)]
    factors = [factor.copy() for factor in factors]
    clear(batch.tensor, factors)
    balance(factors)
    return Fit(factors, run.errors, run.converged)
