"""Searchlights equal rdm of every neighbourhood, whatever is missing or named otherwise."""

import numpy as np
import pytest
import xarray as xr
from searched import N_FOLDS, by_hand, mask_of, options_of, patterns_of

import neurokit as nk
from neurokit.errors import LabelError, NeurokitError, OptionError, SchemaError
from neurokit.rsa.dissimilarity import METHODS


@pytest.fixture
def near():
    return nk.rsa.volume_neighbourhoods(mask_of(), 1.5)


# ---------------------------------------------------------------------------------------------
# Against loops
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("unbalanced", [False, True])
def test_every_centre_has_the_rdm_of_its_neighbourhood(near, method, unbalanced):
    x = patterns_of(len(near.labels))
    options = {"unbalanced": unbalanced, **options_of(method)}
    found = nk.rsa.searchlight(x, near, method, **options)
    expected = by_hand(x, near, method, **options)
    assert found.dims == ("voxel", "pair")
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=1e-10)
    assert found.condition_1.values.tolist() == expected.condition_1.values.tolist()
    assert found.voxel.values.tolist() == near.coords["voxel"].tolist()
    np.testing.assert_array_equal(found.z.values, near.coords["z"])


@pytest.mark.parametrize("method", ["correlation", "euclidean", "crossnobis"])
def test_a_large_offset_costs_no_digits(near, method):
    # Raw scanner units: differences of 1 on top of 10 000.
    x = patterns_of(len(near.labels), offset=1e4)
    found = nk.rsa.searchlight(x, near, method, **options_of(method))
    expected = by_hand(x, near, method, **options_of(method))
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=1e-10)


def test_folds_with_unequal_numbers_of_repeats(near):
    x = patterns_of(len(near.labels)).isel(trial=slice(1, None))
    found = nk.rsa.searchlight(x, near, "crossnobis", folds="run")
    expected = by_hand(x, near, "crossnobis", folds="run")
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=1e-10)


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("method", ["correlation", "euclidean"])
def test_volumes_equal_rsatoolbox(toolbox, capsys, method):
    from rsatoolbox.util.searchlight import get_searchlight_RDMs, get_volume_searchlight

    mask = mask_of((6, 7, 6))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((8, *mask.shape))
    centres, neighbours = get_volume_searchlight(mask, 3, 0.2, truncate_at_boundary=True)
    theirs = get_searchlight_RDMs(x.reshape(8, -1), centres, neighbours, np.arange(8), method)
    capsys.readouterr()
    # Theirs is "less than 3 voxels", ours "at most": the next distance below 3 is sqrt(8).
    near = nk.rsa.volume_neighbourhoods(mask, 2.9)
    named = xr.DataArray(x, dims=["condition", "x", "y", "z"])
    found = nk.rsa.searchlight(named, near, method).sel(voxel=centres)
    np.testing.assert_allclose(found.values, theirs.dissimilarities, rtol=0, atol=1e-8)


@pytest.mark.usefixtures("quiet")
def test_repeats_are_averaged_as_rsatoolbox_does(toolbox, capsys):
    from rsatoolbox.util.searchlight import get_searchlight_RDMs, get_volume_searchlight

    mask = np.ones((4, 4, 4), bool)
    events = np.tile(np.arange(5), 3)
    x = np.random.default_rng(1).standard_normal((15, 64))
    centres, neighbours = get_volume_searchlight(mask, 2, 0.0, truncate_at_boundary=True)
    theirs = get_searchlight_RDMs(x, centres, neighbours, events, "correlation")
    capsys.readouterr()
    near = nk.rsa.volume_neighbourhoods(mask, 1.9)
    named = xr.DataArray(x, {"event": ("trial", events)}, ["trial", "voxel"])
    found = nk.rsa.searchlight(named, near, "correlation", conditions="event")
    np.testing.assert_allclose(found.values, theirs.dissimilarities, rtol=0, atol=1e-8)


