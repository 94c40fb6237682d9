"""What records of chains say: partitions, co-clustering, latents, rates, agreement of chains."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.bicluster.convergence import effective_size, r_hat
from neurokit.bicluster.observations import GAUSSIAN
from neurokit.bicluster.partition_estimates import best_partition, co_clustering, thinned
from neurokit.bicluster.partition_prior import by_first_appearance
from neurokit.bicluster.records import SCALARS, Plan, Record
from neurokit.errors import NeurokitWarning
from neurokit.estimator import Estimator

if TYPE_CHECKING:
    from neurokit.bicluster.cluster_number import Candidates
    from neurokit.bicluster.inputs import Given

Array = NDArray[np.float64]

# A matrix over more bins would not fit; the partition of bins is still given.
MOST_CO_BINS = 5000
_CO_DRAWS = 200
R_HAT_LIMIT = 1.05
CO_LIMIT = 0.1


class Results(Estimator):
    """Fitted attributes of `BiCluster`, from the records of its chains."""

    neuron_labels_: xr.DataArray
    state_labels_: xr.DataArray
    co_neuron_: xr.DataArray
    co_state_: xr.DataArray
    latents_: xr.Dataset
    rates_: xr.Dataset
    trace_: xr.Dataset
    convergence_: xr.Dataset
    acceptance_: xr.DataArray
    candidates_: xr.Dataset
    held_out_log_likelihood_: float
    draws_: xr.Dataset
    converged_: bool

    def _describe(
        self,
        given: Given,
        plan: Plan,
        records: list[Record],
        n_discarded: int,
        candidates: Candidates | None,
        *,
        warn: bool,
    ) -> None:
        for optional in ("co_state_", "candidates_"):
            self.__dict__.pop(optional, None)
        space = given.trials.space
        names = given.trials.labels
        kept = slice(n_discarded, None)
        neurons = np.concatenate([record.neurons[kept] for record in records])
        # A bin's label is the state of the step that led to it; the first bin of a trial has none.
        labels = np.stack([_labels_of_bins(record.labels, given.data.edges) for record in records])
        states = labels[:, kept].reshape(-1, labels.shape[-1])
        self.neuron_labels_ = xr.DataArray(
            by_first_appearance(best_partition(neurons)),
            dims=space,
            coords={space: names},
            name="neuron_labels",
        )
        found = by_first_appearance(best_partition(states))
        self.state_labels_ = _of_bins(given, found, "state_labels")
        self.co_neuron_ = xr.DataArray(
            co_clustering(neurons),
            dims=(space, "partner"),
            coords={space: names, "partner": names},
            name="co_neuron",
        )
        if labels.shape[-1] <= MOST_CO_BINS:
            thin = states[thinned(len(states), _CO_DRAWS)]
            self.co_state_ = xr.DataArray(
                co_clustering(thin), dims=("bin", "bin_2"), name="co_state"
            )
        self.draws_ = xr.Dataset(
            {
                "neuron_cluster": (
                    ("chain", "draw", space),
                    np.stack([record.neurons[kept] for record in records]),
                ),
                "state": (("chain", "draw", "bin"), labels[:, kept]),
            },
            coords={space: names},
        )
        self._describe_latents(given, records)
        self._describe_trace(records, n_discarded)
        self._describe_score(given, plan, records, candidates)
        self.converged_ = True
        if warn and len(records) > 1:
            self._judge(neurons.reshape(len(records), -1, names.size))

    def _describe_latents(self, given: Given, records: list[Record]) -> None:
        space, names = given.trials.space, given.trials.labels
        first = records[0]
        count = np.maximum(first.latent_count, 1.0)[:, None, None]
        mean = first.latent_mean / count
        spread = np.sqrt(np.maximum(first.latent_square / count - mean**2, 0.0))
        dims = ("cluster", "bin", "latent")
        self.latents_ = xr.Dataset({"mean": (dims, mean), "sd": (dims, spread)})
        n_kept = sum(record.kept for record in records)
        total = sum(record.mean_rate for record in records) / n_kept
        square = sum(record.square_rate for record in records) / n_kept
        sd = np.sqrt(np.maximum(square - total**2, 0.0))
        scale, centre = given.scale[:, None], given.centre[:, None]
        offset = centre if given.data.family == GAUSSIAN else 0.0
        self.rates_ = xr.Dataset(
            {
                "mean": ((space, "bin"), total * scale + offset),
                "sd": ((space, "bin"), sd * scale),
            },
            coords={space: names},
        )

    def _describe_trace(self, records: list[Record], n_discarded: int) -> None:
        values = np.stack([record.scalars for record in records])
        self.trace_ = xr.Dataset(
            {name: (("chain", "draw"), values[..., k]) for k, name in enumerate(SCALARS)}
        )
        after = values[:, n_discarded:]
        self.convergence_ = xr.Dataset(
            {
                "r_hat": ("quantity", [r_hat(after[..., k]) for k in range(len(SCALARS))]),
                "effective_size": (
                    "quantity",
                    [effective_size(after[..., k]) for k in range(len(SCALARS))],
                ),
            },
            coords={"quantity": list(SCALARS)},
        )
        moves = sorted({name for record in records for name in record.taken})
        shares = [[_share(record.taken.get(name, [0, 0])) for name in moves] for record in records]
        self.acceptance_ = xr.DataArray(
            np.array(shares).reshape(len(records), len(moves)),
            dims=("chain", "move"),
            coords={"move": np.array(moves, dtype=str)},
            name="acceptance",
        )

    def _describe_score(
        self, given: Given, plan: Plan, records: list[Record], candidates: Candidates | None
    ) -> None:
        self.held_out_log_likelihood_ = float("nan")
        if len(plan.hidden):
            n_kept = sum(record.kept for record in records)
            mean = sum(record.hidden for record in records) / n_kept
            # The sampler sees Gaussian values in units of their spread.
            scale = np.log(given.scale[plan.hidden[:, 0]])
            self.held_out_log_likelihood_ = float((np.log(np.maximum(mean, 1e-300)) - scale).mean())
        if candidates is not None:
            self.candidates_ = xr.Dataset(
                {
                    "distance": ("n_clusters", candidates.distance),
                    "difference_error": ("n_clusters", candidates.difference_error),
                },
                coords={"n_clusters": candidates.n_clusters},
                attrs={"chosen": candidates.best},
            )

    def _judge(self, neurons: NDArray[np.uint16]) -> None:
        """Say where chains disagree, and what to do."""
        matrices = np.stack([co_clustering(chain) for chain in neurons])
        apart = float(np.sqrt(((matrices - matrices.mean(axis=0)) ** 2).mean()))
        worst = self.convergence_.r_hat
        bad = [str(q) for q in worst.quantity.values[worst.values > R_HAT_LIMIT]]
        self.converged_ = not bad and apart <= CO_LIMIT
        if not self.converged_:
            what = f"R-hat above {R_HAT_LIMIT} for {', '.join(bad)}" if bad else ""
            far = f"co-clustering differs by {apart:.2f} (RMS)" if apart > CO_LIMIT else ""
            warnings.warn(
                f"BiCluster: chains disagree: {'; '.join(filter(None, (what, far)))}. Give more "
                "sweeps, or look at each chain (draws_).",
                NeurokitWarning,
                stacklevel=4,
            )

    def to_arviz(self) -> xr.DataTree:
        """Draws of label-free numbers in ArviZ's layout, as a plain tree.

        Returns
        -------
        DataTree
            ``posterior`` (chain, draw, ...), ``sample_stats`` and, where entries were hidden,
            their score in the attributes.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        """
        self._check_fitted()
        n_draws = self.draws_.sizes["draw"]
        kept = self.trace_.isel(draw=slice(-n_draws, None))
        posterior = xr.merge([kept.drop_vars("log_likelihood"), self.draws_], join="exact")
        stats = kept[["log_likelihood"]].rename(log_likelihood="lp")
        attrs = {"inference_library": "neurokit"}
        index = {"chain": np.arange(kept.sizes["chain"]), "draw": np.arange(n_draws)}
        return xr.DataTree.from_dict(
            {
                "/posterior": posterior.assign_coords(index).assign_attrs(attrs),
                "/sample_stats": stats.assign_coords(index).assign_attrs(attrs),
            }
        )


def _share(counts: list[int]) -> float:
    return counts[0] / counts[1] if counts[1] else float("nan")


def _labels_of_bins(steps: NDArray[np.int8], edges: NDArray[np.int64]) -> NDArray[np.int16]:
    """State that led to each bin; the first bin of a trial has that of the second."""
    out = np.zeros(steps.shape, dtype=np.int16)
    for low, high in pairwise(edges):
        out[..., low + 1 : high] = steps[..., low : high - 1]
        if high - low > 1:
            out[..., low] = steps[..., low]
    return out


def _of_bins(given: Given, values: NDArray[Any], name: str) -> xr.DataArray:
    """Values per bin in the dims of one array, or along bins where there were several."""
    found = given.trials.labelled(values, name, {})
    if isinstance(found, xr.DataArray):
        return found
    lengths = np.diff(given.trials.offsets)
    trial = np.repeat(np.arange(len(lengths)), lengths)
    return xr.DataArray(values, dims="bin", coords={"trial": ("bin", trial)}, name=name)
