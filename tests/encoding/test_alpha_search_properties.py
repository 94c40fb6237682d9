"""The choice of penalties: by every metric, target by target, over blocks, growing and bounded."""

from __future__ import annotations

import numpy as np
import pytest
import ridge_oracle
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.metrics import make_scorer, mean_squared_error
from sklearn.model_selection import GridSearchCV, KFold

from neurokit.encoding.alpha_search import AT_A_TIME, HIGHEST, LOWEST, as_alphas, further, ridge_cv
from neurokit.encoding.folds import block_folds
from neurokit.errors import NeurokitError, OptionError, SchemaError

ALPHAS = np.logspace(-2, 4, 7)
N = 45


@pytest.fixture(scope="module")
def data():
    x, y = ridge_oracle.problem(N, 8, t=7, noise=5.0)
    return x, y[:, :-1], block_folds(np.arange(N), 5)


@pytest.mark.parametrize("metric", ["r", "r2", "mse"])
def test_every_target_has_the_penalty_that_the_loop_finds_best(data, metric):
    x, y, folds = data
    fit = ridge_cv(x, y, ALPHAS, folds, metric=metric)
    loop = ridge_oracle.fold_scores(x, y, ALPHAS, folds)[metric]
    best = np.argmin(loop, axis=0) if metric == "mse" else np.argmax(loop, axis=0)
    np.testing.assert_array_equal(fit.best, ALPHAS[best])


def test_one_target_is_the_grid_search_of_scikit_learn(data):
    x, y, _ = data
    for k in range(2):
        peer = GridSearchCV(
            Ridge(solver="svd"),
            {"alpha": list(ALPHAS)},
            cv=KFold(5),
            scoring=make_scorer(mean_squared_error, greater_is_better=False),
        ).fit(x, y[:, k])
        fit = ridge_cv(x, y[:, [k]], ALPHAS, KFold(5).split(x), metric="mse")
        assert fit.best[0] == peer.best_params_["alpha"]
        np.testing.assert_allclose(fit.scores.mse[:, 0], -peer.cv_results_["mean_test_score"])
        np.testing.assert_allclose(fit.coef[:, 0], peer.best_estimator_.coef_, atol=1e-9)


def test_one_penalty_for_all_is_that_of_scikit_learn(data):
    x, y, _ = data
    peer = RidgeCV(ALPHAS, cv=KFold(5), scoring="neg_mean_squared_error").fit(x, y)
    fit = ridge_cv(x, y, ALPHAS, KFold(5).split(x), metric="mse", per_target=False)
    np.testing.assert_array_equal(fit.best, peer.alpha_)
    np.testing.assert_allclose(fit.coef.T, peer.coef_, atol=1e-9)
    np.testing.assert_allclose(fit.intercept, peer.intercept_, atol=1e-9)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), extend=st.booleans())
def test_targets_are_chosen_for_each_by_itself(seed, extend):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((30, 4))
    y = x @ rng.standard_normal((4, 5)) + rng.exponential(5.0) * rng.standard_normal((30, 5))
    folds, order = block_folds(np.arange(30), 3), rng.permutation(5)
    whole = ridge_cv(x, y, [0.1, 1.0, 10.0], folds, extend_alphas=extend)
    turned = ridge_cv(x, y[:, order], [0.1, 1.0, 10.0], folds, extend_alphas=extend)
    np.testing.assert_array_equal(turned.alphas, whole.alphas)
    np.testing.assert_array_equal(turned.best, whole.best[order])
    np.testing.assert_allclose(turned.coef, whole.coef[:, order], atol=1e-12)
    # A grid that grew for another target can only offer more.
    alone = ridge_cv(x, y[:, :1], [0.1, 1.0, 10.0], folds, extend_alphas=extend)
    assert whole.scores.r2[:, 0].max() >= alone.scores.r2.max() - 1e-12


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), scale=st.sampled_from([1e-6, 1e3]))
def test_units_move_the_penalty_by_their_square_and_change_no_prediction(seed, scale):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((30, 4))
    y = x[:, :2] + rng.standard_normal((30, 2))
    folds = block_folds(np.arange(30), 3)
    plain = ridge_cv(x, y, ALPHAS, folds)
    scaled = ridge_cv(scale * x, 7 * y + 3, ALPHAS * scale**2, folds)
    np.testing.assert_allclose(scaled.best, plain.best * scale**2)
    np.testing.assert_allclose(
        scale * x @ scaled.coef + scaled.intercept,
        7 * (x @ plain.coef + plain.intercept) + 3,
        atol=1e-8,
    )


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    n_alphas=st.integers(2, 6),
    typical=st.floats(-4, 4),
    span=st.floats(0, 4),
)
def test_further_penalties_lie_outside_in_the_steps_of_the_edges_within_bounds(
    seed, n_alphas, typical, span
):
    rng = np.random.default_rng(seed)
    alphas = np.sort(10.0 ** rng.uniform(-5, 5, n_alphas))
    if np.any(np.diff(np.log(alphas)) < 1e-3):
        return
    penalties = (10.0**typical, 10.0 ** (typical + span))
    score = rng.standard_normal((n_alphas, 4))
    more, asking = further(alphas, score, penalties)
    assert more.size <= 2 * AT_A_TIME
    assert np.all((more < alphas[0]) | (more > alphas[-1]))
    assert np.all((more >= LOWEST * penalties[1]) | (more > alphas[-1]))
    assert np.all((more <= HIGHEST * penalties[1]) | (more < alphas[0]))
    best = score.argmax(axis=0)
    assert not np.any(asking & (best != 0) & (best != n_alphas - 1))
    above = more[more > alphas[-1]]
    np.testing.assert_allclose(
        above, alphas[-1] * (alphas[-1] / alphas[-2]) ** np.arange(1, above.size + 1)
    )
    assert (more.size > 0) == asking.any() or not asking.any()


