"""A small service that gives charges back, as organisations have them: an authorization server by Authlib in front of
it, idempotency keys, and nothing that knows of Remit. `/test/...` is for who tests: what it does wrong next, and what it
has seen.

It listens on a free port of this machine, which it prints.
"""

import itertools
import json
import os
import threading
import time

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.flask_oauth2 import AuthorizationServer, ResourceProtector
from authlib.oauth2.rfc6749 import ClientMixin, TokenMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc6750 import BearerTokenValidator
from authlib.oauth2.rfc7523 import JWTBearerClientAssertion
from flask import Flask, Response, abort, jsonify, request
from joserfc.jwk import ECKey
from werkzeug.serving import make_server

SECRET = "s3cret-of-the-client"


class Client(ClientMixin):
    def __init__(self, name, method):
        self.client_id, self.method = name, method

    def get_client_id(self):
        return self.client_id

    def get_allowed_scope(self, scope):
        return scope if scope in ("refunds", "charges refunds") else ""

    def check_client_secret(self, secret):
        return secret == SECRET

    def check_endpoint_auth_method(self, method, endpoint):
        return method == self.method

    def check_grant_type(self, grant_type):
        return grant_type == "client_credentials"


class Token(TokenMixin):
    def __init__(self, told, client):
        self.told, self.client, self.at, self.revoked = told, client, time.monotonic(), False

    def check_client(self, client):
        return self.client is client

    def get_scope(self):
        return self.told.get("scope", "")

    def get_expires_in(self):
        return self.told["expires_in"]

    def is_expired(self):
        return time.monotonic() > self.at + self.told["expires_in"]

    def is_revoked(self):
        return self.revoked

    def get_user(self):
        return None

    def get_client(self):
        return self.client


class ByBasic(ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post", "client_assertion_jwt"]


class ByKey(JWTBearerClientAssertion):
    """A client whose public key is known here."""

    def get_audiences(self):
        return [f"http://127.0.0.1:{listening.server_port}/oauth/token"]

    def validate_jti(self, claims, jti):
        if jti in jtis:
            return False
        jtis.append(jti)
        return True

    def resolve_client_public_key(self, client):
        return KEY.as_dict(private=False)


KEY = ECKey.generate_key("P-256")
jtis = []
CLIENTS = {name: Client(name, f"client_secret_{name}") for name in ("basic", "post")}
CLIENTS["key"] = Client("key", "client_assertion_jwt")
tokens, refunds, seen, planned = [], {}, [], []
numbers, lock = itertools.count(1), threading.Lock()
app = Flask("refunds")


def save(told, asked):
    tokens.append(Token(told, asked.client))


server = AuthorizationServer(app, query_client=CLIENTS.get, save_token=save)
server.register_grant(ByBasic)
server.register_client_auth_method(ByKey.CLIENT_AUTH_METHOD, ByKey())
protect = ResourceProtector()


class Known(BearerTokenValidator):
    def authenticate_token(self, text):
        return next((token for token in tokens if token.told["access_token"] == text), None)


protect.register_token_validator(Known())


@app.post("/oauth/token")
def token():
    return server.create_token_response()


def hang_up():
    request.environ["werkzeug.socket"].shutdown(2)
    return Response(status=500)


def planned_now():
    with lock:
        return planned.pop(0) if planned else None


@app.get("/v1/charges/<path:charge>")
@protect("refunds")
def charge(charge):
    if charge == "none":
        abort(404)
    left = {"value": 100_000, "currency": "gbp"}
    return jsonify(id=charge, owner={"id": "ann"}, refundable=left, taken_at="2026-03-01T00:00:00+01:00")


@app.post("/v1/charges/<path:charge>/refunds")
@protect("refunds")
def refund(charge):
    key, asked, how = request.headers.get("Idempotency-Key"), request.get_json(), planned_now()
    with lock:
        seen.append({"charge": charge, "key": key, "body": asked})
        if how == "silent_before":
            return hang_up()
        if how == "refuse":
            return jsonify(error={"code": "charge_disputed"}), 422
        if how == "other_key":
            return jsonify(id="re_0", external_id="another", status="succeeded")
        if how == "broken":
            return jsonify(error="down"), 500
        if key not in refunds:
            amount = asked["amount"]["value"] + (5 if how == "other_amount" else 0)
            refunds[key] = {
                "id": f"re_{next(numbers)}",
                "external_id": key,
                "charge": charge,
                "amount": {"value": amount, "currency": asked["amount"]["currency"].lower()},
                "status": "succeeded",
                "created": "2026-03-10T10:00:00Z",
            }
        if how == "silent_after":
            return hang_up()
        if how == "huge":
            return Response("[" * 10_000_000, mimetype="application/json")
        if how == "no_json":
            return Response("<html>Done!</html>", 201)
        return jsonify(refunds[key]), 201


@app.get("/v1/refunds")
@protect("refunds")
def found():
    # It knows no filter of this name, and gives everything.
    return jsonify(items=list(refunds.values()))


@app.post("/test/plan/<how>")
def plan(how):
    if how == "revoke":
        for token in tokens:
            token.revoked = True
    else:
        planned.append(how)
    return jsonify({})


@app.get("/test/key")
def key():
    return Response(KEY.as_pem(private=True), mimetype="application/x-pem-file")


@app.get("/test/seen")
def told():
    return jsonify(tokens=len(tokens), jtis=len(jtis), seen=seen, refunds=list(refunds.values()))


listening = make_server("127.0.0.1", 0, app, threaded=True)
print(json.dumps({"port": listening.server_port}), flush=True)
listening.serve_forever()
