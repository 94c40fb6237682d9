"""The recipe from recordings to result, pictures, facts and tables."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest

import neurokit as nk
from neurokit.connectome import motifs
from neurokit.connectome.motifs import run
from neurokit.connectome.recipe import MotifParameters
from neurokit.connectome.tables import motif_table, neuron_table, strongest
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.recipe import Parameters
from neurokit.schema import activity, recording
from neurokit.testing import assert_same

FAST = {
    "rank": 3,
    "bin_s": 8.0,
    "n_restarts": 2,
    "max_iter": 200,
    "communities": "leiden",
    "n_permutations": 9,
}
# Drawing is most of the time; where pictures don't matter one is enough.
ONE = {**FAST, "rank": 1, "communities": None, "n_permutations": 0}


@pytest.fixture
def no_pictures(monkeypatch):
    monkeypatch.setattr(motifs, "_pictures", lambda model: {})


@pytest.fixture(scope="module")
def simulation():
    return nk.simulate.worms(n_animals=3, n_neurons=40, random_state=0)


@pytest.fixture(scope="module")
def outcome(simulation):
    return run(simulation.recordings, MotifParameters(**FAST), {})


def test_the_result_holds_the_fit_and_its_matrices(outcome):
    assert {"factors", "motifs", "objective_trace", "atlas", "null", "communities"} <= set(
        outcome.result.children
    )
    matrices = outcome.result["motifs/motifs"]
    assert matrices.dims == ("component", "neuron", "partner")
    np.testing.assert_array_equal(matrices, matrices.values.swapaxes(1, 2))


def test_the_result_survives_saving(outcome, tmp_path):
    back = nk.open(nk.save(outcome.result, tmp_path / "result.nc"))
    assert_same(back, outcome.result)


def test_the_result_is_a_fit_that_can_be_loaded(outcome, tmp_path):
    fit = nk.connectome.DynamicConnectome.load(nk.save(outcome.result, tmp_path / "fit.nc"))
    assert fit.rank_ == 3
    assert fit.p_value_.sizes == {"component": 3}


def test_planted_groups_lead_the_table(simulation, outcome):
    truth = simulation.truth.neuron_loading
    groups = [set(truth.neuron.values[row > 0].tolist()) for row in truth.values]
    table = outcome.tables["neurons"]
    for motif in range(3):
        leaders = set(table[table.motif == motif].neuron[:6])
        assert any(leaders <= group for group in groups)


def test_there_is_one_picture_per_motif_and_one_of_all(outcome):
    motifs = ["motif_0", "motif_1", "motif_2"]
    assert list(outcome.pictures) == ["time_courses", "atlas", "null", *motifs]
    for name in ("time_courses", *motifs):
        picture = outcome.pictures[name]
        assert "(s)" in picture.caption
        labels = [ax.get_xlabel() for ax in picture.figure.axes]
        assert "time (s)" in labels
    assert "units of affinity" in outcome.pictures["atlas"].caption
    assert "9 recordings" in outcome.pictures["null"].caption
    panels = [ax.get_xlabel() for ax in outcome.pictures["motif_1"].figure.axes]
    assert {"partner", "time (s)", "recording"} <= set(panels)


def test_no_figure_of_the_recipe_stays_open_in_pyplot(outcome):
    open_ones = {id(plt.figure(number)) for number in plt.get_fignums()}
    assert not open_ones & {id(one.figure) for one in outcome.pictures.values()}


def test_facts_carry_units_and_plain_values(outcome):
    facts = outcome.facts
    assert facts["recordings"] == 3
    assert facts["neurons"] == 40
    assert facts["pairs"] == 780
    assert facts["bin (s)"] == 8.0
    assert facts["duration (s)"] == 400.0
    assert facts["time axes"] == "as recorded"
    assert facts["starts that found the same motifs"] == "2 of 2"
    assert 0 < facts["relative error, held out"] < 1
    # Nine shifts give no p below a tenth.
    assert facts["motifs beyond chance (q < 0.05)"] == 0
    # Two animals of three lack a fifth: 0.8^2 of the pairs, known to a few per cent.
    assert 55 < facts["observed (%)"] < 72
    assert all(type(value) in (str, int, float, bool) for value in facts.values())


@pytest.mark.slow
@pytest.mark.usefixtures("no_pictures")
def test_the_same_parameters_give_the_same_result(simulation):
    one, again = (run(simulation.recordings, MotifParameters(**ONE), {}) for _ in range(2))
    assert_same(again.result, one.result)


def test_a_single_animal_works_and_keeps_nameless_neurons(simulation):
    one = simulation.recordings["worm1"]
    signal = one.activity.signal
    known = np.arange(signal.sizes["neuron"]) % 2 == 0
    group = one.activity.to_dataset().assign_coords(identified=("neuron", known))
    rec = recording({"activity": group}, modality="calcium")
    found = run({"worm1": rec}, MotifParameters(**ONE), {})
    assert found.facts["neurons"] == signal.sizes["neuron"]
    assert found.facts["recordings"] == 1
    assert "recording_loading" not in found.result["factors"]
    assert "recording" not in [ax.get_xlabel() for ax in found.pictures["motif_0"].figure.axes]


@pytest.mark.usefixtures("no_pictures")
def test_nameless_neurons_are_never_matched_across_animals():
    rng = np.random.default_rng(0)

    def worm(names, identified):
        group = activity(
            rng.standard_normal((400, 4)),
            names=names,
            rate=4.0,
            coords={"identified": identified},
        )
        return recording({"activity": group}, modality="calcium")

    # "17" and "18" are mere numbers of a segmentation: the same label, other cells.
    recs = {
        "a": worm(["AVAL", "RIML", "17", "18"], [True, True, False, False]),
        "b": worm(["AVAL", "RIML", "VB1", "17"], [True, True, True, False]),
    }
    found = run(recs, MotifParameters(**ONE), {})
    assert found.result["motifs"].neuron.values.tolist() == ["AVAL", "RIML", "VB1"]


@pytest.mark.usefixtures("no_pictures")
def test_an_animal_without_names_is_left_out_and_it_is_said(simulation):
    recs = dict(simulation.recordings)
    group = recs["worm1"].activity.to_dataset()
    unknown = np.zeros(group.sizes["neuron"], dtype=bool)
    group = group.assign_coords(identified=("neuron", unknown))
    recs["worm1"] = recording({"activity": group}, modality="calcium")
    found = run(recs, MotifParameters(**ONE), {})
    assert found.facts["recordings"] == 2
    assert found.facts["left out, without activity or names"] == "worm1"
    assert found.result["factors"].recording.values.tolist() == ["worm2", "worm3"]
    with pytest.raises(LabelError, match="no neuron of any recording"):
        run({"a": recs["worm1"], "b": recs["worm1"]}, MotifParameters(**ONE), {})


@pytest.mark.usefixtures("no_pictures")
def test_several_animals_need_to_say_who_is_identified():
    group = activity(np.random.default_rng(0).random((400, 3)), names=list("abc"), rate=4.0)
    rec = recording({"activity": group}, modality="calcium")
    with pytest.raises(LabelError, match="identified"):
        run({"a": rec, "b": rec}, MotifParameters(**ONE), {})


@pytest.mark.usefixtures("no_pictures")
def test_unequal_clocks_are_aligned_and_it_is_said(simulation):
    recs = dict(simulation.recordings)
    recs["worm2"] = nk.signal.resample(recs["worm2"], 3.0)
    found = run(recs, MotifParameters(**ONE), {})
    assert found.facts["time axes"].startswith("resampled to 3 Hz")
    assert found.facts["recordings"] == 3


def test_animals_in_their_own_time_need_no_common_clock(simulation):
    recs = dict(simulation.recordings)
    recs["worm2"] = nk.signal.resample(recs["worm2"], 3.0)
    found = run(recs, MotifParameters(**{**ONE, "shared_time": False}), {})
    assert found.facts["time axes"] == "resampled to 3 Hz, each in its own time"
    assert "peak (s)" not in found.tables["motifs"]
    assert found.result["time_course"].sizes["recording"] == 3
    assert "own time" in found.pictures["time_courses"].caption


@pytest.mark.usefixtures("no_pictures")
def test_recordings_without_activity_are_passed_over(simulation):
    wiring = nk.simulate.recording("connectome", random_state=0)
    recs = {"wiring": wiring, "worm1": simulation.recordings["worm1"]}
    assert run(recs, MotifParameters(**ONE), {}).facts["recordings"] == 1
    with pytest.raises(SchemaError, match="activity"):
        run({"wiring": wiring}, MotifParameters(**ONE), {})


def test_a_tensor_that_would_not_fit_is_refused_before_it_is_made(simulation, monkeypatch):
    monkeypatch.setattr(motifs, "_MOST_ENTRIES", 1000)
    with pytest.raises(OptionError, match="bin_s"):
        run(simulation.recordings, MotifParameters(**ONE), {})


def test_parameters_of_another_recipe_are_refused(simulation):
    with pytest.raises(OptionError, match="Parameters"):
        run(simulation.recordings, Parameters(), {})


def test_the_motif_table_says_when_in_whom_and_who(outcome):
    table = motif_table(outcome.result["factors"].to_dataset())
    assert table.motif.tolist() == [0, 1, 2]
    assert table["peak (s)"].between(0, 400).all()
    assert (np.diff(table.weight) <= 0).all()
    shares = table[[c for c in table.columns if "share of mean" in c]]
    assert outcome.tables["motifs"].p.tolist() == [0.1, 0.1, 0.1]
    assert outcome.tables["motifs"].communities.str.len().min() > 10
    assert len(outcome.tables["atlas"]) == 9
    assert shares.shape == (3, 3)
    np.testing.assert_allclose(shares.mean(axis=1), 1.0, atol=1e-3)


def test_the_neuron_table_is_sorted_and_relative(outcome):
    factors = outcome.result["factors"].to_dataset()
    table = neuron_table(factors)
    for motif, top in zip(range(3), strongest(factors), strict=True):
        part = table[table.motif == motif]
        assert part["rank"].tolist() == list(range(1, 16))
        share = part["strength (share of largest)"]
        assert share.iloc[0] == 1.0
        assert share.is_monotonic_decreasing
        assert part.neuron.tolist() == top.index[:15].tolist()


@pytest.mark.slow
def test_the_real_worm_gives_its_known_groups(shared_data):
    rec = nk.open(shared_data / "celegans_calcium/atanas2023_2022-08-02-01_time_trace.json")
    found = run({"worm": rec}, MotifParameters(**{**FAST, "rank": 6, "n_permutations": 0}), {})
    assert found.facts["pairs"] == 4753
    assert found.facts["time axes"].startswith("resampled to 1.667 Hz")
    # The command neurons of reversals move together in every worm (Kato et al. 2015,
    # doi:10.1016/j.cell.2015.09.034).
    table = found.tables["neurons"]
    groups = [set(table[table.motif == m].neuron[:8]) for m in range(6)]
    assert any({"AVAL", "AVAR", "AVEL", "AVER"} <= group for group in groups)


@pytest.mark.slow
def test_real_worms_are_matched_by_their_names_alone(shared_data):
    folder = shared_data / "celegans_calcium"
    keys = ("2022-07-27-31", "2022-08-02-38")
    recs = {key: nk.open(folder / f"dag2023_{key}-data.h5") for key in keys}
    found = run(recs, MotifParameters(**{**ONE, "rank": 2, "shared_time": False}), {})
    names = found.result["motifs"].neuron.values.tolist()
    known = {
        str(name)
        for rec in recs.values()
        for name in rec.activity.neuron.values[rec.activity.identified.values]
    }
    assert set(names) == known
    assert found.facts["recordings"] == 2
    assert 30 < found.facts["observed (%)"] < 90


def test_a_lazy_recording_gives_the_motifs_of_one_in_memory(no_pictures, tmp_path):
    rng = np.random.default_rng(0)
    traces = rng.normal(size=(3000, 6)).cumsum(axis=0)
    group = activity(traces, names=list("ABCDEF"), rate=20.0)
    rec = recording({"activity": group}, modality="calcium", subject="w")
    chosen = MotifParameters(**{**ONE, "rate": 4.0})
    whole = run({"w": rec}, chosen, {})
    lazy = run({"w": rec.chunk({"time": 400})}, chosen, {})
    assert_same(lazy.result, whole.result)
    assert lazy.facts == whole.facts
    # The name of a recording alone was an object, which no file holds.
    assert_same(nk.open(nk.save(lazy.result, tmp_path / "result.nc")), whole.result)


def test_lazy_traces_too_large_for_their_rate_are_refused(monkeypatch):
    monkeypatch.setattr("neurokit.signal.in_memory.MOST_BYTES", 100)
    group = activity(np.zeros((400, 4)), names=list("ABCD"), rate=20.0)
    rec = recording({"activity": group}, modality="calcium", subject="w").chunk({"time": 100})
    with pytest.raises(OptionError, match=r"rate: leaves signals .* Hz or less"):
        run({"w": rec}, MotifParameters(**ONE), {})
