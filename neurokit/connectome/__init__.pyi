from .affinity import affinity as affinity
from .atlas_plots import (
    plot_atlas as plot_atlas,
    plot_course as plot_course,
    plot_courses_under_tracks as plot_courses_under_tracks,
)
from .communities import communities as communities
from .comparison import factor_match_score as factor_match_score
from .dynamic import DynamicConnectome as DynamicConnectome
from .factors import (
    motif_matrices as motif_matrices,
    neuron_strength as neuron_strength,
    pair_loading as pair_loading,
)
from .model import NonNegativeCP as NonNegativeCP
from .motif_plots import (
    plot_community_graph as plot_community_graph,
    plot_motif_matrix as plot_motif_matrix,
    plot_null as plot_null,
    plot_overview as plot_overview,
)
from .plots import (
    plot_components as plot_components,
    plot_motif as plot_motif,
    plot_recording_loading as plot_recording_loading,
    plot_time_course as plot_time_course,
)
from .rank import rank_sweep as rank_sweep, select_rank as select_rank
from .rank_plots import plot_rank_selection as plot_rank_selection
from .sbm_model import WeightedSBM as WeightedSBM
from .structure import compare_structure as compare_structure
from .structure_plots import (
    plot_motif_beside_structure as plot_motif_beside_structure,
    plot_structure_comparison as plot_structure_comparison,
)

__all__ = [
    "DynamicConnectome",
    "NonNegativeCP",
    "WeightedSBM",
    "affinity",
    "communities",
    "compare_structure",
    "factor_match_score",
    "motif_matrices",
    "neuron_strength",
    "pair_loading",
    "plot_atlas",
    "plot_community_graph",
    "plot_components",
    "plot_course",
    "plot_courses_under_tracks",
    "plot_motif",
    "plot_motif_beside_structure",
    "plot_motif_matrix",
    "plot_null",
    "plot_overview",
    "plot_rank_selection",
    "plot_recording_loading",
    "plot_structure_comparison",
    "plot_time_course",
    "rank_sweep",
    "select_rank",
]
