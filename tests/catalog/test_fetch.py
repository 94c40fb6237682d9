"""Downloads end whole, right and in the cache, or leave nothing. A stand-in serves the bytes."""

from __future__ import annotations

import io
import logging
import ssl
from collections.abc import Callable
from email.message import Message
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError

import pytest

from neurokit.catalog import Catalog, downloading
from neurokit.catalog.downloading import download
from neurokit.catalog.entries import CatalogFile
from neurokit.catalog.finding import cache_root
from neurokit.catalog.network import RefusedError
from neurokit.errors import ChecksumError, NotDownloadedError, OptionError, StoreError


class Server:
    """Serves a dictionary of URIs; an exception in it is raised, a list is served in turn."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.content, self.asked = content, []

    def __call__(self, uri: str) -> IO[bytes]:
        self.asked.append(uri)
        answer = self.content[uri]
        if isinstance(answer, list):
            answer = answer.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, io.IOBase) else io.BytesIO(answer)


class Broken(io.BytesIO):
    """A stream that breaks after its first chunk."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise ConnectionResetError("connection reset")
        return super().read(4)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloading, "PAUSES_S", (0.0, 0.0))


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch, site: Any) -> Callable[..., Server]:
    def serve(**changes: Any) -> Server:
        content = {f"https://example.org/{path}": body for path, body in site.content.items()}
        content.update({f"https://example.org/data/{k}.json": v for k, v in changes.items()})
        server = Server(content)
        monkeypatch.setattr(downloading, "network", lambda: server)
        return server

    return serve


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def http_error(code: int) -> HTTPError:
    return HTTPError("https://example.org/x", code, "Reason", Message(), io.BytesIO())


