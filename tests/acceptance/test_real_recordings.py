"""Every real entry of the catalog against the format's own library, and through both stores.

The oracles are mne, h5py, json and calamine, used as a stranger would; nothing of the loaders.
"""

import json

import h5py
import mne
import numpy as np
import pytest

import neurokit as nk
from neurokit.testing import assert_same

ROOT_CATALOG = "data_catalog.yaml"
RAW = {
    "mne_sample_sss": "meg/sample_audvis_trunc_raw_sss.fif",
    "mne_vectorview": "meg/141027_cropped_90Hz_raw.fif",
    "eeglab_edf": "eeg/eeglab_test.edf",
    "mne_bdf": "eeg/multiple_annotation_chans.bdf",
    "mne_ecog": "ieeg/sample_ecog_ieeg.fif",
    "tiny_bids": "eeg/tiny_bids/sub-01/ses-eeg/eeg/sub-01_ses-eeg_task-rest_eeg.vhdr",
}
BIDS = {"eeg": "EEG", "mag": "MEGMAG", "grad": "MEGGRADPLANAR", "ecog": "ECOG", "seeg": "SEEG"}
BIDS |= {"eog": "EOG", "ecg": "ECG", "emg": "EMG", "misc": "MISC", "stim": "TRIG", "bio": "MISC"}
UNITS = {107: "V", 112: "T", 201: "T/m", 114: "degC", -1: "1"}  # FIFF unit constants


@pytest.fixture
def catalog(request, shared_data, monkeypatch, tmp_path):
    monkeypatch.setenv("NEUROKIT_MIRROR", str(shared_data))
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    return nk.Catalog.read(request.config.rootpath / ROOT_CATALOG)


def _real(catalog):
    return [name for name, entry in catalog.datasets.items() if entry.simulate is None]


def _recordings(opened):
    return opened if isinstance(opened, dict) else {"": opened}


def test_every_real_entry_opens_and_keeps_the_contract(catalog):
    names = _real(catalog)
    modalities = [catalog.datasets[name].modality for name in names]
    assert len(names) >= 6
    assert modalities.count("calcium") >= 2
    assert {"connectome", "meg", "eeg"} <= set(modalities)
    assert {"ecog", "seeg", "ieeg"} & set(modalities)
    for name in names:
        for rec in _recordings(catalog.open(name)).values():
            found = nk.validate(rec)
            assert found.ok, f"{name}: {found}"


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_every_real_entry_survives_both_stores(catalog, tmp_path, suffix):
    for name in _real(catalog):
        for key, rec in _recordings(catalog.open(name)).items():
            again = nk.open(nk.save(rec, tmp_path / f"{name}_{key}{suffix}"))
            assert not any(
                isinstance(v.variable._data, np.ndarray)
                for node in again.subtree
                for v in node.data_vars.values()
                if v.dtype.kind != "U"
            ), f"{name} was read at open"
            assert_same(again, rec)


def _mne_raw(path):
    with mne.utils.use_log_level("ERROR"), np.errstate(all="ignore"):
        return mne.io.read_raw(path, preload=False, verbose="ERROR")


@pytest.mark.parametrize("name", RAW)
@pytest.mark.filterwarnings("ignore::RuntimeWarning:mne")
@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
def test_raw_files_equal_mne(catalog, shared_data, name):
    """Values to float32 rounding; labels, types, units and event counts exactly."""
    rec = next(iter(_recordings(catalog.open(name)).values()))
    raw = _mne_raw(shared_data / RAW[name])
    kinds = dict(zip(raw.ch_names, raw.get_channel_types(), strict=True))
    neural = [n for n in raw.ch_names if kinds[n] != "stim"]
    signal = rec.activity.signal
    assert signal.channel.values.tolist() == neural
    assert signal.channel_type.values.tolist() == [BIDS[kinds[n]] for n in neural]
    for channel, unit in zip(neural, signal.unit.values, strict=True):
        # "n/a" is mne's word for a unit in the header that it does not know and calls V.
        if raw._orig_units.get(channel) != "n/a":
            assert unit == UNITS[int(raw.info["chs"][raw.ch_names.index(channel)]["unit"])], channel
    expected = raw.get_data(picks=neural).T.astype(np.float32)
    np.testing.assert_allclose(signal.values, expected, rtol=2e-7, atol=1e-30)
    assert rec.activity.attrs["sampling_rate"] == raw.info["sfreq"]
    assert set(signal.channel.values[signal.bad.values]) == set(raw.info["bads"])
    _same_event_count(rec, raw, kinds)


