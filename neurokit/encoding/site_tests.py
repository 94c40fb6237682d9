"""The tests behind `integration_sites`: held-out errors of several models, flipped in blocks."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from neurokit.encoding.heldout_errors import (
    Array,
    nested_fit,
    r2_by_fold,
    squared_errors,
    tested_variance,
)
from neurokit.encoding.samples import Samples, inner_folds, outer_folds
from neurokit.encoding.significance import ENOUGH_BLOCKS, flip, runs_of, significance
from neurokit.errors import NeurokitWarning
from neurokit.stats import fdr
from neurokit.stats.autocorrelation import typical_memory

# What a site of integration must pass: the model of all three against what it contains.
NESTED = ("vision", "language", "vision+language")


@dataclass(frozen=True)
class SiteProblem:
    """Samples with feature sets under their roles, and how they are to be split and tested."""

    samples: Samples
    pair: bool
    lag: str | None
    alphas: Sequence[float]
    cv: Any
    n_shifts: int
    n_flips: int
    n_jobs: int

    @property
    def models(self) -> dict[str, tuple[str, ...]]:
        """Feature sets of each model."""
        models: dict[str, tuple[str, ...]] = {
            "vision": ("vision",),
            "language": ("language",),
            "multimodal": ("multimodal",),
            "vision+language": ("vision", "language"),
            "full": ("vision", "language", "multimodal"),
        }
        if self.pair:
            models |= {"pair first": ("pair first",), "pair second": ("pair second",)}
        return models

    @property
    def claims(self) -> dict[str, tuple[str, str]]:
        """Each test's worse and better model."""
        claims = {name: (name, "full") for name in NESTED}
        claims |= {f"multimodal > {name}": (name, "multimodal") for name in NESTED}
        if self.pair:
            claims["pair"] = ("pair second", "pair first")
        return claims


def assess_sites(problem: SiteProblem, rng: np.random.Generator) -> xr.Dataset:
    """Return scores of all models, whether sites respond, and p of every claim.

    Parameters
    ----------
    problem : SiteProblem
        What is asked.
    rng : numpy.random.Generator
        Source of shifts and flips.

    Returns
    -------
    Dataset
        ``score``(model, ...), ``p_responsive``(site), ``difference``, ``p`` (test, site).
    """
    samples = problem.samples
    outer = outer_folds(problem.cv, samples)
    inner = inner_folds(problem.cv, samples, outer)
    shift_rng, flip_rng = rng.spawn(2)
    errors, scores = {}, {}
    for name, sets in problem.models.items():
        x = np.concatenate([samples.x[key] for key in sets], axis=1)
        fit = nested_fit(x, samples.y, outer, inner, problem.alphas)
        errors[name] = squared_errors(fit, samples.y)
        scores[name] = samples.per_target(r2_by_fold(fit, samples.y, outer), "score")
    tested = _flipped(problem, errors, flip_rng)
    result = xr.Dataset(
        {
            "score": stack(scores, "model"),
            "p_responsive": _responsive(problem, shift_rng),
            "difference": tested["statistic"] / _variance(problem, next(iter(errors.values()))),
            "p": tested["p"],
        }
    )
    kept = ("n_blocks", "block_length", "block_length_units")
    result.attrs = {key: tested.attrs[key] for key in kept}
    return result


def _responsive(problem: SiteProblem, rng: np.random.Generator) -> xr.DataArray:
    """Return p of each site: whether the full model predicts it at any lag."""
    samples = problem.samples
    with warnings.catch_warnings():
        # The number of blocks is judged once, where errors are compared.
        warnings.simplefilter("ignore", NeurokitWarning)
        tested = significance(
            {name: samples.x[name] for name in problem.models["full"]},
            samples.targets,
            alphas=tuple(problem.alphas),
            cv=problem.cv,
            n_draws=problem.n_shifts,
            family=problem.lag,
            n_jobs=problem.n_jobs,
            random_state=rng,
        )
    p = tested["p"] if problem.lag is None else tested["p_fwe"].min(problem.lag)
    return p.rename("p_responsive")


