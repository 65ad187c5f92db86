"""Backups of a controller's keys, encrypted with age: for a passphrase or for recipients."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from reconciler.errors import ApiError, ClusterError, Place, SealingError
from reconciler.yaml.write import as_json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.blocking_client import BlockingApiClient

LABEL = "sealedsecrets.bitnami.com/sealed-secrets-key"
BEGINNINGS = (b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/")
MIN_PASSPHRASE_CHARACTERS = 12
KEPT = ("name", "labels", "annotations")


def is_encrypted(content: bytes) -> bool:
    return content.startswith(BEGINNINGS)


def is_for_passphrase(content: bytes) -> bool:
    """Does it ask for a passphrase? Armour hides it, and then the header is in the first line."""
    import base64

    if content.startswith(BEGINNINGS[0]):
        first = content.split(b"\n", 2)[1]
        content = base64.b64decode(first + b"=" * (-len(first) % 4))
    return b"-> scrypt" in content[:64]


def encrypted(content: bytes, recipients: Sequence[str], passphrase: str = "") -> bytes:
    """For all recipients (age1… or the public keys of SSH), or else for a passphrase."""
    import pyrage

    if recipients:
        return bytes(pyrage.encrypt(content, [_recipient(r) for r in recipients], armored=True))
    if len(passphrase) < MIN_PASSPHRASE_CHARACTERS:
        raise SealingError(
            f"the passphrase is shorter than {MIN_PASSPHRASE_CHARACTERS} characters",
            why="whoever guesses it has all secrets of the cluster",
            hint="several words are easier to remember than one word that is hard to type",
        )
    return bytes(pyrage.passphrase.encrypt(content, passphrase, armored=True))


def decrypted(
    content: bytes, file: str, identities: Sequence[bytes], passphrase: str = ""
) -> bytes:
    import pyrage

    try:
        if passphrase:
            return bytes(pyrage.passphrase.decrypt(content, passphrase))
        return bytes(pyrage.decrypt(content, [i for one in identities for i in _identities(one)]))
    except pyrage.DecryptError:
        raise SealingError(
            "the backup cannot be opened",
            where=Place(file),
            why="the passphrase or the identity is another one, or the file is damaged",
        ) from None


def fetch_keys(client: BlockingApiClient, namespace: str) -> list[dict[str, Any]]:
    """The Secrets with the controller's keys, newest last, without what is of one cluster only."""
    with _doing(f"read the Secrets of {namespace}"):
        found = client.list(f"/api/v1/namespaces/{namespace}/secrets", labels=LABEL).items
    if not found:
        raise ClusterError(
            f"there is no key of Sealed Secrets in the namespace {namespace}",
            hint="name the controller's namespace with --controller NAMESPACE/NAME",
        )
    return [_bare(i) for i in sorted(found, key=lambda i: i["metadata"]["creationTimestamp"])]


def put_keys(
    client: BlockingApiClient, namespace: str, keys: Sequence[Mapping[str, Any]]
) -> tuple[list[str], list[str]]:
    """The names of those that were created, and of those that were there already."""
    created, there = [], []
    for key in keys:
        name = str(key["metadata"]["name"])
        metadata = {**key["metadata"], "namespace": namespace}
        try:
            with _doing(f"create Secrets in {namespace}"):
                client.create(
                    f"/api/v1/namespaces/{namespace}/secrets", {**key, "metadata": metadata}
                )
            created.append(name)
        except ApiError as e:
            if e.status != 409:
                raise
            there.append(name)
    return created, there


def as_list(keys: Sequence[Mapping[str, Any]]) -> bytes:
    return as_json({"apiVersion": "v1", "kind": "List", "items": list(keys)}).encode()


def _bare(secret: Mapping[str, Any]) -> dict[str, Any]:
    metadata = {k: v for k, v in secret["metadata"].items() if k in KEPT}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata,
        "type": secret["type"],
        "data": secret["data"],
    }


@contextmanager
def _doing(what: str) -> Iterator[None]:
    try:
        yield
    except ApiError as e:
        if not e.status:
            raise
        raise ApiError(
            f"cannot {what}",
            status=e.status,
            reason=e.reason,
            transient=e.transient,
            why="you may not" if e.status in (401, 403) else f"{e.what}: {e.why}",
            hint="ask for the rights, or use --context",
        ) from e


def _recipient(text: str) -> Any:
    import pyrage

    kind = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return kind.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise SealingError(
            "this is not a recipient of age",
            hint="one begins with age1 (age-keygen -y FILE shows it), ssh-ed25519 or ssh-rsa",
        ) from None


def _identities(content: bytes) -> list[Any]:
    """The private keys of a file as age-keygen or ssh-keygen writes it."""
    import pyrage

    try:
        if b"PRIVATE KEY-----" in content:
            return [pyrage.ssh.Identity.from_buffer(content)]
        lines = (line.strip() for line in content.decode().splitlines())
        return [
            pyrage.x25519.Identity.from_str(line)
            for line in lines
            if line and not line.startswith("#")
        ]
    except (pyrage.IdentityError, UnicodeDecodeError):
        raise SealingError(
            "this is not an identity of age", hint="one is made by age-keygen, or is an SSH key"
        ) from None
