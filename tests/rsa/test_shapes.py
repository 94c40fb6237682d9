"""Shape distances and soft matching: invariance, metric axioms, brute force, planted copies."""

from itertools import permutations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import orthogonal_procrustes
from scipy.stats import ortho_group

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.shape_core import angle, partly_whitened, soft_assignment

seeds = st.integers(0, 10**6)
groups = st.sampled_from(["rotation", "permutation", "soft"])
scores = st.sampled_from(["angular", "euclidean"])


def _responses(n=30, p=8, seed=0):
    return np.random.default_rng(seed).standard_normal((n, p))


def _rotation(p, seed=0):
    return ortho_group.rvs(p, random_state=np.random.default_rng(seed))


@settings(max_examples=40)
@given(seeds, st.floats(0, 1), groups, scores)
def test_every_choice_is_a_metric(seed, alpha, group, score):
    rng = np.random.default_rng(seed)
    widths = [3] * 3 if group == "permutation" else rng.integers(1, 5, 3)
    x, y, z = (rng.standard_normal((9, p)) @ rng.standard_normal((p, p)) for p in widths)

    def d(a, b):
        return nk.rsa.shape_distance(a, b, alpha=alpha, group=group, score=score)

    assert d(x, x) < 1e-7 * (1 + np.abs(x).max())
    assert d(y, x) == pytest.approx(d(x, y), rel=1e-7, abs=1e-7)
    assert d(x, y) <= d(x, z) + d(z, y) + 1e-7


@settings(max_examples=20)
@given(seeds, st.floats(0, 1))
def test_rotations_scales_and_shifts_do_not_count(seed, alpha):
    x = _responses(seed=seed)
    y = 3.0 * x @ _rotation(8, seed) - 2.0
    assert nk.rsa.shape_distance(x, y, alpha=alpha) < 1e-7
    other = _responses(seed=seed + 1)
    one, two = (nk.rsa.shape_distance(other, z, alpha=alpha) for z in (x, y))
    assert one == pytest.approx(two, abs=1e-9)


@settings(max_examples=20)
@given(seeds, st.floats(0, 1), st.sampled_from(["permutation", "soft"]))
def test_renamed_units_do_not_count_and_rotated_ones_do(seed, alpha, group):
    x = _responses(seed=seed)
    order = np.random.default_rng(seed).permutation(8)
    assert nk.rsa.shape_distance(x, 2.0 * x[:, order] + 1.0, alpha=alpha, group=group) < 1e-7
    turned = nk.rsa.shape_distance(x, x @ _rotation(8, seed), alpha=alpha, group=group)
    assert turned > 0.2


def test_full_whitening_forgets_every_linear_map():
    x = _responses(40, 5)
    y = x @ np.random.default_rng(1).standard_normal((5, 5))
    assert nk.rsa.shape_distance(x, y, alpha=0.0) < 1e-7
    assert nk.rsa.shape_distance(x, y, alpha=1.0) > 0.2


def test_full_whitening_is_canonical_correlation():
    x, y = _responses(40, 3), _responses(40, 3, 1)
    q = [np.linalg.qr(z - z.mean(0))[0] for z in (x, y)]
    rho = np.linalg.svd(q[0].T @ q[1], compute_uv=False)
    found = nk.rsa.shape_distance(x, y, alpha=0.0)
    assert found == pytest.approx(np.arccos(rho.mean()), rel=1e-9)


def test_with_fewer_conditions_than_units_full_whitening_sees_nothing():
    # Seven units span all that six conditions can differ in.
    assert nk.rsa.shape_distance(_responses(6, 7), _responses(6, 7, 1), alpha=0.0) < 1e-7


@given(seeds, st.floats(0, 1))
def test_whitening_is_the_formula(seed, alpha):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((20, 4)) @ rng.standard_normal((4, 4))
    x -= x.mean(0)
    value, vector = np.linalg.eigh(x.T @ x / 20)
    root = (vector / np.sqrt(value)) @ vector.T
    u, g, vt = partly_whitened(x, alpha, equalised=False)
    expected = x @ (alpha * np.eye(4) + (1 - alpha) * root)
    np.testing.assert_allclose((u * g) @ vt, expected, rtol=1e-7, atol=1e-8)
    u, g, vt = partly_whitened(x * 1e6, 0.5, equalised=True)
    again, h, wt = partly_whitened(x, 0.5, equalised=True)
    np.testing.assert_allclose((u * g) @ vt, (again * h) @ wt, rtol=1e-7, atol=1e-9)


