"""The catalog: which recordings there are, where their files lie, what is to be run on them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
