"""Loader ``mne.epochs``: MEG and EEG cut into trials, in FIF, EEGLAB and FieldTrip files.

Of FIF files the trials that are asked for are read; the others are MATLAB files, which can be
read as a whole only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import FileContentError
from neurokit.interchange.mne_blocks import epochs_recording
from neurokit.interchange.mne_channels import modality_of, udunits
from neurokit.interchange.mne_info import channel_types, who_and_when
from neurokit.io import FileArray, Loader, lazy_variable, require_file
from neurokit.schema import Finding
from neurokit_loaders.mne_fif import fif_content, fif_kind
from neurokit_loaders.mne_fif_data import FifEpochs, find_epochs
from neurokit_loaders.mne_formats import TITLES, check_name, format_of
from neurokit_loaders.mne_lazy import BlockArray
from neurokit_loaders.mne_mat import check_elements, fieldtrip_kind, fieldtrip_times, peek
from neurokit_loaders.mne_open import (
    Statements,
    add_findings,
    naming,
    read_with_findings,
    restated,
)
from neurokit_loaders.mne_readers import unit_of_fieldtrip
from neurokit_loaders.mne_units import stated_units
from neurokit_loaders.mne_whole import check_eeglab

_FORMATS = ("fif", "eeglab epochs", "fieldtrip epochs")


@dataclass(frozen=True)
class EpochsReader:
    """Opens the epochs of a file; of FIF files, without their values.

    Parameters
    ----------
    kind : str
        fif, eeglab epochs or fieldtrip epochs.
    variable : str
        FieldTrip: name of the variable.
    """

    kind: str
    variable: str = ""

    def __call__(self, path: str) -> Any:
        """Return the Epochs, projections not applied."""
        import mne

        if self.kind == "fif":
            return mne.read_epochs(path, proj=False, preload=False, verbose="WARNING")
        # What compiled code reads whole is checked whole.
        check_elements(Path(path), self.variable or None)
        if self.kind == "eeglab epochs":
            return mne.read_epochs_eeglab(path, verbose="WARNING")
        return mne.read_epochs_fieldtrip(path, None, data_name=self.variable)


@dataclass(frozen=True)
class EpochsValues:
    """Reads the values of epochs as (trial, time, channel).

    Parameters
    ----------
    reader : EpochsReader
        What opens the file.
    """

    reader: EpochsReader

    def __call__(self, path: str) -> NDArray[Any]:
        """Return all values."""
        values: NDArray[Any] = self.reader(path).load_data().get_data(copy=False)
        return np.swapaxes(values, 1, 2)


def sniff(path: Path) -> float:
    """Return how sure it is that this loader reads a file.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    float
        0.95 for a file of epochs, by its content.
    """
    if path.is_dir():
        return 0.0
    try:
        found = format_of(path)
    except FileContentError:
        return 0.0
    is_ours = fif_kind(path) == "epochs" if found == "fif" else found in _FORMATS
    return 0.95 if is_ours else 0.0


def _checked(path: Path, variable: str | None) -> tuple[EpochsReader, list[Finding]]:
    """Say how a file is opened, after a check that it is whole and holds epochs."""
    found = format_of(require_file(path))
    if found == "fif":
        content = fif_content(path)
        check_name(path, found, content.words)
        if "epochs" in content.words:
            return EpochsReader("fif"), _about_parts(path)
        found = f"FIF file with {content.words}"
    elif found == "eeglab epochs":
        check_eeglab(path)
        return EpochsReader(found), []
    elif found == "fieldtrip epochs" or (variable and found in ("mat5", "hdf5", "fieldtrip")):
        data = fieldtrip_kind(peek(path))
        name = variable or (data[0] if data else "data")
        return EpochsReader("fieldtrip epochs", name), [unit_of_fieldtrip(path)]
    what = f"{TITLES[found]} file with a continuous recording" if found in TITLES else found
    raise FileContentError(
        f"holds no epochs: it is {what}",
        where=str(path),
        mend='Leave loader= out, or open continuous recordings with loader="mne.raw".',
    )


def _about_parts(path: Path) -> list[Finding]:
    # mne writes into a part which one follows it, but not which one it follows.
    before = re.sub(r"-\d+(\.fif(\.gz)?)$", r"\1", path.name)
    if before == path.name or not (path.parent / before).is_file():
        return []
    what = f"is a part of split epochs, their beginning is in {before}"
    return [Finding("NK871", "SUGGESTION", path.name, what, "Open the first part.")]


def open_epochs(
    path: Path,
    *,
    unit: str | Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    position_unit: str = "m",
    variable: str | None = None,
) -> xr.DataTree:
    """Open epochs: header, events and metadata now, values later.

    Parameters
    ----------
    path : Path
        The file; of several parts, the first.
    unit : str or mapping of str to str, optional
        What unit the stored numbers really have, for all channels of that kind or per name.
    types : mapping of str to str, optional
        BIDS channel type per channel name.
    position_unit : {"m", "cm", "mm"}
        What unit stored positions really have.
    variable : str, optional
        FieldTrip: name of the variable; default the one that holds data.

    Returns
    -------
    DataTree
        ``/activity`` (trial, time, channel) with events and metadata per trial.

    Raises
    ------
    FileContentError
        If the file is damaged or holds no epochs.
    """
    with naming(path, LOADER.options):
        reader, noticed = _checked(path, variable)
        epochs, findings = read_with_findings(reader, path)
        if not len(epochs.events):
            raise FileContentError("holds no epoch", where=str(path), mend="All were rejected.")
        info, names = epochs.info, list(epochs.ch_names)
        types_found = channel_types(info)
        units = [udunits(int(c["unit"]), t) for c, t in zip(info["chs"], types_found, strict=True)]
        told = stated_units(unit, names, units)
        factor = [told[name][1] if name in told else 1.0 for name in names]
        arrays = _arrays(epochs, reader, path, factor)
        time = fieldtrip_times(path, reader.variable)[0] if reader.variable else None
        rec = epochs_recording(epochs, lambda picks: lazy_variable(DIMS, arrays(picks)), time)
        rec = restated(rec, told, Statements(unit, types, position_unit))
        rec.attrs["source"] = path.name
        add_findings(rec, [*findings, *noticed])
        return rec


DIMS = ("trial", "time", "channel")


def _arrays(
    epochs: Any, reader: EpochsReader, path: Path, factor: Sequence[float]
) -> Callable[[Sequence[int]], FileArray]:
    n, n_times = len(epochs.events), len(epochs.times)
    if reader.kind == "fif":
        stored = np.array([ch["cal"] * ch.get("scale", 1.0) for ch in epochs.info["chs"]])
        parts = find_epochs(_parts(path), stored.size, n_times)
        if parts is not None and sum(part.n for part in parts) == n:
            together = stored * np.asarray(factor)
            return lambda picks: FifEpochs(parts, together, n_times, picks)
    values_of = EpochsValues(reader)
    return lambda picks: BlockArray(
        str(path), values_of, (n, n_times), picks, [factor[i] for i in picks]
    )


def _parts(path: Path) -> list[Path]:
    """Return a file and the parts that follow it, each named by the one before."""
    found = [path]
    while (after := fif_content(found[-1]).after) and len(found) < 1000:
        part = path.parent / Path(after).name
        if not part.is_file() or part in found:
            break
        found.append(part)
    return found


def info(path: Path) -> dict[str, Any]:
    """Say what is in a file of epochs; of FIF files, from their header alone.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        format, modality, channels, rate, trials.

    Raises
    ------
    FileContentError
        If the file is damaged or holds no epochs.
    """
    with naming(path, ()):
        reader, _ = _checked(path, None)
        epochs, _ = read_with_findings(reader, path)
        types = channel_types(epochs.info)
        subject, start_time = who_and_when(epochs.info)
        return {
            "format": TITLES[reader.kind.partition(" ")[0]],
            "modality": modality_of(types),
            "subject": subject,
            "start_time": start_time,
            "n_channels": len(types),
            "channel_types": dict(Counter(types)),
            "sampling_rate": float(epochs.info["sfreq"]),
            "n_trials": len(epochs.events),
            "n_times": len(epochs.times),
            "trial_types": {
                name: int((epochs.events[:, 2] == c).sum()) for name, c in epochs.event_id.items()
            },
        }


LOADER = Loader(
    name="mne.epochs",
    title="MEG and EEG cut into trials (FIF, EEGLAB, FieldTrip)",
    modality="eeg",
    suffixes=("-epo.fif", "_epo.fif", "-epo.fif.gz", ".set", ".mat"),
    sniff=sniff,
    open=open_epochs,
    info=info,
    options={
        "unit": "unit that the stored numbers really have, for all or per channel name",
        "types": "BIDS channel type per channel name",
        "position_unit": "unit that stored positions really have: m, cm or mm",
        "variable": "FieldTrip: name of the variable",
    },
)
