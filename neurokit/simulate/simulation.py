"""What a simulator of several recordings returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Simulation:
    """Recordings and what was planted in them.

    Parameters
    ----------
    recordings : dict of str to DataTree
        By recording id, ready for ``nk.stack`` and every estimator.
    truth : Dataset
        What an analysis should find; `attrs` hold the simulator's parameters.

    Examples
    --------
    >>> import neurokit as nk
    >>> sim = nk.simulate.worms(2, 6, 1, duration=60.0, random_state=0)
    >>> list(sim.recordings), "time_course" in sim.truth
    (['worm1', 'worm2'], True)
    """

    recordings: dict[str, xr.DataTree]
    truth: xr.Dataset

    def __repr__(self) -> str:
        planted = ", ".join(f"{name}{tuple(v.dims)}" for name, v in self.truth.data_vars.items())
        return f"<Simulation of {len(self.recordings)} recordings; truth: {planted}>"
