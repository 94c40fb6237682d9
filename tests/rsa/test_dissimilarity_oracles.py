"""Every dissimilarity against loops written here, and what must leave it unchanged."""

import itertools

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa.dissimilarity import METHODS
from neurokit.testing import assert_same

NOT_FOLDED = ("euclidean", "correlation", "mahalanobis", "cosine", "poisson")
SPD = np.array([[2.0, 0.3, 0.0, 0.1], [0.3, 1.0, 0.2, 0], [0, 0.2, 1.5, 0.4], [0.1, 0, 0.4, 3.0]])


def _trials(n=4, p=4, n_folds=3, n_repeats=2, seed=0):
    """Positive patterns (trial, channel) with condition and run, in mixed order."""
    rng = np.random.default_rng(seed)
    condition = np.tile(np.arange(n), n_folds * n_repeats)
    run = np.repeat(np.arange(n_folds), n * n_repeats)
    mixed = rng.permutation(condition.size)
    means = 3.0 + 2.0 * rng.random((n, p))
    rows = means[condition] + rng.random((condition.size, p))
    names = np.array([f"k{k}" for k in range(n)])
    coords = {
        "condition": ("trial", names[condition[mixed]]),
        "run": ("trial", run[mixed]),
        "channel": [f"c{k}" for k in range(p)],
    }
    return xr.DataArray(rows[mixed], coords, ["trial", "channel"])


def _means(x):
    """Mean pattern by label, in order of appearance."""
    out = {}
    for label in x["condition"].values:
        out.setdefault(str(label), x.values[x["condition"].values == label].mean(axis=0))
    return out


def _one_pair(a, b, method, prior=(1.0, 0.1)):
    p = len(a)
    if method == "euclidean":
        return sum((u - v) ** 2 for u, v in zip(a, b, strict=True)) / p
    if method == "mahalanobis":
        return (a - b) @ np.linalg.inv(SPD) @ (a - b) / p
    if method == "correlation":
        return 1.0 - np.corrcoef(a, b)[0, 1]
    if method == "cosine":
        return 1.0 - a @ b / np.sqrt((a @ a) * (b @ b))
    rate, weight = prior
    a, b = ((z + rate * weight) / (1.0 + weight) for z in (a, b))
    return sum((u - v) * np.log(u / v) for u, v in zip(a, b, strict=True)) / p


def _options(method):
    options = {"noise": SPD} if method == "mahalanobis" else {}
    return options | ({"folds": "run"} if method in ("crossnobis", "poisson_cv") else {})


@pytest.mark.parametrize("method", NOT_FOLDED)
def test_each_pair_is_its_formula_of_means(method):
    x = _trials()
    found = nk.rsa.rdm(x, method, **_options(method))
    means = _means(x)
    for d, one, two in zip(
        found.values, found.condition_1.values, found.condition_2.values, strict=True
    ):
        assert d == pytest.approx(_one_pair(means[one], means[two], method), rel=1e-9)


@pytest.mark.parametrize("method", NOT_FOLDED)
def test_folds_of_a_method_without_folds_change_no_value(method):
    x = _trials()
    plain = nk.rsa.rdm(x, method, **_options(method))
    folded = nk.rsa.rdm(x, method, folds="run", **_options(method))
    np.testing.assert_allclose(folded.values, plain.values, rtol=1e-12)


@pytest.mark.parametrize(("rate", "weight"), [(1.0, 0.1), (2.5, 0.3), (0.2, 4.0)])
def test_the_prior_of_rates_is_the_one_asked_for(rate, weight):
    x = _trials()
    found = nk.rsa.rdm(x, "poisson", prior_rate=rate, prior_weight=weight)
    means = list(_means(x).values())
    expected = [
        _one_pair(a, b, "poisson", (rate, weight)) for a, b in itertools.combinations(means, 2)
    ]
    np.testing.assert_allclose(found.values, expected, rtol=1e-9)


