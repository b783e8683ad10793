"""The relying party: what Carnet asks of an authenticator, and what it keeps of its answer."""

from __future__ import annotations

from typing import Any

from django_otp_webauthn.helpers import WebAuthnHelper
from webauthn.helpers.structs import RegistrationCredential, UserVerificationRequirement
from webauthn.registration.verify_registration_response import VerifiedRegistration

from portal.accounts.models import Account, Passkey


class RelyingParty(WebAuthnHelper):
    """``OTP_WEBAUTHN_HELPER_CLASS``: user verification always, no attestation, nothing that tells who or what.

    ``label`` is what the authenticator shows beside the passkey: the role, and the name typed for it.
    """

    label = ""

    def get_credential_name(self, user: Account) -> str:
        """What stands in the list of passkeys on the person's own device; it stays there."""
        return self.label or str(user.get_role_display())

    def get_credential_display_name(self, user: Account) -> str:
        """The same."""
        return self.get_credential_name(user)

    def get_generate_registration_options_kwargs(self, *, user: Account) -> dict[str, Any]:
        """Registration asks for a verified person: a passkey stands for both factors later."""
        options: dict[str, Any] = super().get_generate_registration_options_kwargs(user=user)
        options["authenticator_selection"].user_verification = UserVerificationRequirement.REQUIRED
        return options

    def create_credential(
        self,
        user: Account,
        response: VerifiedRegistration,
        parsed_credential: RegistrationCredential,
        original_data: dict[str, Any],
    ) -> Passkey:
        """The row to keep, without the make of the device, under the typed name."""
        if Passkey.objects.filter(
            credential_id_sha256=Passkey.get_credential_id_sha256(response.credential_id)
        ).exists():
            raise ValueError("credential id: expected one that no account has")
        made: Passkey = super().create_credential(user, response, parsed_credential, original_data)
        made.aaguid = ""
        made.name = "passkey"
        made.take_name(self.label)
        return made

    def create_attestation(self, credential: Passkey, attestation_object: bytes, client_data_json: bytes) -> None:
        """Attestations are not asked for, and none is kept: they would tell devices apart."""
