"""What a clone remembers of the certificates that it sealed with."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.errors import SealingError
from reconciler.sealing.confirmed_certificates import ConfirmedCertificates
from tests.conftest import Repo
from tests.sealing.material import certificate


def test_the_first_is_remembered_and_another_is_refused(repo: Repo) -> None:
    clone = ConfirmedCertificates(str(repo.path))
    clone.check("prod", certificate(0), "cert.pem")
    clone.check("prod", certificate(0), "cert.pem")
    clone.check("dev", certificate(1), "cert.pem")
    with pytest.raises(SealingError, match="with which nothing was sealed here"):
        clone.check("prod", certificate(1), "cert.pem")
    clone.add("prod", certificate(1))
    clone.check("prod", certificate(1), "cert.pem")
    assert clone.of("prod") == [certificate(n).fingerprint for n in (0, 1)]
    assert ConfirmedCertificates(str(repo.path)).of("prod") == clone.of("prod")


def test_where_there_is_no_clone_nothing_is_remembered(tmp_path: Path) -> None:
    place = ConfirmedCertificates(str(tmp_path))
    for number in (0, 1):
        place.check("prod", certificate(number), "cert.pem")
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_read_is_not_taken_for_nothing(repo: Repo) -> None:
    (repo.path / ".git/reconciler/certificates").mkdir(parents=True)
    with pytest.raises(SealingError, match="list of certificates that this clone has sealed with"):
        ConfirmedCertificates(str(repo.path)).check("prod", certificate(0), "cert.pem")
