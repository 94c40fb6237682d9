"""A recording whose channels are driven by known features: vision, language, or their interplay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.signal import lfilter

from neurokit._version import __version__
from neurokit.errors import OptionError
from neurokit.randomness import as_generator
from neurokit.schema.build import activity, recording, series
from neurokit.schema.history import add_history
from neurokit.simulate.numbers import real_number, whole_number
from neurokit.simulate.simulation import Simulation

Array = NDArray[np.float64]

BANDS = ("vision", "language", "multimodal")
DEFAULT_SITES = {"none": 80, "vision": 40, "language": 40, "additive": 40, "multimodal": 40}
# Standard deviation of a channel's noise, V.
VOLTS = 5e-5
# Bands that drive each kind of site.
DRIVES = {
    "none": (),
    "vision": ("vision",),
    "language": ("language",),
    "additive": ("vision", "language"),
    "multimodal": ("multimodal",),
    "mixed": ("vision", "language", "multimodal"),
}


def encoded(
    n_samples: int = 2500,
    n_features: int = 12,
    *,
    sites: Mapping[str, int] | None = None,
    phi: float = 0.5,
    snr: float = 0.35,
    rate: float = 10.0,
    random_state: int | np.random.Generator | None = None,
) -> Simulation:
    """y_c(t) = sum over the bands b of site c of x_b(t) w_bc + noise_c(t).

    Features of ``vision`` and ``language`` are AR(1) processes x(t) = phi x(t - 1) + e; those of
    ``multimodal`` are products of one of each, z-scored: uncorrelated with both, and not to be
    had by adding them up. Noise is AR(1) too. Sites of kind ``additive`` are driven by vision and
    language alike, which is no integration; those of kind ``multimodal`` by the products, and
    ``mixed`` ones by all three.

    Parameters
    ----------
    n_samples : int, default 2500
        Samples.
    n_features : int, default 12
        Features of each band.
    sites : mapping of str to int, optional
        How many channels of each kind: none, vision, language, additive, multimodal, mixed.
        Default 80 of none and 40 of each other but mixed.
    phi : float, default 0.5
        Autocorrelation from one sample to the next, of features and noise.
    snr : float, default 0.35
        Variance of a driven channel's signal over that of its noise.
    rate : float, default 10.0
        Samples per second, Hz.
    random_state : None, int or numpy.random.Generator
        Source of everything drawn.

    Returns
    -------
    Simulation
        One recording ``encoded`` with channels in ``/activity`` and one child of ``/stimulus``
        per band; truth with ``weight_vision``, ... (feature, channel) in V, ``kind`` (channel) and
        ``explainable``(channel), the share of variance that the features can explain.

    Raises
    ------
    OptionError
        If a number is out of range or a kind is unknown.

    Examples
    --------
    >>> simulation = encoded(500, sites={"multimodal": 3, "none": 2}, random_state=0)
    >>> rec = simulation.recordings["encoded"]
    >>> rec["stimulus/vision/feature_values"].sizes["feature"]
    12
    >>> simulation.truth.kind.values.tolist()
    ['multimodal', 'multimodal', 'multimodal', 'none', 'none']
    """
    if sites is not None and not isinstance(sites, Mapping):
        raise OptionError(
            f"got a {type(sites).__name__}", where="sites", mend=f"Give numbers of {list(DRIVES)}."
        )
    counts = dict(DEFAULT_SITES if sites is None else sites)
    _check(n_samples, n_features, counts, phi, snr, rate)
    rng = as_generator(random_state)
    kinds = [kind for kind, n in counts.items() for _ in range(n)]
    x = _features(rng, n_samples, n_features, phi)
    weights = {band: np.zeros((n_features, len(kinds))) for band in BANDS}
    signal = np.zeros((n_samples, len(kinds)))
    for c, kind in enumerate(kinds):
        for band in DRIVES[kind]:
            weights[band][:, c] = rng.standard_normal(n_features)
            driven = x[band] @ weights[band][:, c]
            # Each band of a site carries the same variance.
            scale = np.sqrt(snr / len(DRIVES[kind])) / driven.std()
            weights[band][:, c] *= scale
            signal[:, c] += driven * scale
    y = VOLTS * (signal + _autoregressive(rng, n_samples, len(kinds), phi))
    explainable = (VOLTS * signal).var(axis=0) / y.var(axis=0)
    parameters: dict[str, Any] = {
        "n_samples": n_samples,
        "n_features": n_features,
        "phi": phi,
        "snr": snr,
        "rate": rate,
    }
    tree = _recording(y, x, kinds, rate)
    tree = add_history(tree, "simulate.encoded", {**parameters, "sites": counts}, random_state)
    weights = {band: VOLTS * w for band, w in weights.items()}
    truth = _truth(weights, kinds, explainable, parameters)
    return Simulation({"encoded": tree}, truth)


def _check(
    n_samples: int, n_features: int, sites: dict[str, int], phi: float, snr: float, rate: float
) -> None:
    if any(kind not in DRIVES for kind in sites):
        raise OptionError(f"got {sites!r}", where="sites", mend=f"Give numbers of {list(DRIVES)}.")
    if not sum(whole_number(f"sites[{kind!r}]", n, 0) for kind, n in sites.items()):
        raise OptionError("has no channel", where="sites", mend=f"Give numbers of {list(DRIVES)}.")
    whole_number("n_samples", n_samples, 10)
    whole_number("n_features", n_features)
    real_number("snr", snr, above=True)
    real_number("rate", rate, above=True)
    if real_number("phi", phi, 0.0, 1.0) == 1.0:
        raise OptionError("is 1", where="phi", mend="Give less: such a process has no variance.")


def _autoregressive(rng: np.random.Generator, n: int, k: int, phi: float) -> Array:
    """Stationary AR(1) of variance 1."""
    steps = np.sqrt(1 - phi**2) * rng.standard_normal((n, k))
    steps[0] /= np.sqrt(1 - phi**2)
    return np.asarray(lfilter([1.0], [1.0, -phi], steps, axis=0))


def _features(rng: np.random.Generator, n: int, p: int, phi: float) -> dict[str, Array]:
    vision, language = (_autoregressive(rng, n, p, phi) for _ in range(2))
    product = vision * language
    product = (product - product.mean(axis=0)) / product.std(axis=0)
    return {"vision": vision, "language": language, "multimodal": product}


def _recording(y: Array, x: dict[str, Array], kinds: list[str], rate: float) -> xr.DataTree:
    group = activity(
        y,
        names=_names(kinds),
        space="channel",
        rate=rate,
        coords={"channel_type": ["SEEG"] * len(kinds), "region": kinds},
    )
    tree = recording(
        {"activity": group},
        modality="seeg",
        subject="encoded",
        licence="CC0-1.0",
        source="simulated",
        loader="simulate.encoded",
        loader_version=__version__,
        name="encoded",
    )
    for band, values in x.items():
        child = series({"feature_values": (("time", "feature"), values)}, rate=rate)
        names = [f"{band}{k}" for k in range(values.shape[1])]
        tree[f"stimulus/{band}"] = xr.DataTree(child.assign_coords(feature=np.asarray(names)))
    return tree


def _names(kinds: list[str]) -> list[str]:
    return [f"C{k + 1:0{len(str(len(kinds)))}d}" for k in range(len(kinds))]


def _truth(
    weights: dict[str, Array], kinds: list[str], explainable: Array, parameters: dict[str, Any]
) -> xr.Dataset:
    return xr.Dataset(
        {
            **{f"weight_{band}": (("feature", "channel"), w) for band, w in weights.items()},
            "kind": ("channel", np.asarray(kinds)),
            "explainable": ("channel", explainable),
        },
        coords={"channel": np.asarray(_names(kinds))},
        attrs=parameters,
    )