def _fold_means(x):
    labels = list(dict.fromkeys(x["condition"].values.tolist()))
    runs = sorted(set(x["run"].values.tolist()))
    return {
        (r, c): x.values[(x["run"].values == r) & (x["condition"].values == c)].mean(axis=0)
        for r in runs
        for c in labels
    }, (runs, labels)


@pytest.mark.parametrize("whitened", [False, True])
def test_crossnobis_is_the_mean_over_ordered_pairs_of_folds(whitened):
    x = _trials()
    found = nk.rsa.rdm(x, "crossnobis", SPD if whitened else None, "run")
    means, (runs, labels) = _fold_means(x)
    w = np.linalg.inv(SPD) if whitened else np.eye(4)
    expected = []
    for i, j in itertools.combinations(labels, 2):
        products = [
            (means[r, i] - means[r, j]) @ w @ (means[s, i] - means[s, j]) / 4
            for r, s in itertools.permutations(runs, 2)
        ]
        expected.append(np.mean(products))
    np.testing.assert_allclose(found.values, expected, rtol=1e-9, atol=1e-12)


def test_two_folds_of_crossnobis_are_one_product():
    x = _trials(n_folds=2, n_repeats=1)
    means, (runs, labels) = _fold_means(x)
    one, two = ({c: means[r, c] for c in labels} for r in runs)
    expected = [
        (one[i] - one[j]) @ (two[i] - two[j]) / 4 for i, j in itertools.combinations(labels, 2)
    ]
    np.testing.assert_allclose(nk.rsa.rdm(x, folds="run").values, expected, rtol=1e-9, atol=1e-12)


