from functools import partial
from pathlib import Path
import mne, pytest
import oracle_mne as m
import neurokit as nk
from oracles import check
IE="ieeg/bids_ieeg_visual_sub-01_ses-01/ieeg/sub-01_ses-01_task-visual_run-01_ieeg.vhdr"
EC="ieeg/ieeglab_dataset_ecog_sub-02_ses-01_task-visual_run-01_events.tsv"
SE="ieeg/ieeglab_dataset_seeg_sub-02_ses-ieeg01_task-ccep_run-01_events.tsv"
SS="eeg/ssvep_exo_subject01_record-2012.07.06-19.02.16"
SS2="eeg/ssvep_exo_subject12_record-2014.03.10-19.47.49"
ORACLES={
 "meg/141027_cropped_90Hz_raw.fif":m.raw,
 "meg/MQKIT_125_2sec.con":m.raw,
 "meg/fieldtrip_neuromag306_epoched_v7.mat":m.epochs,
 "meg/kit_motor_task_tiny_1s.con":m.raw,
 "meg/neuromag122-raw.fif":m.raw,"meg/sample_audvis_trunc_raw_sss.fif":m.raw,
 "meg/somMDYO-18av.ds/somMDYO-18av.res4":m.ctf,
 "meg/test-ave.fif.gz":m.evoked,"meg/test_elekta-ave.fif":m.evoked,
 "eeg/ant_CA_208.cnt":partial(m.raw,reader=mne.io.read_raw_ant),
 "eeg/chtypes_edf.edf":m.raw,"eeg/eeglab_data.set":m.raw,"eeg/eeglab_test.edf":m.raw,
 "eeg/multiple_annotation_chans.bdf":m.raw,
 "eeg/scan41_short.cnt":partial(m.raw,reader=mne.io.read_raw_cnt,data_format="int16"),
 SS+"_raw.fif":m.with_events_file(SS[4:]+"-eve.fif",scale=1e-3,length=1e-3),
 SS2+"_raw.fif":m.with_events_file(SS2[4:]+"-eve.fif",scale=1e-3,length=1e-3),
 **{f"eeg/sub-0{i}_ses-P3_task-P3_ave.fif":m.evoked for i in (15,16,17,18)},
 "eeg/test_NO.vhdr":m.raw,"eeg/test_raw_2021.set":m.raw,"eeg/test_reduced.edf":m.mixed_edf,
 "eeg/test_utf8_annotations.edf":m.raw,
 "eeg/tiny_bids/sub-01/ses-eeg/eeg/sub-01_ses-eeg_task-rest_eeg.vhdr":m.bids,
 "eeg/wmvanvliet_subject04-epo.fif":partial(m.epochs,length=1e-3),
 "encoding_rsa/audio-epo.fif":m.epochs,
 "ieeg/NihonKohden/MB0400FU.EDF":m.raw,
 "ieeg/NihonKohden/MB0400FU.EEG":partial(m.raw,reader=mne.io.read_raw_nihon),
 "ieeg/Persyst/sub-pt1_ses-02_task-monitor_acq-ecog_run-01_clip2.lay":m.raw,
 IE:partial(m.bids_tables,electrodes="sub-01_ses-01_electrodes.tsv",events="sub-01_ses-01_task-visual_run-01_events.tsv",kind="ECOG"),
 EC:partial(m.bids_tables,electrodes="ieeglab_dataset_ecog_sub-02_ses-01_electrodes.tsv",events=EC[5:],kind="ECOG"),
 SE:partial(m.bids_tables,electrodes="ieeglab_dataset_seeg_sub-02_ses-ieeg01_electrodes.tsv",events=SE[5:],kind="SEEG"),
 "ieeg/ieegio_edfPlusD.edf":m.discontinuous_edf,
 "ieeg/neuralynx_seeg/LAHC1.ncs":m.neuralynx,"ieeg/sample_ecog_ieeg.fif":m.raw,"ieeg/test_NEURALCD_raw.ns3":m.raw,
}
cat=nk.Catalog.read(Path(__file__).parents[2]/"data_catalog.yaml")
E={}
for d in cat.datasets.values():
    for r,x in d.recordings.items(): E.setdefault(x.files[0].path,[]).append((d.name,r))
@pytest.mark.parametrize("path",ORACLES)
def test_x(path,shared_data,monkeypatch):
    monkeypatch.setenv("NEUROKIT_MIRROR", str(shared_data))
    d,r=E[path][0]
    check(cat.open(d,r),ORACLES[path](shared_data/path))
