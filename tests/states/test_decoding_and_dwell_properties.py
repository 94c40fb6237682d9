"""Best paths by what must hold for them, and visits of states against run lengths of itertools."""

import itertools

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import softmax

from neurokit.errors import OptionError
from neurokit.states.chains import static_chain
from neurokit.states.decoding import best_path, viterbi
from neurokit.states.dwell import dwell_table, visits
from neurokit.states.smoothing import forward_backward


def joint(path, emission, moves, initial):
    """log p(z, y) of one path, factor by factor."""
    with np.errstate(divide="ignore"):
        value = np.log(initial[path[0]]) + emission[0, path[0]]
        for t in range(1, len(path)):
            value += np.log(moves[path[t - 1], path[t]]) + emission[t, path[t]]
    return value


def random_chain(seed, n_bins=12, n_states=3):
    rng = np.random.default_rng(seed)
    emission = rng.normal(size=(n_bins, n_states))
    return emission, rng.dirichlet(np.ones(n_states), n_states), rng.dirichlet(np.ones(n_states))


# Decoding


@given(st.integers(0, 2**31), st.integers(1, 20), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_the_value_is_that_of_the_path_and_no_single_change_raises_it(seed, n_bins, n_states):
    emission, moves, initial = random_chain(seed, n_bins, n_states)
    path, value = viterbi(emission, moves, initial)
    assert value[0] == pytest.approx(joint(path, emission, moves, initial))
    for t, k in itertools.product(range(n_bins), range(n_states)):
        other = path.copy()
        other[t] = k
        assert joint(other, emission, moves, initial) <= value[0] + 1e-9


@pytest.mark.parametrize("seed", range(4))
def test_one_path_is_never_more_probable_than_all_together(seed):
    emission, moves, initial = random_chain(seed)
    _, value = viterbi(emission, moves, initial)
    total = forward_backward(emission, moves, initial).log_likelihood
    assert value[0] < total[0]
    assert value[0] >= total[0] - 12 * np.log(3)


def test_independent_bins_are_decoded_one_by_one():
    emission, _, initial = random_chain(5)
    path, _ = viterbi(emission, np.tile(initial, (3, 1)), initial)
    np.testing.assert_array_equal(path, (emission + np.log(initial)).argmax(axis=1))


def test_a_deterministic_cycle_leaves_the_first_state_to_choose_only():
    moves = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    emission, _, _ = random_chain(6, n_bins=7)
    path, value = viterbi(emission, moves, np.full(3, 1 / 3))
    cycles = [(first + np.arange(7)) % 3 for first in range(3)]
    scores = [emission[np.arange(7), cycle].sum() for cycle in cycles]
    np.testing.assert_array_equal(path, cycles[int(np.argmax(scores))])
    assert value[0] == pytest.approx(max(scores) - np.log(3))


@pytest.mark.parametrize("n_states", [1, 2, 4])
def test_of_equal_paths_the_lower_states_are_taken(n_states):
    path, value = viterbi(
        np.zeros((5, n_states)),
        np.full((n_states, n_states), 1 / n_states),
        np.full(n_states, 1 / n_states),
    )
    np.testing.assert_array_equal(path, 0)
    assert value[0] == pytest.approx(-5 * np.log(n_states))


def test_a_missing_bin_is_bridged_by_the_chain():
    emission = np.array([[0.0, -9.0], [0.0, 0.0], [0.0, 0.0], [-9.0, 0.0], [-9.0, 0.0]])
    sticky = np.array([[0.9, 0.1], [0.4, 0.6]])
    path, _ = viterbi(emission, sticky, [0.5, 0.5])
    # Staying at 0.9 is better than at 0.6: the change comes as late as it can.
    np.testing.assert_array_equal(path, [0, 0, 0, 1, 1])


@pytest.mark.parametrize("order", [[2, 0, 1], [2, 1, 0]])
def test_names_of_states_are_names_in_the_path(order):
    emission, moves, initial = random_chain(7)
    path, value = viterbi(emission, moves, initial)
    moved, same = viterbi(emission[:, order], moves[np.ix_(order, order)], initial[order])
    np.testing.assert_array_equal(np.array(order)[moved], path)
    np.testing.assert_allclose(same, value, rtol=1e-12)


def test_a_constant_of_a_bin_changes_no_path():
    emission, moves, initial = random_chain(8)
    lift = np.random.default_rng(0).normal(size=(12, 1)) * 1e3
    path, value = viterbi(emission, moves, initial)
    same, lifted = viterbi(emission + lift, moves, initial)
    np.testing.assert_array_equal(same, path)
    assert lifted[0] - value[0] == pytest.approx(lift.sum())


def test_sure_emissions_overrule_any_chain():
    truth = np.random.default_rng(1).integers(0, 3, 30)
    emission = np.full((30, 3), -1e6)
    emission[np.arange(30), truth] = 0.0
    path, _ = viterbi(emission, np.full((3, 3), 1 / 3), [0.98, 0.01, 0.01])
    np.testing.assert_array_equal(path, truth)


def test_forbidden_transitions_are_never_taken():
    emission = 20.0 * np.random.default_rng(2).normal(size=(40, 3))
    moves = np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5]])
    path, _ = viterbi(emission, moves, np.full(3, 1 / 3))
    assert (moves[path[:-1], path[1:]] > 0).all()