def test_poisson_cv_takes_rates_of_the_others_and_logarithms_of_the_fold():
    x = _trials()
    found = nk.rsa.rdm(x, "poisson_cv", folds="run", prior_rate=2.0, prior_weight=0.5)
    means, (runs, labels) = _fold_means(x)
    expected = []
    for i, j in itertools.combinations(labels, 2):
        each = []
        for r in runs:
            rest = [s for s in runs if s != r]
            rate = {c: (np.mean([means[s, c] for s in rest], 0) + 1.0) / 1.5 for c in (i, j)}
            log = {c: np.log((means[r, c] + 1.0) / 1.5) for c in (i, j)}
            each.append((rate[i] - rate[j]) @ (log[i] - log[j]) / 4)
        expected.append(np.mean(each))
    np.testing.assert_allclose(found.values, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_the_order_of_trials_changes_labels_only(method):
    x = _trials()
    back = x.isel(trial=np.random.default_rng(1).permutation(x.sizes["trial"]))
    labels = sorted(set(x["condition"].values.tolist()))
    one, two = (
        nk.rsa.select_conditions(nk.rsa.rdm(z, method, **_options(method)), labels)
        for z in (x, back)
    )
    np.testing.assert_allclose(one.values, two.values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", [m for m in METHODS if m != "mahalanobis"])
def test_the_order_of_channels_changes_nothing(method):
    x = _trials()
    one = nk.rsa.rdm(x, method, **_options(method))
    two = nk.rsa.rdm(x.isel(channel=[2, 0, 3, 1]), method, **_options(method))
    np.testing.assert_allclose(one.values, two.values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("method", "power"),
    [("euclidean", 2), ("crossnobis", 2), ("mahalanobis", 2), ("correlation", 0), ("cosine", 0)],
)
@settings(max_examples=8, deadline=None)
@given(scale=st.floats(0.01, 100.0))
def test_scaling_patterns_scales_the_distance_by_its_power(method, power, scale):
    x = _trials(n_repeats=1)
    one = nk.rsa.rdm(x, method, **_options(method)).values
    two = nk.rsa.rdm(x * scale, method, **_options(method)).values
    np.testing.assert_allclose(two, one * scale**power, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("method", ["euclidean", "crossnobis", "mahalanobis"])
def test_one_offset_for_all_conditions_changes_no_difference(method):
    x = _trials()
    offset = xr.DataArray([5.0, -3.0, 0.5, 11.0], dims="channel")
    one, two = (nk.rsa.rdm(z, method, **_options(method)).values for z in (x, x + offset))
    np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-11)


def test_an_offset_of_each_fold_is_no_difference_to_crossnobis():
    x = _trials()
    moved = x + 7.0 * x["run"]
    one, two = (nk.rsa.rdm(z, folds="run").values for z in (x, moved))
    np.testing.assert_allclose(one, two, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("method", ["euclidean", "mahalanobis"])
def test_the_root_of_a_squared_distance_keeps_the_triangle(method):
    x = _trials(n=6, n_repeats=1)
    matrix = np.sqrt(nk.rsa.rdm_to_square(nk.rsa.rdm(x, method, **_options(method))).values)
    for i, j, k in itertools.permutations(range(6), 3):
        assert matrix[i, j] <= matrix[i, k] + matrix[k, j] + 1e-12


def test_repeating_every_channel_changes_no_distance_per_channel():
    x = _trials()
    twice = np.concatenate([x.values, x.values], axis=1)
    labels = x["condition"].values
    for method in ("euclidean", "correlation", "cosine", "poisson"):
        one = nk.rsa.rdm(x.values, method, conditions=labels).values
        two = nk.rsa.rdm(twice, method, conditions=labels).values
        np.testing.assert_allclose(one, two, rtol=1e-9)


@pytest.mark.parametrize("method", ["euclidean", "cosine"])
def test_remove_mean_is_subtracting_each_pattern_s_mean(method):
    x = _trials()
    by_hand = x - x.mean("channel")
    one = nk.rsa.rdm(x, method, remove_mean=True).values
    np.testing.assert_allclose(one, nk.rsa.rdm(by_hand, method).values, rtol=1e-9)


def test_cosine_without_means_is_correlation_of_single_trials():
    x = np.random.default_rng(0).random((5, 7))
    np.testing.assert_allclose(
        nk.rsa.rdm(x, "cosine", remove_mean=True).values, nk.rsa.rdm(x, "correlation").values
    )


@pytest.mark.parametrize("noise", ["diag", "full", "shrinkage_eye", "shrinkage_diag"])
def test_a_named_estimator_is_the_covariance_it_names(noise):
    x = _trials(n_repeats=4)
    cell = [f"{c} {r}" for c, r in zip(x.condition.values, x.run.values, strict=True)]
    cells = x.assign_coords(cell=("trial", cell))
    covariance = nk.rsa.noise_covariance(cells, noise, conditions="cell")
    one = nk.rsa.rdm(x, "crossnobis", noise, "run").values
    np.testing.assert_allclose(one, nk.rsa.rdm(x, "crossnobis", covariance, "run").values)


@pytest.mark.parametrize("method", ["mahalanobis", "crossnobis"])
def test_variances_are_a_diagonal_covariance(method):
    x, variances = _trials(), np.array([1.0, 4.0, 0.25, 9.0])
    folds = {"folds": "run"}
    one = nk.rsa.rdm(x, method, variances, **folds).values
    np.testing.assert_allclose(one, nk.rsa.rdm(x, method, np.diag(variances), **folds).values)


def test_whitening_by_the_identity_is_no_whitening():
    x = _trials()
    np.testing.assert_allclose(
        nk.rsa.rdm(x, "mahalanobis", np.eye(4)).values, nk.rsa.rdm(x, "euclidean").values
    )


def test_labelled_noise_is_put_in_the_order_of_the_channels():
    x = _trials()
    names = x["channel"].values
    noise = xr.DataArray(SPD, {"channel": names, "channel_2": names}, ["channel", "channel_2"])
    mixed = noise.isel(channel=[3, 1, 0, 2], channel_2=[3, 1, 0, 2])
    one, two = (nk.rsa.rdm(x, "mahalanobis", z).values for z in (SPD, mixed))
    np.testing.assert_allclose(one, two, rtol=1e-10)


def test_equal_noise_of_every_fold_is_one_noise():
    x = _trials()
    one = nk.rsa.rdm(x, "crossnobis", SPD, "run").values
    np.testing.assert_allclose(one, nk.rsa.rdm(x, "crossnobis", [SPD] * 3, "run").values)


def test_systems_of_a_mapping_may_have_noise_of_their_own():
    x, y = _trials(seed=1), _trials(seed=2)
    noise = {"x": SPD, "y": np.eye(4)}
    found = nk.rsa.rdm({"x": x, "y": y}, "mahalanobis", noise)
    labels = nk.rsa.rdm(x, "euclidean")
    kept = [str(labels.condition_1.values[0]), *map(str, labels.condition_2.values[:3])]
    other = nk.rsa.select_conditions(nk.rsa.rdm(y, "euclidean"), kept)
    np.testing.assert_allclose(found.sel(subject="x"), nk.rsa.rdm(x, "mahalanobis", SPD))
    np.testing.assert_allclose(found.sel(subject="y").values, other.values)


@pytest.mark.parametrize("weighting", ["number", "equal"])
@pytest.mark.parametrize("folds", [None, "run"])
def test_unbalanced_products_are_means_over_pairs_of_trials(weighting, folds):
    x = _trials(n_repeats=1).isel(trial=slice(1, None))  # one cell is empty
    x.values[2, 1] = np.nan
    method = "crossnobis" if folds else "euclidean"
    found = nk.rsa.rdm(x, method, folds=folds, unbalanced=True, weighting=weighting)
    labels = list(dict.fromkeys(x["condition"].values.tolist()))
    run, condition = x["run"].values, x["condition"].values

    def kernel(i, j):
        total, mass = 0.0, 0.0
        for a, b in itertools.product(range(len(run)), repeat=2):
            if condition[a] != i or condition[b] != j or (folds and run[a] == run[b]):
                continue
            product = x.values[a] * x.values[b]
            seen = np.isfinite(product)
            weight = seen.sum() if weighting == "number" else 1.0
            total += weight * product[seen].mean()
            mass += weight
        return total / mass

    expected = [
        kernel(i, i) + kernel(j, j) - 2 * kernel(i, j) for i, j in itertools.combinations(labels, 2)
    ]
    np.testing.assert_allclose(found.values, expected, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("method", METHODS)
def test_repeated_calls_give_the_same_bytes_and_leave_inputs(method):
    x = _trials()
    before = x.copy(deep=True)
    one, two = (nk.rsa.rdm(x, method, **_options(method)) for _ in range(2))
    assert one.values.tobytes() == two.values.tobytes()
    assert before.identical(x)


@pytest.mark.parametrize("method", METHODS)
def test_attributes_say_the_method_and_history(method):
    found = nk.rsa.rdm(_trials(), method, **_options(method))
    assert found.attrs["method"] == method
    assert found.attrs["long_name"] == "dissimilarity"
    assert found.name == "rdm"
    assert "rsa.rdm" in str(found.attrs["history"])


@pytest.mark.parametrize(
    ("method", "units"),
    [("euclidean", "(V)^2"), ("correlation", "1"), ("cosine", "1"), ("crossnobis", "(V)^2")],
)
def test_units_are_squared_where_the_distance_is(method, units):
    x = _trials().assign_attrs(units="V")
    assert nk.rsa.rdm(x, method, **_options(method)).attrs["units"] == units


def test_whitened_distances_have_the_unit_one():
    x = _trials().assign_attrs(units="V")
    assert nk.rsa.rdm(x, "mahalanobis", SPD).attrs["units"] == "1"


@pytest.mark.parametrize("suffix", ["nc", "zarr"])
def test_an_rdm_movie_survives_saving(tmp_path, suffix):
    rng = np.random.default_rng(0)
    x = xr.DataArray(
        rng.random((3, 4, 6)),
        {"time": [0.0, 0.1, 0.2], "condition": list("abcd")},
        ["time", "condition", "channel"],
    )
    tree = xr.DataTree.from_dict({"/rdm": nk.rsa.rdm(x, "euclidean").to_dataset(name="rdm")})
    path = tmp_path / f"movie.{suffix}"
    nk.save(tree, path)
    assert_same(nk.open(path), tree)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"method": "manhattan"}, OptionError, "method"),
        ({"method": "euclidian"}, OptionError, "euclidean"),
        ({"method": "euclidean", "weighting": "sum"}, OptionError, "weighting"),
        ({"method": "euclidean", "noise": SPD}, OptionError, "noise: euclidean does not whiten"),
        ({"method": "crossnobis"}, OptionError, "folds: crossnobis compares"),
        ({"method": "poisson_cv"}, OptionError, "folds: poisson_cv compares"),
        ({"method": "poisson", "prior_weight": 0.0}, OptionError, "prior_weight"),
        ({"method": "poisson", "prior_rate": -1.0}, OptionError, "not positive"),
        ({"method": "euclidean", "conditions": "kind"}, LabelError, "no coordinate 'kind'"),
        ({"method": "crossnobis", "folds": "session"}, LabelError, "folds: there is no"),
        ({"method": "mahalanobis", "noise": np.eye(3)}, OptionError, r"noise: has shape \(3, 3\)"),
        ({"method": "mahalanobis", "noise": "shrunk"}, OptionError, "noise"),
        ({"method": "mahalanobis", "noise": -np.eye(4)}, OptionError, "not positive definite"),
        ({"method": "mahalanobis", "noise": [SPD] * 3}, OptionError, "one for each fold"),
        ({"folds": "run", "noise": [SPD] * 2}, OptionError, "2 covariances for 3 folds"),
        ({"method": "euclidean", "conditions": list("ab")}, LabelError, "one label per"),
    ],
)
def test_wrong_options_are_named(options, error, says):
    with pytest.raises(error, match=says):
        nk.rsa.rdm(_trials(), **options)


