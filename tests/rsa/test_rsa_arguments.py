"""What users give wrongly to the tools of RDMs is refused by the name of the argument."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import LabelError, NeurokitError, OptionError, SchemaError
from neurokit.rsa.arguments import real_array

N, PAIRS = 7, 21
LABELS = np.array(list("abcdefg"))
_rng = np.random.default_rng(0)
TRUTH = _rng.random(PAIRS)
TWO = _rng.random((2, PAIRS))
FIRST, SECOND = np.triu_indices(N, 1)


def _data(n_subjects=4):
    rng = np.random.default_rng(1)
    coords = {"condition_1": ("pair", LABELS[FIRST]), "condition_2": ("pair", LABELS[SECOND])}
    return xr.DataArray(TRUTH + rng.random((n_subjects, PAIRS)), coords, ["subject", "pair"])


def _evaluate(models=None, data=None, **options):
    models = {"m": TRUTH} if models is None else models
    options = {"n_draws": 10, "random_state": 0} | options
    return nk.rsa.evaluate(models, _data() if data is None else data, **options)


def _mixture():
    return {"w": nk.rsa.WeightedModel(TWO)}


def _errors(**changes):
    names = {"condition": LABELS, "condition_2": LABELS} | changes
    return xr.DataArray(np.eye(N), names, ["condition", "condition_2"])


@pytest.mark.parametrize("wrong", ["10", 10.5, float("nan"), True, 9, -1, None])
def test_numbers_of_draws(wrong):
    with pytest.raises(OptionError, match="n_draws"):
        _evaluate(n_draws=wrong)


@pytest.mark.parametrize("wrong", [0, -1, "2", 1.5, None, True])
def test_numbers_of_threads(wrong):
    with pytest.raises(OptionError, match="n_jobs"):
        _evaluate(n_jobs=wrong)


@pytest.mark.parametrize("wrong", [0, "2", 1.5, None])
def test_numbers_of_assignments(wrong):
    with pytest.raises(OptionError, match="n_assignments"):
        _evaluate(_mixture(), n_assignments=wrong)


@pytest.mark.parametrize("wrong", ["x", -1, 1.5])
@pytest.mark.parametrize(
    "call",
    [
        lambda seed: _evaluate(random_state=seed),
        lambda seed: _evaluate(random_state=seed, resamples=([[0, 1]], [[0, 1, 2]])),
        lambda seed: nk.rsa.identify(_regions(), transform="raw", n_draws=5, random_state=seed),
    ],
)
def test_seeds(call, wrong):
    with pytest.raises(OptionError, match="random_state"):
        call(wrong)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (np.full(N, np.nan), "no number"),
        (np.full(N, np.inf), "no number"),
        (np.zeros(N), "positive definite"),
        (np.ones((N, N)), "positive definite"),
        (np.eye(N) + np.eye(N, k=1), "symmetric"),
        (["a"] * N, "real numbers"),
        (np.eye(N) * 1j, "real numbers"),
        ([[1.0, 2.0], [3.0]], "one length"),
        (np.ones(N - 1), "Match"),
        (3.0, "Match"),
    ],
)
def test_errors_of_conditions(wrong, says):
    for call in (
        lambda: _evaluate(method="whitened_cosine", sigma_k=wrong),
        lambda: nk.rsa.compare(TRUTH, TRUTH, "whitened_pearson", sigma_k=wrong),
    ):
        with pytest.raises(OptionError, match=says):
            call()


@pytest.mark.parametrize("labels", ["zbcdefg", "aacdefg"])
@pytest.mark.parametrize("dim", ["condition", "condition_2"])
def test_errors_of_other_conditions_are_named(labels, dim):
    with pytest.raises(LabelError, match=f"{dim} does not have .*exactly once"):
        _evaluate(method="whitened_cosine", sigma_k=_errors(**{dim: list(labels)}))


def test_errors_of_more_conditions_are_chosen_by_label():
    names = ["x", *LABELS[::-1]]
    variance = xr.DataArray(np.arange(1.0, 9.0), {"condition": names}, ["condition"])
    one = nk.rsa.compare(_data(), TRUTH, "whitened_cosine", sigma_k=variance)
    two = nk.rsa.compare(_data(), TRUTH, "whitened_cosine", sigma_k=np.arange(8.0, 1.0, -1.0))
    np.testing.assert_array_equal(one.values, two.values)


@pytest.mark.parametrize("wrong", [float("nan"), np.inf, -1.0, "a", True, None])
def test_ridges(wrong):
    for call in (
        lambda: nk.rsa.WeightedModel(TWO, ridge=wrong),
        lambda: nk.rsa.feature_model(np.eye(4), ridge=wrong),
    ):
        with pytest.raises(OptionError, match="ridge"):
            call()


def test_nonnegative_is_true_or_false():
    with pytest.raises(OptionError, match="nonnegative"):
        nk.rsa.WeightedModel(TWO, nonnegative="no")


@pytest.mark.parametrize(
    "wrong",
    [
        3,
        "ab",
        (np.zeros((3, 4), int),),
        ([[0, 1], [1]], [[0, 1], [1]]),
        (np.zeros((0, 4), int), np.zeros((0, 7), int)),
        (np.zeros((3, 0), int), np.zeros((3, 7), int)),
        (np.zeros((3, 4)), np.zeros((3, 7), int)),
        (np.zeros((3, 4), bool), np.zeros((3, 7), int)),
        (np.zeros((3, 4), int), np.zeros((2, 7), int)),
        (np.zeros((3, 4), int), np.full((3, 7), 7)),
        (np.full((3, 4), -1), np.zeros((3, 7), int)),
    ],
)
def test_given_draws(wrong):
    with pytest.raises(OptionError, match="resamples"):
        _evaluate(resamples=wrong)


@pytest.mark.parametrize(
    ("models", "says"),
    [
        ([TRUTH, TRUTH], "is a list"),
        (TWO, "is a ndarray"),
        ("m", "is a str"),
        ({}, "there are none"),
        ({"m": TWO}, "holds 2 RDMs"),
        ({"m": ["a"] * PAIRS}, "real numbers"),
        ({"m": [[1, 2], [1]]}, "one length"),
        ({"m": None}, "Give an RDM"),
        (xr.DataArray(np.ones((2, 2, PAIRS)), dims=["model", "x", "pair"]), "model, pair"),
        ({"w": nk.rsa.WeightedModel(TWO[:1])}, "nothing to fit"),
        ({"w": nk.rsa.SelectedModel("x")}, "Give an RDM"),
    ],
)
def test_models(models, says):
    with pytest.raises(NeurokitError, match=says):
        _evaluate(models)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda x: x.values, "subject, pair"),
        (lambda x: x.astype(str), "real numbers"),
        (lambda x: x * 1j, "real numbers"),
        (lambda x: x[:0], "no subject"),
        (lambda x: x * np.nan, "five conditions"),
        (lambda x: x.isel(pair=slice(20)), "n \\(n - 1\\) / 2"),
        (lambda x: x.rename(pair="pairs"), "subject, pair"),
    ],
)
def test_measured_rdms(change, says):
    with pytest.raises(NeurokitError, match=says):
        _evaluate(data=change(_data()), resample="conditions")


@pytest.mark.parametrize("wrong", [None, 3, ["cosine"], "cosinus"])
def test_names_of_measures(wrong):
    with pytest.raises(OptionError, match="method"):
        _evaluate(method=wrong)
    with pytest.raises(OptionError, match="method"):
        nk.rsa.compare(TRUTH, TRUTH, wrong)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.float32])
def test_other_real_types_are_measured_too(dtype):
    data = (10 * _data()).astype(np.int8).astype(dtype)
    one, two = _evaluate(data=data), _evaluate(data=data.astype(float))
    np.testing.assert_array_equal(one.draw_score.values, two.draw_score.values)


@pytest.mark.parametrize(
    ("features", "error", "says"),
    [
        (np.ones(4), SchemaError, "observation, feature"),
        (np.ones((1, 4)), SchemaError, "at least two conditions"),
        (np.ones((2, 4, 3)), SchemaError, "2 tables"),
        (np.array([["a", "b"], ["c", "d"]]), SchemaError, "real numbers"),
        (
            xr.DataArray(np.eye(4), {"condition": list("aabb")}, ["condition", "feature"]),
            LabelError,
            "4 rows of 2 conditions",
        ),
    ],
)
def test_features(features, error, says):
    with pytest.raises(error, match=says):
        nk.rsa.feature_model(features)


def _regions(n_labels=3, n_subjects=4):
    rng = np.random.default_rng(2)
    return xr.DataArray(rng.random((n_subjects, n_labels, 21)), dims=["subject", "roi", "pair"])


@pytest.mark.parametrize("wrong", [-1, "5", 2.5, True, None])
def test_draws_of_identification(wrong):
    with pytest.raises(OptionError, match="n_draws"):
        nk.rsa.identify(_regions(), transform="raw", n_draws=wrong)


@pytest.mark.parametrize("n_labels", [0, 1])
@pytest.mark.parametrize("classifier", ["centroid", "lda"])
def test_one_region_cannot_be_told_from_others(n_labels, classifier):
    with pytest.raises(SchemaError, match="at least two"):
        nk.rsa.identify(_regions(n_labels), classifier=classifier, transform="raw")


@pytest.mark.parametrize("n_subjects", [0, 1, 2])
def test_identification_needs_three_subjects(n_subjects):
    with pytest.raises(OptionError, match=f"there are {n_subjects} subjects"):
        nk.rsa.identify(_regions(n_subjects=n_subjects), transform="raw")


def test_a_subject_without_a_name_is_refused():
    data = _regions().assign_coords(subject=[1.0, 2.0, np.nan, np.nan])
    with pytest.raises(LabelError, match="subject is NaN"):
        nk.rsa.identify(data, transform="raw")


def test_subjects_of_mixed_types_are_subjects():
    mixed = _regions().assign_coords(subject=np.array([1, "b", 2, 3], dtype=object))
    found = nk.rsa.identify(mixed, transform="raw", n_draws=0)
    plain = nk.rsa.identify(_regions(), transform="raw", n_draws=0)
    np.testing.assert_array_equal(found.predicted.values, plain.predicted.values)
    assert np.isnan(found.standard_error)


def test_equal_rdms_have_nothing_for_lda():
    with pytest.raises(SchemaError, match="differ"):
        nk.rsa.identify(_regions() * 0, classifier="lda", transform="raw")


@pytest.mark.parametrize("wrong", ["a", None, True, np.nan, 0.0, 0.3])
def test_steps_of_identification(wrong):
    with pytest.raises(OptionError, match="step"):
        nk.rsa.identify(_regions(), step=wrong)


@pytest.mark.parametrize("chosen", ["ab", 3, None, [["a", "b"]], [["a"], ["b", "c"]]])
def test_conditions_are_chosen_by_a_list(chosen):
    with pytest.raises(LabelError, match="conditions"):
        nk.rsa.select_conditions(_data(), chosen)


def test_a_condition_is_chosen_once():
    with pytest.raises(LabelError, match="twice"):
        nk.rsa.select_conditions(_data(), ["a", "b", "a"])


@pytest.mark.parametrize(
    "matrix",
    [
        [["a", "b"], ["b", "a"]],
        np.eye(2) * 1j,
        [[1, 2], [3]],
        None,
        3.0,
        _data().to_dataset(name="x"),
    ],
)
def test_matrices_hold_real_numbers(matrix):
    with pytest.raises(SchemaError, match="matrix"):
        nk.rsa.rdm_from_square(matrix)


@pytest.mark.parametrize(
    "labels", [3, "abc", ["a", "a", "b"], [[1, 2], [3, 4], [5, 6]], [[1], [2, 3], [4]]]
)
def test_labels_of_a_matrix(labels):
    with pytest.raises(LabelError, match="conditions"):
        nk.rsa.rdm_from_square(np.zeros((3, 3)), labels)


@pytest.mark.parametrize(
    "labels",
    [
        ["a", None, "b", "c"],
        np.array(["a", np.nan, "b", "c"], dtype=object),
        np.array(["2000-01-01", "NaT", "NaT", "2001-01-01"], "M8[ns]"),
        np.array([1.0, 2.0, np.nan, 3.0]),
    ],
)
@pytest.mark.parametrize("which", ["conditions", "folds"])
def test_a_missing_label_is_no_condition_and_no_fold(labels, which):
    options = {"conditions": list("abcd"), which: labels}
    with pytest.raises(LabelError, match="a label is NaN"):
        nk.rsa.rdm(np.eye(4), "euclidean", **options)


@pytest.mark.parametrize("which", ["conditions", "folds"])
@pytest.mark.parametrize("labels", [3, [[1, 2], [3]], list("abc"), np.ones((4, 1))])
def test_labels_that_do_not_fit(which, labels):
    with pytest.raises(LabelError, match=which):
        nk.rsa.rdm(np.eye(4), "euclidean", **{which: labels})


def test_rows_of_unequal_length_are_no_patterns():
    with pytest.raises(SchemaError, match="patterns"):
        nk.rsa.rdm([[1.0, 2.0], [3.0]], "euclidean")


@pytest.mark.parametrize("name", ["prior_rate", "prior_weight"])
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf, "a", None])
def test_priors_are_positive_numbers(name, wrong):
    with pytest.raises(OptionError, match="prior_"):
        nk.rsa.rdm(np.ones((4, 3)), "poisson", **{name: wrong})


@pytest.mark.parametrize(
    "noise",
    [
        "foo",
        3.0,
        [[1.0], [1.0, 2.0]],
        ["a", "b", "c", "d"],
        np.eye(4) * 1j,
        np.full((4, 4), np.nan),
        np.full(4, np.inf),
        np.array([1, 1, 1, np.nan]),
        np.eye(4) + 0.3 * np.eye(4, k=1),
        np.ones((4, 4)),
        np.array([1.0, 1.0, 0.0, 1.0]),
        np.eye(3),
    ],
)
def test_noise_that_is_no_covariance(noise):
    with pytest.raises(OptionError, match="noise"):
        nk.rsa.rdm(np.eye(4), "mahalanobis", noise=noise)


def test_noise_of_channels_without_data_is_not_looked_at():
    x = np.random.default_rng(0).standard_normal((5, 4))
    x[:, 2] = np.nan
    noise = np.diag([1.0, 2.0, np.nan, 3.0])
    found = nk.rsa.rdm(x, "mahalanobis", noise=noise)
    held = [0, 1, 3]
    expected = nk.rsa.rdm(x[:, held], "mahalanobis", noise=noise[np.ix_(held, held)])
    np.testing.assert_array_equal(found.values, expected.values)


@pytest.mark.parametrize("method", ["pearson", "whitened_pearson", "cosine", "spearman"])
@pytest.mark.parametrize("scale", [2.0**1020, 2.0**-1000])
def test_huge_and_tiny_rdms_keep_their_likeness(method, scale):
    one = nk.rsa.compare(TWO, TRUTH, method)
    two = nk.rsa.compare(TWO * scale, TRUTH * scale, method)
    np.testing.assert_allclose(two.values, one.values, rtol=1e-12)


@pytest.mark.parametrize("value", ["a", [None], [[1], [1, 2]], 1j, np.array(["x"])])
def test_real_arrays_refuse_what_is_not_real(value):
    with pytest.raises(OptionError, match="given"):
        real_array("given", value)
