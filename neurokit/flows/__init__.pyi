from .ablation import ablation as ablation
from .baselines import (
    FactorGLM as FactorGLM,
    FirstOrderLDS as FirstOrderLDS,
    Smoothing as Smoothing,
)
from .comparison import compare as compare
from .langevin_flow import LangevinFlow as LangevinFlow
from .hurst_exponent import hurst as hurst
from .metrics import (
    co_bps as co_bps,
    forward_bps as forward_bps,
    psth_r2 as psth_r2,
    tp_correlation as tp_correlation,
    velocity_r2 as velocity_r2,
)
from .model import LangevinLDS as LangevinLDS
from .nlb_submission import nlb_submission as nlb_submission
from .nlb_trials import nlb_trials as nlb_trials
from .peers import SmallLFADS as SmallLFADS, SmallNDT as SmallNDT
from .plot_averages import plot_psth as plot_psth
from .plot_landscape import plot_potential as plot_potential
from .plot_learning import plot_ablation as plot_ablation, plot_training as plot_training
from .plots import (
    plot_comparison as plot_comparison,
    plot_modes as plot_modes,
    plot_phase as plot_phase,
    plot_rates as plot_rates,
    plot_spectrum as plot_spectrum,
)
from .selection import select_latents as select_latents

__all__ = [
    "FactorGLM",
    "FirstOrderLDS",
    "LangevinFlow",
    "LangevinLDS",
    "SmallLFADS",
    "SmallNDT",
    "Smoothing",
    "ablation",
    "co_bps",
    "compare",
    "forward_bps",
    "hurst",
    "nlb_submission",
    "nlb_trials",
    "plot_ablation",
    "plot_comparison",
    "plot_modes",
    "plot_phase",
    "plot_potential",
    "plot_psth",
    "plot_rates",
    "plot_spectrum",
    "plot_training",
    "psth_r2",
    "select_latents",
    "tp_correlation",
    "velocity_r2",
]
