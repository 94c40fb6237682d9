from .cells import cell_name as cell_name, cell_type as cell_type
from .combine import combine as combine
from .connectome_match import match_connectome as match_connectome
from .connectome_sources import connectome_sources as connectome_sources
from .homogenise import homogenise as homogenise
from .identity import Identity as Identity, identify as identify, identify_all as identify_all
from .neurons import neurons as neurons

__all__ = [
    "Identity",
    "cell_name",
    "cell_type",
    "combine",
    "connectome_sources",
    "homogenise",
    "identify",
    "identify_all",
    "match_connectome",
    "neurons",
]
