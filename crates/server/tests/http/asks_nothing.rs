//! What of the interface asks policy for nothing, and what its description does not have.

/// Where delegates get tokens: for what customers granted them alone, without a permission, but for a part that is
/// given on to another one.
pub(crate) const EXCHANGE: &str = "POST /oauth/token";

/// Operations that ask no policy, with who may call them. Whoever adds to these says why.
pub(crate) const ASK_NOTHING: [(&str, &str); 47] = [
    // Whoever has a chat's link enters that chat; what is done in it is asked of policy.
    ("POST /chat/v1/session", "chat"),
    // For load balancers; they say nothing but whether the server is there.
    ("GET /healthz", "public"),
    ("GET /readyz", "public"),
    // Who works here shows who they are; whoever is signed in is told of their own session, and ends it.
    ("POST /sign-in/v1/password", "public"),
    ("POST /sign-in/v1/invitation", "public"),
    ("GET /sign-in/v1/ways", "public"),
    ("GET /sign-in/v1/begin", "public"),
    ("GET /sign-in/v1/callback", "public"),
    // What the identity provider signs that somebody signed out.
    ("POST /sign-in/v1/back-channel-logout", "public"),
    ("POST /sign-in/v1/passkey/begin", "public"),
    ("POST /sign-in/v1/passkey", "public"),
    ("GET /sign-in/v1/session", "session"),
    // What they sign in with is theirs to change.
    ("GET /sign-in/v1/account", "session"),
    ("GET /sign-in/v1/sessions", "session"),
    ("DELETE /sign-in/v1/sessions/{id}", "session"),
    ("POST /sign-in/v1/sessions/end-others", "session"),
    ("POST /sign-in/v1/passkeys/begin", "session"),
    ("POST /sign-in/v1/passkeys", "session"),
    ("DELETE /sign-in/v1/passkeys/{id}", "session"),
    ("DELETE /sign-in/v1/password", "session"),
    ("POST /sign-in/v1/sign-out", "session"),
    // What stands in docs and in the binary that everybody can have.
    ("GET /problems/{slug}", "public"),
    ("GET /v1/openapi.json", "public"),
    ("GET /chat", "public"),
    ("GET /chat/page.css", "public"),
    ("GET /chat/page.js", "public"),
    ("GET /sign-in", "public"),
    ("GET /sign-out", "public"),
    ("GET /sign-in/page.js", "public"),
    ("GET /sign-in/passkey.js", "public"),
    ("GET /account", "public"),
    ("GET /account/page.js", "public"),
    ("GET /confirm", "public"),
    ("GET /confirm/page.css", "public"),
    ("GET /confirm/page.js", "public"),
    ("GET /consent", "public"),
    ("GET /consent/page.js", "public"),
    ("GET /delegations", "public"),
    ("GET /delegations/page.js", "public"),
    // Delegates prove who they are by what they sign, and get tokens for what customers granted them alone; what is
    // done with these is asked of policy, and whether one may be given on.
    ("GET /oauth/authorize", "public"),
    (EXCHANGE, "(to give a delegation on, and with what an issuer asserts; else public)"),
    ("POST /oauth/introspect", "public"),
    ("POST /oauth/revoke", "public"),
    ("GET /oauth/jwks", "public"),
    ("GET /.well-known/oauth-authorization-server", "public"),
    ("GET /.well-known/oauth-protected-resource", "public"),
    // Where questions are answered that are asked of policy.
    ("GET /.well-known/authzen-configuration", "public"),
];

/// What is served beside the description, with an address of each.
pub(crate) const UNDESCRIBED: [(&str, &str); 31] = [
    ("GET /ledger/{*path}", "/ledger/tile/entries/000.p/1"),
    ("GET /v1/openapi.json", "/v1/openapi.json"),
    ("GET /chat", "/chat"),
    ("GET /sandbox", "/sandbox"),
    ("GET /sandbox/customers/{id}", "/sandbox/customers/cust-1001"),
    ("GET /chat/page.css", "/chat/page.css"),
    ("GET /chat/page.js", "/chat/page.js"),
    ("GET /sign-in/v1/begin", "/sign-in/v1/begin"),
    ("GET /sign-in/v1/callback", "/sign-in/v1/callback"),
    ("POST /sign-in/v1/back-channel-logout", "/sign-in/v1/back-channel-logout"),
    ("GET /sign-in", "/sign-in"),
    ("GET /sign-out", "/sign-out"),
    ("GET /sign-in/page.js", "/sign-in/page.js"),
    ("GET /sign-in/passkey.js", "/sign-in/passkey.js"),
    ("GET /account", "/account"),
    ("GET /account/page.js", "/account/page.js"),
    ("GET /confirm", "/confirm"),
    ("GET /confirm/page.css", "/confirm/page.css"),
    ("GET /confirm/page.js", "/confirm/page.js"),
    ("GET /consent", "/consent"),
    ("GET /consent/page.js", "/consent/page.js"),
    ("GET /delegations", "/delegations"),
    ("GET /delegations/page.js", "/delegations/page.js"),
    ("GET /oauth/authorize", "/oauth/authorize"),
    ("POST /oauth/token", "/oauth/token"),
    ("POST /oauth/introspect", "/oauth/introspect"),
    ("POST /oauth/revoke", "/oauth/revoke"),
    ("GET /oauth/jwks", "/oauth/jwks"),
    ("GET /.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server"),
    ("GET /.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource"),
    ("GET /.well-known/authzen-configuration", "/.well-known/authzen-configuration"),
];
