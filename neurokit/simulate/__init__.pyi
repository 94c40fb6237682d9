from .biclustered import biclustered as biclustered
from .encoded import encoded as encoded
from .layers import layered_rdms as layered_rdms
from .lorenz_spikes import lorenz as lorenz
from .oscillating_spikes import oscillators as oscillators
from .recordings import recording as recording
from .simulation import Simulation as Simulation
from .switching_spikes import spiking_hmm as spiking_hmm
from .worms import worms as worms

__all__ = [
    "Simulation",
    "biclustered",
    "encoded",
    "layered_rdms",
    "lorenz",
    "oscillators",
    "recording",
    "spiking_hmm",
    "worms",
]
