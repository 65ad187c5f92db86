"""What is wrong with how the repo-server, its sidecars and the controllers are started.

Times are those measured with 5,000 small files in a repository, on two cores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from reconciler.argocd.doctor.diagnosis import Diagnosis, DiagnosisKind
from reconciler.argocd.doctor.installation import ArgoCDInstallation, ArgoCDProcess
from reconciler.kubernetes.access import dig, text
from reconciler.yaml.nodes import LOADER

USER = 999
DEFAULT_EXEC_SECONDS = 60
PARAMS = "in the ConfigMap argocd-cmd-params-cm, set"


def of_repo_server(found: ArgoCDInstallation) -> Iterator[Diagnosis]:
    server = found.repo_server
    about = _about(server)
    paths = server.setting(
        "plugin-use-manifest-generate-paths",
        "ARGOCD_REPO_SERVER_PLUGIN_USE_MANIFEST_GENERATE_PATHS",
    )
    if paths.lower() != "true":
        yield Diagnosis(
            "whole-repository",
            DiagnosisKind.slow,
            about,
            "plugins are sent the whole repository for each app",
            "4.5 s an app with a plugin under Argo CD's own server, in place of 0.05 s",
            f'{PARAMS} reposerver.plugin.use.manifest.generate.paths: "true"',
        )
    excluded = server.setting("plugin-tar-exclude", "ARGOCD_REPO_SERVER_PLUGIN_TAR_EXCLUSIONS")
    if ".git" not in excluded.split(";"):
        yield Diagnosis(
            "git-sent",
            DiagnosisKind.slow,
            about,
            "plugins are sent the repository's history in .git",
            "the history is packed, sent and hashed for each app, and may be most of the archive",
            f"{PARAMS} reposerver.plugin.tar.exclusions: .git",
        )
    limit = server.setting("parallelismlimit", "ARGOCD_REPO_SERVER_PARALLELISM_LIMIT")
    if limit in ("", "0"):
        yield Diagnosis(
            "no-parallelism-limit",
            DiagnosisKind.slow,
            about,
            "any number of apps are generated at once",
            "a commit has all its apps generated at once, each with an archive of its own in /tmp:"
            " memory and disk for all of them, and time-outs where they share the processors",
            f'{PARAMS} reposerver.parallelism.limit: "20"',
        )
    links = server.setting("allow-oob-symlinks", "ARGOCD_REPO_SERVER_ALLOW_OUT_OF_BOUNDS_SYMLINKS")
    if links.lower() == "true":
        yield Diagnosis(
            "links-out-of-bounds",
            DiagnosisKind.unsafe,
            about,
            "symbolic links in a repository may lead out of it",
            "whoever writes to a repository can read files of the repo-server",
            "remove reposerver.allow.oob.symlinks from argocd-cmd-params-cm",
        )


def of_sidecars(found: ArgoCDInstallation) -> Iterator[Diagnosis]:
    server = found.repo_server
    shared = server.mounts().get("/tmp")  # noqa: S108
    for sidecar in found.sidecars:
        about = f"{_about(sidecar)}, container {sidecar.name}"
        if shared is not None and sidecar.mounts().get("/tmp") == shared:  # noqa: S108
            yield Diagnosis(
                "shared-tmp",
                DiagnosisKind.unsafe,
                about,
                "the sidecar has the repo-server's /tmp",
                "a plugin reads the checkouts and archives of all other apps, and can change them",
                "mount an emptyDir of its own at /tmp",
            )
        if sidecar.user() != USER:
            yield Diagnosis(
                "other-user",
                DiagnosisKind.broken,
                about,
                f"the sidecar does not run as {USER}, which the repo-server does",
                "its socket cannot be opened: each generation fails with permission denied",
                f"set securityContext.runAsUser: {USER} and runAsNonRoot: true",
            )
        if sidecar.flag("discover"):
            yield _discovery(about, "remove --discover")
        if sidecar.variable("ARGOCD_EXEC_TIMEOUT") is not None:
            yield Diagnosis(
                "exec-timeout",
                DiagnosisKind.broken,
                about,
                "ARGOCD_EXEC_TIMEOUT is set, and has no effect on plugins",
                "a command runs for as long as the controller waits",
                "set controller.repo.server.timeout.seconds in argocd-cmd-params-cm instead",
            )
        own = _number(sidecar.flag("timeout"))
        waits = _patience(found)
        if own is not None and own < waits:
            yield Diagnosis(
                "gives-up-first",
                DiagnosisKind.broken,
                about,
                f"the plugin gives up after {own:g} s, and the controller would wait for {waits:g}",
                "apps fail that would have had the time",
                "raise the plugin's --timeout",
            )


def of_plugin_files(found: ArgoCDInstallation) -> Iterator[Diagnosis]:
    for name, content in found.plugin_files.items():
        about = f"ConfigMap {name}, plugin.yaml"
        try:
            plugin = yaml.load(content, LOADER)  # noqa: S506
        except (yaml.YAMLError, ValueError):
            plugin = None
        if text(plugin, "kind") != "ConfigManagementPlugin":
            yield Diagnosis(
                "no-plugin-file",
                DiagnosisKind.broken,
                about,
                "the file describes no ConfigManagementPlugin",
                "the sidecar does not start",
                "write kind: ConfigManagementPlugin",
            )
            continue
        if dig(plugin, "spec", "discover"):
            yield _discovery(about, "remove spec.discover, and name the plugin in Applications")
        if not dig(plugin, "spec", "version"):
            yield Diagnosis(
                "no-version",
                DiagnosisKind.broken,
                about,
                "the plugin has no version in its name",
                "Argo CD keeps what it generated for 24 hours, whatever version generated it: a new"
                " one changes nothing until the next commit",
                "set spec.version, and name it in Applications as NAME-VERSION",
            )


def of_controllers(found: ArgoCDInstallation) -> Iterator[Diagnosis]:
    sets = found.application_sets
    rolling = [s for s in found.sets if text(s, "spec", "strategy", "type") == "RollingSync"]
    if rolling and sets:
        enabled = sets.setting(
            "enable-progressive-syncs", "ARGOCD_APPLICATIONSET_CONTROLLER_ENABLE_PROGRESSIVE_SYNCS"
        )
        if enabled.lower() != "true":
            yield Diagnosis(
                "no-progressive-syncs",
                DiagnosisKind.unsafe,
                _some(rolling, "ApplicationSet"),
                "its steps are ignored, because progressive syncs are off",
                "all its apps are synced at once",
                f'{PARAMS} applicationsetcontroller.enable.progressive.syncs: "true"',
            )
    if found.settings.get("exec.enabled", "").lower() == "true":
        yield Diagnosis(
            "terminal",
            DiagnosisKind.unsafe,
            "ConfigMap argocd-cm",
            "Argo CD's web pages open shells in the pods of its apps",
            "who may use it changes what no commit says, and reads what pods hold in memory",
            "remove exec.enabled",
        )
    if "configManagementPlugins" in found.settings:
        yield Diagnosis(
            "plugins-in-argocd-cm",
            DiagnosisKind.broken,
            "ConfigMap argocd-cm",
            "plugins are configured where Argo CD no longer looks",
            "they are in effect nowhere",
            "remove configManagementPlugins, and run each in a sidecar",
        )


def _discovery(about: str, remedy: str) -> Diagnosis:
    return Diagnosis(
        "discovery",
        DiagnosisKind.slow,
        about,
        "the plugin is offered to apps that name none",
        "the repository is sent a second time for each app, whole: 5.2 to 8.3 s an app, in place"
        " of 4.5 s; and apps of other kinds are asked about, too",
        remedy,
    )


def _patience(found: ArgoCDInstallation) -> float:
    if found.controller is None:
        return DEFAULT_EXEC_SECONDS
    told = found.controller.setting(
        "repo-server-timeout-seconds", "ARGOCD_APPLICATION_CONTROLLER_REPO_SERVER_TIMEOUT_SECONDS"
    )
    return _number(told) or DEFAULT_EXEC_SECONDS


def _number(written: str | None) -> float | None:
    try:
        return float(written) if written else None
    except ValueError:
        return None


def _about(process: ArgoCDProcess) -> str:
    workload = process.workload
    return f"{text(workload, 'kind')} {text(workload, 'metadata', 'name')}"


def _some(objects: Sequence[object], kind: str) -> str:
    names = [text(o, "metadata", "name") for o in objects]
    return f"{kind} {names[0]}" + (f" and {len(names) - 1} more" if len(names) > 1 else "")