def test_decoding_leaves_its_arguments_alone_and_repeats_to_the_byte():
    emission, moves, initial = random_chain(9)
    before = emission.tobytes(), moves.tobytes(), initial.tobytes()
    first, second = viterbi(emission, moves, initial), viterbi(emission, moves, initial)
    assert before == (emission.tobytes(), moves.tobytes(), initial.tobytes())
    assert first[0].tobytes() == second[0].tobytes()
    assert first[1].tobytes() == second[1].tobytes()
    assert first[0].dtype == np.int64


def test_trials_of_driven_chains_do_not_touch_each_other():
    rng = np.random.default_rng(3)
    emission, inputs = rng.normal(size=(11, 2)), rng.normal(size=(11, 2))
    coefficients, initial = rng.normal(size=(2, 2, 2)), np.array([0.3, 0.7])
    offsets = np.array([0, 4, 4, 11])
    path, value = best_path(emission, np.zeros((2, 2)), initial, offsets, coefficients, inputs)
    for trial, (a, b) in enumerate(itertools.pairwise(offsets)):
        if a == b:
            assert value[trial] == 0.0
            continue
        steps = softmax(np.einsum("jkd,td->tjk", coefficients, inputs[a:b]), axis=2)
        scores = {}
        for candidate in itertools.product(range(2), repeat=int(b - a)):
            score = np.log(initial[candidate[0]]) + emission[a, candidate[0]]
            for t in range(1, b - a):
                score += np.log(steps[t, candidate[t - 1], candidate[t]])
                score += emission[a + t, candidate[t]]
            scores[candidate] = score
        best = max(scores, key=scores.get)
        np.testing.assert_array_equal(path[a:b], best)
        assert value[trial] == pytest.approx(scores[best])


def test_the_transition_matrix_of_a_driven_chain_is_not_overwritten():
    moves = np.full((2, 2), 0.5)
    best_path(
        np.zeros((3, 2)),
        moves,
        np.array([0.5, 0.5]),
        np.array([0, 3]),
        np.ones((2, 2, 1)),
        np.ones((3, 1)),
    )
    np.testing.assert_array_equal(moves, 0.5)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"log_emission": np.zeros(4)}, "log_emission"),
        ({"log_emission": np.full((4, 2), np.nan)}, "log_emission"),
        ({"log_emission": np.full((4, 2), np.inf)}, "log_emission"),
        ({"transition": np.ones((2, 2))}, "transition"),
        ({"transition": np.eye(3)}, "transition"),
        ({"initial": [0.5, 0.4]}, "initial"),
        ({"initial": [-0.5, 1.5]}, "initial"),
        ({"lengths": [3]}, "lengths"),
    ],
)
def test_wrong_chains_are_refused_by_name_before_decoding(change, where):
    options = {"log_emission": np.zeros((4, 2)), "transition": np.eye(2), "initial": [0.5, 0.5]}
    with pytest.raises(OptionError, match=where) as caught:
        viterbi(**{**options, **change})
    assert caught.value.where == where


