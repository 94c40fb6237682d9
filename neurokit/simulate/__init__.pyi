from .encoded import encoded as encoded
from .recordings import recording as recording
from .simulation import Simulation as Simulation
from .worms import worms as worms

__all__ = ["Simulation", "encoded", "recording", "worms"]
