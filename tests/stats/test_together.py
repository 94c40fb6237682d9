"""The parts as an analysis uses them: splits, refits, nulls, corrections, on labelled data."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import xarray as xr
from scipy.signal import lfilter
from sklearn.linear_model import Ridge
from sklearn.metrics import adjusted_rand_score

import neurokit as nk
from neurokit.errors import NeurokitWarning
from neurokit.schema import activity, as_history, recording, series
from neurokit.stats import (
    BlockedCV,
    adjusted_rand,
    autocorrelation_time,
    block_sign_flip,
    circular_shift_test,
    fdr,
    match_labels,
)

RATE = 10.0
N_TIMES = 3000
RELATED = 4  # of 12 neurons


def ar1(phi: float, n: int, k: int, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(lfilter([1], [1, -phi], rng.normal(size=(n + 300, k)), axis=0)[300:])


@pytest.fixture(scope="module")
def worm() -> xr.DataTree:
    """Two runs of a behaving animal: 4 of 12 neurons follow its speed."""
    rng = np.random.default_rng(0)
    run = np.repeat([0, 1], [1800, 1200])
    speed = ar1(0.9, N_TIMES, 1, rng)
    gain = np.where(np.arange(12) < RELATED, 0.5, 0.0)
    signal = speed * gain + ar1(0.9, N_TIMES, 12, rng)
    names = [f"n{i}" for i in range(12)]
    groups = {
        "activity": activity(signal, names=names, rate=RATE, run=run.tolist()),
        "behavior": series({"speed": speed[:, 0]}, rate=RATE, run=run.tolist()),
    }
    return recording(groups, modality="calcium", subject="w1")


def truth() -> list[bool]:
    return [i < RELATED for i in range(12)]


def test_neurons_that_follow_behaviour_are_found_and_no_others(worm: xr.DataTree) -> None:
    speed, signal = worm["behavior/speed"], worm["activity/signal"]
    result = circular_shift_test(speed, signal, family="neuron", random_state=0)
    assert result["p"].dims == ("neuron",)
    assert (fdr(result["p"]) <= 0.05).values.tolist() == truth()
    assert (result["p_fwe"] <= 0.05).values.tolist() == truth()
    assert [step["function"] for step in as_history(result)] == ["stats.circular_shift_test"]


def losses(model: Ridge, X: xr.DataArray, Y: xr.DataArray, cv: BlockedCV) -> xr.DataArray:
    """Squared error of each sample when it was held out."""
    out = np.full(Y.shape, np.nan)
    for train, test in cv.split(X):
        fitted = model.fit(X.values[train], Y.values[train])
        out[test] = (Y.values[test] - fitted.predict(X.values[test]).reshape(Y[test].shape)) ** 2
    return Y.copy(data=out)


def test_a_feature_that_helps_is_told_from_one_that_does_not(worm: xr.DataTree) -> None:
    signal = worm["activity/signal"].astype(np.float64)
    speed = worm["behavior/speed"].astype(np.float64)
    noise = speed.copy(data=ar1(0.9, N_TIMES, 1, np.random.default_rng(1))[:, 0])
    without = xr.concat([noise], "feature").transpose("time", "feature")
    with_speed = xr.concat([noise, speed], "feature").transpose("time", "feature")
    cv = BlockedCV(6, gap=2.0)
    gain = losses(Ridge(), without, signal, cv) - losses(Ridge(), with_speed, signal, cv)
    result = block_sign_flip(gain, gap=2.0, alternative="greater", random_state=0)
    assert result.attrs["n_blocks"] >= 30
    assert result.attrs["block_length"] >= 2.0
    assert (fdr(result["p"]) <= 0.05).values.tolist() == truth()


def test_blocks_of_the_splitter_keep_to_the_runs_of_the_recording(worm: xr.DataTree) -> None:
    signal = worm["activity/signal"]
    tests = [test for _, test in BlockedCV(5).split(signal)]
    assert [test.size for test in tests] == [600, 600, 600, 600, 600]
    assert all(np.unique(signal["run"].values[test]).size == 1 for test in tests)


def test_default_blocks_follow_the_memory_that_is_reported(worm: xr.DataTree) -> None:
    signal = worm["activity/signal"]
    tau = autocorrelation_time(signal)
    assert tau.attrs["units"] == "s"
    # AR(1), phi = .9: 19 samples at 10 Hz; each estimate scatters by about 15 %.
    assert float(tau.mean()) == pytest.approx(1.9, rel=0.15)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        result = block_sign_flip(signal, n_flips=99, random_state=0)
    assert result.attrs["block_length"] == pytest.approx(5 * float(tau.quantile(0.9)), abs=0.1)


def test_results_are_stored_and_come_back_the_same(worm: xr.DataTree, tmp_path: object) -> None:
    result = circular_shift_test(
        worm["behavior/speed"], worm["activity/signal"], n_shifts=20, random_state=0
    )
    tree = xr.DataTree.from_dict({"/": xr.Dataset(), "/test": result})
    for suffix in (".nc", ".zarr"):
        opened = nk.open(nk.save(tree, f"{tmp_path}/result{suffix}"))
        nk.testing.assert_same(tree["test"], opened["test"])
        opened.close()


def test_states_are_compared_after_their_names_are_matched() -> None:
    rng = np.random.default_rng(2)
    states = np.repeat(rng.integers(0, 3, 60), 10)
    guess = np.array([2, 0, 1])[states]
    wrong = rng.random(states.size) < 0.1
    guess[wrong] = rng.integers(0, 3, wrong.sum())
    renamed, mapping = match_labels(states, guess)
    assert mapping == {2: 0, 0: 1, 1: 2}
    # A tenth was redrawn, and a third of those by chance as it was.
    assert (renamed == states).mean() == pytest.approx(1 - 0.1 * 2 / 3, abs=0.03)
    assert adjusted_rand(states, guess) == adjusted_rand(states, renamed)
    assert adjusted_rand(states, guess) == pytest.approx(adjusted_rand_score(states, guess))


def test_subjects_are_the_blocks_where_there_are_several() -> None:
    # 8 subjects with 50 trials each; the effect is of the subject, not of the trial.
    rng = np.random.default_rng(3)
    subject = np.repeat([f"s{i}" for i in range(8)], 50)
    own = np.repeat(rng.normal(0.0, 1.0, 8), 50)
    difference = xr.DataArray(
        own + rng.normal(0.0, 0.1, 400), dims="trial", coords={"subject": ("trial", subject)}
    )
    by_trial = block_sign_flip(difference, 1, dim="trial", random_state=0)
    by_subject = block_sign_flip(difference, "subject", dim="trial")
    assert float(by_trial["p"]) < 0.01  # trials of a subject are no independent evidence
    assert float(by_subject["p"]) > 0.05
    assert by_subject.attrs["exact"] == 1
