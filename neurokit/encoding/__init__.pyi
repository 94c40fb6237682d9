from .banded import BandedRidgeEncoder as BandedRidgeEncoder
from .fit_plots import (
    plot_alpha_path as plot_alpha_path,
    plot_band_shares as plot_band_shares,
    plot_trf as plot_trf,
)
from .ridge import RidgeEncoder as RidgeEncoder
from .trf import TemporalResponseFunction as TemporalResponseFunction

__all__ = [
    "BandedRidgeEncoder",
    "RidgeEncoder",
    "TemporalResponseFunction",
    "plot_alpha_path",
    "plot_band_shares",
    "plot_trf",
]
