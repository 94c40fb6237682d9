from .from_mne import from_mne as from_mne
from .from_nwb import from_nwb as from_nwb
from .rsatoolbox_rdms import from_rsatoolbox as from_rsatoolbox, to_rsatoolbox as to_rsatoolbox
from .to_mne import to_mne as to_mne
from .to_nwb import to_nwb as to_nwb
from .to_pandas import from_pandas as from_pandas, to_pandas as to_pandas
from .to_pynapple import to_pynapple as to_pynapple

__all__ = [
    "from_mne",
    "from_nwb",
    "from_pandas",
    "from_rsatoolbox",
    "to_mne",
    "to_nwb",
    "to_pandas",
    "to_pynapple",
    "to_rsatoolbox",
]
