"""rsatoolbox's own evaluations from end to end, with its own draws: scores, ceilings, variances."""

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import neurokit as nk

pytestmark = pytest.mark.usefixtures("quiet")

N, N_SUBJECTS, N_DRAWS = 14, 6, 15
METHODS = [("cosine", "cosine"), ("pearson", "corr"), ("rho-a", "rho-a"), ("tau-a", "tau-a"),
           ("whitened_cosine", "cosine_cov")]  # fmt: skip


def _data(seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.random(N * (N - 1) // 2)
    subjects = truth + 0.8 * rng.random((N_SUBJECTS, truth.size))
    models = np.stack([truth + w * rng.random(truth.size) for w in (0.3, 0.8, 3.0)])
    models[0] = np.round(models[0], 1)  # ties, as of categories
    return models, subjects


def _recorded(toolbox, monkeypatch):
    """Every (subjects, conditions) that rsatoolbox draws from now on."""
    from rsatoolbox.inference import evaluate as module

    drawn, draw = [], module.bootstrap_sample

    def keep(*args, **options):
        sample = draw(*args, **options)
        drawn.append(sample[1:])
        return sample

    monkeypatch.setattr(module, "bootstrap_sample", keep)
    np.random.seed(0)  # noqa: NPY002  (rsatoolbox knows no other source)
    return module, drawn


def _fixed(toolbox, models):
    return [
        toolbox.model.ModelFixed(f"m{k}", toolbox.rdm.RDMs(row[None]))
        for k, row in enumerate(models)
    ]


def _ours(models, subjects, method, drawn, resample):
    people, conditions = (np.array(side) for side in zip(*drawn, strict=True))
    return nk.rsa.evaluate(
        xr.DataArray(models, dims=["model", "pair"]),
        xr.DataArray(subjects, dims=["subject", "pair"]),
        method,
        resample=resample,
        resamples=(people, conditions),
    )


@pytest.mark.parametrize(("method", "theirs"), METHODS)
def test_eval_bootstrap_is_reproduced(toolbox, monkeypatch, method, theirs):
    models, subjects = _data()
    module, drawn = _recorded(toolbox, monkeypatch)
    result = module.eval_bootstrap(
        _fixed(toolbox, models), toolbox.rdm.RDMs(subjects), method=theirs, N=N_DRAWS
    )
    ours = _ours(models, subjects, method, drawn, "both")
    np.testing.assert_allclose(ours.draw_score, result.evaluations, rtol=1e-8)
    np.testing.assert_allclose(ours.draw_ceiling.values.T, result.noise_ceiling, rtol=1e-8)
    np.testing.assert_allclose(ours.covariance[0], result.variances, rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize(("method", "theirs"), METHODS[:2])
def test_the_dual_bootstrap_is_reproduced_and_gives_the_p_values(
    toolbox, monkeypatch, method, theirs
):
    models, subjects = _data()
    module, drawn = _recorded(toolbox, monkeypatch)
    result = module.eval_dual_bootstrap(
        _fixed(toolbox, models), toolbox.rdm.RDMs(subjects), method=theirs, N=N_DRAWS,
        k_pattern=1, k_rdm=1,
    )  # fmt: skip
    ours = _ours(models, subjects, method, drawn, "dual")
    np.testing.assert_allclose(ours.standard_error**2, result.model_var, rtol=1e-10)
    assert ours.attrs["df"] == result.dof
    # Their tests stand on the mean score of all draws, ours on that of the data.
    first, second = np.triu_indices(3, 1)
    apart = ours.score.values[first] - ours.score.values[second]
    expected = 2 * stats.t.sf(np.abs(apart) / np.sqrt(result.diff_var), result.dof)
    np.testing.assert_allclose(ours.p_pairwise.values[first, second], expected, rtol=1e-8)
    expected = stats.t.sf(ours.score / np.sqrt(result.model_var), result.dof)
    np.testing.assert_allclose(ours.p_zero, expected, rtol=1e-8)
    below = ours.score - ours.ceiling.sel(bound="lower")
    expected = 2 * stats.t.sf(np.abs(below) / np.sqrt(result.noise_ceil_var[:, 0]), result.dof)
    np.testing.assert_allclose(ours.p_ceiling, expected, rtol=1e-8)


@pytest.mark.parametrize(("method", "theirs"), METHODS)
def test_eval_fixed_is_reproduced(toolbox, method, theirs):
    models, subjects = _data()
    from rsatoolbox.inference import eval_fixed

    result = eval_fixed(_fixed(toolbox, models), toolbox.rdm.RDMs(subjects), method=theirs)
    ours = nk.rsa.evaluate(
        xr.DataArray(models, dims=["model", "pair"]),
        xr.DataArray(subjects, dims=["subject", "pair"]),
        method,
        n_draws=10,
        random_state=0,
    )
    np.testing.assert_allclose(ours.evaluation, result.evaluations[0], rtol=1e-8)
    np.testing.assert_allclose(ours.ceiling, np.ravel(result.noise_ceiling), rtol=1e-8)
