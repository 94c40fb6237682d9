"""The catalog as users meet it: read, locate, open, fetch, check.

Reading and locating import no xarray, so that a run whose results are all cached starts fast.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from neurokit.catalog.document import read_document
from neurokit.catalog.entries import (
    CatalogFile,
    DatasetEntry,
    Located,
    RecipeEntry,
    RecordingEntry,
)
from neurokit.catalog.finding import cache_root, locate, place_copy, search
from neurokit.catalog.references import resolve
from neurokit.errors import CatalogError, NotDownloadedError, check_option

if TYPE_CHECKING:
    from xarray import DataTree

    from neurokit.schema import Findings


@dataclass(frozen=True)
class Catalog:
    """Datasets, where their files lie, and the recipes to be run on them.

    Parameters
    ----------
    path : Path
        The file it was read from; files are looked for beside it, too.
    datasets : dict of str to DatasetEntry
        In the order of the file.
    recipes : dict of str to RecipeEntry
        Those of the file, and registered ones that datasets use under their own name.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> text = '''
    ... catalog: neurokit/1
    ... datasets:
    ...   demo: {title: Simulated EEG, modality: eeg,
    ...          simulate: {name: recording, modality: eeg, random_state: 0}}
    ... '''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "catalog.yaml")
    ...     _ = path.write_text(text)
    ...     Catalog.read(path).datasets["demo"].title
    'Simulated EEG'
    """

    path: Path
    datasets: dict[str, DatasetEntry] = field(default_factory=dict)
    recipes: dict[str, RecipeEntry] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path | str) -> Catalog:
        """Read a catalog and check all that can be checked without opening a recording.

        Parameters
        ----------
        path : Path or str
            A YAML file of the form ``catalog: neurokit/1``.

        Returns
        -------
        Catalog
            Ready to locate, open and fetch.

        Raises
        ------
        CatalogError
            For whatever is wrong with it; `where` is ``"file:line"``.
        """
        document = read_document(path)
        return cls(Path(path), *resolve(document))

    def __repr__(self) -> str:
        """Return one line per dataset."""
        rows = [
            f"  {entry.name}: {entry.title} ({entry.modality}, "
            + (f"{len(entry.recordings)} recordings)" if entry.recordings else "simulated)")
            for entry in self.datasets.values()
        ]
        return "\n".join([f"Catalog {self.path}: {len(rows)} datasets", *rows])

    def locate(self, dataset: str, recording: str) -> Located:
        """Say where the files of a recording are; the network is not touched.

        Looked for in the cache, then in the folders of ``NEUROKIT_MIRROR``, then beside the
        catalog. What is found has been checked against its sha256.

        Parameters
        ----------
        dataset : str
            Name of a dataset with recordings.
        recording : str
            Name of one of them.

        Returns
        -------
        Located
            Paths below one root, or what is missing.

        Raises
        ------
        ChecksumError
            If a file of the expected name has another content, and no right copy is at hand.
        OptionError
            If there is no such dataset or recording.
        """
        return locate(self._recording(dataset, recording).files, self._folder)

    def open(self, name: str, subject: str | None = None) -> DataTree | dict[str, DataTree]:
        """Open recordings of a dataset that are at hand, or simulate them.

        Parameters
        ----------
        name : str
            Name of a dataset.
        subject : str, optional
            Name of one recording; default is all of them.

        Returns
        -------
        DataTree or dict of str to DataTree
            One recording if `subject` is given or the dataset has only one, else all by name.
            Licence, doi and sha256 are the catalog's.

        Raises
        ------
        NotDownloadedError
            If a file is not at hand.
        ChecksumError
            If a file of the expected name has another content.
        OptionError
            If there is no such dataset or recording.
        """
        from neurokit.catalog.opening import open_recording, open_simulation

        entry = self._dataset(name)
        if entry.simulate is not None:
            trees = open_simulation(entry)
        else:
            names = list(entry.recordings) if subject is None else [subject]
            trees = {
                one: open_recording(entry, self._recording(name, one), self._paths(name, one))
                for one in names
            }
        if subject is not None:
            return trees[check_option("subject", subject, trees)]
        return next(iter(trees.values())) if len(trees) == 1 else trees

    def at_hand(self, name: str) -> bool:
        """Say whether every recording of a dataset can be opened without a download.

        Parameters
        ----------
        name : str
            Name of a dataset; one that is simulated always can.

        Returns
        -------
        bool
            True where `open` finds all files.

        Raises
        ------
        ChecksumError
            If a file of the expected name has another content, and no right copy is at hand.
        OptionError
            If there is no such dataset.
        """
        recordings = self._dataset(name).recordings
        return all(self.locate(name, one).status != "not_downloaded" for one in recordings)

    def to_fetch(self, name: str | None = None) -> list[CatalogFile]:
        """List what `fetch` would download.

        Parameters
        ----------
        name : str, optional
            Name of a dataset; default is all.

        Returns
        -------
        list of CatalogFile
            Files that are not at hand (or whose copies are of other content) and have a URI,
            each content once.

        Raises
        ------
        OptionError
            If there is no such dataset.
        """
        return list({file.sha256: file for _, file in self._wanted(name)}.values())

    def fetch(self, name: str | None = None, *, progress: bool = True) -> list[Path]:
        """Download what is not at hand into the cache.

        Parameters
        ----------
        name : str, optional
            Name of a dataset; default is all.
        progress : bool, default True
            Whether to draw a bar per file if a terminal is attached.

        Returns
        -------
        list of Path
            What was downloaded.

        Raises
        ------
        NotDownloadedError
            If a server cannot be reached or refuses; what was downloaded before is kept.
        ChecksumError
            If a server sends another content than the catalog promises.
        StoreError
            If the cache cannot be written; ``NEUROKIT_CACHE`` names another.
        OptionError
            If there is no such dataset.
        """
        from neurokit.catalog.downloading import download

        done: dict[str, Path] = {}
        for recording, file in self._wanted(name):
            target = cache_root(recording.files) / file.path
            if file.sha256 in done:
                place_copy(done[file.sha256], file, target)
            else:
                done[file.sha256] = download(file, target, progress=progress)
        return list(done.values())

    def check(self) -> Findings:
        """Look at everything the catalog names: files, loaders' options, simulators.

        Returns
        -------
        Findings
            CRITICAL: a file has another content. VIOLATION: options or parameters that a
            loader or simulator does not take, a size that is not the file's. SUGGESTION: not
            downloaded, a licence nobody stated, a mirror that does not exist.
        """
        from neurokit.catalog.checking import check_catalog

        return check_catalog(self)

    def check_simulators(self, name: str | None = None) -> None:
        """Check the parameters of simulations against the simulators' signatures.

        Imports the simulators; `read` does not, and checks their names only.

        Parameters
        ----------
        name : str, optional
            Name of a dataset; default is all.

        Raises
        ------
        CatalogError
            If a simulator takes no such parameter, or lacks one.
        OptionError
            If there is no such dataset.
        """
        from neurokit.catalog.simulated import simulator_fault

        for entry in self._chosen(name):
            wrong = simulator_fault(entry)
            if wrong is not None:
                where = f"{self.path}:{entry.line}"
                raise CatalogError(wrong[0], where=where, mend=wrong[1])

    @property
    def _folder(self) -> Path:
        return self.path.absolute().parent

    def _dataset(self, name: str) -> DatasetEntry:
        return self.datasets[check_option("dataset", name, self.datasets)]

    def _chosen(self, name: str | None) -> list[DatasetEntry]:
        return list(self.datasets.values()) if name is None else [self._dataset(name)]

    def _recording(self, dataset: str, recording: str) -> RecordingEntry:
        recordings = self._dataset(dataset).recordings
        return recordings[check_option("recording", recording, recordings)]

    def _paths(self, dataset: str, recording: str) -> tuple[Path, ...]:
        located = self.locate(dataset, recording)
        if located.status == "not_downloaded":
            names = ", ".join(file.path for file in located.missing)
            size = sum(file.bytes for file in located.missing) / 1e6
            raise NotDownloadedError(
                f"not downloaded: {names} ({size:.1f} MB)",
                where=f"{dataset}/{recording}",
                mend=f"Run `neurokit fetch {self.path} {dataset}`, or name a folder that holds "
                "it in NEUROKIT_MIRROR.",
            )
        return located.paths

    def _wanted(self, name: str | None) -> Iterator[tuple[RecordingEntry, CatalogFile]]:
        for entry in self._chosen(name):
            for recording in entry.recordings.values():
                for file in search(recording.files, self._folder).absent:
                    if file.uri:
                        yield recording, file
