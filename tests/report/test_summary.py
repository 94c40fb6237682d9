"""The recipe `summary`: every modality, lazily, with facts, findings, tables and pictures."""

import json

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit import schema
from neurokit.io import FileArray, lazy_variable
from neurokit.recipe import Outcome, load_function, registered_recipes
from neurokit.report.recipe import SUMMARY, SummaryParameters
from neurokit.report.summary import run
from neurokit.simulate import recording
from neurokit.testing import assert_same

MODALITIES = ["calcium", "eeg", "meg", "seeg", "ecog", "spikes", "connectome"]
PICTURES = {
    "calcium": {"traces", "heatmap", "positions", "quality", "events", "behavior"},
    "eeg": {"traces", "spectrum_EEG", "positions", "quality", "events"},
    "meg": {
        "traces",
        "spectrum_MEGMAG",
        "spectrum_MEGGRADPLANAR",
        "positions",
        "quality",
        "events",
    },
    "seeg": {"traces", "spectrum_SEEG", "positions", "quality", "events"},
    "ecog": {"traces", "spectrum_ECOG", "positions", "quality", "events"},
    "spikes": {"raster", "quality", "events"},
    "connectome": {"matrix_chemical", "matrix_electrical", "degrees"},
}


def summarised(rec, **parameters):
    return run({"r1": rec}, SummaryParameters(**parameters), {})


@pytest.fixture(scope="module")
def outcomes():
    small = {"n_channels": 9, "duration": 12.0, "random_state": 0}
    # Long enough for a worm to reverse, so that there are events.
    longer = small | {"duration": 60.0}
    return {
        name: summarised(recording(name, **(longer if name == "calcium" else small)))
        for name in MODALITIES
    }


def test_it_is_registered_and_its_function_is_found():
    assert registered_recipes()["summary"] == SUMMARY
    assert load_function(SUMMARY.run) is run
    assert SUMMARY.over == "recording"
    assert SUMMARY.parameters is SummaryParameters


@pytest.mark.parametrize("modality", MODALITIES)
def test_every_modality_gets_its_pictures(outcomes, modality):
    assert set(outcomes[modality].pictures) == PICTURES[modality]


@pytest.mark.parametrize("modality", MODALITIES)
def test_every_picture_has_a_caption_and_labelled_axes(outcomes, modality):
    for name, picture in outcomes[modality].pictures.items():
        assert picture.caption, name
        # Axes above others share the labels below; colour bars carry theirs on the right.
        axes = [ax for ax in picture.figure.axes if ax.get_label() != "<colorbar>"]
        assert axes[-1].get_xlabel(), name
        assert all(ax.get_ylabel() for ax in axes), name


@pytest.mark.parametrize("modality", ["calcium", "spikes", "connectome"])
def test_pictures_can_be_written(outcomes, modality, tmp_path):
    for name, picture in outcomes[modality].pictures.items():
        file = tmp_path / f"{name}.png"
        picture.figure.savefig(file, dpi=40)
        assert file.stat().st_size > 1000


def test_pyplot_holds_none_of_the_figures():
    from matplotlib import pyplot as plt

    before = plt.get_fignums()
    outcome = summarised(recording("eeg", n_channels=9, duration=12.0, random_state=0))
    assert plt.get_fignums() == before
    assert outcome.pictures["traces"].figure.axes


@pytest.mark.parametrize("modality", MODALITIES)
def test_the_result_is_a_tree_with_history_that_is_stored_and_read_back(
    outcomes, modality, tmp_path
):
    result = outcomes[modality].result
    steps = [step["function"] for step in schema.as_history(result)]
    assert steps == ["simulate.recording", "recipe.summary"]
    nk.save(result, tmp_path / "result.nc")
    assert_same(nk.open(tmp_path / "result.nc"), result)


@pytest.mark.parametrize("modality", MODALITIES)
def test_facts_stand_in_the_result_too(outcomes, modality):
    outcome = outcomes[modality]
    assert json.loads(outcome.result.attrs["facts"]) == outcome.facts
    assert outcome.facts["modality"] == modality


