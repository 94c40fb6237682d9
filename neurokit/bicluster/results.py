"""What records of chains say: partitions, co-clustering, latents, rates, agreement of chains."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.bicluster.convergence import effective_size, r_hat
from neurokit.bicluster.groups import contingency, p_same
from neurokit.bicluster.labelled_results import MOST_CO_BINS, Labelled, neuron_coords
from neurokit.bicluster.partition_estimates import best_partition, co_clustering, thinned
from neurokit.bicluster.partition_prior import by_first_appearance
from neurokit.bicluster.records import SCALARS, Plan, Record
from neurokit.bicluster.variational_results import described
from neurokit.errors import NeurokitWarning, OptionError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from neurokit.bicluster.cluster_number import Candidates
    from neurokit.bicluster.inputs import Given
    from neurokit.bicluster.variational_fit import VariationalFit

Array = NDArray[np.float64]

_CO_DRAWS = 200
R_HAT_LIMIT = 1.05
CO_LIMIT = 0.1


class Results(Labelled):
    """Fitted attributes of `BiCluster`, from the records of its chains or a variational fit."""

    trace_: xr.Dataset
    convergence_: xr.Dataset
    acceptance_: xr.DataArray
    draws_: xr.Dataset
    converged_: bool
    partition_loss: str

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
        self._forget()
        space = given.trials.space
        kept = slice(n_discarded, None)
        neurons = np.concatenate([record.neurons[kept] for record in records])
        # A bin's label is the state of the step that led to it; a trial of one bin has no step.
        labels = np.stack([_labels_of_bins(record.labels, given.data.edges) for record in records])
        states = labels[:, kept].reshape(-1, labels.shape[-1])
        led = states[0] >= 0
        loss = self.partition_loss
        best = by_first_appearance(best_partition(neurons, loss))
        self._set_neurons(given, best, co_clustering(neurons))
        found = np.full(led.size, -1, dtype=np.int64)
        if led.any():
            found[led] = by_first_appearance(best_partition(states[:, led], loss))
        small = led.size <= MOST_CO_BINS
        thin = states[thinned(len(states), _CO_DRAWS)]
        self._set_states(given, found, _co_states(thin, led) if small else None)
        self.draws_ = xr.Dataset(
            {
                "neuron_cluster": (
                    ("chain", "draw", space),
                    np.stack([record.neurons[kept] for record in records]),
                ),
                "state": (("chain", "draw", "bin"), labels[:, kept]),
            },
            coords={space: given.trials.labels, **neuron_coords(given)},
        )
        self._describe_sums(given, plan, records, found)
        self._describe_trace(records, n_discarded)
        self._set_candidates(candidates)
        self.converged_ = True
        if warn and len(records) > 1:
            self._judge(neurons.reshape(len(records), -1, neurons.shape[1]))

    def _describe_sums(
        self, given: Given, plan: Plan, records: list[Record], states: NDArray[np.int64]
    ) -> None:
        """Latents of the first chain, rates and hidden entries of all."""
        first = records[0]
        count = np.maximum(first.latent_count, 1.0)[:, None, None]
        mean = first.latent_mean / count
        spread = np.sqrt(np.maximum(first.latent_square / count - mean**2, 0.0))
        self._set_latents(given, states, mean, spread)
        n_kept = sum(record.kept for record in records)
        total = np.sum([record.mean_rate for record in records], axis=0) / n_kept
        square = np.sum([record.square_rate for record in records], axis=0) / n_kept
        self._set_rates(given, states, total, np.sqrt(np.maximum(square - total**2, 0.0)))
        hidden = np.sum([record.hidden for record in records], axis=0)
        self._set_score(given, plan.hidden, hidden / n_kept)

    def _describe_variational(
        self, given: Given, plan: Plan, fit: VariationalFit, candidates: Candidates | None
    ) -> None:
        self._forget()
        factors = fit.factors
        found = described(factors, plan.hidden, plan.hidden_values)
        neurons = by_first_appearance(factors.share.argmax(axis=1))
        self._set_neurons(given, neurons, found.co_neuron)
        led = np.isfinite(found.state_share[:, 0])
        states = np.full(led.size, -1, dtype=np.int64)
        states[led] = by_first_appearance(found.state_share[led].argmax(axis=1))
        small = led.size <= MOST_CO_BINS
        self._set_states(given, states, found.co_state() if small else None)
        held = np.unique(factors.share.argmax(axis=1), return_index=True)
        order = held[0][np.argsort(held[1])]
        variance = np.einsum("ktjj->ktj", factors.covariance[order])
        self._set_latents(given, states, factors.mean[order], np.sqrt(variance))
        self._set_rates(given, states, found.rate_mean, found.rate_sd)
        self._set_score(given, plan.hidden, found.hidden)
        self.trace_ = xr.Dataset({"bound": (("chain", "draw"), [factors.bounds])})
        self._set_candidates(candidates)
        self.converged_ = fit.converged

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

    def contingency(self, by: str = "region") -> xr.DataArray:
        """Count neurons of every cluster in every group.

        Parameters
        ----------
        by : str, default "region"
            Coordinate of the neurons that names their groups.

        Returns
        -------
        DataArray (by, cluster)
            Counts, with the adjusted Rand index of clusters and groups as attribute.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        OptionError
            If neurons have no such coordinate.
        """
        self._check_fitted()
        return contingency(self.neuron_labels_, by)

    def p_same(self, by: str = "region") -> xr.DataArray:
        """Probability that two different neurons of two groups are in one cluster.

        Parameters
        ----------
        by : str, default "region"
            Coordinate of the neurons that names their groups.

        Returns
        -------
        DataArray (by, other_<by>)
            Means of ``co_neuron_`` over pairs; NaN where a group has no second neuron.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        OptionError
            If neurons have no such coordinate.
        """
        self._check_fitted()
        return p_same(self.co_neuron_, by)

    def plot(self) -> list[Axes]:
        """Draw both co-clustering matrices, the raster, trajectories and the log-likelihood.

        Returns
        -------
        list of matplotlib.axes.Axes
            Each in a figure of its own; with regions, the contingency table too.

        Raises
        ------
        NotFittedError
            If `fit` has not run.
        """
        self._check_fitted()
        from neurokit.bicluster.plots import plot_model

        return plot_model(self)

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
        OptionError
            If the fit is variational, which draws nothing.
        """
        self._check_fitted()
        if not hasattr(self, "draws_"):
            raise OptionError("draws nothing", where="method", mend='Fit with method="gibbs".')
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
    """State that led to each bin; a trial's first bin has that of the second, an only bin -1."""
    out = np.full(steps.shape, -1, dtype=np.int16)
    for low, high in pairwise(edges):
        out[..., low + 1 : high] = steps[..., low : high - 1]
        if high - low > 1:
            out[..., low] = steps[..., low]
    return out


def _co_states(states: NDArray[np.int16], led: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Co-clustering of bins; NaN where no step leads to a bin."""
    together = np.full((led.size, led.size), np.nan, dtype=np.float32)
    if led.any():
        together[np.ix_(led, led)] = co_clustering(states[:, led])
    return together
