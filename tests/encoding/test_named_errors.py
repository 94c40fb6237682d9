"""What used to pass in silence, or to fail somewhere deep, is refused by its name."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from sklearn.linear_model import Ridge

from neurokit.encoding import (
    BandedRidgeEncoder,
    RetrievalDecoder,
    RidgeEncoder,
    SpikeGLM,
    TemporalResponseFunction,
    compare,
    haufe_patterns,
    integration_sites,
    retrieval_scores,
    significance,
)
from neurokit.encoding.targets import checked_bytes
from neurokit.errors import LabelError, OptionError, SchemaError

# Some grids below are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:.*at_edge_")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 4))
Y = X @ RNG.normal(size=(4, 3)) + RNG.normal(size=(80, 3))
BANDS = {"a": X[:, :1], "b": X[:, 1:]}


def banded(**options):
    settings = {"n_iter": 2, "extend_alphas": False, "random_state": 0, **options}
    return BandedRidgeEncoder((1.0, 100.0), **settings)


def trf(tmin=0.0, tmax=0.05, **options):
    settings = {"rate": 100.0, "alphas": (1.0, 100.0), "extend_alphas": False, **options}
    return TemporalResponseFunction(tmin, tmax, **settings)


@pytest.mark.parametrize(
    ("gammas", "said"),
    [
        (np.nan, r"shape \(1, 1\) for 2 bands"),
        ([[np.nan, 1.0]], "NaN, infinite or negative"),
        ([[0.5, 0.5], [1.0, np.nan]], "NaN, infinite or negative"),
        ([[np.inf, 1.0]], "NaN, infinite or negative"),
        ([[1e308, 1e308]], "NaN, infinite or negative"),
        ([[-0.1, 1.1]], "NaN, infinite or negative"),
        ([[0.0, 0.0]], "a row of zeros"),
        ("uniform", "something else than real numbers"),
        ([["a", "b"]], "something else than real numbers"),
        ([[1.0, 1.0], [1.0]], "rows of unlike lengths"),
        ([[1.0, 1j]], "something else than real numbers"),
        (np.zeros((0, 2)), r"shape \(0, 2\)"),
        ([[[0.5, 0.5]]], r"shape \(1, 1, 2\)"),
    ],
)
def test_weights_of_bands_are_numbers_on_a_ray(gammas, said):
    with pytest.raises(OptionError, match=f"^gammas: .*{said}"):
        banded(gammas=gammas).fit(BANDS, Y)


def test_a_single_row_of_weights_is_one_try():
    one = banded(gammas=[0.25, 0.75]).fit(BANDS, Y)
    np.testing.assert_array_equal(one.coef_, banded(gammas=[[0.25, 0.75]]).fit(BANDS, Y).coef_)
    assert one.search_trace_.sizes["iteration"] == 1


@pytest.mark.parametrize("name", ["n_iter", "max_descent"])
@pytest.mark.parametrize("value", [0, -1, 2.5, True, None, "x", np.nan])
def test_counts_of_steps_are_whole_numbers(name, value):
    with pytest.raises(OptionError, match=f"^{name}: is "):
        banded(**{name: value}, solver="gradient").fit(BANDS, Y)


@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, "x", None, 1j])
@pytest.mark.parametrize("model", [RidgeEncoder, BandedRidgeEncoder, TemporalResponseFunction])
def test_memory_is_a_number_of_bytes(model, value):
    options = {"rate": 100.0} if model is TemporalResponseFunction else {}
    with pytest.raises(OptionError, match="^max_bytes: is "):
        model(max_bytes=value, **options).fit(X, Y)


def test_bytes_come_back_as_they_are():
    assert checked_bytes(np.int32(7)) == 7.0
    assert checked_bytes(1e-3) == 1e-3


@pytest.mark.parametrize("model", [RidgeEncoder(), banded(), trf(), trf(direction="backward")])
def test_numbers_without_a_square_are_refused(model):
    x = X.copy()
    x[3, 1] = -2e151
    pair = (Y, x) if getattr(model, "direction", "") == "backward" else (x, Y)
    with pytest.raises(SchemaError, match=r"2e\+151, whose square is no number"):
        model.fit(*pair)
    x[3, 1] = np.inf
    with pytest.raises(SchemaError, match="NaN or infinity"):
        model.fit(*pair)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: significance(x, y, n_draws=9),
        lambda x, y: compare(Ridge(), Ridge(), x, y),
        lambda x, y: RetrievalDecoder().fit(y, x),
    ],
)
def test_statistics_refuse_numbers_without_a_square(call):
    for x, y in ((X * 1e155, Y), (X, Y * 1e155)):
        with pytest.raises(SchemaError, match="whose square is no number"):
            call(x, y)


@pytest.mark.parametrize("model", [RidgeEncoder(), banded(), trf()])
def test_no_target_and_words_are_refused(model):
    with pytest.raises(SchemaError, match="^Y: holds no target"):
        model.fit(X, Y[:, :0])
    with pytest.raises(SchemaError, match="^X: is of type <U"):
        model.fit(np.full((80, 4), "word"), Y)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"tmin": "0"}, "tmin"),
        ({"tmin": None}, "tmin"),
        ({"tmax": 1j}, "tmax"),
        ({"tmax": True}, "tmax"),
        ({"tmin": np.nan}, "tmin, tmax"),
        ({"tmin": 0.2, "tmax": 0.1}, "tmin, tmax"),
        ({"rate": "100"}, "rate"),
        ({"rate": 1j}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": np.inf}, "rate"),
        ({"rate": 0.0}, "rate"),
    ],
)
def test_times_and_rates_are_numbers(options, name):
    with pytest.raises(OptionError, match=f"^{name}: "):
        trf(**options).fit(X, Y)


def test_a_record_shorter_than_the_lags_is_said_to_be_that():
    with pytest.raises(SchemaError, match="^X: has 80 samples, but lags reach over 9000"):
        trf(tmax=90.0).fit(X, Y)


@pytest.mark.parametrize(
    "fold",
    [
        (np.arange(20, 80), np.arange(5)),  # all rows tested lack lags
        (np.arange(5), np.arange(20, 80)),
    ],
)
def test_a_fold_without_complete_rows_is_refused(fold):
    # Held-out scores of no sample were 0 for every penalty.
    with pytest.raises(OptionError, match="^cv: fold 1 has no sample with all its lags"):
        trf(pad=False, cv=[(np.arange(40), np.arange(40, 80)), fold]).fit(X, Y)
    assert trf(pad=True, cv=[fold]).fit(X, Y).n_folds_ == 1


@pytest.mark.parametrize("feature", ["pitch", 7, -9, [1, 2, 3, 99]])
def test_a_feature_that_is_not_there_cannot_be_drawn(feature):
    with pytest.raises(LabelError, match="^feature: there is no "):
        trf().fit(X, Y).plot(feature)


class Transposed(Ridge):
    def predict(self, X):
        return super().predict(X).T


class Missing(Ridge):
    def predict(self, X):
        return np.where(X[:, :1] > 1.0, np.nan, super().predict(X))


def test_predictions_of_another_shape_or_missing_are_refused():
    # 16 test samples of 3 targets: a transposed prediction holds as many numbers.
    with pytest.raises(SchemaError, match=r"^Transposed: predicts shape \(3, 16\)"):
        compare(Transposed(), Ridge(), X, Y)
    with pytest.raises(SchemaError, match="^Missing: predicts NaN"):
        compare(Ridge(), Missing(), X, Y)


def test_a_class_is_no_estimator():
    with pytest.raises(OptionError, match="^model_b: .*no estimator"):
        compare(Ridge(), Ridge, X, Y)


@pytest.mark.parametrize("family", [3, 2.0, {"target"}])
def test_a_family_is_of_dims(family):
    with pytest.raises(OptionError, match="^family: is "):
        significance(X, Y, family=family, n_draws=9)


@pytest.mark.parametrize("dim", ["site", "q", "test", "alignment"])
def test_dims_of_targets_are_no_names_of_results(dim):
    # Whether each is a site of integration would have become the labels of the sites.
    features = dict.fromkeys(("vision", "language", "multimodal"), X)
    targets = xr.DataArray(Y, dims=("event", dim), coords={dim: list("abc")})
    with pytest.raises(LabelError, match=f"^Y: has a dim '{dim}'"):
        integration_sites(features, targets, n_shifts=9)


@pytest.fixture(scope="module")
def trials():
    rng = np.random.default_rng(1)
    x = xr.DataArray(
        rng.normal(size=(90, 3, 3)),
        dims=("trial", "channel", "time"),
        coords={"channel": list("abc"), "time": [0.0, 0.1, 0.2]},
    )
    z = x.values[:, :, 0] @ rng.normal(size=(3, 2)) + rng.normal(size=(90, 2))
    return x, z, RetrievalDecoder(alphas=(1.0, 10.0)).fit(x, z)


def test_a_decoder_matches_dims_by_name(trials):
    # There are as many channels as times, so that a swap of both has the right shape.
    x, _, decoder = trials
    expected = decoder.predict(x)
    for order in (("trial", "time", "channel"), ("channel", "time", "trial")):
        np.testing.assert_array_equal(decoder.predict(x.transpose(*order)), expected)
    np.testing.assert_array_equal(decoder.predict(x.values), expected)


def test_a_decoder_refuses_other_channels(trials):
    x, _, decoder = trials
    for other in (x.isel(channel=[1, 0, 2]), x.assign_coords(channel=list("abd"))):
        with pytest.raises(LabelError, match="^X: has other labels along 'channel'"):
            decoder.predict(other)
    np.testing.assert_array_equal(decoder.predict(x.drop_vars("channel")), decoder.predict(x))


def test_patterns_match_dims_by_name(trials):
    x, _, decoder = trials
    expected = haufe_patterns(x.values, decoder.coef_.values)
    for order in (("trial", "channel", "time"), ("time", "trial", "channel")):
        found = haufe_patterns(x.transpose(*order), decoder.coef_)
        np.testing.assert_allclose(found.values, expected, rtol=1e-12)
    with pytest.raises(LabelError, match="^coef: has other labels along 'channel'"):
        haufe_patterns(x.isel(channel=[2, 1, 0]), decoder.coef_)
    with pytest.raises(LabelError, match="^coef: X has dims"):
        haufe_patterns(x, decoder.coef_.transpose("time", "latent", "channel"))
    # Without a name in common, places decide.
    plain = haufe_patterns(x.rename(channel="row", time="column"), decoder.coef_)
    np.testing.assert_allclose(plain.values, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("x", "w", "said"),
    [
        (X, np.full((4, 1), np.nan), "^coef: holds NaN"),
        (X, np.full((4, 1), np.inf), "^coef: holds NaN"),
        (X + 1j, np.ones((4, 1)), "^X: is of type complex"),
        (X, np.ones((4, 1)) * 1j, "^coef: is of type complex"),
        (np.full((5, 4), "a"), np.ones((4, 1)), "^X: is of type <U"),
    ],
)
def test_patterns_are_of_real_numbers(x, w, said):
    with pytest.raises(SchemaError, match=said):
        haufe_patterns(x, w)


@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e200, 1e300])
def test_places_do_not_depend_on_the_size_of_numbers(scale):
    rng = np.random.default_rng(2)
    z = rng.normal(size=(30, 5))
    noisy = z + rng.normal(size=z.shape)
    expected = retrieval_scores(noisy, z)
    for found in (retrieval_scores(noisy * scale, z), retrieval_scores(noisy, z * scale)):
        np.testing.assert_array_equal(found["rank"], expected["rank"])
    assert float(expected["top_k"][0]) > 0.2


def test_latents_are_real_numbers_and_places_a_sequence(trials):
    x, z, decoder = trials
    with pytest.raises(SchemaError, match="^predicted: is of type complex"):
        retrieval_scores(z + 0j, z)
    with pytest.raises(SchemaError, match="^candidates: is of type <U"):
        decoder.evaluate(x, z.astype(str))
    for k in (5, None):
        with pytest.raises(OptionError, match=r"^k: is .* Give a sequence"):
            retrieval_scores(z, z, k=k)
        with pytest.raises(OptionError, match="^k: is "):
            RetrievalDecoder(k=k).fit(x, z)
    for latent in ("pitch", 1.0, np.nan, 2):
        with pytest.raises(OptionError, match="^latent: is "):
            decoder.plot(latent)


@pytest.fixture(scope="module")
def spikes():
    rng = np.random.default_rng(3)
    x = xr.DataArray(
        rng.normal(size=(300, 2)), dims=("time", "feature"), coords={"feature": ["u", "v"]}
    )
    rate = np.exp(x.values @ [[0.5, 0.1, 0.0], [0.0, 0.2, 0.3]])
    y = xr.DataArray(rng.poisson(rate), dims=("time", "neuron"), coords={"neuron": list("pqr")})
    return x, y


def test_a_spike_model_refuses_other_features_and_neurons(spikes):
    x, y = spikes
    model = SpikeGLM(history=3).fit(x, y)
    for other in (x.isel(feature=[1, 0]), x.assign_coords(feature=["u", "w"])):
        with pytest.raises(LabelError, match="^X: has other labels along 'feature'"):
            model.predict(other, y)
    with pytest.raises(LabelError, match="^Y: has other labels along 'neuron'"):
        model.evaluate(x, y.isel(neuron=[1, 0, 2]))
    bare = model.predict(x.drop_vars("feature"), y.drop_vars("neuron"))
    np.testing.assert_array_equal(bare, model.predict(x, y))


@pytest.mark.parametrize("name", ["alpha", "history", "tol"])
@pytest.mark.parametrize("value", [None, [1.0], [1.0, 2.0], "1", 1j, np.nan, np.inf, -1.0])
def test_numbers_of_a_spike_model_are_numbers(spikes, name, value):
    with pytest.raises(OptionError, match=f"^{name}: is "):
        SpikeGLM(**{name: value}).fit(*spikes)


def test_a_window_longer_than_the_record_takes_no_memory(spikes):
    for history in (300, 1e12):
        with pytest.raises(SchemaError, match="history reaches over all 300 bins"):
            SpikeGLM(history=history, basis="bins").fit(*spikes)
    assert SpikeGLM(history=290, n_basis=1).fit(None, spikes[1]).history_filter_.sizes["lag"] == 290


def test_no_bin_at_all_is_an_empty_prediction_and_no_fit(spikes):
    x, y = spikes
    with pytest.raises(SchemaError, match="no bin is left"):
        SpikeGLM().fit(x[:0], y[:0])
    assert SpikeGLM().fit(x, y).predict(x[:0]).shape == (0, 3)
