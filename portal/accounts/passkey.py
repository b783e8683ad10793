"""One passkey as it is kept: what proves it, and the name its owner gave it, sealed."""

from __future__ import annotations

from django.db import models
from django_otp_webauthn.models import AbstractWebAuthnCredential

from audit.actor import Strength
from records import house

# All names are as long as the longest: the length of a ciphertext would otherwise tell them apart.
_NAME_BYTES = 96
NAME_CHARACTERS = 40


class Passkey(AbstractWebAuthnCredential):
    """A WebAuthn credential of one account (W3C Web Authentication, level 3).

    What is kept in clear proves an authenticator and names nobody: random identifiers, a public key, a
    counter, two dates. The make of the device (AAGUID) is not kept.
    """

    strength = Strength.PASSKEY

    sealed_name = models.BinaryField(default=bytes)

    class Meta:
        verbose_name_plural = "passkeys"

    def __str__(self) -> str:
        return "passkey"

    def take_name(self, name: str) -> None:
        """Takes the owner's name for this device in, sealed."""
        padded = name.strip()[:NAME_CHARACTERS].encode().ljust(_NAME_BYTES)[:_NAME_BYTES]
        self.sealed_name = house.seal_for_house("factor", self.user_id, padded)

    @property
    def own_name(self) -> str:
        """The owner's name for this device.

        Raises:
            Unreadable: it does not open.
        """
        return house.open_for_house("factor", self.user_id, bytes(self.sealed_name)).decode(errors="ignore").rstrip()
