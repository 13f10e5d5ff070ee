"""Signs each request that schemathesis makes up as a delegate does: its access token, and a proof of possession for just
that method and address (RFC 9449)."""

import hashlib
import itertools
import os
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

import requests
import schemathesis
from joserfc import jwt
from joserfc.jwk import OKPKey

SERVER = os.environ["REMIT_SERVER"]
ISSUER = os.environ["REMIT_ISSUER"]
TOKEN = os.environ["REMIT_DELEGATE_TOKEN"]
NOW = int(os.environ["REMIT_NOW_MS"]) // 1000
KEY = OKPKey.import_key(
    {"kty": "OKP", "crv": "Ed25519", "x": os.environ["REMIT_KEY_X"], "d": os.environ["REMIT_KEY_D"]}
)
PUBLIC = KEY.as_dict(private=False)
ATH = urlsafe_b64encode(hashlib.sha256(TOKEN.encode()).digest()).rstrip(b"=").decode()


class Proofs(requests.auth.AuthBase):
    """A proof for each request, with the nonce that came last."""

    def __init__(self):
        self.nonce = ""
        self.number = itertools.count()

    def noted(self, response, *_args, **_kwargs):
        self.nonce = response.headers.get("DPoP-Nonce", self.nonce)

    def __call__(self, request):
        header = {"typ": "dpop+jwt", "alg": "EdDSA", "jwk": {name: PUBLIC[name] for name in ("kty", "crv", "x")}}
        claims = {
            "htm": request.method,
            "htu": ISSUER + urlsplit(request.url).path,
            "iat": NOW,
            "jti": f"made-up-{next(self.number)}",
            "nonce": self.nonce,
            "ath": ATH,
        }
        request.headers["Authorization"] = f"DPoP {TOKEN}"
        request.headers["DPoP"] = jwt.encode(header, claims, KEY, algorithms=["EdDSA"])
        request.register_hook("response", self.noted)
        return request


PROOFS = Proofs()
# The first one is told which nonce counts.
requests.get(f"{SERVER}/delegate/v1/cases", auth=PROOFS, timeout=30)
assert requests.get(f"{SERVER}/delegate/v1/cases", auth=PROOFS, timeout=30).status_code == 200
schemathesis.auth.set_from_requests(PROOFS)