@settings(max_examples=20)
@given(seeds, st.integers(1, 6), st.integers(1, 6))
def test_the_rotation_is_scipys(seed, p, q):
    x, y = _responses(12, p, seed), _responses(12, q, seed + 1)
    width = max(p, q)
    a, b = (np.pad(z - z.mean(0), ((0, 0), (0, width - z.shape[1]))) for z in (x, y))
    turn, _ = orthogonal_procrustes(a, b)
    found = nk.rsa.shape_distance(x, y, score="euclidean")
    assert found == pytest.approx(np.linalg.norm(a @ turn - b), rel=1e-9)


@settings(max_examples=20)
@given(seeds, st.integers(1, 4))
def test_the_permutation_is_the_best_of_all(seed, p):
    x, y = _responses(7, p, seed), _responses(7, p, seed + 1)
    a, b = x - x.mean(0), y - y.mean(0)
    orders = [list(o) for o in permutations(range(p))]
    best = min(np.linalg.norm(a[:, order] - b) for order in orders)
    found = nk.rsa.shape_distance(x, y, group="permutation", score="euclidean")
    assert found == pytest.approx(best, rel=1e-9)
    cosine = max((a[:, order] * b).sum() for order in orders)
    cosine /= np.linalg.norm(a) * np.linalg.norm(b)
    found = nk.rsa.shape_distance(x, y, group="permutation")
    assert np.cos(found) == pytest.approx(cosine, abs=1e-9)


@settings(max_examples=20)
@given(seeds)
def test_larger_groups_leave_shorter_distances(seed):
    x, y = _responses(15, 6, seed), _responses(15, 6, seed + 1)
    turned, renamed = (
        nk.rsa.shape_distance(x, y, group=g, score="euclidean") for g in ("rotation", "permutation")
    )
    plain = np.linalg.norm((x - x.mean(0)) - (y - y.mean(0)))
    assert turned <= renamed + 1e-9
    assert renamed <= plain + 1e-9


@settings(max_examples=20)
@given(seeds, st.integers(1, 5))
def test_soft_and_hard_are_one_for_equal_numbers(seed, p):
    x, y = _responses(9, p, seed), _responses(9, p, seed + 1)
    hard, soft = (nk.rsa.shape_distance(x, y, group=g) for g in ("permutation", "soft"))
    assert soft == pytest.approx(hard, abs=1e-9)


def test_silent_units_count_for_soft_matching_only():
    x, y = _responses(12, 4), _responses(12, 4, 1)
    padded = np.c_[x, np.zeros((12, 4))]
    for group, same in (("rotation", True), ("soft", False)):
        one, two = (nk.rsa.shape_distance(z, y, group=group) for z in (x, padded))
        assert (abs(one - two) < 1e-9) == same
    # Renaming with silent units would give d(x, padded) = 0 and d(padded, y) < d(x, y).
    with pytest.raises(OptionError, match="no permutation onto 4"):
        nk.rsa.shape_distance(padded, y, group="permutation")


def test_units_said_twice_do_not_count_for_soft_matching():
    x, y = _responses(12, 4), _responses(12, 3, 1)
    twice = np.repeat(x, 2, axis=1)
    assert float(nk.rsa.soft_matching(x, twice).distance) < 1e-12
    one, two = (float(nk.rsa.soft_matching(z, y).distance) for z in (x, twice))
    assert one == pytest.approx(two, rel=1e-9)


@given(seeds, st.integers(1, 5), st.integers(1, 5))
def test_transport_is_the_assignment_of_units_said_often_enough(seed, p, q):
    """p q copies on each side make the linear programme an assignment."""
    from scipy.optimize import linear_sum_assignment

    cost = np.random.default_rng(seed).standard_normal((p, q))
    plan = soft_assignment(cost)
    np.testing.assert_allclose(plan.sum(axis=0), 1 / q, rtol=1e-12)
    np.testing.assert_allclose(plan.sum(axis=1), 1 / p, rtol=1e-12)
    assert (plan >= 0).all()
    assert (plan > 0).sum() <= p + q - 1
    big = np.repeat(np.repeat(cost, q, axis=0), p, axis=1)
    rows, columns = linear_sum_assignment(big)
    assert (plan * cost).sum() == pytest.approx(big[rows, columns].mean(), rel=1e-9, abs=1e-12)


