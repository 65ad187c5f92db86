"""TLS to an API server: whom to trust, and the certificate to show."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from reconciler.errors import ClusterError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.cluster.api_access import Access
    from reconciler.cluster.auth import Proof

PIPE_BYTES = 1 << 15


def tls_context(access: Access, proof: Proof) -> ssl.SSLContext:
    try:
        found = ssl.create_default_context(cadata=access.authority.decode() or None)
    except (ssl.SSLError, UnicodeDecodeError):
        raise ClusterError(f"the certificate authority of {access.name} is damaged") from None
    if access.authority:
        # As Go's clients have it: any certificate that is given is trusted, and clusters have
        # authorities without the extensions that Python 3.13 asks for (kubernetes-client/python
        # 2394).
        found.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        found.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not access.is_name_checked or not access.is_verified:
        found.check_hostname = False
    if not access.is_verified:
        found.verify_mode = ssl.CERT_NONE
    if proof.certificate:
        _show_certificate(found, access, proof)
    return found


def _show_certificate(context: ssl.SSLContext, access: Access, proof: Proof) -> None:
    try:
        with _in_pipe(proof.certificate) as one, _in_pipe(proof.key) as other:
            # With a password, even a wrong one, nobody is asked for it on the terminal.
            context.load_cert_chain(one, other, password="")
    except (ssl.SSLError, OSError):
        raise ClusterError(
            f"the client certificate of {access.name} cannot be used",
            hint="is its key the right one, and not encrypted?",
        ) from None


@contextmanager
def _in_pipe(content: bytes) -> Iterator[str]:
    """A path to read this from, for what takes only files: a key is not written to disk."""
    if len(content) > PIPE_BYTES:
        raise ClusterError("the client certificate of the kubeconfig is far too long")
    reading, writing = os.pipe()
    try:
        os.write(writing, content)
        os.close(writing)
        yield f"/dev/fd/{reading}"
    finally:
        os.close(reading)
