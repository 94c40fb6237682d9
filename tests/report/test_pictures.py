"""The pictures of a summary: what each kind of recording shows, and what it leaves out."""

import numpy as np
import pytest
from matplotlib.colors import LogNorm, Normalize

from neurokit import schema
from neurokit.report import pictures, quality
from neurokit.simulate import recording


def functional(weight):
    names = [f"n{i}" for i in range(len(weight))]
    group = schema.connectome(
        np.asarray(weight)[None], pre=names, post=names, synapse_type=["functional"]
    )
    return schema.recording({"connectome": group}, modality="connectome")


@pytest.mark.parametrize(
    ("weight", "norm"),
    [
        ([[0.0, 2.0], [0.5, np.nan]], LogNorm),
        ([[0.0, -2.0], [0.5, 1.0]], Normalize),
        ([[0.0, 0.0], [0.0, 0.0]], Normalize),
    ],
)
def test_weights_of_both_signs_get_linear_colours_and_counts_logarithmic_ones(weight, norm):
    picture = pictures.of_connectome(functional(weight))["matrix_functional"]
    assert type(picture.figure.axes[0].images[0].norm) is norm


def test_a_connectome_without_observations_is_drawn():
    drawn = pictures.of_connectome(functional(np.full((3, 3), np.nan)))
    assert set(drawn) == {"matrix_functional", "degrees"}


def test_many_measures_of_behaviour_are_cut_and_counted():
    rates = {f"measure_{i}": np.arange(20.0) for i in range(14)}
    rec = schema.recording({"behavior": schema.series(rates, rate=5.0)}, modality="behavior")
    picture = pictures.of_behavior(rec)["behavior"]
    assert len(picture.figure.axes) == 10
    assert picture.caption.startswith("10 of 14")


def test_behaviour_carries_its_units():
    behavior = schema.series({"speed": np.arange(20.0)}, rate=5.0, units={"speed": "mm/s"})
    rec = schema.recording({"behavior": behavior}, modality="behavior")
    (ax,) = pictures.of_behavior(rec)["behavior"].figure.axes
    assert ax.get_ylabel() == "speed\n(mm/s)"
    assert ax.get_xlabel() == "time (s)"


def test_quality_of_mixed_units_leaves_out_what_does_not_compare():
    rec = recording("meg", n_channels=6, duration=5.0, random_state=0)
    table, spectrum = quality(rec)
    drawn = pictures.of_activity(rec, table, spectrum, trace_seconds=2.0, n_traces=6)
    labels = [ax.get_ylabel() for ax in drawn["quality"].figure.axes]
    assert not any(label.startswith("standard deviation") for label in labels)
    assert labels[0].startswith("signal to noise")


def test_other_channel_types_do_not_dwarf_the_neural_ones():
    rec = recording("eeg", n_channels=4, duration=5.0, random_state=0)
    group = rec["activity"].to_dataset()
    kinds = ("channel", ["EEG", "EEG", "EEG", "EOG"])
    rec["activity"] = rec["activity"].assign(group.assign_coords(channel_type=kinds))
    table, spectrum = quality(rec)
    drawn = pictures.of_activity(rec, table, spectrum, trace_seconds=2.0, n_traces=6)
    assert all(len(ax.patches) == 3 for ax in drawn["quality"].figure.axes)
    assert len(table.channel) == 4


def test_tables_of_trials_without_onsets_are_not_drawn_over_time():
    table = schema.events([0.0, 1.0]).drop_vars("onset")
    rec = schema.recording({"events": table}, modality="behavior")
    assert pictures.of_events(rec) == {}
    assert pictures.of_events(recording("connectome", n_channels=3, random_state=0)) == {}
