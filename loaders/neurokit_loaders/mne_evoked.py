"""Loader ``mne.evoked``: averages over trials, in FIF and FieldTrip files.

The responses of a file become conditions of one array, as far as they share channels and times.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from neurokit.errors import FileContentError, LabelError, suggest
from neurokit.interchange.mne_blocks import condition_labels, evoked_recording
from neurokit.interchange.mne_channels import modality_of, udunits
from neurokit.interchange.mne_info import channel_types, who_and_when
from neurokit.io import Loader, lazy_variable, require_file
from neurokit.schema import Finding
from neurokit_loaders.mne_fif import fif_content, fif_kind
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

_FORMATS = ("fif", "fieldtrip evoked")

DIMS = ("trial", "time", "channel")


@dataclass(frozen=True)
class EvokedReader:
    """Reads all evoked responses of a file.

    Parameters
    ----------
    kind : str
        fif or fieldtrip evoked.
    variable : str
        FieldTrip: name of the variable.
    """

    kind: str
    variable: str = ""

    def __call__(self, path: str) -> Any:
        """Return a list of Evoked, projections not applied."""
        import mne

        if self.kind == "fif":
            return mne.read_evokeds(path, proj=False, verbose="WARNING")
        check_elements(Path(path), self.variable)
        evoked = mne.read_evoked_fieldtrip(path, None, data_name=self.variable)
        evoked.comment = evoked.comment or self.variable
        evoked.nave = fieldtrip_times(Path(path), self.variable)[1] or evoked.nave
        return [evoked]


@dataclass(frozen=True)
class EvokedValues:
    """Reads the values of some responses as (condition, time, channel).

    Parameters
    ----------
    reader : EvokedReader
        What reads the file.
    which : tuple of int
        Numbers of the responses in the file.
    """

    reader: EvokedReader
    which: tuple[int, ...]

    def __call__(self, path: str) -> NDArray[Any]:
        """Return their values."""
        several = self.reader(path)
        return np.stack([several[i].data.T for i in self.which])


def sniff(path: Path) -> float:
    """Return how sure it is that this loader reads a file.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    float
        0.95 for a file of evoked responses, by its content.
    """
    if path.is_dir():
        return 0.0
    try:
        found = format_of(path)
    except FileContentError:
        return 0.0
    is_ours = fif_kind(path) == "evoked" if found == "fif" else found in _FORMATS
    return 0.95 if is_ours else 0.0


def _checked(path: Path, variable: str | None) -> tuple[EvokedReader, list[Finding]]:
    """Say how a file is read, after a check that it is whole and holds evoked responses."""
    found = format_of(require_file(path))
    if found == "fif":
        content = fif_content(path)
        check_name(path, found, content.words)
        if content.words == "evoked responses":
            return EvokedReader("fif"), []
        found = f"FIF file with {content.words}"
    elif found == "fieldtrip evoked" or (variable and found in ("mat5", "hdf5")):
        data = fieldtrip_kind(peek(path))
        name = variable or (data[0] if data else "data")
        return EvokedReader("fieldtrip evoked", name), [unit_of_fieldtrip(path)]
    what = f"{TITLES[found]} file with a continuous recording" if found in TITLES else found
    raise FileContentError(
        f"holds no evoked responses: it is {what}",
        where=str(path),
        mend='Leave loader= out, or open continuous recordings with loader="mne.raw".',
    )


def open_evoked(
    path: Path,
    *,
    conditions: str | Sequence[str] | None = None,
    unit: str | Mapping[str, str] | None = None,
    types: Mapping[str, str] | None = None,
    position_unit: str = "m",
    variable: str | None = None,
) -> xr.DataTree:
    """Open evoked responses.

    Parameters
    ----------
    path : Path
        The file.
    conditions : str or sequence of str, optional
        Which of them, by label; default all that have the channels and times of the first.
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
        ``/activity`` (condition, time, channel) with ``n_averages``.

    Raises
    ------
    FileContentError
        If the file is damaged or holds no evoked responses.
    LabelError
        If a condition is not in the file.
    """
    with naming(path, LOADER.options):
        reader, noticed = _checked(path, variable)
        several, findings = read_with_findings(reader, path)
        labels = condition_labels(several)
        which, left_out = _chosen(several, labels, conditions, path)
        first = several[which[0]]
        names, kinds = list(first.ch_names), channel_types(first.info)
        units = [udunits(int(c["unit"]), t) for c, t in zip(first.info["chs"], kinds, strict=True)]
        told = stated_units(unit, names, units)
        factor = [told[name][1] if name in told else 1.0 for name in names]
        time = fieldtrip_times(path, reader.variable)[0] if reader.variable else None
        values_of, shape = EvokedValues(reader, tuple(which)), (len(which), len(first.times))
        rec = evoked_recording(
            [several[i] for i in which],
            lambda picks: lazy_variable(
                DIMS, BlockArray(str(path), values_of, shape, picks, [factor[i] for i in picks])
            ),
            time,
        )
        rec = restated(rec, told, Statements(unit, types, position_unit))
        rec.attrs["source"] = path.name
        add_findings(rec, [*findings, *noticed, *left_out])
        return rec


def _chosen(
    several: Sequence[Any],
    labels: Sequence[str],
    conditions: str | Sequence[str] | None,
    path: Path,
) -> tuple[list[int], list[Finding]]:
    """Return the numbers of the responses that make one array, and what is said of others."""
    if conditions is not None:
        wanted = [conditions] if isinstance(conditions, str) else list(conditions)
        for label in wanted:
            if label not in labels:
                raise LabelError(
                    f"{label!r} is no condition{suggest(label, labels)}",
                    where=str(path),
                    mend=f"There are: {', '.join(labels)}.",
                )
        return [labels.index(label) for label in wanted], []
    first = several[0]
    which = [i for i, one in enumerate(several) if _alike(one, first)]
    others = [label for i, label in enumerate(labels) if i not in which]
    if not others:
        return which, []
    what = f"{len(others)} conditions have other channels or times and are left out: "
    what += ", ".join(map(repr, others[:5]))
    mend = f"Open them with conditions={others!r}."
    return which, [Finding("NK877", "SUGGESTION", path.name, what, mend)]


def _alike(one: Any, other: Any) -> bool:
    return one.ch_names == other.ch_names and np.array_equal(one.times, other.times)


def info(path: Path) -> dict[str, Any]:
    """Say what is in a file of evoked responses, which are read for that: they are small.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict
        format, modality, channels, rate, conditions with their number of averages.

    Raises
    ------
    FileContentError
        If the file is damaged or holds no evoked responses.
    """
    with naming(path, ()):
        reader, _ = _checked(path, None)
        several, _ = read_with_findings(reader, path)
        first = several[0]
        types = channel_types(first.info)
        subject, start_time = who_and_when(first.info)
        labels = condition_labels(several)
        return {
            "format": TITLES[reader.kind.partition(" ")[0]],
            "modality": modality_of(types),
            "subject": subject,
            "start_time": start_time,
            "n_channels": len(types),
            "channel_types": dict(Counter(types)),
            "sampling_rate": float(first.info["sfreq"]),
            "n_times": len(first.times),
            "conditions": {
                label: int(one.nave) for label, one in zip(labels, several, strict=True)
            },
        }


LOADER = Loader(
    name="mne.evoked",
    title="averages over trials of MEG and EEG (FIF, FieldTrip)",
    modality="eeg",
    suffixes=("-ave.fif", "_ave.fif", "-ave.fif.gz", ".mat"),
    sniff=sniff,
    open=open_evoked,
    info=info,
    options={
        "conditions": "which responses, by label; default all that fit the first",
        "unit": "unit that the stored numbers really have, for all or per channel name",
        "types": "BIDS channel type per channel name",
        "position_unit": "unit that stored positions really have: m, cm or mm",
        "variable": "FieldTrip: name of the variable",
    },
)
