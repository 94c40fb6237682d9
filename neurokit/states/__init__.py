"""Hidden brain states, and how neurons interact in each: Markov models with GLM emissions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
