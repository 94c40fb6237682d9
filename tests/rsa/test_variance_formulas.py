"""Variances of scores, tests on them and q-values against formulas written out and scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from neurokit.errors import OptionError
from neurokit.rsa import model_tests, variance
from neurokit.rsa.bootstrap import Draws
from neurokit.rsa.resampling import Resamples, draw_resamples, given_resamples


def _draws(n=40, k=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, k)) @ rng.standard_normal((k, k))


def _variances(seed, k=3):
    return variance.variances_of(np.cov(_draws(k=k + 2, seed=seed), rowvar=False))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_covariance_is_numpys(k):
    draws = _draws(k=k)
    np.testing.assert_allclose(variance.covariance_of(draws), np.cov(draws, rowvar=False))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_covariance_leaves_whole_draws_out(bad):
    draws = _draws()
    draws[[3, 8], [0, 2]] = bad
    expected = np.cov(np.delete(draws, [3, 8], axis=0), rowvar=False)
    np.testing.assert_allclose(variance.covariance_of(draws), expected)


@pytest.mark.parametrize("n", [0, 1])
def test_fewer_than_two_draws_have_no_covariance(n):
    found = variance.covariance_of(_draws()[:n])
    assert found.shape == (4, 4)
    assert np.isnan(found).all()


def test_variances_of_differences_are_those_of_differences():
    draws = _draws(k=5)
    found = variance.variances_of(np.cov(draws, rowvar=False))
    for i in range(3):
        assert found.model[i] == pytest.approx(draws[:, i].var(ddof=1))
        for j in range(3):
            apart = draws[:, i] - draws[:, j]
            assert found.difference[i, j] == pytest.approx(apart.var(ddof=1), abs=1e-12)
        for j in range(2):
            apart = draws[:, i] - draws[:, 3 + j]
            assert found.ceiling[i, j] == pytest.approx(apart.var(ddof=1))


@pytest.mark.parametrize("n", [2, 3, 10, 100])
def test_correction_is_n_over_n_minus_one(n):
    v = _variances(0)
    found = variance.corrected(v, n)
    for name in ("model", "difference", "ceiling"):
        np.testing.assert_allclose(getattr(found, name), getattr(v, name) * n / (n - 1))


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 99), s=st.integers(2, 30), c=st.integers(5, 60))
def test_dual_is_its_formula_between_its_bounds(seed, s, c):
    rng = np.random.default_rng(seed)
    sub, cond = rng.random(3), rng.random(3)
    both = (sub + cond) * (1 + rng.random(3))
    parts = [variance.Variances(x, x[:, None] + x, x[:, None] + x[:2]) for x in (both, sub, cond)]
    found = variance.dual(*parts, s, c).model
    for k in range(3):
        plain = s / (s - 1) * sub[k] + c / (c - 1) * cond[k]
        plain -= s * c / ((s - 1) * (c - 1)) * (both[k] - sub[k] - cond[k])
        low = max(plain, s / (s - 1) * sub[k], c / (c - 1) * cond[k])
        assert found[k] == pytest.approx(min(low, both[k]))


def test_dual_without_interaction_is_the_sum_of_both_corrected():
    one, two = (variance.Variances(*[np.full(s, v) for s in (2, (2, 2), (2, 2))]) for v in (1, 3))
    wide = variance.Variances(*[np.full(s, 4.0) for s in (2, (2, 2), (2, 2))])
    # both = sub + cond: nothing to take out; 4 caps 1 * 5/4 + 3 * 10/9.
    assert variance.dual(wide, one, two, 5, 10).model.tolist() == [4.0, 4.0]


@pytest.mark.parametrize("n", [20, 60])
def test_one_assignment_of_folds_needs_no_correction(n):
    draws = _draws(n)[:, None, :]
    np.testing.assert_allclose(
        variance.corrected_for_folds(draws), np.cov(draws[:, 0], rowvar=False)
    )


def test_two_assignments_extrapolate_the_chance_of_folds_away():
    rng = np.random.default_rng(0)
    shared = rng.standard_normal((4000, 1, 2))
    draws = shared + 0.7 * rng.standard_normal((4000, 2, 2))
    found = np.diag(variance.corrected_for_folds(draws))
    # The truth without assignments is 1; a mean over two has 1 + .49 / 2.
    np.testing.assert_allclose(found, 1.0, atol=0.06)
    assert (np.diag(variance.covariance_of(draws.mean(axis=1))) > 1.15).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), r=st.integers(2, 4))
def test_no_contrast_keeps_less_than_one_rth_of_its_variance(seed, r):
    rng = np.random.default_rng(seed)
    draws = rng.standard_normal((12, r, 3))  # noise of assignments only
    found = variance.corrected_for_folds(draws)
    mean = np.cov(draws.mean(axis=1), rowvar=False)
    np.testing.assert_allclose(found, found.T, atol=1e-12)
    for contrast in rng.standard_normal((5, 3)):
        assert contrast @ found @ contrast >= contrast @ mean @ contrast / r - 1e-12


def test_draws_that_failed_in_any_assignment_are_left_out():
    draws = np.random.default_rng(0).standard_normal((30, 2, 3))
    gap = draws.copy()
    gap[[4, 9], [0, 1], [2, 0]] = np.nan
    np.testing.assert_allclose(
        variance.corrected_for_folds(gap),
        variance.corrected_for_folds(np.delete(draws, [4, 9], axis=0)),
    )


@pytest.mark.parametrize("df", [3, 11, 40])
@pytest.mark.parametrize("two_sided", [False, True])
def test_t_tests_are_scipys_of_one_sample(df, two_sided):
    sample = np.random.default_rng(df).standard_normal(df + 1) + 0.3
    spread = sample.var(ddof=1) / sample.size
    found = variance.t_test(np.array(sample.mean()), np.array(spread), df, two_sided=two_sided)
    side = "two-sided" if two_sided else "greater"
    assert float(found) == pytest.approx(stats.ttest_1samp(sample, 0, alternative=side).pvalue)


@pytest.mark.parametrize(("two_sided", "p"), [(True, 1.0), (False, 0.5)])
def test_no_difference_without_variance_is_no_finding(two_sided, p):
    found = variance.t_test(np.zeros(2), np.zeros(2), 5, two_sided=two_sided)
    np.testing.assert_allclose(found, p)


@pytest.mark.parametrize(
    ("values", "two_sided", "expected"),
    [
        ([1.0] * 9, False, 0.1),
        ([1.0] * 9, True, 0.2),
        ([-1.0] * 9, False, 1.0),
        ([-1.0] * 9, True, 0.2),
        ([0.0] * 9, False, 1.0),
        ([0.0] * 9, True, 1.0),
        ([1.0] * 8 + [-1.0], False, 0.2),
        ([1.0, np.nan, 1.0, 1.0], False, 0.25),
        ([np.nan], False, 1.0),
    ],
)
def test_percentiles_count_draws_on_the_other_side(values, two_sided, expected):
    found = variance.percentile_test(np.array(values), two_sided=two_sided)
    assert float(found) == pytest.approx(expected)


def test_percentiles_are_taken_entry_by_entry():
    draws = np.random.default_rng(0).standard_normal((50, 2, 3)) + 0.5
    found = variance.percentile_test(draws, two_sided=True)
    for i, j in np.ndindex(2, 3):
        one = variance.percentile_test(draws[:, i, j], two_sided=True)
        assert found[i, j] == one


@pytest.mark.parametrize("two_sided", [False, True])
def test_signed_ranks_are_counted_over_all_signs(two_sided):
    values = np.array([0.3, 1.2, -0.5, 2.2, 0.9, 1.7])
    ranks = stats.rankdata(np.abs(values))
    seen = ranks[values > 0].sum()
    signs = np.array(np.meshgrid(*[[0, 1]] * 6)).reshape(6, -1)
    sums = ranks @ signs
    above, below = (sums >= seen).mean(), (sums <= seen).mean()
    expected = min(2 * min(above, below), 1.0) if two_sided else above
    found = variance.signed_rank_test(values, two_sided=two_sided)
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("values", [np.zeros(5), np.full(4, np.nan), np.array([])])
def test_signed_ranks_of_nothing_are_no_finding(values):
    assert variance.signed_rank_test(values, two_sided=True) == 1.0


@pytest.mark.parametrize(
    ("factors", "expected"),
    [
        (["subjects"], 6),
        (["conditions"], 11),
        (["both"], 6),
        (["both", "subjects", "conditions"], 6),
    ],
)
def test_degrees_of_freedom_are_those_of_the_smallest_factor(factors, expected):
    assert model_tests.degrees_of_freedom(factors, 7, 12) == expected


def _case(seed=0, k=3):
    rng = np.random.default_rng(seed)
    evaluation = rng.random((k, 6)) + np.arange(k)[:, None] * 0.2
    draws = Draws(rng.random((30, k)), rng.random((30, 2)))
    return evaluation, np.array([0.6, 0.9]), draws, (6, 9)


@pytest.mark.parametrize("factor", ["subjects", "conditions", "both"])
def test_t_tests_of_models_are_score_over_standard_error(factor):
    evaluation, ceiling, draws, drawn = _case()
    covariance = np.cov(np.c_[draws.evaluation, draws.ceiling], rowvar=False)
    out = model_tests.tested(evaluation, ceiling, draws, {factor: covariance}, drawn, "t", "none")
    n = {"subjects": 6, "conditions": 9}.get(factor)
    scale = n / (n - 1) if n else 1.0
    df = {"subjects": 5, "conditions": 8, "both": 5}[factor]
    error = np.sqrt(np.diag(covariance)[:3] * scale)
    np.testing.assert_allclose(out["standard_error"], error)
    score = evaluation.mean(axis=1)
    np.testing.assert_allclose(out["p_zero"], stats.t.sf(score / error, df))
    spread = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    t = abs(score[0] - score[1]) / np.sqrt(spread * scale)
    assert out["p_pairwise"][0, 1] == pytest.approx(2 * stats.t.sf(t, df))
    spread = covariance[2, 2] + covariance[3, 3] - 2 * covariance[2, 3]
    t = abs(score[2] - ceiling[0]) / np.sqrt(spread * scale)
    assert out["p_ceiling"][2] == pytest.approx(2 * stats.t.sf(t, df))


def test_wilcoxon_of_models_is_over_subjects():
    evaluation, ceiling, draws, drawn = _case()
    out = model_tests.tested(
        evaluation, ceiling, draws, {"both": np.eye(5)}, drawn, "wilcoxon", "none"
    )
    for i in range(3):
        expected = stats.wilcoxon(evaluation[i], alternative="greater").pvalue
        assert out["p_zero"][i] == pytest.approx(expected)
        expected = stats.wilcoxon(evaluation[i] - 0.6).pvalue
        assert out["p_ceiling"][i] == pytest.approx(expected)
        for j in range(i):
            expected = stats.wilcoxon(evaluation[i] - evaluation[j]).pvalue
            assert out["p_pairwise"][i, j] == out["p_pairwise"][j, i] == pytest.approx(expected)


@pytest.mark.parametrize("test", model_tests.TESTS)
@pytest.mark.parametrize("correction", ["fdr", "fwer", "none"])
def test_q_values_are_corrected_within_their_family(test, correction):
    evaluation, ceiling, draws, drawn = _case(1)
    out = model_tests.tested(
        evaluation, ceiling, draws, {"both": 0.1 * np.eye(5)}, drawn, test, correction
    )
    i, j = np.triu_indices(3, 1)
    families = {"zero": slice(None), "ceiling": slice(None), "pairwise": (i, j)}
    for name, family in families.items():
        p, q = out[f"p_{name}"][family], out[f"q_{name}"][family]
        if correction == "fdr":
            expected = stats.false_discovery_control(p)
        else:
            expected = np.minimum(p * (p.size if correction == "fwer" else 1), 1.0)
        np.testing.assert_allclose(q, expected)
    assert (np.diag(out["q_pairwise"]) == 1.0).all()
    np.testing.assert_array_equal(out["q_pairwise"], out["q_pairwise"].T)


def test_a_single_model_has_no_pairs():
    evaluation, ceiling, draws, drawn = _case(k=1)
    out = model_tests.tested(evaluation, ceiling, draws, {"both": np.eye(3)}, drawn, "t", "fdr")
    assert out["p_pairwise"].tolist() == [[1.0]]
    assert out["q_pairwise"].tolist() == [[1.0]]


@pytest.mark.parametrize("seed", [0, 7])
def test_draws_are_in_range_and_of_the_seed(seed):
    one, two = (draw_resamples(25, 4, 9, seed) for _ in range(2))
    assert one.subjects.shape == (25, 4)
    assert one.conditions.shape == (25, 9)
    assert set(np.unique(one.subjects)) == set(range(4))
    assert set(np.unique(one.conditions)) == set(range(9))
    np.testing.assert_array_equal(one.subjects, two.subjects)
    np.testing.assert_array_equal(one.conditions, two.conditions)
    assert one.fold_seed == two.fold_seed


def test_a_generator_goes_on_where_it_stood():
    rng = np.random.default_rng(0)
    one, two = (draw_resamples(20, 4, 9, rng) for _ in range(2))
    assert not np.array_equal(one.conditions, two.conditions)


@pytest.mark.parametrize("n", [-1, 0, 9])
def test_few_draws_are_refused(n):
    with pytest.raises(OptionError, match=f"n_draws: is {n}"):
        draw_resamples(n, 3, 5, 0)


@pytest.mark.parametrize(
    ("people", "conditions", "says"),
    [
        ([0, 1], [[0, 1]], "subject indices have shape"),
        ([[0, 1]], [0, 1], "condition indices have shape"),
        ([[0.0, 1.0]], [[0, 1]], "subject indices have .* float64"),
        ([[0, 3]], [[0, 1]], "subject indices run from 0 to 3 of 3"),
        ([[0, 1]], [[-1, 1]], "condition indices run from -1 to 1 of 5"),
        ([[0, 1]], [[0, 1], [1, 2]], "1 draws of subjects, 2 of conditions"),
        ([[], []], [[0], [1]], "subject indices have shape"),
    ],
)
def test_positions_that_do_not_fit_are_named(people, conditions, says):
    with pytest.raises(OptionError, match=f"resamples: {says}"):
        given_resamples((people, conditions), 3, 5, 0)


def test_positions_given_are_used_as_they_are():
    found = given_resamples(([[0, 2], [1, 1]], np.array([[4], [0]], dtype=np.uint8)), 3, 5, 0)
    assert found.subjects.tolist() == [[0, 2], [1, 1]]
    assert found.conditions.tolist() == [[4], [0]]
    assert found.conditions.dtype == np.int64


@pytest.mark.parametrize("r", [1, 3])
def test_covariance_of_draws_puts_models_before_ceilings(r):
    rng = np.random.default_rng(0)
    repeated = [Draws(rng.random((20, 2)), rng.random((20, 2))) for _ in range(r)]
    empty = np.zeros((20, 1), dtype=np.int64)
    found = Resamples(empty, empty, 0).covariance(repeated)
    stacked = np.stack([np.c_[d.evaluation, d.ceiling] for d in repeated], axis=1)
    np.testing.assert_allclose(found, variance.corrected_for_folds(stacked))
