"""What people really keep in such repositories, and no secret is in, raises no alarm."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.conftest import typed as typed
from tests.conftest import Repo

BEGIN, END = (f"-----{word} RSA PRIVATE KEY-----" for word in ("BEGIN", "END"))
NOTHING_IN_IT = ("key: |", BEGIN, END)
LINE = "MIIEowIBAAKCAQEAtHu1Yn0x1Zp2Wv3Xq4Ry5Sz6Tt7Uu8Vv9Ww0Xx1Yy2Zz3Aa4Bb"

CUT_SHORT = f"```\n{BEGIN}\n{LINE}\n...\n{END}\n```\n"
TEMPLATE = """{{- if .Values.create }}
apiVersion: v1
kind: Secret
type: {{ .Values.type | default "Opaque" }}
metadata:
  name: {{ printf "%s-db" .Release.Name }}
data:
  password: {{ include "common.secrets.manage" (dict "secret" "db" "key" "password" "context" $) }}
  user: {{ required "name a user" .Values.user | b64enc | quote }}
  {{- if eq .Values.kind "tls" }}
  ca.crt: {{ .Files.Get "ca.crt" | b64enc }}
  {{- end }}
  url: {{ printf "%s:%s" .Values.host .Values.port | b64enc }}
{{- end }}
"""


def secret(**values: str) -> str:
    return json.dumps(
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": values}
    )


# Small cases in the manner of thirteen kinds of public repositories.
KINDS: dict[str, Mapping[str, str]] = {
    "clusters that Flux follows": {
        "clusters/a/apps.yaml": "kind: Kustomization\nspec:\n  postBuild:\n    substituteFrom:\n"
        "    - {kind: Secret, name: cluster}\n",
        "apps/base/kustomization.yaml": "resources: [release.yaml]\n",
        "apps/base/release.yaml": "kind: HelmRelease\nspec: {valuesFrom: [{kind: Secret}]}\n",
    },
    "examples of Applications": {
        "app/kustomization.yaml": "resources: [web.yaml]\nnamePrefix: x-\n",
        "app/web.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: "
        "{template: {spec: {containers: [{env: [{valueFrom: {secretKeyRef: {name: a}}}]}]}}}\n",
    },
    "a home with 1Password": {
        "app/secret.yaml": secret(
            password="op://Kubernetes/database/password", api="op://my vault/an app/section/key"
        )
    },
    "a home with SOPS": {
        "app/kustomization.yaml": "resources: [a.sops.yaml]\n",
        "app/a.sops.yaml": secret(a="ENC[AES256_GCM,data:8/s=,iv:x=,tag:y==,type:str]"),
    },
    "a home with variables": {
        "app/secret.yaml": secret(key="${SECRET_KEY}", user="$(USER)", url="<path:kv/data/a#url>")
    },
    "stores of clouds": {
        "a.yaml": secret(
            a="arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf",
            b="vault:secret/data/db#password",
            c="ssm:/prod/db/password",
            d="secretsmanager:prod/db",
            e="projects/12345/secrets/db/versions/latest",
            f="ref+awsssm://prod/db",
        )
    },
    "external secrets": {
        "app/kustomization.yaml": "resources: [e.yaml]\n",
        "app/e.yaml": "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: a"
        "}\nspec: {target: {template: {data: {url: 'x://{{ .user }}'}}}, data: [{secretKey: a}]}\n",
    },
    "sealed secrets": {
        "app/kustomization.yaml": "resources: [s.yaml]\n",
        "app/s.yaml": "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: a}\n"
        "spec: {encryptedData: {password: AgByz}, template: {type: Opaque}}\n",
        ".env": "GO_VERSION=1.26.3\nKIND=v0.30\n",
    },
    "a catalogue of bases": {
        "base/kustomization.yaml": "resources: [s.yaml]\ngenerators: [g.yaml]\n",
        "base/s.yaml": secret(),
        "base/g.yaml": "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: c}\n"
        "literals: [password=not-a-secret]\n",
    },
    "machine learning": {
        "app/kustomization.yaml": "secretGenerator: [{name: hf, literals: [KEY=your-own-key-here, '"
        "OTHER=${HF}']}]\nconfigMapGenerator: [{name: c, literals: [token=of-a-model]}]\n",
    },
    "examples of Kustomize": {
        "app/kustomization.yaml": "configMapGenerator: [{name: c, files: [secret.txt]}]\npatches: "
        "[{target: {kind: ConfigMap}, path: p.yaml}]\n",
        "app/secret.txt": "a story about a secret\n",
        "app/p.yaml": "- {op: add, path: /data/password, value: no-secret}\n",
    },
    "monitoring": {
        "a/rules.yaml": "kind: PrometheusRule\nspec: {groups: [{expr: 'x{secret=\"a\"}'}]}\n",
        "a/role.yaml": "kind: ClusterRole\nrules: [{resources: [secrets], verbs: [list]}]\n",
    },
    "charts": {
        "chart/README.md": CUT_SHORT,
        "chart/values.yaml": "".join(f"## {line}\n" for line in NOTHING_IN_IT) + "key: ''\n",
        "chart/templates/secret.yaml": TEMPLATE,
    },
}


@pytest.mark.parametrize("name", KINDS)
def test_what_others_keep_raises_no_alarm(name: str, repo: Repo, typed: Run) -> None:
    repo.write(KINDS[name])
    repo.git("add", "--all")
    done = typed("secrets", "forbid", cwd=Path(repo.path))
    assert (done.returncode, done.stdout.decode()) == (0, "")


REAL = {
    "beside references": secret(password="op://a/b/c", user="hunter2"),
    "a part of a reference": secret(url="postgres://me:hunter2@${HOST}"),
    "a scheme alone": secret(password="op://hunter2"),
    "a reference and more": secret(password="vault:secret/data/db#password hunter2"),
    "something like a version": secret(password="1.2.3"),
    "a default": secret(password="${PASSWORD:-hunter2}"),
    "a default of a template": secret(password='{{ .Values.x | default (printf "hunter2") }}'),
    "a text of a template": secret(password='{{ printf "%s" "hunter2" }}'),
    "one of two texts": secret(password='{{ ternary "hunter2" "x" .Values.prod }}'),
    "a text that is chosen": secret(
        password='{{ index (list "hunter2") 0 | default "" | cat "x" }}'
    ),
    "a variable of a template": '{{ $pw := "hunter2" }}\n'
    "kind: Secret\nstringData:\n  a: {{ $pw }}\n",
}


@pytest.mark.parametrize("name", REAL)
def test_what_only_looks_harmless_does(name: str, repo: Repo, typed: Run) -> None:
    repo.write({"a.yaml": REAL[name]})
    repo.git("add", "--all")
    done = typed("secrets", "forbid", cwd=Path(repo.path))
    assert done.returncode == 1
    assert b"hunter2" not in done.stdout + done.stderr
