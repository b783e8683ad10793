"""Where documents are kept and how large they may be, read from the environment."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from portal.env import Environment, SettingsRefused, is_private

_MEBIBYTE = 1024 * 1024
# Two labels or more (RFC 1123, section 2.1), the last one no number: an address is no name of its own.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}", re.ASCII)


@dataclass(frozen=True, repr=False)
class Documents:
    """What settings need. ``storage`` is an entry of Django's ``STORAGES``, sizes are in bytes."""

    storage: dict[str, Any]
    most: int
    quota: int

    def __repr__(self) -> str:
        return "<Documents>"


def read_documents(env: Environment, *, folder: Path, private_network: bool) -> Documents:
    """Everything about documents.

    Raises:
        SettingsRefused: a bucket that cannot be used, or one to which names of objects would travel in clear.
    """
    most = env.integer("DOCUMENT_MAX_MB", 200, at_least=1, at_most=5_000)
    quota = env.integer("DOCUMENT_QUOTA_MB", 5_000, at_least=most, at_most=1_000_000)
    kind = env.choice("DOCUMENTS", ("folder", "s3"), "folder")
    return Documents(
        storage=_bucket(env, private_network=private_network) if kind == "s3" else _folder(folder),
        most=most * _MEBIBYTE,
        quota=quota * _MEBIBYTE,
    )


def read_document_host(env: Environment, *, site: str, hosts: list[str]) -> str:
    """The host from which documents are handed out, without a port; empty for the portal's own.

    Raises:
        SettingsRefused: it is no name of a host, or one of the portal's: documents would share its origin.
    """
    expected = "the name of a host that serves nothing else, such as documents.carnet.example"
    host = env.text("DOCUMENT_HOST", "", expected=expected).lower()
    if host and (not _HOST.fullmatch(host) or host in {urlsplit(site).hostname, *(each.lower() for each in hosts)}):
        raise SettingsRefused(f"DOCUMENT_HOST is {host!r}; expected {expected}.")
    return host


def _folder(folder: Path) -> dict[str, Any]:
    return {"BACKEND": "records.stores.SealedFolder", "OPTIONS": {"location": folder}}


def _bucket(env: Environment, *, private_network: bool) -> dict[str, Any]:
    endpoint = env.site("S3_ENDPOINT")
    parts = urlsplit(endpoint)
    if parts.scheme != "https" and not is_private(parts.hostname or "") and not private_network:
        raise SettingsRefused(
            f"S3_ENDPOINT is {endpoint!r}; expected https://, or PRIVATE_NETWORK=yes if nobody else can listen there."
        )
    return {
        "BACKEND": "records.buckets.SealedBucket",
        "OPTIONS": {
            "endpoint_url": endpoint,
            "bucket_name": env.text("S3_BUCKET", expected="the name of a bucket that nobody else uses"),
            "region_name": env.text("S3_REGION", "us-east-1", expected="the region of the bucket"),
            "access_key": env.secret("S3_ACCESS_KEY", expected="the access key"),
            "secret_key": env.secret("S3_SECRET_KEY", expected="the secret key", at_least=16),
        },
    }
