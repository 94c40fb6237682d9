from .dwell import dwell_table as dwell_table
from .smoothing import Posterior as Posterior, forward_backward as forward_backward
from .matching import match_states as match_states
from .model import GLMHMM as GLMHMM
from .selection import select_states as select_states
from .decoding import viterbi as viterbi

__all__ = [
    "GLMHMM",
    "Posterior",
    "dwell_table",
    "forward_backward",
    "match_states",
    "select_states",
    "viterbi",
]