@given(seeds, st.floats(1e-150, 1e150))
def test_transport_does_not_depend_on_the_unit_of_cost(seed, scale):
    cost = np.random.default_rng(seed).random((3, 5))
    np.testing.assert_array_equal(soft_assignment(cost * scale), soft_assignment(cost))


@settings(max_examples=40)
@given(seeds, st.sampled_from(["unit", "whole", "none"]))
def test_soft_matching_is_a_metric(seed, scale):
    rng = np.random.default_rng(seed)
    x, y, z = (rng.standard_normal((8, p)) * rng.random(p) for p in rng.integers(1, 6, 3))

    def d(a, b):
        return float(nk.rsa.soft_matching(a, b, scale=scale).distance)

    assert d(x, x[:, ::-1]) < 1e-12
    assert d(x, y) == pytest.approx(d(y, x), rel=1e-7)
    assert d(x, y) <= d(x, z) + d(z, y) + 1e-7


@settings(max_examples=20)
@given(seeds, st.integers(1, 5), st.integers(1, 5))
def test_distance_and_similarity_of_unit_vectors_belong_together(seed, p, q):
    found = nk.rsa.soft_matching(_responses(9, p, seed), _responses(9, q, seed + 1))
    assert float(found.distance) ** 2 == pytest.approx(2 - 2 * float(found.similarity), abs=1e-9)


@pytest.mark.parametrize("width", [30, 64])
def test_renamed_copies_of_networks_are_found_unit_by_unit(width):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        weights = rng.standard_normal((10, width)) / np.sqrt(10)
        probes = rng.standard_normal((62, 10))
        order = rng.permutation(width)
        layer = np.tanh(probes @ weights)
        found = nk.rsa.soft_matching(layer, np.tanh(probes @ weights[:, order]))
        np.testing.assert_array_equal(order[found.plan.values.argmax(axis=1)], np.arange(width))
        assert float(found.similarity) == pytest.approx(1.0)
        assert float(found.distance) < 1e-7


def test_single_units_tell_rotated_copies_from_renamed_ones():
    x = np.maximum(_responses(60, 10), 0)
    turned = x @ _rotation(10)
    assert nk.rsa.shape_distance(x, turned) < 1e-7
    assert float(nk.rsa.soft_matching(x, turned).similarity) < 0.9


def test_dead_units_match_dead_units():
    x = _responses(12, 4)
    x[:, 1] = 0.1  # its mean over 12 conditions is not .1 to the last digit
    found = nk.rsa.soft_matching(x, x)
    assert float(found.distance) < 1e-12
    assert found.similarity == pytest.approx(0.75)


def test_many_units_cost_no_more_than_conditions():
    # A 10 000 x 10 000 rotation would need 800 MB.
    x = _responses(12, 10_000)
    assert nk.rsa.shape_distance(x, x[:, ::-1]) < 1e-7


def test_small_angles_keep_their_digits():
    x = np.array([[1.0, 0.0]])
    for size in (1e-3, 1e-8, 1e-12):
        assert angle(x, np.array([[np.cos(size), np.sin(size)]])) == pytest.approx(size, rel=1e-3)
    assert angle(x, -x) == pytest.approx(np.pi)


def test_the_table_of_systems_is_an_rdm():
    systems = {f"net{k}": _responses(15, 4 + k, k) for k in range(4)}
    systems["copy"] = systems["net1"] @ _rotation(5)
    found = nk.rsa.shape_distances(systems)
    square = nk.rsa.rdm_to_square(found)
    assert square.condition.values.tolist() == list(systems)
    for a in systems:
        for b in systems:
            if a != b:
                expected = nk.rsa.shape_distance(systems[a], systems[b])
                assert float(square.sel(condition=a, condition_2=b)) == pytest.approx(expected)
    assert float(square.sel(condition="net1", condition_2="copy")) < 1e-7
    ax = nk.rsa.plot_arrangement(found**2)
    assert [t.get_text() for t in ax.texts] == list(systems)


def test_any_number_of_threads_gives_the_same_bytes():
    systems = {k: _responses(15, 6, k) for k in range(6)}
    one, three = (nk.rsa.shape_distances(systems, n_jobs=k) for k in (1, 3))
    assert one.values.tobytes() == three.values.tobytes()


