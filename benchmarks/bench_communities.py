r"""Block models against Leiden on weighted LFR graphs: agreement with the truth, processor time.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 \
        python benchmarks/bench_communities.py [graphs.npz] [--keep]

The file holds ``<setting>_<i>.edges``, ``.weights``, ``.truth``; without it, graphs of the tests'
own generator are used. Scores are adjusted mutual information (AMI), one partition per method,
chosen without the truth; graphs of one community are left out.
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from recorded import Results, keep_asked
from sklearn.metrics import adjusted_mutual_info_score

from neurokit.connectome import WeightedSBM, communities

Array = NDArray[np.float64]
Labels = NDArray[np.int64]


def stored(path: Path) -> Iterator[tuple[str, Array, Labels]]:
    """Graphs of a file, by setting."""
    with np.load(path) as held:
        for name in sorted({key.rsplit(".", 1)[0] for key in held.files}):
            truth = held[f"{name}.truth"].astype(np.int64)
            values = np.zeros((truth.size, truth.size))
            first, second = held[f"{name}.edges"].T
            values[first, second] = values[second, first] = held[f"{name}.weights"]
            if np.unique(truth).size > 1:
                yield name.rsplit("_", 1)[0], values, truth


def generated(n_each: int = 2) -> Iterator[tuple[str, Array, Labels]]:
    """Graphs in the manner of LFR."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests/connectome"))
    from weighted_lfr import SETTINGS, weighted_lfr

    for place, (setting, options) in enumerate(SETTINGS.items()):
        for k in range(n_each):
            yield setting, *weighted_lfr(np.random.default_rng([5, place, k]), **options)


def methods(values: Array) -> Iterator[tuple[str, Labels, float]]:
    """Partitions of one graph and the seconds they took."""
    for name, weighted in (("Leiden weighted", True), ("Leiden unweighted", False)):
        begin = time.process_time()
        found = communities(values, "leiden", weighted=weighted, random_state=0)
        yield name, found.values, time.process_time() - begin
    begin = time.process_time()
    fit = WeightedSBM("roles", n_samples=0, random_state=0).fit(values)
    seconds = time.process_time() - begin
    yield "all families, least length", fit.labels_.values, seconds
    for family in ("plain", "degree-corrected"):
        yield f"{family}, within that fit", fit.partition(family).values, float("nan")
    begin = time.process_time()
    fit = WeightedSBM("communities", n_samples=0, random_state=0).fit(values)
    yield "communities (assortative)", fit.labels_.values, time.process_time() - begin
    begin = time.process_time()
    fit = WeightedSBM("plain", "log-normal", n_samples=0, random_state=0).fit(values)
    yield "plain, log-normal", fit.labels_.values, time.process_time() - begin


def record(scores: dict[str, dict[str, list[float]]], spent: dict[str, list[float]]) -> None:
    """Keep the means over settings of what block models and Leiden found."""
    title = "Communities of weighted LFR graphs"
    kept = Results("communities", title, ["leidenalg", "igraph", "scikit-learn"], "0")
    ours = {"roles": "all families, least length", "communities": "communities (assortative)"}
    leiden = {"Leiden, weighted": "Leiden weighted", "Leiden, unweighted": "Leiden unweighted"}
    for family, mine in ours.items():
        for peer, name in leiden.items():
            for setting in scores[mine]:
                pair = (float(np.mean(scores[key][setting])) for key in (mine, name))
                more = {"unit": "AMI", "better": "higher"}
                more["agreement"] = f"{len(scores[mine][setting])} graphs"
                kept.add(f"weighted LFR graphs, {family}, {setting}", peer, *pair, **more)
            pair = (float(np.mean(spent[key])) for key in (mine, name))
            kept.add(f"weighted LFR graphs, {family}, one graph", peer, *pair)
    kept.keep()


def main() -> None:
    """Score all methods and print one line each."""
    keep = keep_asked()
    graphs = stored(Path(sys.argv[1])) if len(sys.argv) > 1 else generated()
    scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    spent: dict[str, list[float]] = defaultdict(list)
    compiled = False
    for setting, values, truth in graphs:
        if not compiled:
            list(methods(values))
            compiled = True
        for name, labels, seconds in methods(values):
            scores[name][setting].append(float(adjusted_mutual_info_score(truth, labels)))
            spent[name].append(seconds)
    settings = list(next(iter(scores.values())))
    print(f"{'AMI':<30}" + "".join(f"{s[:7]:>8}" for s in settings) + "    mean  CPU s (largest)")
    for name, by_setting in scores.items():
        row = "".join(f"{np.mean(by_setting[s]):8.2f}" for s in settings)
        mean = np.mean(np.concatenate(list(by_setting.values())))
        print(f"{name:<30}{row}{mean:8.3f}  {np.mean(spent[name]):.2f} ({np.max(spent[name]):.2f})")
    print("graphs".ljust(30) + "".join(f"{len(v):8d}" for v in by_setting.values()))
    if keep:
        record(scores, spent)


if __name__ == "__main__":
    main()
