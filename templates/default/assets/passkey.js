/** Signs in with a passkey, or makes one: asks the browser, and sends what it answers with the form (WebAuthn Level 3). */
(() => {
  'use strict';
  const bytesOf = (text) =>
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0));
  const textOf = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replace(/=+$/, '');
  const named = (list) => (list ?? []).map((one) => ({ ...one, id: bytesOf(one.id) }));

  /** Browsers that cannot read the options by themselves. */
  const requestFrom = (json) =>
    PublicKeyCredential.parseRequestOptionsFromJSON?.(json) ?? {
      ...json,
      challenge: bytesOf(json.challenge),
      allowCredentials: named(json.allowCredentials),
    };
  const creationFrom = (json) =>
    PublicKeyCredential.parseCreationOptionsFromJSON?.(json) ?? {
      ...json,
      challenge: bytesOf(json.challenge),
      user: { ...json.user, id: bytesOf(json.user.id) },
      excludeCredentials: named(json.excludeCredentials),
    };

  const answerOf = ({ id, rawId, type, response }) => ({
    id,
    rawId: textOf(rawId),
    type,
    response: {
      clientDataJSON: textOf(response.clientDataJSON),
      ...(response.attestationObject
        ? { attestationObject: textOf(response.attestationObject), transports: response.getTransports?.() ?? [] }
        : {
            authenticatorData: textOf(response.authenticatorData),
            signature: textOf(response.signature),
            userHandle: response.userHandle?.byteLength ? textOf(response.userHandle) : null,
          }),
    },
  });

  /** @param field hidden, which says what is asked for and takes the answer */
  function bind(field) {
    const { form } = field;
    const alert = form.querySelector('[data-passkey-alert]');
    const options = JSON.parse(field.dataset.passkeyOptions);
    let waiting;

    const say = (error) => {
      if (!alert || error?.name === 'AbortError') return;
      const { refused, exists, failed } = alert.dataset;
      alert.textContent = { NotAllowedError: refused, InvalidStateError: exists }[error?.name] ?? failed ?? '';
    };
    const send = (credential) => {
      field.value = JSON.stringify(answerOf(credential));
      form.requestSubmit();
    };

    /** Lets the browser offer passkeys where the identifier is typed; it waits as long as the page is open. */
    async function offer() {
      if (!('passkeyAutofill' in field.dataset)) return;
      if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
      waiting?.abort();
      const { signal } = (waiting = new AbortController());
      try {
        const publicKey = requestFrom(options);
        send(await navigator.credentials.get({ publicKey, mediation: 'conditional', signal }));
      } catch {
        // Nobody asked for it, so nobody is told that it came to nothing.
      }
    }

    async function ask(work) {
      waiting?.abort();
      if (alert) alert.textContent = '';
      try {
        send(await work());
      } catch (error) {
        say(error);
        void offer();
      }
    }

    const press = (selector, work) => {
      for (const button of form.querySelectorAll(selector)) {
        button.addEventListener('click', () => void ask(work));
        button.hidden = false;
      }
    };
    press('button[data-passkey]', () => navigator.credentials.get({ publicKey: requestFrom(options) }));
    press('button[data-passkey-create]', () => navigator.credentials.create({ publicKey: creationFrom(options) }));
    // What is sent by another button is not to be answered by a passkey any more.
    form.addEventListener('submit', () => waiting?.abort());
    void offer();
  }

  const isSupported = 'PublicKeyCredential' in window && navigator.credentials !== undefined;
  for (const field of document.querySelectorAll('input[data-passkey-options]')) {
    if (isSupported) bind(field);
    else for (const note of field.form.querySelectorAll('[data-passkey-unsupported]')) note.hidden = false;
  }
})();
