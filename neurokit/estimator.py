"""The base of every estimator: parameters, progress, what was fitted, saving and loading.

Fitted attributes end in an underscore and are DataArrays, Datasets, arrays, numbers or strings,
so that a fit is a labelled tree and never needs pickle.
"""

from __future__ import annotations

import itertools
import json
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
import xarray as xr
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError as SklearnNotFittedError

from neurokit._version import __version__
from neurokit.errors import NeurokitWarning, NotFittedError, StoreError
from neurokit.notebook_bar import NotebookLine, in_notebook
from neurokit.schema.history import add_history, as_history
from neurokit.schema.names import SCHEMA
from neurokit.stats.blocked import BlockedCV

Item = TypeVar("Item")

SPLITTER = "neurokit.stats.BlockedCV"
# Variables of a Dataset that a repr names one by one.
_MOST_NAMED = 12


class UnfittedError(NotFittedError, SklearnNotFittedError):  # type: ignore[misc]  # no types there
    """Said before `fit`; scikit-learn knows it too."""


@contextmanager
def single_thread() -> Iterator[None]:
    """Run numerics on one BLAS and OpenMP thread, so that sums have one order.

    Yields
    ------
    None
        The limits hold inside the block.

    Examples
    --------
    >>> with single_thread():
    ...     total = np.ones((50, 50)) @ np.ones(50)
    >>> float(total[0])
    50.0
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def progress(
    items: Iterable[Item], *, total: int | None = None, label: str = "", show: bool | None = None
) -> Iterator[Item]:
    """Iterate with a progress bar.

    Parameters
    ----------
    items : iterable
        What to iterate over.
    total : int, optional
        How many there are.
    label : str
        Written before the bar.
    show : bool, optional
        None shows it when a terminal or notebook is attached.

    Yields
    ------
    object
        The items, in order.

    Examples
    --------
    >>> [i * i for i in progress(range(3), label="squares", show=False)]
    [0, 1, 4]
    """
    from tqdm import tqdm

    notebook = in_notebook()
    hidden = not (sys.stderr.isatty() or notebook if show is None else show)
    place = NotebookLine() if notebook and not hidden else None
    yield from tqdm(items, total=total, desc=label, disable=hidden, leave=False, file=place)


@contextmanager
def counter(
    total: int | None = None, *, label: str = "", show: bool | None = None
) -> Iterator[Callable[[], None]]:
    """Show a progress bar that is moved by calls, for work that is no loop.

    Parameters
    ----------
    total : int, optional
        How often it will be called; default not known, and the bar only counts.
    label : str
        Written before the bar.
    show : bool, optional
        None shows it when a terminal or notebook is attached.

    Yields
    ------
    callable
        Counts one; threads may call it at once.

    Examples
    --------
    >>> with counter(2, label="starts", show=False) as step:
    ...     step()
    ...     step()
    """
    items: Iterable[int] = itertools.count() if total is None else range(total)
    steps, lock = progress(items, total=total, label=label, show=show), threading.Lock()

    def count() -> None:
        with lock:
            next(steps, None)

    try:
        yield count
    finally:
        steps.close()  # type: ignore[attr-defined]


class Estimator(BaseEstimator):  # type: ignore[misc]  # scikit-learn ships no types
    """Base of neurokit's estimators: scikit-learn's conventions, xarray in and out.

    A subclass stores its parameters untouched in ``__init__`` and sets attributes that end in
    an underscore in ``fit``.

    Examples
    --------
    >>> import neurokit as nk
    >>> model = nk.encoding.RidgeEncoder(alphas=(1.0, 10.0))
    >>> isinstance(model, Estimator), model.get_params()["alphas"]
    (True, (1.0, 10.0))
    """

    def _fitted(self) -> dict[str, Any]:
        return {k: v for k, v in vars(self).items() if k.endswith("_") and not k.startswith("_")}

    def _html_repr(self) -> str:
        from neurokit.estimator_html import estimator_html

        return estimator_html(self, self._fitted())

    def _check_fitted(self) -> None:
        """Raise unless `fit` has run.

        Raises
        ------
        NotFittedError
            Says to call fit first.
        """
        if not self._fitted():
            raise UnfittedError(
                "is not fitted yet", where=type(self).__name__, mend="Call fit(...) first."
            )

    def _set_history(self, fitted_on: Any) -> None:
        """Keep the history of what was fitted, with this fit as its last step.

        Parameters
        ----------
        fitted_on : DataTree, DataArray, mapping, list or array
            What `fit` was given.
        """
        sources = fitted_on.values() if isinstance(fitted_on, Mapping) else fitted_on
        first = next(iter(sources), None) if isinstance(sources, Iterable) else None
        source = fitted_on if isinstance(fitted_on, xr.DataTree | xr.DataArray) else first
        carrier = xr.Dataset()
        if isinstance(source, xr.DataTree | xr.DataArray | xr.Dataset):
            carrier.attrs = dict(source.attrs)
        parameters = self.get_params(deep=False)
        seed = parameters.pop("random_state", None)
        name = f"{type(self).__module__.rsplit('.', 1)[0]}.{type(self).__name__}.fit"
        self.history_ = str(add_history(carrier, name, parameters, seed).attrs["history"])

    def to_tree(self) -> xr.DataTree:
        """Return everything fitted as one tree.

        Returns
        -------
        xarray.DataTree
            Arrays and datasets as groups, numbers and strings in the root's attributes, with
            parameters and history.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        """
        self._check_fitted()
        groups: dict[str, xr.Dataset] = {}
        scalars: dict[str, Any] = {}
        for name, value in sorted(self._fitted().items()):
            key = name.rstrip("_")
            if isinstance(value, xr.Dataset):
                groups[f"/{key}"] = value.assign_attrs(kind="dataset")
            elif isinstance(value, xr.DataArray):
                groups[f"/{key}"] = _as_group(value, key, "dataarray")
            elif isinstance(value, np.ndarray):
                dims = [f"{key}_dim_{i}" for i in range(value.ndim)]
                groups[f"/{key}"] = _as_group(xr.DataArray(value, dims=dims), key, "array")
            elif name != "history_":
                scalars[key] = value.item() if isinstance(value, np.generic) else value
        attrs = {
            "schema": SCHEMA,
            "estimator": f"{type(self).__module__}:{type(self).__qualname__}",
            "version": __version__,
            "parameters": json.dumps(_json_parameters(self.get_params(deep=False))),
            "fitted": json.dumps(scalars),
            "history": getattr(self, "history_", "[]"),
        }
        return xr.DataTree.from_dict(
            {"/": xr.Dataset(attrs=attrs), **groups}, name=type(self).__name__
        )

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Save the fit as NetCDF or Zarr.

        Parameters
        ----------
        path : str or Path
            Ends in ``.nc`` or ``.zarr``.
        overwrite : bool, default False
            Replace what is there.

        Returns
        -------
        Path
            `path`.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        """
        from neurokit.io.saving import save

        self._warn_unfinished()
        return save(self.to_tree(), path, overwrite=overwrite)

    def _warn_unfinished(self) -> None:
        """Warn before a fit is stored that was cut short."""
        import warnings

        if getattr(self, "converged_", True) is False:
            text = f"{type(self).__name__}: this fit did not converge or was interrupted"
            warnings.warn(text, NeurokitWarning, stacklevel=3)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load what `save` wrote.

        Parameters
        ----------
        path : str or Path
            A file or store of this class of estimator.

        Returns
        -------
        Estimator
            Fitted, with its parameters.

        Raises
        ------
        StoreError
            If the file holds something else.
        """
        from neurokit.io.opening import open as open_tree

        tree = open_tree(path, "neurokit")
        self = cls._of_tree(tree, str(path))
        tree.close()
        return self

    @classmethod
    def from_tree(cls, tree: xr.DataTree) -> Self:
        """Give back the fit that `to_tree` wrote down, such as a result of a run.

        Parameters
        ----------
        tree : DataTree
            Of `to_tree`, or of ``nk.results(...).trees``.

        Returns
        -------
        Estimator
            Fitted, with its parameters; the tree is not changed.

        Raises
        ------
        StoreError
            If the tree holds something else.

        Examples
        --------
        >>> import neurokit as nk
        >>> model = nk.encoding.RidgeEncoder().fit(np.eye(20), np.eye(20)[:, :2])
        >>> again = nk.encoding.RidgeEncoder.from_tree(model.to_tree())
        >>> bool((again.coef_ == model.coef_).all())
        True
        """
        return cls._of_tree(tree, "tree")

    @classmethod
    def _of_tree(cls, tree: xr.DataTree, where: str) -> Self:
        expected = f"{cls.__module__}:{cls.__qualname__}"
        found = tree.attrs.get("estimator", "no estimator")
        if found != expected:
            raise StoreError(
                f"holds {found}, not {expected}", where=where, mend="Load it with its own class."
            )
        self = cls(**json.loads(tree.attrs["parameters"], object_hook=_as_splitter))
        for name, value in json.loads(tree.attrs["fitted"]).items():
            setattr(self, f"{name}_", value)
        for name, node in tree.children.items():
            group = node.to_dataset(inherit=False).load()
            setattr(self, f"{name}_", from_group(group, name))
        self.history_ = str(tree.attrs["history"])
        return self

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        head = str(super().__repr__(N_CHAR_MAX=N_CHAR_MAX))
        if not self._fitted():
            return f"{head}\n  not fitted"
        lines = [head, f"  fitted: {self._fitted_on()}"]
        for name, value in sorted(self._fitted().items()):
            if name != "history_":
                lines.append(f"  {name:<20} {_brief(value)}")
        return "\n".join(lines)

    def _fitted_on(self) -> str:
        carrier = xr.Dataset(attrs={"history": getattr(self, "history_", "[]")})
        steps = [str(step["function"]) for step in as_history(carrier)]
        return " > ".join(steps) if steps else "on arrays"


def _as_group(array: xr.DataArray, key: str, kind: str) -> xr.Dataset:
    bare = array.copy(deep=False)
    bare.attrs = {k: v for k, v in array.attrs.items() if k != "history"}
    name = "values" if key in array.coords else key
    return bare.to_dataset(name=name).assign_attrs(kind=kind, variable=name)


def from_group(group: xr.Dataset, key: str) -> Any:
    """Give a fitted attribute back from its group in a fitted tree.

    Parameters
    ----------
    group : Dataset
        One group of what `Estimator.to_tree` gave.
    key : str
        The attribute's name without its underscore.

    Returns
    -------
    Dataset, DataArray or ndarray
        As it was fitted.

    Examples
    --------
    >>> import neurokit as nk
    >>> x = np.random.default_rng(0).normal(size=(40, 2))
    >>> tree = nk.encoding.RidgeEncoder(alphas=(1.0,), extend_alphas=False).fit(x, x).to_tree()
    >>> from_group(tree["best_alpha"].to_dataset(), "best_alpha").values
    array([1., 1.])
    """
    kind = group.attrs.pop("kind", "dataset")
    variable = group.attrs.pop("variable", key)
    if kind == "dataset":
        return group
    array = group[variable].rename(key)
    return array.values if kind == "array" else array


def _json_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what JSON holds; a Generator or recording cannot, and becomes None."""
    out: dict[str, Any] = {}
    for key, value in parameters.items():
        if isinstance(value, np.generic):
            out[key] = value.item()
        elif isinstance(value, np.ndarray | xr.DataArray):
            out[key] = value.values.tolist() if isinstance(value, xr.DataArray) else value.tolist()
        elif isinstance(value, np.random.Generator | xr.DataTree | xr.Dataset) or callable(value):
            out[key] = None
        elif isinstance(value, BlockedCV):
            groups = value.groups
            if not isinstance(groups, str | None):
                groups = np.asarray(groups).tolist()
            settings = {"n_splits": value.n_splits, "groups": groups, "gap": value.gap}
            out[key] = {SPLITTER: _json_parameters(settings)}
        elif isinstance(value, Mapping):
            out[key] = _json_parameters(value)
        else:
            out[key] = value
    return out


def _as_splitter(value: dict[str, Any]) -> Any:
    """Give a splitter back from its settings."""
    return BlockedCV(**value[SPLITTER]) if set(value) == {SPLITTER} else value


def _brief(value: Any) -> str:
    if isinstance(value, xr.Dataset) and len(value.data_vars) > _MOST_NAMED:
        total = sum(variable.size for variable in value.data_vars.values())
        return f"Dataset of {len(value.data_vars)} variables, {total} numbers"
    if isinstance(value, xr.Dataset):
        return f"Dataset {', '.join(map(str, value.data_vars))} {dict(value.sizes)}"
    if isinstance(value, xr.DataArray):
        return f"DataArray {dict(value.sizes)}"
    if isinstance(value, np.ndarray):
        return f"array {value.shape} {value.dtype}"
    return f"{value:.6g}" if isinstance(value, float) else str(value)
