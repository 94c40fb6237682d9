"""evaluate: errors of conditions (sigma_k), lacking conditions, tau-b and Bures, written out."""

import itertools

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.rsa import bootstrap_bures, bootstrap_gram, bootstrap_sigma
from neurokit.rsa.bootstrap import bootstrap
from neurokit.rsa.model_tests import degrees_of_freedom
from neurokit.rsa.pair_index import square
from neurokit.rsa.rdm_labels import pair_coordinates
from neurokit.rsa.whitening import entry_covariance

WHITENED = ("whitened_cosine", "whitened_pearson")


def _data(n=8, n_subjects=4, n_models=2, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random(n * (n - 1) // 2)
    coords = pair_coordinates(np.array([f"c{k}" for k in range(n)]))
    rows = truth + 0.5 * rng.random((n_subjects, truth.size))
    models = truth + 0.4 * rng.random((n_models, truth.size))
    data = xr.DataArray(rows, dims=["subject", "pair"]).assign_coords(coords)
    named = xr.DataArray(models, {"model": ["a", "b"][:n_models]}, ["model", "pair"])
    return named.assign_coords(coords), data


def _sigma(n=8, seed=0):
    root = np.random.default_rng(seed).standard_normal((n, 3 * n))
    return root @ root.T / (3 * n)


def _draws(n=8, n_subjects=4, n_draws=10, seed=3):
    rng = np.random.default_rng(seed)
    return rng.integers(0, n_subjects, (n_draws, n_subjects)), rng.integers(0, n, (n_draws, n))


def _without(rdms, condition):
    out = rdms.copy()
    gone = (out.condition_1 == condition) | (out.condition_2 == condition)
    out.values[:, gone.values] = np.nan
    return out


def _errors_written_out(sigma, drawn):
    """S of a draw: what a condition has by itself is new in each copy."""
    correlation = sigma / np.sqrt(np.outer(np.diag(sigma), np.diag(sigma)))
    t = np.linalg.eigvalsh(correlation)[0]
    m = len(drawn)
    out = np.empty((m, m))
    for a, b in itertools.product(range(m), repeat=2):
        own = t * sigma[drawn[a], drawn[a]] if a == b else 0.0
        shared = sigma[drawn[a], drawn[b]] - (
            t * sigma[drawn[a], drawn[a]] if drawn[a] == drawn[b] else 0.0
        )
        out[a, b] = own + shared
    return out


def _similarity_written_out(x, y, sigma, drawn, centre):
    """Whitened similarity of two RDMs by the explicit V of the pairs that are no copies."""
    m = len(drawn)
    i, j = np.triu_indices(m, 1)
    apart = drawn[i] != drawn[j]
    left, right = (square(z)[drawn[i], drawn[j]][apart] for z in (x, y))
    v = entry_covariance(apart, _errors_written_out(sigma, drawn))
    if centre:
        left, right = left - left.mean(), right - right.mean()
    inverse = np.linalg.inv(v)
    return left @ inverse @ right / np.sqrt((left @ inverse @ left) * (right @ inverse @ right))


# ---------------------------------------------------------------------------------------------
# sigma_k
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", WHITENED)
@pytest.mark.parametrize("kind", ["matrix", "vector"])
def test_draws_equal_the_explicit_formula(method, kind):
    models, data = _data()
    sigma = _sigma()
    given = sigma if kind == "matrix" else np.diag(sigma).copy()
    full = sigma if kind == "matrix" else np.diag(given)
    people = np.tile(np.arange(4), (10, 1))
    conditions = _draws()[1]
    found = nk.rsa.evaluate(models, data, method, sigma_k=given, resamples=(people, conditions))
    centre = method.endswith("pearson")
    for b, drawn in enumerate(conditions):
        for k, model in enumerate(models.values):
            each = [_similarity_written_out(model, y, full, drawn, centre) for y in data.values]
            assert found.draw_score.values[b, k] == pytest.approx(np.mean(each), abs=1e-9)


@pytest.mark.parametrize("method", WHITENED)
def test_scores_are_those_of_compare(method):
    models, data = _data()
    found = nk.rsa.evaluate(models, data, method, sigma_k=_sigma(), n_draws=20, random_state=0)
    expected = nk.rsa.compare(models, data, method, sigma_k=_sigma())
    np.testing.assert_allclose(found.evaluation.values, expected.values, atol=1e-12)


@pytest.mark.parametrize("method", WHITENED)
@pytest.mark.parametrize("scale", [1.0, 7.5])
def test_equal_errors_are_no_sigma_k(method, scale):
    models, data = _data()
    drawn = _draws(n_draws=30)
    plain = nk.rsa.evaluate(models, data, method, resamples=drawn)
    for sigma in (np.full(8, scale), scale * np.eye(8)):
        found = nk.rsa.evaluate(models, data, method, sigma_k=sigma, resamples=drawn)
        for name in ("evaluation", "ceiling", "draw_score", "draw_ceiling", "standard_error"):
            np.testing.assert_allclose(found[name], plain[name], atol=1e-9, err_msg=name)


def test_what_all_conditions_share_cancels():
    # Contrasts of conditions do not notice an error common to all of them.
    models, data = _data()
    drawn = _draws(n_draws=30)
    plain = nk.rsa.evaluate(models, data, "whitened_cosine", resamples=drawn)
    shared = np.eye(8) + 3.0
    found = nk.rsa.evaluate(models, data, "whitened_cosine", sigma_k=shared, resamples=drawn)
    np.testing.assert_allclose(found.draw_score, plain.draw_score, atol=1e-9)
    np.testing.assert_allclose(found.draw_ceiling, plain.draw_ceiling, atol=1e-9)


@pytest.mark.parametrize("method", WHITENED)
def test_ceilings_of_the_data_are_those_written_out(method):
    _, data = _data()
    models = _data(seed=5)[0]
    sigma = _sigma()
    found = nk.rsa.evaluate(models, data, method, sigma_k=sigma, n_draws=20, random_state=0)
    x = data.values
    if method.endswith("pearson"):
        x = x - x.mean(axis=1, keepdims=True)
    unit = x / np.linalg.norm(x, axis=1, keepdims=True)
    everyone = np.arange(8)
    centre = method.endswith("pearson")
    upper = [_similarity_written_out(unit.sum(0), y, sigma, everyone, centre) for y in x]
    lower = [
        _similarity_written_out(unit.sum(0) - u, y, sigma, everyone, centre)
        for u, y in zip(unit, x, strict=True)
    ]
    np.testing.assert_allclose(found.ceiling, [np.mean(lower), np.mean(upper)], atol=1e-10)


def test_errors_of_a_draw_are_a_covariance_however_conditions_are_drawn():
    rng = np.random.default_rng(0)
    for seed in range(20):
        # Strongly correlated errors, the hard case.
        sigma = _sigma(6, seed) + 5.0 * np.outer(*[rng.standard_normal(6)] * 2)
        shared, own = bootstrap_sigma.split_errors(sigma)
        assert np.linalg.eigvalsh(shared)[0] > -1e-10 * np.trace(sigma)
        np.testing.assert_allclose(shared + np.diag(own), sigma)
        drawn = rng.integers(0, 6, 6)
        errors = bootstrap_sigma.errors_of_draw(shared, own, drawn)
        np.testing.assert_allclose(errors, _errors_written_out(sigma, drawn), atol=1e-10)
        assert np.linalg.eigvalsh(errors)[0] > 0


def test_variances_are_wholly_their_own():
    shared, own = bootstrap_sigma.split_errors(np.array([1.0, 4.0, 2.0]))
    assert not shared.any()
    assert own.tolist() == [1.0, 4.0, 2.0]
    diagonal = bootstrap_sigma.split_errors(np.diag([1.0, 4.0, 2.0]))
    np.testing.assert_allclose(diagonal[1], own)
    np.testing.assert_allclose(diagonal[0], 0.0, atol=1e-12)


def test_a_draw_of_one_condition_tells_nothing():
    gram = bootstrap_sigma.whitened_grams(
        np.ones((2, 3)), np.ones(3), np.array([[3.0, 0.0, 0.0]]), np.zeros((1, 2))
    )
    assert not gram.any()


def test_labelled_errors_are_put_in_the_order_of_the_conditions():
    models, data = _data()
    names = [f"c{k}" for k in range(8)]
    sigma = xr.DataArray(
        _sigma(), {"condition": names, "condition_2": names}, ["condition", "condition_2"]
    )
    turned = sigma.isel(condition=slice(None, None, -1), condition_2=slice(None, None, -1))
    one, two = (
        nk.rsa.evaluate(models, data, "whitened_cosine", sigma_k=s, n_draws=20, random_state=0)
        for s in (sigma, turned)
    )
    np.testing.assert_array_equal(one.draw_score, two.draw_score)


def test_a_lacking_condition_takes_its_errors_along():
    models, data = _data()
    sigma = _sigma()
    kept = [k for k in range(8) if k != 3]
    names = [f"c{k}" for k in kept]
    gap = nk.rsa.evaluate(
        models, _without(data, "c3"), "whitened_cosine", sigma_k=sigma, n_draws=20, random_state=0
    )
    small = nk.rsa.evaluate(
        nk.rsa.select_conditions(models, names),
        nk.rsa.select_conditions(data, names),
        "whitened_cosine",
        sigma_k=sigma[np.ix_(kept, kept)],
        n_draws=20,
        random_state=0,
    )
    for name in ("evaluation", "draw_score", "draw_ceiling", "standard_error", "p_zero"):
        np.testing.assert_allclose(gap[name], small[name], atol=1e-12, err_msg=name)


@pytest.mark.parametrize("kind", ["vector", "matrix"])
def test_models_with_parameters_are_judged_with_the_errors_too(kind):
    models, data = _data(n=12)
    sigma = _sigma(12) if kind == "matrix" else np.linspace(0.5, 3.0, 12)
    mixed = {"mixed": nk.rsa.WeightedModel(models.rename(model="component"))}
    found = nk.rsa.evaluate(
        mixed, data, "whitened_cosine", sigma_k=sigma, n_draws=10, random_state=0
    )
    plain = nk.rsa.evaluate(mixed, data, "whitened_cosine", n_draws=10, random_state=0)
    assert np.isfinite(found.score).all()
    assert np.abs(found.evaluation - plain.evaluation).max() > 1e-4
    equal = nk.rsa.evaluate(
        mixed, data, "whitened_cosine", sigma_k=np.ones(12), n_draws=10, random_state=0
    )
    np.testing.assert_allclose(equal.evaluation, plain.evaluation, atol=1e-9)
    np.testing.assert_allclose(equal.draw_score, plain.draw_score, atol=1e-9)


@pytest.mark.parametrize(
    ("sigma", "method", "said"),
    [
        (np.ones(8), "cosine", "cosine is not whitened"),
        (np.ones(7), "whitened_cosine", "shape"),
        (np.zeros(8), "whitened_cosine", "positive definite"),
        (np.ones((8, 8)), "whitened_pearson", "positive definite"),
        (np.triu(np.ones((8, 8))), "whitened_pearson", "symmetric"),
    ],
)
def test_errors_that_cannot_be_are_refused(sigma, method, said):
    models, data = _data()
    with pytest.raises(OptionError, match=said):
        nk.rsa.evaluate(models, data, method, sigma_k=sigma, n_draws=20)


def test_threads_do_not_change_a_byte_with_sigma_k():
    models, data = _data()
    one, two = (
        nk.rsa.evaluate(
            models,
            data,
            "whitened_cosine",
            sigma_k=_sigma(),
            n_draws=600,
            random_state=0,
            n_jobs=jobs,
        )
        for jobs in (1, 3)
    )
    np.testing.assert_array_equal(one.draw_score, two.draw_score)
    np.testing.assert_array_equal(one.draw_ceiling, two.draw_ceiling)


# ---------------------------------------------------------------------------------------------
# Conditions that lack all their pairs
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resample", ["dual", "subjects", "conditions", "both"])
@pytest.mark.parametrize("method", ["cosine", "rho-a"])
def test_a_lacking_condition_counts_for_nothing(resample, method):
    models, data = _data()
    names = [f"c{k}" for k in range(8) if k != 3]
    options = {"resample": resample, "n_draws": 40, "random_state": 0}
    gap = nk.rsa.evaluate(models, _without(data, "c3"), method, **options)
    small = nk.rsa.evaluate(
        nk.rsa.select_conditions(models, names),
        nk.rsa.select_conditions(data, names),
        method,
        **options,
    )
    assert gap.attrs["df"] == small.attrs["df"]
    assert int(gap.n_conditions) == 7
    for name in small.data_vars:
        np.testing.assert_allclose(gap[name], small[name], atol=1e-12, err_msg=name)


def test_given_draws_are_kept_and_only_the_number_of_conditions_is_mended():
    models, data = _data(n_subjects=12)
    others = [k for k in range(8) if k != 3]
    rng = np.random.default_rng(0)
    people = rng.integers(0, 12, (30, 12))
    conditions = rng.choice(others, (30, 7))
    found = nk.rsa.evaluate(
        models, _without(data, "c3"), resample="conditions", resamples=(people, conditions)
    )
    v = np.diag(found.covariance.values[0])[:2]
    np.testing.assert_allclose(found.standard_error.values**2, v * 7 / 6, rtol=1e-12)
    assert found.attrs["df"] == degrees_of_freedom(["conditions"], 12, 7) == 6


def test_every_region_counts_the_conditions_that_it_has():
    models, data = _data()
    both = xr.concat([data, _without(data, "c3")], "roi", coords="minimal", compat="override")
    found = nk.rsa.evaluate(models, both, resample="conditions", n_draws=40, random_state=0)
    assert found.n_conditions.values.tolist() == [8, 7]
    assert found.attrs["df"] == 6
    for roi, n in enumerate((8, 7)):
        v = np.diag(found.covariance.values[roi, 0])[:2]
        np.testing.assert_allclose(
            found.standard_error.values[roi] ** 2, v * n / (n - 1), rtol=1e-12
        )
        t = found.score.values[roi] / found.standard_error.values[roi]
        np.testing.assert_allclose(found.p_zero.values[roi], stats.t.sf(t, n - 1), rtol=1e-9)


def test_too_few_conditions_that_have_pairs_are_refused():
    models, data = _data(n=6)
    gap = _without(_without(data, "c3"), "c0")
    with pytest.raises(OptionError, match="at least five conditions, there are 4"):
        nk.rsa.evaluate(models, gap, n_draws=20)
    with pytest.raises(OptionError, match="there are 0"):
        nk.rsa.evaluate(models, data * np.nan, n_draws=20)


def test_models_with_parameters_are_dealt_only_what_is_there():
    models, data = _data(n=12)
    names = [f"c{k}" for k in range(12) if k != 3]
    options = {"n_draws": 10, "random_state": 0}
    gap = nk.rsa.evaluate(
        {"mixed": nk.rsa.WeightedModel(models.rename(model="component"))},
        _without(data, "c3"),
        **options,
    )
    small = nk.rsa.evaluate(
        {
            "mixed": nk.rsa.WeightedModel(
                nk.rsa.select_conditions(models, names).rename(model="component")
            )
        },
        nk.rsa.select_conditions(data, names),
        **options,
    )
    for name in ("evaluation", "ceiling", "draw_score", "standard_error"):
        np.testing.assert_allclose(gap[name], small[name], atol=1e-10, err_msg=name)


# ---------------------------------------------------------------------------------------------
# tau-b and Bures
# ---------------------------------------------------------------------------------------------


def test_tau_b_of_a_draw_is_scipys_of_the_resampled_vectors():
    models, data = _data()
    rounded = np.round(models.values, 1), np.round(data.values, 1)
    counts = np.array([[2.0, 0, 1, 3, 0, 1, 1, 0]])
    found = bootstrap(*rounded, "tau-b", counts, [np.ones((1, 4))])[0]
    drawn = np.repeat(np.arange(8), counts[0].astype(int))
    i, j = np.triu_indices(8, 1)
    apart = drawn[i] != drawn[j]

    def vector(row):
        return square(row)[drawn[i], drawn[j]][apart]

    for k, model in enumerate(rounded[0]):
        each = [stats.kendalltau(vector(model), vector(y)).statistic for y in rounded[1]]
        assert found.evaluation[0, k] == pytest.approx(np.mean(each), abs=1e-12)


def test_a_constant_model_has_no_tau_b():
    _, data = _data()
    models = {"flat": np.ones(28), "other": data.values[0]}
    found = nk.rsa.evaluate(models, data, "tau-b", n_draws=20, random_state=0)
    assert np.isnan(found.evaluation.sel(model="flat")).all()
    assert np.isnan(found.draw_score.sel(model="flat")).all()
    assert np.isfinite(found.draw_score.sel(model="other")).all()


def test_kendall_is_tau_b():
    models, data = _data()
    one, two = (
        nk.rsa.evaluate(models, data, m, n_draws=20, random_state=0) for m in ("kendall", "tau-b")
    )
    np.testing.assert_array_equal(one.draw_score, two.draw_score)


def _planar(seed, n=8, k=3):
    x = np.random.default_rng(seed).standard_normal((n, k))
    i, j = np.triu_indices(n, 1)
    return ((x[i] - x[j]) ** 2).sum(axis=1), x


@pytest.mark.usefixtures("quiet")
def test_bures_scores_are_those_of_rsatoolbox(toolbox):
    # Of distances that points can have; of others theirs exceeds 1.
    rows = np.array([_planar(k, k=9)[0] for k in range(6)])
    data = xr.DataArray(rows[2:], dims=["subject", "pair"])
    found = nk.rsa.evaluate({"a": rows[0], "b": rows[1]}, data, "bures", n_draws=10, random_state=0)
    theirs = toolbox.rdm.compare(toolbox.rdm.RDMs(rows[:2]), toolbox.rdm.RDMs(rows[2:]), "bures")
    # Their triple product of square roots keeps half of the digits.
    np.testing.assert_allclose(found.evaluation.values, theirs, atol=2e-6)


def test_bures_is_the_overlap_of_the_arrangements_themselves():
    (one, x), (two, y) = _planar(0), _planar(1)
    counts = np.array([2.0, 1, 0, 1, 1, 3, 0, 1])
    drawn = np.repeat(np.arange(8), counts.astype(int))
    similarity, _ = bootstrap_bures.bures_draw(np.array([one, two]), 1, counts, [])
    left, right = (z[drawn] - z[drawn].mean(axis=0) for z in (x, y))
    nuclear = np.linalg.svd(left.T @ right, compute_uv=False).sum()
    expected = nuclear / (np.linalg.norm(left) * np.linalg.norm(right))
    assert similarity[0, 0] == pytest.approx(expected, rel=1e-9)


def test_bures_ceilings_are_likeness_with_the_others():
    rows = np.array([_planar(k)[0] for k in range(4)])
    multiplicity = np.array([2.0, 1.0, 0.0, 1.0])
    _, ceilings = bootstrap_bures.bures_draw(rows, 0, np.ones(8), [multiplicity])
    centring = np.eye(8) - 1 / 8
    size = [np.trace(centring @ (-square(r) / 2) @ centring) for r in rows]
    unit = rows / np.array(size)[:, None]
    pools = {
        "upper": lambda s: multiplicity @ unit,
        "lower": lambda s: multiplicity @ unit - multiplicity[s] * unit[s],
    }
    for bound, place in (("lower", 0), ("upper", 1)):
        each = [float(nk.rsa.compare(pools[bound](s), rows[s], "bures")) for s in (0, 1, 3)]
        assert ceilings[0][place] == pytest.approx(np.mean(each), abs=1e-9)


def test_of_a_single_subject_both_bures_ceilings_are_one():
    rows = np.array([_planar(k)[0] for k in range(3)])
    _, found = bootstrap_bures.bures_draw(rows, 1, np.ones(8), [np.array([0.0, 2.0])])
    np.testing.assert_allclose(found[0], 1.0, atol=1e-9)


@pytest.mark.parametrize("resample", ["dual", "subjects", "conditions", "both"])
def test_bures_is_resampled_like_any_other(resample):
    models, data = _data()
    found = nk.rsa.evaluate(models, data, "bures", resample=resample, n_draws=12, random_state=0)
    assert found.draw_score.shape == (12, 2)
    assert (found.draw_score <= 1 + 1e-12).all()
    assert (found.draw_ceiling.sel(bound="lower") <= found.draw_ceiling.sel(bound="upper")).all()


def test_bures_of_lacking_conditions_and_single_pairs():
    models, data = _data()
    gap = nk.rsa.evaluate(models, _without(data, "c3"), "bures", n_draws=12, random_state=0)
    names = [f"c{k}" for k in range(8) if k != 3]
    small = nk.rsa.evaluate(
        nk.rsa.select_conditions(models, names),
        nk.rsa.select_conditions(data, names),
        "bures",
        n_draws=12,
        random_state=0,
    )
    np.testing.assert_allclose(gap.draw_score, small.draw_score, atol=1e-12)
    data.values[0, 4] = np.nan
    with pytest.raises(SchemaError, match="single pairs are missing"):
        nk.rsa.evaluate(models, data, "bures", n_draws=12)


def test_bures_fits_no_parameters():
    models, data = _data()
    mixed = {"mixed": nk.rsa.WeightedModel(models.rename(model="component"))}
    with pytest.raises(OptionError, match="bures fits no parameters"):
        nk.rsa.evaluate(mixed, data, "bures", n_draws=12)


def test_single_pairs_are_told_from_lacking_conditions():
    valid = np.ones(6, dtype=bool)
    bootstrap_gram.require_whole_conditions(valid, "this")
    valid[[0, 1, 2]] = False  # condition 0
    bootstrap_gram.require_whole_conditions(valid, "this")
    valid[3] = False
    with pytest.raises(SchemaError, match="this needs all pairs"):
        bootstrap_gram.require_whole_conditions(valid, "this")
