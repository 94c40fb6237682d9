"""Bayesian bi-clustering: which neurons move together, and in which periods."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
