from .bars import quality as quality
from .browsing import browser as browser
from .matrices import degrees as degrees, matrix as matrix
from .overview import heatmap as heatmap
from .panels import recording as recording
from .places import positions as positions
from .spectra import spectrum as spectrum
from .spiking import raster as raster
from .stacked import traces as traces
from .timeline import events as events

__all__ = [
    "browser",
    "degrees",
    "events",
    "heatmap",
    "matrix",
    "positions",
    "quality",
    "raster",
    "recording",
    "spectrum",
    "traces",
]