def _same_event_count(rec, raw, kinds):
    stim = [n for n, kind in kinds.items() if kind == "stim"]
    decoded = mne.find_events(raw, verbose="ERROR", shortest_event=1) if stim else []
    n_expected = len(decoded) + len(raw.annotations)
    n_found = rec["events"].sizes["event"] if "events" in rec.children else 0
    assert n_found == n_expected


def test_the_worm_of_atanas_equals_its_json(catalog, shared_data):
    folder = shared_data / "celegans_calcium"
    rows = json.loads((folder / "atanas2023_2022-08-02-01_time_trace.json").read_text())
    names = json.loads((folder / "atanas2023_neuron_order.json").read_text())
    rec = next(iter(_recordings(catalog.open("atanas2023")).values()))
    values = np.array([row[1] for row in rows])
    seconds = np.array([row[0] for row in rows])
    np.testing.assert_array_equal(rec.activity.signal, values.astype(np.float32))
    np.testing.assert_allclose(rec.activity.time + rec.activity.attrs["time_offset"], seconds)
    assert rec.activity.neuron.values.tolist() == [
        name.replace("0", "") if name[-2:-1] == "0" else name for name in names[: values.shape[1]]
    ]
    assert rec.activity.signal.sel(neuron="AVAL").sizes == {"time": 1600}


@pytest.mark.parametrize("session", ["2022-07-27-31", "2022-08-02-38"])
def test_the_worms_of_dag_equal_their_hdf5(catalog, shared_data, session):
    rec = catalog.open("dag2023", session)
    path = shared_data / f"celegans_calcium/dag2023_{session}-data.h5"
    with h5py.File(path) as file:
        traces = _as_time_first(file["gcamp/traces_array_F_F20"], rec.activity.sizes["time"])
        clock = np.asarray(file["timing/timestamp_confocal"])
        velocity = np.asarray(file["behavior/velocity"])
    np.testing.assert_array_equal(rec.activity.signal, traces.astype(np.float32))
    np.testing.assert_allclose(rec.activity.time, clock - clock[0], atol=1e-9)
    np.testing.assert_array_equal(rec.behavior.velocity, velocity.astype(np.float32))


def _as_time_first(dataset, n_times):
    values = np.asarray(dataset)
    return values if values.shape[0] == n_times else values.T


def test_the_connectome_of_cook_equals_its_workbook(catalog, shared_data):
    from python_calamine import CalamineWorkbook

    path = shared_data / "celegans_connectome/cook2019_SI5_adjacency_matrices.xlsx"
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("hermaphrodite chemical")
    rows = rows.to_python(skip_empty_area=False)
    cells = {(i, j): v for i, row in enumerate(rows) for j, v in enumerate(row)}
    chemical = next(iter(_recordings(catalog.open("cook2019")).values())).connectome.weight.sel(
        synapse_type="chemical"
    )
    header = next(i for i, row in enumerate(rows) if "ADAL" in row and "AVAL" in row)
    # Above and left of the matrix the sheet numbers its groups of cells.
    weights = [v for (i, j), v in cells.items() if i > header and j > 2 and isinstance(v, float)]
    assert float(chemical.sum()) == sum(weights)
    assert int((chemical > 0).sum()) == len(weights)
    column = rows[header].index("AVAL")
    row = next(i for i, r in enumerate(rows) if i > header and "ADAL" in r[:3])
    assert float(chemical.sel(pre="ADAL", post="AVAL")) == float(cells[row, column] or 0)
