"""A report as the one comment on a pull request: each environment in a line, then its apps."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable
from functools import reduce
from operator import add

from reconciler.compare.app_differences import AppDifference
from reconciler.compare.as_text import counts_text
from reconciler.compare.difference import Counts
from reconciler.compare.markdown_report import MIN_CHARACTERS, markdown
from reconciler.compare.report import ComparisonReport
from reconciler.errors import UsageError
from reconciler.model.entry import Entry
from reconciler.text.markdown import code

# By which the comment is found again, to be updated in place.
MARK = "<!-- reconciler preview -->"
TITLE = "### What this would change"
OTHERS = "outside of environments"
LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+")
MIN_COMMENT_CHARACTERS = 2 * MIN_CHARACTERS
MAX_LINK_CHARACTERS = 500


def comment(
    report: ComparisonReport,
    entry_of: Callable[[str], Entry | None],
    limit: int,
    whole: str = "",
) -> str:
    """Never longer than the limit; `whole` is where the whole difference is."""
    if limit < MIN_COMMENT_CHARACTERS:
        raise UsageError(f"a comment of {limit:,} characters is too short to say anything")
    head = f"{MARK}\n{TITLE}\n\n"
    tail = f"\n[The whole difference]({_link(whole)})\n" if whole else ""
    head += _table(report, entry_of, limit - MIN_CHARACTERS - len(head) - len(tail))
    return head + markdown(report, limit - len(head) - len(tail)) + tail


def _table(report: ComparisonReport, entry_of: Callable[[str], Entry | None], room: int) -> str:
    """The environments that differ, as many as there is room for."""
    apps: dict[str, list[AppDifference]] = defaultdict(list)
    for app in report.apps:
        entry = entry_of(app.pair.name)
        apps[entry.environment if entry else OTHERS].append(app)
    if not apps:
        return ""
    text = "| environment | apps | objects |\n|---|---|---|\n"
    for number, name in enumerate(apps):
        row = _row(name, apps[name])
        last = f"| and {len(apps) - number:,} more | | |\n\n"
        if len(text) + len(row) + len(last) > room:
            return text + last
        text += row
    return text + "\n"


def _row(name: str, apps: list[AppDifference]) -> str:
    counts = reduce(add, (app.difference.counts() for app in apps), Counts())
    failed = sum(app.change == "failed" for app in apps)
    fails = f", of which {failed:,} {'does' if failed == 1 else 'do'} not render" if failed else ""
    return f"| {code(name)} | {len(apps):,}{fails} | {code(counts_text(counts))} |\n"


def _link(url: str) -> str:
    if len(url) > MAX_LINK_CHARACTERS or not LINK.fullmatch(url):
        raise UsageError("the address of the whole difference cannot be linked to", why=url[:99])
    return url
