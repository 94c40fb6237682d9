from .cells import cell_name as cell_name, cell_type as cell_type
from .identity import Identity as Identity, identify as identify, identify_all as identify_all
from .neurons import neurons as neurons

__all__ = ["Identity", "cell_name", "cell_type", "identify", "identify_all", "neurons"]