@pytest.mark.parametrize("modality", MODALITIES)
def test_there_are_tables_of_quality_and_findings(outcomes, modality):
    tables = outcomes[modality].tables
    assert set(tables) == {"quality", "findings"}
    assert len(tables["quality"]) == 9
    assert list(tables["findings"].columns) == ["code", "severity", "where", "found", "mend"]


def test_facts_count_what_was_found(outcomes):
    facts = outcomes["eeg"].facts
    assert facts["n_channels"] == 9
    assert facts["duration_s"] == 12.0
    assert facts["missing_share"] == 0.0
    assert facts["n_flat"] == 0
    assert facts["findings_critical"] == facts["findings_violation"] == 0


def test_columns_of_the_table_name_their_units(outcomes):
    assert {"mean (V)", "sd (V)", "drift (V)", "missing_share"} <= set(
        outcomes["eeg"].tables["quality"].columns
    )
    assert "rate (Hz)" in outcomes["spikes"].tables["quality"].columns
    assert {"unit", "sd"} <= set(outcomes["meg"].tables["quality"].columns)


def test_the_table_holds_the_values_of_the_result(outcomes):
    frame = outcomes["calcium"].tables["quality"].set_index("neuron")
    table = outcomes["calcium"].result["quality"]
    np.testing.assert_array_equal(frame["sd"], table["sd"])
    assert frame.index.tolist() == table.neuron.values.tolist()


def test_cells_of_a_connectome_are_rows(outcomes):
    frame = outcomes["connectome"].tables["quality"].set_index("cell")
    weight = recording("connectome", n_channels=9, random_state=0).connectome.weight
    name = frame.index[0]
    chemical = weight.sel(synapse_type="chemical", pre=name).values
    assert frame.loc[name, "chemical_out_degree"] == (chemical > 0).sum()
    assert frame.loc[name, "chemical_out_weight"] == chemical.sum()


def channels(values, kinds=None, units=None, **more):
    values = np.asarray(values, dtype=np.float32)
    n = values.shape[-1]
    coords = {"channel_type": kinds or ["EEG"] * n}
    if units:
        coords["unit"] = units
    group = schema.activity(
        values,
        names=[f"c{i}" for i in range(n)],
        space="channel",
        coords=coords,
        **({"rate": 100.0} | more),
    )
    return schema.recording({"activity": group}, modality="eeg")


