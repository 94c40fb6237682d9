"""``rec.nk``: what users do most with a recording, from the recording itself.

Registered at ``import neurokit`` if xarray is already imported, else on the first use of any
lazy name of neurokit, and when xarray loads the engine ``neurokit``. Opening a saved file
with plain xarray before any of these leaves ``rec.nk`` unknown; ``import neurokit`` mends it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import xarray as xr

from neurokit.schema.findings import Findings


@xr.register_datatree_accessor("nk")  # type: ignore[no-untyped-call]
class RecordingAccessor:
    """Methods of a recording.

    Parameters
    ----------
    rec : xarray.DataTree
        The recording.

    Examples
    --------
    >>> import neurokit as nk
    >>> rec = nk.simulate.recording("calcium", random_state=0)
    >>> rec.nk.validate().ok
    True
    """

    def __init__(self, rec: xr.DataTree) -> None:
        self._rec = rec

    @property
    def history(self) -> list[dict[str, Any]]:
        """The steps that led here, oldest first."""
        from neurokit.schema.history import as_history

        return as_history(self._rec)

    def validate(self, deep: bool = False) -> Findings:
        """Return what is not as the contract says; see `neurokit.validate`.

        Parameters
        ----------
        deep : bool, default False
            Read all values.

        Returns
        -------
        Findings
            Gravest first.
        """
        from neurokit.io.checking import validate

        return validate(self._rec, deep)

    def pick(
        self,
        types: str | Iterable[str] | None = None,
        regions: str | Iterable[str] | None = None,
        names: str | Iterable[str] | None = None,
    ) -> xr.DataTree:
        """Keep some channels or neurons; see `neurokit.pick`.

        Parameters
        ----------
        types : str or iterable of str, optional
            Channel or neuron types.
        regions : str or iterable of str, optional
            Values of ``region``.
        names : str or iterable of str, optional
            Labels or patterns.

        Returns
        -------
        xarray.DataTree
            A new recording.
        """
        from neurokit.schema.select import pick

        return pick(self._rec, types, regions, names)

    def epoch(self, events: Any, tmin: float, tmax: float) -> xr.DataTree:
        """Cut trials around events; see `neurokit.signal.epoch`.

        Parameters
        ----------
        events : str, list of str or Dataset
            Which events.
        tmin : float
            Seconds before (negative) or after the onset where a trial begins.
        tmax : float
            Seconds after the onset where it ends.

        Returns
        -------
        xarray.DataTree
            A recording with a trial dim.
        """
        from neurokit.signal import epoch

        return epoch(self._rec, events, tmin, tmax)

    def plot(self, **options: Any) -> dict[str, Any]:
        """Draw what the recording holds, a panel each; see `neurokit.plot.recording`.

        Parameters
        ----------
        **options
            `start` and `stop` (s), `figure`; passed on.

        Returns
        -------
        dict of str to matplotlib.axes.Axes
            The panels by name, such as ``traces``, ``events``, ``spectrum``, ``positions``.
        """
        from neurokit.plot import recording

        return recording(self._rec, **options)

    def browse(
        self, *, start: float | None = None, seconds: float | None = None, n_max: int = 20
    ) -> Any:
        """Wander through the traces in Jupyter: MNE's browser for channels, else HoloViews'.

        Channels are handed to MNE, whose browser marks bad channels and spans too; in Jupyter it
        follows the mouse after ``%matplotlib widget``. Neurons are drawn by
        `neurokit.plot.browser`. Both come with ``pip install 'neurokit-xarray[browser]'``.

        Parameters
        ----------
        start : float, optional
            Seconds: where the first window begins; default the first sample.
        seconds : float, optional
            Length of the first window; default 10 s of channels, 60 s of neurons.
        n_max : int, default 20
            Most traces at once; MNE's browser scrolls to the others.

        Returns
        -------
        mne.viz.Browser or holoviews.Layout
            What Jupyter shows.

        Raises
        ------
        OptionError
            If `start` lies outside the recording, or a number is none or not positive.
        SchemaError
            If the recording holds no continuous activity, such as averages or spikes alone.
        """
        from neurokit.plot import browser
        from neurokit.plot.browsing import first_window
        from neurokit.schema import signal_of

        signal = signal_of(self._rec)
        if signal.dims != ("time", "channel"):
            return browser(self._rec, start=start, seconds=seconds, n_max=n_max)
        low, high = first_window(signal, start, seconds, n_max)
        return _mne_browser(self._rec, low - float(signal["time"][0]), high - low, int(n_max))

    def __repr__(self) -> str:
        rec = self._rec
        attrs = rec.attrs
        lines = [f"{attrs.get('modality', '?')} recording {rec.name or attrs.get('source', '')}"]
        who = " ".join(str(attrs.get(k, "")) for k in ("species", "subject", "session")).strip()
        lines += [f"  {who}"] if who else []
        for node in rec.subtree:
            if node.path != "/" and node.has_data:
                sizes = ", ".join(f"{n} {dim}" for dim, n in node.sizes.items())
                rate = node.attrs.get("sampling_rate")
                lines.append(f"  {node.path:<20} {sizes}" + (f", {rate:g} Hz" if rate else ""))
        steps = [str(step["function"]) for step in self.history]
        lines += [f"  history: {' > '.join(steps)}"] if steps else []
        return "\n".join(lines)


def _mne_browser(rec: xr.DataTree, start: float, seconds: float, n_max: int) -> Any:
    """Return MNE's browser with rows as high as most of their traces, as in other figures."""
    import numpy as np

    from neurokit.interchange import to_mne
    from neurokit.plot.stacked import spacings

    raw = to_mne(rec)
    # A sample in so many tells the height as well as all of them.
    values = raw.get_data()[:, :: max(1, raw.n_times // 20_000)].T
    heights = spacings(values, np.array(raw.get_channel_types()))
    return raw.plot(
        start=start,
        duration=seconds,
        n_channels=n_max,
        scalings={kind: height / 2 for kind, height in heights.items()},
        show=False,
        verbose="error",
    )
