"""What becomes of the files of a commit: nothing is written before all of it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from reconciler.errors import Place, SealingError
from reconciler.model.files import read
from reconciler.model.fleet import Fleet
from reconciler.model.paths import ENVIRONMENTS
from reconciler.sealing.certificate import Certificate
from reconciler.sealing.certificates import certificates_of
from reconciler.sealing.confirmed_certificates import ConfirmedCertificates
from reconciler.sealing.digest_memory import DigestMemory
from reconciler.sealing.merge_secrets import merge
from reconciler.sealing.scope import Scope, scope_of
from reconciler.sealing.seal import seal
from reconciler.sealing.sealed_files import (
    AppSecrets,
    SealedFile,
    as_kustomization,
    changed,
    find,
    home_of,
    sealed_path,
)
from reconciler.sealing.sealed_secret import SealedSecret
from reconciler.sealing.secret import Secret
from reconciler.trees.edited import EditedTree
from reconciler.trees.tree import Tree
from reconciler.yaml.edit import edited
from reconciler.yaml.read import Document
from reconciler.yaml.write import as_yaml


@dataclass(slots=True)
class StagedEdits:
    """The files as they were staged, and their new contents; None is no longer staged."""

    staged: Tree
    before: Tree  # of the last commit
    fleet: Fleet
    memory: DigestMemory
    confirmed: ConfirmedCertificates
    sealed_with: dict[str, str] = field(default_factory=dict)  # by environment
    edits: dict[str, bytes | None] = field(default_factory=dict)
    rewritten: set[str] = field(default_factory=set)  # files with a document written again

    @property
    def files(self) -> Tree:
        return EditedTree(self.staged, dict(self.edits))

    def changed(self) -> dict[str, bytes | None]:
        """What is to be staged, and was not."""
        return {
            path: content
            for path, content in self.edits.items()
            if content is None or self.staged.fetch(path)[1] != content
        }

    def home(self, file: str) -> AppSecrets:
        """The app whose own file this is."""
        entries = [e for e in self.fleet.entries if file.startswith(f"{e.folder}/")]
        if not entries:
            raise SealingError(
                "it belongs to no environment that it could be sealed for",
                where=Place(file),
                hint=f"put it below {ENVIRONMENTS}/ENV/APP: what others share has no certificate",
            )
        return home_of(self.files, self.fleet, entries[0])

    def sealed(
        self, home: AppSecrets, secret: Secret, found: SealedFile | None = None
    ) -> SealedSecret:
        """As it is called in its file, sealed for what the cluster will call it."""
        certificate = self._certificate(home)
        if found:
            made = merge(home.placed(found.sealed), secret, certificate, self.memory)
            return replace(made, name=found.sealed.name, namespace=found.sealed.namespace)
        scope = scope_of(secret.annotations)
        if scope is Scope.strict:
            scope = Scope(home.environment.sealing.scope)
        name, namespace = home.rendered(secret.name), home.namespace(secret.namespace)
        placed = replace(secret, name=name, namespace=namespace)
        made = seal(placed, certificate, scope, self.memory)
        return replace(made, name=secret.name, namespace=secret.namespace)

    def _certificate(self, home: AppSecrets) -> Certificate:
        found = certificates_of(self.files, home.environment)
        certificate = found.usable()
        self.confirmed.check(home.environment.name, certificate, found.file)
        self.sealed_with[home.environment.name] = certificate.fingerprint
        return certificate

    def put(self, home: AppSecrets, secret: Secret) -> str:
        """Seal it into the SealedSecret of its name, or into a new one; the path of its file."""
        files = self.files
        found = find(files, home, secret.name)
        made = self.sealed(home, secret, found)
        if found:
            edit = changed(found, made)
            self.edits[found.path] = edit.content
            self._note(found.path, edit.rewritten)
            return found.path
        path = sealed_path(home.entry, secret.name)
        self.edits[path] = as_yaml(made.object()).encode()
        return path

    def name_in_kustomization(self, home: AppSecrets, path: str, gone: str = "") -> None:
        """Make the app's kustomization name one file, and not the other."""
        if not home.kustomization:
            return
        document = self.kustomization(home)
        above = f"{home.entry.folder}/"
        named = list(document.value.get("resources") or [])
        kept = [name for name in named if name.removeprefix("./") != gone.removeprefix(above)]
        name = path.removeprefix(above)
        if name not in kept:
            kept.append(name)
        if kept != named:
            self.edit(document, {**document.value, "resources": kept})

    def kustomization(self, home: AppSecrets) -> Document:
        return as_kustomization(read(self.files, home.kustomization), home.kustomization)

    def edit(self, document: Document, value: Mapping[str, object]) -> None:
        found = edited(document, value)
        self.edits[document.file] = found.encoded(read(self.files, document.file))
        self._note(document.file, found.rewritten)

    def _note(self, path: str, rewritten: bool) -> None:
        if rewritten:
            self.rewritten.add(path)
