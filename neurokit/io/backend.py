"""The xarray engine ``neurokit``: ``xr.open_datatree(path, engine="neurokit")``.

It lives in every xarray user's process, so it imports nothing heavy and claims only suffixes
that no other engine does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xarray.backends import BackendEntrypoint

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

CLAIMED = (".fif", ".edf", ".bdf", ".vhdr")


class NeurokitBackend(BackendEntrypoint):
    """Open any file that neurokit has a loader for, through xarray.

    All ways of opening take ``filename_or_obj``, a file or folder; ``drop_variables``, names to
    leave out of every group; ``loader``, a name of `neurokit.loaders`; ``options``, a mapping of
    options of that loader; and `open_dataset` the ``group``.
    """

    description = "Neural recordings as labelled trees (neurokit)"
    open_dataset_parameters = ("filename_or_obj", "drop_variables", "group", "loader", "options")
    supports_groups = True

    def guess_can_open(self, filename_or_obj: Any) -> bool:
        """Return True for suffixes that no other engine claims, never .nc, .h5 or .zarr."""
        if not isinstance(filename_or_obj, str | Path):
            return False
        return Path(filename_or_obj).suffix.lower() in CLAIMED

    def open_dataset(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        group: str = "activity",
        loader: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> Dataset:
        """Open one group; an unknown one is a `LabelError` that lists those there are."""
        from neurokit.errors import LabelError, suggest

        tree = self.open_datatree(filename_or_obj, loader=loader, options=options)
        groups = [node.path.strip("/") for node in tree.subtree if node.path != "/"]
        if group.strip("/") not in groups:
            raise LabelError(
                f"there is no group {group!r}{suggest(group, groups)}",
                where=str(filename_or_obj),
                mend=f"Its groups: {', '.join(groups)}.",
            )
        dataset = tree[group].to_dataset()
        return (
            dataset
            if drop_variables is None
            else dataset.drop_vars(drop_variables, errors="ignore")
        )

    def open_datatree(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        loader: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> DataTree:
        """Open a whole recording."""
        from neurokit.io.opening import open as open_recording

        tree = open_recording(filename_or_obj, loader, **dict(options or {}))
        if drop_variables is None:
            return tree
        kept: DataTree = tree.map_over_datasets(
            lambda group: group.drop_vars(drop_variables, errors="ignore")
        )
        return kept

    def open_groups_as_dict(
        self,
        filename_or_obj: Any,
        *,
        drop_variables: str | Iterable[str] | None = None,
        loader: str | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> dict[str, Dataset]:
        """Open every group, by path."""
        tree = self.open_datatree(
            filename_or_obj, drop_variables=drop_variables, loader=loader, options=options
        )
        return {node.path: node.to_dataset(inherit=False) for node in tree.subtree}
