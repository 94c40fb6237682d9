"""Identification across subjects: nothing leaks, chance is chance, what is planted is found."""

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.errors import OptionError, SchemaError
from neurokit.rsa import identification_core as core


def _regions(n_subjects=6, n_labels=4, n=10, noise=0.3, seed=0):
    rng = np.random.default_rng(seed)
    pairs = n * (n - 1) // 2
    regions = rng.random((n_labels, pairs))
    return xr.DataArray(
        regions + noise * rng.standard_normal((n_subjects, n_labels, pairs)),
        {"subject": [f"s{k}" for k in range(n_subjects)], "roi": list("abcdefgh")[:n_labels]},
        ["subject", "roi", "pair"],
    )


@pytest.fixture(scope="module")
def layers():
    return nk.simulate.layered_rdms(random_state=0)


def _by_hand(x, training_of):
    """Nearest centroid with explicit vectors."""
    out = np.empty(x.shape[:2], dtype=int)
    for s in range(len(x)):
        centroids = x[training_of(s)].mean(axis=0)
        distance = ((x[s][:, None] - centroids[None]) ** 2).sum(axis=2)
        out[s] = distance.argmin(axis=1)
    return out


@pytest.mark.parametrize("transform", ["raw", "rank"])
def test_predictions_are_those_of_explicit_centroids(transform):
    data = _regions(noise=1.0)
    found = nk.rsa.identify(data, transform=transform, n_draws=5, random_state=0)
    x = data.values if transform == "raw" else nk.rsa.geotopological(data).values
    expected = _by_hand(x, lambda s: np.arange(6) != s)
    np.testing.assert_array_equal(found.predicted.values, data.roi.values[expected])
    assert found.accuracy == pytest.approx((expected == np.arange(4)).mean())


def test_inner_scores_leave_both_subjects_out():
    data = _regions(noise=1.0)
    x = data.values
    gram = core.gram_of(x.reshape(24, -1), core.RAW)
    found = core.inner_scores(gram, np.arange(6), 4)
    for outer in range(6):
        scores = []
        for inner in range(6):
            if inner != outer:
                predicted = _by_hand(
                    x, lambda s, o=outer, i=inner: (np.arange(6) != o) & (np.arange(6) != i)
                )
                scores.append((predicted[inner] == np.arange(4)).mean())
        assert found[outer] == pytest.approx(np.mean(scores))


def test_the_held_out_subject_has_no_part_in_the_choice():
    data = _regions(noise=1.0)
    spoilt = data.copy()
    spoilt.values[2] = np.random.default_rng(9).random(spoilt.values[2].shape)
    one, two = (nk.rsa.identify(x, step=0.25, n_draws=5, random_state=0) for x in (data, spoilt))
    for name in ("chosen_lower", "chosen_upper"):
        np.testing.assert_array_equal(one[name].values[2], two[name].values[2])


def test_copies_of_a_subject_are_held_out_together():
    # Pure noise: a copy in training would be recognised every time.
    data = _regions(n_subjects=8, noise=100.0)
    twice = xr.concat([data, data.isel(subject=[0, 1, 2])], dim="subject")
    assert twice.subject.values.tolist().count("s0") == 2
    alone = nk.rsa.identify(data, transform="raw", n_draws=200, random_state=0)
    copied = nk.rsa.identify(twice, transform="raw", n_draws=200, random_state=0)
    assert copied.accuracy < 0.5
    np.testing.assert_array_equal(copied.predicted.values[0], copied.predicted.values[8])
    renamed = twice.assign_coords(subject=[f"t{k}" for k in range(11)])
    leaked = nk.rsa.identify(renamed, transform="raw", n_draws=5, random_state=0)
    assert leaked.accuracy > copied.accuracy + 0.2
    assert abs(float(copied.accuracy) - float(alone.accuracy)) < 0.2


def test_a_copy_changes_no_vote_of_its_own():
    data = _regions(noise=0.0)
    twice = xr.concat([data, data.isel(subject=[0])], dim="subject")
    found = nk.rsa.identify(twice, transform="raw", n_draws=5, random_state=0)
    assert found.accuracy == 1.0
    np.testing.assert_allclose(found.confusion.values, np.eye(4), atol=1e-12)


@pytest.mark.parametrize("classifier", ["centroid", "lda"])
def test_clear_regions_are_recognised(classifier):
    data = _regions(noise=0.2)
    found = nk.rsa.identify(data, classifier=classifier, step=0.25, n_draws=20, random_state=0)
    assert found.accuracy == 1.0
    assert found.attrs["chance"] == 0.25
    assert (found.predicted == data.roi).all()


def test_scale_of_a_subject_matters_for_distances_and_not_for_ranks():
    data = _regions(noise=0.2)
    scaled = data * xr.DataArray([1, 1, 1, 1, 1, 50.0], dims="subject")
    raw = nk.rsa.identify(scaled, transform="raw", n_draws=5, random_state=0)
    rank = nk.rsa.identify(scaled, transform="rank", n_draws=5, random_state=0)
    assert rank.accuracy == 1.0
    assert rank.accuracy > raw.accuracy


