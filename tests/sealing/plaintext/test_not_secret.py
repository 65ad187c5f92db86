"""What a template may make of its texts."""

from __future__ import annotations

import pytest

from reconciler.sealing.plaintext.not_secret import content_of, is_reference, means_nothing_secret

ONLY_NAMES = [
    "{{ .Values.a }}",
    '{{ index .Values "a" "b" | b64enc }}',
    '{{ include "x.y" (dict "key" "password" "list" (list "a")) }}',
    '{{ required "name it" .Values.a | quote }}',
    '{{ (lookup "v1" "Secret" "ns" "name").data.password }}',
    '{{ if eq .a "x" }}{{ .b }}{{ end }}',
    '{{ printf "%s:%s" .a .b }}',
    '{{ .Values.a | default "" }}',
    '{{/* "a comment" */}}',
    "{{ lookup('env', 'PASSWORD') }}",
    "{{ hostvars['a'].password }}",
    '{{ with secret "kv/data/a" }}{{ .Data.b }}{{ end }}',
    "{{ randAlphaNum 10 }}",
]
TEXTS = [
    '{{ "hunter2" }}',
    '{{ "hunter2" | b64enc }}',
    '{{ .a | default "hunter2" }}',
    "{{ .a | default (`hunter2`) }}",
    '{{ printf "%s" "hunter2" }}',
    '{{ printf "hunter2%s" .a }}',
    '{{ ternary "hunter2" .a .b }}',
    '{{ coalesce .a "hunter2" }}',
    "{{ a | default('hunter2') }}",
    '{{ list "hunter2" | first }}',
    '{{- $x := "hunter2" -}}',
    'x{{ .a }}',
]  # fmt: skip


@pytest.mark.parametrize("template", ONLY_NAMES)
def test_a_template_that_only_says_where_from_is_a_reference(template: str) -> None:
    assert is_reference(template)


@pytest.mark.parametrize("template", TEXTS)
def test_a_template_with_a_text_that_may_come_out_is_none(template: str) -> None:
    assert not is_reference(template)


def test_in_data_a_reference_may_be_in_base64() -> None:
    assert means_nothing_secret("JHtBfQ==", "data")
    assert not means_nothing_secret("JHtBfQ==", "stringData")
    assert not means_nothing_secret("aHVudGVyMg==", "data")
    assert not means_nothing_secret("/////w==", "data")
    assert content_of("aHVu\n dGVyMg==", "data") == b"hunter2"
    assert content_of("it is not", "data") == b"it is not"
