"""What the target would be after the promotion, looked at before it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from reconciler.checks.finding import Severity
from reconciler.sealing.scope import Scope
from reconciler.sealing.seal import seal
from reconciler.sealing.secret import Secret
from reconciler.yaml.write import as_yaml
from tests.promotion.report.conftest import FOLDER, Inspect
from tests.sealing.material import certificate, certificate_pem, private_key

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n---\n"


def pod(*env: str, spec: str = "", name: str = "paw") -> str:
    return (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n"
        f"  containers: [{{name: a, image: 'a@sha256:1', env: [{', '.join(env)}]}}]\n---\n"
    )


def wants(name: str, key: str) -> str:
    return f"{{name: V{key}, valueFrom: {{secretKeyRef: {{name: {name}, key: {key}}}}}}}"


def sealed(name: str, *keys: str, namespace: str = "paw") -> str:
    """By a certificate of the tests, of which an environment knows only if it is told."""
    secret = Secret(name, namespace, {key: bytearray(b"hunter2") for key in keys})
    return as_yaml(seal(secret, certificate(), Scope.strict).object()) + "---\n"


INGRESS = (
    "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i}\n"
    "spec: {tls: [{hosts: [h], secretName: web}]}\n---\n"
)
EXTERNAL = "externals: [{kind: Secret, name: db}]\n"

# What the target has afterwards, and the commands that are missing.
LACKING = {
    "a key": (pod(wants("db", "password")), ["seal prod/paw db --prompt password"]),
    "two keys of one": (
        pod(wants("db", "user"), wants("db", "password")),
        ["seal prod/paw db --prompt password --prompt user"],
    ),
    "all of it": (
        pod().replace("env: []", "envFrom: [{secretRef: {name: db}}]"),
        ["seal prod/paw db --from-env-file FILE"],
    ),
    "one key of a secret that is there": (
        pod(wants("db", "user"), wants("db", "password")) + sealed("db", "user"),
        ["seal prod/paw db --prompt password"],
    ),
    "a certificate": (
        INGRESS,
        ["seal prod/paw web --type kubernetes.io/tls --from-file tls.crt=FILE"
         " --from-file tls.key=FILE"],
    ),
    "in a namespace of its own": (
        pod(wants("db", "a")).replace("{name: paw}", "{name: paw, namespace: other}"),
        ["seal prod/paw db --namespace other --prompt a"],
    ),
    "an odd name": (
        pod(wants("db", "'a;b $(c)'")), ["seal prod/paw db --prompt 'a;b $(c)'"],
    ),
    "optional": (pod(wants("db", "a").replace("key: a", "key: a, optional: true")), []),
    "sealed": (pod(wants("db", "a")) + sealed("db", "a"), []),
}  # fmt: skip


@pytest.mark.parametrize("name", LACKING)
def test_a_secret_that_the_target_lacks_comes_with_the_command_that_seals_it(
    name: str, inspect: Inspect
) -> None:
    after, commands = LACKING[name]
    _, found = inspect(CONFIG, after)
    assert [s.command for s in found.secrets] == [f"reconciler {c}" for c in commands]


def test_what_is_declared_as_external_is_not_lacking(inspect: Inspect) -> None:
    declared = {"environments/prod/environment.yaml": "destination: {cluster: c}\n" + EXTERNAL}
    _, found = inspect(CONFIG, pod(wants("db", "a")), declared)
    assert not found.secrets


def test_what_kustomize_puts_around_a_name_is_not_typed(inspect: Inspect) -> None:
    """`reconciler seal` takes the name that stands in the files of the app."""
    _, found = inspect(
        CONFIG,
        pod(wants("eu-db", "a")),
        entry="namePrefix: eu-\nnamespace: shop\nresources: [{}.yaml]\n",
    )
    assert found.failed == ()
    (lacking,) = found.secrets
    assert lacking.command == "reconciler seal prod/paw db --prompt a"


def test_a_secret_that_was_sealed_for_another_cluster_is_lacking(inspect: Inspect) -> None:
    """As it is when it was copied from another environment."""
    theirs = certificate_pem(private_key(1)).decode()
    files = {"environments/prod/sealing-cert.pem": theirs}
    _, found = inspect(CONFIG, pod(wants("db", "a")) + sealed("db", "a"), files)
    (lacking,) = found.secrets
    assert lacking.command == "reconciler seal prod/paw db --prompt a"
    assert "no certificate of this environment" in lacking.why


@pytest.mark.parametrize(("numbers", "new"), [((0,), None), ((1, 0), 1), ((0, 1), 1)])
def test_the_targets_certificate_is_named_while_nothing_is_sealed_with_it(
    numbers: tuple[int, ...], new: int | None, inspect: Inspect
) -> None:
    """Whose it is nobody can see: whoever promotes may be the first to seal with it."""
    ages = {0: timedelta(days=-30), 1: timedelta(days=-1)}
    pem = b"".join(certificate_pem(private_key(n), begins=ages[n]) for n in numbers).decode()
    app = pod(wants("db", "a")) + sealed("db", "a")
    _, found = inspect(app, app + CONFIG, {"environments/prod/sealing-cert.pem": pem})
    named = found.certificate and found.certificate.fingerprint
    assert named == (None if new is None else certificate(new).fingerprint)
    command = found.certificate.command if found.certificate else ""
    assert command.startswith("reconciler seal cert fetch prod --fingerprint") is bool(named)


def test_the_keys_are_those_that_the_source_has_sealed(inspect: Inspect) -> None:
    files = {
        "environments/stage/paw/kustomization.yaml": "resources: [db.yaml]\n",
        "environments/stage/paw/db.yaml": sealed("db", "user", "password", namespace="stage"),
    }
    after = pod().replace("env: []", "envFrom: [{secretRef: {name: db}}]")
    _, found = inspect(CONFIG, after, files)
    (lacking,) = found.secrets
    assert lacking.command == "reconciler seal prod/paw db --prompt password --prompt user"


def test_what_was_wrong_before_is_no_new_finding(inspect: Inspect) -> None:
    old, new = pod(wants("old", "a")), pod(wants("new", "a"), name="other")
    _, found = inspect(CONFIG + old, old + new + CONFIG)
    assert {f.what for f in found.findings} == {
        "there is no Secret old in the namespace paw",
        "there is no Secret new in the namespace paw",
    }
    (fresh,) = found.new
    assert fresh.what == "there is no Secret new in the namespace paw"
    assert fresh.where
    assert fresh.where.file == f"{FOLDER}/after.yaml"
    assert found.fails


def test_what_breaks_in_another_app_is_found(inspect: Inspect) -> None:
    wanted = pod("{name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}")
    files = {
        "environments/prod/dog/kustomization.yaml": "resources: [pod.yaml]\n",
        "environments/prod/dog/pod.yaml": wanted,
    }
    config = CONFIG.replace("name: c}", "name: c}\ndata: {k: v}")
    _, found = inspect(config, CONFIG, files)
    (fresh,) = found.new
    assert (fresh.folder, fresh.severity) == ("environments/prod/dog", Severity.error)
    assert found.fails
    assert not found.findings


def test_an_app_that_does_not_render_is_told_apart(inspect: Inspect) -> None:
    files = {"environments/prod/dog/kustomization.yaml": "resources: [nowhere.yaml]\n"}
    _, found = inspect(CONFIG, CONFIG + pod(), files)
    assert found.failed == ()  # it was so before, and has no part in this
