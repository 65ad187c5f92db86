"""Each way to put a secret into Git in the clear, and a neighbour that is none."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.plaintext import Allowed, PlaintextRules, Values, read_plaintext_rules
from reconciler.sealing.plaintext.detect import plaintext_in

NOTHING = PlaintextRules()
SECRET = "apiVersion: v1\nkind: Secret\nmetadata: {name: db, namespace: shop}\n"
PLAIN = SECRET + "stringData:\n  password: hunter2\n"
OTHER = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {password: hunter2}\n"
AS_JSON = json.dumps(
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db"}, "data": {"password": "aHVu"}}
)
LIST = f"apiVersion: v1\nkind: List\nitems:\n- {AS_JSON}\n"
PATCH = "patches:\n- target: {kind: Secret, name: db}\n  patch: |\n    - op: replace\n"
TEMPLATE = "{{ if .x }}\n" + SECRET + "type: {{ .type }}: x\n"

BODY = "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC"
KEY = f"-----BEGIN RSA PRIVATE KEY-----\n{BODY}\n-----END RSA PRIVATE KEY-----\n"

FOUND = {
    "a Secret": ("a.yaml", PLAIN, "a.yaml:5 password"),
    "base64": ("a.yml", SECRET + "data: {password: aHVudGVyMg==}", "a.yml:4 password"),
    "several keys": ("a.yaml", PLAIN + "data:\n  user: YQ==\n", "a.yaml:5 password,user"),
    "no quotes": ("a.yaml", PLAIN.replace("hunter2", "12345"), "a.yaml:5 password"),
    "no metadata": ("a.yaml", "kind: Secret\ndata: {a: Yg==}\n", "a.yaml:2 a"),
    "among others": ("a.yaml", f"{OTHER}---\n# x\n{PLAIN}---\n{OTHER}", "a.yaml:11 password"),
    "beside what is broken": ("a.yaml", f"a: [\n---\n{PLAIN}", "a.yaml:7 password"),
    "CRLF": ("a.yaml", PLAIN.replace("\n", "\r\n"), "a.yaml:5 password"),
    "a BOM": ("a.yaml", "\ufeff" + PLAIN, "a.yaml:5 password"),
    "JSON": ("a.json", AS_JSON, "a.json:1 password"),
    "JSON with tabs": ("a.json", json.dumps(json.loads(AS_JSON), indent="\t"), "a.json:8 password"),
    "JSON in YAML": ("a.yaml", AS_JSON, "a.yaml:1 password"),
    "one JSON after another": ("a.json", f"{AS_JSON}\n{AS_JSON}", "a.json:1 "),
    "a list": ("a.yaml", LIST, "a.yaml:4 password"),
    "a list of Secrets": (
        "a.yaml",
        "kind: SecretList\nitems:\n- metadata: {name: a}\n  data: {password: aHVu}\n",
        "a.yaml:4 password",
    ),
    "quoted": ("a.yaml", PLAIN.replace("Secret", '"\\x53ecret"'), "a.yaml:5 password"),
    "tagged": ("a.yaml", PLAIN.replace("Secret", "!!str Secret"), "a.yaml:5 password"),
    "an anchor": (
        "a.yaml",
        SECRET + "x: &x {password: hunter2}\nstringData: {<<: *x}\n",
        "a.yaml:4 password",
    ),
    "a file in a ConfigMap": (
        "a.yaml",
        "kind: ConfigMap\ndata:\n  a.yaml: |\n    " + PLAIN.replace("\n", "\n    "),
        "a.yaml:8 password",
    ),
    "what was last applied": (
        "a.yaml",
        f"kind: X\nmetadata:\n  annotations:\n    last: {json.dumps(AS_JSON)}\n",
        "a.yaml:4 password",
    ),
    "a JSON patch": (
        "kustomization.yaml",
        PATCH + "      path: /data/password\n      value: aHVu\n",
        "kustomization.yaml:6 password",
    ),
    "a JSON patch file": (
        "a.yaml",
        "- op: add\n  path: /stringData\n  value: {password: hunter2}\n",
        "a.yaml:3 password",
    ),
    "a merge patch": (
        "kustomization.yaml",
        f"patches:\n- patch: |\n    {PLAIN}".replace("\n", "\n    ").replace("\n    -", "\n-"),
        "kustomization.yaml:7 password",
    ),
    "a template": ("a.yaml", TEMPLATE + "stringData:\n  password: hunter2\n", "a.yaml:7 password"),
    "a template with a block": (
        "a.tpl",
        TEMPLATE + "data:\n  a: {{ .a }}\n  key: |\n    hunter2\n  b: {{ .b }}\n",
        "a.tpl:8 key",
    ),
    "a template with a default": (
        "a.yaml",
        TEMPLATE + 'stringData:\n  password: {{ .p | default "hunter2" }}\n',
        "a.yaml:7 password",
    ),
    "a template in one line": (
        "a.yaml",
        "{{ if .x }}\n{kind: Secret, data: {a: {{ .x }}, password: hunter2}}\n",
        "a.yaml:2 ",
    ),
    "a template that is YAML": (
        "a.yaml",
        SECRET + "data:\n  a: {{ .a | b64enc }}\n  password: hunter2\n",
        "a.yaml:6 password",
    ),
    "literals": (
        "base/kustomization.yaml",
        "secretGenerator:\n- name: db\n  literals:\n  - password=hunter2\n  - empty=\n",
        "base/kustomization.yaml:4 password",
    ),
    "literals in other case": (
        "Kustomization",
        "SecretGenerator: [{name: db, literals: ['password=hunter2']}]\n",
        "Kustomization:1 password",
    ),
    "an env file": (".env", "# x\nA=\nexport PASSWORD='hunter2'\nB=$(C)\n", ".env:3 PASSWORD"),
    "a named env file": ("a/db.secret.env", "PASSWORD=hunter2", "a/db.secret.env:1 PASSWORD"),
    "a secret file": (
        "db.secret.yaml",
        "db:\n  password: hunter2\n  hosts: [a]\n",
        "db.secret.yaml:2 db.password,db.hosts",
    ),
    "a secret file that is broken": ("db.secret.yaml", "a: [hunter2\n", "db.secret.yaml:1 "),
    "a private key": ("a.txt", f"\n{KEY}", "a.txt:2 "),
    "an age key": ("a", "AGE-SECRET-KEY-1" + "Q" * 58, "a:1 "),
}

NONE = {
    "a ConfigMap": ("a.yaml", OTHER),
    "a SealedSecret": ("a.secret.yaml", PLAIN.replace("Secret", "SealedSecret")),
    "another kind": ("a.yaml", PLAIN.replace("v1", "example.org/v1")),
    "a reference": ("a.yaml", "kind: Pod\nspec: {x: {kind: Secret, name: db}}\n"),
    "no data": ("a.yaml", SECRET + "type: kubernetes.io/service-account-token\n"),
    "empty values": ("a.yaml", SECRET + "data: {a: '', b: ~, c: null}\nstringData: {}\n"),
    "a template's values": ("a.yaml", SECRET + "data:\n  a: {{ .Values.a | b64enc }}\n"),
    "a quoted template": ("a.yaml", SECRET + "data:\n  a: '{{ index .Values \"a\" }}'\n"),
    "a broken template's values": (
        "a.yaml",
        TEMPLATE + "data:\n  a: {{ .a }}\n{{- if .b }}\n  b: |\n    {{ .b }}\n{{- end }}\n",
    ),
    "values from elsewhere": ("a.yaml", TEMPLATE + "data: {{- toYaml .Values | nindent 2 }}\n"),
    "values from elsewhere below": ("a.yaml", TEMPLATE + "data:\n{{ toYaml .x | indent 2 }}\n"),
    "a broken file about Secrets": ("a.yaml", "# kind: Pod, not a Secret\na: [\n"),
    "variables": ("a.yaml", SECRET + "stringData: {a: '${A}', b: $(B), c: <the password>}\n"),
    "sops": ("a.yaml", SECRET + "data: {a: 'ENC[AES256_GCM,data:x,iv:y,tag:z,type:str]'}\n"),
    "a JSON patch of a ConfigMap": (
        "kustomization.yaml",
        PATCH.replace("Secret", "ConfigMap") + "      path: /data/a\n      value: b\n",
    ),
    "a generator of files": ("kustomization.yaml", "secretGenerator: [{files: [a.txt]}]\n"),
    "a generator of a ConfigMap": ("kustomization.yaml", "configMapGenerator: [{literals: [a=b]}]"),
    "an example": (".env.example", "PASSWORD=hunter2\n"),
    "other variables": ("config.env", "PASSWORD=hunter2\n"),
    "documentation": ("a.md", PLAIN),
    "an encrypted key": ("a.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII\n"),
    "a word about a key": ("a.py", 'if text == "-----BEGIN PRIVATE KEY-----": pass\n'),
    "a program": ("a.bin", "\0" + PLAIN),
    "nothing": ("a.yaml", ""),
}


def found(file: str, text: str, rules: PlaintextRules = NOTHING) -> list[str]:
    made = plaintext_in(file, text.encode(), rules)
    assert "hunter2" not in repr(made) + "".join(map(str, made))
    return [f"{p.file}:{p.line} {','.join(k.name for k in p.keys)}" for p in made]


@pytest.mark.parametrize("name", FOUND)
def test_what_is_in_the_clear_is_found_at_its_line_with_its_keys(name: str) -> None:
    file, text, expected = FOUND[name]
    assert found(file, text) == [expected]


@pytest.mark.parametrize("name", NONE)
def test_what_is_not_in_the_clear_is_left_alone(name: str) -> None:
    assert found(*NONE[name]) == []


def test_values_of_a_chart_are_found_by_the_names_that_are_configured() -> None:
    rules = PlaintextRules(
        values=(Values(files="charts/*/values.yaml", keys=("auth.password", "**.token")),)
    )
    text = "auth: {password: hunter2, user: a}\na: [{b: {token: hunter2}}]\ntoken: ''\n"
    assert found("charts/a/values.yaml", text, rules) == [
        "charts/a/values.yaml:1 auth.password,a.b.token"
    ]
    assert found("charts/values.yaml", text, rules) == []


def test_a_file_can_be_named_as_secret_whatever_it_holds() -> None:
    rules = PlaintextRules(inputs=("**/*.key",))
    assert found("a/b.key", "hunter2", rules) == ["a/b.key:1 "]
    assert [str(p) for p in plaintext_in("b.key", b"\0\1", rules)] == ["the file in the clear"]
    assert found("a/b.key", " \n", rules) == []


@pytest.mark.parametrize(
    ("file", "key", "left"),
    [
        ("a.yaml", "*", []),
        ("*.yaml", "password", ["a.yaml:6 user"]),
        ("*.yaml", "*s*", []),
        ("b.yaml", "*", ["a.yaml:5 password,user"]),
    ],
)
def test_what_is_allowed_is_allowed_by_file_and_key(file: str, key: str, left: list[str]) -> None:
    rules = PlaintextRules(allowed=(Allowed(file=file, key=key, reason="Made up."),))
    assert found("a.yaml", PLAIN + "  user: hunter2\n", rules) == left


def test_a_file_that_is_too_large_to_be_looked_at_does_not_pass() -> None:
    [about] = plaintext_in("a.yaml", None, NOTHING)
    assert str(about) == (
        "the file, which is too large to be looked at, may hold secrets in the clear"
    )
    assert plaintext_in("a.bin", None, NOTHING) == []


def test_a_secret_of_two_mebibytes_is_found() -> None:
    text = f"{SECRET}stringData:\n  password: {'x' * (2 << 20)}\n"
    assert found("a.yaml", text) == ["a.yaml:5 password"]


def test_a_file_that_is_nested_without_end_ends_nothing() -> None:
    deep = "kind: Secret\nx: " + "[" * 100_000
    assert found("a.yaml", deep) == []
    assert found("a.yaml", f"kind: Secret\ndata: {{a: b, x: {'[' * 100_000}") == ["a.yaml:2 "]


def test_aliases_do_not_multiply() -> None:
    laughs = "a: &a [x]\n" + "".join(
        f"a{i}: &a{i} [{', '.join([f'*a{i - 1}' if i else '*a'] * 9)}]\n" for i in range(30)
    )
    assert found("a.yaml", laughs + PLAIN) == ["a.yaml:36 password"]


@given(
    key=st.from_regex(r"[-._A-Za-z0-9]{1,20}", fullmatch=True),
    value=st.text(min_size=12).filter(lambda t: t.strip(" \n\r\t'\"<>{}[]$()")),
    in_base64=st.booleans(),
    as_yaml=st.booleans(),
)
def test_no_value_is_ever_shown(key: str, value: str, in_base64: bool, as_yaml: bool) -> None:
    import yaml

    plain = base64.b64encode(value.encode(errors="replace")).decode() if in_base64 else value
    secret = {"kind": "Secret", "data" if in_base64 else "stringData": {key: plain}}
    text = yaml.safe_dump(secret) if as_yaml else json.dumps(secret)
    [made] = plaintext_in("a.yaml", text.encode(), NOTHING)
    assert [k.name for k in made.keys] in ([key], [""])  # the last where it is not YAML
    assert plain not in str(made) + repr(made)


def test_the_rules_say_where_they_are_wrong() -> None:
    with pytest.raises(Exception, match=r"\.plaintext-secrets\.yaml:2:5: .*reason is missing"):
        read_plaintext_rules(b"allowed:\n  - file: a.yaml\n")
    assert read_plaintext_rules(b"# nothing\n") == NOTHING


def test_a_name_that_may_be_a_value_is_not_shown() -> None:
    [made] = plaintext_in(
        "kustomization.yaml", b"secretGenerator: [{literals: [hunter2]}]", NOTHING
    )
    assert str(made) == "the generator of a Secret holds a value without a name in the clear"
