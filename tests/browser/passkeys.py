"""Passkeys in a real browser: Chromium's virtual authenticator, by the developer tools' protocol.

What was made for somebody is kept for the whole run, so that they can use it again in another browser.
Source: https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/
"""

from __future__ import annotations

from typing import Any

from playwright.sync_api import CDPSession, Page, expect

_KEPT: dict[tuple[str, str], list[dict[str, Any]]] = {}
_DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A virtual authenticator in one page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._tools: CDPSession = page.context.new_cdp_session(page)
        self._tools.send("WebAuthn.enable")
        self.id = self._tools.send("WebAuthn.addVirtualAuthenticator", {"options": _DEVICE})["authenticatorId"]

    def credentials(self) -> list[dict[str, Any]]:
        """The passkeys that it holds."""
        return list(self._tools.send("WebAuthn.getCredentials", {"authenticatorId": self.id})["credentials"])

    def take(self, credentials: list[dict[str, Any]]) -> None:
        """Put passkeys into it, made elsewhere."""
        for each in credentials:
            self._tools.send("WebAuthn.addCredential", {"authenticatorId": self.id, "credential": each})

    def verify(self, *, person: bool) -> None:
        """Whether whoever touches it is its owner."""
        self._tools.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": person})

    def forget(self) -> None:
        """Lose every passkey."""
        self._tools.send("WebAuthn.clearCredentials", {"authenticatorId": self.id})


def add_passkey(page: Page, name: str = "Poste de travail") -> None:
    """The page that names a device and makes its passkey."""
    page.goto("/security/passkeys/add/")
    page.fill("[name=name]", name)
    page.locator("form[data-passkey=create] button").click()
    expect(page.locator("main [role=status]").first).to_be_visible()
    page.wait_for_url("**/security/")


def prove(page: Page, site: str, login: str) -> None:
    """Use one's passkey on the page that asks for a fresh proof."""
    device = Device(page)
    device.take(_KEPT[site, login])
    page.locator("form[data-passkey=get] button").click()
    page.wait_for_load_state()
    expect(page.locator("form[data-passkey]")).to_have_count(0)
    _KEPT[site, login] = device.credentials()


def rise_to_passkey(page: Page, site: str, login: str) -> Device:
    """Somebody signed in with a code stands on a passkey afterwards: theirs of earlier in this run, or a new one."""
    device = Device(page)
    kept = _KEPT.get((site, login))
    if kept is None:
        add_passkey(page)
        _KEPT[site, login] = device.credentials()
        return device
    device.take(kept)
    page.goto("/security/passkeys/first/")
    page.locator("form[data-passkey=get] button").click()
    page.wait_for_url(lambda address: "/passkeys/" not in address)
    _KEPT[site, login] = device.credentials()
    return device
