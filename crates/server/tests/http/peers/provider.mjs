// An identity provider as others run them (npm's `oidc-provider`), with people whose claims the test says, and what a
// hostile one would send. Each line of the standard input is a step as JSON, each line of the output what came of it.
import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

// What it has to say of being a quick start is said to nobody: steps alone are answered.
console.info = console.warn = () => {};

const installed = createRequire(`${process.argv[2]}/package.json`);
const load = (name) => import(pathToFileURL(installed.resolve(name)).href);
const { default: Provider } = await load('oidc-provider');
const { generateKeyPair, exportJWK, importJWK, jwtVerify, CompactSign } = await load('jose');

const [, , , remit] = process.argv;
const SECRET = 'a secret of the client, +&%';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const people = {};
const sent = [];        // Logout tokens, as the provider sent them.
let at = '';            // Where Remit listens, behind the address that it is found at.
let nonce = '';         // Of the newest sign-in.
let lie;                // What the next code is answered with in place of the truth.

const key = async (kid, alg = 'RS256') => {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg, use: 'sig' };
};
let keys = [await key('first')];
let provider;
const server = createServer((request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname === '/auth') nonce = url.searchParams.get('nonce') ?? nonce;
  if (url.pathname !== '/token' || !lie) return void provider.callback()(request, response);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ access_token: 'a', token_type: 'Bearer', id_token: lie }));
  lie = undefined;
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const issuer = `http://127.0.0.1:${server.address().port}`;
// What the provider asserts of somebody who signed in at a client of its own, for that client's use elsewhere (ID-JAG):
// the ID token that the client has of them is exchanged for it.
const asserts = async (ctx) => {
  const { client, params } = ctx.oidc;
  const signing = await importJWK(keys[0]);
  const known = createPublicKey({ key: keys[0], format: 'jwk' });
  const { payload } = await jwtVerify(params.subject_token, known, { issuer, audience: client.clientId });
  const now = Math.floor(Number(params.now) / 1000);
  const said = {
    iss: issuer, sub: payload.sub, aud: params.audience, client_id: params.at_audience, jti: randomUUID(), iat: now,
    exp: now + 300, scope: params.scope,
  };
  const header = { alg: keys[0].alg, kid: keys[0].kid, typ: 'oauth-id-jag+jwt' };
  const signed = await new CompactSign(Buffer.from(JSON.stringify(said))).setProtectedHeader(header).sign(signing);
  ctx.body = { issued_token_type: 'urn:ietf:params:oauth:token-type:id-jag', access_token: signed, token_type: 'N_A' };
};

const make = () => {
  provider = new Provider(issuer, {
    jwks: { keys },
    clients: [{
      client_id: 'remit', client_secret: SECRET, grant_types: ['authorization_code'], response_types: ['code'],
      redirect_uris: [`${remit}/sign-in/v1/callback`], id_token_signed_response_alg: keys[0].alg,
      backchannel_logout_uri: `${remit}/sign-in/v1/back-channel-logout`, backchannel_logout_session_required: true,
    }, {
      client_id: 'muse', client_secret: SECRET, grant_types: [EXCHANGE], response_types: [], redirect_uris: [],
      id_token_signed_response_alg: keys[0].alg,
    }],
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256', 'PS256'] },
    cookies: { keys: ['a key of the tests'] },
    claims: { openid: ['sub', 'groups'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: true }, backchannelLogout: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    // Remit listens on this machine, where the provider's own way of asking refuses to go.
    fetch: async (url, { dispatcher, ...options }) => {
      const answer = await fetch(String(url).replace(remit, at), options);
      if (String(url).startsWith(remit)) sent.push({ body: String(options.body), status: answer.status });
      return answer;
    },
  });
  const parameters = ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'scope', 'at_audience', 'now'];
  provider.registerGrantType(EXCHANGE, asserts, parameters);
};
make();

// A token as the test says: `by` the provider's key, by a stranger's of the same name, by a secret, or by nobody.
const craft = async ({ header = {}, claims = {}, by = 'key' }) => {
  const now = Math.floor(Date.now() / 1000);
  const said = { iss: issuer, aud: 'remit', iat: now, exp: now + 300, nonce, ...claims };
  for (const name of Object.keys(said)) if (said[name] === null) delete said[name];
  const payload = Buffer.from(JSON.stringify(said));
  if (by === 'key' || by === 'stranger') {
    const signing = by === 'key' ? keys[0] : await key(keys[0].kid, keys[0].alg);
    const protectedHeader = { alg: keys[0].alg, kid: keys[0].kid, typ: 'JWT', ...header };
    return new CompactSign(payload).setProtectedHeader(protectedHeader).sign(await importJWK(signing));
  }
  const coded = (text) => Buffer.from(text).toString('base64url');
  const message = `${coded(JSON.stringify({ alg: by === 'nobody' ? 'none' : 'HS256', kid: keys[0].kid, ...header }))}.${payload.toString('base64url')}`;
  const pem = createPublicKey({ key: keys[0], format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const secret = { secret: SECRET, public: pem }[by];
  return `${message}.${secret ? createHmac('sha256', secret).update(message).digest('base64url') : ''}`;
};

const steps = {
  at: ({ url }) => { at = url; },
  person: ({ name, claims }) => { people[name] = claims; },
  // It signs with another key from now on, and has none of those of before.
  rotate: async ({ alg }) => { keys = [await key(`key-${Date.now()}`, alg)]; make(); },
  lie: async (step) => { lie = await craft(step); },
  craft: async (step) => ({ token: await craft(step) }),
  id_jag: async ({ subject, client_id, scope, now }) => {
    const subject_token = await craft({ claims: { aud: 'muse', sub: subject } });
    const body = new URLSearchParams({
      grant_type: EXCHANGE, subject_token, audience: remit, at_audience: client_id, scope, now,
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      requested_token_type: 'urn:ietf:params:oauth:token-type:id-jag',
    });
    const basic = `Basic ${Buffer.from(`muse:${encodeURIComponent(SECRET)}`).toString('base64')}`;
    const answer = await fetch(`${issuer}/token`, { method: 'POST', body, headers: { authorization: basic } });
    const said = await answer.json();
    if (!answer.ok) throw new Error(JSON.stringify(said));
    return { id_jag: said.access_token };
  },
  sent: () => ({ sent: sent.splice(0) }),
};
console.log(JSON.stringify({ issuer }));
for await (const line of createInterface({ input: process.stdin })) {
  const step = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: true, ...(await steps[step.do](step)) }));
  } catch (error) {
    console.log(JSON.stringify({ ok: false, error: String(error.stack) }));
  }
}
process.exit(0);
