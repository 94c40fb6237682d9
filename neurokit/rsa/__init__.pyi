from .comparison import compare as compare
from .dissimilarity import rdm as rdm
from .evaluation import evaluate as evaluate
from .fitted_models import (
    FeatureModel as FeatureModel,
    InterpolatedModel as InterpolatedModel,
    SelectedModel as SelectedModel,
    WeightedModel as WeightedModel,
    feature_model as feature_model,
)
from .noise import noise_covariance as noise_covariance
from .rdm_labels import (
    rdm_from_square as rdm_from_square,
    rdm_to_square as rdm_to_square,
    select_conditions as select_conditions,
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
    "SelectedModel",
    "WeightedModel",
    "compare",
    "evaluate",
    "feature_model",
    "geodesic",
    "geotopological",
    "geotopological_map",
    "noise_covariance",
    "rdm",
    "rdm_from_square",
    "rdm_to_square",
    "select_conditions",
    "sigmoid",
]
