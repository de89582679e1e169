"""How a server is set up: where it listens, who may reach it, how much it takes."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address

from tacit.errors import BadValue


@dataclass(frozen=True)
class ServerSettings:
    """Settings of one server.

    Args:
        host: address to listen on.
        port: port to listen on; 0 for any that is free.
        names: host names under which browsers may reach it, beside those of loopback.
        behind_proxy: a proxy in front of it ends TLS, and says who asks in X-Forwarded-For.
        certificate: file of the TLS certificate, where the server ends TLS itself.
        private_key: file of its key.
        body_bytes: largest body of a request, but for uploads.
        upload_bytes: largest upload.
        requests_per_s: what one session, token or address may send on the long run.
        burst: what it may send at once.
        tries_per_minute: passwords that may be tried from one address, or for one name.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    names: frozenset[str] = field(default_factory=frozenset)
    behind_proxy: bool = False
    certificate: str | None = None
    private_key: str | None = None
    body_bytes: int = 2 * 2**20
    upload_bytes: int = 2 * 2**30
    requests_per_s: float = 40.0
    burst: float = 200.0
    tries_per_minute: float = 10.0

    @property
    def secure(self) -> bool:
        """Whether browsers reach the server by TLS."""
        return self.behind_proxy or self.certificate is not None

    @property
    def on_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def cookie(self) -> str:
        """Name of the session cookie: a browser takes the prefix only by TLS, and then from this very host alone."""
        return "__Host-tacit" if self.secure else "tacit"

    def check(self, *, has_owner: bool) -> None:
        """Refuse to be reached from elsewhere before somebody owns the workspace, or in the clear.

        Raises:
            BadValue: says what is missing.
        """
        if self.on_loopback:
            return
        where = f"--host {self.host}"
        if not has_owner:
            do = "Run tacit serve without --host first, and open the link that it prints"
            raise BadValue(where, got="a workspace that nobody owns yet", expected="an owner", do=do)
        if not self.secure:
            do = "Give --certificate and --private-key, or --behind-proxy where a proxy ends TLS"
            raise BadValue(where, got="neither TLS nor a proxy that ends it", expected="one of them", do=do)
        if not self.names:
            do = "Name the host that browsers ask for: --name label.example.org"
            raise BadValue(where, got="no host name", expected="at least one", do=do)


def is_loopback(host: str) -> bool:
    """Return whether an address is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
