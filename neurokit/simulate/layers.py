"""RDMs of the layers of networks that learn the same task from different starts."""

from __future__ import annotations

import warnings

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.randomness import as_generator
from neurokit.simulate.numbers import real_number, whole_number

Array = NDArray[np.float64]

_WIDTH = 48
_EPOCHS = 8
# Of the 1797 digits of scikit-learn these may be held out, so that networks have some to learn.
_MOST_CONDITIONS = 1700


def layered_rdms(
    n_networks: int = 10,
    n_layers: int = 10,
    n_conditions: int = 62,
    *,
    noise: float = 0.0,
    random_state: int | np.random.Generator | None = None,
) -> xr.DataArray:
    """Correlation distances in every layer of small networks trained on handwritten digits.

    Networks (48 rectified units per layer) differ in their first weights and the order of
    training; all see the same digits of scikit-learn and are probed with the same held-out ones.

    Parameters
    ----------
    n_networks : int, default 10
        Networks, which play the subjects.
    n_layers : int, default 10
        Hidden layers.
    n_conditions : int, default 62
        Held-out digits; 3 to 1700.
    noise : float, default 0.0
        Standard deviation of noise on distances, in units of each RDM's own spread; what falls
        below 0 becomes 0.
    random_state : None, int or numpy.random.Generator
        Source of the networks and the noise.

    Returns
    -------
    DataArray
        (subject, layer, pair).

    Raises
    ------
    OptionError
        If a number is out of range.

    Examples
    --------
    >>> layered_rdms(n_networks=2, n_layers=2, n_conditions=10, random_state=0).shape
    (2, 2, 45)
    """
    whole_number("n_networks", n_networks)
    whole_number("n_layers", n_layers)
    whole_number("n_conditions", n_conditions, 3, _MOST_CONDITIONS)
    real_number("noise", noise)
    from sklearn.datasets import load_digits

    images, digits = load_digits(return_X_y=True)
    images = images / 16.0
    rng = as_generator(random_state)
    i, j = np.triu_indices(n_conditions, 1)
    out = np.empty((n_networks, n_layers, i.size))
    for k in range(n_networks):
        seed = int(rng.integers(2**31))
        layers = _activations(images, digits, n_layers, n_conditions, seed)
        for layer, x in enumerate(layers):
            # A unit that never fires tells nothing; a pattern without any spread has no direction.
            unit = x - x.mean(axis=1, keepdims=True)
            unit /= np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
            row = 1.0 - (unit @ unit.T)[i, j]
            row = row + noise * row.std() * rng.standard_normal(row.size)
            out[k, layer] = np.maximum(row, 0.0)
    probes = np.array([f"digit{n:03d}" for n in range(n_conditions)])
    return xr.DataArray(
        out,
        {
            "subject": [f"network{k + 1}" for k in range(n_networks)],
            "layer": np.arange(1, n_layers + 1),
            "condition_1": ("pair", probes[i]),
            "condition_2": ("pair", probes[j]),
        },
        ["subject", "layer", "pair"],
        name="rdm",
        attrs={"method": "correlation", "units": "1"},
    )


def _activations(
    images: Array, digits: NDArray[np.int64], n_layers: int, n_probes: int, seed: int
) -> list[Array]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        (_WIDTH,) * n_layers, max_iter=_EPOCHS, random_state=seed, learning_rate_init=2e-3
    )
    with warnings.catch_warnings():
        # A few epochs are meant: layers differ most before they are overtrained.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(images[n_probes:], digits[n_probes:])
    x, out = images[:n_probes], []
    for weight, bias in zip(model.coefs_[:-1], model.intercepts_[:-1], strict=True):
        x = np.maximum(x @ weight + bias, 0.0)
        out.append(x)
    return out
