"""The recipe `summary` runs on real files, and its facts are what the files are known to hold."""

import pytest

import neurokit as nk
from neurokit.report.recipe import SummaryParameters
from neurokit.report.summary import run

ATANAS = "celegans_calcium/atanas2023_2022-08-02-01_time_trace.json"
COOK = "celegans_connectome/cook2019_SI5_adjacency_matrices.xlsx"
SAMPLE = "meg/sample_audvis_trunc_raw_sss.fif"
SSVEP = "eeg/ssvep_exo_subject01_record-2012.07.06-19.02.16_raw.fif"


def summarised(path, **options):
    rec = nk.open(path, **options)
    return run({"r": rec}, SummaryParameters(), {})


def test_worm_activity(shared_data):
    outcome = summarised(shared_data / ATANAS)
    # 98 traces of 1600 samples; the manifest of the files says so.
    assert (outcome.facts["n_neurons"], outcome.facts["n_samples"]) == (98, 1600)
    assert outcome.facts["n_identified"] == 98
    assert {"traces", "heatmap", "quality"} <= set(outcome.pictures)


def test_worm_activity_with_behaviour(shared_data):
    outcome = summarised(shared_data / "celegans_calcium/dag2023_2022-08-02-38-data.h5")
    assert outcome.facts["n_samples"] == 800
    assert "velocity" in outcome.facts["behavior"]
    assert {"behavior", "events"} <= set(outcome.pictures)


def test_the_connectome_of_the_worm(shared_data):
    outcome = summarised(shared_data / COOK)
    assert outcome.facts["pre_types"].startswith("302 neuron")
    assert {"matrix_chemical", "matrix_electrical", "degrees"} == set(outcome.pictures)


def test_meg_with_eeg_in_two_frames(shared_data):
    import mne

    raw = mne.io.read_raw_fif(shared_data / SAMPLE, verbose="ERROR")
    outcome = summarised(shared_data / SAMPLE)
    assert outcome.facts["rate_hz"] == pytest.approx(raw.info["sfreq"])
    assert outcome.facts["n_samples"] == raw.n_times
    assert "102 MEGMAG" in outcome.facts["channel_types"]
    assert {"spectrum_MEGMAG", "spectrum_EEG", "positions_meg", "positions_head"} <= set(
        outcome.pictures
    )


def test_eeg_of_four_minutes(shared_data):
    outcome = summarised(shared_data / SSVEP)
    assert outcome.facts["n_channels"] == 8
    assert outcome.facts["duration_s"] == pytest.approx(222.75)
    assert "spectrum_EEG" in outcome.pictures


@pytest.mark.slow
@pytest.mark.parametrize(
    "file",
    [
        "eeg/chtypes_edf.edf",
        "eeg/multiple_annotation_chans.bdf",
        "eeg/test_NO.vhdr",
        "ieeg/sample_ecog_ieeg.fif",
        "meg/neuromag122-raw.fif",
        "celegans_connectome/cook2019_herm_full_edgelist.csv",
    ],
)
def test_formats_with_oddities_are_summarised(shared_data, file):
    outcome = summarised(shared_data / file)
    assert outcome.pictures
    for picture in outcome.pictures.values():
        picture.figure.canvas.draw()
