"""Bootstrap, ceilings, variances and tests of models: against rsatoolbox and by brute force."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.bootstrap import METHODS, bootstrap, count
from neurokit.rsa.pair_index import square
from neurokit.rsa.variance import (
    corrected_for_folds,
    covariance_of,
    dual,
    percentile_test,
    signed_rank_test,
    variances_of,
)

THEIRS = {
    "cosine": "cosine",
    "pearson": "corr",
    "spearman": "spearman",
    "rho-a": "rho-a",
    "tau-a": "tau-a",
    "tau-b": "tau-b",
    "whitened_cosine": "cosine_cov",
    "whitened_pearson": "corr_cov",
}


def _data(n=12, n_subjects=5, n_models=3, seed=0, ties=True):
    rng = np.random.default_rng(seed)
    truth = rng.random(n * (n - 1) // 2)
    subjects = truth + 0.6 * rng.random((n_subjects, truth.size))
    models = truth + 0.5 * rng.random((n_models, truth.size))
    if ties:
        models, subjects[:2] = np.round(models, 1), np.round(subjects[:2], 1)
    return models, subjects


def _indices(n, n_subjects, n_draws=12, seed=1):
    rng = np.random.default_rng(seed)
    return rng.integers(0, n_subjects, (n_draws, n_subjects)), rng.integers(0, n, (n_draws, n))


def _labelled(subjects):
    return xr.DataArray(subjects, dims=["subject", "pair"])


def _their_draw(toolbox, models, subjects, method, people, conditions):
    """rsatoolbox's evaluations and ceilings of one draw."""
    from rsatoolbox.inference.noise_ceiling import boot_noise_ceiling

    data = toolbox.rdm.RDMs(subjects).subsample("index", people)
    data = data.subsample_pattern("index", conditions)
    scores = []
    for model in models:
        predicted = toolbox.rdm.RDMs(model[None]).subsample_pattern("index", conditions)
        scores.append(np.mean(toolbox.rdm.compare(predicted, data, THEIRS[method])))
    return scores, boot_noise_ceiling(data, method=THEIRS[method], rdm_descriptor="index")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("method", [m for m in METHODS if m != "bures"])  # theirs pools no bures
def test_draws_and_ceilings_equal_rsatoolbox(toolbox, method):
    models, subjects = _data()
    people, conditions = _indices(12, 5)
    found = nk.rsa.evaluate(
        xr.DataArray(models, dims=["model", "pair"]),
        _labelled(subjects),
        method,
        resamples=(people, conditions),
    )
    for b in range(len(people)):
        scores, ceiling = _their_draw(toolbox, models, subjects, method, people[b], conditions[b])
        np.testing.assert_allclose(found.draw_score.values[b], scores, atol=1e-10)
        np.testing.assert_allclose(found.draw_ceiling.values[b], ceiling, atol=1e-10)
    whole = _their_draw(toolbox, models, subjects, method, np.arange(5), np.arange(12))
    np.testing.assert_allclose(found.score.values, whole[0], atol=1e-10)
    np.testing.assert_allclose(found.ceiling.values, whole[1], atol=1e-10)


@pytest.mark.usefixtures("quiet")
def test_dual_variance_equals_rsatoolbox(toolbox):
    from rsatoolbox.util.inference_util import extract_variances

    models, subjects = _data()
    people, conditions = _indices(12, 5, n_draws=40)
    found = nk.rsa.evaluate(
        {"a": models[0], "b": models[1]}, _labelled(subjects), resamples=(people, conditions)
    )
    covariance = found.covariance.sel(factor=["both", "subjects", "conditions"]).values
    theirs = extract_variances(covariance, True, 5, 12)
    ours = dual(*(variances_of(c) for c in covariance), 5, 12)
    np.testing.assert_allclose(ours.model, theirs[0], rtol=1e-10)
    np.testing.assert_allclose(ours.difference[0, 1], theirs[1][0], rtol=1e-10)
    np.testing.assert_allclose(ours.ceiling, theirs[2], rtol=1e-10)
    np.testing.assert_allclose(found.standard_error.values**2, theirs[0], rtol=1e-10)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("factor", ["both", "subjects", "conditions"])
