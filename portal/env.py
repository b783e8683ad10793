"""Read the environment, with types, and refuse with one sentence.

Every variable of Carnet is read here and nowhere else. A refusal names the variable, the value
(never that of a secret) and what was expected; it is raised while the settings load, so that a
half-configured process never serves a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

# Everything secret that `make run` makes for itself starts with this, so that production can
# recognise it; the folder of its key files holds the marker.
DEMO_PREFIX = "demo-"
DEMO_MARKER = "demo-data"

# Where a proxy beside us lives: this machine, or a private network (RFC 1918, RFC 4193).
PRIVATE_NETWORKS = ("127.0.0.0/8", "::1/128", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")

_YES = {"yes": True, "no": False}


class SettingsRefused(ImproperlyConfigured):
    """A variable is missing or wrong; ``str()`` is the sentence to show."""


class Environment:
    """Typed look-ups in a mapping of variables.

    A default makes a variable optional; without one, a missing variable is refused.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def text(self, name: str, default: str | None = None, *, expected: str) -> str:
        """The variable as it is, without surrounding blanks.

        Raises:
            SettingsRefused: it is missing and has no default.
        """
        value = self._variables.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise SettingsRefused(f"{name} is not set; expected {expected}.")
        return default

    def secret(self, name: str, *, expected: str, at_least: int = 1) -> str:
        """A secret, from ``NAME`` or from the file that ``NAME_FILE`` names.

        Raises:
            SettingsRefused: missing, too short, or its file cannot be read. The value is never shown.
        """
        file_name = f"{name}_FILE"
        value = self._variables.get(name, "").strip()
        path = self._variables.get(file_name, "").strip()
        if value and path:
            raise SettingsRefused(f"{name} and {file_name} are both set; expected one of them.")
        if path:
            value = _contents(file_name, Path(path))
        if not value:
            raise SettingsRefused(f"{name} is not set; expected {expected}, here or in the file named by {file_name}.")
        if len(value) < at_least:
            raise SettingsRefused(
                f"{name} has {len(value)} characters (not shown: it is a secret); expected at least {at_least}."
            )
        return value

    def integer(self, name: str, default: int, *, at_least: int, at_most: int) -> int:
        """A whole number within bounds.

        Raises:
            SettingsRefused: not a number, or out of bounds.
        """
        value = self._variables.get(name, "").strip() or str(default)
        expected = f"a whole number from {at_least} to {at_most}"
        if not (value.isascii() and value.isdigit() and len(value) <= 12):
            raise SettingsRefused(f"{name} is {value!r}; expected {expected}.")
        if not at_least <= int(value) <= at_most:
            raise SettingsRefused(f"{name} is {value}; expected {expected}.")
        return int(value)

    def flag(self, name: str, *, default: bool) -> bool:
        """``yes`` or ``no``.

        Raises:
            SettingsRefused: any other word.
        """
        value = self._variables.get(name, "").strip().lower()
        if not value:
            return default
        if value not in _YES:
            raise SettingsRefused(f"{name} is {value!r}; expected yes or no.")
        return _YES[value]

    def has(self, name: str) -> bool:
        """Whether the secret ``name`` is given, itself or by its file."""
        return any(self._variables.get(key, "").strip() for key in (name, f"{name}_FILE"))

    def choice(self, name: str, options: tuple[str, ...], default: str | None = None) -> str:
        """One word of a closed list.

        Raises:
            SettingsRefused: missing without default, or not in the list.
        """
        expected = "one of " + ", ".join(options)
        value = self.text(name, default, expected=expected)
        if value not in options:
            raise SettingsRefused(f"{name} is {value!r}; expected {expected}.")
        return value

    def names(self, name: str, default: str | None = None, *, expected: str) -> list[str]:
        """A list separated by commas, never empty.

        Raises:
            SettingsRefused: missing without default, or only commas.
        """
        value = self.text(name, default, expected=expected)
        found = [part.strip() for part in value.split(",") if part.strip()]
        if not found:
            raise SettingsRefused(f"{name} is {value!r}; expected {expected}.")
        return found

    def networks(self, name: str, default: tuple[str, ...]) -> list[IPv4Network | IPv6Network]:
        """Networks separated by commas, such as ``192.0.2.10/32, 2001:db8::/64``.

        Raises:
            SettingsRefused: one of them is no network, or all addresses there are.
        """
        expected = "networks separated by commas such as 192.0.2.10/32, 2001:db8::/64"
        value = self._variables.get(name, "").strip() or ", ".join(default)
        try:
            found = [ip_network(part.strip()) for part in value.split(",") if part.strip()]
        except ValueError:
            raise SettingsRefused(f"{name} is {value!r}; expected {expected}.") from None
        if any(network.prefixlen == 0 for network in found):
            raise SettingsRefused(f"{name} is {value!r}, which trusts everybody; expected {expected}.")
        return found

    def path(self, name: str, default: Path | None = None, *, expected: str) -> Path:
        """An absolute path; that it exists is checked by whoever opens it.

        Raises:
            SettingsRefused: missing without default, or relative (it would depend on the working directory).
        """
        path = Path(self.text(name, None if default is None else str(default), expected=expected))
        if not path.is_absolute():
            raise SettingsRefused(f"{name} is {str(path)!r}; expected an absolute path ({expected}).")
        return path

    def key_file(self, name: str, *, expected: str) -> Path:
        """An absolute path to a file that only its owner may read.

        Raises:
            SettingsRefused: the file exists but others may read it.
        """
        path = self.path(name, expected=expected)
        if path.is_file() and path.stat().st_mode & 0o077:
            mode = path.stat().st_mode & 0o777
            raise SettingsRefused(f"{name} is {str(path)!r} with mode {mode:04o}; expected mode 0400 or 0600.")
        return path

    def site(self, name: str, default: str | None = None) -> str:
        """The public address: scheme, name and perhaps port, nothing after.

        Raises:
            SettingsRefused: not such an address.
        """
        expected = "an address such as https://carnet.example.fr"
        value = self.text(name, default, expected=expected).rstrip("/")
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query or parts.fragment:
            raise SettingsRefused(f"{name} is {value!r}; expected {expected}.")
        return value

    def https(self, name: str, default: str) -> str:
        """An https address with its path, or the default.

        Raises:
            SettingsRefused: another scheme, or no host.
        """
        expected = "an address such as https://range.example.org/range/"
        value = self.text(name, default, expected=expected) if default or self.has(name) else default
        parts = urlsplit(value)
        if value and (parts.scheme != "https" or not parts.hostname):
            raise SettingsRefused(f"{name} is {value!r}; expected {expected}.")
        return value

    def database(self, name: str) -> dict[str, str]:
        """A PostgreSQL connection string as libpq's keywords (``dbname``, ``user``, ``host``…).

        Raises:
            SettingsRefused: unreadable, or without user or database. The value is never shown: it may hold a password.
        """
        expected = "postgresql://user:password@host:5432/database"
        value = self.secret(name, expected=expected)
        try:
            # libpq answers with text, except for a few that it counts.
            found = {key: str(part) for key, part in conninfo_to_dict(value).items() if part is not None}
        except psycopg.ProgrammingError:
            raise SettingsRefused(
                f"{name} cannot be read (not shown: it holds a password); expected {expected}."
            ) from None
        missing = [key for key in ("user", "dbname") if not found.get(key)]
        if missing:
            raise SettingsRefused(f"{name} has no {' and no '.join(missing)}; expected {expected}.")
        return found

    def redis(self, name: str) -> str:
        """A Redis address: ``redis://``, ``rediss://`` (TLS) or ``unix://``.

        Raises:
            SettingsRefused: another scheme. The value is never shown: it may hold a password.
        """
        expected = "redis://host:6379/0, rediss://host:6379/0 or unix:///path/to/socket"
        value = self.secret(name, expected=expected)
        parts = urlsplit(value)
        if parts.scheme not in {"redis", "rediss", "unix"} or not (parts.hostname or parts.path):
            raise SettingsRefused(f"{name} cannot be read (not shown: it may hold a password); expected {expected}.")
        return value


