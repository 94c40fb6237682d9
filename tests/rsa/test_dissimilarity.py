"""RDMs of labelled patterns: labels, folds, missing data, units, errors."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import LabelError, NeurokitWarning, OptionError, SchemaError, UnitsError


def _brute(x, labels, folds):
    """Crossnobis by its definition, one pair and one fold at a time."""
    names = list(dict.fromkeys(labels))
    out = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            values = []
            for fold in np.unique(folds):
                inside = folds == fold
                train = x[(labels == a) & ~inside].mean(0) - x[(labels == b) & ~inside].mean(0)
                test = x[(labels == a) & inside].mean(0) - x[(labels == b) & inside].mean(0)
                values.append(train @ test / x.shape[1])
            out.append(np.mean(values))
    return np.array(out)


def test_crossnobis_is_its_definition_also_with_unequal_repeats(make_patterns):
    x = make_patterns(n=5, p=6, n_folds=3, n_repeats=3)
    x = x.isel(trial=np.flatnonzero((x.run.values > 0) | (np.arange(45) % 7 > 0)))
    ours = nk.rsa.rdm(x, folds="run", conditions="condition")
    expected = _brute(x.values, x.condition.values, x.run.values)
    np.testing.assert_allclose(ours.values, expected, rtol=1e-10, atol=1e-13)


def test_poisson_cross_validated_is_the_hand_formula(make_patterns):
    x = make_patterns(n=4, p=5, positive=True)
    ours = nk.rsa.rdm(x, "poisson_cv", folds="run", conditions="condition")
    labels, folds = x.condition.values, x.run.values
    names = list(dict.fromkeys(labels))
    expected = []
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            values = []
            for fold in np.unique(folds):
                inside = folds == fold
                rate = {k: (x.values[(labels == k) & ~inside].mean(0) + 0.1) / 1.1 for k in (a, b)}
                test = {k: (x.values[(labels == k) & inside].mean(0) + 0.1) / 1.1 for k in (a, b)}
                product = (rate[a] - rate[b]) * (np.log(test[a]) - np.log(test[b]))
                values.append(product.sum() / 5)
            expected.append(np.mean(values))
    np.testing.assert_allclose(ours.values, expected, rtol=1e-12)


def test_unbalanced_is_the_mean_over_pairs_of_observations(make_patterns):
    x = make_patterns(n=4, p=3).isel(trial=slice(0, 15))
    ours = nk.rsa.rdm(x, "euclidean", conditions="condition", unbalanced=True, weighting="equal")
    labels = x.condition.values
    names = list(dict.fromkeys(labels))
    rows = {k: x.values[labels == k] for k in names}
    kernel = {(a, b): np.mean(rows[a] @ rows[b].T) / 3 for a in names for b in names}
    expected = [
        kernel[a, a] + kernel[b, b] - 2 * kernel[a, b]
        for i, a in enumerate(names)
        for b in names[i + 1 :]
    ]
    np.testing.assert_allclose(ours.values, expected, rtol=1e-10)


def test_one_untold_condition_leaves_the_others_alone(make_patterns):
    x = make_patterns(n=5, p=4)
    lone = x.condition.values[0]
    keep = (x.condition.values != lone) | (x.run.values == 0)
    found = nk.rsa.rdm(x.isel(trial=keep), folds="run", conditions="condition", unbalanced=True)
    touches = (found.condition_1 == lone) | (found.condition_2 == lone)
    assert np.isnan(found.values[touches.values]).all()
    assert np.isfinite(found.values[~touches.values]).all()


def _design(n_runs=4, n=5, p=30, seed=0, lead=()):
    rng = np.random.default_rng(seed)
    return xr.DataArray(
        rng.standard_normal((*[3] * len(lead), n_runs, n, p)),
        {"run": np.arange(n_runs), "condition": list("abcdefgh")[:n]},
        [*lead, "run", "condition", "channel"],
    )


def test_folds_may_be_a_dim_of_their_own():
    x = _design()
    flat = x.stack(trial=("run", "condition")).reset_index("trial").transpose("trial", "channel")
    as_dims = nk.rsa.rdm(x, folds="run")
    as_rows = nk.rsa.rdm(flat, folds="run", conditions="condition")
    np.testing.assert_allclose(as_dims.values, as_rows.values, rtol=1e-12)


def test_other_dims_stay_and_are_independent():
    x = _design(lead=("subject", "time"))
    movie = nk.rsa.rdm(x, folds="run")
    assert movie.dims == ("subject", "time", "pair")
    alone = nk.rsa.rdm(x.isel(subject=1, time=2), folds="run")
    np.testing.assert_array_equal(movie.values[1, 2], alone.values)


def test_labels_name_the_pairs():
    found = nk.rsa.rdm(_design(n=3).isel(run=0), "euclidean")
    assert found.condition_1.values.tolist() == ["a", "a", "b"]
    assert found.condition_2.values.tolist() == ["b", "c", "c"]


def test_systems_are_joined_by_the_labels_of_conditions():
    one, two = _design(n=4).isel(run=0), _design(n=5, p=12, seed=1).isel(run=0)
    two = two.isel(condition=[4, 2, 0])
    found = nk.rsa.rdm({"s1": one, "s2": two}, "euclidean")
    assert found.subject.values.tolist() == ["s1", "s2"]
    square = nk.rsa.rdm_to_square(found)
    assert square.condition.values.tolist() == ["a", "b", "c", "d", "e"]
    alone = nk.rsa.rdm_to_square(nk.rsa.rdm(two, "euclidean"))
    for a, b in [("a", "c"), ("c", "e"), ("a", "e")]:
        assert square.sel(subject="s2", condition=a, condition_2=b) == alone.sel(
            condition=a, condition_2=b
        )
    assert np.isnan(square.sel(subject="s2", condition="b", condition_2="a"))
    assert np.isfinite(square.sel(subject="s1", condition="b", condition_2="a"))


def test_channels_that_a_subject_lacks_are_left_out():
    x = _design(lead=("subject",)).isel(run=0)
    holed = x.copy()
    holed.values[1, :, :7] = np.nan
    found = nk.rsa.rdm(holed, "correlation")
    expected = nk.rsa.rdm(x.isel(subject=1, channel=slice(7, None)), "correlation")
    np.testing.assert_allclose(found.values[1], expected.values, rtol=1e-12)
    np.testing.assert_array_equal(found.values[0], nk.rsa.rdm(x, "correlation").values[0])


@pytest.mark.parametrize("method", ["euclidean", "correlation", "cosine"])
def test_values_missing_here_and_there_are_left_out_of_their_pairs(method):
    x = _design(n=4, p=8).isel(run=0)
    x.values[0, 2] = x.values[2, 5] = np.nan
    found = nk.rsa.rdm(x, method)
    k = 0
    for i in range(4):
        for j in range(i + 1, 4):
            both = np.isfinite(x.values[i]) & np.isfinite(x.values[j])
            pair = x.isel(condition=[i, j], channel=both)
            alone = nk.rsa.rdm(pair, method)
            np.testing.assert_allclose(found.values[k], alone.values[0], rtol=1e-10)
            k += 1


def test_a_large_offset_costs_no_digits():
    x = _design(n=4).isel(run=0)
    plain, shifted = nk.rsa.rdm(x, "euclidean"), nk.rsa.rdm(x + 1e6, "euclidean")
    np.testing.assert_allclose(shifted.values, plain.values, rtol=1e-8)


def test_tiny_units_do_not_underflow():
    x = _design(n=4).isel(run=0)
    tiny = nk.rsa.rdm((x * 1e-13).astype(np.float32), "correlation")
    np.testing.assert_allclose(tiny.values, nk.rsa.rdm(x, "correlation").values, rtol=1e-4)


def test_whitening_is_the_mahalanobis_distance():
    x = _design(n=4, p=6).isel(run=0)
    rng = np.random.default_rng(5)
    a = rng.standard_normal((30, 6))
    covariance = a.T @ a / 30
    found = nk.rsa.rdm(x, "mahalanobis", noise=covariance)
    d = x.values[0] - x.values[3]
    np.testing.assert_allclose(found.values[2], d @ np.linalg.inv(covariance) @ d / 6, rtol=1e-10)
    diagonal = np.diag(covariance)
    as_vector = nk.rsa.rdm(x, "mahalanobis", noise=diagonal)
    as_matrix = nk.rsa.rdm(x, "mahalanobis", noise=np.diag(diagonal))
    np.testing.assert_allclose(as_vector.values, as_matrix.values, rtol=1e-12)


def _cells(x):
    """Conditions in runs: what differs within one is noise and nothing that folds share."""
    cell = [f"{c} {r}" for c, r in zip(x.condition.values, x.run.values, strict=True)]
    return x.assign_coords(cell=("trial", cell))


def test_noise_by_name_is_estimated_within_conditions_and_folds(make_patterns):
    x = make_patterns(n=6, p=5)
    by_name = nk.rsa.rdm(x, noise="shrinkage_diag", folds="run", conditions="condition")
    noise = nk.rsa.noise_covariance(_cells(x), conditions="cell")
    given = nk.rsa.rdm(x, noise=noise, folds="run", conditions="condition")
    np.testing.assert_allclose(by_name.values, given.values, rtol=1e-12)


def test_noise_estimated_from_the_same_data_leaves_crossnobis_unbiased(make_patterns):
    # Residuals between folds would bias it by .03, eight standard errors of 600 simulations.
    x = make_patterns(n=6, p=10).expand_dims(subject=600).copy()
    x.values[:] = np.random.default_rng(0).standard_normal(x.shape)
    means = nk.rsa.rdm(x, "crossnobis", "shrinkage_diag", "run").mean("pair")
    assert abs(float(means.mean())) < 3 * float(means.std()) / np.sqrt(600)


def test_folds_without_repeats_warn_that_their_differences_are_no_pure_noise(make_patterns):
    x = make_patterns(n=6, p=5, n_repeats=1)
    with pytest.warns(NeurokitWarning, match="no condition is repeated within a fold"):
        found = nk.rsa.rdm(x, noise="shrinkage_diag", folds="run")
    noise = nk.rsa.noise_covariance(x, conditions="condition")
    np.testing.assert_allclose(found.values, nk.rsa.rdm(x, noise=noise, folds="run").values)


def test_noise_of_each_subject_is_its_own():
    x = _design(lead=("subject",), p=6)
    noise = nk.rsa.noise_covariance(x, conditions="condition", repeats="run")
    assert noise.dims == ("subject", "channel", "channel_2")
    found = nk.rsa.rdm(x, noise=noise, folds="run")
    alone = nk.rsa.rdm(x.isel(subject=2), noise=noise.isel(subject=2), folds="run")
    np.testing.assert_allclose(found.values[2], alone.values, rtol=1e-12)


def test_a_constant_pattern_has_no_direction():
    x = _design(n=3).isel(run=0)
    x.values[1] = 4.0
    found = nk.rsa.rdm(x, "correlation")
    assert np.isnan(found.values[[0, 2]]).all()
    assert np.isfinite(found.values[1])


def test_epochs_give_a_movie():
    rec = nk.simulate.recording("eeg", random_state=0)
    signal = rec.activity.signal
    trials = nk.signal.epoch(rec, rec.events, 0.0, 0.1)
    movie = nk.rsa.rdm(trials, "correlation", conditions="trial_type")
    assert movie.dims == ("time", "pair")
    assert signal.sizes["channel"] > 2


@pytest.mark.parametrize("method", ["euclidean", "correlation", "crossnobis", "cosine"])
def test_inputs_are_left_as_they_are(method):
    x = _design()
    before = x.values.tobytes()
    nk.rsa.rdm(x, method, folds="run", remove_mean=True)
    assert x.values.tobytes() == before


def test_history_says_what_was_done():
    found = nk.rsa.rdm(_design(), folds="run")
    assert "rsa.rdm" in found.attrs["history"]


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"method": "crosnobis"}, OptionError, "crossnobis"),
        ({"method": "crossnobis"}, OptionError, "folds"),
        ({"method": "euclidean", "noise": np.eye(30)}, OptionError, "does not whiten"),
        ({"method": "mahalanobis", "noise": np.eye(3)}, OptionError, r"\(3, 3\)"),
        ({"method": "mahalanobis", "noise": -np.eye(30)}, OptionError, "positive definite"),
        ({"method": "poisson"}, SchemaError, "rate"),
        ({"method": "euclidean", "conditions": "runn"}, LabelError, "run"),
        ({"method": "euclidean", "conditions": [1, 2]}, LabelError, "labels"),
        ({"method": "euclidean", "prior_weight": 0.0}, OptionError, "above 0"),
        ({"method": "euclidean", "weighting": "no"}, OptionError, "number"),
    ],
)
def test_mistakes_are_named(options, error, says):
    with pytest.raises(error, match=says):
        nk.rsa.rdm(_design(), **options)


def test_a_condition_that_a_fold_lacks_is_named(make_patterns):
    x = make_patterns(n=4)
    lost = x.condition.values[0]
    keep = (x.condition.values != lost) | (x.run.values != 1)
    with pytest.raises(OptionError, match=f"fold 1 has no {lost}.*unbalanced"):
        nk.rsa.rdm(x.isel(trial=keep), folds="run", conditions="condition")


def test_units_are_not_mixed():
    x = _design().assign_coords(unit=("channel", ["V"] * 20 + ["T"] * 10))
    with pytest.raises(UnitsError, match="2 units"):
        nk.rsa.rdm(x, folds="run")
    nk.rsa.rdm(x, folds="run", noise=np.eye(30))  # whitened, all have unit 1


def test_shapes_that_say_nothing_are_refused():
    with pytest.raises(SchemaError, match="observation, feature"):
        nk.rsa.rdm(np.zeros(3), "euclidean")
    with pytest.raises(SchemaError, match="dims"):
        nk.rsa.rdm(xr.DataArray(np.zeros((2, 3)), dims=["a", "b"]), "euclidean")


@pytest.mark.slow
def test_crossnobis_of_pure_noise_is_zero_on_average():
    rng = np.random.default_rng(11)
    means = []
    for _ in range(500):
        x = rng.standard_normal((4, 6, 20))
        data = xr.DataArray(x, dims=["run", "condition", "channel"])
        means.append(float(nk.rsa.rdm(data, folds="run").mean()))
    error = np.std(means, ddof=1) / np.sqrt(len(means))
    assert abs(np.mean(means)) < 3 * error
