"""Everything a user can do wrong, said one way: where, what was found, how to mend it.

Every class derives from `NeurokitError`, so that one ``except`` catches what neurokit raises. The
commonest kinds name the page of the documentation that shows how they are mended.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import ClassVar

_GUIDE = "guides/mend_an_error.md"


class NeurokitError(Exception):
    """A fault that the user can mend.

    Where the documentation has a page on it, its place stands in `guide` and, below the message, in
    the traceback.

    Parameters
    ----------
    found : str
        What was found, one sentence without the closing full stop.
    where : str
        The file, argument, entry or label it was found in.
    mend : str
        What to do about it, one sentence.
    guide : str, optional
        Page and section of the documentation; by default that of the class, if it has one.

    Examples
    --------
    >>> raise NeurokitError("is empty (0 bytes)", where="a.bdf", mend="Download it again.")
    Traceback (most recent call last):
    ...
    neurokit.errors.NeurokitError: a.bdf: is empty (0 bytes). Download it again.
    >>> UnitsError("2 units: V, T", where="signal").guide
    'docs/guides/mend_an_error.md#units'
    """

    page: ClassVar[str] = ""

    def __init__(
        self, found: str, *, where: str = "", mend: str = "", guide: str | None = None
    ) -> None:
        self.found, self.where, self.mend = found, where, mend
        page = self.page if guide is None else guide
        self.guide = f"docs/{page}" if page else ""
        super().__init__(str(self))
        if self.guide:
            # Below the message, not in it: a message is one line, also in logs and reports.
            self.add_note(f"How to mend it, step by step: {self.guide}")

    def __str__(self) -> str:
        said = f"{self.where}: {self.found}" if self.where else self.found
        if not self.mend:
            return said
        return f"{said} {self.mend}" if said.endswith("?") else f"{said.rstrip('.')}. {self.mend}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by Exception's own way of crossing processes.
        page = self.guide.removeprefix("docs/")
        return (_rebuild, (type(self), self.found, self.where, self.mend, page))


def _rebuild(
    kind: type[NeurokitError], found: str, where: str, mend: str, guide: str
) -> NeurokitError:
    return kind(found, where=where, mend=mend, guide=guide)


class OptionError(NeurokitError, ValueError):
    """An argument has a value that is not allowed.

    Examples
    --------
    >>> import neurokit as nk
    >>> try:
    ...     nk.simulate.recording("smell")
    ... except OptionError as error:
    ...     error.where
    'modality'
    """


class SchemaError(NeurokitError, ValueError):
    """A recording does not keep the data contract.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> try:
    ...     nk.schema.activity(np.zeros(3), names=["AVAL"], rate=1.0)
    ... except SchemaError as error:
    ...     print(error)
    signal: has 1 dim, (3,). Give (time, neuron) or (trial, time, neuron).
    """

    page = f"{_GUIDE}#dims-groups-shapes"


class UnitsError(SchemaError):
    """Quantities of different units would be mixed.

    Examples
    --------
    >>> import xarray as xr, neurokit as nk
    >>> unit = {"unit": ("channel", ["T", "T/m"])}
    >>> try:
    ...     nk.schema.require_one_unit(xr.DataArray([[1e-12, 1e-10]], unit, ["time", "channel"]))
    ... except UnitsError as error:
    ...     print(error)
    signal: 2 units: T (1), T/m (1). Pick types or scale first.
    """

    page = f"{_GUIDE}#units"


class TimeError(SchemaError):
    """A time axis is not what the step needs (regular, increasing, of one rate).

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(np.zeros((3, 1)), names=["AVAL"], time=np.array([0.0, 1.0, 5.0]))
    >>> try:
    ...     nk.signal.windows(group.signal, length=1.0, step=1.0)
    ... except TimeError as error:
    ...     print(error)
    time: time is irregular (it has no sampling_rate). Make it regular with \
