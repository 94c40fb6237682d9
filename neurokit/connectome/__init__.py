"""Which neurons move together, when, and in whom: affinity tensors and their factorization."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
