from .comparison import compare as compare
from .dissimilarity import rdm as rdm
from .noise import noise_covariance as noise_covariance
from .rdm_labels import (
    rdm_from_square as rdm_from_square,
    rdm_to_square as rdm_to_square,
    select_conditions as select_conditions,
)

__all__ = [
    "compare",
    "noise_covariance",
    "rdm",
    "rdm_from_square",
    "rdm_to_square",
    "select_conditions",
]
