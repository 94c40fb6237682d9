from .recordings import recording as recording
from .simulation import Simulation as Simulation
from .worms import worms as worms

__all__ = ["Simulation", "recording", "worms"]
