"""What is kept of sweeps: sums against loops, alignment against what it should undo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurokit.bicluster.chain_state import draw_data, draw_prior
from neurokit.bicluster.likelihoods import entry_likelihoods, log_likelihoods
from neurokit.bicluster.partition_prior import finite_mixtures
from neurokit.bicluster.records import (
    SCALARS,
    Plan,
    align,
    cut,
    empty_record,
    keep,
    whole_or_salvaged,
)
from neurokit.bicluster.settings import Data, Settings

SEEDS = st.integers(0, 10_000)
N, T = 5, 30
EDGES = np.array([0, 18, T])


def _case(seed=0, family=0):
    rng = np.random.default_rng(seed)
    options = Settings(2, 3, finite_mixtures(N), kappa=5.0)
    seen = rng.random((N, T)) < 0.9
    data = Data(np.zeros((N, T)), seen, EDGES, family)
    state = draw_prior(N, EDGES, family, options, rng)
    # Prior draws have heavy tails; what is tested here is arithmetic, not extremes.
    state = state.changed(latents=np.tanh(state.latents))
    return state, draw_data(state, data, rng)


def _plan(n_sweeps=10, hidden=((0, 1), (2, 5))):
    entries = np.array(hidden, dtype=np.int64).reshape(-1, 2)
    return Plan(n_sweeps, 2, entries, np.arange(len(entries), dtype=float))


@settings(max_examples=20)
@given(SEEDS, st.integers(2, 4))
def test_alignment_undoes_rotation_mirror_and_shift(seed, q):
    rng = np.random.default_rng(seed)
    reference = rng.normal(size=(40, q))
    turn, _ = np.linalg.qr(rng.normal(size=(q - 1, q - 1)))
    moved = reference.copy()
    moved[:, 1:] = moved[:, 1:] @ turn
    moved += rng.normal(size=q)
    np.testing.assert_allclose(
        align(moved, reference), reference - reference.mean(axis=0), atol=1e-10
    )


@settings(max_examples=20)
@given(SEEDS)
def test_no_other_rotation_is_nearer(seed):
    rng = np.random.default_rng(seed)
    reference, latents = rng.normal(size=(2, 30, 3))
    target = (reference - reference.mean(axis=0))[:, 1:]
    centred = (latents - latents.mean(axis=0))[:, 1:]
    best = ((align(latents, reference)[:, 1:] - target) ** 2).sum()
    for angle in np.linspace(0, 2 * np.pi, 60):
        c, s = np.cos(angle), np.sin(angle)
        for turn in ([[c, -s], [s, c]], [[c, s], [s, -c]]):
            assert ((centred @ np.array(turn) - target) ** 2).sum() >= best - 1e-9


def test_alignment_keeps_distances_and_leaves_its_input():
    rng = np.random.default_rng(1)
    reference, latents = rng.normal(size=(2, 30, 4))
    before = latents.copy()
    found = align(latents, reference)
    spread = latents - latents.mean(axis=0)
    np.testing.assert_allclose(
        np.linalg.norm(found[:, 1:], axis=1), np.linalg.norm(spread[:, 1:], axis=1)
    )
    np.testing.assert_allclose(found[:, 0], spread[:, 0])
    np.testing.assert_array_equal(latents, before)


def test_a_trajectory_without_x_is_only_shifted():
    latents = np.random.default_rng(2).normal(size=(20, 1))
    np.testing.assert_allclose(align(latents, latents + 3.0), latents - latents.mean())


@pytest.mark.parametrize("family", [0, 1, 2])
def test_log_likelihoods_are_scipys(family):
    rng = np.random.default_rng(3)
    y = rng.poisson(2.0, (4, 50)).astype(float)
    eta, extra = rng.normal(size=(4, 50)), rng.uniform(0.3, 8.0, (4, 1))
    mean = np.exp(eta)
    if family == 0:
        expected = stats.poisson.logpmf(y, mean)
    elif family == 1:
        expected = stats.nbinom.logpmf(y, extra, extra / (extra + mean))
    else:
        expected = stats.norm.logpdf(y, eta, np.sqrt(extra))
    np.testing.assert_allclose(log_likelihoods(y, eta, family, extra), expected, rtol=1e-9)


@pytest.mark.parametrize("family", [0, 1, 2])
def test_likelihoods_of_single_entries_are_those_of_the_whole(family):
    state, data = _case(4, family)
    entries = np.argwhere(data.seen)[::7]
    values = data.y[entries[:, 0], entries[:, 1]]
    whole = np.exp(log_likelihoods(data.y, state.eta(), family, state.extra[:, None]))
    found = entry_likelihoods(state, family, entries, values)
    np.testing.assert_allclose(found, whole[entries[:, 0], entries[:, 1]], rtol=1e-10)


@pytest.mark.parametrize("family", [0, 1, 2])
def test_sums_are_those_of_the_kept_sweeps(family):
    plan = _plan(10)
    _, data = _case(0, family)
    record = empty_record(data, plan, 2)
    total, square, hidden = 0.0, 0.0, 0.0
    for number in range(10):
        state, _ = _case(number, family)
        keep(record, state, data, plan, number, {"paths": (1, 2)})
        if number >= plan.n_discarded:
            rate = state.eta() if family == 2 else np.exp(state.eta())
            total, square = total + rate, square + rate**2
            hidden = hidden + entry_likelihoods(state, family, plan.hidden, plan.hidden_values)
    np.testing.assert_allclose(record.mean_rate, total)
    np.testing.assert_allclose(record.square_rate, square)
    np.testing.assert_allclose(record.hidden, hidden)
    assert record.kept == 5
    assert record.done == 10
    assert record.taken == {"paths": [10, 20]}


def test_numbers_of_a_sweep_are_label_free():
    plan = _plan()
    state, data = _case(5)
    order = np.random.default_rng(0).permutation(state.n_clusters)
    back = np.argsort(order)
    renamed = state.changed(
        neurons=back[state.neurons],
        latents=state.latents[order],
        labels=np.where(state.labels >= 0, (state.labels + 1) % 3, -1),
    )
    records = [empty_record(data, plan, 2) for _ in range(2)]
    keep(records[0], state, data, plan, 0, {})
    keep(records[1], renamed, data, plan, 0, {})
    np.testing.assert_allclose(records[0].scalars[0], records[1].scalars[0], rtol=1e-12)


def test_numbers_of_a_sweep_are_what_their_names_say():
    plan = _plan()
    state, data = _case(6)
    record = empty_record(data, plan, 2)
    keep(record, state, data, plan, 0, {})
    found = dict(zip(SCALARS, record.scalars[0], strict=True))
    sizes = np.bincount(state.neurons)
    used = np.unique(state.labels[state.labels >= 0], return_counts=True)[1]
    assert found["n_clusters"] == len(sizes)
    assert found["n_states"] == len(used)
    assert found["neuron_entropy"] == pytest.approx(stats.entropy(sizes))
    assert found["state_entropy"] == pytest.approx(stats.entropy(used))
    assert found["latent_norm"] == pytest.approx(np.sqrt((state.eta() ** 2).mean()))
    logs = stats.poisson.logpmf(data.y, np.exp(state.eta()))[data.seen]
    assert found["log_likelihood"] == pytest.approx(logs.mean())


def test_aligned_latents_of_the_same_state_have_no_spread():
    plan = _plan(4)
    state, data = _case(7)
    record = empty_record(data, plan, 2)
    rng = np.random.default_rng(0)
    for number in range(4):
        turn, _ = np.linalg.qr(rng.normal(size=(2, 2)))
        latents = state.latents.copy()
        latents[..., 1:] = latents[..., 1:] @ turn
        keep(record, state.changed(latents=latents), data, plan, number, {})
    count = record.latent_count[:, None, None]
    mean = record.latent_mean / count
    np.testing.assert_allclose(record.latent_square / count - mean**2, 0.0, atol=1e-10)
    assert (record.latent_count == 2).all()


def _ended(done, n_sweeps=10):
    _, data = _case()
    record = empty_record(data, _plan(n_sweeps), 2)
    record.done = done
    return record


def test_whole_chains_are_described_whole():
    records, discarded = whole_or_salvaged([_ended(10), _ended(10)], _plan(10))
    assert [record.done for record in records] == [10, 10]
    assert discarded == 5


def test_chains_that_ended_early_are_cut_to_one_length():
    records, discarded = whole_or_salvaged([_ended(10), _ended(7), _ended(3)], _plan(10))
    assert [len(record.neurons) for record in records] == [7, 7]
    assert discarded == 5


def test_where_no_chain_came_far_the_furthest_is_described_from_its_start():
    records, discarded = whole_or_salvaged([_ended(2), _ended(4), _ended(1)], _plan(10))
    assert [len(record.labels) for record in records] == [4]
    assert discarded == 0


def test_a_cut_leaves_the_record_as_it_was():
    record = _ended(10)
    assert len(cut(record, 3).scalars) == 3
    assert len(record.scalars) == 10
    assert record.done == 10
