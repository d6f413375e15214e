// Passkeys: when a form with `data-passkey` is sent, runs the browser's ceremony first and puts the credential into the
// field with `data-credential`. The kinds of forms: `create`, which has the options, and `get`, which asks the server for
// them. The passkeys of a form with `data-autofill` are also in the list of saved accounts of a field with
// `autocomplete="username webauthn"`.
"use strict";
(() => {
  const script = document.currentScript.src;
  // Shorter than the life of a challenge.
  const MAX_AGE = 4 * 60000;

  const isSupported = "credentials" in navigator && typeof PublicKeyCredential === "function";
  const forms = () => [...document.querySelectorAll("form[data-passkey]")];

  const toBytes = (text) => {
    const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  };
  const toText = (buffer) => {
    const base64 = btoa(String.fromCharCode(...new Uint8Array(buffer)));
    return base64.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const withBytes = (list) => list?.map((descriptor) => ({ ...descriptor, id: toBytes(descriptor.id) }));

  const creationOptions = (json) => PublicKeyCredential.parseCreationOptionsFromJSON?.(json) ?? {
    ...json,
    challenge: toBytes(json.challenge),
    user: { ...json.user, id: toBytes(json.user.id) },
    excludeCredentials: withBytes(json.excludeCredentials),
  };
  const requestOptions = (json) => PublicKeyCredential.parseRequestOptionsFromJSON?.(json) ?? {
    ...json,
    challenge: toBytes(json.challenge),
    allowCredentials: withBytes(json.allowCredentials),
  };

  // By hand for older browsers, and for password managers whose credentials only look like one of the browser.
  const toJson = (credential) => {
    try {
      return credential.toJSON();
    } catch { /* below */ }
    const { response } = credential;
    const json = { clientDataJSON: toText(response.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (response[name]) json[name] = toText(response[name]);
    }
    if (response.getTransports) json.transports = response.getTransports();
    return {
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
      clientExtensionResults: credential.getClientExtensionResults?.() ?? {},
      response: json,
    };
  };

  const fetchOptions = async (form, signal) => {
    const response = await fetch(new URL(form.dataset.begin, script), { method: "POST", headers: { accept: "application/json" }, signal });
    if (!response.ok) throw new Error(`${form.dataset.begin}: ${response.status}`);
    return (await response.json()).data.options;
  };

  // Also those outside of the form, which name it.
  const buttonsOf = (form) => [...form.elements].filter(({ type }) => type === "submit");

  const credentialOf = (form) => form.querySelector("input[data-credential]");

  // Shows one of the form's messages, or none.
  const say = (form, name) => {
    const status = form.querySelector("[data-passkey-status]");
    if (status) status.textContent = form.dataset[name] ?? "";
  };
  const messageOf = (error) => {
    switch (error?.name) {
      case "InvalidStateError": return "exists";
      case "NotAllowedError": case "AbortError": return "cancelled";
      default: return "failed";
    }
  };

  const send = (form, credential) => {
    credentialOf(form).value = JSON.stringify(toJson(credential));
    form.requestSubmit(buttonsOf(form)[0]);
  };

  // The request of the list of saved accounts. Only one request can be open in a page.
  let offered = null;
  const withdraw = () => {
    offered?.controller.abort();
    offered = null;
  };

  const offer = async () => {
    withdraw();
    const form = forms().find(({ dataset }) => "autofill" in dataset);
    if (!form || !document.querySelector("input[autocomplete~=webauthn]")) return;
    const own = { controller: new AbortController(), since: Date.now() };
    offered = own;
    const { signal } = own.controller;
    try {
      if (!await PublicKeyCredential.isConditionalMediationAvailable?.()) return;
      const publicKey = requestOptions(await fetchOptions(form, signal));
      if (signal.aborted) return;
      const credential = await navigator.credentials.get({ publicKey, mediation: "conditional", signal });
      if (credential && form.isConnected && offered === own) send(form, credential);
    } catch { /* The person goes on with the fields or the button. */ }
  };

  // A challenge expires while the person is away from the page.
  document.addEventListener("focusin", ({ target }) => {
    if (isSupported && offered && target.matches("input[autocomplete~=webauthn]") && Date.now() - offered.since > MAX_AGE) offer();
  });

  const run = async (form) => {
    form.dataset.running = "yes";
    const buttons = buttonsOf(form);
    const focused = document.activeElement;
    buttons.forEach((button) => { button.disabled = true; });
    say(form);
    let credential;
    try {
      credential = form.dataset.passkey === "create"
        ? await navigator.credentials.create({ publicKey: creationOptions(JSON.parse(form.dataset.options)) })
        : await navigator.credentials.get({ publicKey: requestOptions(await fetchOptions(form)) });
    } catch (error) {
      say(form, messageOf(error));
    }
    buttons.forEach((button) => { button.disabled = false; });
    // A disabled button loses the focus.
    if (document.activeElement === document.body) focused?.focus?.();
    delete form.dataset.running;
    if (credential && form.isConnected) send(form, credential); else offer();
  };

  // Before the listener of the other script, which sends the form.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    // The answer to a form must not be followed by that to a request for a challenge, which may start a session.
    withdraw();
    if (!("passkey" in form.dataset) || !isSupported) return;
    const credential = credentialOf(form);
    if (credential.value) {
      // Later, because the browser reads the fields after this event. A credential works once.
      setTimeout(() => { credential.value = ""; });
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!form.dataset.running) run(form);
  }, true);

  // Tells the browser that the server does not know a passkey, so that it is no longer offered.
  const reportUnknown = () => {
    for (const { dataset } of forms()) {
      if (!dataset.unknown || !PublicKeyCredential.signalUnknownCredential) continue;
      PublicKeyCredential.signalUnknownCredential({ rpId: dataset.rpId, credentialId: dataset.unknown }).catch(() => {});
    }
  };

  // After each page.
  const start = () => {
    if (!isSupported) {
      for (const form of forms()) {
        say(form, "unsupported");
        buttonsOf(form).forEach((button) => { button.hidden = true; });
      }
      return;
    }
    reportUnknown();
    offer();
  };
  document.addEventListener("page", start);
  start();
})();
