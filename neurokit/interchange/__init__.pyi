from .from_mne import from_mne as from_mne
from .to_mne import to_mne as to_mne

__all__ = ["from_mne", "to_mne"]