def test_repeats_are_averaged_and_conditions_matched_by_label():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 4))
    names = np.repeat(list("abcdef"), 3)
    noise = rng.standard_normal((6, 3, 4))
    noise -= noise.mean(axis=1, keepdims=True)
    trials = (x[:, None] + noise).reshape(18, 4)
    order = rng.permutation(18)
    repeated = xr.DataArray(
        trials[order], {"condition": ("trial", names[order])}, ["trial", "unit"]
    )
    means = xr.DataArray(x, {"condition": list("abcdef")}, ["condition", "unit"])
    for one, two in ((repeated, means), (means, repeated)):
        assert nk.rsa.shape_distance(one, two) < 1e-7
        assert nk.rsa.cka(one, two) == pytest.approx(1.0)
        assert nk.rsa.match_units(one, two).match.values.tolist() == [0, 1, 2, 3]


def test_mistakes_are_named():
    x = _responses(6, 3)
    labelled = xr.DataArray(x, {"condition": list("abcdef")}, ["condition", "unit"])
    other = labelled.assign_coords(condition=list("abcdeg"))
    with pytest.raises(LabelError, match="only in x: f; only in y: g"):
        nk.rsa.shape_distance(labelled, other)
    with pytest.raises(LabelError, match="only in x: 0"):
        nk.rsa.shape_distance(x, labelled)
    for wrong in (0, 1.5, "a", True):
        with pytest.raises(OptionError, match="n_jobs"):
            nk.rsa.shape_distances({"a": x, "b": x}, n_jobs=wrong)
    for wrong in (-0.1, 1.1, np.nan, "a", True, None):
        with pytest.raises(OptionError, match="alpha"):
            nk.rsa.shape_distance(x, x, alpha=wrong)
    with pytest.raises(OptionError, match="rotation"):
        nk.rsa.shape_distance(x, x, group="rotations")
    with pytest.raises(OptionError, match="whole"):
        nk.rsa.soft_matching(x, x, scale="all")
    with pytest.raises(SchemaError, match="no response differs"):
        nk.rsa.shape_distance(x, np.ones((6, 2)))
    with pytest.raises(SchemaError, match="no response differs"):
        nk.rsa.cka(x, np.full((6, 2), 0.1))
    with pytest.raises(OptionError, match="systems"):
        nk.rsa.shape_distances({"a": x})
    for hole in (np.nan, np.inf):
        bad = x.copy()
        bad[0, 0] = hole
        with pytest.raises(SchemaError, match="y: need one finite"):
            nk.rsa.soft_matching(x, bad)
    for empty in ((6, 0), (0, 3)):
        with pytest.raises(SchemaError, match="holds no value"):
            nk.rsa.soft_matching(x, np.empty(empty))
        with pytest.raises(SchemaError, match="holds no value"):
            nk.rsa.rdm(np.empty(empty), "euclidean")
    with pytest.raises(SchemaError, match="finite"):
        nk.rsa.soft_matching(np.zeros((2, 6, 3)), x)


@pytest.mark.parametrize("scale", [1e-250, 1e250])
def test_responses_in_any_unit_are_compared(scale):
    x, y = _responses(), _responses(p=5, seed=1)
    for group in ("rotation", "soft"):
        for alpha in (0.0, 0.5, 1.0):
            plain, scaled = (
                nk.rsa.shape_distance(z, y, group=group, alpha=alpha) for z in (x, scale * x)
            )
            assert scaled == pytest.approx(plain, rel=1e-9)
    for unbiased in (False, True):
        plain, scaled = (nk.rsa.cka(z, y, unbiased=unbiased) for z in (x, scale * x))
        assert scaled == pytest.approx(plain, rel=1e-9)
    for how in ("unit", "whole"):
        plain, scaled = (nk.rsa.soft_matching(z, y, scale=how) for z in (x, scale * x))
        xr.testing.assert_allclose(plain, scaled)


def test_names_of_systems_may_be_tuples():
    found = nk.rsa.shape_distances({("net", 1): _responses(), ("net", 2): _responses(seed=1)})
    assert found.condition_1.values.tolist() == ["('net', 1)"]


@pytest.mark.parametrize("function", ["shape_distance", "soft_matching"])
def test_inputs_are_left_as_they_are(function):
    x, y = _responses(), _responses(p=5, seed=1)
    before = x.tobytes(), y.tobytes()
    getattr(nk.rsa, function)(x, y)
    assert (x.tobytes(), y.tobytes()) == before
