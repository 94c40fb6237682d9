"""Which region or layer is this? Identification across subjects by RDMs, nothing leaked."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import LabelError, OptionError, SchemaError, check_option
from neurokit.estimator import single_thread
from neurokit.randomness import as_generator
from neurokit.rsa import identification_core as core
from neurokit.rsa.arguments import whole_number
from neurokit.rsa.geotopology import rgtm, scaled_ranks
from neurokit.rsa.rdm_labels import read_rdms
from neurokit.rsa.topological import check_step
from neurokit.schema.history import add_history

Array = NDArray[np.float64]
Index = NDArray[np.int64]

TRANSFORMS = ("geotopological", "raw", "rank")
CLASSIFIERS = ("centroid", "lda")


def identify(
    rdms: xr.DataArray,
    label: str | None = None,
    *,
    transform: str = "geotopological",
    classifier: str = "centroid",
    step: float = 0.05,
    n_draws: int = 1000,
    random_state: int | np.random.Generator | None = None,
) -> xr.Dataset:
    """Share of regions or layers that are recognised in a subject never seen: leave one out.

    Each RDM of the held-out subject gets the label of the nearest mean RDM of the other subjects
    (or that of a shrinkage LDA). With transform "geotopological" the quantiles (lower, upper), or
    distances as they are, are chosen anew for each held-out subject by leaving each of the other
    subjects out in turn: the held-out subject takes no part in the choice. Distances as they are
    stay unless a cell beats them by more than two standard errors.

    Parameters
    ----------
    rdms : DataArray (subject, label, pair)
        Without NaN. Entries with one subject label are copies (sessions) of one subject and are
        held out together.
    label : str, optional
        Dim of what is identified; default the only one besides subject and pair.
    transform : {"geotopological", "raw", "rank"}, default "geotopological"
        Nested choice, distances as they are, or their ranks.
    classifier : {"centroid", "lda"}, default "centroid"
        lda takes the (lower, upper) that was best for centroids.
    step : float, default 0.05
        Distance of the grid's lines: .05 gives 210 cells.
    n_draws : int, default 1000
        Bootstrap draws of whole subjects, for the standard error (centroid only).
    random_state : None, int or numpy.random.Generator
        Source of the draws.

    Returns
    -------
    Dataset
        ``predicted``(subject, label), ``accuracy`` (), ``accuracy_of``(label),
        ``chosen_lower``, ``chosen_upper``(subject; NaN is raw), ``standard_error`` (),
        ``confusion``(label, label_2: predicted); attrs ``chance``.

    Raises
    ------
    OptionError
        If an option is unknown or there are fewer than three subjects.
    SchemaError
        If dims do not fit, a value is NaN or there is nothing to tell apart.
    LabelError
        If a subject's label is NaN.

    References
    ----------
    Lin & Kriegeskorte (2024), doi:10.1073/pnas.2317881121; its thresholds were the best on the
    test data.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> regions = rng.random((3, 28))
    >>> data = xr.DataArray(regions + 0.3 * rng.random((5, 3, 28)), dims=["subject", "roi", "pair"])
    >>> float(identify(data, transform="raw", random_state=0).accuracy)
    1.0
    """
    check_option("transform", transform, TRANSFORMS)
    check_option("classifier", classifier, CLASSIFIERS)
    check_step(step)
    n_draws = whole_number("n_draws", n_draws, 0)
    rng = as_generator(random_state)
    dim = _label_dim(rdms, label)
    ordered = rdms.transpose("subject", dim, "pair")
    table = read_rdms(ordered, "rdms").values
    if not np.isfinite(table).all():
        raise SchemaError("a value is NaN", where="rdms", mend="Choose conditions all have.")
    n_labels = rdms.sizes[dim]
    if n_labels < 2:
        raise SchemaError(f"{dim} has {n_labels}", where="rdms", mend="Give at least two to tell.")
    subjects = rdms["subject"].values if "subject" in rdms.coords else None
    group = _groups(subjects, rdms.sizes["subject"])
    with single_thread():
        chosen, predicted, error = _run(
            table, group, n_labels, transform, classifier, step, n_draws, rng
        )
    out = _labelled(rdms, dim, predicted, chosen, error, group)
    out.attrs |= {"chance": 1.0 / n_labels, "transform": transform, "classifier": classifier}
    if "history" in rdms.attrs:
        out.attrs["history"] = rdms.attrs["history"]
    parameters = {"transform": transform, "classifier": classifier, "step": step}
    return add_history(out, "rsa.identify", parameters, random_state)


def _label_dim(rdms: xr.DataArray, label: str | None) -> str:
    dims = [str(d) for d in rdms.dims] if isinstance(rdms, xr.DataArray) else []
    rest = [d for d in dims if d not in ("subject", "pair")]
    known = len(rest) == 1 and (label is None or str(label) == rest[0])
    if known and {"subject", "pair"} <= set(dims):
        return rest[0]
    raise SchemaError(f"dims are {dims}", where="rdms", mend="Give (subject, label, pair).")


def _groups(subjects: NDArray[Any] | None, n: int) -> Index:
    labels = np.arange(n) if subjects is None else subjects
    if (labels != labels).any():
        raise LabelError("a subject is NaN", where="rdms", mend="Name every subject.")
    labels = labels.astype(str) if labels.dtype.kind == "O" else labels
    known, group = np.unique(labels, return_inverse=True)
    if len(known) < 3:
        raise OptionError(
            f"there are {len(known)} subjects", where="rdms", mend="Give at least three."
        )
    return np.asarray(group, dtype=np.int64)


def _run(
    table: Array,
    group: Index,
    n_labels: int,
    transform: str,
    classifier: str,
    step: float,
    n_draws: int,
    rng: np.random.Generator,
) -> tuple[Array, Index, float]:
    """Chosen cell of each subject, predictions, standard error."""
    ranks = scaled_ranks(table)
    options = core.candidates(step) if transform == "geotopological" else [core.RAW]
    options = [(0.0, 1.0)] if transform == "rank" else options
    best = np.zeros(int(group.max()) + 1, dtype=np.int64)
    if len(options) > 1:
        scores = [
            core.inner_scores(core.gram_of(table, c, ranks), group, n_labels) for c in options
        ]
        best = core.choose(np.array(scores), int(group.max()) * n_labels)
    grams = {k: core.gram_of(table, options[k], ranks) for k in np.unique(best)}
    chosen = np.array([options[k] for k in best[group]])

    def predictions(counts: Array) -> Index:
        out = np.empty((len(group), n_labels), dtype=np.int64)
        for k, gram in grams.items():
            mine = best[group] == k
            out[mine] = core.outer_predictions(gram, group, n_labels, counts)[mine]
        return out

    error = np.nan
    if classifier == "centroid":
        predicted = predictions(np.ones(len(group)))
        error = _standard_error(predictions, group, n_labels, n_draws, rng)
    else:
        predicted = np.empty((len(group), n_labels), dtype=np.int64)
        for k in grams:
            rows = table if np.isnan(options[k][0]) else rgtm(table, *options[k])
            mine = best[group] == k
            predicted[mine] = core.shrinkage_lda(rows, group, n_labels)[mine]
    return chosen, predicted, error


def _standard_error(
    predictions: Any,
    group: Index,
    n_labels: int,
    n_draws: int,
    rng: np.random.Generator,
) -> float:
    """Spread of the accuracy over draws of whole subjects; copies never meet themselves."""
    n_groups = int(group.max()) + 1
    found = []
    for _ in range(n_draws):
        drawn = np.bincount(rng.integers(0, n_groups, n_groups), minlength=n_groups)
        if (drawn > 0).sum() < 2:
            continue
        counts = drawn[group].astype(np.float64)
        correct = (predictions(counts) == np.arange(n_labels)).mean(axis=1)
        found.append((correct * counts).sum() / counts.sum())
    return float(np.std(found, ddof=1)) if len(found) > 1 else float("nan")


def _labelled(
    rdms: xr.DataArray, dim: str, predicted: Index, chosen: Array, error: float, group: Index
) -> xr.Dataset:
    labels = rdms[dim].values if dim in rdms.coords else np.arange(rdms.sizes[dim])
    n = len(labels)
    # Copies of one subject share that subject's vote.
    copies = np.bincount(group)
    weight = (1.0 / copies)[group] / len(copies)
    correct = (predicted == np.arange(n)).astype(np.float64)
    voted = np.stack([np.bincount(group, column) / copies for column in correct.T])
    confusion = np.zeros((n, n))
    for k in range(n):
        np.add.at(confusion[k], predicted[:, k], weight)
    out = xr.Dataset(
        {
            "predicted": (("subject", dim), labels[predicted]),
            "accuracy": ((), float(voted.mean())),
            "accuracy_of": ((dim,), voted.mean(axis=1)),
            "chosen_lower": (("subject",), chosen[:, 0]),
            "chosen_upper": (("subject",), chosen[:, 1]),
            "standard_error": ((), error),
            "confusion": ((dim, f"{dim}_2"), confusion),
        },
        coords={dim: labels, f"{dim}_2": labels},
    )
    return out.assign_coords(subject=rdms["subject"]) if "subject" in rdms.coords else out
