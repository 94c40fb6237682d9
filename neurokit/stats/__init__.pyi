from .autocorrelation import autocorrelation_time as autocorrelation_time
from .blocked import BlockedCV as BlockedCV
from .circular_shift import circular_shift_test as circular_shift_test
from .clusters import cluster_test as cluster_test
from .discovery import fdr as fdr
from .partitions import adjusted_rand as adjusted_rand, match_labels as match_labels
from .sign_flip import block_sign_flip as block_sign_flip

__all__ = [
    "BlockedCV",
    "adjusted_rand",
    "autocorrelation_time",
    "block_sign_flip",
    "circular_shift_test",
    "cluster_test",
    "fdr",
    "match_labels",
]
