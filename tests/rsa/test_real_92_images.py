"""Human IT, monkey IT and models on the 92 images of Kriegeskorte et al. (2008)."""

import numpy as np
import pytest
import xarray as xr
from scipy.io import loadmat

import neurokit as nk

FIRST, SECOND = np.triu_indices(92, 1)


def _row(matrix):
    return np.asarray(matrix, dtype=float)[FIRST, SECOND]


@pytest.fixture(scope="module")
def folder(shared_data):
    return shared_data / "encoding_rsa"


@pytest.fixture(scope="module")
def human(folder):
    held = loadmat(folder / "rsa_92_brainRDMs.mat")["RDMs"]
    sessions = [[_row(held[0, s, k]["RDM"]) for k in range(2)] for s in range(4)]
    return xr.DataArray(
        sessions,
        {"subject": ["BE", "KO", "SN", "TI"], "session": [1, 2]},
        ["subject", "session", "pair"],
    )


@pytest.fixture(scope="module")
def models(folder):
    held = loadmat(folder / "rsa_92_modelRDMs.mat", simplify_cells=True)["Models"]
    return {m["name"]: _row(m["RDM"]) for m in held}


@pytest.fixture(scope="module")
def published(folder):
    path = folder / "rsa_Kriegeskorte_Neuron2008_supplementalData.mat"
    return loadmat(path, simplify_cells=True)


@pytest.fixture(scope="module")
def result(human, models):
    return nk.rsa.evaluate(models, human.mean("session"), "rho-a", n_draws=300, random_state=0)


def test_the_order_of_models_is_the_published_one(result):
    score = {name: float(result.score.sel(model=name)) for name in result.model.values}
    for better in ("animacy", "monkeyIT", "FaceBodyManmadeNatobj"):
        for worse in ("V1", "RADON", "Silhouette"):
            assert score[better] > score[worse] + 0.1
    assert score["animacy"] > 0.3
    assert abs(score["V1"]) < 0.1


def test_animacy_is_above_the_v1_model_for_new_subjects_and_images(result):
    assert result.p_pairwise.sel(model="animacy", model_2="V1") < 0.05
    assert result.q_zero.sel(model="animacy") < 0.05
    assert result.q_zero.sel(model="V1") > 0.05


def test_no_model_reaches_the_ceiling(result):
    low, high = result.ceiling.values
    assert 0.3 < low < high < 0.8
    assert (result.score < low).all()


def test_human_and_monkey_correlate_as_published(published):
    monkey, human = (np.asarray(r["RDM"], dtype=float) for r in published["RDMs_mIT_hIT_fig1"])
    # Kriegeskorte et al. 2008 report r = .49.
    assert float(nk.rsa.compare(monkey, human, "pearson")) == pytest.approx(0.49, abs=0.005)


def test_sessions_of_one_subject_are_alike(human):
    sessions = [human.isel(session=k) for k in range(2)]
    found = nk.rsa.compare(*sessions, "spearman").values
    own, other = np.diag(found), found[~np.eye(4, dtype=bool)]
    # .22 against .17: single sessions are noisy.
    assert own.mean() > other.mean() + 0.02


def test_animate_and_inanimate_stand_apart(human, published):
    animate = published["categoryVectors"][:, 0].astype(bool)
    square = nk.rsa.rdm_to_square(human.mean(("subject", "session"))).values
    n, m = animate.sum(), (~animate).sum()
    within = square[animate][:, animate].sum() + square[~animate][:, ~animate].sum()
    within /= n * (n - 1) + m * (m - 1)
    between = square[animate][:, ~animate].mean()
    assert between > within * 1.05


def test_human_geodesics_are_those_of_the_monkey_and_not_of_v1(human, models):
    mean = human.mean(("subject", "session"))
    ours = nk.rsa.geodesic(mean, 0.0, 0.2)
    score = {
        name: float(nk.rsa.compare(ours, nk.rsa.geodesic(models[name], 0.0, 0.2), "pearson"))
        for name in ("monkeyIT", "V1")
    }
    assert score["monkeyIT"] > 0.3
    assert score["V1"] < 0.1


def test_mixing_models_helps_no_more_than_it_should(human, models):
    parts = np.array([models["animacy"], models["monkeyIT"], models["V1"]])
    found = nk.rsa.evaluate(
        {"animacy": models["animacy"], "mixture": nk.rsa.WeightedModel(parts)},
        human.mean("session"),
        "pearson",
        n_draws=20,
        random_state=0,
    )
    assert found.score.sel(model="mixture") > found.score.sel(model="animacy")
    assert found.score.sel(model="mixture") < found.ceiling.sel(bound="upper")
