"""Writes every text that a user can see to standard output, by file, with its line and kind.

It goes by what each text is handed to. One that is kept in a variable first is listed as `text`, as
are those of reports, and so may be some that only a contributor sees.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
ERRORS = ast.parse((ROOT / "reconciler/errors.py").read_text())
GO_FOLDERS = ("kernel/internal/messages", "kernel/internal/checks")

# What kind of text it is that is handed to a function, or to a class, of this name.
KINDS = {
    **{node.name: "error" for node in ERRORS.body if isinstance(node, ast.ClassDef)},
    **dict.fromkeys(("Annotated", "Argument", "Commands", "Option", "Typer"), "help"),
    **dict.fromkeys(("echo", "print", "show_note", "show_warning"), "print"),
    **dict.fromkeys(("CheckRule", "Finding", "Note", "finding", "missing"), "finding"),
    **dict.fromkeys(("Evidence", "GateResult"), "gate"),
    **dict.fromkeys(("_say", "critical", "debug", "exception", "info", "log", "warning"), "log"),
}
# What is handed to these is for programs and for contributors.
OTHERS = {"AssertionError", "NotImplementedError", "TypeError", "compile", "execute", "split"}

TWO_WORDS = re.compile(r"[a-z}'\"`),.:;] +[a-z{'\"`(]", re.IGNORECASE)
NO_PROSE = re.compile(
    r"\\[bdswSW(]|\(\?|\[\^|\.\*|\w\|[A-Z]?[a-z]|\0|^\s*(<|SELECT|INSERT|CREATE|DELETE|UPDATE|PRAGMA)"
)
GO = re.compile(r'\b(?:about|MustCompile)\(`[^`]*`|//.*|"((?:[^"\\\n]|\\.)*)"|`([^`]*)`')


@dataclass(frozen=True, slots=True, order=True)
class Text:
    file: str
    line: int
    kind: str
    words: str

    def __str__(self) -> str:
        return f"{self.line}: {self.kind}: {' '.join(self.words.split())}"


def texts(root: Path = ROOT) -> list[Text]:
    found = [*python_texts(root), *go_texts(root)]
    return sorted(t for t in found if TWO_WORDS.search(t.words) and not NO_PROSE.search(t.words))


def python_texts(root: Path) -> Iterator[Text]:
    trees = {path: ast.parse(path.read_text()) for path in (root / "reconciler").rglob("*.py")}
    commands = {name for tree in trees.values() for name in listed_commands(tree)}
    for path, tree in trees.items():
        file = str(path.relative_to(root))
        for line, kind, words in found_in(tree, "text", commands):
            yield Text(file, line, kind, words)


def listed_commands(tree: ast.AST) -> Iterator[str]:
    """The functions that a group of commands names beside their modules."""
    for node in ast.walk(tree):
        match node:
            case ast.AnnAssign(target=ast.Name("called"), value=ast.Dict(values=values)):
                yield from (str(v.value) for v in values if isinstance(v, ast.Constant))


def found_in(node: ast.AST, kind: str, commands: set[str]) -> Iterator[tuple[int, str, str]]:
    match node:
        case ast.Constant(value=str(words), lineno=line):
            yield line, kind, words
        case ast.JoinedStr(lineno=line):
            yield line, kind, "".join(map(filled, node.values))
            for hole in node.values:
                if isinstance(hole, ast.FormattedValue):
                    yield from found_in(hole.value, kind, commands)
        case ast.Call() | ast.Subscript():
            called = node.func if isinstance(node, ast.Call) else node.value
            name = ast.unparse(called).rpartition(".")[2]
            if name not in OTHERS:
                for child in ast.iter_child_nodes(node):
                    yield from found_in(child, KINDS.get(name, kind), commands)
        case ast.Assign(targets=[ast.Name(name)]) if name.endswith("EXAMPLES"):
            yield from found_in(node.value, "help", commands)
        case _:
            shown = docstring_kind(node, commands)
            for child in ast.iter_child_nodes(node):
                if not is_docstring(child):
                    yield from found_in(child, kind, commands)
                elif shown:
                    yield from found_in(child, shown, commands)


def filled(part: ast.expr) -> str:
    match part:
        case ast.Constant(value=str(words)):
            return words
        case ast.FormattedValue(value=value):
            names = [n.attr if isinstance(n, ast.Attribute) else n.id for n in names_of(value)]
            return f"{{{names[0] if names else '…'}}}"
    return ""


def names_of(value: ast.expr) -> list[ast.Attribute | ast.Name]:
    return [n for n in ast.walk(value) if isinstance(n, ast.Attribute | ast.Name)]


def is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def docstring_kind(node: ast.AST, commands: set[str]) -> str:
    """Commands, rules and what environment.yaml has are explained by their docstrings."""
    if isinstance(node, ast.FunctionDef):
        by = {ast.unparse(d).partition("(")[0].rpartition(".")[2] for d in node.decorator_list}
        if "command" in by or node.name in commands:
            return "help"
        return "finding" if "rule" in by else ""
    if isinstance(node, ast.ClassDef):
        fields = [ast.unparse(f.annotation) for f in node.body if isinstance(f, ast.AnnAssign)]
        return "help" if any(f.startswith("Annotated[") for f in fields) else ""
    return ""


def go_texts(root: Path) -> Iterator[Text]:
    files = [path for folder in GO_FOLDERS for path in (root / folder).glob("*.go")]
    for path in files:
        if path.name.endswith("_test.go"):
            continue
        source = path.read_text()
        for found in GO.finditer(source):
            line = source.count("\n", 0, found.start()) + 1
            yield Text(str(path.relative_to(root)), line, "kernel", found[1] or found[2] or "")


if __name__ == "__main__":
    file = ""
    for text in texts():
        if text.file != file:
            sys.stdout.write(f"\n{text.file}\n")
        file = text.file
        sys.stdout.write(f"{text}\n")
