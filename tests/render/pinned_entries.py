"""Entries of a fleet, by what they show; each a kustomization, or the files of a folder."""

from __future__ import annotations

from tests.fleet import OBJECT

# Every way to write the URL of one folder.
FORMS = [
    "{url}//overlays/paw/prod?ref={first}",
    "{url}/overlays/paw/prod?ref={first}",
    "{url}.git//overlays/paw/prod?ref={first}",
    "{url}.git/overlays/paw/prod/?ref={first}",
    "{url}//overlays/../overlays/./paw/prod?ref={first}",
    "{url}//overlays/paw/prod?version={first}",
    "{url}//overlays/paw/prod?timeout=90s&submodules=false&ref={first}",
    "{url}//overlays/paw/prod?ref=v1",
    "{url}//overlays/paw/prod?ref=v2",
    "{url}//overlays/paw/prod?ref=refs/tags/v2",
    "{url}//overlays/paw/prod?ref=main",
    "{url}//overlays/paw/prod?ref=refs/heads/main",
    "{url}//overlays/paw/prod?ref=release%2F1.0",
    "{url}//overlays/paw/prod?ref=HEAD",
    "{url}//overlays/paw/prod",
    "HTTPS://git.example.org/fleet/apps//overlays/paw/prod?ref={first}",
    "git::{url}//overlays/paw/prod?ref={first}",
    "http://git.example.org/fleet/apps//overlays/paw/prod?ref={first}",
    "ssh://git@git.example.org/fleet/apps//overlays/paw/prod?ref={first}",
    "ssh://git.example.org:22/fleet/apps.git/overlays/paw/prod?ref={first}",
    "git@git.example.org:fleet/apps//overlays/paw/prod?ref={first}",
    "git@git.example.org:fleet/apps.git/overlays/paw/prod?ref={first}",
    "github.com/fleet/apps/overlays/paw/prod?ref={first}",
    "GitHub.com/fleet/apps//overlays/paw/prod?ref={first}",
    "git@github.com:fleet/apps//overlays/paw/prod?ref={first}",
    "git@github.com/fleet/apps.git/overlays/paw/prod?ref={first}",
    "https://github.com/fleet/apps/overlays/paw/prod?ref={first}",
    "{url}?ref={first}",
    "{url}.git?ref={first}",
    "{url}//overlays/link?ref={second}",
    "{file}//overlays/paw/prod?ref={first}",
    "{file}?ref={first}",
]

