"""What must hold of scores, tests and parts whatever the data."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from neurokit.encoding import (
    compare,
    encoding_score,
    integration_sites,
    layer_map,
    noise_ceiling,
    retrieval_scores,
    significance,
    variance_partition,
)
from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS
from neurokit.encoding.samples import as_samples, inner_folds, outer_folds
from neurokit.encoding.significance import error_reduction
from neurokit.stats import block_sign_flip

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning"),
]
FEW = settings(max_examples=4, derandomize=True)
SEEDS = st.integers(0, 10_000)


def _data(seed, n=160, p=3, t=4):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p))
    y = 0.5 * x @ rng.normal(size=(p, t)) + rng.normal(size=(n, t))
    return x, y


@FEW
@given(SEEDS, st.floats(1e-6, 1e6), st.floats(-1e3, 1e3))
def test_units_and_offsets_of_both_sides_change_no_p(seed, scale, offset):
    x, y = _data(seed)
    first = significance(x, y, n_draws=19, random_state=1)
    second = significance(x * scale + offset, y / scale - offset, n_draws=19, random_state=1)
    np.testing.assert_array_equal(first.p, second.p)
    np.testing.assert_allclose(first.score, second.score, atol=1e-6)


@FEW
@given(SEEDS)
def test_targets_are_tested_each_by_itself(seed):
    x, y = _data(seed)
    whole = significance(x, y, n_draws=29, random_state=2)
    for k in range(4):
        alone = significance(x, y[:, [k]], n_draws=29, random_state=2)
        np.testing.assert_allclose(alone.score[0], whole.score[k], atol=1e-12)
        assert float(alone.p[0]) == float(whole.p[k])


@FEW
@given(SEEDS)
def test_the_family_wise_p_is_that_of_the_largest_score(seed):
    x, y = _data(seed, t=6)
    array = xr.DataArray(y.reshape(-1, 2, 3), dims=("event", "electrode", "lag"))
    found = significance(x, array, family="lag", n_draws=29, keep_null=True, random_state=3)
    largest = found.null.max("lag")
    by_hand = (1 + (largest >= found.score - 1e-12).sum("draw")) / 30
    np.testing.assert_allclose(found.p_fwe, by_hand.transpose(*found.p_fwe.dims))
    assert (found.p_fwe >= found.p).all()


@FEW
@given(SEEDS)
def test_sign_flips_test_the_reduction_of_error(seed):
    x, y = _data(seed)
    found = significance(x, y, method="sign_flip", blocks=8, n_draws=199, random_state=4)
    samples = as_samples(x, y)
    outer = outer_folds(None, samples)
    inner = inner_folds(None, samples, outer)
    reduction, r2 = error_reduction(samples, x, outer, inner, DEFAULT_ALPHAS)
    by_hand = block_sign_flip(reduction, 8, alternative="greater", n_flips=199, random_state=4)
    np.testing.assert_array_equal(found.p, by_hand.p)
    np.testing.assert_allclose(found.score, r2)


@FEW
@given(SEEDS)
def test_feature_sets_side_by_side_are_one_set(seed):
    x, y = _data(seed)
    one = significance(x, y, n_draws=9, random_state=5)
    parts = significance({"a": x[:, :1], "b": x[:, 1:]}, y, n_draws=9, random_state=5)
    np.testing.assert_allclose(one.score, parts.score, atol=1e-12)


@FEW
@given(SEEDS)
def test_a_comparison_turned_round_turns_its_sign(seed):
    x, y = _data(seed)
    pair = (x[:, :1], x[:, 1:])
    first = compare(Ridge(), Ridge(), pair, y, blocks=4, n_flips=199, random_state=6)
    second = compare(
        Ridge(), Ridge(), pair[::-1], y, blocks=4, alternative="less", n_flips=199, random_state=6
    )
    np.testing.assert_allclose(first.difference, -second.difference, atol=1e-12)
    np.testing.assert_array_equal(first.p, second.p)


@FEW
@given(SEEDS, st.permutations(["a", "b", "c"]))
def test_bands_in_any_order_have_the_same_parts(seed, order):
    x, y = _data(seed)
    bands = {"a": x[:, :1], "b": x[:, 1:2], "c": x[:, 2:]}
    first = variance_partition(bands, y)
    second = variance_partition({name: bands[name] for name in order}, y)
    for name in ("unique", "product"):
        np.testing.assert_allclose(first[name], second[name].sel(band=["a", "b", "c"]), atol=1e-10)
    np.testing.assert_allclose(first.common.sum("part"), second.common.sum("part"), atol=1e-10)


@FEW
@given(SEEDS)
def test_a_copy_of_a_band_explains_nothing_of_its_own(seed):
    x, y = _data(seed, n=400)
    parts = variance_partition({"a": x, "copy": x}, y)
    assert np.abs(parts.unique).max() < 0.02
    np.testing.assert_allclose(parts.common.sel(part="a+copy"), parts.r2.sel(model="a"), atol=0.02)
    # The product measure gives each half.
    np.testing.assert_allclose(
        parts["product"].sel(band="a"), parts["product"].sel(band="copy"), atol=1e-8
    )


@FEW
@given(SEEDS)
def test_the_score_is_the_mean_correlation_of_held_out_predictions(seed):
    from neurokit.encoding.heldout_errors import nested_fit

    x, y = _data(seed)
    samples = as_samples(x, y)
    outer = outer_folds(None, samples)
    fit = nested_fit(x, y, outer, inner_folds(None, samples, outer), DEFAULT_ALPHAS)
    r = [[np.corrcoef(fit.prediction[b, k], y[b, k])[0, 1] for k in range(4)] for _, b in outer]
    np.testing.assert_allclose(encoding_score(x, y), np.mean(r, axis=0), atol=1e-10)


@FEW
@given(SEEDS)
def test_every_layer_of_a_map_has_its_own_encoding_score(seed):
    x, y = _data(seed)
    maps = layer_map({"one": x[:, :1], "two": x[:, 1:]}, y)
    np.testing.assert_allclose(maps.score.sel(layer="two"), encoding_score(x[:, 1:], y))
    best = maps.score.argmax("layer").values
    found = maps.best.values != ""
    assert (maps.best.values[found] == np.array(["one", "two"])[best][found]).all()


@FEW
@given(SEEDS, st.sampled_from(["explained_variance", "ncsnr", "cc_norm", "split_half"]))
def test_the_order_of_samples_has_no_part_in_a_ceiling(seed, method):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(1, 40, 3)) + rng.normal(size=(6, 40, 3))
    order = rng.permutation(40)
    first, second = (noise_ceiling(v, method, random_state=0) for v in (y, y[:, order]))
    np.testing.assert_allclose(first.ceiling, second.ceiling, atol=1e-12)
    ceiling = first.ceiling.values
    assert ((ceiling >= 0) & (ceiling <= 1)).all()


@FEW
@given(SEEDS)
def test_the_order_of_repeats_has_no_part_in_it_either(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(1, 40, 3)) + rng.normal(size=(6, 40, 3))
    for method in ("explained_variance", "ncsnr", "cc_norm"):
        first, second = (noise_ceiling(v, method) for v in (y, y[rng.permutation(6)]))
        np.testing.assert_allclose(first.ceiling, second.ceiling, atol=1e-12)


@FEW
@given(SEEDS)
def test_explained_variance_is_its_formula(seed):
    rng = np.random.default_rng(seed)
    n = 5
    y = rng.normal(size=(1, 60, 1)) + rng.normal(size=(n, 60, 1))
    values = y[:, :, 0]
    residual = values - values.mean(axis=0)
    ev = 1 - np.mean([r.var() for r in residual]) / np.mean([r.var() for r in values])
    expected = max(ev - (1 - ev) / (n - 1), 0)
    np.testing.assert_allclose(noise_ceiling(y).ceiling, expected)


@FEW
@given(SEEDS)
def test_signal_power_is_the_mean_covariance_of_pairs_of_repeats(seed):
    rng = np.random.default_rng(seed)
    y = rng.normal(size=(1, 60, 1)) + rng.normal(size=(4, 60, 1))
    covariance = np.cov(y[:, :, 0])
    expected = covariance[np.triu_indices(4, 1)].mean()
    np.testing.assert_allclose(noise_ceiling(y, "cc_norm").signal_power, expected)


@FEW
@given(SEEDS, st.floats(0.01, 100))
def test_retrieval_does_not_care_for_the_length_of_latents(seed, scale):
    rng = np.random.default_rng(seed)
    z, pool = rng.normal(size=(20, 5)), rng.normal(size=(20, 5))
    first = retrieval_scores(z, pool)
    second = retrieval_scores(scale * z, pool * rng.uniform(0.5, 2, size=(20, 1)))
    np.testing.assert_array_equal(first["rank"], second["rank"])


@FEW
@given(SEEDS)
def test_more_places_find_more_and_all_places_find_all(seed):
    rng = np.random.default_rng(seed)
    scores = retrieval_scores(rng.normal(size=(15, 4)), rng.normal(size=(15, 4)), k=range(1, 16))
    assert (np.diff(scores.top_k) >= 0).all()
    assert float(scores.top_k[-1]) == 1.0
    # The mean of the curve is what the mean rank says.
    assert float(scores.top_k.mean()) == pytest.approx((16 - float(scores["rank"].mean())) / 15)


@pytest.mark.parametrize("swap", [False, True])
def test_vision_and_language_are_alike(swap):
    rng = np.random.default_rng(9)
    v, w = rng.normal(size=(2, 500, 2))
    y = np.column_stack([v[:, 0] * w[:, 0], v[:, 0] + w[:, 0]]) + rng.normal(size=(500, 2))
    names = {"vision": "b", "language": "a"} if swap else {"vision": "a", "language": "b"}
    found = integration_sites(
        {"a": v, "b": w, "m": v * w}, y, **names, multimodal="m", n_shifts=49, n_flips=499,
        random_state=0,
    )  # fmt: skip
    assert found.site.values.tolist() == [True, False]


def test_sites_in_any_order_and_unit_are_the_same_sites():
    rng = np.random.default_rng(10)
    v, w = rng.normal(size=(2, 400, 2))
    m = v * w
    y = np.column_stack([m[:, 0], v[:, 0], np.zeros(400)]) + rng.normal(size=(400, 3))
    sets = {"vision": v, "language": w, "multimodal": m}
    options = {"n_shifts": 49, "n_flips": 499, "random_state": 0}
    first = integration_sites(sets, y, **options)
    scaled = {name: 1e3 * x - 7.0 for name, x in sets.items()}
    second = integration_sites(scaled, 1e-6 * y[:, ::-1], **options)
    np.testing.assert_array_equal(first.site, second.site[::-1])
    np.testing.assert_allclose(first.difference, second.difference[:, ::-1], atol=1e-6)
