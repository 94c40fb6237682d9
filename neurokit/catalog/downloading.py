"""Downloads of a catalog: https, public addresses only, no more bytes than promised, sha256 kept.

pooch writes to a temporary name, checks the sha256 and renames; the transfer itself is ours,
since its redirects and addresses must be watched.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.error import HTTPError, URLError

from neurokit.catalog.entries import CatalogFile
from neurokit.catalog.finding import make_folder
from neurokit.catalog.network import TIMEOUT_S, RefusedError, Source, network
from neurokit.errors import ChecksumError, NotDownloadedError, StoreError

if TYPE_CHECKING:
    from tqdm import tqdm

CHUNK = 65_536
SLOWEST_BYTES_PER_S = 10_000.0
PAUSES_S = (1.0, 4.0)  # before the second and third try
TRANSIENT_CODES = frozenset({408, 425, 429, 500, 502, 503, 504})


class Transfer:
    """Writes one file from a source; pooch calls it with a temporary name.

    Parameters
    ----------
    file : CatalogFile
        What is expected.
    source : Source
        Where it comes from.
    progress : bool
        Whether to draw a bar if a terminal is attached.
    """

    def __init__(self, file: CatalogFile, source: Source, progress: bool) -> None:
        self._file, self._source, self._progress = file, source, progress
        self.digest = ""

    def __call__(self, url: str, output_file: str, pooch: object = None) -> None:
        """Write the content of `url` to `output_file`."""
        deadline = time.monotonic() + 2 * TIMEOUT_S + self._file.bytes / SLOWEST_BYTES_PER_S
        total = hashlib.sha256()
        with self._source(url) as stream, open(output_file, "wb") as out, self._bar() as bar:  # noqa: PTH123
            size = 0
            while chunk := stream.read(CHUNK):
                size += len(chunk)
                if size > self._file.bytes:
                    raise RefusedError(
                        f"the server sends more than the {self._file.bytes} bytes promised"
                    )
                if time.monotonic() > deadline:
                    raise TimeoutError("the server sends too slowly")
                _write(out, chunk, output_file)
                total.update(chunk)
                bar.update(len(chunk))
        self.digest = total.hexdigest()

    def _bar(self) -> tqdm[Any]:
        from tqdm import tqdm

        name = self._file.path.rpartition("/")[2]
        hidden = None if self._progress else True  # None: shown where a terminal is attached
        return tqdm(
            total=self._file.bytes,
            unit="B",
            unit_scale=True,
            desc=name,
            disable=hidden,
            leave=False,
        )


def _write(out: IO[bytes], chunk: bytes, path: str) -> None:
    try:
        out.write(chunk)
    except OSError as error:
        raise StoreError(
            f"cannot be written ({error.strerror})",
            where=str(Path(path).parent),
            mend="Make space, or name another folder in NEUROKIT_CACHE.",
        ) from error


def download(
    file: CatalogFile, target: Path, *, source: Source | None = None, progress: bool = True
) -> Path:
    """Download one file, whole and right or not at all.

    Parameters
    ----------
    file : CatalogFile
        What is expected.
    target : Path
        Where it goes; folders are made.
    source : Source, optional
        Default is the network.
    progress : bool, default True
        Whether to draw a bar if a terminal is attached.

    Returns
    -------
    Path
        `target`.

    Raises
    ------
    NotDownloadedError
        If the server cannot be reached, refuses, or leads where no download may go.
    ChecksumError
        If the content is not what the catalog promises.
    StoreError
        If it cannot be written.
    """
    make_folder(target.parent)
    transfer = Transfer(file, source or network(), progress)
    for pause in (*PAUSES_S, None):
        try:
            _retrieve(file, target, transfer)
        except StoreError:
            raise
        except (OSError, http.client.HTTPException) as error:
            if isinstance(error, HTTPError):
                error.close()  # it holds the connection
            if pause is None or not _is_transient(error):
                raise _not_downloaded(file, error) from error
            time.sleep(pause)
        else:
            break
    return target


def _retrieve(file: CatalogFile, target: Path, transfer: Transfer) -> None:
    import pooch

    with _quiet(pooch.get_logger()):
        try:
            pooch.retrieve(
                file.uri,
                f"sha256:{file.sha256}",
                fname=target.name,
                path=target.parent,
                downloader=transfer,
            )
        except ValueError as error:
            if not transfer.digest:
                raise
            raise ChecksumError(
                f"the server sends content of sha256 {transfer.digest}, the catalog promises "
                f"{file.sha256}",
                where=file.uri,
                mend="Tell the catalog's author; the download was deleted.",
            ) from error


@contextmanager
def _quiet(logger: logging.Logger) -> Iterator[None]:
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _is_transient(error: Exception) -> bool:
    if isinstance(error, HTTPError):
        return error.code in TRANSIENT_CODES
    cause = error.reason if isinstance(error, URLError) else error
    return not isinstance(cause, RefusedError | ssl.SSLCertVerificationError)


def _not_downloaded(file: CatalogFile, error: Exception) -> NotDownloadedError:
    if isinstance(error, HTTPError):
        reason = f"HTTP {error.code} {error.reason}"
    else:
        cause = error.reason if isinstance(error, URLError) else error
        reason = str(cause) or type(cause).__name__
    return NotDownloadedError(
        f"cannot be downloaded from {file.uri} ({reason})",
        where=file.path,
        mend=f"Try again later, or name a folder that holds {file.path} in NEUROKIT_MIRROR.",
    )
