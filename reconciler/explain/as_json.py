"""An explanation as JSON; docs/reference/json.md describes the shape."""

from __future__ import annotations

from reconciler.compare.as_json import change_document, identity_document
from reconciler.errors import Place
from reconciler.explain.explained_app import ExplainedApp
from reconciler.explain.object_history import FieldHistory, ObjectEvent, Setting
from reconciler.explain.origin import Origin
from reconciler.explain.steps import KustomizationStep
from reconciler.kubernetes.values import ABSENT, hides, plain
from reconciler.text.json_object import JsonObject


def app_document(app: ExplainedApp) -> JsonObject:
    return {
        "version": 1,
        "path": app.folder,
        "kustomizations": [
            {**_file(k.file), "steps": [_step(step) for step in k.steps]}
            for k in app.kustomizations
        ],
        "objects": [
            {**identity_document(identity), "origin": _origin(origin)}
            for identity, origin in zip(app.objects, app.origins, strict=True)
        ],
        "files": app.files,
        "missing": app.missing,
        "pins": [
            {"file": pin.file, "url": pin.url, "commit": pin.commit, "exact": pin.exact}
            for pin in app.pins
        ],
    }


def object_document(app: ExplainedApp, position: int) -> JsonObject:
    history = app.history(position)
    return {
        "version": 1,
        "path": app.folder,
        "object": identity_document(history.identity),
        "origin": _origin(app.origins[position]),
        "events": [_event(event) for event in history.events()],
    }


def field_document(app: ExplainedApp, position: int, field: FieldHistory) -> JsonObject:
    return {
        "version": 1,
        "path": app.folder,
        "object": identity_document(app.objects[position]),
        "origin": _origin(app.origins[position]),
        "field": field.path,
        "value": plain(field.value),
        "hidden": hides(field.value),
        "settings": [_setting(setting) for setting in field.settings],
        "also": [_setting(setting) for setting in field.also],
    }


def _origin(origin: Origin) -> JsonObject:
    return {"how": origin.how, "place": _place(origin.place)}


def _event(event: ObjectEvent) -> JsonObject:
    return {
        "steps": [_step(step) for step in event.steps],
        "fields": [change_document(change) for change in event.changes],
    }


def _setting(setting: Setting) -> JsonObject:
    found: JsonObject = {
        "place": _place(setting.place),
        "steps": [_step(step) for step in setting.steps],
    }
    return found if setting.value is ABSENT else {**found, "value": plain(setting.value)}


def _step(step: KustomizationStep) -> JsonObject:
    return {"field": str(step), "place": _place(step.place)}


def _place(place: Place | None) -> JsonObject | None:
    if place is None:
        return None
    numbers = {"line": place.line or None, "column": place.column or None}
    return {**_file(place.file), **numbers}


def _file(path: str) -> JsonObject:
    """A file of the tree, or of a commit that it pins."""
    if not path.startswith("//"):
        return {"file": path, "commit": None}
    commit, _, inside = path.removeprefix("//").partition("/")
    return {"file": inside, "commit": commit}
