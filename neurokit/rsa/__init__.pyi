from .alignment import (
    cka as cka,
    match_units as match_units,
    procrustes as procrustes,
    temporal_score as temporal_score,
)
from .comparison import compare as compare
from .convergent import (
    cluster_units as cluster_units,
    matching_curves as matching_curves,
    sparse_prediction as sparse_prediction,
)
from .dissimilarity import rdm as rdm
from .evaluation import evaluate as evaluate
from .fitted_models import (
    FeatureModel as FeatureModel,
    InterpolatedModel as InterpolatedModel,
    SelectedModel as SelectedModel,
    WeightedModel as WeightedModel,
    feature_model as feature_model,
)
from .identification import identify as identify
from .neighbourhoods import (
    Neighbourhoods as Neighbourhoods,
    sensor_neighbourhoods as sensor_neighbourhoods,
    surface_neighbourhoods as surface_neighbourhoods,
    volume_neighbourhoods as volume_neighbourhoods,
)
from .noise import noise_covariance as noise_covariance
from .persistent_homology import (
    betti_curves as betti_curves,
    bottleneck_distance as bottleneck_distance,
    persistence as persistence,
    wasserstein_distance as wasserstein_distance,
)
from .plots import (
    plot_arrangement as plot_arrangement,
    plot_map as plot_map,
    plot_models as plot_models,
    plot_rdm as plot_rdm,
    plot_time_course as plot_time_course,
)
from .plots_topology import plot_betti as plot_betti
from .rdm_labels import (
    rdm_from_square as rdm_from_square,
    rdm_to_square as rdm_to_square,
    select_conditions as select_conditions,
)
from .score_clusters import cluster_scores as cluster_scores
from .score_tables import model_table as model_table
from .searching import searchlight as searchlight
from .shape_statistics import (
    shape_mean as shape_mean,
    stochastic_shape_distance as stochastic_shape_distance,
)
from .shapes import (
    shape_distance as shape_distance,
    shape_distances as shape_distances,
    soft_matching as soft_matching,
)
from .topological import (
    geodesic as geodesic,
    geotopological as geotopological,
    geotopological_map as geotopological_map,
    sigmoid as sigmoid,
)

__all__ = [
    "FeatureModel",
    "InterpolatedModel",
    "Neighbourhoods",
    "SelectedModel",
    "WeightedModel",
    "betti_curves",
    "bottleneck_distance",
    "cka",
    "cluster_scores",
    "cluster_units",
    "compare",
    "evaluate",
    "feature_model",
    "geodesic",
    "geotopological",
    "geotopological_map",
    "identify",
    "match_units",
    "matching_curves",
    "model_table",
    "noise_covariance",
    "persistence",
    "plot_arrangement",
    "plot_betti",
    "plot_map",
    "plot_models",
    "plot_rdm",
    "plot_time_course",
    "procrustes",
    "rdm",
    "rdm_from_square",
    "rdm_to_square",
    "searchlight",
    "select_conditions",
    "sensor_neighbourhoods",
    "shape_distance",
    "shape_distances",
    "shape_mean",
    "sigmoid",
    "soft_matching",
    "sparse_prediction",
    "stochastic_shape_distance",
    "surface_neighbourhoods",
    "temporal_score",
    "volume_neighbourhoods",
    "wasserstein_distance",
]
