"""Who we are as an app of GitHub's: a signed word, for which it gives a token for an hour."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock
from typing import Any

from reconciler.errors import ForgeError
from reconciler.forges.client import ForgeClient, HttpRoute
from reconciler.forges.tokens import ForgeToken

HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
NEEDS = "to belong to an app that is installed in the repository"
CLOCK_SKEW_SECONDS = 60  # clocks differ
JWT_SECONDS = 540  # ten minutes at most
RENEW_BEFORE_SECONDS = 600  # a token is not used for its last minutes


@dataclass(frozen=True, slots=True)
class GitHubApp:
    """Its client id or number, its private key in PEM format, and the installation, if known."""

    id: str
    key: bytes = field(repr=False)
    installation: int = 0

    def word(self, now: float) -> ForgeToken:
        """A JSON web token that the key signs."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        try:
            key = load_pem_private_key(self.key, None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            key = None
        if not isinstance(key, RSAPrivateKey):
            raise ForgeError(
                f"the key of the app {self.id} is not an RSA key in PEM format",
                hint="GitHub makes one in the app's settings; it is not encrypted",
            )
        claims = {
            "iat": int(now) - CLOCK_SKEW_SECONDS,
            "exp": int(now) + JWT_SECONDS,
            "iss": self.id,
        }
        said = f"{_encoded({'alg': 'RS256', 'typ': 'JWT'})}.{_encoded(claims)}"
        signature = key.sign(said.encode(), PKCS1v15(), SHA256())
        return ForgeToken(f"{said}.{_plain(signature)}")


def read_app(id: str, file: str, installation: int = 0) -> GitHubApp:  # noqa: A002
    try:
        with open(file, "rb") as opened:
            return GitHubApp(id, opened.read(), installation)
    except OSError as e:
        raise ForgeError(f"{file} cannot be read", why=e.strerror or "") from None


class AppInstallation:
    """The app in one repository: gives a token whenever one is asked for, made anew in time."""

    def __init__(self, app: GitHubApp, api: str, repository: str, way: HttpRoute) -> None:
        self._app = app
        self._clock = way.clock
        self._client = ForgeClient("GitHub", api, self._word, NEEDS, way, HEADERS)
        self._repository = repository
        self._number = app.installation
        self._token: ForgeToken | None = None
        self._until = 0.0
        self._lock = Lock()

    def __call__(self) -> ForgeToken:
        with self._lock:
            if self._token is None or self._clock.now() > self._until - RENEW_BEFORE_SECONDS:
                self._token, self._until = self._fresh()
            return self._token

    def close(self) -> None:
        self._client.close()

    def _word(self) -> ForgeToken:
        return self._app.word(self._clock.now())

    def _fresh(self) -> tuple[ForgeToken, float]:
        if not self._number:
            found = self._client.get(f"/repos/{self._repository}/installation")
            self._number = int(found["id"])
        path = f"/app/installations/{self._number}/access_tokens"
        name = self._repository.partition("/")[2]
        made = self._client.send("POST", path, {"repositories": [name]}, repeatable=True).json()
        return ForgeToken(made["token"]), datetime.fromisoformat(made["expires_at"]).timestamp()


def _encoded(value: Any) -> str:
    return _plain(json.dumps(value, separators=(",", ":")).encode())


def _plain(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
