from .banded import BandedRidgeEncoder as BandedRidgeEncoder
from .ceilings import noise_ceiling as noise_ceiling
from .comparison import compare as compare
from .fit_plots import (
    plot_alpha_path as plot_alpha_path,
    plot_band_shares as plot_band_shares,
    plot_trf as plot_trf,
)
from .integration import integration_sites as integration_sites
from .layers import (
    encoding_score as encoding_score,
    hierarchy_score as hierarchy_score,
    layer_map as layer_map,
)
from .partition import variance_partition as variance_partition
from .patterns import haufe_patterns as haufe_patterns
from .retrieval import RetrievalDecoder as RetrievalDecoder, retrieval_scores as retrieval_scores
from .ridge import RidgeEncoder as RidgeEncoder
from .score_plots import (
    plot_layer_map as plot_layer_map,
    plot_score_map as plot_score_map,
    plot_sites as plot_sites,
    plot_variance_partition as plot_variance_partition,
)
from .significance import significance as significance
from .spike_glm import SpikeGLM as SpikeGLM
from .spike_plots import plot_spike_glm as plot_spike_glm
from .stimulus import stimulus_features as stimulus_features
from .trf import TemporalResponseFunction as TemporalResponseFunction

__all__ = [
    "BandedRidgeEncoder",
    "RetrievalDecoder",
    "RidgeEncoder",
    "SpikeGLM",
    "TemporalResponseFunction",
    "compare",
    "encoding_score",
    "haufe_patterns",
    "hierarchy_score",
    "integration_sites",
    "layer_map",
    "noise_ceiling",
    "plot_alpha_path",
    "plot_band_shares",
    "plot_layer_map",
    "plot_score_map",
    "plot_sites",
    "plot_spike_glm",
    "plot_trf",
    "plot_variance_partition",
    "retrieval_scores",
    "significance",
    "stimulus_features",
    "variance_partition",
]
