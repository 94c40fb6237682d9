"""Everything a user can do wrong, said one way: where, what was found, how to mend it.

Every class derives from `NeurokitError`, so that one ``except`` catches what neurokit raises.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class NeurokitError(Exception):
    """A fault that the user can mend.

    Parameters
    ----------
    found : str
        What was found, one sentence without the closing full stop.
    where : str
        The file, argument, entry or label it was found in.
    mend : str
        What to do about it, one sentence.

    Examples
    --------
    >>> raise NeurokitError("is empty (0 bytes)", where="a.bdf", mend="Download it again.")
    Traceback (most recent call last):
    ...
    neurokit.errors.NeurokitError: a.bdf: is empty (0 bytes). Download it again.
    """

    def __init__(self, found: str, *, where: str = "", mend: str = "") -> None:
        self.found, self.where, self.mend = found, where, mend
        super().__init__(str(self))

    def __str__(self) -> str:
        said = f"{self.where}: {self.found}" if self.where else self.found
        if not self.mend:
            return said
        return f"{said} {self.mend}" if said.endswith("?") else f"{said.rstrip('.')}. {self.mend}"

    def __reduce__(self) -> tuple[object, ...]:
        # Keyword-only arguments are lost by Exception's own way of crossing processes.
        return (_rebuild, (type(self), self.found, self.where, self.mend))


def _rebuild(kind: type[NeurokitError], found: str, where: str, mend: str) -> NeurokitError:
    return kind(found, where=where, mend=mend)


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
    """A recording does not keep the data contract."""


class UnitsError(SchemaError):
    """Quantities of different units would be mixed."""


class TimeError(SchemaError):
    """A time axis is not what the step needs (regular, increasing, of one rate)."""


class LabelError(SchemaError):
    """Labels that should match do not."""


class LoaderError(NeurokitError, ValueError):
    """No loader, or more than one, fits a file; or a loader is registered twice."""


class FileContentError(NeurokitError, ValueError):
    """A file is missing, empty, truncated, damaged or not what its name says."""


class DependencyError(NeurokitError, ImportError):
    """An optional library is needed and not installed."""


class CatalogError(NeurokitError, ValueError):
    """The catalog itself is wrong; nothing of it is run."""


class NotDownloadedError(NeurokitError):
    """A file of the catalog is not at hand."""


class ChecksumError(FileContentError):
    """A file's sha256 differs from the one promised."""


class StoreError(NeurokitError, OSError):
    """A result or recording cannot be written or read back whole."""


class NotFittedError(NeurokitError, ValueError, AttributeError):
    """An estimator is asked for results before `fit`."""


class DivergenceError(NeurokitError, ArithmeticError):
    """A training ran away: a loss or gradient is not finite."""


class JobError(NeurokitError):
    """A job of a batch run failed for a reason outside its recipe (time, memory, death)."""


class ClusterError(NeurokitError, OSError):
    """A scheduler of a cluster cannot be reached or was lost."""


class NeurokitWarning(UserWarning):
    """Something a user should know that does not stop the work."""


class ConvergenceWarning(NeurokitWarning):
    """An iteration stopped before its tolerance was met."""


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