# How often a query is read on a connection before PostgreSQL keeps its plan.
PREPARE_AT = 2


def django_database(parts: Mapping[str, str], *, pool: Mapping[str, int] | None = None) -> dict[str, Any]:
    """libpq's keywords as an entry of ``DATABASES``.

    ``search_path`` is fixed with ``pg_temp`` last: otherwise a temporary table called like one of
    ours would silently receive the rows (FORMATS 3.5).
    """
    # Names of fields, none of them a secret.
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}  # nosec B105
    options: dict[str, Any] = {key: value for key, value in parts.items() if key not in known}
    # Only what psycopg's own cursor sends is prepared (consent.facts): Django's writes parameters into the text.
    options["prepare_threshold"] = PREPARE_AT
    options["options"] = f"{parts.get('options', '')} -c search_path=public,pg_temp".strip()
    if pool is not None:
        options["pool"] = dict(pool)
    entry: dict[str, Any] = {django: parts.get(libpq, "") for libpq, django in known.items()}
    return entry | {"ENGINE": "django.db.backends.postgresql", "OPTIONS": options}


def read_variables(path: Path) -> dict[str, str]:
    """The variables of a file of ``NAME=value`` lines; none if there is no such file."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def is_private(host: str) -> bool:
    """Whether ``host`` never leaves this machine: a Unix socket or the loopback."""
    return not host or host.startswith(("/", "127.")) or host in {"localhost", "::1"}


def _contents(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise SettingsRefused(
            f"{name} is {str(path)!r}, which cannot be read ({reason}); expected a text file."
        ) from None
