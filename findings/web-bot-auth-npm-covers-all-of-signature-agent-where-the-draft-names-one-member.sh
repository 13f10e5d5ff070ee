#!/bin/sh
# Web Bot Auth, by the npm package web-bot-auth 0.1.3 (which signs and verifies with http-message-sig): for a request
# whose `Signature-Agent` is a dictionary, one member for each signature as the working group's draft of 2026 has it, the
# package covers the whole field (`"signature-agent"`). The draft covers the one member that goes with the signature
# (`"signature-agent";key="sig1"`), which RFC 9421, section 2.1.2, is for.
#
# A second party that signs the same request by the same rules, a gateway of the agent's say, adds a member of its own to
# the field. By the draft the first signature goes on to hold; made by this package it does not hold any more, though
# nothing of what it says was changed. Neither of the two lists of components that the package exports names a member.
# Whoever verifies has to take both forms, and whoever adds a member to the field ends what was signed before.
#
# Output seen:
#   covered: "@authority" "signature-agent"
#   as it was signed: it holds
#   with a member of a second signer: Error: invalid signature
#   exported lists of components: REQUEST_COMPONENTS REQUEST_COMPONENTS_WITHOUT_SIGNATURE_AGENT
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
npm install --silent --no-audit --no-fund web-bot-auth@0.1.3 > log 2>&1 || { cat log; exit 1; }
cat > see.mjs <<'NODE'
import { generateKeyPairSync, webcrypto } from "node:crypto";
import * as bot from "web-bot-auth";
import { signerFromJWK, verifierFromJWK } from "web-bot-auth/crypto";
globalThis.crypto ??= webcrypto;
const pair = generateKeyPairSync("ed25519");
const signer = await signerFromJWK(pair.privateKey.export({ format: "jwk" }));
const verifier = await verifierFromJWK(pair.publicKey.export({ format: "jwk" }));
const url = "https://shop.example/orders";
const own = 'sig1="https://agent.example"';
const request = new Request(url, { headers: { "Signature-Agent": own } });
const created = new Date();
const expires = new Date(created.getTime() + 60_000);
const signed = await bot.signatureHeaders(request, signer, { created, expires });
console.log(`covered: ${/\((.*?)\)/.exec(signed["Signature-Input"])[1]}`);
const holds = async (agents) => {
  const sent = new Request(url, { headers: { ...signed, "Signature-Agent": agents } });
  return bot.verify(sent, verifier).then(() => "it holds", (error) => `Error: ${error.message}`);
};
console.log(`as it was signed: ${await holds(own)}`);
console.log(`with a member of a second signer: ${await holds(`${own}, sig2="https://gateway.example"`)}`);
console.log(`exported lists of components: ${Object.keys(bot).filter((name) => name.includes("COMPONENTS")).join(" ")}`);
NODE
node see.mjs > seen
cat seen
cat > expected <<'SEEN'
covered: "@authority" "signature-agent"
as it was signed: it holds
with a member of a second signer: Error: invalid signature
exported lists of components: REQUEST_COMPONENTS REQUEST_COMPONENTS_WITHOUT_SIGNATURE_AGENT
SEEN
diff expected seen
