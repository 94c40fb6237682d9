"""Every recording of the manifest, by its entry of the catalog, against its format's own library.

What the files are stands in docs/recordings.md; what a stranger's library reads, in `oracles.py`
and beside it.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

import mne
import oracle_arrays as arrays
import oracle_connectome as worm
import oracle_mne as brain
import pytest
from oracles import check

import neurokit as nk

ROOT = Path(__file__).resolve().parents[2]
CATALOG = nk.Catalog.read(ROOT / "data_catalog.yaml")
FLICKER = "eeg/ssvep_exo_subject01_record-2012.07.06-19.02.16"
FLICKER_12 = "eeg/ssvep_exo_subject12_record-2014.03.10-19.47.49"
BIDS_EEG = "eeg/tiny_bids/sub-01/ses-eeg/eeg/sub-01_ses-eeg_task-rest_eeg.vhdr"
BIDS_GRID = "ieeg/bids_ieeg_visual_sub-01_ses-01/ieeg/sub-01_ses-01_task-visual_run-01_ieeg.vhdr"
GRID = "ieeg/ieeglab_dataset_ecog_sub-02_ses-01_task-visual_run-01_events.tsv"
SHAFTS = "ieeg/ieeglab_dataset_seeg_sub-02_ses-ieeg01_task-ccep_run-01_events.tsv"
PERSYST = "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay"
CTF = "meg/somMDYO-18av.ds/somMDYO-18av.res4"
NEURALYNX = "ieeg/neuralynx_seeg/LAHC1.ncs"
SCHOLZ = "celegans_calcium/ScholzEtAl2018.AML175_moving.BrainScanner20180223_141721.nwb"
LANTYER = "spikes_behaviour/LantyerEtAl2018_171220_NC_156_ST100_C.nwb"


def _flicker(path):
    name = Path(path).name
    return brain.with_events_file(f"{name}-eve.fif", scale=1e-3, length=1e-3)


def _tables(path, electrodes, kind):
    events = Path(path).name.replace("_ieeg.vhdr", "_events.tsv")
    return partial(brain.bids_tables, electrodes=electrodes, events=events, kind=kind)


MEG = {
    "meg/141027_cropped_90Hz_raw.fif": brain.raw,
    "meg/MQKIT_125_2sec.con": brain.raw,
    "meg/fieldtrip_neuromag306_averaged_v73.mat": brain.fieldtrip_average,
    "meg/fieldtrip_neuromag306_epoched_v7.mat": brain.epochs,
    "meg/kit_motor_task_tiny_1s.con": brain.raw,
    "meg/neuromag122-raw.fif": brain.raw,
    "meg/sample_audvis_trunc_raw_sss.fif": brain.raw,
    CTF: brain.ctf,
    "meg/test-ave.fif.gz": brain.evoked,
    "meg/test_elekta-ave.fif": brain.evoked,
}
EEG = {
    "eeg/ant_CA_208.cnt": partial(brain.raw, reader=mne.io.read_raw_ant),
    "eeg/chtypes_edf.edf": brain.raw,
    "eeg/eeglab_data.set": brain.raw,
    "eeg/eeglab_test.edf": brain.raw,
    "eeg/multiple_annotation_chans.bdf": brain.raw,
    "eeg/scan41_short.cnt": partial(
        brain.raw, reader=mne.io.read_raw_cnt, data_format="int16", position_units="1"
    ),
    f"{FLICKER}_raw.fif": _flicker(FLICKER),
    f"{FLICKER_12}_raw.fif": _flicker(FLICKER_12),
    **{f"eeg/sub-0{i}_ses-P3_task-P3_ave.fif": brain.evoked for i in (15, 16, 17, 18)},
    "eeg/test_NO.vhdr": brain.raw,
    "eeg/test_raw_2021.set": brain.raw,
    "eeg/test_reduced.edf": brain.mixed_edf,
    "eeg/test_utf8_annotations.edf": brain.raw,
    BIDS_EEG: brain.bids,
    "eeg/wmvanvliet_subject04-epo.fif": partial(brain.epochs, length=1e-3),
    "eeg/muse_P300_subject1_session1_data_2017-02-04-15_45_13.csv": arrays.muse,
    "eeg/muse_P300_subject1_session1_data_2017-02-04-15_47_49.csv": arrays.muse,
    "eeg/muse_left-right_subject1_session1_data_2017-01-27-16.11.50.csv": arrays.muse,
    "eeg/sample-blinks.txt.gz": arrays.blinks,
    "eeg/ssvep_exo_subject11_record-2014.02.24-17.56.37.mat": arrays.ssvep,
    "eeg/testmusemonitor.csv": arrays.muse_monitor,
    "encoding_rsa/audio-epo.fif": brain.epochs,
}
INTRACRANIAL = {
    "ieeg/NihonKohden/MB0400FU.EDF": brain.raw,
    "ieeg/NihonKohden/MB0400FU.EEG": partial(brain.raw, reader=mne.io.read_raw_nihon),
    PERSYST: brain.raw,
    BIDS_GRID: _tables(BIDS_GRID, "sub-01_ses-01_electrodes.tsv", "ECOG"),
    GRID: _tables(GRID, "ieeglab_dataset_ecog_sub-02_ses-01_electrodes.tsv", "ECOG"),
    SHAFTS: _tables(SHAFTS, "ieeglab_dataset_seeg_sub-02_ses-ieeg01_electrodes.tsv", "SEEG"),
    "ieeg/ieegio_edfPlusD.edf": brain.discontinuous_edf,
    NEURALYNX: brain.neuralynx,
    "ieeg/sample_ecog_ieeg.fif": brain.raw,
    "ieeg/test_NEURALCD_raw.ns3": brain.blackrock,
    "ieeg/kramer_ECoG-1.mat": arrays.trials("E1", "E2"),
    "ieeg/kramer_ECoG-2.mat": arrays.trials("x", "y"),
    "ieeg/pt01EcoG_derived.npz": arrays.seizure,
    "encoding_rsa/neurodsp_sample_data_2.npy": arrays.lfp,
    "spikes_behaviour/affinewarp_umi_lfp_data.npz": arrays.reaches,
}
CALCIUM = {
    SCHOLZ: arrays.scholz,
    "celegans_calcium/atanas2023_2022-08-02-01_time_trace.json": arrays.atanas,
    "celegans_calcium/atanas_pc_behaviour_states.csv": arrays.states,
    "celegans_calcium/dag2023_2022-01-16-01-data.h5": arrays.dag,
    "celegans_calcium/dag2023_2022-07-27-31-data.h5": arrays.dag,
    "celegans_calcium/dag2023_2022-08-02-38-data.h5": arrays.dag,
    "celegans_calcium/dnn_raw1_3137x109.mat": arrays.frames("copyer", turned=False),
    "ophys_mouse_zebrafish/gratings_2p/F.npy": arrays.suite2p(28.387, "roi", neuropil=False),
    "ophys_mouse_zebrafish/pynapple_suite2p/plane0/F.npy": arrays.suite2p(
        30.0, "plane0", neuropil=True
    ),
    "ophys_mouse_zebrafish/legare2025_timeseries_regions_fish6.npy": arrays.fish_regions,
    "ophys_mouse_zebrafish/zf_20151104-f1.mat": arrays.frames(
        "activity_matrix", turned=True, places="cell_coordinates"
    ),
}
SPIKES = {
    "spikes_behaviour/A8604-211122.nwb": arrays.phy,
    LANTYER: arrays.lantyer,
    "spikes_behaviour/affinewarp_motor_ctx_data.npz": arrays.triplets(
        "neuron_ids", "trial_ids", "spiketimes"
    ),
    "spikes_behaviour/affinewarp_ofc2_data.npz": arrays.triplets(
        "neurons", "trials", "times", table="affinewarp_ofc2_metadata.npz"
    ),
    "spikes_behaviour/biclustering_allen719161530_Y.csv": arrays.counts,
    "spikes_behaviour/bolkan2022_direct_y.npy": arrays.maze,
    "spikes_behaviour/kramer_08_spikes-1.mat": arrays.two_conditions,
    "spikes_behaviour/kramer_10_spikes-1.mat": arrays.trains,
    "spikes_behaviour/kramer_spikes-1.mat": arrays.place_cell,
    "spikes_behaviour/kramer_spikes-LFP-1.mat": arrays.spike_field,
    "spikes_behaviour/psytrack_sampleRatData_derived.npz": arrays.rat,
}
CONNECTOMES = {
    "CElegansFunctionalConnectivity.xlsx": worm.propagation,
    "NeuronConnectFormatted.xlsx": worm.contacts,
    "cook2019_SI5_adjacency_matrices.xlsx": worm.cook,
    "cook2019_herm_full_edgelist.csv": worm.edges,
    "cook_2020.json": worm.synapses,
    "creamer2024_cook_synapse_size_connectome.csv": worm.headed_text,
    "interactome_chem.json": worm.graph,
    "openworm_CElegansNeuronTables.xls": worm.openworm,
    "pubutils_NPP_RipollSanchez2023_longRange.csv": worm.matrix("peptidergic"),
    "pubutils_chemical_Cook2019.csv": worm.matrix("chemical"),
    "pubutils_dopamine_Bentley2016.csv": worm.matrix("monoaminergic"),
    "pubutils_electrical_Cook2019.csv": worm.matrix("electrical"),
    "pubutils_monoamine_Bentley2016.csv": worm.matrix("monoaminergic"),
    "randi2023_signal_propagation_fig2.csv": worm.propagation,
    "varshney2011_A_sendjoint.mat": worm.joint,
    "varshney2011_ConnOrdered_040903.mat": worm.varshney,
    **{f"witvliet_2020_{i}.json": worm.synapses for i in (1, 2, 4, 5, 6, 7, 8)},
    "wormneuroatlas_aconnectome_white_1986_A.csv": worm.edges,
    "wormneuroatlas_aconnectome_white_1986_L4.csv": worm.edges,
    "wormneuroatlas_aconnectome_white_1986_whole.csv": worm.edges,
    "wormneuroatlas_aconnectome_witvliet_2020_7.csv": worm.edges,
    "wormneuroatlas_aconnectome_witvliet_2020_8.csv": worm.edges,
    "wormneuroatlas_esconnectome_monoamines_Bentley_2016.csv": worm.transmitters("monoaminergic"),
    "wormneuroatlas_esconnectome_neuropeptides_Bentley_2016.csv": worm.transmitters("peptidergic"),
}
CONNECTOMES = {f"celegans_connectome/{name}": oracle for name, oracle in CONNECTOMES.items()}
ORACLES = MEG | EEG | INTRACRANIAL | CALCIUM | SPIKES | CONNECTOMES
# Second entries of a file.
OTHERS = {"cook2019_male/male": partial(worm.cook, sex="male")}
# What takes more than a second or so on a busy machine.
SLOW = re.compile(
    r"test-ave|test_elekta|v73|NPP_|Functional|randi|SI5|neuropep|creamer|openworm|Scholz"
    r"|NeuronConnect|pubutils|kit_motor|_P300|witvliet_2020_[1-6]|motor_ctx|sub-01[678]"
)
# These formats state nothing of what their numbers are.
MAPPED = ("table", "npy", "matlab", "hdf5")
# A folder that the entry opens by one of its files.
BARE = {CTF: "..", NEURALYNX: ".."}
# Traces without a rate, tables without signals, a matrix whose first rows are headings.
NEEDS_OPTIONS = {
    "ophys_mouse_zebrafish/gratings_2p/F.npy",
    "ophys_mouse_zebrafish/pynapple_suite2p/plane0/F.npy",
    BIDS_GRID,
    GRID,
    SHAFTS,
    "celegans_connectome/creamer2024_cook_synapse_size_connectome.csv",
}


def entries():
    """Return every recording of the catalog as (dataset/recording, path, loader, options)."""
    return [
        (f"{entry.name}/{name}", recording.files[0].path, entry.loader, recording.options)
        for entry in CATALOG.datasets.values()
        for name, recording in entry.recordings.items()
    ]


def findings_of_the_page():
    """Return entry -> codes that docs/recordings.md explains."""
    text = (ROOT / "docs" / "recordings.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\S+/\S+) \| (NK\d+(?:, NK\d+)*) \| .{20,} \|$", text, re.MULTILINE)
    return {name: set(codes.split(", ")) for name, codes in rows}


EXPLAINED = findings_of_the_page()
CASES = [
    pytest.param(*case, id=case[0], marks=[pytest.mark.slow] if SLOW.search(case[1]) else [])
    for case in entries()
]


@pytest.mark.filterwarnings("ignore:.*:RuntimeWarning")
@pytest.mark.parametrize(("name", "path", "loader", "options"), CASES)
def test_a_recording_is_what_its_own_library_reads(
    shared_data, monkeypatch, tmp_path, name, path, loader, options
):
    monkeypatch.setenv("NEUROKIT_MIRROR", str(shared_data))
    monkeypatch.setenv("NEUROKIT_CACHE", str(tmp_path / "cache"))
    rec = CATALOG.open(*name.split("/"))
    check(rec, OTHERS.get(name, ORACLES[path])(shared_data / path))
    grave = {f.code for f in nk.validate(rec) if f.severity != "SUGGESTION"}
    assert grave == EXPLAINED.get(name, set())
    assert rec.attrs["loader"] == loader
    if loader not in MAPPED and path not in NEEDS_OPTIONS:
        _check_bare(rec, (shared_data / path / BARE.get(path, ".")).resolve(), options)


def _check_bare(rec, path, options):
    """A file that describes itself opens by its path as the entry opens it."""
    bare = nk.open(path)
    if rec.attrs["loader"] == "bids":  # alone, without its tables
        assert bare.attrs["loader"] == "mne.raw"
        return
    assert bare.attrs["loader"] == rec.attrs["loader"]
    # What the header alone says is the same.
    assert nk.info(path)["modality"] == bare.attrs["modality"]
    if not set(options) - {"whole_folder"}:
        for group in rec.subtree:
            assert bare[group.path].sizes == group.sizes
            assert list(bare[group.path].data_vars) == list(group.data_vars)


def test_every_recording_has_an_oracle_and_every_oracle_a_recording():
    assert {path for _, path, _, _ in entries()} == set(ORACLES)
    assert set(EXPLAINED) <= {name for name, _, _, _ in entries()}


def test_an_oracle_that_is_contradicted_fails(shared_data, monkeypatch):
    """One sample, one label, one unit, one nanosecond: each is seen."""
    monkeypatch.setenv("NEUROKIT_MIRROR", str(shared_data))
    path = "eeg/eeglab_test.edf"
    rec = CATALOG.open("eeglab_edf")
    for change in ("values", "names", "units", "time", "types"):
        expected = brain.raw(shared_data / path)
        _spoil(expected.signals["activity"], change)
        with pytest.raises(AssertionError):
            check(rec, expected)


def _spoil(signal, change):
    if change == "values":
        signal.values[1000, 3] += abs(signal.values[1000, 3]) * 1e-6
    elif change == "time":
        signal.time = signal.time + 2e-9
    else:
        setattr(signal, change, [*getattr(signal, change)[:-1], "other"])
