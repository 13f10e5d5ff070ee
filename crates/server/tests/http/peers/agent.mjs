// An agent that signs its requests and nothing else: npm's `web-bot-auth`, driven line by line. A line in is one step,
// as JSON with `do`; a line out says what came of it: `{"ok": true, …}` or `{"ok": false, "error", "description"}`.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// Installed beside no source of ours, but where the first argument says.
const installed = (path) => import(new URL(`node_modules/${path}`, pathToFileURL(`${process.argv[2]}/`)));
const { signatureHeaders } = await installed("web-bot-auth/dist/index.mjs");
const { signerFromJWK } = await installed("web-bot-auth/dist/crypto.mjs");

let signer;

const steps = {
  /** Makes the pair that it signs with, and tells the public key. */
  async key() {
    const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
    signer = await signerFromJWK(await crypto.subtle.exportKey("jwk", pair.privateKey));
    const { kty, crv, x } = await crypto.subtle.exportKey("jwk", pair.publicKey);
    return { jwk: { kty, crv, x, kid: signer.keyid, use: "sig" } };
  },

  /** Signs a request for an address, as the agent whose keys are at another one. */
  async sign({ url, agent, created, expires }) {
    const request = new Request(url, { headers: { "Signature-Agent": agent } });
    const headers = await signatureHeaders(request, signer, { created: new Date(created), expires: new Date(expires) });
    return { headers: { "Signature-Agent": agent, ...headers } };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const step = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: true, ...(await steps[step.do](step)) }));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, error: error.name, description: error.message }));
  }
}
