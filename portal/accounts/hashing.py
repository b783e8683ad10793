"""How passwords and recovery codes are hashed."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class CarnetArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with the second recommended choice of RFC 9106, section 4: t=3, p=4, 64 MiB.

    Raising a cost here rehashes each password at its owner's next sign-in.
    """

    time_cost = 3
    memory_cost = 64 * 1024
    parallelism = 4
