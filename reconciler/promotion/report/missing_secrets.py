"""Secrets that the apps would need in the target and not have, and how each is sealed."""

from __future__ import annotations

import json
import shlex
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.checks.check import CheckReport
from reconciler.checks.configuration import ProvidedConfiguration, provided_by
from reconciler.checks.finding import Finding
from reconciler.checks.pod_references import references
from reconciler.checks.sealed import recorded, sealed_secrets
from reconciler.checks.world import World
from reconciler.compare.object_lists import identity_of
from reconciler.compare.report import NewCertificate
from reconciler.kubernetes.objects import Object
from reconciler.model.entry import Entry
from reconciler.model.fleet import Fleet, load_fleet
from reconciler.model.paths import AppName, Folder
from reconciler.promotion.plan.plan import Plan
from reconciler.render.renderer import Renderer
from reconciler.sealing.certificates import find_certificates
from reconciler.sealing.sealed_files import AppSecrets, home_of
from reconciler.sealing.sealed_secret import KIND
from reconciler.trees.tree import Tree

UNREADABLE = ("sealing/binding", "sealing/certificate", "sealing/ciphertext")
TLS = ("tls.crt", "tls.key")


@dataclass(frozen=True, slots=True)
class MissingSecretReport:
    """A Secret, or keys of one, that nothing in the target provides; why, and how to seal it."""

    entry: Entry
    namespace: str
    name: str
    keys: tuple[str, ...]  # none if nothing says which
    why: str
    command: str


def missing_secrets(
    renderer: Renderer, tree: Tree, plan: Plan, after: CheckReport
) -> Iterator[MissingSecretReport]:
    """Nothing that is provided, sealed for the target, or declared as an external."""
    folders: dict[str, Entry] = {step.entry.folder: step.entry for step in plan.due}
    found = _needed(after.world, set(folders))
    reasons = dict.fromkeys(found, "nothing provides it")
    for finding in after.findings:
        if finding.rule in UNREADABLE and finding.folder in folders and finding.object:
            key = (finding.folder, finding.object.namespace, finding.object.name)
            found.setdefault(key, set()).update(_sealed_keys(after.world, *key[1:]))
            reasons[key] = finding.what
    if not found:
        return
    fleet = load_fleet(tree)
    at_source = _keys_in_source(renderer, tree, fleet, plan, {app for app, _, _ in found})
    for (app, namespace, name), keys in sorted(found.items()):
        home = home_of(tree, fleet, folders[app])
        wanted = sorted(keys) or sorted(at_source.get((home.entry.app, name), ()))
        command = seal_command(home, namespace, name, wanted)
        why = reasons[app, namespace, name]
        yield MissingSecretReport(home.entry, namespace, name, tuple(wanted), why, command)


def unused_certificate(tree: Tree, environment: str, world: World) -> NewCertificate | None:
    """The one that would seal next, if what is sealed so far was sealed with others."""
    known = find_certificates(tree, load_fleet(tree).environment(environment))
    if known is None:
        return None
    newest = known.newest.fingerprint
    used = {item.fingerprint for _, s in sealed_secrets(world) for _, item in recorded(s)}
    return NewCertificate(environment, known.file, newest) if used and newest not in used else None


def told_as_lacking(finding: Finding, secrets: Sequence[MissingSecretReport]) -> bool:
    """Does the list of secrets say the same, with a command to it?"""
    rules = ("references/secret", "references/key", *UNREADABLE)
    about = [*finding.what.split(), finding.object.name if finding.object else ""]
    return finding.rule in rules and any(secret.name in about for secret in secrets)


def seal_command(home: AppSecrets, namespace: str, name: str, keys: Sequence[str]) -> str:
    """As it is typed: values are asked for, or come from files.

    The name is the one before Kustomize adds to it.
    """
    own = name.removeprefix(home.said.name_prefix).removesuffix(home.said.name_suffix)
    words = ["reconciler", "seal", str(home.entry), own]
    words += ["--namespace", namespace] if home.namespace() != namespace else []
    if set(TLS) <= set(keys):
        words += ["--type", "kubernetes.io/tls"]
        words += [word for key in keys for word in ("--from-file", f"{key}=FILE")]
    elif keys:
        words += [word for key in keys for word in ("--prompt", key)]
    else:
        words += ["--from-env-file", "FILE"]
    return shlex.join(words)


def _needed(world: World, folders: set[str]) -> dict[tuple[str, str, str], set[str]]:
    """By app, namespace and name: the keys that are known to lack."""
    known = ProvidedConfiguration(world)
    found: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for user, ref in references(world):
        if ref.kind != "Secret" or user.folder not in folders:
            continue
        provided = known.find("Secret", user.namespace, ref.name)
        wanted = {key for _, key in ref.keys if key}
        if user.kind == "Ingress":
            wanted |= set(TLS)
        if provided is None:
            found[user.folder, user.namespace, ref.name] |= wanted
        elif provided.keys is not None and wanted - provided.keys and user.kind != "Ingress":
            found[user.folder, user.namespace, ref.name] |= wanted - provided.keys
    return found


def _sealed_keys(world: World, namespace: str, name: str) -> set[str]:
    sealed = world.find(KIND, namespace, name)
    return {key for p in provided_by(sealed) for key in p.keys or ()} if sealed else set()


def _keys_in_source(
    renderer: Renderer, tree: Tree, fleet: Fleet, plan: Plan, folders: set[str]
) -> Mapping[tuple[AppName, str], frozenset[str]]:
    """What the source has in the secrets of the same names."""
    source = fleet.environment(plan.source)
    apps = {source.entry(s.app).folder: s.app for s in plan.due if s.entry.folder in folders}
    found = {}
    for render in renderer.render_all(tree, [*apps]):
        if render.error:
            continue
        for i, data in enumerate(json.loads(renderer.kernel.objects(render.manifest))):
            for p in provided_by(Object(render.path, i, identity_of(data), data)):
                if p.kind == "Secret" and p.keys:
                    found[apps[Folder(render.path)], p.name] = p.keys
    return found
