"""Objects that hypothesis makes: small ones, of known kinds and of kinds that nobody knows."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

NAMES = st.sampled_from(["a", "b", "c", "web", "proxy"])
WORDS = st.sampled_from(["", "x", "1", "1000m", "1Gi", "--a=1", "--a=2", "a\nb\n", "a\nc\n", "{}"])
SCALARS = st.one_of(WORDS, st.integers(0, 3), st.booleans(), st.none(), st.just(1.5))
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(NAMES, inner, max_size=3),
        st.lists(st.fixed_dictionaries({"name": NAMES, "value": inner}), max_size=4),
    ),
    max_leaves=12,
)
AMOUNTS = st.sampled_from(["1", "1000m", "1Gi", "1024Mi", 1, "x"])
PORTS = st.lists(
    st.fixed_dictionaries(
        {"containerPort": st.integers(80, 83)},
        optional={"protocol": st.sampled_from(["TCP", "UDP"]), "name": NAMES},
    ),
    max_size=5,
)
CONTAINERS = st.lists(
    st.fixed_dictionaries(
        {"name": NAMES},
        optional={
            "image": WORDS,
            "args": st.lists(WORDS, max_size=5),
            "ports": PORTS,
            "env": st.lists(st.fixed_dictionaries({"name": NAMES, "value": WORDS}), max_size=4),
            "resources": st.fixed_dictionaries(
                {"limits": st.dictionaries(st.sampled_from(["cpu", "memory"]), AMOUNTS)}
            ),
        },
    ),
    max_size=4,
)


def _object(version: str, kind: str, name: str, rest: dict[str, Any]) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **rest}


HASHED = st.sampled_from(["settings", "settings-2456789bcd", "settings-2456789bcf"])
DEPLOYMENTS = st.builds(
    lambda name, containers, settings: _object(
        "apps/v1",
        "Deployment",
        name,
        {
            "spec": {
                "template": {
                    "spec": {
                        "containers": containers,
                        "volumes": [{"name": "v", "configMap": {"name": settings}}],
                    }
                }
            }
        },
    ),
    NAMES,
    CONTAINERS,
    HASHED,
)
CONFIG_MAPS = st.builds(
    lambda name, data: _object("v1", "ConfigMap", name, {"data": data}),
    HASHED,
    st.dictionaries(NAMES, WORDS, max_size=3),
)
SECRETS = st.builds(
    lambda name, data: _object("v1", "Secret", name, {"stringData": data}),
    NAMES,
    st.dictionaries(NAMES, WORDS, max_size=3),
)
CUSTOM = st.builds(
    lambda name, spec: _object("example.com/v1", "Thing", name, {"spec": spec}), NAMES, TREES
)
MANIFESTS = st.lists(
    st.one_of(DEPLOYMENTS, CONFIG_MAPS, SECRETS, CUSTOM),
    max_size=5,
    unique_by=lambda o: (o["kind"], o["metadata"]["name"]),
)


@st.composite
def _edited(draw: st.DrawFn, value: Any) -> Any:
    """The value with some edits: most of it stays, which is what differences are about."""
    edit = draw(st.sampled_from(["keep", "keep", "inside", "inside", "shuffle", "drop", "new"]))
    if edit == "new":
        return draw(SCALARS) if not isinstance(value, (dict, list)) else value
    if isinstance(value, list):
        return draw(_edited_list(value, edit))
    if isinstance(value, dict):
        fields = {k: draw(_edited(v)) if edit == "inside" else v for k, v in value.items()}
        if edit == "drop" and fields:
            del fields[draw(st.sampled_from(sorted(fields)))]
        return fields
    return value


@st.composite
def _edited_list(draw: st.DrawFn, value: list[Any], edit: str) -> list[Any]:
    found = [draw(_edited(item)) if edit == "inside" else item for item in value]
    if edit == "shuffle":
        found = draw(st.permutations(found))
    also: bool = draw(st.booleans())
    if edit in ("drop", "shuffle") and found and also:
        found.pop(draw(st.integers(0, len(found) - 1)))
    if edit == "inside" and found and also:
        found.insert(draw(st.integers(0, len(found))), draw(st.sampled_from(found)))
    return found


@st.composite
def edited_trees(draw: st.DrawFn) -> tuple[Any, Any]:
    before = draw(TREES)
    return before, draw(_edited(before))


@st.composite
def edited_deployments(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    before = draw(DEPLOYMENTS)
    spec = draw(_edited(before["spec"]))
    return before, {**before, "spec": spec}
