"""What linear encoders share: predictions and scores of new data, labels, what is refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from sklearn.metrics import mean_squared_error, r2_score

from neurokit.encoding import BandedRidgeEncoder, RidgeEncoder
from neurokit.encoding.heldout import Scores
from neurokit.encoding.labels import Labels, named
from neurokit.encoding.linear import (
    alpha_labels,
    as_dataset,
    check_labels,
    in_order,
    record_ends,
    say_edges,
)
from neurokit.errors import LabelError, NeurokitError, NeurokitWarning, SchemaError
from neurokit.schema import activity, recording

N, P = 60, 4
RNG = np.random.default_rng(0)
X = RNG.standard_normal((N, P))
Y = X @ RNG.standard_normal((P, 6)) + RNG.standard_normal((N, 6))


def ridge(**options):
    return RidgeEncoder((1.0,), **options)


def labelled(x=X, y=Y):
    features = xr.DataArray(x, dims=("time", "feature"), coords={"feature": list("abcd")})
    targets = xr.DataArray(
        y.reshape(len(y), 3, 2),
        dims=("time", "channel", "lag"),
        coords={"channel": ["A", "B", "C"], "lag": [0.0, 0.1]},
    )
    return features, targets


@pytest.fixture(scope="module")
def fitted():
    return ridge().fit(*labelled())


def test_predictions_are_the_product_of_what_is_kept(fitted):
    x, _ = labelled()
    expected = xr.dot(x, fitted.coef_, dim="feature") + fitted.intercept_
    xr.testing.assert_allclose(fitted.predict(x), expected)
    np.testing.assert_allclose(fitted.predict(X), expected, atol=1e-12)


@pytest.mark.parametrize("dims", [("feature", "time"), ("time", "feature")])
def test_dims_of_features_in_any_order_predict_the_same(fitted, dims):
    x, _ = labelled()
    xr.testing.assert_identical(fitted.predict(x.transpose(*dims)), fitted.predict(x))


def test_every_combination_of_further_dims_is_a_sample(fitted):
    x = xr.DataArray(
        X[:24].reshape(2, 3, 4, P),
        dims=("subject", "trial", "time", "feature"),
        coords={"feature": list("abcd"), "subject": ["s1", "s2"]},
    )
    found = fitted.predict(x)
    assert found.dims == ("subject", "trial", "time", "channel", "lag")
    assert found.subject.values.tolist() == ["s1", "s2"]
    np.testing.assert_allclose(found.values.reshape(24, 3, 2), fitted.predict(X[:24]))


def test_one_sample_needs_a_dim_of_samples(fitted):
    x, _ = labelled()
    one = x[5]
    with pytest.raises(LabelError, match="none of samples") as caught:
        fitted.predict(one)
    assert "expand_dims" in caught.value.mend
    found = fitted.predict(one.expand_dims("time"))
    np.testing.assert_allclose(found[0], fitted.predict(x)[5])


def test_a_scalar_is_no_sample_of_a_single_feature():
    x = xr.DataArray(X[:, 0], dims="time")
    model = ridge().fit(x, xr.DataArray(Y[:, 0], dims="time"))
    assert model.predict(x).dims == ("time",)
    with pytest.raises(LabelError, match="none of samples"):
        model.predict(x[3])


def test_a_recording_is_predicted_from_its_stimulus():
    groups = {"activity": activity(Y, names=list("uvwxyz"), rate=10.0)}
    rec = recording(groups, modality="calcium", subject="m", name="m")
    time = rec["activity/signal"]["time"]
    values = xr.DataArray(X, dims=("time", "feature"), coords={"time": time})
    rec["stimulus"] = xr.DataTree(xr.Dataset({"feature_values": values}))
    model = ridge().fit(rec)
    expected = model.predict(rec["stimulus/feature_values"])
    xr.testing.assert_identical(model.predict(rec), expected)
    signal = rec["activity/signal"].values
    np.testing.assert_allclose(expected, ridge().fit(X, signal).predict(X), atol=1e-12)


@pytest.mark.parametrize("kind", [int, bool, np.float32, np.int8])
def test_any_real_numbers_are_predicted_from(kind):
    values = (10 * X).astype(kind)
    model = ridge().fit(values.astype(float), Y)
    np.testing.assert_array_equal(model.predict(values), model.predict(values.astype(float)))


def test_scores_are_those_of_scikit_learn(fitted):
    rng = np.random.default_rng(1)
    new, truth = rng.standard_normal((40, P)), rng.standard_normal((40, 6)) + 5.0
    found = fitted.score_targets(*labelled(new, truth))
    predicted = fitted.predict(new).reshape(40, 6)
    r2 = r2_score(truth, predicted, multioutput="raw_values")
    mse = mean_squared_error(truth, predicted, multioutput="raw_values")
    np.testing.assert_allclose(found.r2.values.ravel(), r2, rtol=1e-10)
    np.testing.assert_allclose(found.mse.values.ravel(), mse, rtol=1e-10)
    r = [np.corrcoef(predicted[:, k], truth[:, k])[0, 1] for k in range(6)]
    np.testing.assert_allclose(found.r.values.ravel(), r, atol=1e-10)
    assert fitted.score(new, truth.reshape(40, 6)) == pytest.approx(r2.mean())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("plain", [True, False])
def test_truth_that_is_missing_is_refused_and_scores_no_zero(fitted, bad, plain):
    hole = Y.copy()
    hole[7, 2] = bad
    given = (X, hole) if plain else labelled(X, hole)
    for score in (fitted.score_targets, fitted.score):
        with pytest.raises(SchemaError, match="Y: holds NaN or infinity"):
            score(*given)
    with pytest.raises(SchemaError, match="X: holds NaN"):
        fitted.score_targets(np.where(X > 2, np.nan, X), Y)


def test_missing_truth_is_refused_in_any_of_several_recordings(fitted):
    x, y = labelled()
    hole = y.copy()
    hole[3, 0, 0] = np.nan
    with pytest.raises(SchemaError, match="Y: holds NaN"):
        fitted.score_targets([x, x], [y, hole])
    whole = fitted.score_targets([x[:20], x[20:]], [y[:20], y[20:]])
    xr.testing.assert_allclose(whole, fitted.score_targets(x, y))


def test_truth_of_a_constant_target_scores_zero_whatever_is_predicted(fitted):
    flat = Y.copy()
    flat[:, 1] = 3.0
    found = fitted.score_targets(X, flat)
    assert float(found.r2.values.ravel()[1]) == 0.0
    assert float(found.r.values.ravel()[1]) == 0.0
    assert float(found.mse.values.ravel()[1]) > 0.0


def test_targets_in_another_order_are_not_scored_against_each_other(fitted):
    x, y = labelled()
    with pytest.raises(LabelError, match="Y: has other labels along 'channel'"):
        fitted.score_targets(x, y[:, ::-1])
    with pytest.raises(LabelError, match="X: has other labels along 'feature'"):
        fitted.score_targets(x[:, ::-1], y)


@pytest.mark.parametrize(
    "order", [("lag", "time", "channel"), ("channel", "lag", "time"), ("time", "lag", "channel")]
)
def test_dims_of_truth_in_any_order_score_the_same(fitted, order):
    x, y = labelled()
    xr.testing.assert_allclose(
        fitted.score_targets(x, y.transpose(*order)), fitted.score_targets(x, y)
    )


@pytest.mark.parametrize("n_targets", [1, 5, 7])
def test_another_number_of_targets_is_refused(n_targets):
    model = ridge().fit(X, Y)
    with pytest.raises(SchemaError, match=f"Y has {n_targets} targets, the fit 6"):
        model.score_targets(X, np.zeros((N, n_targets)))


def test_a_column_is_scored_as_a_column():
    model = ridge().fit(X, Y[:, 0])
    assert model.score_targets(X, Y[:, 0]).r2.ndim == 0
    assert model.score(X, Y[:, :1]) == pytest.approx(model.score(X, Y[:, 0]))


def test_lazy_truth_is_scored_too():
    import dask.array as da

    model = ridge().fit(X, Y)
    lazy = da.from_array(Y, chunks=(25, 2))
    xr.testing.assert_identical(model.score_targets(X, lazy), model.score_targets(X, Y))
    holes = da.from_array(np.where(Y > 3, np.nan, Y), chunks=(25, 2))
    with pytest.raises(SchemaError, match="NaN"):
        model.score_targets(X, holes)


def test_bands_refuse_missing_truth_too():
    bands = {"a": X[:, :2], "b": X[:, 2:]}
    model = BandedRidgeEncoder((1.0,), n_iter=2, random_state=0).fit(bands, Y)
    with pytest.raises(SchemaError, match="Y: holds NaN"):
        model.score_targets(bands, np.where(Y > 3, np.nan, Y))


def test_nothing_given_is_changed(fitted):
    x, y = labelled()
    copies = x.copy(deep=True), y.copy(deep=True)
    fitted.predict(x)
    fitted.score_targets(x, y)
    xr.testing.assert_identical(x, copies[0])
    xr.testing.assert_identical(y, copies[1])


@pytest.mark.parametrize(
    "x", [X[:0], X[:, :0], X[0], 3.0, "ab", X + 1j, np.full((N, P), None), X[:, :3], []]
)
def test_what_cannot_be_predicted_from_is_refused_with_a_mend(fitted, x):
    with pytest.raises(NeurokitError) as caught:
        fitted.predict(x)
    assert caught.value.where
    assert caught.value.mend


def test_one_recording_or_a_mapping_of_them_come_back_as_they_came(fitted):
    x, _ = labelled()
    found = fitted.predict({"one": x[:10], "two": x[10:]})
    assert list(found) == ["one", "two"]
    np.testing.assert_array_equal(xr.concat(found.values(), "time"), fitted.predict(x))
    first, second = fitted.predict([X[:10], X[10:]])
    np.testing.assert_array_equal(np.concatenate([first, second]), fitted.predict(X))


def test_order_is_changed_only_where_all_dims_are_there():
    x, y = labelled()
    assert in_order(y.transpose("lag", "channel", "time"), ("channel", "lag")).dims == y.dims
    assert in_order(x, ("channel",)) is x
    assert in_order(X, ("feature",)) is X
    both = in_order({"a": x.T, "b": x}, ("feature",))
    assert [one.dims for one in both.values()] == [("time", "feature")] * 2
    assert [one.dims for one in in_order((x.T, x), ("feature",))] == [("time", "feature")] * 2


def test_labels_are_compared_only_where_both_are_known():
    known = named("feature", ["a", "b"])
    check_labels(known, {}, "X")
    check_labels(known, named("feature", ["a", "b"]).coords, "X")
    check_labels(Labels(("feature",), (2,), {}), named("feature", [1, 2]).coords, "X")
    with pytest.raises(LabelError, match="Q: has other labels along 'feature'"):
        check_labels(known, named("feature", ["b", "a"]).coords, "Q")


def test_records_are_the_outer_dims_or_the_runs():
    trials = xr.DataArray(np.zeros((2, 3, 4)), dims=("subject", "trial", "time"))
    assert record_ends(trials, ["subject", "trial", "time"]).tolist() == [4, 8, 12, 16, 20, 24]
    runs = xr.DataArray(np.zeros(6), dims="time").assign_coords(run=("time", [2, 2, 1, 1, 1, 2]))
    assert record_ends(runs, ["time"]).tolist() == [2, 5, 6]


def test_scores_are_labelled_with_every_side():
    values = np.arange(6.0).reshape(2, 3)
    table = as_dataset(Scores(values, values + 1, values + 2), alpha_labels(np.array([1.0, 10.0])),
                       named("target", list("abc")))  # fmt: skip
    assert table.r.dims == ("alpha", "target")
    assert float(table.r2.sel(alpha=10.0, target="b")) == 5.0
    assert float(table.mse.sel(alpha=1.0, target="c")) == 4.0


@pytest.mark.parametrize(
    ("at_edge", "n_extended", "extend", "said"),
    [
        ([0, 1, -1], 0, False, r"2 of 3 targets are best at the edge of alphas \(0.1 to 10\)"),
        ([0, 0, 1], 2, True, r"2 of 3 targets were best .* extended to 0.1 to 1000"),
        ([0, 0, 1], 0, True, None),  # a plateau
        ([0, 0, 0], 0, False, None),
    ],
)
def test_edges_are_said_once_and_only_where_they_matter(at_edge, n_extended, extend, said):
    first, last = np.array([0.1, 10.0]), np.array([0.1, 10.0, 1000.0])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        say_edges(np.array(at_edge), n_extended, first, last, "Ridge", extend=extend)
    assert len(caught) == (said is not None)
    if said is not None:
        assert issubclass(caught[0].category, NeurokitWarning)
        with pytest.warns(NeurokitWarning, match=said):
            say_edges(np.array(at_edge), n_extended, first, last, "Ridge", extend=extend)
