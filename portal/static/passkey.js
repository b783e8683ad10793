// Passkeys: asks the server for a challenge, the device for an answer, and sends the form with it.
"use strict";

const bytes = (text) => {
  const binary = window.atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(binary, (letter) => letter.charCodeAt(0));
};
const text = (buffer) => {
  if (!buffer) {
    return undefined;
  }
  const binary = String.fromCharCode(...new Uint8Array(buffer));
  return window.btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};
const described = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

const ceremonies = {
  create: async (options) => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: described(options.excludeCredentials),
      },
    });
    return {
      id: made.id,
      rawId: text(made.rawId),
      type: made.type,
      clientExtensionResults: made.getClientExtensionResults(),
      response: {
        attestationObject: text(made.response.attestationObject),
        clientDataJSON: text(made.response.clientDataJSON),
        transports: made.response.getTransports ? made.response.getTransports() : [],
      },
    };
  },
  get: async (options) => {
    const used = await navigator.credentials.get({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        allowCredentials: described(options.allowCredentials),
      },
    });
    return {
      id: used.id,
      rawId: text(used.rawId),
      type: used.type,
      clientExtensionResults: used.getClientExtensionResults(),
      response: {
        authenticatorData: text(used.response.authenticatorData),
        clientDataJSON: text(used.response.clientDataJSON),
        signature: text(used.response.signature),
        userHandle: text(used.response.userHandle),
      },
    };
  },
};

for (const form of document.querySelectorAll("form[data-passkey]")) {
  const told = form.querySelector("[data-told]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!form.reportValidity() || form.dataset.busy) {
      return;
    }
    form.dataset.busy = "yes";
    told.textContent = "";
    try {
      const asked = await window.fetch(form.dataset.options, { method: "POST", body: new FormData(form) });
      if (!asked.ok || asked.redirected) {
        throw new TypeError(`the server answered ${asked.status}`);
      }
      const answer = await ceremonies[form.dataset.passkey](await asked.json());
      form.elements.credential.value = JSON.stringify(answer);
      form.submit();
    } catch (failure) {
      delete form.dataset.busy;
      told.textContent = failure instanceof window.DOMException ? form.dataset.cancelled : form.dataset.failed;
    }
  });
}
