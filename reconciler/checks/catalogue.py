"""Every rule there is, those that the kernel applies included."""

from __future__ import annotations

from reconciler.checks.application_findings import APPLICATIONS
from reconciler.checks.certificate_findings import NEW
from reconciler.checks.finding import POLICY, Severity
from reconciler.checks.image_findings import UNUSED
from reconciler.checks.release_findings import RELEASES
from reconciler.checks.rule import CheckRule
from reconciler.checks.rules import RULES as ON_OBJECTS
from reconciler.checks.unseen import UNSEEN
from reconciler.checks.unused_sealed import UNUSED_SEALED

UNKNOWN_KIND = "types/unknown-kind"

_KERNEL = (
    CheckRule(
        "types/unknown-field",
        Severity.error,
        """An object has a field that its kind does not have.

The API server refuses it with `--validate=strict`, which is kubectl's default, and else drops it.
Fields of custom resources are those of their CRD.
""",
    ),
    CheckRule(
        "types/wrong-type",
        Severity.error,
        """A value is of another type than its field.

Text where a number belongs, a list where an object belongs, a quantity that is none. The API
server refuses the object. Where it names the first such mistake only, all are named here.
""",
    ),
    CheckRule(
        "types/missing-field",
        Severity.error,
        """A field that must be there is not.
""",
    ),
    CheckRule(
        "types/field-not-served",
        Severity.error,
        """A field was added in a later release of Kubernetes than the cluster has.

The API server refuses it with `--validate=strict`, and else drops it.
Fields that were added after 1.29 are known.
""",
    ),
    CheckRule(
        "types/invalid",
        Severity.error,
        """A custom resource breaks a constraint of its CRD.

An `enum`, a pattern, a minimum, a list with one item twice, or a rule of
`x-kubernetes-validations`.
""",
    ),
    CheckRule(
        UNKNOWN_KIND,
        Severity.error,
        """Neither Kubernetes nor a CRD has this kind in this version.

CRDs are looked for in the folders that `checks.crds` names (`crds/` if it names none), among the
objects of all apps of the environment, and then among those of projects that many clusters run:
Argo CD, cert-manager, External Secrets, Flux, Gateway API, KEDA, Prometheus' operator, Sealed
Secrets and the CSI snapshotter are built in. Of a group that none of them has it is a warning:
nothing is known to be wrong, and nothing could be checked.
""",
    ),
    CheckRule(
        "types/version-not-served",
        Severity.error,
        """This version of a kind is not served.

It was removed, is not there yet, or its CRD has it with `served: false`. The release of
Kubernetes is that of environment.yaml.
""",
    ),
    CheckRule(
        "types/deprecated",
        Severity.warning,
        """This version of a kind is removed in a later release of Kubernetes.
""",
    ),
    CheckRule(
        "types/not-enabled",
        Severity.warning,
        """This version is off unless an administrator turned it on.

That holds for every alpha version, and for beta versions that were added in Kubernetes 1.24 or
later.
""",
    ),
    CheckRule(
        "types/duplicate-key",
        Severity.error,
        """A mapping has one key twice.

Only one of the two counts, and which one depends on who reads it.
""",
    ),
    CheckRule(
        "types/no-kind",
        Severity.error,
        """An object has no apiVersion or no kind.
""",
    ),
    CheckRule(
        "types/not-yaml",
        Severity.error,
        """A file of CRDs or policies is not YAML.
""",
    ),
    CheckRule(
        "types/too-deep",
        Severity.error,
        """An object is nested more than 200 levels deep.
""",
    ),
    CheckRule(
        "objects/metadata",
        Severity.error,
        """A name, a namespace, a label or an annotation is not allowed.

Names are held against the rule of their kind: a Service and a Namespace have stricter ones. A
kind that is in no namespace must not have one. All annotations together have at most 256 KiB.
""",
    ),
    CheckRule(
        "objects/selector",
        Severity.error,
        """A label selector cannot be read.
""",
    ),
    CheckRule(
        "objects/name",
        Severity.error,
        """The name of a container, a port or an environment variable is not allowed.
""",
    ),
    CheckRule(
        "objects/port",
        Severity.error,
        """A port is not between 1 and 65535.
""",
    ),
    CheckRule(
        "objects/pod-security",
        Severity.error,
        """Pods break the Pod Security Standard of their namespace.

The labels `pod-security.kubernetes.io/enforce`, `warn` and `audit` of the Namespace name the
standard. A cluster takes a Deployment whose pods it then refuses, so nothing runs and nobody is
told. What is only warned of or audited is a warning or a note.
""",
    ),
    CheckRule(
        "objects/too-large",
        Severity.error,
        """An object is larger than a cluster stores.

etcd takes 1.5 MiB in one request unless it is told otherwise.
""",
    ),
    CheckRule(
        "crds/invalid",
        Severity.error,
        """A CRD is invalid.

Its schema is not structural, a default does not fit, a rule does not compile, or its name is not
that of its plural and group.
""",
    ),
    CheckRule(
        "policies/does-not-compile",
        Severity.error,
        """An expression of a policy does not compile.

The place is that of the mistake within the expression.
""",
    ),
    CheckRule(
        "policies/type-check",
        Severity.warning,
        """An expression names a field that the kinds of its policy do not have.

An API server writes the same into the policy's status. The expression fails when it is evaluated
for such an object.
""",
    ),
    CheckRule(
        "policies/invalid",
        Severity.error,
        """A policy or a binding cannot work.

It says for no objects what they must be, has no validations or no actions, or names a policy that
is not there.
""",
    ),
    CheckRule(
        "policies/not-bound",
        Severity.note,
        """No binding names a policy, so no object is checked by it.
""",
    ),
    CheckRule(
        "policies/needs-authorizer",
        Severity.warning,
        """A policy asks the authorizer, which only a cluster has.

It is not evaluated here.
""",
    ),
    CheckRule(
        "policies/other-version",
        Severity.warning,
        """A policy is for another version of an object's kind.

A cluster converts the object before it evaluates the policy. That cannot be done here, so the
policy is not evaluated for this object.
""",
    ),
    CheckRule(
        "check/too-many",
        Severity.error,
        """More is wrong with one app than is worth listing.
""",
    ),
    CheckRule(
        "render/failed",
        Severity.error,
        """An app does not render, so nothing else can be said about it.

The exit code is 2 then.
""",
    ),
)

RULES: tuple[CheckRule, ...] = tuple(
    sorted(
        (*_KERNEL, *APPLICATIONS, NEW, UNUSED, UNUSED_SEALED, *UNSEEN, *RELEASES, *ON_OBJECTS),
        key=lambda r: r.id,
    )
)


def known(name: str) -> CheckRule:
    """A rule by its name; those below policy/ are the repository's own."""
    for rule in RULES:
        if rule.id == name:
            return rule
    policy = name.removeprefix(POLICY)
    return CheckRule(
        name, Severity.error, f"The policy {policy} of this repository refuses an object."
    )
