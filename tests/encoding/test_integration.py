"""Sites of integration: planted kinds, lags, alignments, the controlled pair."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import neurokit as nk
from neurokit.encoding import integration_sites, stimulus_features
from neurokit.encoding.site_tests import decide
from neurokit.errors import LabelError, NeurokitWarning, OptionError

SITES = {"none": 5, "vision": 4, "language": 4, "additive": 4, "multimodal": 4}


@pytest.fixture(scope="module")
def planted():
    sim = nk.simulate.encoded(1500, 4, sites=SITES, random_state=0)
    rec = sim.recordings["encoded"]
    return stimulus_features(rec), rec, sim.truth.kind.values


@pytest.fixture(scope="module")
def found(planted):
    features, rec, _ = planted
    return integration_sites(features, rec, n_shifts=49, n_flips=999, random_state=0)


def test_multimodal_sites_are_found_and_no_other(planted, found):
    _, _, kind = planted
    np.testing.assert_array_equal(found.site.values, kind == "multimodal")
    assert found.responsive.values[kind != "none"].all()
    assert found.attrs["reliable"] == 1


def test_p_is_the_largest_of_the_three(found):
    three = found.p.sel(test=["vision", "language", "vision+language"]).max("test")
    expected = three.where(found.responsive)
    np.testing.assert_array_equal(found.p_site, expected)
    assert np.isnan(found.p_site.values[~found.responsive.values]).all()


def test_the_studys_tests_and_their_mean(planted, found):
    _, _, kind = planted
    assert list(found.study_test.values) == [
        "unimodal, either",
        "unimodal, both",
        "vision+language",
    ]
    np.testing.assert_array_equal(
        found.passed.sel(study_test="vision+language").values == 1, kind == "multimodal"
    )
    assert found.attrs["mean_share"] == pytest.approx(float(found.share.mean()))


def test_scores_are_of_every_model(planted, found):
    _, _, kind = planted
    score = found.score.values[:, kind == "multimodal"].mean(axis=1)
    by_name = dict(zip(found.model.values, score, strict=True))
    # 1 / (1 + 1 / .35) = .26 of the variance can be explained.
    assert by_name["full"] == pytest.approx(0.25, abs=0.05)
    assert by_name["vision+language"] < 0.02


def test_the_same_seed_gives_the_same_bytes(planted, found):
    features, rec, _ = planted
    again = integration_sites(features, rec, n_shifts=49, n_flips=999, n_jobs=2, random_state=0)
    for name in found.data_vars:
        assert found[name].values.tobytes() == again[name].values.tobytes()


def _events(n=900, seed=1):
    rng = np.random.default_rng(seed)
    v, w = rng.normal(size=(2, n, 3))
    m = v * w
    y = rng.normal(size=(n, 3, 4))
    y[:, 1] += 0.6 * m[:, [0]]
    y[:, 2] += 0.4 * (v[:, [0]] + w[:, [0]])
    array = xr.DataArray(
        y, dims=("event", "electrode", "lag"), coords={"electrode": ["none", "multi", "sum"]}
    )
    return {"vision": v, "language": w, "multimodal": m, "poor": rng.normal(size=(n, 3))}, array


def test_lags_are_averaged_and_a_pair_is_tested():
    features, y = _events()
    found = integration_sites(
        features,
        y,
        lag="lag",
        pair=("multimodal", "poor"),
        n_shifts=49,
        n_flips=999,
        random_state=0,
    )
    assert found.site.dims == ("electrode",)
    assert found.site.values.tolist() == [False, True, False]
    assert found.sizes["study_test"] == 5
    assert found.score.dims == ("model", "electrode", "lag")
    assert found.passed.sel(study_test="pair, both", electrode="multi") == 1
    assert found.attrs["block_length_units"] == "samples"


def test_two_alignments_are_tested_together():
    first, y_first = _events(seed=1)
    second, y_second = _events(n=700, seed=2)
    y_second[:] = np.random.default_rng(3).normal(size=y_second.shape)  # nothing there
    features = {k: {"word": first[k], "scene": second[k]} for k in first}
    found = integration_sites(
        features,
        {"word": y_first, "scene": y_second},
        lag="lag",
        n_shifts=49,
        n_flips=999,
        random_state=0,
    )
    assert found.p.dims[0] == "alignment"
    assert found.site.values.tolist() == [False, True, False]
    passed = found.passed.sel(electrode="multi")
    assert passed.sel(study_test="unimodal, either") == 1
    assert passed.sel(study_test="unimodal, both") == 0


def test_either_pays_for_two_looks_and_both_takes_the_worse():
    def one(p):
        tests = ["vision", "language", "vision+language"]
        names = [*tests, *(f"multimodal > {t}" for t in tests)]
        return xr.Dataset(
            {
                "p": (("test", "site"), np.full((6, 1), p)),
                "p_responsive": ("site", [0.001]),
            },
            coords={"test": names},
        )

    both = decide({"a": one(0.02), "b": one(0.2)}, 0.05, pair=False)
    assert float(both.p_site[0]) == pytest.approx(0.04)
    assert both.passed.values.ravel().tolist() == [1.0, 0.0, 1.0]


def test_too_few_blocks_make_p_unreliable_and_that_is_said():
    rec = nk.simulate.encoded(300, 2, sites=SITES, phi=0.97, random_state=0).recordings["encoded"]
    with pytest.warns(NeurokitWarning, match="unreliable"):
        found = integration_sites(
            stimulus_features(rec), rec, n_shifts=19, n_flips=99, random_state=0
        )
    assert found.attrs["reliable"] == 0


def test_what_cannot_be_tested_is_refused(planted):
    features, rec, _ = planted
    with pytest.raises(OptionError, match="no set 'text'"):
        integration_sites(features, rec, language="text")
    with pytest.raises(OptionError, match="q"):
        integration_sites(features, rec, q=5)
    with pytest.raises(OptionError, match="by name"):
        integration_sites([1, 2, 3], rec)
    with pytest.raises(LabelError, match="no dim 'lag'"):
        integration_sites(features, rec, lag="lag")
    with pytest.raises(LabelError, match="no alignment"):
        integration_sites(features, {"word": rec, "scene": rec})
