"""Whatever is wrong with a Secret: what is in it appears nowhere that people or programs read."""

from __future__ import annotations

import json
from base64 import b64encode

import pytest

from tests.cli.test_run_settings import eventually
from tests.cli.test_run_watched import free_port, text_of
from tests.controller.conftest import RealApp
from tests.controller.conftest import real_app as real_app
from tests.faults.conftest import Begin, Fleet, configs
from tests.faults.faults import Answer, Send, refused
from tests.faults.proxy import FaultProxy

CANARY = "cANAry7f3a"
CODED = b64encode(CANARY.encode()).decode()
HEAD = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: NAME}\n"
WRONG = {
    "no-base64": f"data: {{password: '{CANARY}!!'}}\n",
    "no-text": f"data: {{password: {{inner: {CANARY}}}}}\n",
    "no-mapping": f"data: {CANARY}\n",
    "a-list": f"data: [{CANARY}]\n",
    "misplaced": f"dataa: {{password: {CANARY}}}\n",
    "no-boolean": f"immutable: {CANARY}\ndata: {{password: {CODED}}}\n",
    "no-json": "type: kubernetes.io/dockerconfigjson\n"
    f"stringData: {{.dockerconfigjson: {CANARY}}}\n",
    "no-keys": f"type: kubernetes.io/tls\nstringData: {{password: {CANARY}}}\n",
    "never-changes": f"immutable: true\nstringData: {{password: {CANARY}}}\n",
    "unknown": f"stringData: {{password: {CANARY}}}\nfoo: bar\n",
}


@pytest.mark.usefixtures("definitions")
def test_what_is_in_a_secret_is_said_nowhere(fleet: Fleet, proxy: FaultProxy, begin: Begin) -> None:
    port = free_port()
    fine = {name: configs("1", f"{name}-fine") for name in (*WRONG, "quoted", "fine")}
    changes = HEAD.replace("NAME", "never-changes") + WRONG["never-changes"]
    fleet.say(**{"never-changes": changes.replace(CANARY, "first")})
    running = begin(proxy, *("--interval", "1", "--lease", "3", "--metrics", f"127.0.0.1:{port}"))
    running.wait_for("well", app=f"{fleet.name}/never-changes")

    async def quotes(send: Send) -> Answer:
        """As something may do that stands between, and is no API server."""
        return Answer(502, f"you sent {CANARY} and {CODED}".encode())

    proxy.meet(lambda r: r.path.endswith("/secrets/quoted"), quotes)
    quoting = refused(500, "InternalError", f"got &value{{Value:{CANARY} {CODED}}}")
    proxy.meet(lambda r: r.path.endswith("/secrets/no-keys"), quoting)
    secrets = {name: HEAD.replace("NAME", name) + text for name, text in WRONG.items()}
    secrets["quoted"] = f"{HEAD}stringData: {{password: {CANARY}}}\n".replace("NAME", "quoted")
    fleet.say(**{name: text + secrets.get(name, "") for name, text in fine.items()})
    eventually(lambda: fleet.values("fine"), {"fine-fine": "1"})

    def told() -> set[str]:
        lines = [json.loads(line) for line in running.log.read_text().splitlines()]
        return {t["app"].partition("/")[2] for t in lines if "error" in t and "app" in t}

    eventually(told, {*WRONG, "quoted"})
    kubectl = fleet.cluster.kubectl
    said = {
        "log": running.log.read_text(),
        "events": kubectl("get", "events", "-A", "-o", "yaml"),
        "newer events": kubectl("get", "events.v1.events.k8s.io", "-A", "-o", "yaml"),
        "apps": kubectl("get", "rapp,renv", "-A", "-o", "yaml"),
        "inventories": kubectl("get", "configmaps", "-n", "reconciler-system", "-o", "yaml"),
        "metrics": text_of(port, "/metrics"),
    }
    assert [
        f"{where}: {line}"
        for where, text in said.items()
        for line in text.splitlines()
        if CANARY in line or CODED in line
    ] == []
    assert all(fleet.name in text for where, text in said.items())


@pytest.mark.parametrize("name", [*WRONG])
def test_what_the_server_says_of_a_secret_that_no_check_saw_is_kept_from_people(
    name: str, real_app: RealApp
) -> None:
    text = HEAD.replace("NAME", name) + WRONG[name]
    real_app.sync(text.replace(CANARY, "first") if name == "never-changes" else "")
    said = [line for done in real_app.sync(text) if done.error for line in done.error.lines()]
    assert said
    assert not [line for line in said if CANARY in line or CODED in line]