def test_growing_ends_at_the_largest_penalty_of_the_data():
    # Targets opposite in training and test: the larger the penalty the better, without end.
    x = np.ones((20, 1)) * np.r_[np.arange(10.0), np.arange(10.0)][:, None]
    y = np.r_[x[:10, 0], -x[10:, 0]][:, None]
    rows = np.arange(20)
    folds = [(rows[:10], rows[10:]), (rows[10:], rows[:10])]
    fit = ridge_cv(x, y, [0.1, 1.0], folds, extend_alphas=True)
    largest = np.sum((x - np.median(x)) ** 2)
    assert largest <= fit.alphas[-1] <= HIGHEST * largest
    assert fit.at_edge.tolist() == [1]
    assert fit.n_extended == 1


@pytest.mark.parametrize("max_bytes", [1.0, 3000.0, 1e9])
def test_passes_over_blocks_of_targets_give_the_same_bytes_of_choice(data, max_bytes):
    x, y, folds = data
    whole = ridge_cv(x, y, ALPHAS, folds)
    parts = ridge_cv(x, y, ALPHAS, folds, max_bytes=max_bytes)
    np.testing.assert_array_equal(parts.best, whole.best)
    np.testing.assert_array_equal(parts.at_edge, whole.at_edge)
    np.testing.assert_allclose(parts.coef, whole.coef, atol=1e-12)
    np.testing.assert_allclose(parts.scores.mse, whole.scores.mse, rtol=1e-10)


class Counted:
    """Targets that count how many values are read."""

    def __init__(self, values):
        self.values, self.shape, self.count = values, values.shape, 0

    def __getitem__(self, key):
        block = self.values[key]
        self.count += block.size
        return block


@pytest.mark.parametrize(("max_bytes", "passes"), [(1e9, 1), (3000.0, 2)])
def test_targets_that_fit_are_read_once_others_once_per_pass(data, max_bytes, passes):
    x, y, folds = data
    counted = Counted(y)
    ridge_cv(x, counted, ALPHAS, folds, max_bytes=max_bytes)
    assert counted.count == passes * y.size


def test_equal_scores_take_the_smaller_penalty_and_constants_the_smallest(data):
    x, _, folds = data
    y = np.full((N, 2), 4.0)
    fit = ridge_cv(x, y, ALPHAS, folds)
    np.testing.assert_array_equal(fit.best, ALPHAS[0])
    np.testing.assert_array_equal(fit.coef, 0.0)
    np.testing.assert_allclose(fit.intercept, 4.0)
    grown = ridge_cv(x, y, ALPHAS, folds, extend_alphas=True)
    assert grown.n_extended == 0


@pytest.mark.parametrize("dtype", [int, bool, np.float32, np.int8])
def test_features_and_targets_of_any_type_give_what_float64_gives(data, dtype):
    x, y, folds = data
    x, y = (3 * x).astype(dtype), (3 * y).astype(dtype)
    found = ridge_cv(x, y, ALPHAS, folds)
    expected = ridge_cv(x.astype(float), y.astype(float), ALPHAS, folds)
    np.testing.assert_array_equal(found.best, expected.best)
    np.testing.assert_array_equal(found.coef, expected.coef)


@pytest.mark.parametrize(
    ("alphas", "found"),
    [
        (3, [3.0]),
        ([True], [1.0]),
        ((10, 1, 1.0), [1.0, 10.0]),
        (range(1, 4), [1.0, 2.0, 3.0]),
        (np.array([[2.0], [1.0]]), [1.0, 2.0]),
    ],
)
def test_penalties_come_sorted_in_float64(alphas, found):
    values = as_alphas(alphas)
    assert values.dtype == np.float64
    assert values.tolist() == found


@pytest.mark.parametrize("fold", [[], [(np.arange(5), np.arange(3, 8))], [(np.arange(5),)], [5]])
def test_what_is_no_fold_is_refused(data, fold):
    x, y, _ = data
    with pytest.raises(OptionError, match="cv"):
        ridge_cv(x, y, ALPHAS, fold)


def test_missing_targets_are_refused_in_any_block(data):
    x, y, folds = data
    y = y.copy()
    y[-1, -1] = np.nan
    with pytest.raises(SchemaError, match="Y"):
        ridge_cv(x, y, ALPHAS, folds, max_bytes=300.0)
    with pytest.raises(NeurokitError, match="metric"):
        ridge_cv(x, y, ALPHAS, folds, metric="R2")


def test_a_single_fold_chooses_by_that_fold(data):
    x, y, folds = data
    fit = ridge_cv(x, y, ALPHAS, folds[:1])
    loop = ridge_oracle.fold_scores(x, y, ALPHAS, folds[:1])["r2"]
    np.testing.assert_array_equal(fit.best, ALPHAS[np.argmax(loop, axis=0)])
