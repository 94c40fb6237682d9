from .dwell import dwell_table as dwell_table
from .forward_backward import Posterior as Posterior, forward_backward as forward_backward
from .model import GLMHMM as GLMHMM
from .viterbi import viterbi as viterbi

__all__ = ["GLMHMM", "Posterior", "dwell_table", "forward_backward", "viterbi"]
