"""Patterns and retrieval against dense algebra, sorting, and cases that can be counted."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from neurokit.encoding import RetrievalDecoder, haufe_patterns, retrieval_scores
from neurokit.encoding.patterns import patterns
from neurokit.encoding.retrieval import candidate_places
from neurokit.errors import LabelError, NotFittedError, OptionError, SchemaError
from neurokit.testing import assert_same

SEEDS = st.integers(0, 10_000)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(1, 5), st.integers(1, 3))
def test_patterns_are_the_formula_of_haufe(seed, p, t):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(30, p)) @ rng.normal(size=(p, p)), rng.normal(size=(p, min(t, p)))
    cov_x = np.atleast_2d(np.cov(x, rowvar=False))
    cov_s = np.atleast_2d(np.cov(x @ w, rowvar=False))
    np.testing.assert_allclose(patterns(x, w), cov_x @ w @ np.linalg.inv(cov_s), rtol=1e-6)


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_a_pattern_is_the_regression_of_channels_on_the_decoded(seed):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(40, 4)) + 3.0, rng.normal(size=(4, 2))
    centred = x - x.mean(axis=0)
    regression = np.linalg.lstsq(centred @ w, centred, rcond=None)[0].T
    np.testing.assert_allclose(patterns(x, w), regression, atol=1e-8)


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.floats(0.01, 100.0))
def test_mixing_channels_mixes_patterns_and_scaling_outputs_divides_them(seed, scale):
    rng = np.random.default_rng(seed)
    x, w = rng.normal(size=(40, 3)), rng.normal(size=(3, 2))
    mix = rng.normal(size=(3, 3)) + 3 * np.eye(3)
    found = patterns(x, w)
    # The same outputs from mixed channels x M are decoded by M^-1 w.
    mixed = patterns(x @ mix, np.linalg.solve(mix, w))
    np.testing.assert_allclose(mixed, mix.T @ found, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(patterns(x, scale * w), found / scale, rtol=1e-6)
    np.testing.assert_allclose(patterns(x + 5.0, w), found, rtol=1e-6, atol=1e-9)


def test_weights_of_a_square_decoder_have_the_inverse_as_pattern():
    w = np.random.default_rng(0).normal(size=(3, 3))
    x = np.random.default_rng(1).normal(size=(50, 3))
    np.testing.assert_allclose(patterns(x, w), np.linalg.inv(w).T, rtol=1e-6)


def test_the_same_output_twice_shares_its_pattern():
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(40, 3)), rng.normal(size=(3, 1))
    single = patterns(x, w)
    np.testing.assert_allclose(patterns(x, np.hstack([w, w])), np.hstack([single] * 2) / 2)


def test_labelled_patterns_keep_coordinates_and_say_where_they_come_from():
    rng = np.random.default_rng(3)
    coef = xr.DataArray(
        rng.normal(size=(4, 2)),
        dims=("channel", "latent"),
        coords={"channel": list("abcd"), "side": ("channel", list("LLRR"))},
        name="coef",
    )
    x = rng.normal(size=(20, 4))
    before = coef.copy(deep=True)
    found = haufe_patterns(x, coef)
    assert found.name == "pattern"
    assert list(found["side"].values) == list("LLRR")
    assert "haufe_patterns" in found.attrs["history"]
    xr.testing.assert_identical(coef, before)
    assert isinstance(haufe_patterns(x, coef.values), np.ndarray)
    np.testing.assert_array_equal(haufe_patterns(x, coef.values), found)


@pytest.mark.parametrize(
    ("x", "w", "error", "said"),
    [
        (np.zeros(5), np.zeros((1, 1)), LabelError, "coef"),
        (np.zeros((5, 2)), np.zeros(2), LabelError, "coef"),
        (np.zeros((5, 2, 3)), np.zeros((6, 1)), LabelError, "coef"),
        (np.full((5, 2), np.inf), np.zeros((2, 1)), SchemaError, "X"),
    ],
)
def test_patterns_of_what_does_not_fit_are_refused(x, w, error, said):
    with pytest.raises(error, match=said):
        haufe_patterns(x, w)


def _cosine(a, b):
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


@settings(max_examples=20, derandomize=True)
@given(SEEDS, st.integers(1, 6), st.integers(2, 8))
def test_places_are_counts_of_cosines(seed, n, m):
    rng = np.random.default_rng(seed)
    predicted, pool = rng.normal(size=(n, 4)), rng.normal(size=(m, 4))
    truth = rng.integers(0, m, n)
    nearer, equal = candidate_places(predicted, pool, truth)
    for i in range(n):
        cosines = [_cosine(predicted[i], one) for one in pool]
        assert nearer[i] == sum(c > cosines[truth[i]] for c in cosines)
        assert equal[i] == 1


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_ties_count_as_the_mean_over_all_orders_of_the_equal(seed):
    # The right candidate stands among copies; breaking the ties at random gives each place alike.
    rng = np.random.default_rng(seed)
    pool = rng.normal(size=(5, 3))
    copies = int(rng.integers(1, 4))
    pool[1 : 1 + copies] = pool[0]
    predicted = rng.normal(size=(1, 3))
    found = retrieval_scores(predicted, pool, [0], k=(1, 2, 3, 4, 5))
    cosines = np.array([_cosine(predicted[0], one) for one in pool])
    better = int((cosines > cosines[0] + 1e-12).sum())
    places = better + 1 + np.arange(copies + 1)
    assert float(found["rank"][0]) == pytest.approx(places.mean())
    for k in range(1, 6):
        assert float(found.top_k.sel(k=k)) == pytest.approx(np.mean(places <= k))


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_candidates_and_samples_in_any_order_give_the_same_scores(seed):
    rng = np.random.default_rng(seed)
    predicted, pool, truth = (
        rng.normal(size=(7, 3)),
        rng.normal(size=(9, 3)),
        rng.integers(0, 9, 7),
    )
    rows, columns = rng.permutation(7), rng.permutation(9)
    place = np.argsort(columns)
    plain = retrieval_scores(predicted, pool, truth)
    turned = retrieval_scores(predicted[rows], pool[columns], place[truth][rows])
    np.testing.assert_allclose(turned.top_k, plain.top_k)
    np.testing.assert_allclose(turned["rank"], plain["rank"][rows])
    assert float(turned.median_relative_rank) == float(plain.median_relative_rank)


@settings(max_examples=20, derandomize=True)
@given(SEEDS)
def test_a_rotation_of_the_latent_space_changes_no_rank(seed):
    rng = np.random.default_rng(seed)
    predicted, pool = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    turn = np.linalg.qr(rng.normal(size=(4, 4)))[0]
    np.testing.assert_array_equal(
        retrieval_scores(predicted @ turn, pool @ turn)["rank"],
        retrieval_scores(predicted, pool)["rank"],
    )


def test_perfect_predictions_are_first_and_opposite_ones_last():
    pool = np.random.default_rng(4).normal(size=(12, 5))
    best = retrieval_scores(3.0 * pool, pool)
    assert (best["rank"] == 1).all()
    assert float(best.median_relative_rank) == 0.0
    worst = retrieval_scores(-pool, pool)
    assert (worst["rank"] == 12).all()
    assert float(worst.median_relative_rank) == 1.0
    assert (worst.top_k == 0).all()


def test_places_beyond_the_candidates_are_left_out_and_chance_is_a_share():
    pool = np.random.default_rng(5).normal(size=(8, 3))
    found = retrieval_scores(pool, pool, k=(1, 4, 8, 9, 100))
    assert found["k"].values.tolist() == [1, 4, 8]
    np.testing.assert_allclose(found.chance, [1 / 8, 1 / 2, 1.0])
    assert float(found.top_k.sel(k=8)) == 1.0
    assert found.attrs["n_candidates"] == 8
    assert "retrieval_scores" in found.attrs["history"]


def test_no_place_at_all_is_an_empty_table():
    pool = np.random.default_rng(6).normal(size=(3, 2))
    assert retrieval_scores(pool, pool, k=(10,)).sizes["k"] == 0


_POOL = np.random.default_rng(7).normal(size=(4, 3))


@pytest.mark.parametrize(
    ("predicted", "candidates", "options", "error", "said"),
    [
        (_POOL, _POOL[:, :2], {}, LabelError, "candidates"),
        (_POOL[0], _POOL, {}, LabelError, "candidates"),
        (_POOL, _POOL[:1], {}, SchemaError, "1 candidates"),
        (np.full((1, 3), np.nan), _POOL, {"truth": [0]}, SchemaError, "missing"),
        (_POOL[:0], _POOL, {}, SchemaError, "predicted"),
        (_POOL, _POOL, {"truth": [0, 1, 2, 4]}, LabelError, "truth"),
        (_POOL, _POOL, {"truth": [0, 1, 2, -1]}, LabelError, "truth"),
        (_POOL, _POOL, {"truth": [0.0, 1.0, 2.0, 3.0]}, LabelError, "truth.*float64"),
        (_POOL, _POOL, {"truth": [0, 1]}, LabelError, "truth"),
        (np.vstack([_POOL, _POOL]), _POOL, {}, LabelError, "truth"),
        (_POOL, _POOL, {"k": (0, 1)}, OptionError, "k.*0"),
        (_POOL, _POOL, {"k": (1, -3)}, OptionError, "k.*-3"),
        (_POOL, _POOL, {"k": (1.5,)}, OptionError, "k.*1.5"),
    ],
)
def test_what_cannot_be_retrieved_is_refused(predicted, candidates, options, error, said):
    with pytest.raises(error, match=said):
        retrieval_scores(predicted, candidates, **options)


@pytest.fixture(scope="module")
def trials():
    """40 trials of 3 channels by 4 times that hold three latents, labelled."""
    rng = np.random.default_rng(8)
    z = rng.normal(size=(40, 3)) * [1.0, 10.0, 0.1] + [0.0, 5.0, -2.0]
    unit = (z - z.mean(axis=0)) / z.std(axis=0)
    x = (unit @ rng.normal(size=(3, 12)) + 0.3 * rng.normal(size=(40, 12))).reshape(40, 3, 4)
    X = xr.DataArray(
        x,
        dims=("trial", "channel", "time"),
        coords={"trial": np.arange(40) + 100, "channel": list("abc"), "time": np.arange(4) / 10},
    )
    Z = xr.DataArray(z, dims=("trial", "latent"), coords={"latent": ["x", "y", "z"]})
    return X, Z


@pytest.fixture(scope="module")
def decoder(trials):
    X, Z = trials
    return RetrievalDecoder([0.1, 10.0], cv=4).fit(X[:30], Z[:30])


def test_weights_are_those_of_a_dense_ridge_with_the_chosen_penalties(trials, decoder):
    X, Z = (v.values[:30] for v in trials)
    x = X.reshape(30, 12)
    unit = (x - x.mean(axis=0)) / x.std(axis=0)
    z = (Z - Z.mean(axis=0)) / Z.std(axis=0)
    for k, alpha in enumerate(decoder.best_alpha_.values):
        w = np.linalg.solve(unit.T @ unit + alpha * np.eye(12), unit.T @ z[:, k])
        expected = w / x.std(axis=0)
        np.testing.assert_allclose(decoder.coef_.values[..., k].ravel(), expected, rtol=1e-7)
        assert float(decoder.intercept_[k]) == pytest.approx(-x.mean(axis=0) @ expected)


def test_predictions_are_weights_times_trials_with_the_trials_labels(trials, decoder):
    X, _ = trials
    found = decoder.predict(X[30:])
    dense = np.einsum("nct,ctl->nl", X.values[30:], decoder.coef_.values)
    np.testing.assert_allclose(found, dense + decoder.intercept_.values, atol=1e-10)
    assert found.dims == ("trial", "latent")
    assert list(found["trial"].values) == list(range(130, 140))
    assert list(found["latent"].values) == ["x", "y", "z"]


def test_attributes_keep_channels_times_and_latents(trials, decoder):
    _, Z = trials
    for name in ("coef_", "patterns_"):
        array = getattr(decoder, name)
        assert array.dims == ("channel", "time", "latent")
        assert list(array["channel"].values) == list("abc")
        np.testing.assert_allclose(array["time"], np.arange(4) / 10)
    np.testing.assert_allclose(decoder.latent_mean_, Z[:30].mean("trial"))
    np.testing.assert_allclose(decoder.latent_scale_, Z[:30].std("trial"))
    assert set(decoder.best_alpha_.values) <= {0.1, 10.0}


def test_patterns_are_haufes_of_the_weights(trials, decoder):
    X, _ = trials
    np.testing.assert_allclose(decoder.patterns_, haufe_patterns(X[:30], decoder.coef_))


def test_units_of_the_latents_change_no_prediction(trials, decoder):
    X, Z = trials
    other = RetrievalDecoder([0.1, 10.0], cv=4).fit(X[:30], Z[:30] * [1e3, 1e-3, 7.0] + 4.0)
    np.testing.assert_allclose(other.predict(X[30:]), decoder.predict(X[30:]), atol=1e-8)


def test_evaluating_standardises_candidates_as_in_training(trials, decoder):
    X, Z = trials
    pool = (Z[30:].values - decoder.latent_mean_.values) / decoder.latent_scale_.values
    expected = retrieval_scores(decoder.predict(X[30:]), pool, k=(1, 5, 10))
    found = decoder.evaluate(X[30:], Z[30:])
    np.testing.assert_array_equal(found["rank"], expected["rank"])
    np.testing.assert_array_equal(found.top_k, expected.top_k)
    assert decoder.score(X[30:], Z[30:]) == float(expected.top_k.sel(k=1))


def test_a_constant_latent_is_predicted_as_zero(trials):
    X, Z = trials
    flat = Z.copy()
    flat[:, 1] = 7.0
    found = RetrievalDecoder([1.0]).fit(X, flat)
    np.testing.assert_allclose(found.predict(X)[:, 1], 0.0, atol=1e-10)
    assert float(found.latent_scale_[1]) == 1.0


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_a_stored_decoder_predicts_the_same(trials, decoder, tmp_path, suffix):
    X, _ = trials
    decoder.save(tmp_path / f"decoder{suffix}")
    back = RetrievalDecoder.load(tmp_path / f"decoder{suffix}")
    assert_same(back.to_tree(), decoder.to_tree())
    xr.testing.assert_identical(back.predict(X), decoder.predict(X))


def test_fitting_changes_nothing_that_is_given_and_can_be_repeated(trials, decoder):
    X, Z = (v.copy(deep=True) for v in trials)
    again = clone(decoder).fit(X[:30], Z[:30])
    xr.testing.assert_identical(again.coef_, decoder.coef_)
    xr.testing.assert_identical(X, trials[0])
    xr.testing.assert_identical(Z, trials[1])
    assert "RetrievalDecoder" in repr(decoder)


def test_the_plot_is_the_pattern_of_the_latent_asked_for(decoder):
    ax = decoder.plot(2)
    (image,) = ax.images
    np.testing.assert_allclose(image.get_array(), decoder.patterns_.values[..., 2])
    top = np.abs(decoder.patterns_.values[..., 2]).max()
    assert image.get_clim() == pytest.approx((-top, top))
    assert [t.get_text() for t in ax.get_yticklabels()] == list("abc")
    plt.close("all")


@pytest.mark.parametrize("latent", [-1, 3])
def test_a_latent_that_is_not_there_cannot_be_drawn(decoder, latent):
    with pytest.raises(OptionError, match="latent.*0 to 2"):
        decoder.plot(latent)


def test_a_decoder_asked_wrongly_says_what_it_needs(trials, decoder):
    X, Z = trials
    with pytest.raises(NotFittedError):
        RetrievalDecoder().predict(X)
    with pytest.raises(LabelError, match=r"X.*\(2, 4\)"):
        decoder.predict(X[:, :2])
    with pytest.raises(LabelError, match="candidates"):
        decoder.evaluate(X, Z[:, :2])
    with pytest.raises(LabelError, match="Z"):
        RetrievalDecoder().fit(X, Z[:20])
    with pytest.raises(SchemaError, match="Z.*NaN"):
        RetrievalDecoder().fit(X, Z.where(Z > 0))
