"""The URL of a repository, as Kustomize takes it in a kustomization."""

from __future__ import annotations

import re

from reconciler.git.addresses import address, protocol, without_user

SCP_USER = re.compile(r"[A-Za-z][\w-]*@")
PASSWORD = re.compile(r"(?<=[^/:@]):[^/@:]*(?=@)")


def kustomize_url(url: str, root: str) -> str | None:
    """None where Kustomize does not speak what Git does; a path may be relative to the root.

    No password comes along, nor a user of a website: each clone would have it.
    """
    url = url.strip().rstrip("/")
    scheme = protocol(url)
    if scheme == "file":
        bare = url.endswith(".git") and not url.endswith("/.git")
        return f"file://{address(url, root)}" + (".git" if bare else "")
    if scheme not in ("https", "http", "ssh"):
        return None
    if "://" in url:
        return PASSWORD.sub("", url) if scheme == "ssh" else without_user(url)
    if SCP_USER.match(url):
        return url
    host, _, path = url.partition(":")
    return f"ssh://{host}/{path.lstrip('/')}"
