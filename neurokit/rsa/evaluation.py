"""How well models explain measured RDMs, and whether one explains them better than another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from neurokit.errors import OptionError, SchemaError, check_option
from neurokit.estimator import single_thread
from neurokit.rsa.arguments import whole_number
from neurokit.rsa.bootstrap import METHODS, Draws, bootstrap, count, fixed_ceilings
from neurokit.rsa.bootstrap_gram import present_conditions
from neurokit.rsa.compare_core import compare_rows
from neurokit.rsa.comparison import ALIASES, read_sigma_k
from neurokit.rsa.fitted_models import FittedModel
from neurokit.rsa.model_tests import TESTS, degrees_of_freedom, tested
from neurokit.rsa.pair_index import n_conditions_of, reorder
from neurokit.rsa.rdm_labels import Rows, align, read_rdms
from neurokit.rsa.resampling import Resamples, draw_resamples, given_resamples
from neurokit.rsa.variance import mean_score
from neurokit.schema.history import add_history

Array = NDArray[np.float64]
Model = xr.DataArray | ArrayLike | FittedModel

RESAMPLE = ("dual", "subjects", "conditions", "both")
CORRECTIONS = ("fdr", "fwer", "none")


@dataclass(frozen=True)
class _Plan:
    """What is done to every set of RDMs."""

    method: str
    resample: str
    test: str
    correction: str
    n_jobs: int
    n_assignments: int
    sigma_k: Array | None


def evaluate(
    models: xr.DataArray | Mapping[str, Model],
    rdms: xr.DataArray,
    method: str = "cosine",
    *,
    resample: str = "dual",
    n_draws: int = 1000,
    test: str = "t",
    correction: str = "fdr",
    resamples: tuple[ArrayLike, ArrayLike] | None = None,
    n_assignments: int = 2,
    sigma_k: xr.DataArray | ArrayLike | None = None,
    random_state: int | np.random.Generator | None = None,
    n_jobs: int = 1,
) -> xr.Dataset:
    """Mean over subjects of the similarity of each model with the data, ceilings and tests.

    Upper ceiling: mean similarity of subjects with the mean of all normalised subjects, which no
    model can be expected to pass; lower: with the mean of the others, which a model that knew the
    truth would reach. Tests are for new subjects and new conditions at once (dual bootstrap),
    unless asked otherwise.

    If a model has parameters, all models are cross-validated over conditions and subjects: fitted
    on the one part, judged on pairs of the other conditions of the other subjects, in every draw
    anew.

    Parameters
    ----------
    models : DataArray (model, pair), or mapping of str to model
        A model is one RDM, or `SelectedModel`, `WeightedModel`, `InterpolatedModel`,
        `FeatureModel`.
    rdms : DataArray (subject, pair)
        Measured RDMs of the same conditions. Other dims (roi, time) are evaluated one by one with
        the same draws. Pairs that are NaN in any RDM count for none.
    method : str, default "cosine"
        cosine, pearson, spearman, rho-a, tau-a, tau-b, whitened_cosine, whitened_pearson or bures.
        Models that predict ties (categories) need rho-a, tau-a, cosine or a whitened one; bures
        takes fixed models only.
    resample : {"dual", "subjects", "conditions", "both"}, default "dual"
        What new data would sample anew. dual: both, with the three variances combined so that
        measurement noise counts once; both: uncorrected, conservative.
    n_draws : int, default 1000
        Bootstrap draws.
    test : {"t", "bootstrap", "wilcoxon"}, default "t"
        t: difference / bootstrap standard error, min(subjects, conditions) - 1 degrees of
        freedom; bootstrap: share of draws on the other side; wilcoxon: signed ranks over subjects
        only, for these conditions.
    correction : {"fdr", "fwer", "none"}, default "fdr"
        How the q-values correct for the number of tests: Benjamini-Hochberg or Bonferroni.
    resamples : (subject, condition) array_like of int, optional
        (n_draws, n_subjects) and (n_draws, n_conditions) positions drawn, instead of random ones.
    n_assignments : int, default 2
        With fitted models: random assignments of folds in each draw; from two on what they add to
        the variance is taken out.
    sigma_k : DataArray or array_like, optional
        Covariance (condition, condition_2) or variances (condition) of the estimates of
        conditions, for the whitened measures. A condition that is drawn twice was measured twice:
        what its errors share with those of other conditions is shared, the rest is new.
    random_state : None, int or numpy.random.Generator
        Source of draws and folds.
    n_jobs : int, default 1
        Threads; results do not depend on it.

    Returns
    -------
    Dataset
        ``evaluation``(model, subject), ``score``(model), ``ceiling``(bound), ``standard_error``
        (model), ``p_zero``, ``p_ceiling``(model: differs from the lower ceiling?),
        ``p_pairwise``(model, model_2) and ``q_...`` of each; ``draw_score``(draw, model),
        ``draw_ceiling``(draw, bound), ``covariance``(factor, entry, entry_2),
        ``n_conditions`` that have pairs; attrs ``df`` (the least), ``method``, ``resample``.

    Raises
    ------
    OptionError
        If an option is unknown, or there are too few subjects or conditions for it.
    LabelError
        If models and data have different conditions.

    References
    ----------
    Schuett et al. (2023), doi:10.7554/eLife.82566.
    Nili et al. (2014), doi:10.1371/journal.pcbi.1003553.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> truth = rng.random(45)
    >>> data = xr.DataArray(truth + rng.random((6, 45)), dims=["subject", "pair"])
    >>> result = evaluate({"right": truth, "wrong": rng.random(45)}, data, random_state=0)
    >>> bool(result.score[0] > result.score[1])
    True
    """
    method = ALIASES.get(str(method), method)
    check_option("method", method, METHODS)
    check_option("resample", resample, RESAMPLE)
    check_option("test", test, TESTS)
    check_option("correction", correction, CORRECTIONS)
    n_jobs = whole_number("n_jobs", n_jobs, 1)
    n_assignments = whole_number("n_assignments", n_assignments, 1)
    data, others = _subjects(rdms)
    names, predictions = _models(models, data)
    sigma = read_sigma_k(sigma_k, data, method)
    n_subjects = rdms.sizes["subject"]
    tables = data.values.reshape(-1, n_subjects, data.values.shape[1])
    held = np.array([_present(predictions, rows) for rows in tables])
    fitted = any(isinstance(m, FittedModel) for m in predictions)
    if fitted and method == "bures":
        raise OptionError("bures fits no parameters", where="method", mend="Use cosine.")
    _check_sizes(resample, n_subjects, int(held.sum(axis=1).min()))
    if resamples is None and not held.any(axis=0).all():
        # Conditions that are lacking everywhere are none that could be drawn.
        some = np.flatnonzero(held.any(axis=0))
        tables, predictions, sigma = _of_conditions(some, tables, predictions, sigma)
    plan = _Plan(method, resample, test, correction, n_jobs, n_assignments, sigma)
    n = n_conditions_of(tables.shape[2])
    if resamples is None:
        drawn = draw_resamples(n_draws, n_subjects, n, random_state)
    else:
        drawn = given_resamples(resamples, n_subjects, n, random_state)
    run = _evaluate_fitted if fitted else _evaluate_fixed
    with single_thread():
        found = [run(predictions, rows, plan, drawn) for rows in tables]
    result = _labelled(found, names, rdms, others, plan)
    parameters: dict[str, Any] = {"n_draws": len(drawn.subjects)}
    parameters |= {"method": method, "resample": resample, "test": test, "correction": correction}
    result.attrs |= {
        "method": method,
        "resample": resample,
        "test": test,
        "correction": correction,
        "df": degrees_of_freedom(
            list(result.factor.values), n_subjects, int(held.sum(axis=1).min())
        ),
        "cross_validated": int(fitted),
    }
    if "history" in rdms.attrs:
        result.attrs["history"] = rdms.attrs["history"]
    return add_history(result, "rsa.evaluate", parameters, random_state)


def _subjects(rdms: xr.DataArray) -> tuple[Rows, list[str]]:
    if not isinstance(rdms, xr.DataArray) or not {"subject", "pair"} <= set(rdms.dims):
        dims = getattr(rdms, "dims", "no dims")
        raise SchemaError(
            f"dims are {dims}", where="rdms", mend="Give RDMs (subject, pair), as nk.rsa.rdm does."
        )
    if rdms.sizes["subject"] == 0:
        raise SchemaError("there is no subject", where="rdms", mend="Give at least one.")
    others = [str(dim) for dim in rdms.dims if dim not in ("subject", "pair")]
    return read_rdms(rdms.transpose(*others, "subject", "pair"), "rdms"), others


def _models(
    models: xr.DataArray | Mapping[str, Model], data: Rows
) -> tuple[list[str], list[Array | FittedModel]]:
    if isinstance(models, xr.DataArray):
        one = models if "model" in models.dims else models.expand_dims("model")
        if set(one.dims) != {"model", "pair"}:
            raise SchemaError(
                f"dims are {tuple(models.dims)}", where="models", mend="Give (model, pair)."
            )
        values = align(read_rdms(one.transpose("model", "pair"), "models"), data, "models")
        names = one["model"].values if "model" in one.coords else np.arange(len(values))
        return [str(name) for name in names], list(values)
    if not isinstance(models, Mapping):
        raise SchemaError(
            f"is a {type(models).__name__}",
            where="models",
            mend="Give names with their models, {name: model}, or a DataArray (model, pair).",
        )
    out: list[Array | FittedModel] = []
    for name, model in models.items():
        if isinstance(model, FittedModel):
            out.append(model.aligned(data))
        else:
            rows = align(read_rdms(model, f"models[{name!r}]"), data, f"models[{name!r}]")
            if len(rows) != 1:
                raise SchemaError(
                    f"holds {len(rows)} RDMs",
                    where=f"models[{name!r}]",
                    mend="Give one RDM, or say how to combine them: nk.rsa.WeightedModel(...).",
                )
            out.append(rows[0])
    if not out:
        raise OptionError("there are none", where="models", mend="Give at least one.")
    return list(models), out


def _present(predictions: list[Array | FittedModel], subjects: Array) -> NDArray[np.bool_]:
    """Conditions of which every model and subject has some pair in common."""
    valid: NDArray[np.bool_] = np.asarray(np.isfinite(subjects).all(axis=0))
    for model in predictions:
        rows = model.rdms if isinstance(model, FittedModel) else model[None]
        valid &= np.isfinite(rows).all(axis=0)
    return present_conditions(valid)


def _of_conditions(
    some: NDArray[np.intp],
    tables: Array,
    predictions: list[Array | FittedModel],
    sigma_k: Array | None,
) -> tuple[Array, list[Array | FittedModel], Array | None]:
    order = some.astype(np.int64)
    kept: list[Array | FittedModel] = [
        replace(m, rdms=reorder(m.rdms, order)) if isinstance(m, FittedModel) else reorder(m, order)
        for m in predictions
    ]
    if sigma_k is not None:
        sigma_k = sigma_k[some] if sigma_k.ndim == 1 else sigma_k[np.ix_(some, some)]
    return reorder(tables, order), kept, sigma_k


def _check_sizes(resample: str, n_subjects: int, n_conditions: int) -> None:
    if n_subjects < 2 and resample != "conditions":
        raise OptionError(
            f"{resample} needs at least two subjects, there is {n_subjects}",
            where="resample",
            mend='Use resample="conditions".',
        )
    if n_conditions < 5 and resample != "subjects":
        raise OptionError(
            f"{resample} needs at least five conditions, there are {n_conditions}",
            where="resample",
            mend='Use resample="subjects".',
        )


@dataclass(frozen=True)
class _Found:
    """Results of one set of RDMs."""

    evaluation: Array
    ceiling: Array
    draws: Draws
    covariance: dict[str, Array]
    tests: dict[str, Array]
    n_conditions: int


def _evaluate_fixed(
    predictions: list[Any], subjects: Array, plan: _Plan, drawn: Resamples
) -> _Found:
    models = np.array(predictions)
    valid = np.isfinite(models).all(axis=0) & np.isfinite(subjects).all(axis=0)
    together = [np.where(valid, x, np.nan) for x in (models, subjects)]
    evaluation = compare_rows(together[0], together[1], plan.method, plan.sigma_k)
    ceiling = fixed_ceilings(together[1], plan.method, plan.sigma_k)
    draws = _draws(models, subjects, plan, drawn)
    covariance = {name: drawn.covariance([d]) for name, d in draws.items()}
    n_held = int(_present(predictions, subjects).sum())
    return _finish(evaluation, ceiling, draws, covariance, plan, (len(subjects), n_held))


def _draws(models: Array, subjects: Array, plan: _Plan, drawn: Resamples) -> dict[str, Draws]:
    n = round((1 + np.sqrt(1 + 8 * models.shape[1])) / 2)
    conditions = count(drawn.conditions, n)
    people = count(drawn.subjects, len(subjects))
    everyone = np.ones_like(people)
    out: dict[str, Draws] = {}
    if plan.resample in ("dual", "both", "conditions"):
        wanted = {"both": people, "conditions": everyone}
        if plan.resample != "dual":
            wanted = {plan.resample: wanted[plan.resample]}
        found = bootstrap(
            models,
            subjects,
            plan.method,
            conditions,
            list(wanted.values()),
            plan.n_jobs,
            plan.sigma_k,
        )
        out |= dict(zip(wanted, found, strict=True))
    if plan.resample in ("dual", "subjects"):
        found = bootstrap(
            models, subjects, plan.method, np.ones((1, n)), [people], plan.n_jobs, plan.sigma_k
        )
        out["subjects"] = found[0]
    return out


def _evaluate_fitted(
    predictions: list[Any], subjects: Array, plan: _Plan, drawn: Resamples
) -> _Found:
    from neurokit.rsa.cross_validation import cross_validated, cross_validated_draws

    evaluation, ceiling = cross_validated(predictions, subjects, plan.method, drawn, plan.sigma_k)
    kinds = ("both", "subjects", "conditions") if plan.resample == "dual" else (plan.resample,)
    repeated = {
        kind: cross_validated_draws(
            predictions,
            subjects,
            plan.method,
            drawn,
            kind,
            plan.n_assignments,
            plan.n_jobs,
            plan.sigma_k,
        )
        for kind in kinds
    }
    covariance = {kind: drawn.covariance(parts) for kind, parts in repeated.items()}
    draws = {
        kind: Draws(
            np.mean([d.evaluation for d in parts], axis=0),
            np.mean([d.ceiling for d in parts], axis=0),
        )
        for kind, parts in repeated.items()
    }
    n_held = int(_present(predictions, subjects).sum())
    return _finish(evaluation, ceiling, draws, covariance, plan, (len(subjects), n_held))


def _finish(
    evaluation: Array,
    ceiling: Array,
    draws: dict[str, Draws],
    covariance: dict[str, Array],
    plan: _Plan,
    sizes: tuple[int, int],
) -> _Found:
    main = draws["both" if plan.resample == "dual" else plan.resample]
    tests = tested(evaluation, ceiling, main, covariance, sizes, plan.test, plan.correction)
    return _Found(evaluation, ceiling, main, covariance, tests, sizes[1])


def _labelled(
    found: list[_Found], names: list[str], rdms: xr.DataArray, others: list[str], plan: _Plan
) -> xr.Dataset:
    lead = [rdms.sizes[dim] for dim in others]

    def over(values: list[Array]) -> Array:
        stacked = np.array(values)
        return stacked.reshape(*lead, *stacked.shape[1:])

    factors = list(found[0].covariance)
    variables: dict[str, Any] = {
        "evaluation": ([*others, "model", "subject"], over([f.evaluation for f in found])),
        "score": ([*others, "model"], over([mean_score(f.evaluation) for f in found])),
        "ceiling": ([*others, "bound"], over([f.ceiling for f in found])),
        "draw_score": ([*others, "draw", "model"], over([f.draws.evaluation for f in found])),
        "draw_ceiling": ([*others, "draw", "bound"], over([f.draws.ceiling for f in found])),
        "covariance": (
            [*others, "factor", "entry", "entry_2"],
            over([np.array(list(f.covariance.values())) for f in found]),
        ),
    }
    variables["n_conditions"] = (others, np.reshape([f.n_conditions for f in found], lead))
    for key, value in found[0].tests.items():
        dims = ["model", "model_2"] if value.ndim == 2 else ["model"]
        variables[key] = ([*others, *dims], over([f.tests[key] for f in found]))
    entries = [*names, "lower", "upper"]
    coords: dict[str, Any] = {
        "model": names,
        "model_2": names,
        "bound": ["lower", "upper"],
        "factor": factors,
        "entry": entries,
        "entry_2": entries,
    }
    for name, c in rdms.coords.items():
        if set(c.dims) <= {*others, "subject"} and name not in coords:
            coords[str(name)] = c.variable
    return xr.Dataset(variables, coords)
