"""TemporalResponseFunction against mTRFpy and against ground truth."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from mtrf.model import TRF

import neurokit as nk
from neurokit.encoding import TemporalResponseFunction
from neurokit.errors import LabelError, NotFittedError, OptionError, SchemaError, TimeError
from neurokit.schema import regular_time, time_coordinate
from neurokit.stats import BlockedCV

# Some grids below are short on purpose.
pytestmark = pytest.mark.filterwarnings("ignore:TemporalResponseFunction.*at_edge_")

RATE = 64.0
LAMBDAS = tuple(np.logspace(-4, 2, 7))


def trials(f=3, channels=4, lengths=(200, 150, 260, 180), seed=0):
    """Noise filtered by a bump at 0.1 s, with noise on top, in trials of unequal length."""
    rng = np.random.default_rng(seed)
    kernel = np.zeros((15, f, channels))
    kernel[4:9] = rng.standard_normal((f, channels)) * np.hanning(7)[1:-1, None, None]
    x = [rng.standard_normal((n, f)) for n in lengths]
    y = []
    for one in x:
        clean = sum(
            np.vstack([np.zeros((lag, f)), one[: len(one) - lag]]) @ kernel[lag]
            for lag in range(15)
        )
        y.append(clean + rng.standard_normal((len(one), channels)) + 2.0)
    return x, y, kernel


def trf(**options):
    settings = {"rate": RATE, "alphas": LAMBDAS, "extend_alphas": False, **options}
    return TemporalResponseFunction(-0.05, 0.25, **settings)


def peer(x, y, direction=1, method="ridge"):
    model = TRF(direction=direction, method=method)
    copies = [one.copy() for one in x], [one.copy() for one in y]
    scores = model.train(
        *copies, int(RATE), -0.05, 0.25, list(LAMBDAS), reg_per_y_channel=True, verbose=False
    )
    return model, np.asarray(scores)


@pytest.mark.parametrize(
    ("direction", "method", "f", "channels"),
    [
        ("forward", "ridge", 3, 4),
        ("backward", "ridge", 3, 4),
        ("forward", "tikhonov", 1, 4),
        ("backward", "tikhonov", 2, 1),
    ],
)
def test_scores_and_weights_are_those_of_mtrf(direction, method, f, channels):
    # Tikhonov of several features is not compared: there the peer's differences run across
    # features, because its matrix knows only neighbouring columns.
    x, y, _ = trials(f, channels)
    theirs, scores = peer(x, y, 1 if direction == "forward" else -1, method)
    ours = trf(direction=direction, penalty=method, penalty_units="mtrf").fit(x, y)
    np.testing.assert_allclose(ours.scores_.r, scores, atol=1e-8)
    best = np.array(LAMBDAS)[np.argmax(scores, axis=0)]
    np.testing.assert_array_equal(ours.best_alpha_, best)
    weights = ours.coef_.values.transpose(1, 0, 2) * RATE
    scale = np.abs(theirs.weights).max()
    np.testing.assert_allclose(weights, theirs.weights, atol=1e-6 * scale)
    np.testing.assert_allclose(ours.intercept_ * RATE, theirs.bias.ravel(), rtol=1e-6)


def test_predictions_are_those_of_mtrf():
    x, y, _ = trials()
    theirs, _ = peer(x, y)
    expected = theirs.predict([one.copy() for one in x], None)
    found = trf(penalty_units="mtrf").fit(x, y).predict(x)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-8)


def test_plain_units_are_the_penalty_of_the_sum_of_squares():
    x, y, _ = trials(f=1, channels=2)
    model = trf(alphas=(3.0,)).fit(x, y)
    lags = np.arange(-4, 17)
    rows = [np.column_stack([shifted(one[:, 0], lag) for lag in lags]) for one in x]
    matrix, target = np.vstack(rows), np.vstack(y)
    centred = matrix - matrix.mean(axis=0)
    expected = np.linalg.solve(
        centred.T @ centred + 3.0 * np.eye(lags.size), centred.T @ (target - target.mean(axis=0))
    )
    np.testing.assert_allclose(model.coef_[:, 0], expected, atol=1e-10)
    np.testing.assert_allclose(model.coef_.lag, lags / RATE)


def shifted(x, lag):
    found = np.zeros_like(x)
    if lag >= 0:
        found[lag:] = x[: len(x) - lag]
    else:
        found[:lag] = x[-lag:]
    return found


def test_the_response_is_recovered():
    # 20 seeds: worst correlation with the true kernel .991.
    x, y, kernel = trials(lengths=(600, 600, 600, 600))
    model = TemporalResponseFunction(0.0, 14 / RATE, rate=RATE, alphas=(0.1, 1e3, 1e4))
    found = model.fit(x, y).coef_.values
    assert np.corrcoef(found.ravel(), kernel.ravel())[0, 1] > 0.95


def test_smoothness_helps_where_responses_are_smooth():
    # Over 20 seeds the correlation with the true kernel changes by -.001 to .026.
    x, y, kernel = trials(f=1, channels=8)
    grid = tuple(np.logspace(0, 5, 11))

    def agreement(penalty):
        model = TemporalResponseFunction(
            0.0, 14 / RATE, rate=RATE, alphas=grid, penalty=penalty, extend_alphas=False
        )
        found = model.fit(x, y).coef_.values
        return np.corrcoef(found.ravel(), kernel.ravel())[0, 1]

    assert agreement("tikhonov") > agreement("ridge")


@pytest.fixture
def labelled():
    x, y, _ = trials(lengths=(240, 240))
    time = time_coordinate(regular_time(240, RATE), RATE)
    stimulus = xr.DataArray(
        np.stack(x),
        dims=("trial", "time", "feature"),
        coords={"time": time, "feature": ["envelope", "onset", "pitch"]},
    )
    response = xr.DataArray(
        np.stack(y),
        dims=("trial", "time", "channel"),
        coords={"time": time, "channel": ["Fz", "Cz", "Pz", "Oz"]},
    )
    return stimulus, response


def test_labels_are_kept_forwards_and_backwards(labelled):
    x, y = labelled
    forward = trf(rate=None).fit(x, y)
    assert forward.coef_.dims == ("lag", "feature", "channel")
    assert forward.coef_.feature.values.tolist() == ["envelope", "onset", "pitch"]
    assert forward.coef_.channel.values.tolist() == ["Fz", "Cz", "Pz", "Oz"]
    assert forward.coef_.lag.attrs["units"] == "s"
    assert forward.rate_ == RATE
    assert forward.predict(x).dims == ("trial", "time", "channel")
    backward = trf(rate=None, direction="backward").fit(x, y)
    assert backward.coef_.dims == ("lag", "channel", "feature")
    assert float(backward.coef_.lag[0]) == pytest.approx(-0.25)
    assert backward.predict(y).dims == ("trial", "time", "feature")


def test_trials_in_a_list_in_an_array_and_in_runs_are_the_same(labelled):
    x, y = labelled
    stacked = trf(rate=None).fit(x, y)
    listed = trf(rate=None).fit([x[0], x[1]], [y[0], y[1]])
    plain = trf().fit(list(x.values), list(y.values))
    time = time_coordinate(np.r_[regular_time(240, RATE), 100 + regular_time(240, RATE)], RATE)
    run = ("time", np.repeat([0, 1], 240))
    long_x, long_y = (
        xr.DataArray(
            part.values.reshape(480, -1), dims=("time", dim), coords={"time": time, "run": run}
        )
        for part, dim in ((x, "feature"), (y, "channel"))
    )
    runs = trf(rate=None).fit(long_x, long_y)
    for other in (listed, plain, runs):
        np.testing.assert_allclose(other.coef_.values, stacked.coef_.values, atol=1e-12)
        np.testing.assert_allclose(other.scores_.r.values, stacked.scores_.r.values, atol=1e-12)
    np.testing.assert_allclose(
        runs.predict(long_x).values.reshape(2, 240, 4), stacked.predict(x), atol=1e-12
    )


def test_lags_never_cross_trials():
    # The second trial starts with a huge sample; with lags across the border it would change
    # the sums of the first.
    x, y, _ = trials(f=1, channels=2, lengths=(100, 100))
    spoiled = [x[0], x[1].copy()]
    spoiled[1][0] = 1e6
    a = trf().fit(x, y)
    b = trf().fit([x[0], spoiled[1]], y)
    np.testing.assert_allclose(a.predict(x)[0][:80], a.predict([x[0], spoiled[1]])[0][:80])
    assert not np.allclose(a.coef_, b.coef_)


def test_without_padding_incomplete_rows_are_left_out():
    x, y, _ = trials(f=2, channels=3, lengths=(80, 90))
    model = trf(alphas=(2.0,), pad=False).fit(x, y)
    lags = np.arange(-4, 17)
    rows, kept = [], []
    for one, held in zip(x, y, strict=True):
        lagged = np.stack([[one[t - lag] for lag in lags] for t in range(16, len(one) - 4)])
        rows.append(lagged.reshape(len(lagged), -1))
        kept.append(held[16 : len(one) - 4])
    matrix, target = np.vstack(rows), np.vstack(kept)
    centred = matrix - matrix.mean(axis=0)
    expected = np.linalg.solve(
        centred.T @ centred + 2.0 * np.eye(centred.shape[1]),
        centred.T @ (target - target.mean(axis=0)),
    )
    np.testing.assert_allclose(model.coef_.values.reshape(-1, 3), expected, atol=1e-9)


def test_one_trial_is_cut_into_blocks_with_gaps_as_long_as_the_lags():
    x, y, _ = trials(f=1, channels=2, lengths=(400,))
    default = trf().fit(x[0], y[0])
    assert default.n_folds_ == 5
    given = trf(cv=BlockedCV(5, gap=len(default.coef_.lag) - 1)).fit(x[0], y[0])
    np.testing.assert_allclose(default.scores_.r, given.scores_.r, atol=1e-12)


def test_many_trials_are_left_out_in_tenths():
    rng = np.random.default_rng(0)
    x = [rng.standard_normal((40, 1)) for _ in range(25)]
    y = [rng.standard_normal((40, 2)) for _ in range(25)]
    model = TemporalResponseFunction(0.0, 0.05, rate=RATE, alphas=(1.0,)).fit(x, y)
    assert model.n_folds_ == 10


def test_scores_of_new_trials_are_means_over_trials():
    x, y, _ = trials()
    model = trf().fit(x[:3], y[:3])
    p = model.predict(x[3:])[0]
    expected = [np.corrcoef(p[:, c], y[3][:, c])[0, 1] for c in range(4)]
    np.testing.assert_allclose(model.score_targets(x[3:], y[3:]).r, expected)
    both = model.score_targets(x[2:], y[2:]).r
    one = model.score_targets(x[2:3], y[2:3]).r
    np.testing.assert_allclose(both, (one + np.array(expected)) / 2)


def test_a_backward_model_is_scored_with_the_same_arguments():
    x, y, _ = trials()
    model = trf(direction="backward").fit(x, y)
    scores = model.score_targets(x, y)
    assert scores.r.shape == (3,)
    p = np.vstack(model.predict(y))
    assert np.corrcoef(p[:, 0], np.vstack(x)[:, 0])[0, 1] > 0.3


def test_the_grid_grows_and_says_so():
    x, y, _ = trials()
    rng = np.random.default_rng(1)
    y = [one + 10 * rng.standard_normal(one.shape) for one in y]
    model = TemporalResponseFunction(0.0, 0.2, rate=RATE, alphas=(1e-6, 1e-5))
    with pytest.warns(nk.errors.NeurokitWarning, match="the grid was extended"):
        model.fit(x, y)
    assert float(model.scores_.alpha.max()) > 1e-2


def test_an_offset_of_the_response_changes_no_score():
    x, y, _ = trials()
    plain, moved = trf().fit(x, y), trf().fit(x, [one + 1e6 for one in y])
    np.testing.assert_allclose(moved.scores_.r, plain.scores_.r, atol=1e-7)
    np.testing.assert_allclose(moved.coef_, plain.coef_, atol=1e-7)


@pytest.mark.parametrize("suffix", [".nc", ".zarr"])
def test_saving_and_loading_gives_the_same_fit(labelled, tmp_path, suffix):
    x, y = labelled
    model = trf(rate=None).fit(x, y)
    loaded = TemporalResponseFunction.load(model.save(tmp_path / f"trf{suffix}"))
    xr.testing.assert_identical(loaded.coef_, model.coef_)
    xr.testing.assert_identical(loaded.scores_, model.scores_)
    xr.testing.assert_identical(loaded.predict(x), model.predict(x))


def test_same_bytes_for_any_number_of_workers():
    x, y, _ = trials()
    one, three = trf().fit(x, y), trf(n_jobs=3).fit(x, y)
    assert one.coef_.values.tobytes() == three.coef_.values.tobytes()
    assert one.scores_.r.values.tobytes() == three.scores_.r.values.tobytes()


def test_trials_shorter_than_the_lags_are_named():
    x, y, _ = trials(lengths=(100, 100, 100))
    x[1], y[1] = x[1][:12], y[1][:12]
    with pytest.raises(SchemaError, match="trial 1: has 12 samples, but lags reach over 20"):
        trf().fit(x, y)


def test_without_a_rate_seconds_mean_nothing(labelled):
    x, y, _ = trials()
    with pytest.raises(TimeError, match="no time axis"):
        trf(rate=None).fit(x, y)
    stimulus, response = labelled
    with pytest.raises(TimeError, match=r"is 100 Hz, but the time axis says 64 Hz"):
        trf(rate=100.0).fit(stimulus, response)
    uneven = time_coordinate(regular_time(240, RATE) ** 1.1, None)
    with pytest.raises(TimeError, match="irregular"):
        trf(rate=None).fit(stimulus.assign_coords(time=uneven), response.assign_coords(time=uneven))
    wrong = time_coordinate(regular_time(240, RATE / 2), RATE)
    with pytest.raises(TimeError, match="not at its sampling_rate"):
        trf(rate=None).fit(stimulus.assign_coords(time=wrong), response.assign_coords(time=wrong))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"direction": "sideways"}, "direction"),
        ({"penalty": "lasso"}, "penalty"),
        ({"penalty_units": "mTRF"}, "did you mean 'mtrf'"),
        ({"metric": "rho"}, "metric"),
        ({"rate": -1.0}, "rate"),
        ({"alphas": ()}, "alphas"),
    ],
)
def test_wrong_options_are_refused(options, message):
    x, y, _ = trials()
    with pytest.raises(OptionError, match=message):
        trf(**options).fit(x, y)


def test_before_fit_there_is_nothing(labelled):
    with pytest.raises(NotFittedError):
        trf().predict(labelled[0])
    with pytest.raises(NotFittedError):
        trf().plot()


def test_other_features_are_refused(labelled):
    x, y = labelled
    model = trf(rate=None).fit(x, y)
    with pytest.raises(LabelError, match="other labels"):
        model.predict(x.assign_coords(feature=list("abc")))
    with pytest.raises(SchemaError, match="2 features"):
        model.predict(x.values[0][:, :2])


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_scores_want_features_and_targets_in_the_order_of_the_fit(labelled, direction):
    x, y = labelled
    model = trf(rate=None, direction=direction).fit(x, y)
    features, channels = x.isel(feature=[2, 0, 1]), y.isel(channel=slice(None, None, -1))
    with pytest.raises(LabelError, match="^X: has other labels along 'feature'"):
        model.score_targets(features, y)
    with pytest.raises(LabelError, match="^Y: has other labels along 'channel'"):
        model.score_targets(x, channels)
    # In their order again, they are scored as ever.
    mended = model.score_targets(features.sel(feature=x.feature), channels.sel(channel=y.channel))
    xr.testing.assert_allclose(mended, model.score_targets(x, y), rtol=1e-12)


def test_scores_want_as_many_targets_as_the_fit(labelled):
    x, y = labelled
    model = trf(rate=None).fit(x, y)
    with pytest.raises(SchemaError, match=r"^Y: Y has 2 targets, the fit \d"):
        model.score_targets(x, y.isel(channel=slice(2)))
