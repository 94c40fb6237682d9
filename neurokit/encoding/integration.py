"""Sites where a multimodal model predicts what vision and language, also together, do not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from neurokit.encoding.heldout_errors import DEFAULT_ALPHAS
from neurokit.encoding.samples import as_samples
from neurokit.encoding.site_tests import SiteProblem, assess_sites, decide, stack, warn_if_few
from neurokit.errors import LabelError, OptionError
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.schema import add_history

ONE = "only"

# Variables and dims of the result, which no dim of the targets may be called.
RESULTS = (
    *("site", "q", "p_site", "responsive", "score", "difference", "p", "p_responsive"),
    *("passed", "share", "model", "test", "study_test", "alignment"),
)


def integration_sites(
    features: Mapping[str, Any],
    Y: Any,
    *,
    vision: str = "vision",
    language: str = "language",
    multimodal: str = "multimodal",
    pair: tuple[str, str] | None = None,
    alphas: Sequence[float] = DEFAULT_ALPHAS,
    cv: Any = None,
    lag: str | None = None,
    q: float = 0.05,
    n_shifts: int = 199,
    n_flips: int = 9999,
    n_jobs: int = 1,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """D_m(t) = err_m(t) - err_full(t) > 0 for m = V, L and V+L, all three: p = max_m p_m.

    The full model holds vision, language and multimodal features. Squared errors are held out,
    with penalties chosen for each target inside each training set; each D is tested by
    one-sided block sign-flips, blocks as long as the gap and 5 autocorrelation times of D. A
    site integrates if every test says so (intersection-union), after Benjamini-Hochberg over the
    responsive sites: those that the full model predicts at all (circular shifts, maximum over
    lags). A site driven by vision and language side by side is none: V+L predicts it as well.

    Parameters
    ----------
    features : mapping of str to DataArray or array
        Samples first; the three sets, and those of `pair`.
    Y : recording, DataArray, array or mapping of them
        (sample, site) or (sample, site, lag). A mapping holds several alignments (events by word
        and by scene, say); then each set of features is a mapping with the same keys.
    vision, language, multimodal : str
        Names of the three sets.
    pair : (str, str), optional
        A controlled pair, such as (SLIP-Combo, SLIP-SimCLR): two models alike in all but that the
        first saw both modalities.
    alphas : sequence of float
        Penalties, for z-scored features.
    cv : splitter, iterable of (train, test), int or None
        Folds; default 5 contiguous blocks. Where windows overlap, give
        ``BlockedCV(n, gap=window)``.
    lag : str, optional
        The dim of lags; errors are averaged over it before they are tested.
    q : float, default 0.05
        False discovery rate.
    n_shifts : int, default 199
        Circular shifts behind ``responsive``.
    n_flips : int, default 9999
        Sign flips of each test.
    n_jobs : int, default 1
        Threads over shifts; the result is the same.
    random_state : None, int or numpy.random.Generator
        Source of shifts and flips.

    Returns
    -------
    Dataset
        ``site`` (bool), ``q``, ``p_site`` (the largest p of the three; NaN where not
        responsive), ``responsive``, all (site); ``score``(model, ...), held-out R2;
        ``difference``(test, site), mean D over the variance; ``p``(test, site),
        ``p_responsive``(site), with a leading dim ``alignment`` where there are several; of the
        study's tests ``passed``(study_test, site) and ``share``(study_test). Attrs
        ``mean_share``, ``n_blocks``, ``block_length``, ``reliable`` (0 with too few blocks).

    Raises
    ------
    OptionError
        If a set of features is missing or a number is out of range.
    LabelError
        If samples differ, there is no such lag, or a dim of Y has a name of the result.

    Warns
    -----
    NeurokitWarning
        If there are fewer than 30 blocks: p is then unreliable.

    Notes
    -----
    The five tests of the study, as far as its paper and code tell: the multimodal model alone
    beats both unimodal ones in either alignment (1) or in both (2), the first of the controlled
    pair beats the second in either (3) or both (4), the multimodal model beats vision and
    language together (5). 3 and 4 are made where there is a `pair`. The study resampled single
    events, which calls a third of unrelated targets significant on autocorrelated data (AR(1)
    phi = .95); here all are block sign-flips. "Either" is Bonferroni's over alignments.

    References
    ----------
    Subramaniam et al. (2024), arXiv:2406.14481. Berger (1982), doi:10.1080/00401706.1982.10487790
    (intersection-union).

    Examples
    --------
    >>> import neurokit as nk
    >>> sites = {"none": 4, "additive": 4, "multimodal": 4}
    >>> rec = nk.simulate.encoded(2000, 4, sites=sites, random_state=0).recordings["encoded"]
    >>> features = nk.encoding.stimulus_features(rec)
    >>> found = integration_sites(features, rec, n_shifts=99, random_state=0)
    >>> found.site.values.astype(int)
    array([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1])
    """
    roles = {"vision": vision, "language": language, "multimodal": multimodal}
    if pair is not None:
        roles |= {"pair first": pair[0], "pair second": pair[1]}
    _check(features, roles, q)
    aligned = dict(Y) if isinstance(Y, Mapping) and not isinstance(Y, xr.DataTree) else {ONE: Y}
    streams = as_generator(random_state).spawn(len(aligned))
    found = {}
    with single_thread():
        for (name, targets), stream in zip(aligned.items(), streams, strict=True):
            sets = {role: _set_of(features, key, str(name)) for role, key in roles.items()}
            samples = as_samples(sets, targets)
            _check_lag(samples.targets, lag)
            problem = SiteProblem(
                samples, pair is not None, lag, alphas, cv, n_shifts, n_flips, n_jobs
            )
            found[str(name)] = assess_sites(problem, stream)
    reliable = warn_if_few(found)
    result = _assembled(found, decide(found, q, pair=pair is not None))
    result.attrs |= {"reliable": int(reliable), "false_discovery_rate": float(q)}
    if "history" in samples.targets.attrs:
        result.attrs["history"] = samples.targets.attrs["history"]
    parameters = {"features": roles, "lag": lag, "q": q, "n_shifts": n_shifts, "n_flips": n_flips}
    return add_history(result, "encoding.integration_sites", parameters, random_state)


def _assembled(found: Mapping[str, xr.Dataset], decided: xr.Dataset) -> xr.Dataset:
    measured = ("score", "p_responsive", "difference", "p")
    if list(found) == [ONE]:
        out = decided.assign({name: found[ONE][name] for name in measured})
    else:
        out = decided.assign(
            {
                name: stack({key: one[name] for key, one in found.items()}, "alignment")
                for name in measured
            }
        )
    fewest = min(found.values(), key=lambda one: int(one.attrs["n_blocks"]))
    out.attrs = {**fewest.attrs, "mean_share": float(decided["share"].mean())}
    return out


def _check(features: Any, roles: Mapping[str, str], q: float) -> None:
    if not isinstance(features, Mapping):
        raise OptionError(
            f"got a {type(features).__name__}", where="features", mend="Give sets by name."
        )
    for role, name in roles.items():
        if name not in features:
            raise OptionError(
                f"there is no set {name!r} (for {role}) among {list(features)}",
                where="features",
                mend="Name the sets with vision=, language=, multimodal=, pair=.",
            )
    if not 0 < q < 1:
        raise OptionError(f"is {q!r}", where="q", mend="Give a rate such as 0.05.")


def _set_of(features: Mapping[str, Any], name: str, alignment: str) -> Any:
    values = features[name]
    if alignment == ONE:
        return values
    if not isinstance(values, Mapping) or alignment not in values:
        raise LabelError(
            f"features {name!r} have no alignment {alignment!r}",
            where="features",
            mend="Give each set as a mapping with the keys of Y.",
        )
    return values[alignment]


def _check_lag(targets: xr.DataArray, lag: str | None) -> None:
    taken = [str(dim) for dim in targets.dims[1:] if dim in RESULTS]
    if taken:
        raise LabelError(
            f"has a dim {taken[0]!r}, which is a name in the result",
            where="Y",
            mend=f"Rename it, for example Y.rename({taken[0]}='electrode').",
        )
    if lag is not None and lag not in targets.dims[1:]:
        raise LabelError(
            f"Y has no dim {lag!r} but {tuple(targets.dims)}",
            where="lag",
            mend="Name the dim of lags.",
        )
