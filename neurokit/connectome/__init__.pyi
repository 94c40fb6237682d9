from .affinity import affinity as affinity
from .communities import communities as communities
from .comparison import factor_match_score as factor_match_score
from .factors import (
    motif_matrices as motif_matrices,
    neuron_strength as neuron_strength,
    pair_loading as pair_loading,
)
from .model import NonNegativeCP as NonNegativeCP
from .plots import (
    plot_components as plot_components,
    plot_motif as plot_motif,
    plot_recording_loading as plot_recording_loading,
    plot_time_course as plot_time_course,
)
from .sbm_model import WeightedSBM as WeightedSBM

__all__ = [
    "NonNegativeCP",
    "WeightedSBM",
    "affinity",
    "communities",
    "factor_match_score",
    "motif_matrices",
    "neuron_strength",
    "pair_loading",
    "plot_components",
    "plot_motif",
    "plot_recording_loading",
    "plot_time_course",
]
