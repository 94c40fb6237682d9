"""RDMs, covariances and comparisons equal rsatoolbox's, where rsatoolbox is right."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.rsa.pair_index import pair_indices

pytestmark = pytest.mark.usefixtures("quiet")

METHODS = ["euclidean", "correlation", "mahalanobis", "crossnobis", "poisson"]


def _dataset(toolbox, x):
    return toolbox.data.Dataset(
        x.values.astype(float),
        obs_descriptors={"condition": x.condition.values.tolist(), "run": x.run.values.tolist()},
    )


def _theirs(rdms, labels):
    """Condensed values of an RDMs object in the order of our labels."""
    names = list(rdms.pattern_descriptors["condition"])
    order = [names.index(label) for label in labels]
    first, second = np.triu_indices(len(labels), 1)
    matrices = rdms.get_matrices()[:, order][:, :, order]
    return matrices[:, first, second]


def _labels(rdm):
    n = round((1 + np.sqrt(1 + 8 * rdm.sizes["pair"])) / 2)
    return [*rdm.condition_1.values[:1], *rdm.condition_2.values[: n - 1]]


@pytest.mark.parametrize("n", [12, 30, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("method", METHODS)
def test_rdms_with_repeats_and_unsorted_labels(toolbox, make_patterns, method, n):
    x = make_patterns(n=n, positive=method == "poisson")
    rng = np.random.default_rng(1)
    a = rng.standard_normal((40, x.sizes["channel"]))
    covariance = a.T @ a / 40
    noise = covariance if method in ("mahalanobis", "crossnobis") else None
    ours = nk.rsa.rdm(x, method, noise=noise, folds="run", conditions="condition")
    precision = None if noise is None else np.linalg.inv(covariance)
    theirs = toolbox.rdm.calc_rdm(
        _dataset(toolbox, x), method, descriptor="condition", noise=precision, cv_descriptor="run"
    )
    expected = _theirs(theirs, _labels(ours))[0]
    np.testing.assert_allclose(ours.values, expected, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("n", [12, 60, pytest.param(200, marks=pytest.mark.slow)])
def test_crossnobis_with_noise_of_each_fold(toolbox, make_patterns, n):
    x = make_patterns(n=n, p=8)
    rng = np.random.default_rng(2)
    covariances = [(a := rng.standard_normal((30, 8))).T @ a / 30 for _ in range(3)]
    ours = nk.rsa.rdm(x, "crossnobis", noise=covariances, folds="run", conditions="condition")
    theirs = toolbox.rdm.calc_rdm(
        _dataset(toolbox, x),
        "crossnobis",
        descriptor="condition",
        noise=[np.linalg.inv(c) for c in covariances],
        cv_descriptor="run",
    )
    expected = _theirs(theirs, _labels(ours))[0]
    np.testing.assert_allclose(ours.values, expected, rtol=1e-8, atol=1e-12)


def test_labelled_noise_of_each_fold_is_matched_by_label(make_patterns):
    x = make_patterns(n=6, p=4)
    rng = np.random.default_rng(2)
    stack = np.array([(a := rng.standard_normal((30, 4))).T @ a / 30 for _ in range(3)])
    names = x.channel.values
    noise = xr.DataArray(
        stack,
        {"fold": [0, 1, 2], "channel": names, "channel_2": names},
        ["fold", "channel", "channel_2"],
    )
    mixed = noise.isel(fold=[2, 0, 1], channel=[3, 1, 0, 2], channel_2=[3, 1, 0, 2])
    plain = nk.rsa.rdm(x, noise=list(stack), folds="run", conditions="condition")
    matched = nk.rsa.rdm(x, noise=mixed, folds="run", conditions="condition")
    np.testing.assert_allclose(matched.values, plain.values, rtol=1e-12)


@pytest.mark.parametrize("remove_mean", [False, True])
@pytest.mark.parametrize("method", ["euclidean", "crossnobis"])
def test_the_mean_of_each_pattern_can_be_removed(toolbox, make_patterns, method, remove_mean):
    x = make_patterns() + 3.0
    ours = nk.rsa.rdm(x, method, folds="run", conditions="condition", remove_mean=remove_mean)
    theirs = toolbox.rdm.calc_rdm(
        _dataset(toolbox, x),
        method,
        descriptor="condition",
        cv_descriptor="run",
        remove_mean=remove_mean,
    )
    np.testing.assert_allclose(ours.values, _theirs(theirs, _labels(ours))[0], rtol=1e-8)


# Of "equal" without folds rsatoolbox 0.3 gives an observation paired with itself no weight (1 / 2
# is integer division there), and one condition that cannot be told makes all pairs NaN.
@pytest.mark.parametrize(
    ("method", "weighting"),
    [
        ("euclidean", "number"),
        ("crossnobis", "number"),
        ("crossnobis", "equal"),
        ("correlation", "number"),
        ("poisson", "number"),
    ],
)
def test_unbalanced_designs(toolbox, make_patterns, method, weighting):
    x = make_patterns(n=8, p=9, positive=method == "poisson")
    x = x.isel(trial=np.flatnonzero((x.run.values < 2) | (np.arange(48) % 3 == 0)))
    if method == "euclidean":  # what is missing is left out of that pair of observations
        x = x.copy()
        x.values[2, 3] = np.nan
        x.values[7, :4] = np.nan
    folds = "run" if method == "crossnobis" else None
    ours = nk.rsa.rdm(
        x, method, folds=folds, conditions="condition", unbalanced=True, weighting=weighting
    )
    theirs = toolbox.rdm.calc_rdm_unbalanced(
        _dataset(toolbox, x),
        method,
        descriptor="condition",
        cv_descriptor=folds,
        weighting=weighting,
    )
    expected = _theirs(theirs, _labels(ours))[0]
    np.testing.assert_allclose(ours.values, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("shape", [(50, 8), (12, 40)])
@pytest.mark.parametrize("method", ["full", "diag", "shrinkage_eye", "shrinkage_diag"])
def test_covariances_of_residuals(toolbox, method, shape):
    rng = np.random.default_rng(4)
    x = rng.standard_normal(shape) @ rng.standard_normal((shape[1], shape[1]))
    theirs = toolbox.data.noise.cov_from_residuals(x, method=method)
    ours = nk.rsa.noise_covariance(x, method, conditions=np.zeros(len(x)))
    np.testing.assert_allclose(ours.values, theirs, rtol=1e-10, atol=1e-10 * np.abs(theirs).max())


@pytest.mark.parametrize("method", ["full", "shrinkage_eye", "shrinkage_diag"])
def test_covariances_within_conditions(toolbox, make_patterns, method):
    x = make_patterns(n=7, p=11)
    theirs = toolbox.data.noise.cov_from_unbalanced(_dataset(toolbox, x), "condition", None, method)
    ours = nk.rsa.noise_covariance(x, method, conditions="condition")
    np.testing.assert_allclose(ours.values, theirs, rtol=1e-10, atol=1e-10 * np.abs(theirs).max())


PAIRS = [
    ("cosine", "cosine"),
    ("pearson", "corr"),
    ("spearman", "spearman"),
    ("rho-a", "rho-a"),
    ("tau-a", "tau-a"),
    ("tau-b", "tau-b"),
    ("whitened_cosine", "cosine_cov"),
    ("whitened_pearson", "corr_cov"),
]


@pytest.mark.parametrize("missing", [False, True])
@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize(("name", "their_name"), PAIRS)
def test_comparisons(toolbox, make_rdms, name, their_name, ties, missing):
    a, b = make_rdms(5, 14, seed=0, ties=ties), make_rdms(3, 14, seed=1, ties=ties)
    b += 0.5 * np.round(a[:3], 1 if ties else 15)
    if missing:
        a[:, [3, 17, 40]] = np.nan
        b[:, [3, 17, 40]] = np.nan
    theirs = toolbox.rdm.compare(toolbox.rdm.RDMs(a), toolbox.rdm.RDMs(b), their_name)
    np.testing.assert_allclose(nk.rsa.compare(a, b, name).values, theirs, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(nk.rsa.compare(a, b, their_name).values, theirs, rtol=1e-8)


# A centred Gram matrix has an eigenvalue of 0, of which rsatoolbox takes the root of what rounding
# makes: half of the digits are lost (1e-8 to 2e-6). The exact reference below says whose.
@pytest.mark.parametrize("p", [20, 4])
@pytest.mark.parametrize("name", ["bures", "bures_metric"])
def test_bures_of_euclidean_rdms(toolbox, make_rdms, name, p):
    a, b = make_rdms(3, 9, seed=0, p=p), make_rdms(2, 9, seed=1, p=20)
    theirs = toolbox.rdm.compare(toolbox.rdm.RDMs(a), toolbox.rdm.RDMs(b), name)
    np.testing.assert_allclose(nk.rsa.compare(a, b, name).values, theirs, rtol=2e-6)


def _bures_exactly(x, y):
    """(similarity, squared distance) of the euclidean RDMs of two patterns, with fifty digits."""
    mpmath = pytest.importorskip("mpmath")

    def gram(patterns):
        rows = mpmath.matrix(patterns.tolist())
        centred = rows - mpmath.ones(rows.rows, rows.rows) * rows / rows.rows
        return centred * centred.T / rows.cols

    def root(matrix):
        value, vector = mpmath.eigsy(matrix)
        return vector * mpmath.diag([mpmath.sqrt(max(v, 0)) for v in value]) * vector.T

    with mpmath.workdps(50):
        left, right = gram(x), gram(y)
        half = root(left)
        value, _ = mpmath.eigsy(half * right * half)
        nuclear = sum(mpmath.sqrt(max(v, 0)) for v in value)
        sizes = [sum(m[k, k] for k in range(m.rows)) for m in (left, right)]
        similarity = nuclear / mpmath.sqrt(sizes[0] * sizes[1])
        return float(similarity), float(sizes[0] + sizes[1] - 2 * nuclear)


@pytest.mark.parametrize(("n", "p", "q"), [(9, 4, 4), (9, 4, 20), (9, 3, 12), (16, 2, 30)])
def test_bures_has_all_its_digits_where_patterns_span_fewer_dims_than_conditions(n, p, q):
    rng = np.random.default_rng(n + p)
    x, y = rng.standard_normal((n, p)), 3.0 * rng.standard_normal((n, q))
    ours = [nk.rsa.rdm(z, "euclidean") for z in (x, y)]
    for name, exact in zip(("bures", "bures_metric"), _bures_exactly(x, y), strict=True):
        assert float(nk.rsa.compare(*ours, name)) == pytest.approx(exact, rel=1e-12)


def test_pairs_are_in_the_order_of_rsatoolbox(toolbox):
    first, second = pair_indices(5)
    rows = toolbox.rdm.RDMs(np.arange(10.0)[None])
    np.testing.assert_array_equal(rows.get_matrices()[0][first, second], np.arange(10.0))
