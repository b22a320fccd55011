"""The check of the Host header, against DNS rebinding.

A web page may have its own name resolve to 127.0.0.1, and then read from a service there as if it were its own host.
The browser still sends the page's name as the Host.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address

from ..common.errors import EmograinError

THIS_MACHINE = ("localhost", "127.0.0.1", "[::1]")
ANY = "*"
HOST = re.compile(r"(?P<host>\[[0-9a-f:.%]+\]|[a-z0-9._-]+)(?::\d{0,5})?")  # and an optional port


class AllowedHosts:
    """The hosts that requests may be addressed to: names and IP addresses, at any port.

    `localhost`, 127.0.0.1 and [::1] are always among them. An unspecified address, 0.0.0.0 or [::], stands for every IP
    address, as it does in listening: an address cannot be rebound, only a name can. "*" stands for every host.

    Args:
        hosts: Further hosts.

    Raises:
        EmograinError: They are not a list, or a host is not a name or an address.

    >>> hosts = AllowedHosts(["emotions.example"])
    >>> "emotions.example:8000" in hosts, "localhost" in hosts, "10.0.0.7" in hosts, "evil.example" in hosts
    (True, True, False, False)
    >>> "10.0.0.7:80" in AllowedHosts(["0.0.0.0"]), "evil.example" in AllowedHosts(["0.0.0.0"])
    (True, False)
    """

    def __init__(self, hosts: Iterable[str] = ()):
        if isinstance(hosts, str):
            raise EmograinError(f"allowed hosts must be a list or tuple of names, got {hosts[:100]!r}", "(NAME,)")
        hosts = list(hosts)
        self.any = ANY in hosts
        self.names: set[str] = set()
        for host in [*THIS_MACHINE, *hosts]:
            bare = f"[{host}]" if _is_address(host) and ":" in host else host
            found = _parse(bare)
            if host != ANY and (not found or found != bare.lower().rstrip(".")):
                raise EmograinError(
                    f"an allowed host must be a name or an address, got {host[:100]!r}",
                    "without scheme, port and path, such as emotions.example; '*' allows every host",
                )
            self.names.add(_normal(bare))
        self.any_address = any(_is_address(name) and ip_address(name).is_unspecified for name in self.names)

    def __contains__(self, header: object) -> bool:
        """Return whether the value of a Host header is allowed."""
        if self.any:
            return True
        host = _parse(header) if isinstance(header, str) else None
        if host is None:
            return False
        name = _normal(host)
        return name in self.names or (self.any_address and _is_address(name))


def _parse(header: str) -> str | None:
    """Return the host of a Host header without its port, in lower case; None if it is malformed."""
    found = HOST.fullmatch(header.strip().lower())
    return found["host"].rstrip(".") if found else None


def _normal(host: str) -> str:
    """Return one spelling of a host: lower case, no brackets, addresses in their short form."""
    name = host.lower().rstrip(".").strip("[]")
    return str(ip_address(name)) if _is_address(name) else name


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
