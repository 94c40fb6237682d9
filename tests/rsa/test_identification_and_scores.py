"""Nearest centroids by hand, what a searchlight keeps, and units and designs of RDMs."""

import numpy as np
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

import neurokit as nk
from neurokit.errors import LabelError, OptionError, SchemaError
from neurokit.rsa import identification_core as core
from neurokit.rsa.patterns import read_items, read_patterns
from neurokit.rsa.searchlight_scores import scores_of
from neurokit.rsa.system_rdm import Choice, rdm_of_item, units_of

seeds = st.integers(0, 10**6)


@settings(max_examples=20)
@given(seeds, st.integers(2, 5), st.integers(3, 5))
def test_nearest_centroids_of_weighted_subjects_are_those_written_out(seed, n_labels, n_subjects):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n_subjects, n_labels, 8))
    counts = rng.integers(0, 3, n_subjects).astype(float)
    counts[0] = 2
    items = x.reshape(-1, 8)
    found = core.nearest_centroid(items @ items.T, counts[None], n_labels)[0]
    centroids = np.repeat(x, counts.astype(int), axis=0).mean(axis=0)
    distance = ((x[:, :, None] - centroids) ** 2).sum(axis=3)
    np.testing.assert_array_equal(found, distance.argmin(axis=2))


def test_predictions_of_a_draw_leave_all_copies_of_the_subject_out():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((5, 3, 8))
    group = np.array([0, 1, 0, 2, 3])
    counts = np.array([1.0, 2.0, 1.0, 0.0, 1.0])
    items = x.reshape(-1, 8)
    found = core.outer_predictions(items @ items.T, group, 3, counts)
    for s in range(5):
        weight = np.where(group != group[s], counts, 0.0)
        centroids = np.tensordot(weight / weight.sum(), x, 1)
        distance = ((x[s][:, None] - centroids) ** 2).sum(axis=2)
        np.testing.assert_array_equal(found[s], distance.argmin(axis=1))


def test_without_any_other_subject_nothing_is_predicted():
    x = np.random.default_rng(0).random((6, 4))
    found = core.outer_predictions(x @ x.T, np.array([0, 1, 2]), 2, np.array([3.0, 0, 0]))
    assert found[0].tolist() == [-1, -1]
    assert (found[1:] >= 0).all()


@pytest.mark.parametrize("classifier", ["centroid", "lda"])
def test_the_order_of_labels_only_reorders_answers(classifier):
    rng = np.random.default_rng(1)
    data = xr.DataArray(
        rng.random((4, 21)) + 0.5 * rng.standard_normal((5, 4, 21)),
        {"roi": list("abcd")},
        ["subject", "roi", "pair"],
    )
    before = data.copy(deep=True)
    options = {"transform": "raw", "classifier": classifier, "n_draws": 20, "random_state": 0}
    one = nk.rsa.identify(data, **options)
    two = nk.rsa.identify(data.isel(roi=[2, 0, 3, 1]), **options)
    np.testing.assert_array_equal(two.predicted.sel(roi=list("abcd")).values, one.predicted.values)
    np.testing.assert_allclose(two.standard_error, one.standard_error, equal_nan=True)
    xr.testing.assert_identical(data, before)


def test_confusion_counts_shares_of_subjects():
    rng = np.random.default_rng(2)
    data = xr.DataArray(rng.random((6, 3, 21)), dims=["subject", "roi", "pair"])
    found = nk.rsa.identify(data, transform="raw", n_draws=0)
    predicted = found.predicted.values
    expected = [[(predicted[:, a] == b).mean() for b in range(3)] for a in range(3)]
    np.testing.assert_allclose(found.confusion.values, expected)
    np.testing.assert_allclose(found.accuracy_of, np.diag(expected))
    np.testing.assert_allclose(found.confusion.sum("roi_2"), 1.0)


def test_the_simplest_candidate_stays_within_two_standard_errors():
    # Of 100 answers .9 has a standard error of .03.
    scores = np.array([[0.85, 0.83], [0.9, 0.9]])
    np.testing.assert_array_equal(core.choose(scores, 100), [0, 1])


@pytest.mark.parametrize("step", [0.5, 0.25, 0.2])
def test_cells_of_a_grid_are_pairs_of_lines(step):
    lines = round(1 / step) + 1
    found = core.candidates(step)[1:]
    assert len(found) == lines * (lines - 1) // 2
    assert len(set(found)) == len(found)
    assert all(0 <= low < high <= 1 for low, high in found)


def _models(names="abcd"):
    names = np.array(list(names))
    i, j = np.triu_indices(len(names), 1)
    coords = {"condition_1": ("pair", names[i]), "condition_2": ("pair", names[j])}
    return xr.DataArray(np.random.default_rng(3).random((2, 6)), coords, ["model", "pair"])


BLOCK = np.random.default_rng(4).random((5, 6))


@pytest.mark.parametrize("method", ["cosine", "corr", "tau-a", "whitened_cosine", "partial"])
def test_scores_of_a_block_are_those_of_compare(method):
    names, score = scores_of(_models(), method, np.array(list("abcd")))
    assert names == ["0", "1"]
    expected = nk.rsa.compare(BLOCK, _models().values, method).values
    np.testing.assert_allclose(score(BLOCK, 7), expected, rtol=1e-12)


def test_models_in_a_mapping_or_an_array_in_any_order_are_the_same():
    models = _models().assign_coords(model=["one", "two"])
    turned = nk.rsa.select_conditions(models, list("cadb"))
    each = {k: turned.sel(model=k) for k in ("one", "two")}
    conditions = np.array(list("abcd"))
    first = scores_of(models, "cosine", conditions)
    for other in (turned, turned.transpose("pair", "model"), each):
        names, score = scores_of(other, "cosine", conditions)
        assert names == ["one", "two"]
        np.testing.assert_array_equal(score(BLOCK, 0), first[1](BLOCK, 0))


