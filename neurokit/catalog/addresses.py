"""Which addresses a catalog may name and a download may reach: https, public, no credentials."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import SplitResult, urlsplit

_HOST = re.compile(r"(?=.{1,253}$)([a-z0-9_-]{1,63}\.)*[a-z0-9-]{1,63}\.?")
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\<>\"{}|^`]")
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def uri_fault(uri: str) -> tuple[str, str] | None:
    """Say what is wrong with a URI, without looking its host up.

    Parameters
    ----------
    uri : str
        As written in a catalog, or as a server redirects to.

    Returns
    -------
    tuple of str or None
        What was found and how to mend it; None where nothing is wrong. Credentials are not
        repeated.
    """
    if len(uri) > 2000 or _UNSAFE.search(uri):
        return "uri has characters that a URI cannot have", "Percent-encode them (%20 for a space)."
    try:
        parts = urlsplit(uri)
        port = parts.port
    except ValueError:
        return "uri is malformed", "Write https://host/path."
    if parts.scheme != "https":
        scheme = parts.scheme or "no scheme"
        return f"uri has {scheme}, not https", "Use an https:// address, or a local mirror."
    if "@" in parts.netloc:
        return "uri holds credentials", "Use a public address."
    if port == 0:
        return "uri has port 0", "Write https://host/path."
    return _host_fault(parts)


def _host_fault(parts: SplitResult) -> tuple[str, str] | None:
    host = parts.hostname or ""  # in lower case
    literal = _literal(host)
    if literal is not None:
        if is_public(literal):
            return None
        return f"uri names the address {host}, which is not public", "Use a public address."
    if not _HOST.fullmatch(host):
        return "uri has no valid host", "Write https://host/path."
    if _is_number(host):
        return f"uri writes its host as the number {host}", "Write the name of the host."
    labels = host.rstrip(".")
    if any(labels == name or labels.endswith("." + name) for name in _LOCAL_NAMES):
        return f"uri names the host {host}, which is not public", "Use a public address."
    return None


def _literal(host: str) -> Address | None:
    try:
        return parse_address(host)
    except ValueError:
        return None


def parse_address(text: str) -> Address:
    """Return a literal address; the zone of IPv6 (``%eth0``) is left out."""
    return ipaddress.ip_address(text.partition("%")[0])


def _is_number(host: str) -> bool:
    # The resolver takes 2130706433, 0x7f.1 and 127.1 for 127.0.0.1.
    try:
        socket.inet_aton(host.rstrip("."))
    except (OSError, ValueError):
        return False
    return True


def is_public(address: Address) -> bool:
    """Say whether an address belongs to the public internet.

    Parameters
    ----------
    address : IPv4Address or IPv6Address
        The address; IPv4 inside IPv6 (mapped, 6to4, Teredo, NAT64) is judged by the IPv4.

    Returns
    -------
    bool
        False for loopback, private, link-local, shared, reserved and multicast addresses.
    """
    if isinstance(address, ipaddress.IPv6Address):
        inner = _embedded(address)
        if inner is not None:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None


def addresses_of(host: str, port: int) -> list[Address]:
    """Look a host up.

    Parameters
    ----------
    host : str
        Name or literal address.
    port : int
        Port, as the resolver wants one.

    Returns
    -------
    list of IPv4Address or IPv6Address
        All addresses, in the resolver's order.

    Raises
    ------
    OSError
        If the name is not known or no network is there.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [parse_address(str(entry[4][0])) for entry in found]