def test_negative_rates_are_no_poisson_rates():
    x = _trials() - 5.0
    with pytest.raises(SchemaError, match="patterns: the least rate is -"):
        nk.rsa.rdm(x, "poisson")


@pytest.mark.parametrize("method", ["mahalanobis", "crossnobis", "poisson"])
def test_values_missing_in_some_trials_are_refused_where_all_are_needed(method):
    x = _trials()
    x.values[0, 0] = np.nan
    with pytest.raises(SchemaError, match=f"{method} needs all"):
        nk.rsa.rdm(x, method, **_options(method))


@pytest.mark.parametrize("method", METHODS)
def test_a_system_without_any_value_is_unknown(method):
    x = _trials() * np.nan
    assert np.isnan(nk.rsa.rdm(x, method, **_options(method)).values).all()


def test_noise_with_dims_the_patterns_lack_is_refused():
    names = ["channel", "channel_2"]
    noise = xr.DataArray(np.stack([SPD, SPD]), dims=["roi", *names])
    with pytest.raises(OptionError, match="noise: dims are"):
        nk.rsa.rdm(_trials(), "mahalanobis", noise)


def test_noise_that_lacks_a_channel_is_refused():
    names = ["c0", "c1", "c2", "other"]
    noise = xr.DataArray(SPD, {"channel": names, "channel_2": names}, ["channel", "channel_2"])
    with pytest.raises(LabelError, match="noise: it lacks c3"):
        nk.rsa.rdm(_trials(), "mahalanobis", noise)


def test_systems_must_have_the_same_other_dims():
    x = _trials()
    two = xr.concat([x, x], dim="time", join="exact")
    with pytest.raises(SchemaError, match="patterns 'b'"):
        nk.rsa.rdm({"a": x, "b": two}, "euclidean")