def test_decoding_the_second_trial_names_it_when_impossible():
    emission = np.array([[0.0, 0.0], [0.0, -np.inf], [-np.inf, 0.0]])
    with pytest.raises(OptionError, match="trial 1"):
        viterbi(emission, np.eye(2), [0.5, 0.5], [1, 2])


def test_no_bins_have_no_path():
    path, value = best_path(
        np.zeros((0, 2)), np.eye(2), np.array([0.5, 0.5]), np.array([0]), *static_chain(0, 2)
    )
    assert path.shape == value.shape == (0,)


# Dwell times


def run_lengths(path, lengths):
    """Visits by itertools: state, bins, and whether both neighbours exist."""
    out, start = [], 0
    for n in lengths:
        groups = [(k, len(list(g))) for k, g in itertools.groupby(path[start : start + n])]
        start += n
        out += [(k, d, 0 < i < len(groups) - 1) for i, (k, d) in enumerate(groups)]
    return out


@given(
    st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=9), min_size=1, max_size=4),
)
@settings(max_examples=20, deadline=None)
def test_visits_are_the_run_lengths_of_itertools(trials):
    path, lengths = [k for trial in trials for k in trial], [len(trial) for trial in trials]
    state, duration, complete = visits(path, lengths)
    assert list(zip(state, duration, complete, strict=True)) == run_lengths(path, lengths)
    np.testing.assert_array_equal(np.repeat(state, duration), path)


@pytest.mark.parametrize(
    ("path", "state", "duration", "complete"),
    [
        ([], [], [], []),
        ([2], [2], [1], [False]),
        ([1, 1, 1], [1], [3], [False]),
        ([0, 1], [0, 1], [1, 1], [False, False]),
        ([0, 1, 1, 0], [0, 1, 0], [1, 2, 1], [False, True, False]),
    ],
)
def test_short_paths_have_the_visits_one_counts_by_hand(path, state, duration, complete):
    found = visits(path)
    for array, wanted in zip(found, (state, duration, complete), strict=True):
        np.testing.assert_array_equal(array, wanted)
    assert found[1].dtype == np.int64
    assert found[2].dtype == bool


