"""The neurons of C. elegans: one table of the 302, and what a label in a file can mean."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
