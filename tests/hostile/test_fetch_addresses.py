"""A catalog cannot make a download reach anything but public https servers."""

from __future__ import annotations

import ipaddress
import socket
from pathlib import Path
from typing import Any

import pytest

from neurokit.catalog import Catalog
from neurokit.catalog.addresses import is_public, parse_address, uri_fault
from neurokit.catalog.downloading import download
from neurokit.catalog.entries import CatalogFile
from neurokit.catalog.network import network
from neurokit.errors import CatalogError, NotDownloadedError

REFUSED = {
    "http://example.org/x": "has http, not https",
    "ftp://example.org/x": "has ftp, not https",
    "file:///etc/passwd": "has file, not https",
    "FILE:///etc/passwd": "has file, not https",
    "data:text/plain,hi": "has data, not https",
    "gopher://example.org/": "has gopher, not https",
    "example.org/x": "has no scheme, not https",
    "/etc/passwd": "has no scheme, not https",
    "//example.org/x": "has no scheme, not https",
    "https://": "no valid host",
    "https:///x": "no valid host",
    "https://user:secret@example.org/x": "holds credentials",
    "https://user@example.org/x": "holds credentials",
    "https://example.org@127.0.0.1/x": "holds credentials",
    "https://example.org:0/x": "port 0",
    "https://example.org:99999/x": "malformed",
    "https://example.org:x/": "malformed",
    "https://[::1/x": "malformed",
    "https://example.org/a b": "cannot have",
    "https://example.org/\r\nHost: x": "cannot have",
    "https://example.org/\u2028": "cannot have",
    "https://ex\u0430mple.org/": "cannot have",
    "https://example.org\\@127.0.0.1/": "cannot have",
    "https://exa_mple..org/": "no valid host",
    "https://" + "a" * 2000 + ".org/": "cannot have",
    "https://127.0.0.1/x": "not public",
    "https://127.1.2.3/x": "not public",
    "https://10.0.0.1/x": "not public",
    "https://172.16.0.1/x": "not public",
    "https://192.168.1.1/x": "not public",
    "https://169.254.169.254/latest/meta-data": "not public",
    "https://100.64.0.1/x": "not public",
    "https://0.0.0.0/x": "not public",
    "https://255.255.255.255/x": "not public",
    "https://224.0.0.1/x": "not public",
    "https://[::1]/x": "not public",
    "https://[::]/x": "not public",
    "https://[fe80::1]/x": "not public",
    "https://[fe80::1%25eth0]/x": "not public",
    "https://[fc00::1]/x": "not public",
    "https://[ff02::1]/x": "not public",
    "https://[::ffff:127.0.0.1]/x": "not public",
    "https://[::ffff:10.0.0.1]/x": "not public",
    "https://[2002:7f00:1::]/x": "not public",
    "https://[64:ff9b::7f00:1]/x": "not public",
    "https://2130706433/x": "as the number",
    "https://0x7f000001/x": "as the number",
    "https://0x7f.1/x": "as the number",
    "https://0177.0.0.1/x": "as the number",
    "https://127.1/x": "as the number",
    "https://1/x": "as the number",
    "https://localhost/x": "not public",
    "https://LOCALHOST./x": "not public",
    "https://a.localhost/x": "not public",
    "https://printer.local/x": "not public",
    "https://metadata.google.internal/x": "not public",
}


@pytest.mark.parametrize("uri", REFUSED)
def test_an_address_that_is_not_public_https_is_refused(uri: str) -> None:
    wrong = uri_fault(uri)
    assert wrong is not None
    assert REFUSED[uri] in wrong[0]
    assert wrong[1].endswith(".")
    assert "secret" not in " ".join(wrong)


@pytest.mark.parametrize(
    "uri",
    [
        "https://raw.githubusercontent.com/a/b/c/d%20e/f.json",
        "https://example.org:8443/x?y=z&a=1#part",
        "https://93.184.216.34/x",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/x",
        "https://osf.io/download/abc/",
        "https://zenodo.org/records/1/files/a[b].fif",
        "HTTPS://EXAMPLE.ORG/X",
    ],
)
def test_public_https_addresses_pass(uri: str) -> None:
    assert uri_fault(uri) is None


def test_a_catalog_with_such_an_address_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    for uri, found in REFUSED.items():
        if not uri.isprintable() or "\\" in uri:
            continue
        path.write_text(
            "catalog: neurokit/1\ndatasets:\n  d:\n    title: x\n    modality: eeg\n"
            "    recordings:\n      r:\n        files:\n"
            f"          - path: a\n            uri: '{uri}'\n            sha256: '{'a' * 64}'\n"
            "            bytes: 1\n",
            encoding="utf-8",
        )
        with pytest.raises(CatalogError) as caught:
            Catalog.read(path)
        assert caught.value.where == f"{path}:10", uri
        assert found in caught.value.found


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("::ffff:192.168.0.1", False),
        ("2001:0:4136:e378:8000:63bf:f5ff:fffe", False),
        ("198.18.0.1", False),
        ("240.0.0.1", False),
        ("fec0::1", False),
        ("192.0.2.1", False),
    ],
)
def test_addresses_are_judged_also_inside_one_another(address: str, public: bool) -> None:
    assert is_public(parse_address(address)) is public


def test_every_private_network_is_refused_at_both_ends() -> None:
    for network_ in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fc00::/7"):
        block = ipaddress.ip_network(network_)
        assert not is_public(block[0])
        assert not is_public(block[-1])


def test_a_public_name_that_resolves_to_a_private_address_is_not_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))
        private = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.168.0.7", port))
        return [public, private]

    def connect(*_: Any, **__: Any) -> None:
        raise AssertionError("connected")

    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", connect)
    file = CatalogFile("a", "https://rebind.example.org/a", "a" * 64, 1)
    with pytest.raises(NotDownloadedError, match=r"192\.168\.0\.7, which is not a public address"):
        download(file, tmp_path / "a", source=network(), progress=False)
    assert list(tmp_path.iterdir()) == []


def test_an_entry_made_by_hand_is_judged_too(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("x")
    for uri in (secret.as_uri(), "http://example.org/a", "https://u:p@example.org/a"):
        file = CatalogFile("a", uri, "a" * 64, 1)
        with pytest.raises(NotDownloadedError, match="uri h"):
            download(file, tmp_path / "cache" / "a", source=network(), progress=False)