def test_an_empty_trial_between_two_changes_no_visit():
    plain, padded = visits([0, 0, 1, 1], [2, 2]), visits([0, 0, 1, 1], [2, 0, 2, 0])
    for one, other in zip(plain, padded, strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_state_on_both_sides_of_a_trial_edge_is_two_visits():
    state, duration, complete = visits([1, 1, 1, 1], [1, 3])
    np.testing.assert_array_equal(state, [1, 1])
    np.testing.assert_array_equal(duration, [1, 3])
    assert not complete.any()


def test_lengths_that_do_not_sum_to_the_path_are_refused():
    with pytest.raises(OptionError, match="lengths"):
        visits([0, 1, 1], [2])
    with pytest.raises(OptionError, match="lengths"):
        dwell_table([0, 1, 1], 2, lengths=[4])


@pytest.mark.parametrize("seed", range(3))
def test_the_table_is_a_groupby_of_pandas(seed):
    rng = np.random.default_rng(seed)
    path, lengths = np.repeat(rng.integers(0, 3, 40), 2), [30, 1, 49]
    table = dwell_table(path, 4, lengths=lengths, bin_s=0.05)
    frame = pd.DataFrame(run_lengths(path, lengths), columns=["state", "bins", "complete"])
    every = range(4)
    share = (frame.groupby("state").bins.sum() / 80).reindex(every, fill_value=0.0)
    np.testing.assert_allclose(table.occupancy, share)
    np.testing.assert_array_equal(
        table.n_visits, frame.groupby("state").size().reindex(every, fill_value=0)
    )
    whole = frame[frame.complete].groupby("state").bins
    np.testing.assert_array_equal(table.n_complete, whole.size().reindex(every, fill_value=0))
    np.testing.assert_allclose(table["mean"], 0.05 * whole.mean().reindex(every))
    np.testing.assert_allclose(table["median"], 0.05 * whole.median().reindex(every))
    np.testing.assert_allclose(table.duration, 0.05 * frame.bins)


@pytest.mark.parametrize(("bin_s", "units"), [(1.0, "bin"), (0.01, "s"), (2.0, "s")])
def test_the_width_of_a_bin_sets_the_unit_and_scales_times_only(bin_s, units):
    path = [0, 1, 1, 0, 0, 1, 0]
    bins, seconds = dwell_table(path, 2), dwell_table(path, 2, bin_s=bin_s)
    assert seconds.attrs["units"] == units
    for name in ("mean", "median", "duration"):
        np.testing.assert_allclose(seconds[name], bin_s * bins[name])
    for name in ("occupancy", "n_visits", "n_complete", "visit_state", "complete"):
        np.testing.assert_array_equal(seconds[name], bins[name])


def test_dims_and_coordinates_of_the_table_are_states_and_visits():
    table = dwell_table([0, 1, 0], 3)
    assert isinstance(table, xr.Dataset)
    assert dict(table.sizes) == {"state": 3, "visit": 3}
    np.testing.assert_array_equal(table.state, [0, 1, 2])
    assert set(table.data_vars) == {
        *("occupancy", "n_visits", "n_complete", "mean", "median", "expected"),
        *("duration", "visit_state", "complete"),
    }
    assert {table[name].dims for name in ("occupancy", "mean", "expected")} == {("state",)}
    assert {table[name].dims for name in ("duration", "visit_state")} == {("visit",)}


def test_expected_times_are_geometric_means_and_absorbing_states_last_very_long():
    moves = np.array([[0.9, 0.1, 0.0], [0.25, 0.5, 0.25], [0.0, 0.0, 1.0]])
    table = dwell_table([0, 1, 2], 3, transition=moves, bin_s=0.1)
    np.testing.assert_allclose(table.expected[:2], [1.0, 0.2])
    # 1 / eps bins stand for ever.
    assert float(table.expected[2]) == pytest.approx(0.1 / np.finfo(float).eps)
    assert np.isnan(dwell_table([0, 1, 2], 3).expected).all()


def test_states_without_a_complete_visit_have_no_mean():
    table = dwell_table([0, 0, 1, 1], 3)
    np.testing.assert_array_equal(table.n_visits, [1, 1, 0])
    np.testing.assert_array_equal(table.n_complete, 0)
    assert np.isnan(table["mean"]).all()
    assert np.isnan(table["median"]).all()


def test_the_table_of_no_bins_has_no_occupancy():
    table = dwell_table([], 2)
    np.testing.assert_array_equal(table.occupancy, [0.0, 0.0])
    np.testing.assert_array_equal(table.n_visits, [0, 0])
    assert table.sizes["visit"] == 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=30))
@settings(max_examples=20, deadline=None)
def test_occupancy_is_the_share_of_bins_and_sums_to_one(path):
    table = dwell_table(path, 4)
    np.testing.assert_allclose(table.occupancy, [path.count(k) / len(path) for k in range(4)])
    assert int(table.n_visits.sum()) == table.sizes["visit"]


def test_a_path_is_left_alone_and_the_table_survives_a_file(tmp_path):
    path = np.array([0, 1, 1, 0, 2])
    table = dwell_table(path, 3, transition=np.eye(3))
    np.testing.assert_array_equal(path, [0, 1, 1, 0, 2])
    table.to_netcdf(tmp_path / "dwell.nc")
    with xr.open_dataset(tmp_path / "dwell.nc") as back:
        xr.testing.assert_equal(back.load(), table)
