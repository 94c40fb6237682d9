"""Representational dissimilarity matrices of labelled patterns."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import xarray as xr

from neurokit.errors import SchemaError, check_option
from neurokit.estimator import single_thread
from neurokit.rsa.arguments import yes_or_no
from neurokit.rsa.patterns import Labels, read_patterns
from neurokit.rsa.rdm_labels import labelled, on_labels, read_rdms, union_of_labels
from neurokit.rsa.system_rdm import (
    METHODS,
    Choice,
    Noise,
    One,
    check_choice,
    check_design,
    covariances_of,
    rdm_of_item,
    units_of,
)
from neurokit.schema.history import add_history


def rdm(
    patterns: One | Mapping[str, One] | list[xr.DataArray],
    method: str = "crossnobis",
    noise: Noise | None = None,
    folds: Labels | None = None,
    *,
    conditions: Labels | None = None,
    unbalanced: bool = False,
    weighting: str = "number",
    remove_mean: bool = False,
    prior_rate: float = 1.0,
    prior_weight: float = 0.1,
) -> xr.DataArray:
    """d_ij of all pairs of conditions: how differently they are represented.

    crossnobis: mean over folds of (a_i - a_j)' W (b_i - b_j) / p, a from the other folds, b from
    the fold; 0 on average where conditions do not differ, and signed.
    euclidean: |x_i - x_j|^2 / p, squared and per channel. mahalanobis: (x_i-x_j)' W (x_i-x_j) / p.
    correlation: 1 - r(x_i, x_j). cosine: the same without centring.
    poisson: sum (x_i - x_j)(log x_i - log x_j) / p; poisson_cv: rates of the other folds,
    logarithms of the fold, averaged over folds.
    W is the inverse of `noise`. Repeats of a condition are averaged first.

    Parameters
    ----------
    patterns : recording, DataArray, array_like, or mapping or list of these
        (..., observation, channel). Dims other than observations, folds and channels (subject,
        roi, time) stay: an array over time gives an RDM movie. A plain array is
        (..., observation, feature). Several systems may differ in channels and conditions.
    method : str, default "crossnobis"
        crossnobis, euclidean, correlation, mahalanobis, cosine, poisson or poisson_cv.
    noise : DataArray, array_like, sequence or str, optional
        Covariance of the noise (not its inverse), (channel, channel_2), as `noise_covariance`
        gives it, also per subject (...) or per ``fold`` (crossnobis only: the covariance of that
        fold's condition means). A name of an estimator (``"shrinkage_diag"``) estimates it from the
        residuals within conditions (and within folds, whose differences crossnobis multiplies).
        Default: the identity.
    folds : str or array_like, optional
        Coordinate (a run, a session) or labels of independent folds; crossnobis and poisson_cv
        need it, the others average over folds.
    conditions : str or array_like, optional
        Coordinate or labels of conditions. Default ``condition``, else ``trial_type``, else
        every observation is one.
    unbalanced : bool, default False
        Average similarities of pairs of observations (of different folds), which allows any
        number of repeats in any fold and missing channels.
    weighting : {"number", "equal"}, default "number"
        With `unbalanced`: whether a pair of observations counts by its channels or as one.
    remove_mean : bool, default False
        Take each pattern's mean over channels out first.
    prior_rate, prior_weight : float, default 1.0, 0.1
        Poisson rates become (x + rate weight) / (1 + weight).

    Returns
    -------
    DataArray
        (..., pair) with coordinates ``condition_1`` and ``condition_2``, in order of first
        appearance. NaN for conditions that a system lacks or cannot tell.

    Raises
    ------
    OptionError
        If the method is unknown, or folds or noise are missing or wrong.
    LabelError, SchemaError
        If labels or dims do not fit.
    UnitsError
        If channels of several units would be summed.

    Warns
    -----
    NeurokitWarning
        If noise is to be estimated and no fold repeats a condition.

    References
    ----------
    Walther et al. (2016), doi:10.1016/j.neuroimage.2015.12.012.
    Schuett et al. (2023), doi:10.7554/eLife.82566.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = xr.DataArray(
    ...     rng.standard_normal((2, 5, 30)),
    ...     {"run": [0, 1], "condition": list("abcde")},
    ...     ["run", "condition", "channel"],
    ... )
    >>> rdm(x, folds="run").sizes["pair"]
    10
    """
    check_option("method", method, METHODS)
    check_option("weighting", weighting, ("number", "equal"))
    choice = Choice(method, unbalanced, weighting, prior_rate, prior_weight)
    remove_mean = yes_or_no("remove_mean", remove_mean)
    check_choice(choice, noise, folds)
    parameters = {"method": method, "folds": folds, "conditions": conditions, "noise": noise}
    parameters |= {"unbalanced": unbalanced, "remove_mean": remove_mean}
    if isinstance(patterns, Mapping) and not isinstance(patterns, xr.DataTree):
        systems = dict(patterns)
    elif isinstance(patterns, list) and all(isinstance(x, xr.DataArray) for x in patterns):
        systems = {str(k): x for k, x in enumerate(patterns)}
    else:
        out = _rdm_of_one(patterns, choice, noise, folds, conditions, remove_mean)
        return add_history(out, "rsa.rdm", parameters)
    found = {}
    for key, one in systems.items():
        own = noise[key] if isinstance(noise, Mapping) else noise
        found[key] = _rdm_of_one(one, choice, own, folds, conditions, remove_mean)
    return add_history(_stack(found), "rsa.rdm", parameters)


def _stack(found: Mapping[str, xr.DataArray]) -> xr.DataArray:
    if not found:
        raise SchemaError("there are none", where="patterns", mend="Give at least one system.")
    rows = {key: read_rdms(x) for key, x in found.items()}
    labels = union_of_labels([r.labels for r in rows.values()])
    first = next(iter(rows.values()))
    for key, r in rows.items():
        if r.lead.dims != first.lead.dims or r.lead.shape != first.lead.shape:
            raise SchemaError(
                f"dims {dict(r.lead.sizes)} against {dict(first.lead.sizes)}",
                where=f"patterns {key!r}",
                mend="Give systems the same dims besides conditions and channels.",
            )
    parts = [labelled(on_labels(r, labels), r.lead, labels, "rdm") for r in rows.values()]
    out = xr.concat(parts, dim="subject", coords="minimal", compat="override", join="exact")
    attrs = {k: v for k, v in next(iter(found.values())).attrs.items() if k != "history"}
    return out.assign_coords(subject=list(found)).assign_attrs(attrs)


def _rdm_of_one(
    x: One,
    choice: Choice,
    noise: Noise | None,
    folds: Labels | None,
    conditions: Labels | None,
    remove_mean: bool,
) -> xr.DataArray:
    units = units_of(x, choice, noise)
    patterns = read_patterns(x, conditions, folds)
    check_design(patterns, choice)
    if remove_mean:
        patterns = patterns.without_mean()
    with single_thread():
        covariances = covariances_of(noise, patterns)
        rows = [
            rdm_of_item(item, patterns, choice, covariances[k])
            for k, item in enumerate(patterns.values)
        ]
    out = labelled(np.array(rows), patterns.items, patterns.conditions, "rdm")
    return out.assign_attrs(method=choice.method, units=units, long_name="dissimilarity")
