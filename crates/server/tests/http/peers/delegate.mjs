// A delegate that a customer has: npm's `openid-client`, driven line by line. A line in is one step, as JSON with `do`;
// a line out says what came of it: `{"ok": true, …}`, or `{"ok": false, "error", "description", "status", "message"}`
// with what the server answered. Tokens are named with `as`, and are used by these names.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

// Installed beside no source of ours, but where the first argument says.
const installed = (path) => import(new URL(`node_modules/${path}`, pathToFileURL(`${process.argv[2]}/`)));
const oidc = await installed("openid-client/build/index.js");
const oauth = await installed("oauth4webapi/build/index.js");
const jose = await installed("jose/dist/webapi/index.js");

const TYPES = {
  access_token: "urn:ietf:params:oauth:token-type:access_token",
  jwt: "urn:ietf:params:oauth:token-type:jwt",
  exchange: "urn:ietf:params:oauth:grant-type:token-exchange",
};

let pair; // With which it shows who it is.
let kid;
let config;
let dpop;
let pending; // What the customer is being asked.
let fetching = fetch;
let skew = 0; // By how many seconds the server's clock is ahead.
const tokens = new Map();

/** The parameters of a step that a server is sent, as OAuth sends them: what is no text is JSON. */
function parameters(step, ...names) {
  const sent = new URLSearchParams();
  for (const name of names) {
    if (step[name] === undefined) continue;
    // `audience` and `resource` may be repeated.
    const values = Array.isArray(step[name]) && name !== "authorization_details" ? step[name] : [step[name]];
    for (const value of values) sent.append(name, typeof value === "string" ? value : JSON.stringify(value));
  }
  return sent;
}

function named(name) {
  if (!tokens.has(name)) throw new Error(`no token is called ${name}`);
  return tokens.get(name);
}

function kept(step, answer) {
  tokens.set(step.as ?? "token", answer.access_token);
  const header = jose.decodeProtectedHeader(answer.access_token);
  return { ...answer, header, claims: jose.decodeJwt(answer.access_token) };
}

