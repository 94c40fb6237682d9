"""What was found, for people: the recipe `summary`, and one self-contained page of all results."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
