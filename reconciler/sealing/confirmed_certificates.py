"""The certificates that this clone seals with: another than before is to be compared first.

Whoever may write to the repository can add a certificate, which then seals, and whose key opens
what was sealed. So a clone remembers what it sealed with, where nobody else writes.
"""

from __future__ import annotations

import os

from reconciler.errors import Place, SealingError
from reconciler.git.file_lock import only_writer
from reconciler.git.locate import find_root, git_folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.sealing.certificate import Certificate


class ConfirmedCertificates:
    """A file of this clone with a line for each: ENVIRONMENT FINGERPRINT.

    Without a repository nothing is remembered, and the first one of an environment is taken as it
    is: nobody can say better here.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        git = find_root(root)
        self._file = os.path.join(git_folder(git), "reconciler", "certificates") if git else ""

    def of(self, environment: str) -> list[str]:
        """Their fingerprints, the last that was added at the end."""
        try:
            with open(self._file, encoding="utf-8") as file:
                lines = [line.split() for line in file]
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as e:
            raise SealingError(
                "the list of certificates that this clone has sealed with cannot be read",
                where=Place(self._file),
                why=getattr(e, "strerror", "") or "it is not text",
            ) from e
        return [words[1] for words in lines if len(words) == 2 and words[0] == environment]

    def add(self, environment: str, certificate: Certificate) -> None:
        if not self._file or certificate.fingerprint in self.of(environment):
            return
        with only_writer(self._root), open(self._file, "a", encoding="utf-8") as file:
            file.write(f"{environment} {certificate.fingerprint}\n")

    def is_another(self, environment: str, certificate: Certificate) -> bool:
        known = self.of(environment)
        return bool(known) and certificate.fingerprint not in known

    def check(self, environment: str, certificate: Certificate, file: str) -> None:
        """Raises why nothing is to be sealed with it; the first one is remembered."""
        if self.is_another(environment, certificate):
            found = certificate.fingerprint
            raise SealingError(
                f"the certificate of {environment} is {found}, with which nothing was sealed here",
                where=Place(file),
                why=f"it was {self.of(environment)[-1]} so far, and whoever has the new one's key "
                "can read what is sealed with it",
                hint=f"reconciler seal cert fetch {environment} --fingerprint {found} "
                "asks the controller whether it is its own; "
                f"reconciler seal cert confirm {environment} {found} takes your word for it",
            )
        self.add(environment, certificate)
