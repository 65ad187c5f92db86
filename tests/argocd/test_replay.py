"""A generation on this machine is asked for as the real repo-server asks for it."""

from __future__ import annotations

import io
import json
import os
import tarfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import pytest

from reconciler.argocd.plugin_pb2 import (
    AppStreamRequest,
    CheckPluginConfigurationResponse,
    ManifestRequestMetadata,
    ManifestResponse,
)
from reconciler.argocd.replay.plugin_client import call
from reconciler.argocd.replay.request import GenerateRequest, common_root, sent
from reconciler.argocd.replay.request import TargetCluster as Told
from reconciler.argocd.replay.response import received
from reconciler.argocd.server.rpc import Code, Refused
from reconciler.errors import CheckFailed, RepositoryError, UsageError
from reconciler.testbed.lifecycle import Testbed
from tests.argocd.client import FLEET, WEB
from tests.conftest import Repo
from tests.testbed.plugin import Cluster
from tests.testbed.test_argocd import application

GENERATE = "/plugin.ConfigManagementPluginService/GenerateManifest"
PATHS = "argocd.argoproj.io/manifest-generate-paths"
NAMELESS = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"


class Recorder(grpc.GenericRpcHandler):
    """A plugin that keeps what it is sent."""

    def __init__(self, answer: ManifestResponse | None = None) -> None:
        self.answer = answer or ManifestResponse(manifests=[NAMELESS])
        self.messages: list[AppStreamRequest] = []

    def service(self, details: Any) -> Any:
        if details.method.endswith("CheckPluginConfiguration"):
            return grpc.unary_unary_rpc_method_handler(
                lambda *_: CheckPluginConfigurationResponse().SerializeToString()
            )
        if not details.method.endswith("GenerateManifest"):
            return None
        return grpc.stream_unary_rpc_method_handler(
            self._take, request_deserializer=AppStreamRequest.FromString
        )

    def _take(self, stream: Iterator[AppStreamRequest], context: Any) -> bytes:
        self.messages = list(stream)
        if self.messages[0].metadata.appName == "refused":
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "a: 100 % wröng\nline")
        return self.answer.SerializeToString()

    @property
    def about(self) -> ManifestRequestMetadata:
        return self.messages[0].metadata

    @property
    def archive(self) -> bytes:
        return b"".join(m.file.chunk for m in self.messages[1:])


@contextmanager
def recording(socket: Path, answer: ManifestResponse | None = None) -> Iterator[Recorder]:
    recorder = Recorder(answer)
    with ThreadPoolExecutor(4) as pool:
        server = grpc.server(pool, options=[("grpc.max_send_message_length", -1)])
        server.add_generic_rpc_handlers((recorder,))
        server.add_insecure_port(f"unix:{socket}")
        server.start()
        try:
            yield recorder
        finally:
            server.stop(None).wait()


