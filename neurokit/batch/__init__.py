"""Running recipes over a catalog: keys, the store, jobs in children, the summary of a run."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
