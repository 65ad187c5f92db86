"""reconciler seal keys"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from reconciler.cli.group import Commands
from reconciler.cli.options import Root
from reconciler.cli.output import console
from reconciler.cli.seal.guard import leave_no_core
from reconciler.cli.seal.options import ContextOption, ControllerOption, Identity, KubeconfigOption
from reconciler.cli.seal.passphrase import ask_passphrase, plain_backup
from reconciler.cli.variables import SETTINGS
from reconciler.errors import UsageError
from reconciler.git.whole_files import PRIVATE_MODE, replace_file
from reconciler.session.sealing import open_sealing_session
from reconciler.session.sealing_controller import WantedCluster, context_for

BACKUP_EXAMPLES = """**Examples**

`reconciler seal keys backup prod keys.age`: encrypted with a passphrase, which it asks for

`reconciler seal keys backup prod keys.age --recipient age1…`: for whoever has that identity
"""
RESTORE_EXAMPLES = """**Examples**

`reconciler seal keys restore prod keys.age --context new-cluster`: before its controller starts
"""

app = Commands("keys", "Back up and restore the private keys of a sealing controller.")
Env = Annotated[str, typer.Argument(metavar="ENV", help="The environment.")]


@app.command("backup", epilog=BACKUP_EXAMPLES)
def backup(
    env: Env,
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="The file to write; it must not exist.")
    ],
    recipient: Annotated[
        list[str] | None,
        typer.Option(
            "--recipient",
            "-r",
            metavar="AGE|SSH",
            help="Whose key opens it, of age or SSH; otherwise a passphrase does.",
        ),
    ] = None,
    controller: ControllerOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
) -> None:
    """Write all keys of the controller into an encrypted file; needs to read Secrets."""
    leave_no_core()
    from reconciler.cluster.blocking_client import connect
    from reconciler.sealing.backup import as_list, encrypted, fetch_keys

    if os.path.exists(file):
        raise UsageError(f"{file} exists", hint="a backup is never overwritten: name a new file")
    wanted = WantedCluster(controller, kubeconfig, context)
    environment = open_sealing_session(SETTINGS, root).environment(env)
    with connect(context_for(SETTINGS, wanted, environment), os.environ) as client:
        keys = fetch_keys(client, _namespace(wanted.service(environment)))
    passphrase = "" if recipient else ask_passphrase(twice=True)
    content = encrypted(as_list(keys), recipient or [], passphrase)
    replace_file(file, content, before=None, mode=PRIVATE_MODE)
    typer.echo(f"{file}: {len(keys)} key{'s' if len(keys) > 1 else ''}")
    console().print("keep it away from this repository, and make another after each new key")


@app.command("restore", epilog=RESTORE_EXAMPLES)
def restore(
    env: Env,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The backup.")],
    identity: Identity = None,
    controller: ControllerOption = None,
    kubeconfig: KubeconfigOption = None,
    context: ContextOption = None,
    root: Root = None,
) -> None:
    """Put the keys of a backup into a cluster; what is there already stays."""
    leave_no_core()
    from reconciler.cluster.blocking_client import connect
    from reconciler.sealing.backup import put_keys
    from reconciler.sealing.keys import read_keys
    from reconciler.yaml.read import read_documents

    wanted = WantedCluster(controller, kubeconfig, context)
    environment = open_sealing_session(SETTINGS, root).environment(env)
    content = plain_backup(file, identity or ())
    read_keys(content, file)
    keys = [document.value for document in read_documents(content, file)]
    with connect(context_for(SETTINGS, wanted, environment), os.environ) as client:
        created, there = put_keys(client, _namespace(wanted.service(environment)), keys)
    typer.echo(f"{len(created)} restored, {len(there)} there already")
    if created:
        console().print("a controller that runs already reads keys when it starts: restart it")


def _namespace(service: str) -> str:
    """Where the controller keeps its keys."""
    if service.startswith(("http://", "https://")):
        raise UsageError(
            "a controller's URL does not say in which namespace its keys are",
            hint="name it as --controller NAMESPACE/NAME",
        )
    return service.partition("/")[0]
