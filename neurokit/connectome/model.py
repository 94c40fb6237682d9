"""The estimator of non-negative tensor factorization with missing entries."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.connectome import factors as labelled
from neurokit.connectome.chunked import is_chunked, observe_chunks
from neurokit.connectome.comparison import similarity, stability
from neurokit.connectome.compression import (
    CompressedTensor,
    can_compress,
    compress,
    worth_compressing,
)
from neurokit.connectome.conversion import labelled_cp, weights_and_factors
from neurokit.connectome.dimension_tree import Array
from neurokit.connectome.extrapolated import Fit
from neurokit.connectome.inputs import (
    as_float,
    as_labelled,
    as_mask,
    as_start,
    as_tied,
    compute_dtype,
)
from neurokit.connectome.parallel import Start, n_workers, run_starts
from neurokit.connectome.projection import new_loadings, new_slab
from neurokit.connectome.solve import Settings
from neurokit.connectome.starts import random_factors
from neurokit.connectome.tensor import ObservedTensor, observe, relative_error
from neurokit.connectome.torch_tensor import on_device
from neurokit.errors import (
    ConvergenceWarning,
    NeurokitWarning,
    OptionError,
    SchemaError,
    check_option,
)
from neurokit.estimator import Estimator, single_thread
from neurokit.randomness import as_generator

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class NonNegativeCP(Estimator):
    """min sum over observed entries (x - sum_r w_r f1_r o f2_r o ...)^2, all factors >= 0.

    Hierarchical alternating least squares (HALS), extrapolated, from several random starts that
    share every pass over the data; the best is kept. NaN is not observed and takes no part. The
    objective never rises. A tensor of zeros gives zero factors and a warning.

    Parameters
    ----------
    rank : int
        Number of components R.
    n_restarts : int, default 8
        Random starts.
    max_iter : int, default 500
        Most sweeps over all modes per start.
    tol : float, default 1e-6
        A start has converged when its relative error falls by less than this in one sweep.
    random_state : None, int or numpy.random.Generator
        Source of the starts.
    symmetric : tuple of two str, optional
        Two dims of a tensor (a, b, c) with x[a, b] = x[b, a]: they get one factor.
    compress : bool or "auto", default "auto"
        Find the starts' optima on a small Tucker core that all share, then go on over the data
        until `tol`; where that moves the error by more than 1e-4 of itself, all starts are run
        over the data too and the better fit counts. "auto" does so where the tensor is large. Never
        done with missing entries or symmetric dims.
    dtype : {"float32", "float64"}, optional
        Of products with the tensor; None takes float32 for float32 tensors of more than 2^22
        entries alone. Factors and `error_` are float64 in any case.
    backend : {"numpy", "torch"}, default "numpy"
        Where passes over a tensor in memory run; results are equal to rounding. PyTorch is the
        extra ``torch``.
    device : str, optional
        Of PyTorch; None takes a GPU where there is one.
    n_jobs : int, default 1
        Groups of starts that run at once, -1 for one per processor; the result is the same bytes.
    progress : bool, optional
        Show a bar; None shows it when a terminal or notebook is attached.

    Attributes
    ----------
    factors_ : Dataset
        (component, dim) of every mode with the tensor's coordinates, of unit norm, under
        ``time_course`` or ``<dim>_loading``; ``weight``(component), descending. Rows never
        observed are NaN.
    error_ : float
        || x - model || / || x || over observed entries, float64.
    objective_trace_ : DataArray
        (iteration) squared relative error of the start kept, over sweeps on the data.
    converged_ : bool
        Whether the start kept met `tol`.
    n_iter_ : int
        Its sweeps.
    restart_errors_ : DataArray
        (restart) relative error of every start.
    restart_similarity_ : DataArray
        (restart) similarity of every start's factors to those kept: 1 where the solution does
        not depend on the start.
    stability_ : float
        Mean similarity of all pairs of starts.

    References
    ----------
    .. [1] Cichocki and Phan (2009). doi:10.1587/transfun.E92.A.708
    .. [2] Ang, Cohen, Gillis and Hien (2021). doi:10.1002/nla.2373

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> tensor = np.einsum("ar,br,cr->abc", *(rng.random((n, 2)) for n in (6, 5, 4)))
    >>> model = NonNegativeCP(rank=2, n_restarts=2, tol=1e-4, random_state=0).fit(tensor)
    >>> model.error_ < 0.02
    True
    """

    factors_: xr.Dataset
    error_: float
    objective_trace_: xr.DataArray
    converged_: bool
    n_iter_: int
    restart_errors_: xr.DataArray
    restart_similarity_: xr.DataArray
    stability_: float

    def __init__(
        self,
        rank: int,
        *,
        n_restarts: int = 8,
        max_iter: int = 500,
        tol: float = 1e-6,
        random_state: int | np.random.Generator | None = None,
        symmetric: tuple[str, str] | None = None,
        compress: bool | Literal["auto"] = "auto",
        dtype: str | None = None,
        backend: Literal["numpy", "torch"] = "numpy",
        device: str | None = None,
        n_jobs: int = 1,
        progress: bool | None = None,
    ) -> None:
        self.rank = rank
        self.n_restarts = n_restarts
        self.max_iter = max_iter
        self.tol = tol
        self.random_state = random_state
        self.symmetric = symmetric
        self.compress = compress
        self.dtype = dtype
        self.backend = backend
        self.device = device
        self.n_jobs = n_jobs
        self.progress = progress

    def fit(
        self,
        tensor: xr.DataArray | NDArray[Any],
        mask: xr.DataArray | NDArray[np.bool_] | None = None,
        init: xr.Dataset | Sequence[NDArray[Any]] | None = None,
    ) -> Self:
        """Factorize a tensor of 2 to 4 modes.

        Parameters
        ----------
        tensor : DataArray or ndarray
            For example (pair, time, recording); modes of an ndarray are called axis_0, axis_1...
            NaN is not observed.
        mask : DataArray or ndarray of bool, optional
            True where an entry counts; the shape of the tensor, or one that broadcasts to it.
        init : Dataset or sequence of (size, rank) ndarray, optional
            Start from these factors instead of random ones; then there is one start.

        Returns
        -------
        NonNegativeCP
            Itself, fitted.

        Raises
        ------
        OptionError
            If a parameter or `init` has a value that is not allowed.
        SchemaError
            If the tensor has another number of modes, holds infinities, or nothing is observed.
        """
        x, data = self.prepare(tensor, mask)
        starts = self._starts(data, None if init is None else as_start(init, x, self.rank))
        interrupted = self._run(data, x, starts)
        self._set_history(tensor)
        if interrupted:
            raise KeyboardInterrupt
        self._warn()
        return self

    def prepare(
        self,
        tensor: xr.DataArray | NDArray[Any],
        mask: xr.DataArray | NDArray[np.bool_] | None = None,
    ) -> tuple[xr.DataArray, ObservedTensor]:
        """Check parameters and a tensor, and lay it out.

        Parameters
        ----------
        tensor : DataArray or ndarray
            As in `fit`.
        mask : DataArray or ndarray of bool, optional
            As in `fit`.

        Returns
        -------
        labelled : DataArray
            The tensor, same dims, with names for its modes.
        data : ObservedTensor
            For the array layer.

        Raises
        ------
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If the tensor has another number of modes, holds infinities, or nothing is observed.
        """
        self._check_parameters()
        x = as_labelled(tensor)
        data = self._observe(x, mask)
        if data.n_observed == 0:
            raise SchemaError("has no observed entry", where="tensor", mend="Check the input.")
        return x, data

    def adopt(self, data: ObservedTensor, x: xr.DataArray, fits: Sequence[Fit]) -> Self:
        """Take what was found for this tensor elsewhere as the result of `fit`.

        Parameters
        ----------
        data : ObservedTensor
            The tensor of the fits.
        x : DataArray
            The same, labelled.
        fits : sequence of Fit
            All of this estimator's rank.

        Returns
        -------
        NonNegativeCP
            Itself, fitted.
        """
        self._keep(data, x, list(fits), False)
        self._set_history(x)
        return self

    def _observe(
        self,
        x: xr.DataArray,
        mask: xr.DataArray | NDArray[np.bool_] | None,
        *,
        tied: bool = True,
    ) -> ObservedTensor:
        seen = None if mask is None else as_mask(mask, x)
        pair = as_tied(self.symmetric, x) if tied else None
        if is_chunked(x) and pair is None:
            return observe_chunks(x.data, seen, compute_dtype(x, self.dtype))
        data = observe(as_float(x, self.dtype), seen, tied=pair)
        return data if self.backend == "numpy" else on_device(data, self.device)

    def _check_parameters(self) -> None:
        for name in ("rank", "n_restarts", "max_iter"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise OptionError(f"is {value!r}", where=name, mend="Give a whole number from 1.")
        n_workers(self.n_jobs)
        check_option("backend", self.backend, ("numpy", "torch"))
        check_option("compress", str(self.compress), ("True", "False", "auto"))
        number = isinstance(self.tol, int | float | np.integer | np.floating)
        if not number or not self.tol >= 0:
            raise OptionError(f"is {self.tol!r}", where="tol", mend="Give a number from 0.")
        as_generator(self.random_state)

    def _starts(self, data: ObservedTensor, init: list[Array] | None) -> list[Start]:
        rng = as_generator(self.random_state)
        if init is None:
            # One stream per start, so that starts do not depend on who runs first.
            streams = rng.spawn(self.n_restarts)
            return [(child, random_factors(data, self.rank, child)) for child in streams]
        level = data.scale ** (-1 / len(init))
        return [(rng, data.sort([level * factor for factor in init]))]

    def _core(self, data: ObservedTensor) -> CompressedTensor | None:
        forced = self.compress is True and can_compress(data)
        if not forced and not (self.compress == "auto" and worth_compressing(data, self.rank)):
            return None
        # The sketch is no source of results: the polish takes its traces away.
        return compress(data, self.rank, np.random.default_rng(0))

    def _run(
        self,
        data: ObservedTensor,
        x: xr.DataArray,
        starts: list[Start],
    ) -> bool:
        """Run all starts and keep what they found; true if the user interrupted."""
        if data.squared_norm == 0:
            nothing = [np.zeros((size, self.rank)) for size in data.shape]
            self._keep(data, x, [Fit(nothing, [0.0], True) for _ in starts], False)
            return False
        with single_thread():
            fits, interrupted = run_starts(
                data,
                starts,
                Settings(self.max_iter, self.tol),
                self._core(data),
                n_jobs=self.n_jobs,
                show=self.progress,
                label=type(self).__name__,
            )
        if fits:
            self._keep(data, x, fits, interrupted)
        return interrupted

    def _keep(
        self, data: ObservedTensor, x: xr.DataArray, fits: list[Fit], interrupted: bool
    ) -> None:
        best = int(np.argmin([fit.errors[-1] for fit in fits]))
        found = [labelled.factors_of_fit(data, x, fit.factors) for fit in fits]
        self.factors_ = found[best]
        with single_thread():
            self.error_ = relative_error(data, fits[best].factors)
        self.objective_trace_ = xr.DataArray(
            np.square(fits[best].errors), dims="iteration", name="objective_trace"
        )
        self.converged_ = fits[best].converged and not interrupted
        self.n_iter_ = len(fits[best].errors)
        self.restart_errors_ = xr.DataArray([fit.errors[-1] for fit in fits], dims="restart")
        self.restart_similarity_ = xr.DataArray(
            [similarity(other, self.factors_) for other in found], dims="restart"
        )
        self.stability_ = stability(found)

    def _warn(self) -> None:
        if not self.converged_:
            text = f"NonNegativeCP: {self.n_iter_} sweeps did not reach tol; raise max_iter or tol."
            warnings.warn(text, ConvergenceWarning, stacklevel=3)
        n_empty = int((self.factors_["weight"] == 0).sum())
        if n_empty:
            text = f"NonNegativeCP: {n_empty} of {self.rank} components are empty; lower the rank."
            warnings.warn(text, NeurokitWarning, stacklevel=3)

    def reconstruct(self) -> xr.DataArray:
        """Return the tensor that the factors stand for.

        Returns
        -------
        DataArray
            Dense, float64, with the tensor's dims and coordinates.
        """
        self._check_fitted()
        return labelled.reconstruct(self.factors_)

    def transform(
        self,
        tensor: xr.DataArray | NDArray[Any],
        dim: str | None = None,
        mask: xr.DataArray | NDArray[np.bool_] | None = None,
    ) -> xr.DataArray:
        """Loadings of new animals, times or pairs, all other modes fixed.

        min over f >= 0 of sum over observed entries (x - sum_r weight_r f_r o (other modes))^2,
        one non-negative least-squares problem per row of `dim`.

        Parameters
        ----------
        tensor : DataArray or ndarray
            Of the same dims as the one fitted, with the same labels along all but `dim`. It may
            lack `dim`: then it is one row, for example (pair, time) of one new animal.
        dim : str, optional
            The mode that is new; None takes the one whose labels or size differ.
        mask : DataArray or ndarray of bool, optional
            True where an entry counts, dims as `tensor`.

        Returns
        -------
        DataArray
            (component, dim), in units of the fit's factors: rows that were fitted get what
            ``factors_`` holds for them, at its optimum. NaN where nothing was observed.

        Raises
        ------
        OptionError
            If it does not show which mode is new.
        LabelError
            If labels of another mode differ.
        """
        self._check_fitted()
        x, new = new_slab(as_labelled(tensor), self.factors_, dim)
        data = self._observe(x, mask, tied=False)
        with single_thread():
            return new_loadings(x, data, self.factors_, new)

    def to_tensorly(self) -> Any:
        """Return weights and factors as tensorly's ``CPTensor``.

        Returns
        -------
        tensorly.cp_tensor.CPTensor
            (weights, [(size, rank), ...]) in the tensor's order of modes; rows never observed are
            0.
        """
        from tensorly.cp_tensor import CPTensor

        self._check_fitted()
        return CPTensor(weights_and_factors(self.factors_))

    @classmethod
    def from_tensorly(cls, cp: Any, tensor: xr.DataArray | NDArray[Any] | None = None) -> Self:
        """Take a non-negative CP tensor of tensorly as a fit.

        Parameters
        ----------
        cp : tensorly.cp_tensor.CPTensor or (weights, factors)
            Non-negative.
        tensor : DataArray or ndarray, optional
            What was factorized: it gives labels and the error; NaN is not observed.

        Returns
        -------
        NonNegativeCP
            Fitted; without `tensor` the error is NaN.

        Raises
        ------
        OptionError
            If shapes do not fit or an entry is negative.
        """
        x = None if tensor is None else as_labelled(tensor)
        factors = labelled_cp(cp, x)
        self = cls(factors.sizes["component"])
        self.factors_, self.error_ = factors, float("nan")
        self.converged_, self.n_iter_ = True, 0
        if x is not None:
            data = self._observe(x, None)
            weights, arrays = weights_and_factors(factors)
            arrays[0] = arrays[0] * (weights / data.scale)
            with single_thread():
                self.error_ = relative_error(data, data.sort(arrays))
        self._set_history(tensor)
        return self

    def similarity(self, other: NonNegativeCP | xr.Dataset) -> float:
        """Mean over matched components of the mean |cos| over modes.

        Parameters
        ----------
        other : NonNegativeCP or Dataset
            Another fit of a tensor with the same labels, or its factors.

        Returns
        -------
        float
            0 to 1; a component without a counterpart counts as 0.
        """
        self._check_fitted()
        if isinstance(other, NonNegativeCP):
            other._check_fitted()
            other = other.factors_
        return similarity(self.factors_, other)

    def plot(self) -> NDArray[Any] | list[Axes]:
        """Draw every component.

        Returns
        -------
        array of matplotlib.axes.Axes
            One row per component, one column per mode.
        """
        from neurokit.connectome.plots import plot_components

        self._check_fitted()
        return plot_components(self.factors_)
