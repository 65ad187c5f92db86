"""reconciler argocd doctor"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.text import Text

from reconciler.argocd.doctor.diagnosis import Diagnosis, DiagnosisKind
from reconciler.argocd.doctor.examine import examine
from reconciler.cli.options import Output
from reconciler.cli.output import console, while_somebody_reads, write_json
from reconciler.cli.variables import SETTINGS
from reconciler.errors import CheckFailed, Place, UsageError, printable
from reconciler.yaml.nodes import LOADER

EXAMPLES = """**Examples**

`reconciler argocd doctor`: the cluster that is chosen in the kubeconfig

`reconciler argocd doctor --context prod --namespace gitops`: another one

`kustomize build argocd | reconciler argocd doctor -f -`: before it is applied
"""

COLOURS = {
    DiagnosisKind.unsafe: "bold red",
    DiagnosisKind.broken: "bold red",
    DiagnosisKind.slow: "bold yellow",
}


def doctor(
    files: Annotated[
        list[str] | None,
        typer.Option(
            "--filename", "-f", metavar="FILE", help="Look at these manifests; - is standard input."
        ),
    ] = None,
    namespace: Annotated[
        str, typer.Option("--namespace", "-n", metavar="NAME", help="The namespace of Argo CD.")
    ] = "argocd",
    kubeconfig: Annotated[
        str | None,
        typer.Option("--kubeconfig", metavar="FILE", help="The kubeconfig, if not your own."),
    ] = None,
    context: Annotated[
        str | None,
        typer.Option("--context", metavar="NAME", help="A context; otherwise the current one."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
) -> None:
    """Find what makes an installation of Argo CD slow or unsafe with plugins, and what it costs.

    It reads Deployments, StatefulSets, ConfigMaps, Applications and ApplicationSets, and no Secret.
    """
    if files:
        objects = [o for file in files for o in _in_file(file)]
    else:
        objects = list(_in_cluster(namespace, kubeconfig, context))
    found = examine(objects)
    if output is Output.json:
        write_json({"version": 1, "diagnoses": [_document(d) for d in found]})
    else:
        with while_somebody_reads():
            for diagnosis in found:
                _show(diagnosis)
        if not found:
            console().print("nothing found")
    if found:
        raise typer.Exit(CheckFailed.exit_code)


def _in_file(file: str) -> Iterator[Any]:
    try:
        text = typer.get_text_stream("stdin").read() if file == "-" else Path(file).read_text()
        yield from yaml.load_all(text, LOADER)
    except OSError as e:
        raise UsageError(f"{file} cannot be read", why=e.strerror or "") from e
    except (yaml.YAMLError, ValueError) as e:
        mark = getattr(e, "problem_mark", None)
        where = Place(file, mark.line + 1 if mark else 0)
        raise UsageError("this is not YAML", where=where) from None


def _in_cluster(
    namespace: str, kubeconfig: str | None, context: str | None
) -> Iterator[dict[str, Any]]:
    from reconciler.cluster.api_errors import NOT_FOUND, accepting
    from reconciler.cluster.blocking_client import connect
    from reconciler.cluster.kubeconfig import read_kubeconfig

    config = read_kubeconfig([kubeconfig] if kubeconfig else SETTINGS.kubeconfig_files)
    with connect(config.context(context or ""), os.environ) as client:
        for group, kinds in (
            ("apis/apps/v1", ("deployments", "statefulsets")),
            ("api/v1", ("configmaps",)),
            ("apis/argoproj.io/v1alpha1", ("applications", "applicationsets")),
        ):
            for kind in kinds:
                with accepting(NOT_FOUND):  # there is no such kind
                    yield from client.list(f"/{group}/namespaces/{namespace}/{kind}").items


def _show(diagnosis: Diagnosis) -> None:
    out = console(stderr=False)
    out.print(
        Text.assemble(
            (printable(diagnosis.about) + ": ", "bold"),
            (f"{diagnosis.kind}: ", COLOURS[diagnosis.kind]),
            printable(diagnosis.what),
            (f" [{diagnosis.id}]", "dim"),
        )
    )
    out.print(Text(f"  costs: {diagnosis.cost}", "dim"))
    out.print(Text(f"  to do: {diagnosis.remedy}"))


def _document(diagnosis: Diagnosis) -> dict[str, str]:
    return {
        "id": diagnosis.id,
        "kind": str(diagnosis.kind),
        "about": diagnosis.about,
        "what": diagnosis.what,
        "cost": diagnosis.cost,
        "remedy": diagnosis.remedy,
    }
