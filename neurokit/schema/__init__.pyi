from .build import (
    activity as activity,
    connectome as connectome,
    events as events,
    recording as recording,
    series as series,
    spikes as spikes,
)
from .columns import labels as labels, strings as strings
from .contacts import (
    Contact as Contact,
    contact_coordinates as contact_coordinates,
    parse_contact as parse_contact,
    with_contacts as with_contacts,
)
from .findings import (
    Finding as Finding,
    Findings as Findings,
    findings_from_json as findings_from_json,
    findings_to_json as findings_to_json,
)
from .history import add_history as add_history, as_history as as_history
from .names import (
    CELL_TYPES as CELL_TYPES,
    CHANNEL_TYPES as CHANNEL_TYPES,
    CHANNEL_UNITS as CHANNEL_UNITS,
    MODALITIES as MODALITIES,
    NEURAL_TYPES as NEURAL_TYPES,
    SCHEMA as SCHEMA,
    SYNAPSE_TYPES as SYNAPSE_TYPES,
)
from .select import (
    map_activity as map_activity,
    neural_channels as neural_channels,
    pick as pick,
    require_one_unit as require_one_unit,
    signal_of as signal_of,
    space_dim as space_dim,
    with_signal as with_signal,
)
from .stacking import stack as stack
from .time import (
    nominal_rate as nominal_rate,
    regular_time as regular_time,
    runs as runs,
    sampling_rate as sampling_rate,
    time_coordinate as time_coordinate,
)
from .validate import validate as validate
