"""What drives each kind of site, against regressions, correlations and formulas."""

from __future__ import annotations

import numpy as np
import pytest

import neurokit as nk
from neurokit.simulate import encoded
from neurokit.simulate.encoded import BANDS, DRIVES, VOLTS

SITES = {"none": 20, "vision": 12, "language": 12, "additive": 12, "multimodal": 12, "mixed": 12}


@pytest.fixture(scope="module")
def simulation():
    return encoded(8000, 4, sites=SITES, phi=0.3, snr=0.5, random_state=1)


def features(simulation):
    rec = simulation.recordings["encoded"]
    return {band: rec[f"stimulus/{band}/feature_values"].values for band in BANDS}


def kinds(simulation):
    return simulation.truth.kind.values


def test_only_the_bands_of_a_site_have_weights(simulation):
    for band in BANDS:
        weight = simulation.truth[f"weight_{band}"].values
        for kind in SITES:
            driven = weight[:, kinds(simulation) == kind]
            assert bool((driven != 0).all()) is (band in DRIVES[kind])
            assert bool((driven != 0).any()) is (band in DRIVES[kind])


def test_least_squares_finds_the_weights(simulation):
    x = np.column_stack([features(simulation)[band] for band in BANDS])
    y = simulation.recordings["encoded"].activity.signal.values.astype(float)
    found = np.linalg.lstsq(x, y, rcond=None)[0]
    planted = np.concatenate([simulation.truth[f"weight_{band}"].values for band in BANDS])
    # Noise and features with phi = .3 have tau 1.2: standard error VOLTS sqrt(1.2 / 8000).
    error = VOLTS * np.sqrt(1.2 / 8000)
    z = (found - planted) / error
    assert abs(z.mean()) < 0.2
    assert z.std() == pytest.approx(1.0, abs=0.15)


def test_bands_of_one_site_carry_the_same_variance(simulation):
    x = features(simulation)
    for kind in ("additive", "mixed"):
        for site in np.flatnonzero(kinds(simulation) == kind):
            parts = [
                (x[band] @ simulation.truth[f"weight_{band}"].values[:, site]).var()
                for band in DRIVES[kind]
            ]
            expected = VOLTS**2 * 0.5 / len(DRIVES[kind])
            np.testing.assert_allclose(parts, expected, rtol=1e-6)


def test_noise_has_the_unit_variance_and_memory_asked_for(simulation):
    silent = kinds(simulation) == "none"
    noise = simulation.recordings["encoded"].activity.signal.values[:, silent] / VOLTS
    # 20 columns of 8000 samples with tau (1 + .09) / (1 - .09).
    assert noise.var() == pytest.approx(1.0, abs=0.02)
    lagged = [np.corrcoef(c[1:], c[:-1])[0, 1] for c in noise.T]
    assert np.mean(lagged) == pytest.approx(0.3, abs=0.02)


def test_products_are_standardized_products_of_the_two_bands(simulation):
    x = features(simulation)
    product = x["vision"].astype(float) * x["language"]
    expected = (product - product.mean(axis=0)) / product.std(axis=0)
    np.testing.assert_allclose(x["multimodal"], expected, rtol=1e-4, atol=1e-5)


def test_products_cannot_be_had_by_adding_the_bands_up(simulation):
    x = features(simulation)
    both = np.column_stack([x["vision"], x["language"], np.ones(len(x["vision"]))])
    left = x["multimodal"] - both @ np.linalg.lstsq(both, x["multimodal"], rcond=None)[0]
    # Eight regressors explain 8 / 8000 by chance.
    assert (left.var(axis=0) > 0.99).all()


def test_the_explainable_share_is_that_of_the_planted_signal(simulation):
    x, truth = features(simulation), simulation.truth
    planted = sum(x[band] @ truth[f"weight_{band}"].values for band in BANDS)
    y = simulation.recordings["encoded"].activity.signal.values.astype(float)
    np.testing.assert_allclose(truth.explainable, planted.var(axis=0) / y.var(axis=0), rtol=1e-4)


def test_without_memory_neighbouring_samples_do_not_correlate():
    found = encoded(6000, 6, sites={"none": 6}, phi=0.0, random_state=0)
    rec = found.recordings["encoded"]
    for values in (rec.activity.signal.values, rec["stimulus/vision/feature_values"].values):
        r = [np.corrcoef(c[1:], c[:-1])[0, 1] for c in values.T]
        assert abs(np.mean(r)) < 4 / np.sqrt(6 * 6000)


def test_processes_are_stationary_from_their_first_sample():
    first = [
        encoded(10, 20, sites={"none": 1}, phi=0.95, random_state=seed)
        .recordings["encoded"]["stimulus/vision/feature_values"]
        .values[0]
        for seed in range(40)
    ]
    # 800 normal numbers: their variance has a standard error of .05.
    assert np.var(first) == pytest.approx(1.0, abs=0.2)


def test_labels_tie_the_recording_to_its_truth(simulation):
    rec = simulation.recordings["encoded"]
    np.testing.assert_array_equal(rec.activity.channel, simulation.truth.channel)
    np.testing.assert_array_equal(rec.activity.region, simulation.truth.kind)
    assert rec.activity.channel.values[0] == "C01"
    assert len(set(rec.activity.channel.values.tolist())) == sum(SITES.values())


def test_the_order_of_kinds_is_that_of_the_request():
    found = encoded(20, 2, sites={"mixed": 1, "none": 2, "vision": 1}, random_state=0)
    assert found.truth.kind.values.tolist() == ["mixed", "none", "none", "vision"]


def test_the_rate_sets_the_clock():
    rec = encoded(50, 2, sites={"none": 1}, rate=4.0, random_state=0).recordings["encoded"]
    assert nk.schema.sampling_rate(rec.activity.signal) == 4.0
    np.testing.assert_array_equal(rec.activity.time, np.arange(50) / 4.0)
    np.testing.assert_array_equal(rec["stimulus/language"].time, rec.activity.time)


def test_a_request_is_not_changed():
    sites = {"vision": 2}
    encoded(20, 2, sites=sites, random_state=0)
    assert sites == {"vision": 2}


def test_features_do_not_depend_on_which_sites_there_are():
    one = encoded(30, 3, sites={"none": 1}, random_state=5)
    other = encoded(30, 3, sites={"mixed": 9}, random_state=5)
    for band in BANDS:
        np.testing.assert_array_equal(features(one)[band], features(other)[band])
