"""Simulated worms hold what their truth says, keep the contract and obey their seed."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import OptionError
from neurokit.schema import as_history, sampling_rate
from neurokit.simulate import Simulation, worms


@pytest.fixture(scope="module")
def simulation():
    return worms(random_state=0)


def test_it_holds_as_many_worms_neurons_and_frames_as_asked():
    found = worms(3, 40, 2, duration=100.0, rate=5.0, random_state=0)
    assert list(found.recordings) == ["worm1", "worm2", "worm3"]
    assert found.truth.sizes == {"component": 2, "neuron": 40, "time": 500, "recording": 3}
    for rec in found.recordings.values():
        assert rec.activity.signal.sizes == {"time": 500, "neuron": 32}
        assert sampling_rate(rec.activity.signal) == 5.0


def test_every_recording_keeps_the_contract(simulation):
    for rec in simulation.recordings.values():
        assert not [f for f in nk.validate(rec, deep=True) if f.severity != "SUGGESTION"]
        assert rec.activity.signal.dtype == np.float32
        assert np.isfinite(rec.activity.signal).all()


def test_missing_neurons_are_absent_and_differ_between_animals(simulation):
    recorded = simulation.truth.recorded
    for key, rec in simulation.recordings.items():
        names = recorded.neuron.values[recorded.sel(recording=key).values]
        assert rec.activity.neuron.values.tolist() == names.tolist()
    assert (recorded.sum("neuron") == 48).all()
    assert len({tuple(row) for row in recorded.values}) == 4


def test_stacking_makes_them_nan(simulation):
    stacked = nk.stack(simulation.recordings)
    recorded = simulation.truth.recorded.sel(neuron=stacked.neuron)
    np.testing.assert_array_equal(stacked.notnull().all("time"), recorded)
    np.testing.assert_array_equal(stacked.notnull().any("time"), recorded)


def test_groups_do_not_overlap_and_a_quarter_belongs_to_none(simulation):
    member = simulation.truth.neuron_loading > 0
    assert (member.sum("neuron") == 15).all()
    assert int(member.any("component").sum()) == 45
    assert int(member.sum("component").max()) == 1


def test_epochs_take_turns_and_stand_in_the_events(simulation):
    course = simulation.truth.time_course
    assert float((course > 0.5).sum("component").max()) == 1
    for rec in simulation.recordings.values():
        table = rec.events
        assert table.onset.size == 12
        for k in range(12):
            inside = course.sel(
                time=slice(table.onset[k] + 0.5, table.onset[k] + table.duration[k] - 0.5)
            )
            active = [m for m in range(3) if (inside[m] > 0.99).all()]
            assert [f"epoch {'ABC'[m]}" for m in active] == [str(table.trial_type.values[k])]


def test_without_noise_the_signal_is_exactly_the_planted_motifs():
    found = worms(2, 20, 2, noise=0.0, private=0.0, missing=0.0, random_state=0)
    truth = found.truth
    for key, rec in found.recordings.items():
        signal = rec.activity.signal.values.astype(float)
        for m in range(2):
            loading = truth.neuron_loading.values[m]
            strength = float(truth.recording_loading.sel(recording=key)[m])
            group = np.flatnonzero(loading)
            shared = signal[:, group] / (loading[group] * strength)
            # All members show one oscillation, and its bound is the envelope of the epochs.
            np.testing.assert_allclose(shared, shared[:, :1].repeat(group.size, 1), atol=1e-5)
            envelope = truth.time_course.values[m]
            assert (np.abs(shared[:, 0]) <= envelope + 1e-5).all()
            assert np.abs(shared[envelope > 0.99, 0]).max() > 0.95
        bystanders = np.flatnonzero(truth.neuron_loading.values.sum(axis=0) == 0)
        np.testing.assert_array_equal(signal[:, bystanders], 0.0)


def test_one_community_is_the_whole_motif_and_changes_nothing(simulation):
    community = simulation.truth.community
    np.testing.assert_array_equal(community == 0, simulation.truth.neuron_loading > 0)
    assert int(community.max()) == 0
    same = worms(n_communities=1, coupling=0.1, random_state=0)
    for key, rec in simulation.recordings.items():
        np.testing.assert_array_equal(same.recordings[key].activity.signal, rec.activity.signal)


def test_communities_divide_the_members_of_each_motif():
    found = worms(n_communities=3, random_state=0).truth
    member = found.neuron_loading.values > 0
    np.testing.assert_array_equal(found.community.values >= 0, member)
    for row in found.community.values:
        assert np.bincount(row[row >= 0]).tolist() == [5, 5, 5]


def test_communities_move_together_within_and_in_part_between():
    still = {"noise": 0.0, "private": 0.0, "missing": 0.0}
    alike = []
    for seed in range(8):
        found = worms(4, 30, 1, n_communities=2, coupling=0.3, random_state=seed, **still)
        community = found.truth.community.values[0]
        active = found.truth.time_course.values[0] > 0.99
        for rec in found.recordings.values():
            one, other = (rec.activity.signal.values[active][:, community == k] for k in (0, 1))
            for group in (one, other):
                np.testing.assert_allclose(np.corrcoef(group.T), 1.0, atol=1e-4)
            alike.append(np.corrcoef(one[:, 0], other[:, 0])[0, 1])
    # 32 animals with some 30 periods that wander by 0.6 rad each: spread about 0.35 per animal.
    assert np.mean(alike) == pytest.approx(0.3, abs=0.2)


def test_full_coupling_leaves_one_community():
    found = worms(1, 20, 1, n_communities=2, coupling=1.0, noise=0.0, private=0.0, random_state=0)
    signal = found.recordings["worm1"].activity.signal.values
    moving = signal[:, signal.std(axis=0) > 0]
    np.testing.assert_allclose(np.corrcoef(moving.T), 1.0, atol=1e-4)


def test_animals_share_epochs_but_not_phases():
    found = worms(2, 20, 2, noise=0.0, private=0.0, missing=0.0, random_state=0)
    member = int(np.flatnonzero(found.truth.neuron_loading.values[0])[0])
    a, b = (rec.activity.signal.values[:, member] for rec in found.recordings.values())
    # The difference of phases starts anywhere and wanders by 0.8 rad per period of 6 s.
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.8
    np.testing.assert_array_equal(a == 0, b == 0)


def test_noise_and_private_fluctuation_have_the_spread_asked_for():
    white, slow = {"noise": 0.3, "private": 0.0}, {"noise": 0.0, "private": 0.5}
    for options, spread in ((white, 0.3), (slow, 0.5)):
        found = worms(1, 40, 1, missing=0.0, random_state=0, **options)
        bystanders = np.flatnonzero(found.truth.neuron_loading.values[0] == 0)
        values = found.recordings["worm1"].activity.signal.values[:, bystanders]
        # Ten neurons and 400 s: 16 000 frames, or about 1000 independent slow values.
        assert values.std() == pytest.approx(spread, rel=0.1)


def test_a_seed_gives_the_same_worms_and_another_one_others(simulation):
    again = worms(random_state=0)
    xr.testing.assert_identical(again.truth, simulation.truth)
    for key, rec in simulation.recordings.items():
        xr.testing.assert_identical(again.recordings[key], rec)
    other = worms(random_state=1)
    assert not np.array_equal(other.truth.neuron_loading, simulation.truth.neuron_loading)
    from_generator = worms(random_state=np.random.default_rng(0))
    xr.testing.assert_identical(from_generator.truth, simulation.truth)


def test_the_history_says_how_they_were_made(simulation):
    (step,) = as_history(simulation.recordings["worm2"])
    assert step["function"] == "simulate.worms"
    assert step["seed"] == 0
    assert step["parameters"]["n_neurons"] == 60


def test_the_truth_knows_its_parameters_and_the_repr_what_is_planted(simulation):
    assert simulation.truth.attrs["missing"] == 0.2
    assert isinstance(simulation, Simulation)
    assert "4 recordings" in repr(simulation)
    assert "time_course" in repr(simulation)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"n_animals": 0}, "n_animals"),
        ({"n_motifs": 0}, "n_motifs"),
        ({"n_epochs": 0}, "n_epochs"),
        ({"n_communities": 0}, "n_communities"),
        ({"n_communities": 8}, "n_communities"),
        ({"coupling": -0.1}, "coupling"),
        ({"coupling": 1.1}, "coupling"),
        ({"n_neurons": 7}, "n_neurons"),
        ({"missing": -0.1}, "missing"),
        ({"missing": 0.99}, "missing"),
        ({"rate": 0.5}, "rate"),
        ({"duration": 60.0}, "duration"),
        ({"noise": -1.0}, "noise"),
        ({"private": -1.0}, "private"),
    ],
)
def test_numbers_out_of_range_are_refused_by_name(options, name):
    with pytest.raises(OptionError, match=f"^{name}: is "):
        worms(**options)
