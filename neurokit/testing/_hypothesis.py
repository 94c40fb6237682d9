"""The one place that imports hypothesis, so that its absence is said in one way."""

from neurokit.errors import DependencyError

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise DependencyError(
        "hypothesis is not installed",
        where="neurokit.testing",
        mend='Install it with pip install "neurokit-xarray[test]".',
    ) from error

__all__ = ["st"]
