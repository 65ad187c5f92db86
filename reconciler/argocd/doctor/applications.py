"""What is wrong with how Applications use plugins."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from reconciler import __version__
from reconciler.argocd.applications.manifests import GENERATE_PATHS
from reconciler.argocd.doctor.diagnosis import Diagnosis, DiagnosisKind
from reconciler.argocd.doctor.installation import ArgoCDInstallation, Object
from reconciler.kubernetes.access import dig, text

VERSION = re.compile(r"-v\d")
OURS = re.compile(r"reconciler(?:-stock)?-v(?P<version>\S+)")
TYPES = ("helm", "kustomize", "directory", "plugin", "chart")
FEW = 3

Test = Callable[[Object], bool]


def of_applications(found: ArgoCDInstallation) -> Iterator[Diagnosis]:
    """Each said once, with how many Applications it is true of."""
    for diagnosis, test in (
        (
            Diagnosis(
                "no-plugin-name",
                DiagnosisKind.slow,
                "",
                "uses a plugin without naming it",
                "each plugin is asked about the repository until one says yes, and is sent all of"
                " it for that: 5.2 to 8.3 s an app, in place of 4.5 s",
                "set spec.source.plugin.name",
            ),
            lambda source: "plugin" in source and not text(source, "plugin", "name"),
        ),
        (
            Diagnosis(
                "old-version",
                DiagnosisKind.broken,
                "",
                f"names another version of the plugin than {__version__}",
                "once that sidecar is gone, generations fail with: could not find cmp-server"
                " plugin",
                "run reconciler argocd apps, and commit what it writes",
            ),
            _is_old,
        ),
        (
            Diagnosis(
                "no-version-named",
                DiagnosisKind.broken,
                "",
                "names a plugin without a version",
                "after an upgrade of the plugin, Argo CD serves what the old one generated, until"
                " the next commit or for 24 hours",
                "give the plugin a version, and name both",
            ),
            lambda source: (
                bool(text(source, "plugin", "name"))
                and not VERSION.search(text(source, "plugin", "name"))
            ),
        ),
    ):
        yield from _said(diagnosis, [a for a in found.applications if _any(a, test)])
    watching_nothing = [
        a
        for a in found.applications
        if _any(a, lambda source: "plugin" in source)
        and not text(a, "metadata", "annotations", GENERATE_PATHS)
    ]
    yield from _said(
        Diagnosis(
            "no-generate-paths",
            DiagnosisKind.slow,
            "",
            f"has no annotation {GENERATE_PATHS}",
            "each commit to the repository has the app generated again, from all of the repository",
            "run reconciler argocd apps, which writes the paths that the app reads",
        ),
        watching_nothing,
    )
    if any(s.flag("discover") for s in found.sidecars):
        yield from _said(
            Diagnosis(
                "no-type",
                DiagnosisKind.slow,
                "",
                "does not say of which type its source is, while a plugin is offered to all",
                "the whole repository is sent to that plugin, only to learn that it is not for it",
                "name the type in spec.source, such as directory: {include: '*'}",
            ),
            [a for a in found.applications if _any(a, lambda s: not set(TYPES) & set(s))],
        )


def _is_old(source: Object) -> bool:
    named = OURS.fullmatch(text(source, "plugin", "name"))
    return named is not None and named["version"] != __version__


def _any(application: Object, test: Test) -> bool:
    """Of one of its sources, if it has several."""
    sources = dig(application, "spec", "sources") or [dig(application, "spec", "source")]
    return any(isinstance(source, dict) and test(source) for source in sources)


def _said(diagnosis: Diagnosis, applications: list[Object]) -> Iterator[Diagnosis]:
    if applications:
        names = [text(a, "metadata", "name") for a in applications]
        more = f" and {len(names) - FEW:,} more" if len(names) > FEW else ""
        about = f"Application {', '.join(names[:FEW])}{more}"
        yield Diagnosis(
            diagnosis.id,
            diagnosis.kind,
            about,
            diagnosis.what,
            diagnosis.cost,
            diagnosis.remedy,
        )
