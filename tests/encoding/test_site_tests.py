"""From p-values to sites, by hand; claims and models of a study."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from scipy.stats import false_discovery_control

from neurokit.encoding.samples import as_samples
from neurokit.encoding.site_tests import (
    NESTED,
    SiteProblem,
    assess_sites,
    decide,
    stack,
    warn_if_few,
)
from neurokit.errors import NeurokitWarning

TESTS = [*NESTED, *(f"multimodal > {name}" for name in NESTED)]


def problem(*, pair=False, n=300, lag=None, seed=0):
    rng = np.random.default_rng(seed)
    sets = ["vision", "language", "multimodal"] + (["pair first", "pair second"] if pair else [])
    x = {name: rng.normal(size=(n, 3)) for name in sets}
    y = rng.normal(size=(n, 4)) if lag is None else rng.normal(size=(n, 4, 3))
    gain = x["multimodal"][:, :1] if lag is None else x["multimodal"][:, :1, None]
    y[:, :2] += gain
    dims = ("event", "electrode") if lag is None else ("event", "electrode", lag)
    targets = xr.DataArray(y, dims=dims, coords={"electrode": list("abcd")})
    return SiteProblem(as_samples(x, targets), pair, lag, (1.0, 100.0), None, 99, 199, 1)


def p_values(seed, n=12, *, pair=False):
    """P of every test and site, some small."""
    rng = np.random.default_rng(seed)
    names = TESTS + (["pair"] if pair else [])
    p = rng.uniform(size=(len(names), n)) * np.where(np.arange(n) < n // 2, 0.01, 1.0)
    responsive = rng.uniform(size=n) * np.where(np.arange(n) < n - 2, 0.01, 1.0)
    return xr.Dataset(
        {"p": (("test", "electrode"), p), "p_responsive": ("electrode", responsive)},
        coords={"test": names},
    )


def fdr_by_hand(p):
    """Benjamini-Hochberg over the values that are there."""
    q = np.full(p.shape, np.nan)
    seen = np.isfinite(p)
    if seen.any():
        q[seen] = false_discovery_control(p[seen])
    return q


def test_models_hold_the_sets_they_are_called_by():
    models = problem().models
    assert models["full"] == ("vision", "language", "multimodal")
    assert models["vision+language"] == ("vision", "language")
    assert "pair first" not in models
    assert problem(pair=True).models["pair second"] == ("pair second",)


def test_claims_are_of_models_and_nested_ones_of_their_parts():
    for pair in (False, True):
        one = problem(pair=pair)
        for name, (worse, better) in one.claims.items():
            assert {worse, better} <= set(one.models)
            if name in NESTED:
                assert set(one.models[worse]) < set(one.models[better])
        assert ("pair" in one.claims) is pair


@pytest.mark.parametrize("seed", range(5))
def test_sites_are_the_largest_of_three_p_corrected_over_responsive_ones(seed):
    one = p_values(seed)
    found = decide({"vision": one}, 0.05, pair=False)
    responsive = fdr_by_hand(one.p_responsive.values) <= 0.05
    p_site = np.where(responsive, one.p.sel(test=list(NESTED)).values.max(axis=0), np.nan)
    np.testing.assert_array_equal(found.responsive, responsive)
    np.testing.assert_allclose(found.p_site, p_site)
    np.testing.assert_allclose(found.q, fdr_by_hand(p_site))
    np.testing.assert_array_equal(found.site, fdr_by_hand(p_site) <= 0.05)
    assert 0 < int(found.site.sum()) < 12


@pytest.mark.parametrize("seed", range(5))
def test_two_alignments_cost_a_factor_of_two_or_the_worse_p(seed):
    one, other = p_values(seed), p_values(seed + 100)
    found = decide({"vision": one, "language": other}, 0.05, pair=False)
    either = np.minimum(1.0, 2 * np.minimum(one.p_responsive.values, other.p_responsive.values))
    responsive = fdr_by_hand(either) <= 0.05
    np.testing.assert_array_equal(found.responsive, responsive)
    names = ["multimodal > vision", "multimodal > language"]
    first, second = (part.p.sel(test=names).values.max(axis=0) for part in (one, other))
    expected = {
        "unimodal, either": np.minimum(1.0, 2 * np.minimum(first, second)),
        "unimodal, both": np.maximum(first, second),
    }
    for name, p in expected.items():
        passed = fdr_by_hand(np.where(responsive, p, np.nan)) <= 0.05
        np.testing.assert_array_equal(found.passed.sel(study_test=name), passed)


def test_a_pair_is_judged_only_where_there_is_one():
    one = p_values(0, pair=True)
    with_pair = decide({"a": one}, 0.05, pair=True)
    without = decide({"a": one}, 0.05, pair=False)
    assert set(with_pair.study_test.values) - set(without.study_test.values) == {
        "pair, either", "pair, both",
    }  # fmt: skip
    # One alignment: either is both.
    np.testing.assert_array_equal(
        with_pair.passed.sel(study_test="pair, either"),
        with_pair.passed.sel(study_test="pair, both"),
    )
    responsive = with_pair.responsive.values
    p = np.where(responsive, one.p.sel(test="pair").values, np.nan)
    np.testing.assert_array_equal(
        with_pair.passed.sel(study_test="pair, both"), fdr_by_hand(p) <= 0.05
    )


def test_shares_are_means_over_all_sites():
    found = decide({"a": p_values(3)}, 0.05, pair=False)
    np.testing.assert_allclose(found.share, found.passed.mean("electrode"))
    assert set(np.unique(found.passed)) <= {0.0, 1.0}


def test_a_site_that_does_not_respond_is_no_site_whatever_its_p():
    one = p_values(1)
    one["p"][:] = 1e-6
    one["p_responsive"][:] = np.where(np.arange(12) < 4, 1e-6, 0.9)
    found = decide({"a": one}, 0.05, pair=False)
    np.testing.assert_array_equal(found.site, np.arange(12) < 4)
    assert np.isnan(found.q.values[4:]).all()
    assert float(found.share.min()) == pytest.approx(4 / 12)


def test_no_site_that_responds_is_no_error():
    one = p_values(1)
    one["p_responsive"][:] = 0.9
    found = decide({"a": one}, 0.05, pair=False)
    assert not found.site.any()
    np.testing.assert_array_equal(found.share, 0.0)


def test_a_stricter_rate_finds_a_part_of_the_sites():
    one = p_values(2, n=40)
    loose, strict = (decide({"a": one}, rate, pair=False) for rate in (0.2, 0.01))
    assert not (strict.site & ~loose.site).any()
    assert int(strict.site.sum()) < int(loose.site.sum())


def test_sites_in_any_order_are_judged_alike():
    one = p_values(4)
    order = np.random.default_rng(0).permutation(12)
    plain = decide({"a": one}, 0.05, pair=False)
    turned = decide({"a": one.isel(electrode=order)}, 0.05, pair=False)
    np.testing.assert_array_equal(turned.site.values, plain.site.values[order])
    np.testing.assert_allclose(turned.q.values, plain.q.values[order])


def test_arrays_are_laid_along_a_new_dim_in_their_order():
    a = xr.DataArray([1.0, 2.0], dims="site", coords={"site": ["x", "y"]})
    found = stack({"second": a, "first": 10 * a}, "model")
    assert found.dims == ("model", "site")
    assert found.model.values.tolist() == ["second", "first"]
    assert float(found.sel(model="first", site="y")) == 20.0
    with pytest.raises(ValueError, match="site"):
        stack({"a": a, "b": a.assign_coords(site=["x", "z"])}, "model")


def blocks(n):
    return xr.Dataset(attrs={"n_blocks": n, "block_length": 2.5, "block_length_units": "s"})


def test_the_alignment_with_the_fewest_blocks_decides():
    assert warn_if_few({"a": blocks(30), "b": blocks(200)}) is True
    with pytest.warns(NeurokitWarning, match="29 blocks of 2.5 s"):
        assert warn_if_few({"a": blocks(200), "b": blocks(29)}) is False


@pytest.fixture(scope="module")
def assessed():
    return assess_sites(problem(), np.random.default_rng(0))


def test_an_assessment_has_every_model_and_claim(assessed):
    one = problem()
    assert assessed.score.dims == ("model", "electrode")
    assert assessed.score.model.values.tolist() == list(one.models)
    assert assessed.p.sizes == {"test": 6, "electrode": 4}
    assert assessed.p_responsive.electrode.values.tolist() == list("abcd")
    assert np.all((assessed.p > 0) & (assessed.p <= 1))


def test_what_was_planted_responds_and_needs_multimodal_features(assessed):
    np.testing.assert_array_equal(assessed.p_responsive <= 0.02, [True, True, False, False])
    nested = assessed.p.sel(test=list(NESTED)).max("test")
    assert float(nested[:2].max()) <= 0.01
    assert float(nested[2:].min()) > 0.05
    assert np.all(assessed.difference.sel(test="vision+language")[:2] > 0.3)


def test_the_same_seed_gives_the_same_assessment(assessed):
    again = assess_sites(problem(), np.random.default_rng(0))
    xr.testing.assert_identical(again, assessed)


def test_units_of_targets_change_no_assessment(assessed):
    one = problem()
    scaled = as_samples(one.samples.x, 1e-6 * one.samples.targets + 3.0)
    found = assess_sites(
        SiteProblem(scaled, False, None, (1.0, 100.0), None, 99, 199, 1),
        np.random.default_rng(0),
    )
    np.testing.assert_allclose(found.difference, assessed.difference, rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(found.p_responsive, assessed.p_responsive)


def test_lags_are_a_family_for_responses_and_a_mean_for_claims():
    found = assess_sites(problem(lag="lag"), np.random.default_rng(0))
    assert found.p.dims == ("test", "electrode")
    assert found.p_responsive.dims == ("electrode",)
    assert found.score.dims == ("model", "electrode", "lag")
    np.testing.assert_array_equal(found.p_responsive[:2], 0.01)
    assert float(found.p.sel(test=list(NESTED))[:, :2].max()) <= 0.01
