"""A draw of counts gives what RDMs written out copy by copy give: scores and both ceilings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, rankdata

from neurokit.rsa import bootstrap_gram, bootstrap_ranks
from neurokit.rsa.bootstrap import Draws, bootstrap, count, fixed_ceilings
from neurokit.rsa.compare_core import compare_rows
from neurokit.rsa.pair_index import pair_indices, square
from neurokit.rsa.resampling import Resamples, draw_resamples, given_resamples

seeds = st.integers(0, 10**6)
PLAIN = ("cosine", "pearson", "spearman", "rho-a", "tau-a", "tau-b")
WHOLE = (*PLAIN, "whitened_cosine", "whitened_pearson", "bures")


def _case(seed, n=6, n_models=2, n_subjects=4, *, ties=False):
    rng = np.random.default_rng(seed)
    pairs = n * (n - 1) // 2
    truth = rng.random(pairs)
    rows = truth + rng.random((n_models + n_subjects, pairs))
    if ties:
        rows = np.round(2 * rows)
    counts = rng.multinomial(n, np.full(n, 1 / n)).astype(float)
    counts[:3] = np.maximum(counts[:3], 1)
    people = rng.multinomial(n_subjects, np.full(n_subjects, 1 / n_subjects)).astype(float)
    return rows[:n_models], rows[n_models:], counts, people


def _written_out(rows, counts):
    """Entries of the resampled RDM, those between copies of one condition left out."""
    drawn = np.repeat(np.arange(len(counts)), counts.astype(int))
    i, j = np.triu_indices(len(drawn), 1)
    apart = drawn[i] != drawn[j]
    return square(rows)[:, drawn[i][apart], drawn[j][apart]]


def _tau_a(x, y):
    i, j = np.triu_indices(len(x), 1)
    return (np.sign(x[i] - x[j]) * np.sign(y[i] - y[j])).mean()


def _similar(method, x, y):
    if method == "cosine":
        return x @ y / np.sqrt((x @ x) * (y @ y))
    if method == "pearson":
        return np.corrcoef(x, y)[0, 1]
    if method == "spearman":
        return np.corrcoef(rankdata(x), rankdata(y))[0, 1]
    if method == "rho-a":
        p, middle = len(x), (len(x) + 1) / 2
        return 12 * ((rankdata(x) - middle) @ (rankdata(y) - middle)) / (p**3 - p)
    return _tau_a(x, y) if method == "tau-a" else kendalltau(x, y).statistic


def _for_pool(method, x):
    if method == "cosine":
        return x / np.linalg.norm(x)
    if method == "pearson":
        centred = x - x.mean()
        return centred / np.linalg.norm(centred)
    return rankdata(x)


def _ceilings(method, subjects, people):
    drawn = np.flatnonzero(people)
    parts = np.array([_for_pool(method, x) for x in subjects])
    upper, lower = [], []
    for s in drawn:
        others = np.where(np.arange(len(people)) == s, 0.0, people)
        others = people if others.sum() == 0 else others
        upper.append(_similar(method, people @ parts, subjects[s]))
        lower.append(_similar(method, others @ parts, subjects[s]))
    return np.array([np.mean(lower), np.mean(upper)])


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("method", PLAIN)
@settings(max_examples=6)
@given(seed=seeds)
def test_scores_are_those_of_the_entries_written_out(method, ties, seed):
    models, subjects, counts, people = _case(seed, ties=ties)
    found = bootstrap(models, subjects, method, counts[None], [people[None]])[0]
    one, two = _written_out(models, counts), _written_out(subjects, counts)
    if method in ("pearson", "spearman", "tau-b") and min(map(np.ptp, [*one, *two])) == 0:
        return
    each = np.array([[_similar(method, x, y) for y in two] for x in one])
    np.testing.assert_allclose(
        found.evaluation[0], each @ people / people.sum(), rtol=1e-9, atol=1e-12
    )


@pytest.mark.parametrize("method", PLAIN)
@settings(max_examples=6)
@given(seed=seeds)
def test_ceilings_are_those_of_the_entries_written_out(method, seed):
    models, subjects, counts, people = _case(seed)
    found = bootstrap(models, subjects, method, counts[None], [people[None]])[0]
    expected = _ceilings(method, _written_out(subjects, counts), people)
    np.testing.assert_allclose(found.ceiling[0], expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", WHOLE)
def test_a_draw_without_copies_is_the_rdm_of_fewer_conditions(method):
    models, subjects, _, _ = _case(3, n=8)
    counts = np.array([1.0, 1, 0, 1, 1, 0, 1, 1])
    found = bootstrap(models, subjects, method, counts[None], [np.ones((1, 4))])[0]
    held = np.flatnonzero(counts)
    i, j = np.triu_indices(6, 1)
    small = [square(x)[:, held[i], held[j]] for x in (models, subjects)]
    expected = compare_rows(*small, method).mean(axis=1)
    np.testing.assert_allclose(found.evaluation[0], expected, rtol=1e-9)
    np.testing.assert_allclose(found.ceiling[0], fixed_ceilings(small[1], method), rtol=1e-9)


@pytest.mark.parametrize("method", ["cosine", "pearson", "spearman", "tau-b"])
def test_drawing_every_condition_twice_changes_no_ratio_of_sums(method):
    models, subjects, _, _ = _case(1, n=7)
    once, twice = (
        bootstrap(models, subjects, method, np.full((1, 7), c), [np.ones((1, 4))])[0]
        for c in (1.0, 2.0)
    )
    np.testing.assert_allclose(twice.evaluation, once.evaluation, rtol=1e-10)


@pytest.mark.parametrize("method", WHOLE)
def test_the_order_of_conditions_makes_no_difference(method):
    models, subjects, counts, people = _case(5)
    mixed = np.random.default_rng(0).permutation(6)
    i, j = pair_indices(6)
    turned = [square(x)[:, mixed[i], mixed[j]] for x in (models, subjects)]
    one = bootstrap(models, subjects, method, counts[None], [people[None]])[0]
    two = bootstrap(*turned, method, counts[mixed][None], [people[None]])[0]
    np.testing.assert_allclose(two.evaluation, one.evaluation, rtol=1e-8)
    np.testing.assert_allclose(two.ceiling, one.ceiling, rtol=1e-8)


@pytest.mark.parametrize("method", WHOLE)
def test_the_order_of_subjects_makes_no_difference(method):
    models, subjects, counts, people = _case(6)
    mixed = np.array([2, 0, 3, 1])
    one = bootstrap(models, subjects, method, counts[None], [people[None]])[0]
    two = bootstrap(models, subjects[mixed], method, counts[None], [people[mixed][None]])[0]
    np.testing.assert_allclose(two.evaluation, one.evaluation, rtol=1e-9)
    np.testing.assert_allclose(two.ceiling, one.ceiling, rtol=1e-9)


@pytest.mark.parametrize("method", WHOLE)
def test_a_subject_not_drawn_has_no_say(method):
    models, subjects, counts, _ = _case(7)
    people = np.array([1.0, 2.0, 0.0, 1.0])
    other = subjects.copy()
    other[2] = np.random.default_rng(1).random(15)
    one, two = (
        bootstrap(models, x, method, counts[None], [people[None]])[0] for x in (subjects, other)
    )
    np.testing.assert_allclose(two.evaluation, one.evaluation, rtol=1e-10)
    np.testing.assert_allclose(two.ceiling, one.ceiling, rtol=1e-10)


@pytest.mark.parametrize("method", WHOLE)
def test_several_draws_of_subjects_share_the_draws_of_conditions(method):
    models, subjects, _, _ = _case(8)
    rng = np.random.default_rng(2)
    counts = rng.multinomial(6, np.full(6, 1 / 6), 7).astype(float)
    people = [rng.multinomial(4, np.full(4, 1 / 4), 7).astype(float) for _ in range(3)]
    together = bootstrap(models, subjects, method, counts, people)
    for k, one in enumerate(people):
        alone = bootstrap(models, subjects, method, counts, [one])[0]
        np.testing.assert_array_equal(together[k].evaluation, alone.evaluation)
        np.testing.assert_array_equal(together[k].ceiling, alone.ceiling)


@pytest.mark.parametrize("method", ["whitened_pearson", "spearman", "tau-a", "bures"])
def test_blocks_and_threads_change_no_byte(method, monkeypatch):
    models, subjects, _, _ = _case(9)
    rng = np.random.default_rng(3)
    counts = rng.multinomial(6, np.full(6, 1 / 6), 23).astype(float)
    people = rng.multinomial(4, np.full(4, 1 / 4), 23).astype(float)
    monkeypatch.setattr("neurokit.rsa.bootstrap._DRAWS_PER_BLOCK", {"gram": 5, "ranks": 4})
    one, four = (
        bootstrap(models, subjects, method, counts, [people], n_jobs)[0] for n_jobs in (1, 4)
    )
    assert one.evaluation.tobytes() == four.evaluation.tobytes()
    assert one.ceiling.tobytes() == four.ceiling.tobytes()
    assert one.evaluation.shape == (23, 2)


@pytest.mark.parametrize("method", WHOLE)
def test_the_bootstrap_leaves_its_inputs(method):
    given_arrays = [np.array(x) for x in _case(10)]
    before = [x.copy() for x in given_arrays]
    models, subjects, counts, people = given_arrays
    bootstrap(models, subjects, method, counts[None], [people[None]])
    for one, two in zip(given_arrays, before, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("method", PLAIN)
def test_a_missing_pair_is_left_out_of_every_rdm(method):
    models, subjects, counts, people = _case(11)
    holed = models.copy()
    holed[1, 0] = np.nan
    found = bootstrap(holed, subjects, method, counts[None], [people[None]])[0]
    marked = np.zeros((1, 15))
    marked[0, 0] = 1
    keep = _written_out(marked, counts)[0] == 0
    one, two = (_written_out(x, counts)[:, keep] for x in (models, subjects))
    each = np.array([[_similar(method, x, y) for y in two] for x in one])
    np.testing.assert_allclose(found.evaluation[0], each @ people / people.sum(), rtol=1e-9)


@settings(max_examples=20)
@given(seeds, st.integers(1, 6), st.integers(1, 8))
def test_counts_add_up_to_the_draws(seed, n_draws, n):
    drawn = np.random.default_rng(seed).integers(0, n, (n_draws, 5))
    found = count(drawn, n)
    expected = np.array([[(row == k).sum() for k in range(n)] for row in drawn])
    np.testing.assert_array_equal(found, expected)


def test_grams_of_pearson_are_centred_by_the_drawn_entries():
    rows, _, counts, _ = _case(12, n_models=3)
    products = bootstrap_gram.prepare(rows, centre=True, whiten=False)
    gram, norm = bootstrap_gram.grams(products, counts[None])
    entries = _written_out(rows, counts)
    entries = entries - entries.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(gram[0], entries @ entries.T, rtol=1e-10)
    np.testing.assert_allclose(norm[0], np.linalg.norm(entries, axis=1), rtol=1e-10)


def test_unit_length_changes_lengths_and_no_angle():
    rows = _case(13, n_models=3)[0] * np.array([[1.0], [1e6], [1e-6]])
    plain, unit = (
        bootstrap_gram.grams(
            bootstrap_gram.prepare(rows, centre=False, whiten=False, unit=u), np.ones((1, 6))
        )
        for u in (False, True)
    )
    np.testing.assert_allclose(unit[1], 1.0, rtol=1e-12)
    cosine = plain[0][0] / np.outer(plain[1][0], plain[1][0])
    np.testing.assert_allclose(unit[0][0], cosine, rtol=1e-12)


def test_an_rdm_of_zeros_has_cosine_zero_with_all():
    gram = np.zeros((1, 3, 3))
    gram[0, 1:, 1:] = [[4.0, 2.0], [2.0, 9.0]]
    found = bootstrap_gram.mean_scores(gram, 1, np.array([[1.0, 1.0]]))
    assert found.tolist() == [[0.0]]


def test_mean_scores_weigh_subjects_by_how_often_they_were_drawn():
    gram = np.eye(3)[None] * 1.0
    gram[0, 0, 1] = gram[0, 1, 0] = 0.6
    found = bootstrap_gram.mean_scores(gram, 1, np.array([[3.0, 1.0], [0.0, 2.0]]))
    np.testing.assert_allclose(found[:, 0], [0.45, 0.0])


def test_ceilings_of_two_subjects_are_closed_forms():
    # Unit vectors at angle t: the pool is the bisector, the others are the other one.
    t = 0.8
    between = np.array([[1.0, np.cos(t)], [np.cos(t), 1.0]])
    low, high = bootstrap_gram.ceilings(between[None], np.ones((1, 2)), 0, np.ones((1, 2)))[0]
    assert low == pytest.approx(np.cos(t))
    assert high == pytest.approx(np.cos(t / 2))


def test_rank_scores_of_three_entries_by_hand():
    rows = np.array([[1.0, 2.0, 3.0], [1.0, 3.0, 2.0]])
    ones = np.ones(3, dtype=np.int64)
    expected = {"spearman": 0.5, "rho-a": 0.5, "tau-a": 1 / 3, "tau-b": 1 / 3}
    for method, value in expected.items():
        table = bootstrap_ranks.prepare(rows, 1, method)
        similarity, ceilings = bootstrap_ranks.scores(table, ones, [ones[:1]])
        assert similarity[0, 0] == pytest.approx(value)
        np.testing.assert_allclose(ceilings[0], 1.0)


def test_covariance_over_draws_is_numpys_of_scores_and_ceilings():
    rng = np.random.default_rng(0)
    draws = Draws(rng.random((30, 2)), rng.random((30, 2)))
    found = Resamples(np.zeros((30, 3), int), np.zeros((30, 5), int), 0).covariance([draws])
    expected = np.cov(np.concatenate([draws.evaluation, draws.ceiling], axis=1).T)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_drawn_positions_are_even_and_seeded():
    one, two = (draw_resamples(2000, 4, 9, 5) for _ in range(2))
    np.testing.assert_array_equal(one.subjects, two.subjects)
    np.testing.assert_array_equal(one.conditions, two.conditions)
    assert one.fold_seed == two.fold_seed
    share = np.bincount(one.conditions.ravel(), minlength=9) / one.conditions.size
    assert np.abs(share - 1 / 9).max() < 5 * np.sqrt((1 / 9) * (8 / 9) / one.conditions.size)
    assert set(np.unique(one.subjects)) == {0, 1, 2, 3}


def test_given_positions_are_copied_as_whole_numbers():
    subjects, conditions = np.array([[0, 1]], np.uint8), np.array([[2, 2, 0]], np.int16)
    found = given_resamples((subjects, conditions), 2, 3, 0)
    assert found.subjects.dtype == found.conditions.dtype == np.int64
    subjects[:] = 9
    np.testing.assert_array_equal(found.subjects, [[0, 1]])