def test_one_seed_gives_one_answer():
    data = _regions(noise=1.0)
    one, two = (nk.rsa.identify(data, step=0.25, n_draws=30, random_state=4) for _ in range(2))
    assert one.identical(two)


def test_the_simpler_transform_stays_unless_clearly_worse():
    scores = np.array([[0.50, 0.20], [0.55, 0.60], [0.54, 0.60]])
    np.testing.assert_array_equal(core.choose(scores, 90), [0, 1])


def test_candidates_begin_with_what_changes_least():
    options = core.candidates(0.05)
    assert len(options) == 211
    assert np.isnan(options[0]).all()
    assert options[1] == (0.0, 1.0)


def test_dims_in_any_order():
    data = _regions(noise=1.0)
    one = nk.rsa.identify(data, transform="raw", n_draws=5, random_state=0)
    two = nk.rsa.identify(
        data.transpose("pair", "roi", "subject"), "roi", transform="raw", n_draws=5, random_state=0
    )
    np.testing.assert_array_equal(one.predicted.values, two.predicted.values)


@pytest.mark.parametrize(
    ("change", "error", "says"),
    [
        (lambda x: x.isel(subject=slice(2)), OptionError, "at least three"),
        (lambda x: x.isel(roi=0), SchemaError, "subject, label, pair"),
        (lambda x: x.where(x.subject != "s1"), SchemaError, "NaN"),
        (lambda x: x.values, SchemaError, "subject, label, pair"),
    ],
)
def test_what_does_not_fit_is_named(change, error, says):
    with pytest.raises(error, match=says):
        nk.rsa.identify(change(_regions()))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"transform": "ranks"}, "rank"),
        ({"classifier": "svm"}, "centroid"),
        ({"step": 0.3}, "1/n"),
    ],
)
def test_mistakes_are_named(options, says):
    with pytest.raises(OptionError, match=says):
        nk.rsa.identify(_regions(), **options)


def test_layers_are_labelled_and_seeded():
    layers = nk.simulate.layered_rdms(2, 4, 20, random_state=0)
    assert layers.dims == ("subject", "layer", "pair")
    assert layers.sizes == {"subject": 2, "layer": 4, "pair": 190}
    assert (layers.values >= 0).all()
    again = nk.simulate.layered_rdms(2, 3, 12, random_state=5)
    assert again.identical(nk.simulate.layered_rdms(2, 3, 12, random_state=5))
    noisy = nk.simulate.layered_rdms(2, 3, 12, noise=1.0, random_state=5)
    assert np.abs(noisy.values - again.values).max() > 0.1


@pytest.mark.parametrize("name", ["n_networks", "n_layers", "n_conditions", "noise"])
def test_impossible_networks_are_refused(name):
    with pytest.raises(OptionError, match=name):
        nk.simulate.layered_rdms(**{name: -1})


@pytest.mark.slow
def test_permuted_labels_give_chance(layers):
    rng = np.random.default_rng(0)
    found = []
    for _ in range(8):
        mixed = layers.copy()
        for s in range(10):
            mixed.values[s] = layers.values[s, rng.permutation(10)]
        found.append(float(nk.rsa.identify(mixed, step=0.1, n_draws=5).accuracy))
    assert abs(np.mean(found) - 0.10) < 0.04


@pytest.mark.slow
@pytest.mark.parametrize("transform", ["raw", "rank"])
def test_networks_that_appear_twice_raise_no_accuracy(layers, transform):
    named = layers.assign_coords(subject=[f"n{k}" for k in range(10)])
    options = {"transform": transform, "n_draws": 0}
    alone = float(nk.rsa.identify(named, **options).accuracy)
    gains = []
    for k in range(10):
        twice = xr.concat([named, named.isel(subject=[k])], dim="subject")
        gains.append(float(nk.rsa.identify(twice, **options).accuracy) - alone)
    # A copy weighs twice in the centroids of the others, which may turn single answers of 100.
    assert np.mean(gains) <= 0.01
    assert max(gains) <= 0.05
    everyone = xr.concat([named, named], dim="subject")
    assert float(nk.rsa.identify(everyone, **options).accuracy) == pytest.approx(alone, abs=1e-12)


@pytest.mark.slow
def test_layers_are_recognised_and_choosing_costs_little(layers):
    raw = nk.rsa.identify(layers, transform="raw", n_draws=100, random_state=0)
    nested = nk.rsa.identify(layers, n_draws=100, random_state=0)
    assert raw.accuracy > 0.2  # twice chance; docs/rsa.md has the table
    assert nested.accuracy >= raw.accuracy - 0.05
    assert 0.01 < raw.standard_error < 0.1
