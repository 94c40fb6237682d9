"""Downloads from a real TLS server in this process, honest and dishonest.

The server listens on loopback under a public name, so each test says which addresses it allows.
"""

from __future__ import annotations

import hashlib
import http.server
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from neurokit.catalog import downloading
from neurokit.catalog.addresses import Address, is_public
from neurokit.catalog.downloading import download
from neurokit.catalog.entries import CatalogFile
from neurokit.catalog.network import MAX_REDIRECTS, network
from neurokit.errors import ChecksumError, NotDownloadedError

HOST = "files.example.org"
BODY = bytes(range(256)) * 1000


@dataclass
class Tls:
    """A server, what it was asked for, and the certificate to trust."""

    port: int
    context: ssl.SSLContext
    asked: list[str] = field(default_factory=list)

    def uri(self, path: str, host: str = HOST) -> str:
        return f"https://{host}:{self.port}/{path}"


class Handler(http.server.BaseHTTPRequestHandler):
    tls: Tls

    def do_GET(self) -> None:
        self.tls.asked.append(self.path)
        if self.path.startswith("/to/"):
            self.answer(302, b"", Location=self.path.removeprefix("/to/"))
        elif self.path.startswith("/loop"):
            self.answer(302, b"", Location=f"{self.path}x")
        elif self.path == "/absent":
            self.answer(404, b"no such file")
        elif self.path == "/other":
            self.answer(200, bytes(reversed(BODY)))
        elif self.path == "/more":
            self.answer(200, BODY + b"more")
        elif self.path == "/cut":
            self.answer(200, BODY[:1000], **{"Content-Length": str(len(BODY))})
        else:
            self.answer(200, BODY)

    def answer(self, code: int, body: bytes, **headers: str) -> None:
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that hang up are what is tested here."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed; it makes the server's certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, chain = folder / "key.pem", folder / "chain.pem"
    subprocess.run(
        f"{openssl} req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 "
        f"-subj /CN={HOST} -addext subjectAltName=DNS:{HOST} -keyout {key} -out {chain}".split(),
        check=True,
        capture_output=True,
    )
    return key, chain


@pytest.fixture
def tls(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[Tls]:
    key, chain = certificate
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(chain, key)
    server = QuietServer(("127.0.0.1", 0), Handler)
    server.socket = serving.wrap_socket(server.socket, server_side=True)
    made = Tls(server.server_address[1], ssl.create_default_context(cafile=str(chain)))
    Handler.tls = made
    resolve_to(monkeypatch, {HOST: ["127.0.0.1"]})
    monkeypatch.setattr(downloading, "PAUSES_S", (0.0, 0.0))
    for name in ("https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


def resolve_to(monkeypatch: pytest.MonkeyPatch, table: dict[str, list[str]]) -> None:
    """Answer look-ups from `table`; a list of several is given out one look-up at a time."""
    real = socket.getaddrinfo

    def resolve(host: str, *rest: Any, **named: Any) -> Any:
        if host not in table:
            return real(host, *rest, **named) if host[:1].isdigit() else unknown(host)
        answers = table[host]
        return real(answers.pop(0) if len(answers) > 1 else answers[0], *rest, **named)

    def unknown(host: str) -> None:
        raise socket.gaierror(-2, f"Name or service not known: {host}")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def anything(address: Address) -> bool:
    return True


def file_at(uri: str, body: bytes = BODY) -> CatalogFile:
    return CatalogFile("data/a.bin", uri, hashlib.sha256(body).hexdigest(), len(body))


def fetch(tls: Tls, uri: str, folder: Path, allowed: Any = anything) -> Path:
    source = network(allowed, tls.context)
    return download(file_at(uri), folder / "data" / "a.bin", source=source, progress=False)


def files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def test_an_honest_server_gives_the_file(tls: Tls, tmp_path: Path) -> None:
    assert fetch(tls, tls.uri("a.bin"), tmp_path).read_bytes() == BODY
    assert files_in(tmp_path) == ["a.bin"]
    assert tls.asked == ["/a.bin"]


def test_a_redirect_to_an_allowed_address_is_followed(tls: Tls, tmp_path: Path) -> None:
    target = fetch(tls, tls.uri(f"to/{tls.uri('a.bin')}"), tmp_path)
    assert target.read_bytes() == BODY
    assert tls.asked[-1] == "/a.bin"


def test_loopback_is_refused_before_anything_is_sent(tls: Tls, tmp_path: Path) -> None:
    with pytest.raises(NotDownloadedError, match=r"127\.0\.0\.1, which is not a public address"):
        fetch(tls, tls.uri("a.bin"), tmp_path, is_public)
    assert tls.asked == []
    assert files_in(tmp_path) == []


def test_a_second_answer_of_the_resolver_does_not_slip_through(
    tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, {HOST: ["93.184.216.34", "127.0.0.1"]})
    with pytest.raises(NotDownloadedError, match=r"127\.0\.0\.1, which is not a public address"):
        fetch(tls, tls.uri("a.bin"), tmp_path, is_public)
    assert tls.asked == []


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("http://files.example.org/a", "has http, not https"),
        ("https://169.254.169.254/latest/meta-data", "not public"),
        ("https://localhost/a", "not public"),
        ("https://[::1]/a", "not public"),
        ("https://user:secret@files.example.org/a", "holds credentials"),
        ("https://2130706433/a", "as the number"),
    ],
)
def test_a_redirect_astray_is_refused_and_not_repeated(
    tls: Tls, tmp_path: Path, target: str, found: str
) -> None:
    with pytest.raises(NotDownloadedError, match=f"the server redirects: .*{found}") as caught:
        fetch(tls, tls.uri(f"to/{target}"), tmp_path)
    assert len(tls.asked) == 1
    assert "secret" not in caught.value.found.partition("(")[2]
    assert files_in(tmp_path) == []