def test_what_would_be_fetched_is_listed_without_the_network(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    server = serve()
    assert [file.path for file in catalog.to_fetch()] == list(site.content)
    site.put(site.folder, site.first)
    assert [file.path for file in catalog.to_fetch("worm")] == [site.second]
    site.put(site.folder, site.second)
    assert catalog.to_fetch() == []
    assert server.asked == []


def test_fetched_files_lie_in_the_cache_and_are_located(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    server = serve()
    paths = catalog.fetch(progress=False)
    root = cache_root(catalog.datasets["worm"].recordings["one"].files)
    assert paths == [root / path for path in site.content]
    assert [path.read_bytes() for path in paths] == list(site.content.values())
    assert catalog.locate("worm", "one").paths == tuple(paths)
    assert catalog.fetch() == []
    assert len(server.asked) == 2
    assert left_in(site.cache) == ["a.json", "a_order.json"]


def test_only_what_is_missing_is_fetched_and_companions_join_it(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    server = serve()
    site.put(site.folder, site.second)
    catalog.fetch()
    assert server.asked == [f"https://example.org/{site.first}"]
    located = catalog.locate("worm", "one")
    assert {path.parent for path in located.paths} == {
        cache_root(catalog.datasets["worm"].recordings["one"].files) / "data"
    }


def test_a_copy_of_other_content_is_fetched_anew_and_stays_untouched(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    serve()
    wrong = site.put(site.folder, site.first, b"damaged")
    assert [file.path for file in catalog.to_fetch()] == list(site.content)
    catalog.fetch()
    assert catalog.locate("worm", "one").status == "here"
    assert wrong.read_bytes() == b"damaged"


def test_a_damaged_file_in_the_cache_is_replaced(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    serve()
    target = catalog.fetch()[0]
    target.write_bytes(b"damaged")
    with pytest.raises(ChecksumError):
        catalog.locate("worm", "one")
    assert catalog.fetch() == [target]
    assert catalog.locate("worm", "one").status == "here"


def test_a_companion_of_two_recordings_is_fetched_once(
    site: Any, installed: None, serve: Callable[..., Server]
) -> None:
    server = serve()
    text = site.text()
    second = text.splitlines()[-1]
    catalog = Catalog.read(site.write(f"{text}      two:\n        files:\n{second}\n"))
    assert len(catalog.to_fetch()) == 2
    catalog.fetch()
    assert len(server.asked) == 2
    assert catalog.locate("worm", "two").status == "here"


def test_files_without_uri_are_not_to_be_fetched(
    site: Any, installed: None, serve: Callable[..., Server]
) -> None:
    serve()
    text = site.text().replace("uri: 'https://example.org/data/a.json', ", "")
    catalog = Catalog.read(site.write(text))
    assert [file.path for file in catalog.to_fetch()] == [site.second]
    catalog.fetch()
    assert [file.path for file in catalog.locate("worm", "one").missing] == [site.first]


def test_an_unknown_dataset_is_an_error(catalog: Catalog) -> None:
    for call in (catalog.to_fetch, catalog.fetch, catalog.check_simulators):
        with pytest.raises(OptionError, match="did you mean 'worm'"):
            call("worn")


def test_content_that_was_not_promised_is_refused_with_both_hashes(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    body = site.content[site.first]
    serve(a=bytes(reversed(body)))
    with pytest.raises(ChecksumError, match=site.sha256(site.first)) as caught:
        catalog.fetch()
    assert caught.value.where == "https://example.org/data/a.json"
    assert left_in(site.cache) == []


def test_a_short_answer_is_refused(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    serve(a=b"")
    with pytest.raises(ChecksumError):
        catalog.fetch()
    assert left_in(site.cache) == []


def test_no_more_bytes_are_read_than_promised(
    catalog: Catalog, site: Any, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "CHUNK", 4)

    class Endless(io.RawIOBase):
        read_bytes = 0

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            Endless.read_bytes += size
            return b"x" * size

    serve(a=Endless())
    with pytest.raises(NotDownloadedError, match="more than the 16 bytes promised"):
        catalog.fetch()
    assert Endless.read_bytes <= 20
    assert left_in(site.cache) == []


def test_a_server_that_drips_is_given_up(
    catalog: Catalog, site: Any, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 100_000, 1000))
    monkeypatch.setattr(downloading.time, "monotonic", lambda: next(clock))
    serve()
    with pytest.raises(NotDownloadedError, match="too slowly"):
        catalog.fetch()
    assert left_in(site.cache) == []


@pytest.mark.parametrize(
    "fault",
    [http_error(503), http_error(429), TimeoutError("timed out"), URLError("no route"), Broken()],
)
def test_what_may_pass_is_tried_again(
    catalog: Catalog, site: Any, serve: Callable[..., Server], fault: Any
) -> None:
    body = site.content[site.first]
    if isinstance(fault, io.BytesIO):
        fault.write(body)
        fault.seek(0)
    server = serve(a=[fault, body])
    assert len(catalog.fetch()) == 2
    assert len(server.asked) == 3
    assert left_in(site.cache) == ["a.json", "a_order.json"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (http_error(404), "HTTP 404 Reason"),
        (http_error(403), "HTTP 403 Reason"),
        (RefusedError("leads astray"), "leads astray"),
        (URLError(RefusedError("leads astray")), "leads astray"),
        (URLError(ssl.SSLCertVerificationError("bad certificate")), "bad certificate"),
    ],
)
def test_what_will_not_pass_is_tried_once(
    catalog: Catalog, site: Any, serve: Callable[..., Server], fault: Exception, said: str
) -> None:
    server = serve(a=fault)
    with pytest.raises(NotDownloadedError, match=said) as caught:
        catalog.fetch()
    assert caught.value.where == site.first
    assert "NEUROKIT_MIRROR" in caught.value.mend
    assert not isinstance(fault, HTTPError) or fault.fp.closed
    assert len(server.asked) == 1


def test_no_network_is_said_after_three_tries(
    catalog: Catalog, serve: Callable[..., Server]
) -> None:
    server = serve(a=URLError("Temporary failure in name resolution"))
    with pytest.raises(NotDownloadedError, match="name resolution"):
        catalog.fetch()
    assert len(server.asked) == 3


def test_what_was_downloaded_before_a_failure_is_kept(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    serve(a_order=http_error(404))
    with pytest.raises(NotDownloadedError):
        catalog.fetch()
    assert left_in(site.cache) == ["a.json"]


def test_an_interrupted_download_leaves_nothing(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    class Interrupted(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise KeyboardInterrupt

    serve(a=Interrupted())
    with pytest.raises(KeyboardInterrupt):
        catalog.fetch()
    assert left_in(site.cache) == []


def test_a_cache_that_cannot_be_made_is_an_error_that_names_it(
    catalog: Catalog, site: Any, serve: Callable[..., Server]
) -> None:
    serve()
    site.cache.write_text("a file, no folder")
    with pytest.raises(StoreError, match="NEUROKIT_CACHE"):
        catalog.fetch()


def test_a_full_disk_is_an_error_of_the_store_and_not_tried_again(
    catalog: Catalog, site: Any, serve: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(out: IO[bytes], chunk: bytes, path: str) -> None:
        class Full:
            def write(self, chunk: bytes) -> None:
                raise OSError(28, "No space left on device")

        real(Full(), chunk, path)  # type: ignore[arg-type]

    real = downloading._write
    monkeypatch.setattr(downloading, "_write", full)
    server = serve()
    with pytest.raises(StoreError, match="No space left"):
        catalog.fetch()
    assert len(server.asked) == 1
    assert left_in(site.cache) == []


def test_an_empty_file_can_be_fetched(tmp_path: Path) -> None:
    digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    file = CatalogFile("empty.hist", "https://example.org/empty", digest, 0)
    target = download(
        file, tmp_path / "a" / "empty.hist", source=Server({file.uri: b""}), progress=False
    )
    assert target.read_bytes() == b""


def test_poochs_logger_is_quiet_while_downloading_and_as_before_after(
    catalog: Catalog, serve: Callable[..., Server], capfd: pytest.CaptureFixture[str]
) -> None:
    import pooch

    before = pooch.get_logger().level
    serve()
    catalog.fetch(progress=True)
    captured = capfd.readouterr()
    assert captured.out == ""
    assert "Downloading" not in captured.err
    assert pooch.get_logger().level == before != logging.WARNING