def noise(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def test_findings_of_a_faulty_recording_are_reported():
    values = 1e-5 * noise(200, 3)
    values[:, 1] = 0.0
    outcome = summarised(channels(values))
    assert outcome.facts["n_flat"] == 1
    assert outcome.facts["findings_suggestion"] >= 1
    assert "NK402" in outcome.tables["findings"].code.tolist()


def test_one_type_in_two_units_gets_two_spectra():
    rec = channels(noise(300, 3), ["EEG"] * 3, ["V", "V", "1"])
    assert {"spectrum_EEG_V", "spectrum_EEG_1"} <= set(summarised(rec).pictures)


def test_a_unit_with_a_slash_gives_no_name_with_one():
    rec = channels(noise(300, 2), ["MEGGRADPLANAR"] * 2, ["T/m", "T/cm"])
    assert not any("/" in name for name in summarised(rec).pictures)


def test_no_neural_channel_is_no_reason_to_fail():
    outcome = summarised(channels(noise(300, 2), ["EOG", "ECG"]))
    assert {"traces", "quality"} <= set(outcome.pictures)


def test_trials_are_summarised_and_the_first_is_drawn():
    outcome = summarised(channels(noise(5, 100, 3)))
    assert outcome.facts["n_trials"] == 5
    assert "First of 5 along trial." in outcome.pictures["traces"].caption


def test_irregular_time_is_summarised_without_spectra():
    time = np.cumsum(np.random.default_rng(0).uniform(0.2, 0.4, 100))
    outcome = summarised(channels(noise(100, 3), time=time, rate=None))
    assert outcome.facts["rate_hz"] == "irregular"
    assert "spectrum" not in outcome.result.children
    assert not any(name.startswith("spectrum") for name in outcome.pictures)


def test_all_missing_is_summarised():
    outcome = summarised(channels(np.full((100, 2), np.nan)))
    assert outcome.facts["missing_share"] == 1.0
    for picture in outcome.pictures.values():
        picture.figure.canvas.draw()


@pytest.mark.parametrize("n", [1, 2, 5])
def test_very_short_recordings_are_summarised(n):
    outcome = summarised(channels(noise(n, 2)))
    assert outcome.facts["n_samples"] == n


def test_two_frames_are_two_pictures():
    place = np.array([[0, 0, 0.1], [0, 0.1, 0], [0.1, 0, 0]])
    attrs = {"units": "m", "coordinate_frame": "per channel"}
    rec = channels(noise(50, 3), position=place, position_attrs=attrs)
    group = rec["activity"].to_dataset()
    frames = ("channel", ["meg", "head", "meg"])
    rec["activity"] = xr.DataTree(group.assign_coords(coordinate_frame=frames))
    assert {"positions_meg", "positions_head"} <= set(summarised(rec).pictures)


def test_spikes_beside_activity_keep_both():
    rec = recording("eeg", n_channels=3, duration=5.0, random_state=0)
    rec["spikes"] = recording("spikes", n_channels=3, duration=5.0, random_state=0)["spikes"]
    outcome = summarised(rec)
    assert {"quality", "spikes_quality", "raster", "traces"} <= set(outcome.pictures)
    assert {"quality", "spike_quality"} <= set(outcome.result.children)


def test_events_alone_are_summarised():
    table = schema.events([0.1, 0.2], trial_type=["a", "b"])
    outcome = summarised(schema.recording({"events": table}, modality="behavior"))
    assert set(outcome.pictures) == {"events"}
    assert set(outcome.tables) == {"findings"}


def test_behaviour_in_other_forms_is_passed_over():
    behavior = schema.series({"posture": np.zeros((20, 3))}, rate=5.0)
    rec = schema.recording({"behavior": behavior}, modality="behavior")
    assert summarised(rec).pictures == {}


def test_parameters_set_what_is_drawn():
    rec = recording("eeg", n_channels=20, duration=12.0, random_state=0)
    picture = summarised(rec, trace_seconds=2.0, n_traces=5).pictures["traces"]
    (ax,) = picture.figure.axes
    assert len(ax.get_yticks()) == 5
    assert ax.get_xlim()[1] < 2.0
    assert picture.caption.startswith("5 of 20 channels, the first 2 s")


@pytest.mark.parametrize("wrong", [{"n_traces": 0}, {"trace_seconds": -1}, {"traces": 3}])
def test_wrong_parameters_are_refused(wrong):
    from pydantic import ValidationError

    with pytest.raises(ValidationError):
        SummaryParameters(**wrong)


class Counted(FileArray):
    def __init__(self, shape):
        super().__init__(shape, "f4")
        self.n_read, self.largest = 0, 0

    def read(self, key):
        rows, columns = (np.arange(n)[k] for n, k in zip(self.shape, key, strict=True))
        self.n_read += rows.size * columns.size
        self.largest = max(self.largest, rows.size * columns.size)
        return (1e-5 * np.sin(rows * 0.3))[:, None] * (1 + columns[None, :])


def test_a_large_recording_is_read_little_more_than_once_and_never_whole():
    array = Counted((500_000, 16))
    group = schema.activity(
        lazy_variable(("time", "channel"), array),
        names=[f"c{i}" for i in range(16)],
        space="channel",
        rate=1000.0,
        coords={"channel_type": ["EEG"] * 16},
    )
    outcome = summarised(schema.recording({"activity": group}, modality="eeg"))
    assert isinstance(outcome, Outcome)
    # Once for quality; validation samples and the traces' ten seconds are the rest.
    assert array.n_read < 1.5 * 500_000 * 16
    assert array.largest <= 2**21


def test_the_same_recording_gives_the_same_result():
    first, second = (
        summarised(recording("meg", n_channels=6, duration=5.0, random_state=0)) for _ in range(2)
    )
    assert_same(first.result, second.result)
    assert first.facts == second.facts
    assert [p.caption for p in first.pictures.values()] == [
        p.caption for p in second.pictures.values()
    ]


def test_importing_the_recipe_loads_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; import neurokit.report.recipe; "
        "print([m for m in ('xarray', 'matplotlib', 'mne', 'pandas', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
