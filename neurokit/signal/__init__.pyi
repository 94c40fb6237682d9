from .binning import bin_spikes as bin_spikes
from .cutting import epoch as epoch, windows as windows
from .filtering import bandpass as bandpass, envelope as envelope
from .rates import resample as resample
from .referencing import reference as reference
from .scaling import scale as scale
from .smoothing import derivative as derivative, smooth as smooth

__all__ = [
    "bandpass",
    "bin_spikes",
    "derivative",
    "envelope",
    "epoch",
    "reference",
    "resample",
    "scale",
    "smooth",
    "windows",
]
