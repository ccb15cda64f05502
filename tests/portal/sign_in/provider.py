"""A provider whose every answer a test may spoil."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.assets.outgoing.servers import serving

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
CODE = "a-code"


class Provider:
    """Answers properly until told otherwise.

    Attributes:
        config, claims, userinfo: what is changed in the description, the ID token, the userinfo;
            None takes a part out.
        broken: path -> status and body to answer there instead.
        posted: the form that the token endpoint got.
    """

    def __init__(self) -> None:
        self.base = ""
        self.config: dict[str, Any] = {}
        self.claims: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {"sub": "42"}
        self.key: Any = KEY
        self.algorithm = "RS256"
        self.nonce = ""
        self.broken: dict[str, tuple[int, str]] = {}
        self.posted: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.asked: list[str] = []

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        self.asked.append(path)
        length = int(handler.headers.get("Content-Length", "0"))
        body = handler.rfile.read(length).decode()
        if path in self.broken:
            status, text = self.broken[path]
        else:
            status, text = 200, json.dumps(self._content(path, body, dict(handler.headers)))
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    def _content(self, path: str, body: str, headers: dict[str, str]) -> Any:
        if path == "/.well-known/openid-configuration":
            return _changed(
                {
                    "issuer": self.base,
                    "authorization_endpoint": f"{self.base}/authorize",
                    "token_endpoint": f"{self.base}/token",
                    "userinfo_endpoint": f"{self.base}/userinfo",
                    "jwks_uri": f"{self.base}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                },
                self.config,
            )
        if path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            return {"keys": [{**public, "kid": "1", "use": "sig", "alg": "RS256"}]}
        if path == "/userinfo":
            return self.userinfo
        self.posted = {name: values[0] for name, values in parse_qs(body).items()}
        self.headers = headers
        now = int(time.time())
        claims = {
            "iss": self.base, "aud": "hairline", "sub": "42", "nonce": self.nonce,
            "iat": now, "exp": now + 300, "email": "alice@example.org", "email_verified": True,
            "name": "Alice At Work",
        }  # fmt: skip
        token = jwt.encode(
            _changed(claims, self.claims), self.key, self.algorithm, headers={"kid": "1"}
        )
        return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": token}


def _changed(given: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**given, **changes}.items() if value is not None}


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider on a port of this machine."""
    provider = Provider()
    with serving(provider.answer) as server:
        provider.base = f"http://127.0.0.1:{server.port}"
        yield provider
