"""Stored chains: what they belong to, that they come back bit for bit, and damage of any kind."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neurokit.bicluster.chain_state import draw_data, draw_prior
from neurokit.bicluster.checkpoints import mark_of, store, stored
from neurokit.bicluster.partition_prior import dirichlet_process, finite_mixtures
from neurokit.bicluster.records import Plan, empty_record
from neurokit.bicluster.settings import Data, Settings
from neurokit.errors import StoreError

EDGES = np.array([0, 6])
SETTINGS = Settings(n_latents=1, n_states=2, partition=finite_mixtures(4))
PLAN = Plan(8, 2, np.array([[0, 1], [2, 3]]), np.array([1.0, 0.0]))


def _chain(seed=0):
    rng = np.random.default_rng(seed)
    state = draw_prior(4, EDGES, 0, SETTINGS, rng)
    data = draw_data(state, Data(np.zeros((4, 6)), np.ones((4, 6), dtype=bool), EDGES, 0), rng)
    return state, data


@pytest.fixture
def chain(tmp_path):
    state, data = _chain()
    plan = replace(PLAN, checkpoint=tmp_path / "chain.npz")
    record = empty_record(data, plan, SETTINGS.n_latents)
    record.done, record.kept, record.taken = 5, 1, {"scale": [2, 5]}
    record.mean_rate[:] = np.pi
    return plan, data, state, record


def test_a_chain_comes_back_bit_for_bit_with_its_generator(chain):
    plan, data, state, record = chain
    rng = np.random.default_rng(1)
    rng.normal(size=3)
    store(plan.checkpoint, record, state, rng, mark_of(data, SETTINGS, plan))
    expected, again = rng.normal(size=5), np.random.default_rng(99)
    found = stored(plan, data, SETTINGS, again)
    assert found is not None
    np.testing.assert_array_equal(again.normal(size=5), expected)
    for name, values in state.arrays().items():
        kept = getattr(found[1], name)
        assert kept.dtype == values.dtype
        np.testing.assert_array_equal(kept, values)
    for name, values in vars(record).items():
        np.testing.assert_array_equal(getattr(found[0], name), values)


def test_a_later_store_replaces_the_earlier_and_leaves_nothing_beside_it(chain):
    plan, data, state, record = chain
    mark = mark_of(data, SETTINGS, plan)
    for done in (5, 6):
        record.done = done
        store(plan.checkpoint, record, state, np.random.default_rng(0), mark)
    assert [path.name for path in plan.checkpoint.parent.iterdir()] == ["chain.npz"]
    assert stored(plan, data, SETTINGS, np.random.default_rng(0))[0].done == 6


def test_without_a_name_or_a_file_there_is_none(chain):
    plan, data, _, _ = chain
    rng = np.random.default_rng(2)
    before = rng.bit_generator.state
    assert stored(plan, data, SETTINGS, rng) is None
    assert stored(replace(plan, checkpoint=None), data, SETTINGS, rng) is None
    assert rng.bit_generator.state == before


def _others():
    data = _chain()[1]
    y, seen = data.y.copy(), data.seen.copy()
    y[0, 0] += 1
    seen[1, 2] = False
    yield "values", replace(data, y=y), SETTINGS, PLAN
    yield "what is missing", replace(data, seen=seen), SETTINGS, PLAN
    yield "trials", replace(data, edges=np.array([0, 3, 6])), SETTINGS, PLAN
    yield "family", replace(data, family=1), SETTINGS, PLAN
    yield "states", data, replace(SETTINGS, n_states=3), PLAN
    yield "stickiness", data, replace(SETTINGS, kappa=99.0), PLAN
    yield "coupling", data, replace(SETTINGS, coupled=True), PLAN
    yield "partition", data, replace(SETTINGS, partition=dirichlet_process(4)), PLAN
    yield "sweeps", data, SETTINGS, replace(PLAN, n_sweeps=9)
    yield "clusters", data, SETTINGS, replace(PLAN, n_clusters=3)
    yield "start", data, SETTINGS, replace(PLAN, start="vi")
    yield "hidden entries", data, SETTINGS, replace(PLAN, hidden=np.array([[0, 1], [2, 4]]))


OTHERS = list(_others())


@pytest.mark.parametrize("other", OTHERS, ids=[other[0] for other in OTHERS])
def test_a_chain_of_anything_else_is_refused(chain, other):
    plan, data, state, record = chain
    store(plan.checkpoint, record, state, np.random.default_rng(0), mark_of(data, SETTINGS, plan))
    _, data, wanted, changed = other
    changed = replace(changed, checkpoint=plan.checkpoint)
    with pytest.raises(StoreError, match="belongs to other data or parameters") as caught:
        stored(changed, data, wanted, np.random.default_rng(0))
    assert caught.value.where == str(plan.checkpoint)


def test_what_a_chain_belongs_to_does_not_depend_on_where_and_how_often_it_is_stored(chain):
    plan, data, _, _ = chain
    elsewhere = replace(plan, checkpoint=None, checkpoint_every=3)
    assert mark_of(data, SETTINGS, plan) == mark_of(data, SETTINGS, elsewhere)
    copied = replace(data, y=np.asfortranarray(data.y))
    assert mark_of(copied, SETTINGS, plan) == mark_of(data, SETTINGS, plan)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_gives_the_chain_or_an_error_that_names_the_file(chain, data):
    plan, seen, state, record = chain
    store(plan.checkpoint, record, state, np.random.default_rng(0), mark_of(seen, SETTINGS, plan))
    content = bytearray(plan.checkpoint.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        at = data.draw(st.integers(0, len(content) - 1))
        content[at] ^= data.draw(st.integers(1, 255))
    plan.checkpoint.write_bytes(content)
    found, said = None, str(plan.checkpoint)
    try:
        found = stored(plan, seen, SETTINGS, np.random.default_rng(0))
    except StoreError as error:
        said = error.where
    assert said == str(plan.checkpoint)
    if found is not None:
        for name, values in state.arrays().items():
            np.testing.assert_array_equal(getattr(found[1], name), values)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x93NUMPY\x01\x00", b"\x80\x04N."])
def test_what_is_no_checkpoint_is_refused_and_never_unpickled(chain, content):
    plan, data, _, _ = chain
    plan.checkpoint.write_bytes(content)
    with pytest.raises(StoreError, match="is no checkpoint of a chain"):
        stored(plan, data, SETTINGS, np.random.default_rng(0))


def test_an_archive_of_something_else_is_refused(chain):
    plan, data, _, _ = chain
    np.savez(plan.checkpoint, a=np.arange(3))
    with pytest.raises(StoreError, match="is no checkpoint of a chain"):
        stored(plan, data, SETTINGS, np.random.default_rng(0))