# Entries by what they show, each a kustomization or all files of a folder.
ENTRIES: dict[str, str | dict[str, str]] = {
    "what stands on top": """
        namespace: prod
        namePrefix: a-
        labels: [{pairs: {tier: web}, includeSelectors: true}]
        images: [{name: paw, newTag: v9}]
        replicas: [{name: prod-paw, count: 5}]
        resources: ["{url}//overlays/paw/prod?ref={first}"]
        patches:
        - target: {kind: Service}
          patch: |-
            - {op: replace, path: /spec/ports/0/port, value: 81}
        configMapGenerator: [{name: settings, behavior: merge, literals: [A=9]}]
        """,
    "a component": """
        resources: ["{url}//objects?ref={first}"]
        components: ["{url}//components/labels?ref={first}", near]
        """,
    "a component on files of the work tree": """
        resources: [near/cm.yaml]
        components: ["{url}//components/labels?ref={first}"]
        """,
    "generators and transformers": """
        resources: ["{url}//objects?ref={first}"]
        generators: ["{url}//generators?ref={first}"]
        transformers: ["{url}//transformers?ref={first}"]
        """,
    "bases, as it was called": "bases: ['{url}//objects?ref={first}']\n",
    "a field in another case": "Resources: ['{url}//objects?ref={first}']\n",
    "two commits of one folder": """
        resources: [old, new]
        """,
    "the same URL from two places": "resources: [old, older]\n",
    "two folders of a commit, and files between": """
        resources:
        - "{url}//objects?ref={first}"
        - near/cm.yaml
        - "{url}//overlays/paw/prod?ref={first}"
        sortOptions: {order: fifo}
        """,
    "a chain": "resources: ['{url}//overlays/chain?ref={second}']\n",
    "a chain among others": "resources: ['{url}//overlays/twice?ref={second}']\n",
    "origins": """
        buildMetadata: [originAnnotations, transformerAnnotations, managedByLabel]
        namespace: prod
        resources: ["{url}//overlays/paw/prod?ref={first}", near/cm.yaml]
        """,
    "origins by branch and tag": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: ["{url}//overlays/paw/prod?ref=v2", "{url}.git//overlays/twice?ref=main"]
        """,
    "origins in a chain, below a folder": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: [below]
        components: ["{url}//components/labels?ref={first}"]
        """,
    "origins of plugins": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: ["{url}//objects?ref={first}"]
        generators: ["{url}//generators?ref={first}"]
        transformers: ["{url}//transformers?ref={first}"]
        """,
    "origins of a top folder": """
        buildMetadata: [originAnnotations, transformerAnnotations]
        resources: ["git@git.example.org:fleet/apps?ref={first}"]
        """,
    "origins below two dots": """
        buildMetadata: [originAnnotations]
        resources: ["{url}//overlays/v1..v2?ref={second}"]
        """,
    "spaces": "resources: ['{url}//overlays/with space?ref={second}']\n",
    "two dots in a name": "resources: ['{url}//overlays/v1..v2?ref={second}']\n",
    "line ends of a checkout": "resources: ['{url}//overlays/crlf?ref={second}']\n",
    "a schema": "resources: ['{url}//overlays/schema?ref={second}']\n",
    "a secret": "resources: ['{url}//overlays/secret?ref={second}']\n",
    "a link to a folder": "resources: ['{url}//overlays/link?ref={second}']\n",
    "a URL that is also a value": """
        resources: [&pin "{url}//objects?ref={first}"]
        commonAnnotations: {from: *pin, too: "{url}//objects?ref={first}"}
        """,
    "plain": "resources:\n  - {url}//objects?ref={first}  # the release\n",
    "folded": "resources:\n- >-\n  {url}//objects?ref={first}\nnamePrefix: 'yes'\n",
    "escaped": 'resources: ["https:\\x2f/git.example.org/fleet/apps//obj\\x65cts?ref={first}"]\n',
    "a tag and an anchor": "resources:\n- !!str &a {url}//objects?ref={first}\n",
    "flow over lines": "{resources: [\n  '{url}//objects?ref={first}'\n  ], namePrefix: x-}\n",
    "strange text beside": (
        "resources: ['{url}//objects?ref={first}']\n"
        'commonAnnotations: {a: "\\x85 \\u2028 <&> \\U0001F600", b: "1e3", c: "0x1F"}\n'
        "configMapGenerator: [{name: numbers, literals: ['a=  b ', 'c=1e+3']}]\n"
    ),
    "JSON": '{"resources": ["{url}//objects?ref={first}"], "namePrefix": "j-"}\n',
    "several documents": "resources: ['{url}//objects?ref={first}']\n---\nresources: [no]\n",
    "a link in place of the kustomization": {"kustomization.yaml": "-> near/pinned.yaml"},
    "a folder that looks like a URL": "components: [github.com/fleet/apps/components/labels]\n",
    "a file that looks like a URL": {
        "kustomization.yaml": "resources: [github.com/fleet/apps/x.yaml]\n",
        "github.com/fleet/apps/x.yaml": OBJECT.format("local"),
    },
}

REFUSED = {
    "no such ref": "resources: ['{url}//objects?ref=nothing']\n",
    "an empty ref of nothing": "resources: ['{url}//objects?ref=refs/heads/']\n",
    "a revision that is no ref": "resources: ['{url}//objects?ref=main~1']\n",
    "no such commit": "resources: ['{url}//objects?ref=" + "1" * 40 + "']\n",
    "a tree's name": "resources: ['{url}//objects?ref={first}^{tree}']\n",
    "no such folder": "resources: ['{url}//overlays/chain?ref={first}']\n",
    "a file": "resources: ['{url}//overlays/paw/base/service.yaml?ref={first}']\n",
    "a folder without a kustomization": "resources: ['{url}//overlays/paw?ref={first}']\n",
    "a component among resources": "resources: ['{url}//components/labels?ref={first}']\n",
    "a resource among components": "components: ['{url}//objects?ref={first}']\n",
    "another repository": "resources: ['https://git.example.org/other/apps//x?ref={first}']\n",
    "out of the URL's own path": "resources: ['{url}//../x?ref={first}']\n",
    "a cycle": "resources: ['{url}//overlays/cycle?ref=main']\n",
    "a cycle of two": "resources: ['{url}//overlays/ping?ref=main']\n",
    "what upstream takes for a cycle": "resources: ['{url}//overlays/to-prefix?ref={second}']\n",
    "climbing into the work tree": "resources: ['{url}//overlays/climbing?ref={second}']\n",
    "a file of another folder": "resources: ['{url}//overlays/climbing-file?ref={second}']\n",
    "a generator's": "resources: ['{url}//overlays/climbing-generator?ref={second}']\n",
    "a missing file in a commit": "resources: ['{url}//overlays/broken?ref={second}']\n",
    "another repository in a commit": "resources: ['{url}//overlays/other?ref={second}']\n",
    "one folder twice": "resources: ['{url}//overlays/same-file?ref={second}']\n",
    "an empty folder": "resources: ['{url}//overlays/empty?ref={second}']\n",
    "a link out of the commit": "resources: ['{url}//overlays/link-out?ref={second}']\n",
    "a link to a file of another folder": "resources: ['{url}//overlays/link-file?ref={second}']\n",
    "a URL with a line break": 'resources: ["{url}//objects?ref={first}\\n"]\n',
    "a URL for a patch": "patches: [{path: '{url}//objects?ref={first}'}]\n",
    "the same object twice": (
        "resources: ['{url}//objects?ref={first}', '{url}//objects?ref=v1']\n"
    ),
    "a mount that somebody guesses": "resources: [../../../.tree/objects]\n",
}
