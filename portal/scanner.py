"""Where the virus scanner listens, read from the environment."""

from __future__ import annotations

from portal.env import Environment, SettingsRefused, is_private


def read_scanner(env: Environment, *, private_network: bool) -> str:
    """Where the virus scanner listens, empty for none.

    Raises:
        SettingsRefused: it is no address, or files would travel to it in clear over a network of others.
    """
    address = env.text("CLAMD", "", expected="the path of clamd's socket, or host:port")
    if not address or address.startswith("/"):
        return address
    host, colon, port = address.rpartition(":")
    if not (host and colon and port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise SettingsRefused(f"CLAMD is {address!r}; expected the path of clamd's socket, or host:port.")
    if not is_private(host) and not private_network:
        raise SettingsRefused(
            f"CLAMD is {address!r}; expected a socket or this machine, or PRIVATE_NETWORK=yes if nobody else listens."
        )
    return address
