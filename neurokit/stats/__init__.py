"""What results are judged by: blocked splits, nulls that keep autocorrelation, FDR, partitions."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