nk.signal.resample(x, rate).
    """

    page = f"{_GUIDE}#time"


class LabelError(SchemaError):
    """Labels that should match do not.

    Examples
    --------
    >>> import numpy as np, neurokit as nk
    >>> group = nk.schema.activity(np.zeros((3, 1)), names=["AVAL"], rate=1.0)
    >>> try:
    ...     nk.pick(group.signal, names=["AVAR"])
    ... except LabelError as error:
    ...     print(error)
    names: nothing is called 'AVAR', did you mean 'AVAL'? There are: AVAL.
    """

    page = f"{_GUIDE}#labels"


class LoaderError(NeurokitError, ValueError):
    """No loader, or more than one, fits a file; or a loader is registered twice.

    Examples
    --------
    >>> import neurokit as nk
    >>> try:
    ...     nk.io.get_loader("nwbb")
    ... except LoaderError as error:
    ...     print(error.found)
    unknown loader 'nwbb', did you mean 'nwb'?
    """

    page = f"{_GUIDE}#unknown-format"


class FileContentError(NeurokitError, ValueError):
    """A file is missing, empty, truncated, damaged or not what its name says.

    Examples
    --------
    >>> import neurokit as nk
    >>> try:
    ...     nk.open("absent.fif")
    ... except FileContentError as error:
    ...     print(error)
    absent.fif: does not exist. Check the path.
    """

    page = f"{_GUIDE}#damaged-file"


class DependencyError(NeurokitError, ImportError):
    """An optional library is needed and not installed.

    Examples
    --------
    >>> error = DependencyError("torch is not installed", mend="pip install '.[torch]'")
    >>> isinstance(error, ImportError), error.guide
    (True, 'docs/guides/mend_an_error.md#missing-package')
    """

    page = f"{_GUIDE}#missing-package"


class CatalogError(NeurokitError, ValueError):
    """The catalog itself is wrong; nothing of it is run.

    Examples
    --------
    >>> import neurokit as nk
    >>> try:
    ...     nk.Catalog.read("absent.yaml")
    ... except CatalogError as error:
    ...     print(error.mend)
    Check the path of the catalog.
    """

    page = "catalog.md"


class NotDownloadedError(NeurokitError):
    """A file of the catalog is not at hand.

    Examples
    --------
    >>> NotDownloadedError("is not at hand", where="eeg/a.edf", mend="Run with --fetch.").where
    'eeg/a.edf'
    """

    page = f"{_GUIDE}#not-at-hand"


class ChecksumError(FileContentError):
    """A file's sha256 differs from the one promised.

    Examples
    --------
    >>> issubclass(ChecksumError, FileContentError)  # caught with every other damage
    True
    """


class StoreError(NeurokitError, OSError):
    """A result or recording cannot be written or read back whole.

    Examples
    --------
    >>> import neurokit as nk
    >>> try:
    ...     nk.results("no such folder")
    ... except StoreError as error:
    ...     print(error.mend)
    Give the --out of a run.
    """


class NotFittedError(NeurokitError, ValueError, AttributeError):
    """An estimator is asked for results before `fit`.

    Examples
    --------
    >>> import neurokit as nk
    >>> try:
    ...     nk.connectome.NonNegativeCP(2).plot()
    ... except NotFittedError as error:
    ...     print(error)
    NonNegativeCP: is not fitted yet. Call fit(...) first.
    """


class DivergenceError(NeurokitError, ArithmeticError):
    """A training ran away: a loss or gradient is not finite.

    Examples
    --------
    >>> str(DivergenceError("the loss is inf in epoch 3", mend="Lower learning_rate."))
    'the loss is inf in epoch 3. Lower learning_rate.'
    """


class JobError(NeurokitError):
    """A job of a batch run failed for a reason outside its recipe (time, memory, death).

    Examples
    --------
    >>> str(JobError("used 2.1 GB of 2.0 GB", where="worms/motifs", mend="Raise memory_mb."))
    'worms/motifs: used 2.1 GB of 2.0 GB. Raise memory_mb.'
    """


class ClusterError(NeurokitError, OSError):
    """A scheduler of a cluster cannot be reached or was lost.

    Examples
    --------
    >>> isinstance(ClusterError("no scheduler answers", where="tcp://10.0.0.1:8786"), OSError)
    True
    """

    page = "cluster.md"


class NeurokitWarning(UserWarning):
    """Something a user should know that does not stop the work.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", NeurokitWarning)  # these alone, never all
    ...     warnings.warn("fewer than 30 independent stretches", NeurokitWarning)
    """


class ConvergenceWarning(NeurokitWarning):
    """An iteration stopped before its tolerance was met.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("error", ConvergenceWarning)  # a loop over fits stops at it
    ...     try:
    ...         warnings.warn("stopped after 3 iterations", ConvergenceWarning)
    ...     except ConvergenceWarning as warning:
    ...         print(warning)
    stopped after 3 iterations
    """


def suggest(value: object, allowed: Iterable[str]) -> str:
    """Return ``", did you mean 'x'?"`` for the nearest allowed value, else an empty string.

    Parameters
    ----------
    value : object
        What the user wrote.
    allowed : iterable of str
        What is allowed.

    Returns
    -------
    str
        A clause to append to a message; empty when nothing is near.

    Examples
    --------
    >>> suggest("nwbb", ["nwb", "npy"])
    ", did you mean 'nwb'?"
    """
    words = {str(word).lower(): str(word) for word in allowed}
    near = difflib.get_close_matches(str(value).lower(), words, n=1, cutoff=0.6)
    return f", did you mean {words[near[0]]!r}?" if near else ""


def check_option(name: str, value: object, allowed: Iterable[str]) -> str:
    """Return `value` if it is one of `allowed`, else raise with the nearest suggestion.

    Parameters
    ----------
    name : str
        The argument's name as the user writes it.
    value : object
        The value given.
    allowed : iterable of str
        The values allowed.

    Returns
    -------
    str
        The value.

    Raises
    ------
    OptionError
        If the value is not allowed.

    Examples
    --------
    >>> check_option("how", "zscore", ["zscore", "robust"])
    'zscore'
    """
    choices = list(allowed)
    if isinstance(value, str) and value in choices:
        return value
    listed = ", ".join(repr(choice) for choice in choices)
    raise OptionError(
        f"unknown option {value!r}{suggest(value, choices)}", where=name, mend=f"Use {listed}."
    )
