"""Repositories that put a value into a Secret in a way that nobody has listed."""

from __future__ import annotations

import base64
import json
import posixpath
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import yaml

NAMES = (
    "kustomization.yaml", "kustomization.yaml", "kustomization.yml", "Kustomization"
)  # fmt: skip
FOLDERS = ("app", "base", "base/inner", "my folder", "environments/prod/shop", "")
ENDINGS = (".yaml", ".yml", ".json", ".YAML", ".txt", "", ".yaml.bak", ".x.y")
STEMS = (
    "db",
    "a",
    "my own",
    "d,b",
    "é",
    "k=v",
    "-x",
    "x#y",
    "config",
    "k:v",
    "[x]",
    "'q'",
    "Secret",
)
VALUE = re.compile(r"hunter[0-9]+z")


@dataclass
class Repository:
    """Its files and links; `values` counts those that may come out."""

    files: dict[str, bytes] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    values: int = 0

    def files_by_blob(self) -> dict[str, str]:
        return {path: path for path in self.files}


class Builder:
    """Draws one repository; each choice is the generator's."""

    def __init__(self, choose: random.Random) -> None:
        self.choose = choose
        self.made = Repository()
        self.folders: list[tuple[str, bool]] = []
        self.names = 0

    def repository(self) -> Repository:
        """From the innermost folder outwards: each may build on all that were made before."""
        folders = self.choose.sample(FOLDERS, self.choose.choice((1, 2, 2, 3)))
        for number, folder in enumerate(folders):
            component = 0 < number < len(folders) - 1 and self.some(0.2)
            self.kustomization(folder, component)
            self.folders.append((folder, component))
        return self.made

    # Chances

    def some(self, chance: float) -> bool:
        return self.choose.random() < chance

    def value(self) -> str:
        self.made.values += 1
        return f"hunter{self.made.values}z"

    def name(self) -> str:
        self.names += 1
        return self.choose.choice(("db", "a", f"n{self.names}"))

    # Files

    def written(self, folder: str, content: str | bytes, kind: str = "") -> str:
        """A new file, or a link to one; how a kustomization in this folder calls it."""
        self.names += 1
        stem = self.choose.choice(STEMS) if self.some(0.4) else "f"
        ending = self.choose.choice(ENDINGS) if self.some(0.5) else kind or ".yaml"
        file = f"{stem}{self.names}{ending}"
        if self.some(0.15):
            file = f"{self.choose.choice(('sub', 'my sub'))}/{file}"
        data = content.encode() if isinstance(content, str) else content
        self.made.files[posixpath.join(folder, file)] = data
        if self.some(0.15):
            self.names += 1
            link = f"link{self.names}{self.choose.choice(('', '.yaml', ' l.txt'))}"
            self.made.links[posixpath.join(folder, link)] = file
            file = link
        elif self.some(0.1):
            self.names += 1
            link = f"links{self.names}"
            self.made.links[posixpath.join(folder, link)] = posixpath.dirname(file) or "."
            file = f"{link}/{posixpath.basename(file)}"
        return f"./{file}" if self.some(0.15) else file

    def text(self, value: Any, *, kustomization: bool = False) -> str:
        """A value as YAML or JSON, in one of the many ways to write it."""
        match self.choose.randrange(8):
            case 0 | 1 | 2:
                return yaml.safe_dump(value, sort_keys=self.some(0.5), allow_unicode=self.some(0.5))
            case 3:
                return yaml.safe_dump(value, default_flow_style=True)
            case 4:
                return json.dumps(value)
            case 5:
                return self.escaped(json.dumps(value, indent=self.choose.choice((None, 2))))
            case 6:
                return yaml.safe_dump(value, default_style=self.choose.choice("\"'"))
            case _:
                text = yaml.safe_dump(value, sort_keys=False)
                return text.replace("\n", "\r\n") if self.some(0.3) and "|" not in text else text

    def escaped(self, text: str) -> str:
        """Letters in quotes as their numbers, here and there."""

        def letter(found: re.Match[str]) -> str:
            return f"\\u{ord(found[0]):04x}" if self.some(0.1) else found[0]

        return re.sub(r"[A-Za-z]", letter, text) if "\\" not in text else text

    def manifest(self, *objects: dict[str, Any]) -> str:
        texts = [self.text(o) for o in objects]
        if len(texts) == 1 and self.some(0.1):
            anchored = yaml.safe_dump({"data": 1}).replace("data: 1\n", "")
            return f"# {{{{ a comment }}}} --- {anchored}\n{texts[0]}"
        return "---\n".join(t if t.endswith("\n") else f"{t}\n" for t in texts)

    # Objects

    def secret(self, name: str, data: dict[str, str] | None = None) -> dict[str, Any]:
        made: dict[str, Any] = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": self.metadata(name),
        }
        if data is None and self.some(0.6):
            data = {self.key(): self.value()}
        if data:
            in_base64 = self.some(0.5)
            made["data" if in_base64 else "stringData"] = {
                k: encoded(v) if in_base64 else v for k, v in data.items()
            }
        return made

    def metadata(self, name: str) -> dict[str, Any]:
        made: dict[str, Any] = {"name": name}
        if self.some(0.3):
            made["labels"] = {"a": "b"}
        if self.some(0.2):
            made["namespace"] = "shop"
        return made

    def key(self) -> str:
        return self.choose.choice(("password", "token", "tls.key", "a_b", "x"))

    def config(self, name: str, data: dict[str, str] | None = None) -> dict[str, Any]:
        kind = self.choose.choice(("ConfigMap", "ConfigMap", "Widget"))
        version = "v1" if kind == "ConfigMap" else self.choose.choice(("v1", "example.org/v1"))
        data = {self.key(): self.value()} if data is None else data
        return {"apiVersion": version, "kind": kind, "metadata": self.metadata(name), "data": data}

    def objects(self) -> list[dict[str, Any]]:
        found = []
        for _ in range(self.choose.choice((1, 1, 2))):
            name = self.name()
            found.append(self.secret(name) if self.some(0.4) else self.config(name))
        if self.some(0.1):
            found.append(self.sealed(self.name()))
        if self.some(0.15):
            kind = self.choose.choice(("List", "List", "SecretList"))
            return [{"apiVersion": "v1", "kind": kind, "items": found}]
        return found

    def sealed(self, name: str) -> dict[str, Any]:
        template = {"metadata": {"name": name}, "data": {"url": "{{ .password }}"}}
        return {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": {"name": name},
            "spec": {"encryptedData": {"password": "AgB"}, "template": template},
        }

    # Kustomizations

    def kustomization(self, folder: str, component: bool) -> None:
        made: dict[str, Any] = {}
        if component:
            made |= {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
        for base, is_component in self.folders:
            if self.some(0.7):
                named = posixpath.relpath("/" + base, "/" + folder) + (
                    "/" if self.some(0.2) else ""
                )
                made.setdefault("components" if is_component else "resources", []).append(named)
        ways = self.choose.sample(WAYS, self.choose.choice((1, 1, 2, 3)))
        if not self.folders or self.some(0.4):
            ways.insert(0, Builder.resource)
        for way in ways:
            way(self, folder, made)
        text = self.text(made, kustomization=True)
        name = self.choose.choice(NAMES)
        if self.some(0.08):
            self.made.files[posixpath.join(folder, "k.txt")] = text.encode()
            self.made.links[posixpath.join(folder, name)] = "k.txt"
        else:
            self.made.files[posixpath.join(folder, name)] = text.encode()

    def resource(self, folder: str, made: dict[str, Any]) -> None:
        file = self.written(folder, self.manifest(*self.objects()))
        made.setdefault(self.choose.choice(("resources", "resources", "bases")), []).append(file)

    def secret_generator(self, folder: str, made: dict[str, Any]) -> None:
        field = "secretGenerator"
        made.setdefault(field, []).append({"name": self.name(), **self.inputs(folder)})

    def config_generator(self, folder: str, made: dict[str, Any]) -> None:
        made.setdefault("configMapGenerator", []).append(
            {"name": self.name(), **self.inputs(folder)}
        )

    def inputs(self, folder: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        if self.some(0.4):
            quote = self.choose.choice(("", "", "'", '"'))
            made["literals"] = [f"{self.key()}={quote}{self.value()}{quote}"]
        if self.some(0.4) or not made:
            key = f"{self.key()}2=" if self.some(0.6) else ""
            text = f"{self.value()}{self.choose.choice(('', chr(10)))}"
            content = b"\xff\0" + text.encode() if self.some(0.1) else text
            named = self.written(folder, content, "")
            made["files"] = [key + named if "=" not in named or key else f"{self.key()}3={named}"]
        if self.some(0.3):
            made["envs"] = [self.written(folder, f"# x\nENV={self.value()}\n", ".env")]
        return made

    def plugin(self, folder: str, kind: str, fields: dict[str, Any]) -> str | list[str]:
        """The configuration of a generator or a transformer: in place, a file or a folder."""
        made = {
            "apiVersion": "builtin", "kind": kind, "metadata": {"name": self.name()}, **fields
        }  # fmt: skip
        match self.choose.randrange(3):
            case 0:
                text = self.text(made)
                return text if "\n" in text else f"{text}\n#"
            case 1:
                return self.written(folder, self.text(made))
            case _:
                self.names += 1
                inner = f"gen{self.names}"
                inside = posixpath.join(folder, inner)
                file = self.written(inside, self.text(made))
                content = self.text({"resources": [file]})
                self.made.files[f"{inside}/{self.choose.choice(NAMES)}"] = content.encode()
                return inner

    def generator(self, folder: str, made: dict[str, Any]) -> None:
        made.setdefault("generators", []).append(
            self.plugin(folder, "SecretGenerator", self.inputs(folder))
        )

    def transformer(self, folder: str, made: dict[str, Any]) -> None:
        fields: dict[str, Any]
        match self.choose.randrange(3):
            case 0:
                kind, fields = "PatchTransformer", self.patch(folder)
            case 1:
                kind = "PrefixTransformer"
                fields = {"prefix": "Sec", "fieldSpecs": [{"path": "kind"}]}
                self.odd_kind(folder, made)
            case _:
                kind, fields = "ReplacementTransformer", {"replacements": [self.copied()]}
        made.setdefault("transformers", []).append(self.plugin(folder, kind, fields))

    def patch(self, folder: str) -> dict[str, Any]:
        """One with a target that is right more often than not."""
        target = self.choose.choice(
            (
                {"kind": "Secret"}, {"name": "db"}, {"kind": "Secret|ConfigMap"}, {"kind": ".*"},
                {"kind": "ConfigMap"}, {"labelSelector": "a=b"}, {"kind": "Widget"},
                {"version": "v1"}, {"name": "n.*"}, {"namespace": "shop"},
            )
        )  # fmt: skip
        content = self.changes()
        made: dict[str, Any] = {"target": target}
        if self.some(0.5):
            made["patch"] = content
        else:
            made["path"] = self.written(folder, content)
        if self.some(0.5):
            made["options"] = {"allowKindChange": True, "allowNameChange": self.some(0.3)}
        return made

    def changes(self) -> str:
        """What a patch does, in either form."""
        key = self.key()
        if self.some(0.5):
            kind = self.choose.choice(("Secret", "Secret", "ConfigMap", "NotImportant"))
            change: dict[str, Any] = {
                "apiVersion": "v1",
                "kind": kind,
                "metadata": {"name": self.choose.choice(("db", "a", "any"))},
            }
            if self.some(0.7):
                field = self.choose.choice(("data", "stringData"))
                value = self.value()
                change[field] = {key: encoded(value) if field == "data" else value}
            return self.text(change)
        operations: list[dict[str, Any]] = []
        if self.some(0.3):
            operations.append({"op": "replace", "path": "/kind", "value": "Secret"})
        value = self.value()
        match self.choose.randrange(4):
            case 0:
                operations.append({"op": "add", "path": "/stringData", "value": {key: value}})
            case 1:
                operations.append({"op": "add", "path": "/data", "value": {key: encoded(value)}})
            case 2:
                operations += [
                    {"op": "add", "path": "/data", "value": {}},
                    {"op": "add", "path": f"/data/{key}", "value": encoded(value)},
                ]
            case _:
                operations.append({"op": "move", "from": "/data", "path": "/stringData"})
        return self.text(operations)

    def patches(self, folder: str, made: dict[str, Any]) -> None:
        patch = self.patch(folder)
        field = "patches"
        if self.some(0.15) and "options" not in patch:
            field = "patchesJson6902"
            patch["target"] = {"version": "v1", "kind": "Secret", "name": "db"}
        made.setdefault(field, []).append(patch)

    def merges(self, folder: str, made: dict[str, Any]) -> None:
        content = self.changes()
        named = content if self.some(0.5) and "\n" in content else self.written(folder, content)
        made.setdefault("patchesStrategicMerge", []).append(named)

    def copied(self) -> dict[str, Any]:
        """A replacement: of a value, of a whole map, of the kind, or of a part of it."""
        source = {
            "kind": self.choose.choice(("ConfigMap", "Widget")),
            "name": self.choose.choice(("db", "a")),
        }
        kind = self.choose.choice(("Secret", "ConfigMap", "Widget"))
        target: dict[str, Any]
        match self.choose.randrange(3):
            case 0:
                source["fieldPath"] = f"data.{self.choose.choice(('password', 'token', 'x'))}"
                field = self.choose.choice(("stringData.copied", "data.copied"))
            case 1:
                source["fieldPath"] = "data"
                field = self.choose.choice(("stringData", "data"))
            case _:
                source["fieldPath"] = "data.x"
                field = "kind"
        target = {"select": {"kind": kind}, "fieldPaths": [field], "options": {"create": True}}
        return {"source": source, "targets": [target]}

    def replacements(self, folder: str, made: dict[str, Any]) -> None:
        copied = self.copied()
        entry = {"path": self.written(folder, self.text([copied]))} if self.some(0.4) else copied
        made.setdefault("replacements", []).append(entry)

    def odd_kind(self, folder: str, made: dict[str, Any]) -> None:
        """An object of a kind that becomes Secret in some way."""
        kind = self.choose.choice(("ret", "ret", "$(KIND)", "$(KIND)ret", "X"))
        found = self.config(self.name()) | {"kind": kind, "apiVersion": "v1"}
        made.setdefault("resources", []).append(self.written(folder, self.manifest(found)))

    def prefix(self, folder: str, made: dict[str, Any]) -> None:
        made["namePrefix"] = "Sec"
        specs = self.text({"namePrefix": [{"path": "kind"}]})
        made.setdefault("configurations", []).append(self.written(folder, specs))
        self.odd_kind(folder, made)

    def variables(self, folder: str, made: dict[str, Any]) -> None:
        value = self.choose.choice(("Secret", "Sec", self.value()))
        source = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "vars"}}
        holder = {**source, "data": {"k": value}}
        made.setdefault("resources", []).append(self.written(folder, self.manifest(holder)))
        made["vars"] = [
            {
                "name": "KIND",
                "objref": {"apiVersion": "v1", "kind": "ConfigMap", "name": "vars"},
                "fieldref": {"fieldpath": "data.k"},
            }
        ]
        paths = [{"path": "kind"}, {"path": "stringData"}, {"path": "data"}]
        specs = self.text({"varReference": paths})
        made.setdefault("configurations", []).append(self.written(folder, specs))
        if self.some(0.5):
            self.odd_kind(folder, made)
        else:
            name = self.name()
            secret = self.secret(name, {"a": "x"}) | {"stringData": {"copied": "$(KIND)"}}
            made["resources"].append(self.written(folder, self.manifest(secret)))

    def remote(self, folder: str, made: dict[str, Any]) -> None:
        """What is nowhere here."""
        url = "https://git.example.org/other/repo//base?ref=v1"
        made.setdefault("resources", []).append(url)

    def looks(self, folder: str, made: dict[str, Any]) -> None:
        """What changes objects and no values."""
        made |= self.choose.choice(
            (
                {"nameSuffix": "-x"}, {"namespace": "shop"}, {"commonLabels": {"a": "b"}},
                {"generatorOptions": {"disableNameSuffixHash": True}},
                {"images": [{"name": "a", "newTag": "b"}]}, {"commonAnnotations": {"x": "Secret"}},
                {"buildMetadata": ["originAnnotations"]}, {"sortOptions": {"order": "fifo"}},
            )
        )  # fmt: skip

    def tagged(self, folder: str, made: dict[str, Any]) -> None:
        """YAML that says the same in a way of its own."""
        value = self.value()
        kind = self.choose.choice(
            ("!!binary U2VjcmV0", "!!str Secret", '"\\x53ecret"', '"Sec\\\n  ret"', "&k Secret",
             "!<tag:yaml.org,2002:str> Secret", '"\\u0053ecret"')
        )  # fmt: skip
        name = self.name()
        data = self.choose.choice(
            (
                f"stringData:\n  x: {value}\n",
                f"stringData: &d\n  x: {value}\n",
                f"base: &b {{x: {value}}}\nstringData: {{<<: *b}}\n",
                f"data:\n  x: {encoded(value)}\n",
                f"stringData:\n  x: !!str {value}\n",
                f"stringData:\n  ? x\n  : {value}\n",
                f'stringData:\n  x: "{value[:3]}\\\n    {value[3:]}"\n',
                f"stringData:\n  x: |-\n    {value}\n",
                f"data:\n  x: !!binary {encoded(value)}\n",
            )
        )
        text = f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}}}\n{data}"
        made.setdefault("resources", []).append(self.written(folder, text))


Way = Callable[[Builder, str, dict[str, Any]], None]
WAYS: tuple[Way, ...] = (
    Builder.resource, Builder.secret_generator, Builder.config_generator, Builder.generator,
    Builder.transformer, Builder.patches, Builder.patches, Builder.merges, Builder.replacements,
    Builder.prefix, Builder.variables, Builder.remote, Builder.looks, Builder.looks, Builder.tagged,
)  # fmt: skip


def encoded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