def test_covariances_are_those_of_each_bootstrap(toolbox, factor):
    models, subjects = _data()
    people, conditions = _indices(12, 5)
    found = nk.rsa.evaluate(
        {"a": models[0], "b": models[1]}, _labelled(subjects), resamples=(people, conditions)
    )
    rows = []
    for b in range(len(people)):
        s = np.arange(5) if factor == "conditions" else people[b]
        c = np.arange(12) if factor == "subjects" else conditions[b]
        scores, ceiling = _their_draw(toolbox, models[:2], subjects, "cosine", s, c)
        rows.append([*scores, *ceiling])
    expected = np.cov(np.array(rows).T)
    np.testing.assert_allclose(found.covariance.sel(factor=factor), expected, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_draw_is_the_resampled_rdm_written_out(method):
    models, subjects = _data(n=7, n_subjects=3)
    people, conditions = np.array([[0, 0, 2]]), np.array([[0, 0, 0, 1, 2, 5, 5]])
    found = bootstrap(models, subjects, method, count(conditions, 7), [count(people, 3)])[0]
    i, j = np.triu_indices(7, 1)
    taken = conditions[0]

    def resampled(rows):
        # A shape has copies at one place; other measures leave pairs of copies out.
        matrices = square(rows, diagonal=0.0 if method == "bures" else np.nan)[:, taken][
            :, :, taken
        ]
        return matrices[:, i, j]

    expected = nk.rsa.compare(resampled(models), resampled(subjects[people[0]]), method)
    np.testing.assert_allclose(found.evaluation[0], expected.mean("item_0_2"), atol=1e-12)


def test_half_a_draw_of_one_condition_is_no_singularity():
    models, subjects = _data(n=8, n_subjects=3, ties=False)
    # Five of eight draws are one condition: h = 8/2 + 1 - 5 = 0.
    conditions = np.array([[0, 0, 0, 0, 0, 1, 2, 3]])
    people = np.ones((1, 3))
    args = (models, subjects, "whitened_cosine", count(conditions, 8), [people])
    found = bootstrap(*args)[0].evaluation[0]
    i, j = np.triu_indices(8, 1)
    rows = [square(x, diagonal=np.nan)[:, conditions[0]][:, :, conditions[0]][:, i, j]
            for x in (models, subjects)]  # fmt: skip
    expected = nk.rsa.compare(rows[0], rows[1], "whitened_cosine").mean("item_0_2")
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("method", ["cosine", "rho-a", "whitened_pearson", "tau-a"])
def test_any_number_of_threads_gives_the_same_bytes(method):
    models, subjects = _data()
    named = {"a": models[0], "w": nk.rsa.WeightedModel(models)}
    # More than one block of each: 50 draws, or 25 of cross-validated models.
    for chosen, n_draws in (({"a": models[0], "b": models[1]}, 60), (named, 28)):
        one, two = (
            nk.rsa.evaluate(
                chosen, _labelled(subjects), method, n_draws=n_draws, random_state=3, n_jobs=n
            )
            for n in (1, 3)
        )
        for name in one.data_vars:
            assert one[name].values.tobytes() == two[name].values.tobytes(), name


def test_the_scale_of_one_rdm_changes_nothing():
    models, subjects = _data(ties=False)
    scaled = subjects * np.array([[1e9], [1.0], [1e-9], [1.0], [1.0]])
    for method in METHODS:
        draws = [
            nk.rsa.evaluate({"a": models[0]}, _labelled(x), method, n_draws=20, random_state=0)
            for x in (subjects, scaled)
        ]
        np.testing.assert_allclose(draws[0].draw_score, draws[1].draw_score, rtol=1e-9)
        np.testing.assert_allclose(draws[0].draw_ceiling, draws[1].draw_ceiling, rtol=1e-9)


@pytest.mark.parametrize("method", ["cosine", "rho-a", "tau-a"])
def test_pairs_that_anyone_lacks_count_for_none(method):
    models, subjects = _data()
    holed = subjects.copy()
    holed[1, [3, 9]] = np.nan
    found = nk.rsa.evaluate({"a": models[0]}, _labelled(holed), method, n_draws=20, random_state=0)
    seen = np.isfinite(holed).all(axis=0)
    expected = [
        float(nk.rsa.compare(np.where(seen, models[0], np.nan), x, method)) for x in subjects
    ]
    np.testing.assert_allclose(found.evaluation.values[0], expected, rtol=1e-12)
    assert np.isfinite(found.draw_score.values).all()


@pytest.mark.parametrize("resample", ["dual", "both", "subjects", "conditions"])
@pytest.mark.parametrize("test", ["t", "bootstrap", "wilcoxon"])
def test_no_p_is_nan_from_five_conditions_on(resample, test):
    rng = np.random.default_rng(0)
    models, subjects = rng.random((2, 10)), rng.random((4, 10))
    found = nk.rsa.evaluate(
        {"a": models[0], "b": models[1], "again": models[1]},
        _labelled(subjects),
        resample=resample,
        test=test,
        n_draws=300,
        random_state=0,
    )
    for name in ("p_zero", "p_pairwise", "p_ceiling", "q_zero", "q_pairwise", "q_ceiling"):
        values = found[name].values
        assert np.isfinite(values).all(), name
        assert ((values >= 0) & (values <= 1)).all()
    assert found.p_pairwise.sel(model="b", model_2="again") == 1
    np.testing.assert_array_equal(found.p_pairwise.values, found.p_pairwise.values.T)


def test_corrections_are_those_of_the_pairs():
    models, subjects = _data(n_models=4)
    tables = {
        c: nk.rsa.evaluate(
            xr.DataArray(models, dims=["model", "pair"]),
            _labelled(subjects),
            correction=c,
            n_draws=100,
            random_state=0,
        )
        for c in ("fdr", "fwer", "none")
    }
    i, j = np.triu_indices(4, 1)
    p = tables["none"].p_pairwise.values[i, j]
    np.testing.assert_allclose(tables["none"].q_pairwise.values[i, j], p)
    np.testing.assert_allclose(tables["fwer"].q_pairwise.values[i, j], np.minimum(6 * p, 1))
    np.testing.assert_allclose(tables["fdr"].q_pairwise.values[i, j], nk.stats.fdr(p))


def test_other_dims_are_evaluated_one_by_one():
    models, subjects = _data()
    movie = xr.DataArray(
        np.stack([subjects, subjects[::-1] ** 2]), {"time": [0.0, 0.1]}, ["time", "subject", "pair"]
    )
    both = nk.rsa.evaluate({"a": models[0]}, movie, n_draws=30, random_state=0)
    alone = nk.rsa.evaluate({"a": models[0]}, movie.isel(time=1), n_draws=30, random_state=0)
    assert both.evaluation.dims == ("time", "model", "subject")
    np.testing.assert_array_equal(both.draw_score.values[1], alone.draw_score.values)
    np.testing.assert_array_equal(both.p_zero.values[1], alone.p_zero.values)


def test_models_are_matched_by_the_labels_of_conditions():
    models, subjects = _data(n=5)
    names = np.array(list("abcde"))
    i, j = np.triu_indices(5, 1)
    coords = {"condition_1": ("pair", names[i]), "condition_2": ("pair", names[j])}
    data = _labelled(subjects).assign_coords(coords)
    model = xr.DataArray(models[0], coords, ["pair"])
    mixed = nk.rsa.select_conditions(model, list("decab"))
    one, two = (nk.rsa.evaluate({"m": m}, data, n_draws=20, random_state=0) for m in (model, mixed))
    np.testing.assert_allclose(one.draw_score, two.draw_score, rtol=1e-12)
    with pytest.raises(LabelError, match="3 conditions against 5"):
        nk.rsa.evaluate({"m": nk.rsa.select_conditions(model, list("abc"))}, data)


def _mixture(seed=0, n=24, noise=0.3):
    rng = np.random.default_rng(seed)
    parts = rng.random((3, n * (n - 1) // 2))
    truth = 0.7 * parts[0] + 0.3 * parts[1]
    subjects = truth + noise * rng.random((6, truth.size))
    return parts, subjects


@pytest.mark.parametrize("method", ["cosine", "pearson", "rho-a", "whitened_cosine"])
def test_a_mixture_is_found_by_the_models_that_can_mix(method):
    parts, subjects = _mixture()
    models = {
        "first": parts[0],
        "second": parts[1],
        "selected": nk.rsa.SelectedModel(parts),
        "weighted": nk.rsa.WeightedModel(parts),
        "between": nk.rsa.InterpolatedModel(parts[:2]),
    }
    found = nk.rsa.evaluate(models, _labelled(subjects), method, n_draws=15, random_state=0)
    score = found.score
    assert found.attrs["cross_validated"] == 1
    assert score.sel(model="weighted") > score.sel(model="first") > score.sel(model="second")
    assert score.sel(model="between") > score.sel(model="first")
    np.testing.assert_allclose(score.sel(model="selected"), score.sel(model="first"), atol=1e-12)
    assert found.p_pairwise.sel(model="weighted", model_2="second") < 0.05
    assert (found.score <= found.ceiling.sel(bound="upper") + 0.01).all()


def test_a_model_with_many_parameters_gains_nothing_from_noise():
    rng = np.random.default_rng(0)
    _, subjects = _mixture(noise=3.0)
    found = nk.rsa.evaluate(
        {"noise": nk.rsa.WeightedModel(rng.random((20, 276)), nonnegative=False)},
        _labelled(subjects),
        "pearson",
        n_draws=20,
        random_state=0,
    )
    # Fitted and judged on the same pairs it would reach sqrt(20 / 276) = .27.
    assert abs(float(found.score[0])) < 0.1


def test_features_that_count_are_found():
    rng = np.random.default_rng(0)
    features = rng.standard_normal((20, 8))
    model = nk.rsa.feature_model(features, ridge=0.0)
    basis = model.rdms.values
    target = 2.0 * basis[1] + 0.5 * basis[6]
    theta = model.weights(basis @ basis.T, basis @ target)
    np.testing.assert_allclose(theta, [0, 2, 0, 0, 0, 0, 0.5, 0], atol=1e-6)
    noisy = target + 2.0 * rng.standard_normal((6, target.size))
    weighted = nk.rsa.feature_model(features)
    equal = nk.rsa.rdm(features, "euclidean")
    found = nk.rsa.evaluate(
        {"weighted": weighted, "equal": equal}, _labelled(noisy), "pearson", n_draws=30,
        random_state=0,
    )  # fmt: skip
    assert found.score[0] > found.score[1] + 0.2


def test_interpolation_finds_the_place_between_neighbours():
    parts, _ = _mixture()
    model = nk.rsa.InterpolatedModel(parts)
    target = 0.25 * parts[1] + 0.75 * parts[2]
    theta = model.weights(parts @ parts.T, parts @ target)
    np.testing.assert_allclose(theta, [0, 0.25, 0.75], atol=1e-6)


def test_chance_of_folds_is_taken_out_of_the_variance():
    rng = np.random.default_rng(0)
    between, within = rng.standard_normal((4000, 1, 2)), rng.standard_normal((4000, 2, 2))
    found = corrected_for_folds(between + within)
    # 1 instead of 1 + 1/2; its standard error with 4000 draws is about .04.
    np.testing.assert_allclose(np.diag(found), 1.0, atol=0.15)
    only_chance = corrected_for_folds(within)
    assert (np.diag(only_chance) >= 0.25 * 0.9).all()


def test_draws_that_failed_are_left_out_of_covariances():
    rows = np.random.default_rng(0).random((50, 3))
    with_gap = np.vstack([rows, np.full((1, 3), np.nan)])
    np.testing.assert_allclose(covariance_of(with_gap), np.cov(rows.T), rtol=1e-12)
    assert np.isnan(covariance_of(rows[:1])).all()


def test_percentile_and_signed_rank_tests():
    draws = np.array([[0.1], [0.2], [-0.1], [0.3]])
    assert percentile_test(draws, two_sided=False)[0] == 2 / 5
    assert percentile_test(draws, two_sided=True)[0] == 4 / 5
    assert signed_rank_test(np.arange(1.0, 6.0), two_sided=False) == 1 / 32
    assert signed_rank_test(np.zeros(4), two_sided=True) == 1.0


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"method": "tau-c"}, OptionError, "tau-a"),
        ({"resample": "subject"}, OptionError, "subjects"),
        ({"test": "z"}, OptionError, "wilcoxon"),
        ({"n_draws": 3}, OptionError, "at least 10"),
        ({"resamples": ([[0, 9]], [[0, 1]])}, OptionError, "0 to 9 of 5"),
        ({"resamples": ([[0, 1]], [[0, 1], [1, 0]])}, OptionError, "1 draws of subjects"),
        ({"resamples": ([[0.5]], [[0]])}, OptionError, "whole numbers"),
        ({"models": {}}, OptionError, "none"),
        ({"models": {"x": np.ones((2, 66))}}, SchemaError, "WeightedModel"),
        ({"models": {"x": nk.rsa.SelectedModel(np.ones((1, 66)))}}, OptionError, "nothing to fit"),
        ({"rdms": np.ones((2, 66))}, SchemaError, "subject, pair"),
    ],
)
def test_mistakes_are_named(options, error, says):
    models, subjects = _data()
    arguments = {"models": {"a": models[0]}, "rdms": _labelled(subjects)} | options
    with pytest.raises(error, match=says):
        nk.rsa.evaluate(**arguments)


