from . import (
    batch as batch,
    bicluster as bicluster,
    catalog as catalog,
    celegans as celegans,
    connectome as connectome,
    encoding as encoding,
    errors as errors,
    flows as flows,
    interchange as interchange,
    io as io,
    plot as plot,
    report as report,
    rsa as rsa,
    schema as schema,
    signal as signal,
    simulate as simulate,
    states as states,
    stats as stats,
    testing as testing,
)
from ._version import __version__ as __version__
from .batch import results as results
from .catalog import Catalog as Catalog
from .interchange import (
    from_mne as from_mne,
    from_nwb as from_nwb,
    from_rsatoolbox as from_rsatoolbox,
    to_mne as to_mne,
    to_nwb as to_nwb,
    to_rsatoolbox as to_rsatoolbox,
)
from .io import (
    info as info,
    loaders as loaders,
    open as open,
    save as save,
    validate as validate,
)
from .schema import pick as pick, stack as stack
from .versions import show_versions as show_versions
