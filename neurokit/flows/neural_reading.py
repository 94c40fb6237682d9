"""What can be asked of a trained network: latents, rates, forecasts, its weights as a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import OptionError, SchemaError
from neurokit.estimator import Estimator
from neurokit.flows.ahead import inputs_like
from neurokit.flows.given import Given, bin_width, check_same_neurons, gather, neuron_mask
from neurokit.flows.padded import Padded, padded
from neurokit.flows.scoring import Scored
from neurokit.flows.torch_needed import chosen_device, need_torch, one_torch_thread

if TYPE_CHECKING:
    from neurokit.flows.torch_flowed import Flowed
    from neurokit.flows.torch_model import NeuralModel

Array = NDArray[np.float64]

# Trials per pass.
_PASS = 256


class NeuralReading(Scored, Estimator):
    """Questions to a trained network; see `LangevinFlow`."""

    likelihood: str
    device: str
    precision: str
    bin_width_: float
    neurons_: xr.DataArray
    weights_: xr.Dataset
    input_scale_: xr.DataArray
    window: int
    seed_: int

    def _network(self, n_neurons: int) -> Any:
        """Return the network with no values yet."""
        raise NotImplementedError

    @property
    def module_(self) -> NeuralModel:
        """The trained torch module, on its device, in evaluation mode."""
        self._check_fitted()
        built = self.__dict__.get("_built")
        if built is None or built[0] is not self.weights_:
            module = self._module_of(self.weights_).to(chosen_device(self.device))
            built = (self.weights_, module)
            self.__dict__["_built"] = built
        found: NeuralModel = built[1]
        return found

    def check_weights(self) -> None:
        """Raise `RuntimeError` where weights do not fit the parameters."""
        self._module_of(self.weights_)

    def _module_of(self, weights: xr.Dataset) -> NeuralModel:
        torch = need_torch(type(self).__name__)
        from neurokit.flows.torch_start import unfilled

        def make() -> NeuralModel:
            return self._whole_model(self.neurons_.size)

        module = unfilled(make)
        arrays = {str(name): value.values for name, value in weights.data_vars.items()}
        module.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in arrays.items()})
        module.eval()
        module.mixed = self.precision == "bfloat16"
        return module

    def _whole_model(self, n_neurons: int) -> NeuralModel:
        import torch

        from neurokit.flows.torch_likelihood import Likelihood
        from neurokit.flows.torch_model import NeuralModel

        empty = torch.empty(n_neurons)
        likelihood = Likelihood(self.likelihood, empty, empty.clone())
        visible = torch.empty(n_neurons, dtype=torch.bool)
        return NeuralModel(self._network(n_neurons), likelihood, visible)

    def __getstate__(self) -> dict[str, Any]:
        # A built module is made again from the weights.
        return {name: value for name, value in super().__getstate__().items() if name != "_built"}

    def _prepared(self, X: Any, inputs: Any, held_out: Any) -> tuple[Given, Padded]:
        self._check_fitted()
        given = gather(X, inputs)
        check_same_neurons(given, self.neurons_)
        n_inputs = given.data.inputs.shape[1]
        if n_inputs != self.input_scale_.size:
            raise SchemaError(
                f"has {n_inputs} columns, the fit had {self.input_scale_.size}",
                where="inputs",
                mend="Give the inputs that fit had.",
            )
        bin_width(X, self.bin_width_)
        if self.likelihood != "gaussian" and not given.are_counts and given.data.seen.any():
            raise SchemaError(
                "holds values that are no counts", where="X", mend="Give spikes per bin."
            )
        data = self._cut(given, overlapping=True)
        if held_out is not None:
            data = data.without(neuron_mask(held_out, given.trials.labels))
        return given, data

    def _cut(self, given: Given, *, overlapping: bool) -> Padded:
        """What a network reads: inputs in units of their size, long trials in windows."""
        data = padded(given.data, self.window, overlapping=overlapping)
        return replace(data, inputs=self._scaled(data.inputs))

    def _scaled(self, inputs: NDArray[np.floating]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = (inputs / self.input_scale_.values).astype(np.float32)
        return found

    def _passes(
        self,
        data: Padded,
        n_ahead: int,
        n_samples: int,
        keep: Callable[[Flowed], Any],
        states: tuple[NDArray[np.float32], ...] = (),
    ) -> dict[str, NDArray[np.float32]]:
        """Tensors that `keep` gives, averaged over draws; without draws at the posterior's mean.

        Positions and velocities of all trials, in the network's units, may stand in for the
        inferred ones.
        """
        import torch

        from neurokit.flows.torch_model import Block

        module = self.module_
        block = Block.of(data, next(module.parameters()).device)
        parts: list[dict[str, Any]] = []
        generator = torch.Generator().manual_seed(self.seed_) if n_samples else None
        with torch.no_grad(), one_torch_thread():
            for start in range(0, len(block), _PASS):
                rows = slice(start, start + _PASS)
                batch = block.rows(rows)
                given = tuple(torch.from_numpy(a[rows]).to(batch.values) for a in states) or None
                sums: dict[str, Any] = {}
                for _ in range(max(n_samples, 1)):
                    flowed = module(
                        batch.values,
                        batch.seen,
                        batch.lengths,
                        generator,
                        n_ahead,
                        given,
                        batch.external,
                    )
                    found = keep(flowed)
                    sums = {k: sums.get(k, 0.0) + v for k, v in found.items()}
                parts.append({k: v.cpu() / max(n_samples, 1) for k, v in sums.items()})
        return {k: torch.cat([part[k] for part in parts]).numpy() for k in parts[0]}

    def transform(self, X: Any, inputs: Any = None, *, held_out: Any = None) -> Any:
        """Latents at the posterior's mean, given all of the trial.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        inputs : as X, optional
            As in `fit`.
        held_out : sequence of str, int or bool, optional
            Neurons that are not looked at.

        Returns
        -------
        Dataset, or list or dict of them
            ``position``, and where there are ``velocity`` (per second) and ``force`` (no unit),
            over (trial, time, latent) in the form of `X`.
        """
        from neurokit.flows.reading import together

        given, data = self._prepared(X, inputs, held_out)
        found = self._passes(data, 0, 0, lambda flowed: flowed.latents)
        arrays = {}
        for name, block in found.items():
            rows = data.rows(block) * self._scale(name)
            latent = {"latent": np.arange(rows.shape[1])}
            arrays[name] = given.trials.labelled(rows, name, latent)
        return together(arrays)

    def _scale(self, name: str) -> float:
        """From units of the network to those of the user."""
        return 1.0

    def predict_rates(
        self, X: Any, inputs: Any = None, *, held_out: Any = None, n_samples: int = 16
    ) -> Any:
        """Expected counts per bin, or the expected signal, given all of the trial.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`.
        inputs : as X, optional
            As in `fit`.
        held_out : sequence of str, int or bool, optional
            Neurons that are not looked at, but predicted (co-smoothing).
        n_samples : int, default 16
            Draws from the posterior, always the same ones; rates are averaged, never their
            logarithms. 0 decodes the posterior's mean.

        Returns
        -------
        DataArray, or list or dict of them
            (time, neuron) or (trial, time, neuron) in the form of `X`.
        """
        from neurokit.flows.reading import with_attrs

        whole_number("n_samples", n_samples, least=0)
        given, data = self._prepared(X, inputs, held_out)
        rates = data.rows(self._rates(data, 0, n_samples))
        space = str(self.neurons_.dims[0])
        found = given.trials.labelled(rates, "rate", {space: given.trials.labels})
        return with_attrs(found, self._rate_attrs())

    def _rates(self, data: Padded, n_ahead: int, n_samples: int) -> NDArray[np.float32]:
        expected = self.module_.likelihood.expected
        return self._passes(data, n_ahead, n_samples, lambda f: {"rate": expected(f.decoded)})[
            "rate"
        ]

    def _rate_attrs(self) -> dict[str, str]:
        if self.likelihood == "gaussian":
            return {"long_name": "expected signal"}
        return {"units": "1", "long_name": "expected counts per bin"}

    def save(self, path: str | Path, *, overwrite: bool = False) -> Path:
        """Save the fit as NetCDF or Zarr, or its weights and all else as safetensors.

        Parameters
        ----------
        path : str or Path
            Ends in ``.nc``, ``.zarr`` or ``.safetensors``.
        overwrite : bool, default False
            Replace what is there.

        Returns
        -------
        Path
            `path`.
        """
        if Path(path).suffix != ".safetensors":
            return super().save(path, overwrite=overwrite)
        from neurokit.flows.tensor_files import save_fit

        self._check_fitted()
        self._warn_unfinished()
        return save_fit(self, Path(path), overwrite=overwrite)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Load what `save` wrote.

        Parameters
        ----------
        path : str or Path
            A file or store of this class of estimator.

        Returns
        -------
        Estimator
            Fitted, with its parameters.
        """
        if Path(path).suffix != ".safetensors":
            return super().load(path)
        from neurokit.flows.tensor_files import load_fit

        return load_fit(cls, Path(path))


class Forecasting(NeuralReading):
    """Networks that go on beyond the end of a trial."""

    def forecast(
        self,
        X: Any,
        n_bins: int,
        inputs: Any = None,
        *,
        ahead_inputs: Any = None,
        n_samples: int = 16,
    ) -> xr.Dataset:
        """Predict the bins after the last of every trial.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            As in `fit`: what was seen.
        n_bins : int
            Bins ahead.
        inputs : as X, optional
            As in `fit`.
        ahead_inputs : (n_bins, n_inputs) or (n_trials, n_bins, n_inputs) array, optional
            Inputs of the bins ahead; default 0.
        n_samples : int, default 16
            Draws that rates are averaged over.

        Returns
        -------
        Dataset
            ``rate`` (trial, step, neuron), the expected counts or signal; ``lead`` (step) in s.
        """
        whole_number("n_bins", n_bins)
        whole_number("n_samples", n_samples, least=0)
        given, data = self._prepared(X, inputs, None)
        sizes = len(data.last), int(n_bins), self.input_scale_.size
        data = data.further(self._scaled(inputs_like(ahead_inputs, *sizes, "ahead_inputs")))
        rates = self._rates(data, int(n_bins), n_samples)[data.last].astype(np.float64)
        step = data.lengths[data.last, None] + np.arange(n_bins)
        ahead = np.take_along_axis(rates, step[..., None], axis=1)
        space = str(self.neurons_.dims[0])
        lead = xr.Variable("step", np.arange(1, n_bins + 1) * self.bin_width_, {"units": "s"})
        return xr.Dataset(
            {"rate": (("trial", "step", space), ahead, self._rate_attrs())},
            coords={"lead": lead, space: given.trials.labels},
        )


def whole_number(name: str, value: object, *, least: int = 1) -> None:
    """Raise `OptionError` unless `value` is a whole number of at least `least`."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or value < least:  # type: ignore[operator]
        raise OptionError(f"is {value!r}", where=name, mend=f"Give a whole number from {least}.")


def weights_dataset(arrays: Mapping[str, NDArray[Any]]) -> xr.Dataset:
    """Return arrays of all shapes as one Dataset; every array has dims of its own."""
    return xr.Dataset(
        {
            name: ([f"{name}.{axis}" for axis in range(value.ndim)], value)
            for name, value in arrays.items()
        }
    )
