"""What production refuses.

The demo generates its own secrets and talks http on this machine; nothing of that may reach real
patients by a forgotten variable. Each refusal is one sentence of :class:`portal.env.SettingsRefused`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from portal.env import DEMO_MARKER, DEMO_PREFIX, Environment, SettingsRefused, is_private


def refuse_weak_production(
    env: Environment,
    *,
    profile: str,
    site: str,
    secret_key: str,
    databases: Mapping[str, Mapping[str, str]],
    redis: str,
    keyring: str,
    key_files: Mapping[str, Path],
) -> None:
    """Raise :class:`SettingsRefused` for the first setting that production may not have.

    Other profiles pass: only the demo's own marks are looked at, and only in production.
    """
    if profile != "production":
        return
    if not site.startswith("https://"):
        raise SettingsRefused(f"SITE_URL is {site!r}; expected an https:// address in production.")
    _refuse_demo_secret("SECRET_KEY", secret_key)
    private_network = env.flag("PRIVATE_NETWORK", default=False)
    for name, parts in databases.items():
        _refuse_demo_secret(name, parts.get("password", ""))
        _refuse_plain_database(name, parts, private_network=private_network)
    _refuse_same_role(databases)
    _refuse_plain_redis(redis, private_network=private_network)
    if keyring == "local" and not env.flag("ALLOW_LOCAL_KEYRING", default=False):
        raise SettingsRefused(
            "KEYRING is 'local' in production, which keeps the key beside the data; expected another keyring, "
            "or ALLOW_LOCAL_KEYRING=yes if the file lies on a volume of its own."
        )
    for name, path in key_files.items():
        _refuse_demo_file(name, path)


def _refuse_demo_secret(name: str, value: str) -> None:
    if value.startswith((DEMO_PREFIX, "test-")):
        raise SettingsRefused(f"{name} holds a secret of the demo (not shown); expected one made for production.")


def _refuse_demo_file(name: str, path: Path) -> None:
    for folder in path.resolve().parents:
        if (folder / DEMO_MARKER).exists():
            raise SettingsRefused(f"{name} is {str(path)!r}, a file of the demo; expected one made for production.")
    if not path.is_file():
        raise SettingsRefused(
            f"{name} is {str(path)!r}, which is not a file; expected a file readable by its owner only."
        )


def _refuse_plain_database(name: str, parts: Mapping[str, str], *, private_network: bool) -> None:
    host = parts.get("host", "")
    if is_private(host) or private_network or parts.get("sslmode") == "verify-full":
        return
    raise SettingsRefused(
        f"{name} has sslmode {parts.get('sslmode', 'unset')!r} for the host {host!r}; expected sslmode=verify-full, "
        "or PRIVATE_NETWORK=yes if nobody else can listen on that network."
    )


def _refuse_same_role(databases: Mapping[str, Mapping[str, str]]) -> None:
    users = [parts["user"] for parts in databases.values()]
    if len(set(users)) != len(users):
        raise SettingsRefused(
            f"{', '.join(databases)}: two of them have the user {max(users, key=users.count)!r}; "
            "expected carnet_app, carnet_owner and carnet_sequencer, or the application could change the log."
        )


def _refuse_plain_redis(address: str, *, private_network: bool) -> None:
    parts = urlsplit(address)
    if parts.scheme in {"rediss", "unix"} or is_private(parts.hostname or "") or private_network:
        return
    raise SettingsRefused(
        f"REDIS_URL goes to {parts.hostname!r} without TLS; expected rediss://, "
        "or PRIVATE_NETWORK=yes if nobody else can listen on that network."
    )
