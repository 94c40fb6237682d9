"""Calcium components as CaImAn saves them: C, S, F_dff, residuals and footprints in HDF5.

CaImAn: Giovannucci et al. 2019, eLife 8:e38173, doi:10.7554/eLife.38173.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from neurokit._version import __version__
from neurokit.errors import FileContentError, LabelError, OptionError, TimeError, check_option
from neurokit.io.integrity import detect_format
from neurokit.io.registry import Loader
from neurokit_loaders.caiman_layout import KINDS, RATE, Layout, read_layout

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from neurokit.schema import Finding

NAME = "caiman"


def sniff(path: Path) -> float:
    """Score by the datasets of estimates; 0.1 less without parameters."""
    if not path.is_file() or not path.stat().st_size or detect_format(path) != "hdf5":
        return 0.0
    import h5py

    from neurokit_loaders._hdf5 import DAMAGED, peek

    try:
        with peek(path) as handle:
            # A link of another kind could lead into any file of the machine.
            if not isinstance(handle.get("estimates", getlink=True), h5py.HardLink):
                return 0.0
            estimates = handle["estimates"]
            if not isinstance(estimates, h5py.Group) or not {"A", "C"} <= set(estimates):
                return 0.0
            return 0.95 if "params" in handle else 0.85
    except (*DAMAGED, FileContentError):
        return 0.0


def open_caiman(
    path: Path,
    signal: str | None = None,
    rate: float | None = None,
    accepted_only: bool = False,
) -> xr.DataTree:
    """Open the estimates of CaImAn, lazily.

    Parameters
    ----------
    path : Path
        What ``cnmf.save`` wrote.
    signal : {"F_dff", "C", "S", "YrA"}, optional
        Which array becomes ``/activity``; the others go to ``/auxiliary``. Default is F_dff, or
        C where F_dff was never computed.
    rate : float, optional
        Frames per second; default is ``params/data/fr``.
    accepted_only : bool, default False
        Leave out the components that were rejected (those not in ``idx_components``).

    Returns
    -------
    xarray.DataTree
        ``/activity`` with the centre of each footprint as position (pixels), and
        ``/auxiliary/denoised``, ``/auxiliary/deconvolved``...

    Raises
    ------
    FileContentError
        If the file is damaged, or the array asked for is not there.
    LabelError
        If arrays have different numbers of components.
    TimeError
        If arrays have different numbers of frames, or the rate is not known.

    References
    ----------
    .. [1] Giovannucci et al. 2019, eLife 8:e38173, doi:10.7554/eLife.38173
    """
    from neurokit.schema import recording

    if signal is not None:
        check_option("signal", signal, KINDS)
    layout = read_layout(path)
    chosen = signal or ("F_dff" if "F_dff" in layout.shapes else "C")
    if chosen not in layout.shapes:
        raise FileContentError(
            f"has no estimates/{chosen}" + (", it is None" if chosen in layout.none else ""),
            where=str(path),
            mend=f"Open it with signal={next(iter(layout.shapes))!r}.",
        )
    rows = _rows(path, layout, accepted_only)
    groups = _groups(path, layout, chosen, rows, _rate(path, layout, rate))
    return recording(
        groups,
        modality="calcium",
        source=path.name,
        loader=NAME,
        loader_version=__version__,
        findings=_findings(layout, signal, rate, accepted_only),
    )


def info(path: Path) -> dict[str, Any]:
    """Say how many components and frames there are, at what rate, and which arrays."""
    layout = read_layout(path, shapes_only=True)
    return {
        "n_neurons": layout.n_components,
        "n_times": layout.shapes["C"][1],
        "sampling_rate": layout.rate or 0.0,
        "arrays": ", ".join(layout.shapes),
    }


def _rows(path: Path, layout: Layout, accepted_only: bool) -> NDArray[np.int64]:
    if not accepted_only:
        return np.arange(layout.n_components)
    if "accepted" not in layout.columns:
        raise FileContentError(
            "has no estimates/idx_components: its components were never judged",
            where=str(path),
            mend="Open it without accepted_only.",
        )
    rows = np.flatnonzero(layout.columns["accepted"])
    if not rows.size:
        raise LabelError("no component is accepted", where=str(path), mend="Open all of them.")
    return rows


def _rate(path: Path, layout: Layout, asked: float | None) -> float:
    rate = layout.rate if asked is None else asked
    if rate is None:
        raise TimeError(
            f"no frame rate is known: there is no {RATE}",
            where=str(path),
            mend="Give it, for example rate=30.0.",
        )
    if not (np.isfinite(rate) and rate > 0):
        raise OptionError(f"is {rate}", where="rate", mend="Give frames per second.")
    return float(rate)


def _groups(
    path: Path, layout: Layout, chosen: str, rows: NDArray[np.int64], rate: float
) -> dict[str, xr.Dataset]:
    from neurokit.io.lazy import lazy_variable
    from neurokit.schema import activity
    from neurokit_loaders._hdf5 import Hdf5Array

    shared: dict[str, Any] = {
        "names": [f"component_{i}" for i in rows],
        "coords": {name: values[rows] for name, values in layout.columns.items()},
        "rate": rate,
        "time_origin": "first frame",
        "units": "1",
    }
    groups = {}
    for kind, shape in layout.shapes.items():
        array = Hdf5Array(path, f"estimates/{kind}", shape[::-1], np.float32, transposed=True)
        variable = lazy_variable(("time", "neuron"), array)
        if rows.size < shape[0]:
            variable = variable[:, rows]
        place: dict[str, Any] = {}
        if kind == chosen and layout.position is not None:
            attrs = {"units": "pixel", "coordinate_frame": "imaging plane: x to the right, y down"}
            place = {"position": layout.position[rows], "position_attrs": attrs}
        key = "activity" if kind == chosen else f"auxiliary/{KINDS[kind]}"
        groups[key] = activity(variable, **shared, **place)
    return groups


def _findings(
    layout: Layout, signal: str | None, rate: float | None, accepted_only: bool
) -> list[Finding]:
    from neurokit.schema import Finding

    notes = []
    if signal is None and "F_dff" not in layout.shapes:
        mend = "Run detrend_df_f of CaImAn for dF/F; C has arbitrary units."
        notes.append(("NK836", "F_dff was never computed: /activity is the denoised C", mend))
    accepted = layout.columns.get("accepted")
    if accepted is not None and not accepted.all() and not accepted_only:
        found = f"{int((~accepted).sum())} of {accepted.size} components were rejected"
        mend = "Open with accepted_only=True, or select by the coordinate accepted."
        notes.append(("NK832", found, mend))
    if rate is not None and layout.rate is not None and abs(rate - layout.rate) > 1e-3 * rate:
        found = f"{RATE} says {layout.rate:g} Hz, opened with rate={rate:g}"
        notes.append(("NK831", found, "Make sure of it: events are aligned by it."))
    notes += [("NK838", found, "It is not read.") for found in layout.odd]
    return [Finding(code, "SUGGESTION", "/activity", found, mend) for code, found, mend in notes]


LOADER = Loader(
    name=NAME,
    title="Calcium components, HDF5 of CaImAn",
    modality="calcium",
    suffixes=(".hdf5", ".h5"),
    sniff=sniff,
    open=open_caiman,
    info=info,
    options={
        "signal": "F_dff, C, S or YrA: what becomes /activity; default F_dff, else C",
        "rate": "frames per second; default that of the parameters",
        "accepted_only": "leave out rejected components; default False",
    },
)