def test_one_subject_or_few_conditions_need_another_way():
    models, subjects = _data()
    with pytest.raises(OptionError, match='resample="conditions"'):
        nk.rsa.evaluate({"a": models[0]}, _labelled(subjects[:1]))
    alone = nk.rsa.evaluate(
        {"a": models[0]}, _labelled(subjects[:1]), resample="conditions", n_draws=50, random_state=0
    )
    assert alone.attrs["df"] == 11
    assert np.isfinite(alone.p_zero).all()
    with pytest.raises(OptionError, match='resample="subjects"'):
        nk.rsa.evaluate({"a": np.ones(6)}, _labelled(np.ones((3, 6))))


def test_inputs_are_left_as_they_are():
    models, subjects = _data()
    before = models.tobytes(), subjects.tobytes()
    nk.rsa.evaluate(
        {"a": models[0], "w": nk.rsa.WeightedModel(models)},
        _labelled(subjects),
        n_draws=10,
        random_state=0,
    )
    assert (models.tobytes(), subjects.tobytes()) == before


def _simulated(rng, spoilt, n=40, n_subjects=10, p=30):
    """Subjects that vary around one geometry, and two models of it, the second noisier."""
    i, j = np.triu_indices(n, 1)

    def rdm(x):
        return ((x[i] - x[j]) ** 2).mean(axis=1)

    shared = rng.standard_normal((n, p))
    subjects = [rdm(shared + rng.standard_normal((n, p))) for _ in range(n_subjects)]
    models = {
        "one": rdm(shared + rng.standard_normal((n, p))),
        "two": rdm(shared + spoilt * rng.standard_normal((n, p))),
    }
    return models, _labelled(np.array(subjects))


def _rate(spoilt, n_experiments, n_draws, seed, method="cosine"):
    """Share of p < .05; with spoilt = 4 the models differ by .21 in Pearson correlation."""
    rng = np.random.default_rng(seed)
    p = [
        float(nk.rsa.evaluate(*_simulated(rng, spoilt), method, n_draws=n_draws, random_state=k)
              .p_pairwise[0, 1])
        for k in range(n_experiments)
    ]  # fmt: skip
    return np.mean(np.array(p) < 0.05)


@pytest.mark.slow
def test_false_positives_are_rare_and_effects_are_seen():
    # docs/validation/rsa.md has the full form; the binomial standard error here is .02.
    assert _rate(1.0, 120, 200, seed=0) <= 0.08
    assert _rate(4.0, 50, 200, seed=1, method="pearson") > 0.8


@pytest.mark.nightly
def test_false_positive_rate_and_power_in_full():
    assert 0.01 <= _rate(1.0, 500, 1000, seed=0) <= 0.08
    assert _rate(4.0, 200, 1000, seed=1, method="pearson") > 0.8
