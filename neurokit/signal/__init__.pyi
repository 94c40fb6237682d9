from .cutting import epoch as epoch, windows as windows
from .filtering import bandpass as bandpass, envelope as envelope
from .rates import resample as resample
from .scaling import scale as scale
from .smoothing import derivative as derivative, smooth as smooth

__all__ = [
    "bandpass",
    "derivative",
    "envelope",
    "epoch",
    "resample",
    "scale",
    "smooth",
    "windows",
]