def test_without_models_the_rdms_are_kept():
    names, score = scores_of(None, "cosine", np.arange(4))
    assert names is None
    assert score(BLOCK, 0) is BLOCK


def test_a_callable_sees_labelled_rdms_and_the_numbers_of_centres():
    seen = []

    def last(rdms):
        seen.append(rdms)
        return rdms.values[:, -1]

    _, score = scores_of(last, "cosine", np.array(list("wxyz")))
    np.testing.assert_array_equal(score(BLOCK, 10), BLOCK[:, -1:])
    assert seen[0].centre.values.tolist() == [10, 11, 12, 13, 14]
    assert seen[0].condition_2.values.tolist() == list("xyzyzz")


@pytest.mark.parametrize(
    "wrong", [lambda r: 1.0, lambda r: np.ones(3), lambda r: np.ones((5, 1, 1))]
)
def test_a_callable_gives_one_row_for_each_centre(wrong):
    with pytest.raises(OptionError, match="callable gave shape"):
        scores_of(wrong, "cosine", np.arange(4))[1](BLOCK, 0)


@pytest.mark.parametrize(
    ("models", "error", "says"),
    [
        ({}, OptionError, "there are none"),
        ({"m": np.ones((2, 6))}, OptionError, "'m' is not one RDM"),
        ({"m": np.ones(10)}, LabelError, "5 conditions against 4"),
        (_models("abcx"), LabelError, "only here: x"),
        (_models().expand_dims(roi=2), OptionError, "model, pair"),
        (_models().isel(pair=slice(5)), OptionError, "5 values"),
    ],
)
def test_models_that_do_not_fit_a_search(models, error, says):
    with pytest.raises(error, match=says):
        scores_of(models, "cosine", np.array(list("abcd")))


def _trials(values=None):
    values = np.arange(48.0).reshape(2, 6, 4) if values is None else values
    coords = {"condition": ("trial", list("babcac")), "run": ("trial", [2, 1, 1, 2, 2, 1])}
    return xr.DataArray(values, coords, ["time", "trial", "channel"], attrs={"units": "uV"})


def test_items_are_read_one_by_one_as_copies():
    x = _trials()
    design, item = read_items(x, None, "run")
    assert design.values.shape == (0, 6, 4)
    for k in range(2):
        one = item(k)
        np.testing.assert_array_equal(one, x.values[k])
        one[:] = -1
    assert (x.values >= 0).all()


def test_means_over_channels_leave_missing_ones_out():
    x = np.array([[[1.0, np.nan, 5.0], [2.0, 4.0, np.nan], [np.nan] * 3]])
    found = read_patterns(x, None, None).without_mean().values[0]
    np.testing.assert_array_equal(found, [[-2, np.nan, 2], [-1, 1, np.nan], [np.nan] * 3])


def test_conditions_and_folds_may_run_over_two_dims():
    x = xr.DataArray(
        np.random.default_rng(0).random((3, 2, 4)),
        {"run": [5, 1, 3], "condition": list("xy")},
        ["run", "condition", "channel"],
    )
    found = read_patterns(x, None, "run")
    assert found.condition.tolist() == [0, 0, 0, 1, 1, 1]
    assert found.folds.tolist() == [1, 3, 5]
    assert found.fold.tolist() == [2, 0, 1] * 2
    np.testing.assert_array_equal(found.values[0], x.values.transpose(1, 0, 2).reshape(6, 4))


@pytest.mark.parametrize(
    ("method", "noise", "units"),
    [
        ("euclidean", None, "(uV)^2"),
        ("crossnobis", None, "(uV)^2"),
        ("crossnobis", np.eye(4), "1"),
        ("correlation", None, "1"),
        ("cosine", None, "1"),
    ],
)
def test_units_of_distances_are_squared(method, noise, units):
    x = _trials().assign_coords(units=("channel", ["uV"] * 4))
    assert units_of(x, Choice(method), noise) == units
    assert units_of(x.values, Choice(method), noise) == "1"


def test_a_system_without_data_has_no_rdm():
    design = read_patterns(_trials(), None, None)
    found = rdm_of_item(np.full((6, 4), np.nan), design, Choice("euclidean"), None)
    assert found.shape == (3,)
    assert np.isnan(found).all()


@pytest.mark.parametrize("method", ["euclidean", "mahalanobis"])
def test_a_channel_without_data_is_left_out_with_its_noise(method):
    rng = np.random.default_rng(1)
    item = rng.standard_normal((6, 4))
    root = rng.standard_normal((4, 9))
    noise = root @ root.T if method == "mahalanobis" else None
    item[:, 1] = np.nan
    design = read_patterns(_trials(), None, None)
    found = rdm_of_item(item, design, Choice(method), noise)
    means = np.array([item[design.condition == k][:, [0, 2, 3]].mean(axis=0) for k in range(3)])
    inverse = np.eye(3) if noise is None else np.linalg.inv(noise[np.ix_([0, 2, 3], [0, 2, 3])])
    expected = [(d := means[i] - means[j]) @ inverse @ d / 3 for i, j in ((0, 1), (0, 2), (1, 2))]
    np.testing.assert_allclose(found, expected, rtol=1e-10)


def test_a_single_gap_is_refused_by_what_needs_all_values():
    item = np.random.default_rng(2).random((6, 4))
    item[0, 0] = np.nan
    design = read_patterns(_trials(), None, None)
    with pytest.raises(SchemaError, match="mahalanobis needs all"):
        rdm_of_item(item, design, Choice("mahalanobis"), np.eye(4))
