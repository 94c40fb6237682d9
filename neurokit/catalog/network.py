"""The network as a download may use it: https, public addresses, watched redirects."""

from __future__ import annotations

import http.client
import ssl
import urllib.request
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from neurokit._version import __version__
from neurokit.catalog.addresses import (
    Address,
    addresses_of,
    is_public,
    parse_address,
    uri_fault,
)

TIMEOUT_S = 30.0
MAX_REDIRECTS = 5


class RefusedError(OSError):
    """A server or a redirect leads to where a download must not go."""


class Source(Protocol):
    """Something that opens a URI: the network, or a stand-in for it."""

    def __call__(self, uri: str) -> IO[bytes]:
        """Return the response as a readable stream."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    max_redirections = MAX_REDIRECTS
    max_repeats = 2

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        wrong = uri_fault(newurl)
        if wrong is not None:
            fp.close()
            raise RefusedError(f"the server redirects: {wrong[0]}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Https(urllib.request.HTTPSHandler):
    """https to addresses that are judged before connecting and again once connected."""

    def __init__(self, context: ssl.SSLContext, is_allowed: Callable[[Address], bool]) -> None:
        super().__init__(context=context)
        self._tls, self._is_allowed = context, is_allowed

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        target = urlsplit(req.full_url)
        direct = req.host == target.netloc
        _check_host(str(target.hostname), target.port or 443, self._is_allowed, must=direct)
        allowed = self._is_allowed

        class Connection(http.client.HTTPSConnection):
            def connect(self) -> None:
                super().connect()
                # A second look-up may have answered otherwise; a proxy is the user's own choice.
                if direct:
                    peer = parse_address(self.sock.getpeername()[0])
                    _check_addresses(str(target.hostname), [peer], allowed)

        return self.do_open(Connection, req, context=self._tls)


def _check_host(host: str, port: int, allowed: Callable[[Address], bool], *, must: bool) -> None:
    try:
        addresses = addresses_of(host, port)
    except OSError:
        if must:
            raise
        return  # behind a proxy, names may be known to the proxy alone
    _check_addresses(host, addresses, allowed)


def _check_addresses(
    host: str, addresses: Iterable[Address], allowed: Callable[[Address], bool]
) -> None:
    for address in addresses:
        if not allowed(address):
            raise RefusedError(f"{host} is {address}, which is not a public address")


def network(
    is_allowed: Callable[[Address], bool] = is_public, context: ssl.SSLContext | None = None
) -> Source:
    """Return the source that reads from the network.

    Parameters
    ----------
    is_allowed : callable, optional
        Judges an address; only tests give another than `is_public`.
    context : ssl.SSLContext, optional
        Certificates to trust; default are the system's and those of certifi.

    Returns
    -------
    Source
        Opens a URI; follows redirects to public https addresses only.
    """
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _Redirects(),
        _Https(context or _certificates(), is_allowed),
    ):
        opener.add_handler(handler)

    def source(uri: str) -> IO[bytes]:
        wrong = uri_fault(uri)
        if wrong is not None:
            raise RefusedError(wrong[0])
        headers = {"User-Agent": f"neurokit/{__version__}", "Accept": "*/*"}
        request = urllib.request.Request(uri, headers=headers)  # noqa: S310 - https, see above
        response: IO[bytes] = opener.open(request, timeout=TIMEOUT_S)
        return response

    return source


def _certificates() -> ssl.SSLContext:
    context = ssl.create_default_context()
    with suppress(ImportError):
        import certifi

        context.load_verify_locations(certifi.where())
    return context
