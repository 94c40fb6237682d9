"""Sites of integration: errors by hand with one penalty, names of sets, labels, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from neurokit.encoding import integration_sites
from neurokit.errors import LabelError, NeurokitError, OptionError, SchemaError

pytestmark = pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning")

N, ALPHA = 120, 3.0
RNG = np.random.default_rng(0)
V, W = RNG.standard_normal((2, N, 2))
SETS = {"vision": V, "language": W, "multimodal": V * W}
Y = xr.DataArray(
    np.column_stack([RNG.standard_normal(N), V[:, 0] + W[:, 0], (V * W)[:, 0]])
    + 0.5 * RNG.standard_normal((N, 3)),
    dims=("event", "electrode"),
    coords={"electrode": ["none", "sum", "multi"], "region": ("electrode", ["V1", "IT", "STS"])},
)
FEW = {"alphas": (ALPHA,), "cv": KFold(5), "n_shifts": 9, "n_flips": 49, "random_state": 0}


@pytest.fixture(scope="module")
def found():
    return integration_sites(SETS, Y, **FEW)


def errors(*names):
    """Squared held-out errors of a pipeline of scikit-learn."""
    x = np.concatenate([SETS[name] for name in names], axis=1)
    out = np.empty(Y.shape)
    for train, test in KFold(5).split(x):
        model = make_pipeline(StandardScaler(), Ridge(ALPHA, solver="svd"))
        out[test] = Y.values[test] - model.fit(x[train], Y.values[train]).predict(x[test])
    return out**2


MODELS = {
    "vision": ("vision",),
    "language": ("language",),
    "multimodal": ("multimodal",),
    "vision+language": ("vision", "language"),
    "full": ("vision", "language", "multimodal"),
}


@pytest.mark.parametrize("model", MODELS)
def test_scores_of_models_are_those_of_pipelines(found, model):
    error = errors(*MODELS[model]).sum(axis=0)
    total = sum(
        ((Y.values[t] - Y.values[t].mean(axis=0)) ** 2).sum(axis=0) for _, t in KFold(5).split(V)
    )
    np.testing.assert_allclose(found.score.sel(model=model), 1 - error / total, atol=1e-9)


@pytest.mark.parametrize(
    ("test", "worse", "better"),
    [
        ("vision", "vision", "full"),
        ("language", "language", "full"),
        ("vision+language", "vision+language", "full"),
        ("multimodal > vision", "vision", "multimodal"),
    ],
)
def test_differences_are_block_means_of_errors_over_the_variance(found, test, worse, better):
    difference = errors(*MODELS[worse]) - errors(*MODELS[better])
    blocks = np.array_split(difference, found.attrs["n_blocks"])  # each block counts alike
    gain = np.mean([block.mean(axis=0) for block in blocks], axis=0)
    expected = gain / Y.values.var(axis=0)
    np.testing.assert_allclose(found.difference.sel(test=test), expected, rtol=1e-6)


def test_every_claim_of_the_datasets_agrees_with_the_others(found):
    sites = found.site.values
    np.testing.assert_array_equal(sites & ~found.responsive.values, False)
    assert (found.q.values[sites] <= 0.05).all()
    np.testing.assert_allclose(found.share, found.passed.mean("electrode"))
    assert found.region.values.tolist() == ["V1", "IT", "STS"]


def test_sets_may_have_any_names(found):
    renamed = {"clip": SETS["multimodal"], "bert": SETS["language"], "vit": SETS["vision"]}
    other = integration_sites(renamed, Y, vision="vit", language="bert", multimodal="clip", **FEW)
    for name in ("p", "difference", "score", "p_responsive"):
        np.testing.assert_array_equal(other[name], found[name])


def test_sets_that_no_role_asks_for_change_nothing(found):
    more = {"noise": RNG.standard_normal((N, 4)), **SETS}
    np.testing.assert_array_equal(integration_sites(more, Y, **FEW).p, found.p)


def test_units_and_levels_change_no_test(found):
    moved = {name: 1e3 * x - 5e3 for name, x in SETS.items()}
    other = integration_sites(moved, 1e-6 * Y + 1e-6, **FEW)
    np.testing.assert_array_equal(other.p, found.p)
    np.testing.assert_allclose(other.difference, found.difference, rtol=1e-5, atol=1e-9)


def test_the_seed_is_of_shifts_and_flips_alone(found):
    other = integration_sites(SETS, Y, **{**FEW, "random_state": 1})
    np.testing.assert_array_equal(other.score, found.score)
    np.testing.assert_array_equal(other.difference, found.difference)
    same = integration_sites(SETS, Y, **{**FEW, "random_state": np.random.default_rng(0)})
    np.testing.assert_array_equal(same.p, found.p)


def test_nothing_given_is_changed():
    sets = {name: x.copy() for name, x in SETS.items()}
    y = Y.copy(deep=True)
    integration_sites(sets, y, **FEW)
    for name, x in sets.items():
        np.testing.assert_array_equal(x, SETS[name])
    xr.testing.assert_identical(y, Y)


def test_an_alignment_of_one_is_that_alignment(found):
    aligned = {name: {"word": x} for name, x in SETS.items()}
    other = integration_sites(aligned, {"word": Y}, **FEW)
    assert other.p.dims == ("alignment", "test", "electrode")
    np.testing.assert_array_equal(other.p.sel(alignment="word"), found.p)
    np.testing.assert_array_equal(other.site, found.site)


@pytest.mark.parametrize(
    ("sets", "y", "options", "error", "said"),
    [
        ({k: SETS[k] for k in ("vision", "language")}, Y, {}, OptionError, "multimodal"),
        (SETS, Y, {"pair": ("multimodal", "slip")}, OptionError, "slip"),
        ([V, W], Y, {}, OptionError, "list"),
        (SETS, Y, {"q": 0.0}, OptionError, "q"),
        (SETS, Y, {"q": 1.5}, OptionError, "q"),
        (SETS, Y, {"lag": "lag"}, LabelError, "no dim 'lag'"),
        (SETS, Y, {"lag": "event"}, LabelError, "no dim 'event'"),
        (SETS, {"word": Y}, {}, LabelError, "no alignment 'word'"),
        ({k: {"scene": x} for k, x in SETS.items()}, {"word": Y}, {}, LabelError, "'word'"),
        (SETS, Y[:-1], {}, LabelError, "119"),
        (SETS, Y.where(Y < 2), {}, SchemaError, "NaN"),
        ({**SETS, "vision": np.full((N, 1), np.inf)}, Y, {}, SchemaError, "vision"),
        (SETS, Y, {"n_shifts": 0}, NeurokitError, "n_"),
        (SETS, Y, {"n_flips": 0}, NeurokitError, "n_"),
        (SETS, Y, {"alphas": ()}, OptionError, "alphas"),
    ],
)
def test_what_cannot_be_asked_is_refused_by_name(sets, y, options, error, said):
    with pytest.raises(error, match=said) as caught:
        integration_sites(sets, y, **{**FEW, **options})
    assert caught.value.mend


def test_samples_that_no_fold_tests_change_no_difference():
    """Folds within the first half: what stands in the second is neither fitted nor tested."""
    half, quarter = N // 2, N // 4
    first, second = np.arange(quarter), np.arange(quarter, half)
    options = {**FEW, "cv": [(first, second), (second, first)]}
    moved = Y.copy()
    moved[half:] = 30.0 * moved[half:] - 5.0
    one = integration_sites(SETS, Y, **options)
    other = integration_sites(SETS, moved, **options)
    np.testing.assert_allclose(other.difference, one.difference, rtol=1e-10)