const steps = {
  /** Makes the pair with which it shows who it is, and tells the public key. */
  async key({ alg }) {
    pair = await oidc.randomDPoPKeyPair(alg);
    const jwk = await jose.exportJWK(pair.publicKey);
    kid = await jose.calculateJwkThumbprint(jwk);
    return { jwk: { ...jwk, kid, alg, use: "sig" } };
  },

  /**
   * Reads the server's metadata. `via` is where the server listens behind the address that it is known by, as behind a
   * proxy; `now` is what its clock says, in milliseconds since 1970.
   */
  async discover({ issuer, client_id, via, now }) {
    const { origin } = new URL(issuer);
    if (via !== undefined) fetching = (url, options) => fetch(String(url).replace(origin, via), options);
    if (now !== undefined) skew = Math.round((now - Date.now()) / 1000);
    config = await oidc.discovery(
      new URL(issuer),
      client_id,
      { [oidc.clockSkew]: skew },
      oidc.PrivateKeyJwt({ key: pair.privateKey, kid }),
      { algorithm: "oauth2", execute: [oidc.allowInsecureRequests], [oidc.customFetch]: fetching },
    );
    return { metadata: config.serverMetadata() };
  },

  /** Makes the pair that its tokens are bound to. */
  async dpop_key({ alg }) {
    dpop = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg));
    return { jkt: await dpop.calculateThumbprint() };
  },

  /** Reads the metadata of a resource, and follows it to who gives out its tokens. */
  async resource({ url }) {
    const resource = new URL(url);
    const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: fetching };
    const answer = await oauth.resourceDiscoveryRequest(resource, options);
    return { metadata: await oauth.processResourceDiscoveryResponse(resource, answer) };
  },

  async client_credentials(step) {
    const sent = parameters(step, "scope", "resource", "audience", "authorization_details");
    return kept(step, await oidc.clientCredentialsGrant(config, sent, { DPoP: dpop }));
  },

  /** Where the customer is sent to consent. */
  async authorize(step) {
    pending = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState() };
    const sent = parameters(step, "redirect_uri", "scope", "resource", "authorization_details");
    sent.set("code_challenge", await oidc.calculatePKCECodeChallenge(pending.pkceCodeVerifier));
    sent.set("code_challenge_method", "S256");
    sent.set("state", pending.expectedState);
    sent.set("dpop_jkt", await dpop.calculateThumbprint());
    return { url: oidc.buildAuthorizationUrl(config, sent).href };
  },

  /** Redeems what the customer came back with. */
  async code(step) {
    const sent = parameters(step, "resource");
    return kept(step, await oidc.authorizationCodeGrant(config, new URL(step.url), pending, sent, { DPoP: dpop }));
  },

  async exchange(step) {
    const sent = parameters(step, "scope", "resource", "audience", "authorization_details", "requested_token_type");
    sent.set("subject_token", named(step.subject));
    sent.set("subject_token_type", TYPES.access_token);
    if (step.actor !== undefined) {
      sent.set("actor_token", step.actor);
      sent.set("actor_token_type", TYPES.jwt);
    }
    return kept(step, await oidc.genericGrantRequest(config, TYPES.exchange, sent, { DPoP: dpop }));
  },

  /** Asks for a token by any other grant. */
  async grant(step) {
    return kept(step, await oidc.genericGrantRequest(config, step.grant_type, step.parameters, { DPoP: dpop }));
  },

  async introspect({ token }) {
    return { said: await oidc.tokenIntrospection(config, named(token)) };
  },

  async revoke({ token }) {
    await oidc.tokenRevocation(config, named(token));
    return {};
  },

  /** Verifies a token by the keys that the server publishes. */
  async verify({ token, audience }) {
    const { issuer, jwks_uri } = config.serverMetadata();
    const at = new Date(Date.now() + 1000 * skew);
    const wanted = { issuer, audience, typ: "at+jwt", algorithms: ["EdDSA", "Ed25519"], currentDate: at };
    const keys = jose.createRemoteJWKSet(new URL(jwks_uri), { [jose.customFetch]: fetching });
    const { payload } = await jose.jwtVerify(named(token), keys, wanted);
    return { claims: payload };
  },

  /** Calls a resource with a token, and a proof for just this call. */
  async call({ token, method, url, body }) {
    const headers = new Headers(body === undefined ? {} : { "content-type": "application/json" });
    const sent = body === undefined ? undefined : JSON.stringify(body);
    const address = new URL(url);
    const proved = { DPoP: dpop };
    const answer = await oidc.fetchProtectedResource(config, named(token), address, method, sent, headers, proved);
    const text = await answer.text();
    const type = answer.headers.get("content-type") ?? "";
    return { status: answer.status, body: /[/+]json/.test(type) ? JSON.parse(text) : text };
  },

  /** Has the customer asked by another way than their browser. */
  async backchannel(step) {
    const sent = parameters(step, "scope", "login_hint", "binding_message", "authorization_details");
    pending = await oidc.initiateBackchannelAuthentication(config, sent);
    return { answer: pending };
  },

  /** Waits for what they say. */
  async poll(step) {
    const asked = { DPoP: dpop };
    return kept(step, await oidc.pollBackchannelAuthenticationGrant(config, pending, undefined, asked));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  let told;
  try {
    const step = JSON.parse(line);
    told = { ok: true, ...(await steps[step.do](step)) };
  } catch (error) {
    const { code, message, status } = error;
    // What a resource answers is in its challenges, what an endpoint does is in its body.
    const challenge = Array.isArray(error.cause) ? error.cause[0]?.parameters : undefined;
    const of = challenge ?? error;
    told = { ok: false, error: of.error, description: of.error_description, status, code, message };
  }
  console.log(JSON.stringify(told));
}