def test_a_redirect_to_a_file_of_this_machine_is_refused(tls: Tls, tmp_path: Path) -> None:
    with pytest.raises(NotDownloadedError):
        fetch(tls, tls.uri("to/file:///etc/hostname"), tmp_path)
    assert files_in(tmp_path) == []


def test_a_redirect_to_a_name_with_a_private_address_is_refused(
    tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, {HOST: ["127.0.0.1"], "inner.example.org": ["10.1.2.3"]})

    def first_hop_only(address: Address) -> bool:
        return str(address) == "127.0.0.1"

    with pytest.raises(NotDownloadedError, match=r"10\.1\.2\.3, which is not a public"):
        fetch(tls, tls.uri("to/https://inner.example.org/a"), tmp_path, first_hop_only)


def test_redirects_without_end_are_given_up(tls: Tls, tmp_path: Path) -> None:
    with pytest.raises(NotDownloadedError, match="HTTP 302"):
        fetch(tls, tls.uri("loop"), tmp_path)
    assert len(tls.asked) <= MAX_REDIRECTS + 1


def test_a_certificate_that_is_not_trusted_is_refused(tls: Tls, tmp_path: Path) -> None:
    source = network(anything)
    with pytest.raises(NotDownloadedError, match="certificate verify failed"):
        download(file_at(tls.uri("a.bin")), tmp_path / "a", source=source, progress=False)
    assert tls.asked == []


def test_a_certificate_of_another_host_is_refused(
    tls: Tls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, {"other.example.org": ["127.0.0.1"]})
    with pytest.raises(NotDownloadedError, match="Hostname mismatch"):
        fetch(tls, tls.uri("a.bin", "other.example.org"), tmp_path)


@pytest.mark.parametrize(
    ("path", "error", "found"),
    [
        ("absent", NotDownloadedError, "HTTP 404"),
        ("other", ChecksumError, "the server sends content of sha256"),
        ("more", NotDownloadedError, "more than the 256000 bytes promised"),
        ("cut", Exception, "IncompleteRead|content of sha256"),
    ],
)
def test_a_dishonest_answer_leaves_nothing(
    tls: Tls, tmp_path: Path, path: str, error: type[Exception], found: str
) -> None:
    with pytest.raises(error, match=found):
        fetch(tls, tls.uri(path), tmp_path)
    assert files_in(tmp_path) == []


def test_a_name_that_nobody_knows_is_said(tls: Tls, tmp_path: Path) -> None:
    with pytest.raises(NotDownloadedError, match="Name or service not known"):
        fetch(tls, tls.uri("a.bin", "nowhere.example.org"), tmp_path)