# ---------------------------------------------------------------------------------------------
# Noise
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["crossnobis", "mahalanobis"])
@pytest.mark.parametrize("noise", ["shrinkage_diag", "shrinkage_eye", "diag"])
def test_noise_is_estimated_in_each_neighbourhood(near, method, noise):
    x = patterns_of(len(near.labels), n_repeats=4)
    options = {"noise": noise, **options_of(method)}
    found = nk.rsa.searchlight(x, near, method, **options)
    expected = by_hand(x, near, method, **options)
    np.testing.assert_allclose(found.values, expected.values, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("method", ["crossnobis", "mahalanobis"])
def test_a_covariance_of_all_places_gives_each_its_part(near, method):
    n = len(near.labels)
    x = patterns_of(n)
    root = np.random.default_rng(5).standard_normal((n, 2 * n))
    noise = root @ root.T / (2 * n)
    found = nk.rsa.searchlight(x, near, method, noise, **options_of(method))
    for k in (0, 7, near.n_centres - 1):
        at = near.members[near.starts[k] : near.starts[k + 1]]
        part = nk.rsa.rdm(x.isel(voxel=at), method, noise[np.ix_(at, at)], **options_of(method))
        np.testing.assert_allclose(found.values[k], part.values, rtol=1e-10)


@pytest.mark.parametrize("method", ["crossnobis", "mahalanobis"])
def test_variances_whiten_as_a_diagonal_covariance(near, method):
    n = len(near.labels)
    x = patterns_of(n)
    variance = np.random.default_rng(5).random(n) + 0.2
    found = nk.rsa.searchlight(x, near, method, variance, **options_of(method))
    full = nk.rsa.searchlight(x, near, method, np.diag(variance), **options_of(method))
    np.testing.assert_allclose(found.values, full.values, rtol=1e-9, atol=1e-12)


def test_every_fold_may_have_its_noise(near):
    n = len(near.labels)
    x = patterns_of(n)
    rng = np.random.default_rng(5)
    roots = rng.standard_normal((N_FOLDS, n, 2 * n))
    noise = roots @ roots.transpose(0, 2, 1) / (2 * n)
    found = nk.rsa.searchlight(x, near, "crossnobis", noise, folds="run")
    at = near.members[near.starts[3] : near.starts[4]]
    part = np.array([c[np.ix_(at, at)] for c in noise])
    expected = nk.rsa.rdm(x.isel(voxel=at), "crossnobis", part, folds="run")
    np.testing.assert_allclose(found.values[3], expected.values, rtol=1e-10)


@pytest.mark.parametrize("estimator", ["shrinkage_diag", "shrinkage_eye", "diag"])
def test_residuals_of_the_time_series_give_the_noise(near, estimator):
    n = len(near.labels)
    x = patterns_of(n)
    residuals = np.random.default_rng(2).standard_normal((60, n)) @ np.diag(
        np.linspace(0.5, 2.0, n)
    )
    found = nk.rsa.searchlight(x, near, "crossnobis", estimator, folds="run", residuals=residuals)
    for k in (0, 11):
        at = near.members[near.starts[k] : near.starts[k + 1]]
        noise = nk.rsa.noise_covariance(residuals[:, at], estimator).values
        expected = nk.rsa.rdm(x.isel(voxel=at), "crossnobis", noise, folds="run")
        np.testing.assert_allclose(found.values[k], expected.values, rtol=1e-9)


def test_labelled_residuals_are_found_by_their_labels():
    near = nk.rsa.sensor_neighbourhoods(list("abcd"), adjacency=np.ones((4, 4)))
    x = patterns_of(4, dim="channel").assign_coords(channel=list("abcd"))
    rng = np.random.default_rng(2)
    residuals = xr.DataArray(
        rng.standard_normal((30, 4)) * [1, 2, 3, 4], {"channel": list("abcd")}, ["time", "channel"]
    )
    one = nk.rsa.searchlight(
        x, near, "crossnobis", "shrinkage_diag", folds="run", residuals=residuals
    )
    turned = residuals.isel(channel=[3, 0, 2, 1]).transpose("channel", "time")
    two = nk.rsa.searchlight(x, near, "crossnobis", "shrinkage_diag", folds="run", residuals=turned)
    np.testing.assert_array_equal(one.values, two.values)


def test_crossnobis_of_pure_noise_is_zero_on_average():
    # One call searches 400 independent systems; their means are 400 simulations.
    near = nk.rsa.volume_neighbourhoods(np.ones((3, 2, 2), bool), 1.0)
    x = patterns_of(12, lead=[("subject", 400)])
    x.values[:] = np.random.default_rng(0).standard_normal(x.shape)
    found = nk.rsa.searchlight(x, near, "crossnobis", "diag", folds="run").mean(["voxel", "pair"])
    assert abs(float(found.mean())) < 3 * float(found.std()) / np.sqrt(400)


def test_signal_in_one_place_is_found_around_it_and_not_elsewhere():
    mask = np.ones((7, 7, 7), bool)
    near = nk.rsa.volume_neighbourhoods(mask, 1.5)
    x = patterns_of(mask.size, n=5, n_repeats=4)
    rng = np.random.default_rng(3)
    x.values[:] = rng.standard_normal(x.shape)
    centre = np.ravel_multi_index((2, 3, 4), mask.shape)
    code = np.unique(x.condition.values, return_inverse=True)[1]
    x.values[:, centre] += 6.0 * rng.standard_normal(5)[code]
    found = nk.rsa.searchlight(x, near, "crossnobis", folds="run").mean("pair")
    k = int(np.flatnonzero(near.coords["voxel"] == centre)[0])
    inside = near.members[near.starts[k] : near.starts[k + 1]]
    outside = np.setdiff1d(np.arange(mask.size), inside)
    assert found.values[inside].min() > 3 * np.abs(found.values[outside]).max()


def test_places_that_never_vary_are_named_before_anything_runs(near):
    x = patterns_of(len(near.labels))
    x.values[:, [2, 5]] = 3.0
    for noise in ("shrinkage_diag", "diag"):
        with pytest.raises(OptionError, match="2 of the places searched have no variance"):
            nk.rsa.searchlight(x, near, "crossnobis", noise, folds="run")


def test_a_covariance_without_inverse_names_the_way_out(near):
    n = len(near.labels)
    with pytest.raises(OptionError, match="not positive definite"):
        nk.rsa.searchlight(patterns_of(n), near, "crossnobis", np.ones((n, n)), folds="run")


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"noise": "shrink"}, "noise"),
        ({"residuals": np.zeros((9, 4))}, "residuals"),
        ({"noise": "diag", "residuals": np.zeros((9, 5))}, "residuals"),
        ({"noise": "diag", "residuals": np.zeros((1, 4))}, "noise"),
        ({"noise": "diag", "residuals": xr.DataArray(np.zeros((9, 4)))}, "residuals"),
        ({"noise": np.eye(3)}, "noise"),
        ({"noise": np.ones((N_FOLDS + 1, 4, 4)) + np.eye(4)}, "noise"),
    ],
)
def test_noise_that_does_not_fit_is_refused(options, where):
    near = nk.rsa.sensor_neighbourhoods(list("abcd"), adjacency=np.ones((4, 4)))
    with pytest.raises(NeurokitError, match=where):
        nk.rsa.searchlight(
            patterns_of(4, dim="channel"), near, "crossnobis", folds="run", **options
        )


