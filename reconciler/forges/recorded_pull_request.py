"""A pull request with all that was said of it, as the files of a record."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from reconciler.forges.forge import Approval, Comment, PullRequest, PullRequestState

FILE = "request.json"


@dataclass(frozen=True, slots=True)
class RecordedPullRequest:
    pull: PullRequest
    reviewers: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    comments: tuple[Comment, ...] = ()
    attached: Mapping[str, bytes] = field(default_factory=dict)

    def files(self) -> dict[str, bytes]:
        said: dict[str, Any] = {
            "version": 1,
            "pull": asdict(self.pull),
            "reviewers": self.reviewers,
            "approvals": [asdict(approval) for approval in self.approvals],
            "comments": [asdict(comment) for comment in self.comments],
        }
        text = json.dumps(said, indent=2, ensure_ascii=False, default=datetime.isoformat)
        return {FILE: f"{text}\n".encode(), **self.attached}


def read_request(files: Mapping[str, bytes]) -> RecordedPullRequest:
    said = json.loads(files[FILE])
    pull = said["pull"]
    known = {
        "state": PullRequestState(pull["state"]),
        "labels": tuple(pull["labels"]),
        "created": datetime.fromisoformat(pull["created"]),
        "merged_at": datetime.fromisoformat(pull["merged_at"]) if pull["merged_at"] else None,
    }
    return RecordedPullRequest(
        pull=PullRequest(**{**pull, **known}),
        reviewers=tuple(said["reviewers"]),
        approvals=tuple(
            Approval(a["user"], a["commit"], datetime.fromisoformat(a["time"]))
            for a in said["approvals"]
        ),
        comments=tuple(Comment(**comment) for comment in said["comments"]),
        attached={name: content for name, content in files.items() if name != FILE},
    )
