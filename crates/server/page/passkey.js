// Asks the browser for passkeys. What the server asks with, and what it is answered, is text; the browser takes and gives
// bytes.
'use strict';
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const known = (all) => (all || []).map((one) => ({ ...one, id: bytes(one.id) }));
  window.passkeys = {
    there: Boolean(window.PublicKeyCredential && navigator.credentials),
    // Makes one, and gives what registers it.
    async make(options) {
      const publicKey = {
        ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: known(options.excludeCredentials),
      };
      const { response } = await navigator.credentials.create({ publicKey });
      return { client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) };
    },
    // Has one sign, and gives what signs its owner in.
    async show(options) {
      const publicKey = {
        ...options, challenge: bytes(options.challenge), allowCredentials: known(options.allowCredentials),
      };
      const { id, response } = await navigator.credentials.get({ publicKey });
      return {
        id, client_data: text(response.clientDataJSON), authenticator_data: text(response.authenticatorData),
        signature: text(response.signature), user_handle: response.userHandle ? text(response.userHandle) : '',
      };
    },
  };
})();