def _flipped(
    problem: SiteProblem, errors: Mapping[str, Array], rng: np.random.Generator
) -> xr.Dataset:
    """Flip the differences of all claims together, in blocks that fit their memory."""
    samples, parts = problem.samples, {}
    for name, (worse, better) in problem.claims.items():
        one = samples.per_sample(errors[worse] - errors[better], "difference")
        parts[name] = one if problem.lag is None else one.mean(problem.lag)
    stacked = stack(parts, "test").transpose(samples.dim, "test", ...)
    blocks = None
    if samples.dim != "time":
        # Samples that are no times have no gap in seconds: blocks follow from memory alone.
        values = stacked.values.reshape(len(samples.y), -1)
        blocks = float(np.ceil(5.0 * typical_memory(values, runs_of(samples))))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NeurokitWarning)
        return flip(
            stacked,
            samples.dim,
            problem.cv,
            blocks=blocks,
            n_flips=problem.n_flips,
            keep_null=False,
            random_state=rng,
        )


def _variance(problem: SiteProblem, errors: Array) -> xr.DataArray:
    samples = problem.samples
    variance = samples.per_target(tested_variance(errors, samples.y), "variance")
    return variance if problem.lag is None else variance.mean(problem.lag)


def stack(values: Mapping[str, xr.DataArray], dim: str) -> xr.DataArray:
    """Lay arrays along a new dim under their names.

    Parameters
    ----------
    values : mapping of str to DataArray
        Of equal shape.
    dim : str
        The new dim.

    Returns
    -------
    DataArray
        With `dim` first.
    """
    labels = xr.Variable(dim, np.asarray(list(values)))
    return xr.concat(
        list(values.values()), labels, coords="minimal", compat="override", join="exact"
    )


def decide(found: Mapping[str, xr.Dataset], rate: float, *, pair: bool) -> xr.Dataset:
    """Return which sites integrate, from the p-values of one or several alignments.

    Parameters
    ----------
    found : mapping of str to Dataset
        From `assess_sites`, per alignment.
    rate : float
        False discovery rate.
    pair : bool
        Whether there is a controlled pair.

    Returns
    -------
    Dataset
        ``responsive``, ``p_site``, ``q``, ``site`` (site), ``passed``(study_test, site),
        ``share``(study_test).
    """
    p = {name: one["p"] for name, one in found.items()}
    responsive = fdr(_either([one["p_responsive"] for one in found.values()])) <= rate
    nested = [one.sel(test=list(NESTED)).max("test") for one in p.values()]
    p_site = _either(nested).where(responsive)
    q = fdr(p_site)

    def passes(value: xr.DataArray) -> xr.DataArray:
        return (fdr(value.where(responsive)) <= rate).astype(np.float64)

    unimodal = [
        one.sel(test=["multimodal > vision", "multimodal > language"]).max("test")
        for one in p.values()
    ]
    rows = {"unimodal, either": _either(unimodal), "unimodal, both": _both(unimodal)}
    if pair:
        controlled = [one.sel(test="pair", drop=True) for one in p.values()]
        rows |= {"pair, either": _either(controlled), "pair, both": _both(controlled)}
    joint = [one.sel(test="multimodal > vision+language", drop=True) for one in p.values()]
    rows["vision+language"] = _either(joint)
    passed = stack({name: passes(value) for name, value in rows.items()}, "study_test")
    return xr.Dataset(
        {
            "responsive": responsive,
            "p_site": p_site,
            "q": q,
            "site": (q <= rate).astype(bool),
            "passed": passed,
            "share": passed.mean([d for d in passed.dims if d != "study_test"]),
        }
    )


def _either(p: Sequence[xr.DataArray]) -> xr.DataArray:
    """Bonferroni over alignments: a p-value of "in at least one"."""
    return (len(p) * _side_by_side(p).min("alignment")).clip(max=1.0)


def _both(p: Sequence[xr.DataArray]) -> xr.DataArray:
    return _side_by_side(p).max("alignment")


def _side_by_side(p: Sequence[xr.DataArray]) -> xr.DataArray:
    return stack({str(i): one for i, one in enumerate(p)}, "alignment")


def warn_if_few(found: Mapping[str, xr.Dataset]) -> bool:
    """Warn where there are too few blocks, and return whether there are enough everywhere.

    Parameters
    ----------
    found : mapping of str to Dataset
        From `assess_sites`.

    Returns
    -------
    bool
        True if p-values can be relied on.
    """
    fewest = min(found.values(), key=lambda one: int(one.attrs["n_blocks"])).attrs
    if fewest["n_blocks"] >= ENOUGH_BLOCKS:
        return True
    warnings.warn(
        f"{fewest['n_blocks']} blocks of {fewest['block_length']:g} "
        f"{fewest['block_length_units']}: with fewer than {ENOUGH_BLOCKS}, p is unreliable. "
        "Use a longer record.",
        NeurokitWarning,
        stacklevel=3,
    )
    return False