def entries(archive: bytes) -> list[tuple[str, int, bytes, str, bytes]]:
    """Names, modes, kinds, where links point, and contents."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return [
            (
                m.name,
                # What Git does not keep is what the repo-server's umask makes of it.
                m.mode & 0o700 if m.isreg() else 0,
                m.type,
                m.linkname,
                (tar.extractfile(m) or io.BytesIO()).read() if m.isreg() else b"",
            )
            for m in tar
        ]


@pytest.fixture
def strange(repo: Repo) -> Repo:
    """All that an archive can hold."""
    repo.write({**FLEET, f"{'long/' * 30}name.yaml": "", "ünïcode.yaml": "a: b\n", "run.sh": ""})
    (repo.path / "run.sh").chmod(0o755)
    (repo.path / "overlays/link").symlink_to("web/deployment.yaml")
    (repo.path / "environments/up").symlink_to("../overlays")
    repo.commit()
    return repo


@pytest.mark.parametrize(
    "annotation", ["", "/environments/dev/web;/overlays/web", ".", "..;/environments/dev/api"]
)
def test_what_is_sent_is_what_the_real_repo_server_sends(
    argocd: Cluster, testbed: Testbed, strange: Repo, annotation: str
) -> None:
    name = argocd.namespace
    made = json.loads(application(argocd, strange, name))
    made["metadata"]["annotations"] = {PATHS: annotation} if annotation else {}
    parameters: list[dict[str, Any]] = [
        {"name": "images", "array": ["web:7"]},
        {"name": "replicas.of", "map": {"web-a": "3"}},
        {"name": "checks", "string": "<off> & ü"},
    ]
    variables = [{"name": "WHO", "value": "$ARGOCD_APP_NAME ${KUBE_VERSION} $$x $NO"}]
    plugin: dict[str, Any] = {"name": f"r-{name}", "env": variables, "parameters": parameters}
    made["spec"]["source"] |= {"path": WEB, "plugin": plugin}
    del made["spec"]["syncPolicy"]
    with recording(testbed.folder.path / f"argocd/plugins/r-{name}.sock") as recorder:
        argocd.kubectl("apply", "-f", "-", stdin=json.dumps(made))
        argocd.kubectl(
            "wait", "-n", "argocd", "--for=jsonpath={.status.sync.revision}",
            f"application/{name}", "--timeout=120s",
        )  # fmt: skip
    argocd.kubectl("delete", "application", name, "-n", "argocd")

    real = {e.name: e.value for e in recorder.about.env}
    asked = GenerateRequest(
        name=name,
        project="default",
        namespace=name,
        repository=f"file://{strange.path}",
        revision="main",
        path=WEB,
        variables=tuple((v["name"], v["value"]) for v in variables),
        parameters=parameters,
        generate_paths=annotation,
    )
    told = Told(real["KUBE_VERSION"], tuple(real["KUBE_API_VERSIONS"].split(",")))
    commit = strange.git("rev-parse", "HEAD")
    found = sent(str(strange.path), commit, asked, told, whole=False)
    ours = AppStreamRequest.FromString(next(found.messages())).metadata
    assert [(e.name, e.value) for e in ours.env] == [(e.name, e.value) for e in recorder.about.env]
    assert (ours.appName, ours.appRelPath) == (recorder.about.appName, recorder.about.appRelPath)
    assert entries(found.archive) == entries(recorder.archive)
    assert {len(m.file.chunk) for m in recorder.messages[1:-1]} <= {1024}


@pytest.mark.parametrize(
    ("path", "annotation", "root"),
    [
        ("a/b", "", ""),
        ("a/b", ".", "a/b"),
        ("a/b", "/a/b;/a/c/d", "a"),
        ("a/b", "../c", "a"),
        ("a/b", "/x", ""),
        ("a/b", ";/a;", "a"),
        ("a/b", "../../../..", ""),
    ],
)
def test_the_root_is_the_folder_around_all_paths(path: str, annotation: str, root: str) -> None:
    assert common_root(path, annotation) == root


@pytest.mark.parametrize("target", ["/etc", "../../x", "web/../../../x"])
def test_a_link_that_leads_out_is_refused_as_the_repo_server_refuses_it(
    repo: Repo, target: str
) -> None:
    repo.commit(FLEET)
    (repo.path / "overlays/link").symlink_to(target)
    asked = GenerateRequest("x", "default", "x", "url", "main", WEB)
    with pytest.raises(RepositoryError, match=r"overlays/link: .*out-of-bounds symlinks"):
        sent(str(repo.path), "0" * 40, asked, Told(), whole=True)
    with pytest.raises(UsageError, match="app path does not exist"):
        sent(str(repo.path), "0" * 40, replace(asked, path="x"), Told(), whole=True)


def test_what_git_ignores_is_not_sent(repo: Repo) -> None:
    repo.commit({**FLEET, ".gitignore": "/secret\n*.key\n"})
    repo.write({"secret/a": "", "environments/dev/web/b.key": "", "new.yaml": ""})
    (repo.path / "secret/out").symlink_to("/etc")
    asked = GenerateRequest("x", "default", "x", "url", "main", WEB)
    found = entries(sent(str(repo.path), "0" * 40, asked, Told(), whole=True).archive)
    names = {name for name, *_ in found}
    assert "new.yaml" in names
    assert not {n for n in names if "secret" in n or n.endswith(".key") or n.startswith(".git/")}


def test_the_caller_speaks_grpc(tmp_path: Path) -> None:
    """With large requests and answers, which need windows to be kept."""
    large = ManifestResponse(manifests=["x" * 3_000_000])
    chunk = AppStreamRequest()
    chunk.file.chunk = os.urandom(700_000)
    about = AppStreamRequest(metadata=ManifestRequestMetadata(appName="a"))
    with recording(tmp_path / "s", large) as recorder:
        messages = [about, chunk, chunk, chunk]
        sent_ = (m.SerializeToString() for m in messages)
        answer = call(str(tmp_path / "s"), GENERATE, sent_, 60)
        assert ManifestResponse.FromString(answer) == large
        assert recorder.messages == messages
        about.metadata.appName = "refused"
        with pytest.raises(Refused) as refused:
            call(str(tmp_path / "s"), GENERATE, [about.SerializeToString()], 60)
        assert refused.value.code is Code.FAILED_PRECONDITION
        assert refused.value.text == "a: 100 % wröng\nline"
        with pytest.raises(Refused) as refused:
            call(str(tmp_path / "s"), "/none/None", [], 60)
        assert refused.value.code is Code.UNIMPLEMENTED
    with pytest.raises(Refused, match="the connection broke"):
        call(str(tmp_path / "gone"), GENERATE, [], 60)


def test_a_plugin_that_does_not_answer_in_time_is_given_up(tmp_path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        with pytest.raises(Refused) as refused:
            call(str(tmp_path / "s"), GENERATE, [b""], 0.1)
    assert refused.value.code is Code.DEADLINE_EXCEEDED


@pytest.mark.parametrize(
    ("text", "objects", "warning"),
    [
        (NAMELESS, 1, ""),
        (f"# only this\n---\n{NAMELESS}---\nnull\n", 1, ""),
        ("apiVersion: v1\nkind: List\nitems:\n- {kind: A, metadata: {name: a}}\n", 1, ""),
        ("kind: ConfigMapList\nitems: []\n", 0, "nothing was generated"),
        ("kind: ConfigMapList\nitems: null\n", 0, "nothing was generated"),
        ('{"kind": "A", "metadata": {"name": "a"}, "spec": {}, "items": null}', 1, ""),
        ("", 0, "nothing was generated"),
        (f"{NAMELESS}---\n{NAMELESS}", 2, "ConfigMap x is there 2 times"),
        ("kind: ConfigMap\n", 1, "has no metadata.name"),
    ],
)
def test_an_answer_is_read_as_the_repo_server_reads_it(
    text: str, objects: int, warning: str
) -> None:
    found = received([text])
    assert len(found.objects) == objects
    assert warning in " ".join(found.warnings)
    assert bool(warning) == bool(found.warnings)


@pytest.mark.parametrize(
    "text", ["- a\n", "hello\n", "metadata: {name: hunter2}\n", "a: [\n", "[" * 500]
)
def test_what_the_repo_server_cannot_read_is_an_error_without_its_text(text: str) -> None:
    with pytest.raises(CheckFailed, match="cannot read what the plugin generated") as refused:
        received([text])
    assert "hunter2" not in "\n".join(refused.value.lines())
