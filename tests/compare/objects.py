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
