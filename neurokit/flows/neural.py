"""The estimator of flows by networks: checks, training, what is kept of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import xarray as xr

from neurokit.errors import DivergenceError, OptionError, SchemaError, StoreError, check_option
from neurokit.estimator import progress
from neurokit.flows.given import Given, bin_width, gather, neuron_mask
from neurokit.flows.neural_reading import NeuralReading, weights_dataset, whole_number
from neurokit.flows.padded import Padded
from neurokit.flows.torch_needed import chosen_device, need_torch, one_torch_thread
from neurokit.randomness import as_generator

if TYPE_CHECKING:
    from neurokit.flows.torch_model import Block, NeuralModel
    from neurokit.flows.training import Course, TrainingOptions

LIKELIHOODS = ("poisson", "negative_binomial", "gaussian")
PRECISIONS = ("float32", "bfloat16")
# Parameters that may differ between a training and its resumption.
_FREE = ("max_epochs", "device", "progress", "random_state")


class NeuralFlow(NeuralReading):
    """What flows by networks share; see `LangevinFlow`."""

    bin_s: float | None
    max_epochs: int
    batch_size: int | None
    learning_rate: float
    averaging: float
    precision: str
    patience: int
    validation: float
    keep: float
    kl_warm_up: int
    kl_weight: float
    weight_decay: float
    clip: float
    random_state: int | np.random.Generator | None
    progress: bool | None
    losses_: xr.Dataset
    converged_: bool
    # Whether inputs act on the dynamics.
    _takes_inputs = False

    def _begin(self, model: NeuralModel) -> None:
        """What a network does before it is trained, beyond drawing values."""

    def _refined(self, course: Course, data: Block, options: TrainingOptions) -> Course:
        """A second training that goes on from the best weights, where there is one."""
        return course

    def fit(
        self,
        X: Any,
        inputs: Any = None,
        *,
        held_out: Any = None,
        checkpoint: str | Path | None = None,
        checkpoint_every: int = 10,
        resume_from: str | Path | None = None,
    ) -> Self:
        """Train on recordings.

        Parameters
        ----------
        X : recording, DataArray, ndarray, or list or mapping of them
            (time, neuron) or (trial, time, neuron): spikes per bin, or signals. A list is a list
            of trials, which may be of different lengths. NaN is not observed.
        inputs : as X, optional
            (..., input) what acts on the dynamics of a `LangevinFlow`; that of a bin acts on the
            next. Other networks take none.
        held_out : sequence of str, int or bool, optional
            Neurons that are never read, only predicted: better co-smoothing of just these.
        checkpoint : str or Path, optional
            File to write where the training stands (safetensors).
        checkpoint_every : int, default 10
            Epochs from one writing to the next.
        resume_from : str or Path, optional
            Such a file: go on from there, exactly as if the training had never stopped, up to
            `max_epochs` in all. Data and parameters have to be those that it was begun with.

        Returns
        -------
        NeuralFlow
            Itself, fitted.

        Raises
        ------
        DependencyError
            If torch is not installed.
        OptionError
            If a parameter has a value that is not allowed.
        SchemaError
            If data have other dims or impossible values.
        DivergenceError
            If the training ran away; the best weights so far are kept.
        StoreError
            If `resume_from` is of another training.
        """
        need_torch(type(self).__name__)
        self._check_parameters()
        whole_number("checkpoint_every", checkpoint_every)
        if inputs is not None and not self._takes_inputs:
            raise OptionError(
                f"are not taken by {type(self).__name__}",
                where="inputs",
                mend="Leave them out, or fit a LangevinFlow.",
            )
        given = gather(X, inputs)
        self._check_data(given)
        width = bin_width(X, self.bin_s)
        visible = np.ones(given.trials.labels.size, dtype=bool)
        if held_out is not None:
            visible = ~neuron_mask(held_out, given.trials.labels)
        device = chosen_device(self.device)
        for name in list(self._fitted()):
            delattr(self, name)
        self.bin_width_ = width
        space, labels = given.trials.space, given.trials.labels
        self.neurons_ = xr.DataArray(visible, {space: labels}, (space,), "neurons")
        self.input_scale_ = _sizes(given)
        with one_torch_thread():
            # Windows that overlap would show in one what is held for validation in the other.
            data = self._cut(given, overlapping=False)
            self._train(data, device, _path(checkpoint), checkpoint_every, _path(resume_from))
        self._set_history(X)
        return self

    def _check_parameters(self) -> None:
        for name in ("n_latents", "max_epochs", "patience", "n_hidden", "window"):
            whole_number(name, getattr(self, name, 1))
        check_option("precision", self.precision, PRECISIONS)
        if self.batch_size is not None:
            whole_number("batch_size", self.batch_size)
        whole_number("kl_warm_up", self.kl_warm_up, least=0)
        check_option("likelihood", self.likelihood, LIKELIHOODS)
        _number("learning_rate", self.learning_rate, 0.0, np.inf, above=True)
        _number("clip", self.clip, 0.0, np.inf, above=True)
        _number("weight_decay", self.weight_decay, 0.0, np.inf)
        _number("kl_weight", self.kl_weight, 0.0, np.inf)
        _number("validation", self.validation, 0.0, 0.9, above=True)
        _number("keep", self.keep, 0.0, 1.0, above=True)
        _number("averaging", self.averaging, 0.0, 0.99999)

    def _check_data(self, given: Given) -> None:
        if not given.data.seen.any():
            raise SchemaError("was never observed", where="X", mend="Give some values, not NaN.")
        if self.likelihood != "gaussian" and not given.are_counts:
            raise SchemaError(
                "holds values that are no counts",
                where="X",
                mend='Give whole numbers from 0, or take likelihood="gaussian".',
            )

    def _options(self, n_trials: int) -> TrainingOptions:
        from neurokit.flows.training import TrainingOptions

        # Two steps per epoch at least, so that epochs mean much the same for few trials.
        size = self.batch_size or max(1, min(200, -(-n_trials // 2)))
        return TrainingOptions(
            batch_size=size,
            learning_rate=float(self.learning_rate),
            averaging=float(self.averaging),
            patience=self.patience,
            validate_every=5,
            validation=float(self.validation),
            keep=float(self.keep),
            kl_warm_up=self.kl_warm_up,
            kl_weight=float(self.kl_weight),
            weight_decay=float(self.weight_decay),
            clip=float(self.clip),
        )

    def _begun(self, data: Padded, options: TrainingOptions, seed: int, device: Any) -> Course:
        """A training at its start, model and all else drawn from one seed."""
        import torch

        from neurokit.flows.torch_model import Block, moments
        from neurokit.flows.torch_start import initialise, unfilled
        from neurokit.flows.training import started

        generator = torch.Generator().manual_seed(seed)
        model = unfilled(lambda: self._whole_model(self.neurons_.size))
        initialise(model, generator)
        self._begin(model)
        mean, spread = moments(data)
        model.likelihood.mean.copy_(torch.from_numpy(mean))
        model.likelihood.spread.copy_(torch.from_numpy(spread))
        model.visible.copy_(torch.from_numpy(self.neurons_.values))
        model.mixed = self.precision == "bfloat16"
        return started(model.to(device), Block.of(data, device), options, generator)

    def _about(self, data: Padded, seed: int) -> dict[str, Any]:
        parameters = {k: v for k, v in self.get_params(deep=False).items() if k not in _FREE}
        return {
            "estimator": type(self).__name__,
            "parameters": json.loads(json.dumps(parameters, default=float)),
            "data": data.fingerprint(),
            "visible": self.neurons_.values.tolist(),
            "seed": seed,
        }

    def _train(
        self, data: Padded, device: Any, checkpoint: Path | None, every: int, source: Path | None
    ) -> None:
        from neurokit.flows import checkpoints
        from neurokit.flows.torch_model import Block
        from neurokit.flows.training import train

        seed = int(as_generator(self.random_state).integers(2**62))
        if source is not None:
            seed = self._resumed_seed(source, data)
        self.seed_ = seed
        options = self._options(len(data.lengths))
        about = self._about(data, seed)
        course = self._begun(data, options, seed, device)
        if source is not None:
            checkpoints.resume(source, course)
        bar = progress(range(self.max_epochs), label=type(self).__name__, show=self.progress)

        def watch(now: Course) -> None:
            next(bar, None)
            if checkpoint is not None and (now.epoch % every == 0 or now.epoch == self.max_epochs):
                checkpoints.write_checkpoint(checkpoint, now, about)

        try:
            block = Block.of(data, device)
            train(course, block, options, self.max_epochs, watch)
            course = self._refined(course, block, options)
        except (KeyboardInterrupt, DivergenceError):
            # What is best by now stays, marked as unfinished.
            self._keep(course, converged=False)
            raise
        finally:
            bar.close()  # type: ignore[attr-defined]
        self._keep(course, converged=True)

    def _resumed_seed(self, source: Path, data: Padded) -> int:
        """The seed of a checkpoint of these data and parameters."""
        from neurokit.flows.checkpoints import read_about

        about = read_about(source)
        mine = self._about(data, about["seed"])
        wrong = [key for key in mine if key != "parameters" and mine[key] != about.get(key)]
        theirs = about.get("parameters", {})
        wrong += [k for k, v in mine["parameters"].items() if theirs.get(k, object()) != v]
        if wrong:
            raise StoreError(
                f"is a training with other {', '.join(wrong)}",
                where=str(source),
                mend="Resume with the data and parameters that it was begun with.",
            )
        return int(about["seed"])

    def _keep(self, course: Course, *, converged: bool) -> None:
        names = ("loss", "validation", "kl", "learning_rate")
        table = {
            name: ("epoch", [record.get(name, np.nan) for record in course.records])
            for name in names
        }
        self.losses_ = xr.Dataset(table, {"epoch": np.arange(1, len(course.records) + 1)})
        for name, units in (("loss", "nat"), ("validation", "nat"), ("kl", "nat")):
            self.losses_[name].attrs["units"] = units
        self.weights_ = weights_dataset({k: v.numpy() for k, v in course.best.items()})
        self.n_epochs_, self.best_epoch_ = course.epoch, course.best_epoch
        self.validation_loss_ = float(course.best_loss)
        self.converged_ = converged


def _sizes(given: Given) -> xr.DataArray:
    """Root mean square of each input, 1 where it is always 0."""
    size = np.sqrt((given.data.inputs**2).mean(axis=0))
    coords = {"input": given.input_labels} if size.size else {}
    return xr.DataArray(np.where(size > 0, size, 1.0), coords, ("input",), "input_scale")


def _path(given: str | Path | None) -> Path | None:
    return None if given is None else Path(given).expanduser()


def _number(name: str, value: object, least: float, most: float, *, above: bool = False) -> None:
    fine = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    if fine and least <= value <= most and np.isfinite(value) and not (above and value == least):  # type: ignore[operator, call-overload]
        return
    said = f"above {least:g}" if above else f"from {least:g}"
    upto = f" to {most:g}" if np.isfinite(most) else ""
    raise OptionError(f"is {value!r}", where=name, mend=f"Give a number {said}{upto}.")
