"""Long sessions through networks: trained on windows as on trials, read in windows that overlap."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import neurokit as nk  # noqa: E402
from neurokit.errors import StoreError  # noqa: E402
from neurokit.flows import LangevinFlow, SmallLFADS, SmallNDT  # noqa: E402

SMALL = {"n_hidden": 8, "max_epochs": 6, "kl_warm_up": 2, "random_state": 0, "bin_s": 0.02}
FLOW = {**SMALL, "n_potential": 3, "inferred_force": False}


@pytest.fixture(scope="module")
def session():
    """One stretch of 96 bins."""
    return np.random.default_rng(0).poisson(1.0, (96, 5)).astype(float)


@pytest.fixture(scope="module")
def fitted(session):
    return LangevinFlow(2, window=32, **FLOW).fit(session)


def test_training_on_a_session_is_training_on_its_windows(session, fitted):
    pieces = LangevinFlow(2, **FLOW).fit([session[:32], session[32:64], session[64:]])
    assert fitted.weights_.identical(pieces.weights_)
    assert fitted.losses_.identical(pieces.losses_)


def test_what_is_shorter_than_a_window_is_read_whole(session, fitted):
    trials = session.reshape(6, 16, 5)
    wide, exact = (LangevinFlow(2, window=w, **FLOW).fit(trials) for w in (500, 16))
    assert wide.weights_.identical(exact.weights_)
    np.testing.assert_array_equal(wide.predict_rates(trials), exact.predict_rates(trials))
    narrow = LangevinFlow(2, window=15, **FLOW).fit(trials)
    assert not narrow.weights_.identical(exact.weights_)


def test_a_session_is_read_as_its_windows_and_joined(session, fitted):
    # Windows begin at 0, 21, 43 and 64.
    whole = fitted.transform(session).position.values
    starts = (0, 21, 43, 64)
    parts = [fitted.transform(session[a : a + 32]).position.values for a in starts]
    np.testing.assert_allclose(whole[:21], parts[0][:21], atol=1e-6)
    np.testing.assert_allclose(whole[32:43], parts[1][11:22], atol=1e-6)
    np.testing.assert_allclose(whole[75:], parts[3][11:], atol=1e-6)
    # Eleven shared bins: the first is eleven deep in the one window, and one in the other.
    fading = (11 * parts[0][21] + parts[1][0]) / 12
    np.testing.assert_allclose(whole[21], fading, atol=1e-6)
    assert not np.allclose(parts[0][21], parts[1][0], atol=1e-3)


def test_forecasts_go_on_from_the_last_window(session, fitted):
    found = fitted.forecast([session, session[:20]], 4, n_samples=0).rate
    assert found.shape == (2, 4, 5)
    alone = fitted.forecast(session[-32:], 4, n_samples=0).rate
    np.testing.assert_allclose(found[0], alone[0], rtol=1e-5)
    short = fitted.forecast(session[:20], 4, n_samples=0).rate
    np.testing.assert_allclose(found[1], short[0], rtol=1e-5)


def test_ablation_swaps_windows_of_one_session(session, fitted):
    true = np.ones((1, 96, 5)) + np.arange(5)
    true[:, ::2] *= 2.0
    table = nk.flows.ablation(fitted, session[None], held_out=[0], true_rates=true, random_state=0)
    assert np.isfinite(table.score).all()
    hidden = fitted.predict_rates(session, held_out=[0], n_samples=0).values[:, :1]
    expected = nk.flows.co_bps(hidden, session[:, :1])
    assert table.score[0] == pytest.approx(expected, rel=1e-5)
    rates = fitted.predict_rates(session, n_samples=0).values
    rest = ((true[0] - rates) ** 2).sum(0) / ((true[0] - true[0].mean(0)) ** 2).sum(0)
    assert table.true_r2[0] == pytest.approx(1.0 - rest.mean(), rel=1e-5)
    assert table.score[0] != table.score[2]


@pytest.mark.parametrize("kind", [SmallLFADS, SmallNDT])
def test_peers_read_windows_too(session, kind):
    model = kind(**{k: v for k, v in SMALL.items() if not (kind is SmallNDT and k == "kl_warm_up")},
                 window=32).fit(session)  # fmt: skip
    rates = model.predict_rates(session, n_samples=0).values
    first = model.predict_rates(session[:32], n_samples=0).values
    np.testing.assert_allclose(rates[:21], first[:21], rtol=1e-4)
    assert not np.allclose(rates[21:32], first[21:], rtol=1e-3)


def test_windows_are_part_of_a_training(tmp_path, session):
    path = tmp_path / "course.safetensors"
    LangevinFlow(2, window=32, **{**FLOW, "max_epochs": 2}).fit(session, checkpoint=path)
    with pytest.raises(StoreError, match="window"):
        LangevinFlow(2, window=48, **FLOW).fit(session, resume_from=path)
