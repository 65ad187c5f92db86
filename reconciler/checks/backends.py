"""Where Ingresses, routes and webhooks send their requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reconciler.checks.world import World
from reconciler.kubernetes.access import Data, items, mapping, number, text
from reconciler.kubernetes.objects import Object

ROUTES = ("HTTPRoute", "GRPCRoute", "TCPRoute", "TLSRoute", "UDPRoute")
WEBHOOKS = ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration")


@dataclass(frozen=True, slots=True)
class Backend:
    """A Service that something sends requests to, and at which port."""

    user: Object
    path: str
    namespace: str
    name: str
    port_path: str = ""
    port: int | str | None = None


def backends(world: World) -> Iterator[Backend]:
    for ingress in world.of("Ingress", group="networking.k8s.io"):
        yield from _of_ingress(ingress)
    for route in world.of(*ROUTES, group="gateway.networking.k8s.io"):
        yield from _of_route(route)
    for configuration in world.of(*WEBHOOKS, group="admissionregistration.k8s.io"):
        for i, webhook in items(configuration.data, "webhooks"):
            service = mapping(webhook, "clientConfig", "service")
            yield from _of_service(configuration, service, f"webhooks[{i}].clientConfig.service")
    for api in world.of("APIService", group="apiregistration.k8s.io"):
        yield from _of_service(api, mapping(api.data, "spec", "service"), "spec.service")


def _of_ingress(ingress: Object) -> Iterator[Backend]:
    found = [("spec.defaultBackend", mapping(ingress.data, "spec", "defaultBackend"))]
    for i, rule in items(ingress.data, "spec", "rules"):
        for j, path in items(rule, "http", "paths"):
            found.append((f"spec.rules[{i}].http.paths[{j}].backend", mapping(path, "backend")))
    for at, backend in found:
        service = mapping(backend, "service")
        if name := text(service, "name"):
            by_name = text(service, "port", "name")
            yield Backend(
                ingress,
                f"{at}.service.name",
                ingress.namespace,
                name,
                f"{at}.service.port.{'name' if by_name else 'number'}",
                by_name or number(service, "port", "number"),
            )


def _of_route(route: Object) -> Iterator[Backend]:
    for i, rule in items(route.data, "spec", "rules"):
        for j, ref in items(rule, "backendRefs"):
            at = f"spec.rules[{i}].backendRefs[{j}]"
            if text(ref, "kind") in ("", "Service") and not text(ref, "group"):
                namespace = text(ref, "namespace") or route.namespace
                yield Backend(
                    route,
                    f"{at}.name",
                    namespace,
                    text(ref, "name"),
                    f"{at}.port",
                    number(ref, "port"),
                )


def _of_service(user: Object, service: Data, at: str) -> Iterator[Backend]:
    if name := text(service, "name"):
        yield Backend(
            user,
            f"{at}.name",
            text(service, "namespace"),
            name,
            f"{at}.port",
            number(service, "port") or 443,
        )