def test_single_observations_leave_no_noise_to_estimate(near):
    x = patterns_of(len(near.labels)).isel(trial=slice(0, 12, 2))
    with pytest.raises(OptionError, match="0 degrees of freedom"):
        nk.rsa.searchlight(x, near, "mahalanobis", "shrinkage_diag")


# ---------------------------------------------------------------------------------------------
# What is missing
# ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["correlation", "euclidean", "crossnobis", "poisson"])
def test_voxels_without_data_belong_to_no_neighbourhood(near, method):
    x = patterns_of(len(near.labels), lead=[("subject", 2)])
    x.values[1][:, [0, 9, 10]] = np.nan
    found = nk.rsa.searchlight(x, near, method, **options_of(method))
    for subject in range(2):
        expected = by_hand(x.isel(subject=subject), near, method, **options_of(method))
        np.testing.assert_allclose(found.values[subject], expected.values, rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", ["correlation", "euclidean", "cosine"])
def test_single_missing_values_are_left_out_pair_by_pair(near, method):
    x = patterns_of(len(near.labels))
    x.values[:6, 4] = np.nan
    x.values[8, 20] = np.nan
    found = nk.rsa.searchlight(x, near, method)
    expected = by_hand(x, near, method)
    np.testing.assert_allclose(found.values, expected.values, rtol=0, atol=1e-10)


@pytest.mark.parametrize("method", ["crossnobis", "poisson", "mahalanobis"])
def test_methods_that_need_all_values_say_how_many_places_lack_some(near, method):
    x = patterns_of(len(near.labels))
    x.values[8, [3, 20]] = np.nan
    with pytest.raises(SchemaError, match="2 places lack values in some observations"):
        nk.rsa.searchlight(x, near, method, **options_of(method))


def test_places_of_no_neighbourhood_may_lack_anything():
    mask = np.ones((4, 1, 1), bool)
    centres = np.array([True, False, False, False]).reshape(4, 1, 1)
    near = nk.rsa.volume_neighbourhoods(mask, 1.0, centres=centres)
    x = patterns_of(4)
    x.values[3, 2] = np.nan
    x.values[:, 3] = -1.0
    assert np.isfinite(nk.rsa.searchlight(x, near, "poisson")).all()


def test_a_centre_with_too_few_places_is_unknown(near):
    x = patterns_of(len(near.labels))
    found = nk.rsa.searchlight(x, near, "euclidean", min_features=12)
    few = near.sizes < 12
    assert 0 < few.sum() < few.size
    assert np.isnan(found.values[few]).all()
    assert np.isfinite(found.values[~few]).all()


@pytest.mark.parametrize("method", ["correlation", "crossnobis", "poisson"])
def test_a_centre_without_data_is_unknown(near, method):
    x = patterns_of(len(near.labels))
    gone = near.members[near.starts[0] : near.starts[1]]
    x.values[:, gone] = np.nan
    found = nk.rsa.searchlight(x, near, method, **options_of(method))
    assert np.isnan(found.values[0]).all()
    assert np.isfinite(found.values[-1]).all()


def test_a_flat_pattern_has_no_correlation_around_its_centres(near):
    x = patterns_of(len(near.labels), n_repeats=1).isel(trial=slice(0, 6))
    x.values[2] = 7.0
    found = nk.rsa.searchlight(x, near, "correlation")
    named = x.condition.values[2]
    own = (found.condition_1 == named) | (found.condition_2 == named)
    assert np.isnan(found.values[:, own.values]).all()
    assert np.isfinite(found.values[:, ~own.values]).all()


# ---------------------------------------------------------------------------------------------
# Labels and dims
# ---------------------------------------------------------------------------------------------


def test_a_volume_is_taken_as_it_is(near):
    mask = mask_of()
    x = patterns_of(len(near.labels), lead=[("subject", 2)])
    volume = np.full((2, x.sizes["trial"], *mask.shape), 99.0)
    volume[:, :, mask] = x.values
    spatial = xr.DataArray(volume, x.coords, ["subject", "trial", "x", "y", "z"])
    found = nk.rsa.searchlight(spatial, near, "correlation")
    assert found.dims == ("subject", "voxel", "pair")
    np.testing.assert_array_equal(found.values, nk.rsa.searchlight(x, near, "correlation").values)
    turned = spatial.transpose("z", "trial", "x", "subject", "y")
    np.testing.assert_array_equal(nk.rsa.searchlight(turned, near, "correlation"), found)


def test_a_volume_of_another_size_is_refused(near):
    x = xr.DataArray(np.zeros((6, 4, 5, 4)), dims=["condition", "x", "y", "z"])
    with pytest.raises(SchemaError, match=r"the volume is .*'z': 4.*the mask .*'z': 3"):
        nk.rsa.searchlight(x, near, "euclidean")


def test_sensors_are_found_by_name_in_any_order():
    names = [f"MEG{k}" for k in range(7)]
    place = np.random.default_rng(0).standard_normal((7, 3))
    near = nk.rsa.sensor_neighbourhoods(names, positions=place, n_nearest=3)
    x = patterns_of(7, dim="channel").assign_coords(channel=names)
    shuffled = x.isel(channel=[6, 2, 0, 1, 5, 3, 4])
    found = nk.rsa.searchlight(shuffled, near, "correlation")
    assert found.channel.values.tolist() == names
    np.testing.assert_array_equal(found.values, nk.rsa.searchlight(x, near, "correlation").values)


def test_more_channels_than_neighbourhoods_know_do_not_matter():
    near = nk.rsa.sensor_neighbourhoods(list("ab"), adjacency=np.ones((2, 2)))
    x = patterns_of(3, dim="channel").assign_coords(channel=["a", "EOG", "b"])
    found = nk.rsa.searchlight(x, near, "euclidean")
    expected = nk.rsa.rdm(x.sel(channel=["a", "b"]), "euclidean")
    np.testing.assert_allclose(found.values[0], expected.values, atol=1e-12)


def test_places_that_are_not_there_are_listed():
    near = nk.rsa.sensor_neighbourhoods(list("abc"), adjacency=np.eye(3))
    x = patterns_of(2, dim="channel").assign_coords(channel=["a", "x"])
    with pytest.raises(LabelError, match="they lack 2 of 3: b, c"):
        nk.rsa.searchlight(x, near, "euclidean")


def test_unlabelled_places_go_by_number(near):
    x = patterns_of(len(near.labels) - 1)
    with pytest.raises(SchemaError, match=f"for neighbourhoods of {len(near.labels)}"):
        nk.rsa.searchlight(x, near, "euclidean")


def test_patterns_over_another_dim_are_refused(near):
    with pytest.raises(SchemaError, match="Give them the dim voxel"):
        nk.rsa.searchlight(patterns_of(4, dim="channel"), near, "euclidean")


def test_a_plain_array_is_observations_by_places(near):
    x = np.random.default_rng(0).standard_normal((2, 5, len(near.labels)))
    found = nk.rsa.searchlight(x, near, "correlation")
    assert found.dims == ("item_0", "voxel", "pair")
    expected = nk.rsa.rdm(x[1][:, near.members[: near.starts[1]]], "correlation")
    np.testing.assert_allclose(found.values[1, 0], expected.values, atol=1e-12)


def test_every_dim_that_is_no_place_stays_with_its_labels(near):
    x = patterns_of(len(near.labels), lead=[("subject", 2), ("time", 3)])
    x = x.assign_coords(subject=["s1", "s2"], time=[0.0, 0.1, 0.2])
    found = nk.rsa.searchlight(x, near, "correlation")
    assert found.dims == ("subject", "time", "voxel", "pair")
    assert found.subject.values.tolist() == ["s1", "s2"]
    single = nk.rsa.searchlight(x.isel(subject=1, time=2), near, "correlation")
    np.testing.assert_array_equal(found.values[1, 2], single.values)


def test_units_and_history_tell_what_was_done(near):
    x = patterns_of(len(near.labels)).assign_attrs(units="V")
    found = nk.rsa.searchlight(x, near, "crossnobis", folds="run")
    assert found.attrs["units"] == "(V)^2"
    assert "rsa.searchlight" in found.attrs["history"]
    assert '"method": "crossnobis"' in found.attrs["history"]
    white = nk.rsa.searchlight(x, near, "crossnobis", "diag", folds="run")
    assert white.attrs["units"] == "1"


def test_inputs_stay_as_they_were(near):
    x = patterns_of(len(near.labels))
    x.values[:, 3] = np.nan
    before = x.copy(deep=True)
    members = near.members.copy()
    nk.rsa.searchlight(x, near, "crossnobis", "diag", folds="run")
    nk.rsa.searchlight(x, near, "correlation")
    assert x.identical(before)
    np.testing.assert_array_equal(near.members, members)


def test_single_precision_is_computed_in_double(near):
    x = patterns_of(len(near.labels), offset=1000.0).astype(np.float32)
    found = nk.rsa.searchlight(x, near, "correlation")
    double = nk.rsa.searchlight(x.astype(np.float64), near, "correlation")
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found.values, double.values)


def test_whole_numbers_are_patterns_too(near):
    counts = (patterns_of(len(near.labels)) * 10).astype(int)
    found = nk.rsa.searchlight(counts, near, "poisson")
    np.testing.assert_array_equal(found, nk.rsa.searchlight(counts.astype(float), near, "poisson"))


def test_negative_rates_are_refused(near):
    x = patterns_of(len(near.labels))
    x.values[0, 0] = -0.5
    with pytest.raises(SchemaError, match="least rate is -0.5"):
        nk.rsa.searchlight(x, near, "poisson")


@pytest.mark.parametrize(
    ("options", "where"),
    [
        ({"method": "corelation"}, "method"),
        ({"method": "crossnobis"}, "folds"),
        ({"method": "correlation", "noise": np.eye(2)}, "noise"),
        ({"method": "euclidean", "comparison": "cosin"}, "comparison"),
    ],
)
def test_options_that_contradict_are_refused(near, options, where):
    with pytest.raises(OptionError, match=where):
        nk.rsa.searchlight(patterns_of(len(near.labels)), near, **options)


def test_something_must_be_searched():
    with pytest.raises(OptionError, match="neither a neighbourhood nor a window"):
        nk.rsa.searchlight(patterns_of(4), method="euclidean")
