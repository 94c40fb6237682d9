from .decoding import viterbi as viterbi
from .dwell import dwell_table as dwell_table
from .first_passage import (
    entropy_production as entropy_production,
    mean_first_passage as mean_first_passage,
    stationary_distribution as stationary_distribution,
)
from .markov_jump import MarkovJump as MarkovJump
from .matching import match_states as match_states
from .model import GLMHMM as GLMHMM
from .plots import (
    plot_coupling as plot_coupling,
    plot_edges as plot_edges,
    plot_model as plot_model,
    plot_posterior as plot_posterior,
)
from .plots_chain import (
    plot_dwell as plot_dwell,
    plot_selection as plot_selection,
    plot_transitions as plot_transitions,
)
from .plots_weights import plot_input_weights as plot_input_weights
from .selection import select_states as select_states
from .smoothing import Posterior as Posterior, forward_backward as forward_backward

__all__ = [
    "GLMHMM",
    "MarkovJump",
    "Posterior",
    "dwell_table",
    "entropy_production",
    "forward_backward",
    "match_states",
    "mean_first_passage",
    "plot_coupling",
    "plot_dwell",
    "plot_edges",
    "plot_input_weights",
    "plot_model",
    "plot_posterior",
    "plot_selection",
    "plot_transitions",
    "select_states",
    "stationary_distribution",
    "viterbi",
]
