"""neurokit: any neural recording as one labelled xarray tree, one vocabulary of estimators.

Importing it loads nothing heavy; every public name loads on its first use.
"""

import sys as _sys

import lazy_loader as _lazy_loader

from neurokit._version import __version__ as __version__

_resolve, __dir__, __all__ = _lazy_loader.attach_stub(__name__, __file__)


def __getattr__(name: str) -> object:
    """Load a public name; with the first one, ``rec.nk`` is registered.

    Parameters
    ----------
    name : str
        A name of ``__all__``.

    Returns
    -------
    object
        The function, class or room.
    """
    if name in __all__ and name != "errors":
        import neurokit.accessor  # noqa: F401
    return _resolve(name)


if "xarray" in _sys.modules:
    import neurokit.accessor  # noqa: F401
