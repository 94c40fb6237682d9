from . import kernels as kernels
from .discriminative_stimuli import (
    most_discriminative_stimuli as most_discriminative_stimuli,
)
from .model import BiCluster as BiCluster
from .plots import (
    plot_co_neuron as plot_co_neuron,
    plot_co_state as plot_co_state,
    plot_contingency as plot_contingency,
    plot_latents as plot_latents,
    plot_raster as plot_raster,
    plot_trace as plot_trace,
)

__all__ = [
    "BiCluster",
    "kernels",
    "most_discriminative_stimuli",
    "plot_co_neuron",
    "plot_co_state",
    "plot_contingency",
    "plot_latents",
    "plot_raster",
    "plot_trace",
]
