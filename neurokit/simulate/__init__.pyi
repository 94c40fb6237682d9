from .layers import layered_rdms as layered_rdms
from .recordings import recording as recording
from .simulation import Simulation as Simulation
from .worms import worms as worms

__all__ = ["Simulation", "layered_rdms", "recording", "worms"]
