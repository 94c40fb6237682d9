"""Encoding models on real recordings, where something is known of the answer."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from scipy.io import loadmat
from scipy.signal import resample_poly
from scipy.stats import f as f_distribution

import neurokit as nk
from neurokit.encoding import RetrievalDecoder, TemporalResponseFunction
from neurokit.encoding.encode_recording import run
from neurokit.encoding.recipe import EncodingParameters

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::neurokit.errors.NeurokitWarning"),
]


def test_the_kernels_of_the_boosting_reference_are_found(shared_data):
    found = loadmat(shared_data / "encoding_rsa" / "eelbrain_test_boosting_2d.mat")
    trf = TemporalResponseFunction(0.0, 9.0, rate=1.0).fit(found["stim"].T, found["signal"].T)
    kernel, expected = trf.coef_.values[:, :, 0].T, found["h"]
    # The stimulus is smooth, so that ridge spreads what boosting puts into single lags.
    for ours, theirs in zip(kernel, expected, strict=True):
        peak = np.abs(ours).argmax()
        assert abs(int(peak) - int(np.abs(theirs).argmax())) <= 1
        assert np.sign(ours[peak]) == np.sign(theirs[np.abs(theirs).argmax()])
    # Boosting's own correlation with this signal is .83.
    assert float(trf.scores_["r"].max()) > found["crlt"][0, 0]


def test_head_angle_is_in_the_neurons_that_bend_the_head(shared_data):
    path = shared_data / "celegans_calcium" / "dag2023_2022-08-02-38-data.h5"
    rec = nk.open(path)
    chosen = EncodingParameters(
        features=("velocity", "head_angle"), lags_s=(0.0, 1.0, 2.0, 4.0), gap_s=10.0, n_shifts=199
    )
    found = run({"worm": rec}, chosen, {})
    best = found.tables["scores"]["neuron"][:8].tolist()
    # SMD and RMD neurons move the head (White et al. 1986; Dag et al. 2023).
    assert sum(name.startswith(("SMD", "RMD")) for name in best) >= 3
    partition = found.result["partition"].to_dataset()
    smd = partition.sel(neuron="SMDVL")["unique"]
    assert float(smd.sel(band="head_angle")) > 0.3 > float(smd.sel(band="velocity"))


def logged_states(path):
    """Onset (s) and name of every state in a log of pyControl."""
    lines = path.read_text(encoding="utf-8").splitlines()
    code = json.loads(next(line for line in lines if line.startswith("S "))[2:])
    names = {value: name for name, value in code.items()}
    rows = [line.split()[1:] for line in lines if line.startswith("D ")]
    return [(int(ms) / 1e3, names[int(event)]) for ms, event in rows if int(event) in names]


def test_gratings_on_a_clock_of_their_own_are_called_responsible_for_nothing(shared_data):
    # Nothing ties the log to the frames: its sync pulses are not those of the voltage recording
    # (docs/recordings.md). Set to start together, slow calcium and 8.5 s of one direction after
    # the other are alike enough by chance for a test that forgets how slow both are.
    folder = shared_data / "ophys_mouse_zebrafish" / "gratings_2p"
    rec = nk.open(folder / "F.npy", "suite2p", rate=28.387)
    calcium = nk.signal.resample(rec["activity/signal"], 2.0)
    states = logged_states(folder / "989-2023-08-21-132131.txt")
    shown = sorted({name for _, name in states if name.startswith("degrees")})
    assert len(shown) == 8
    time = calcium["time"].values
    seen = np.zeros((time.size, 8))
    for (onset, name), (end, _) in pairwise(states):
        if name in shown:
            seen[(time >= onset) & (time < end), shown.index(name)] = 1.0
    features = xr.DataArray(
        seen, dims=("time", "feature"), coords={"time": calcium["time"], "feature": shown}
    )
    kept = time < states[-1][0]
    x, y = features.isel(time=kept), calcium.isel(time=kept)
    cv = nk.stats.BlockedCV(5, gap=5.0)
    found = nk.encoding.significance(x, y, cv=cv, n_draws=199, random_state=0)
    assert (found.q > 0.5).all()
    assert found.attrs["n_blocks"] >= 30
    # What forgets it: an F-test of single samples, all of them taken as independent.
    design = np.column_stack([np.ones(len(x)), x.values])
    z = y.values - y.values.mean(axis=0)
    rest = z - design @ np.linalg.lstsq(design, z, rcond=None)[0]
    f = ((z**2).sum(axis=0) - (rest**2).sum(axis=0)) / 8 / (rest**2).sum(axis=0) * (len(x) - 9)
    assert np.mean(f_distribution.sf(f, 8, len(x) - 9) <= 0.05) > 0.5


@pytest.fixture
def envelopes(shared_data):
    """Envelopes of the audio epochs at 100 Hz, (trial, time)."""
    rec = nk.open(shared_data / "encoding_rsa" / "audio-epo.fif")
    sound = rec["activity/signal"].values[:, :, 0].astype(np.float64)
    envelope = resample_poly(np.abs(sound), 1, 160, axis=1)
    return envelope / envelope.std()


def test_a_response_to_real_sounds_gives_its_kernel_back(envelopes):
    lags = np.arange(31) / 100
    kernel = np.exp(-0.5 * ((lags - 0.1) / 0.02) ** 2) - 0.6 * np.exp(
        -0.5 * ((lags - 0.2) / 0.03) ** 2
    )
    rng = np.random.default_rng(0)
    response = [np.convolve(e, kernel)[: e.size] for e in envelopes]
    noisy = [r + 0.5 * np.std(r) * rng.normal(size=r.size) for r in response]
    trf = TemporalResponseFunction(0.0, 0.3, rate=100.0).fit(
        [e[:, None] for e in envelopes], [r[:, None] for r in noisy]
    )
    assert np.corrcoef(trf.coef_.values[:, 0, 0], kernel)[0, 1] > 0.9


def test_which_sound_was_heard_is_retrieved_from_simulated_sensors(envelopes):
    rng = np.random.default_rng(1)
    latent = envelopes[:, ::10] - envelopes[:, ::10].mean(axis=0)
    mixing = rng.normal(size=(latent.shape[1], 40))
    truth = np.tile(np.arange(len(latent)), 20)
    x = latent[truth] @ mixing + 2.0 * rng.normal(size=(truth.size, 40))
    decoder = RetrievalDecoder(k=(1, 2)).fit(x[:60], latent[truth[:60]])
    scores = decoder.evaluate(x[60:], latent, truth[60:])
    assert float(scores["top_k"].sel(k=1)) > 2 / len(latent)
