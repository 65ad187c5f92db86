"""A report as a comment on a pull request: an app to unfold each, within a size."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.compare.app_differences import AppDifference
from reconciler.compare.as_text import app_lines, counts_text
from reconciler.compare.report import ComparisonReport, NewCertificate
from reconciler.text.markdown import code, fence, without_markup

# What GitHub takes is 65,536 characters, and a job may want to add some of its own.
DEFAULT_MAX_CHARACTERS = 60_000
MIN_CHARACTERS = 1_000
TAIL_CHARACTERS = 400
MAX_LABEL_CHARACTERS = 60

MIN_PART_CHARACTERS = 500


def markdown(report: ComparisonReport, limit: int = DEFAULT_MAX_CHARACTERS) -> str:
    """Never longer than the limit: what has no place in it is summed up, and said to be."""
    text = _head(report)
    text += _new_certificates(report.certificates, limit - TAIL_CHARACTERS - len(text))
    folded = 0
    for app in report.apps:
        block = _folded(app, report.labels, limit - TAIL_CHARACTERS - len(text))
        if block is None:
            break
        text += block
        folded += 1
    return text + _rest(report.apps[folded:], limit - len(text))


def _head(report: ComparisonReport) -> str:
    before, after = (code(label[:MAX_LABEL_CHARACTERS]) for label in report.labels)
    count = len(report.apps)
    of = f"of {report.compared:,} {'app' if report.compared == 1 else 'apps'}"
    if not count:
        return f"**No rendered change** in {of[3:]} between {before} and {after}.\n"
    counts = code(counts_text(report.counts()))
    return f"**{count:,} {of} {_differ(count)}** between {before} and {after}: {counts} objects\n"


def _differ(count: int) -> str:
    return "differs" if count == 1 else "differ"


def _new_certificates(certificates: Sequence[NewCertificate], room: int) -> str:
    """Before all else: no field of an object changes with them, and others can read."""
    text = ""
    for number, new in enumerate(certificates):
        block = _certificate(new)
        last = f"\n**and {len(certificates) - number:,} more new certificates**\n"
        if len(text) + len(block) + len(last) > room:
            return text + last
        text += block
    return text


def _certificate(new: NewCertificate) -> str:
    about = f"for {code(new.environment)}, in {code(new.file[:MAX_LABEL_CHARACTERS])}"
    if new.why:
        why = without_markup(new.why[:MAX_LABEL_CHARACTERS])
        return f"\n**It cannot be told whose certificate this is** {about}: {why}\n"
    return (
        f"\n**A new certificate: whoever has its key reads what is sealed** {about}. "
        f"Ask the controller whether the certificate is its own: {code(new.command)}\n"
    )


def _folded(app: AppDifference, labels: tuple[str, str], room: int) -> str | None:
    """The lines of one app, or as many as there is room for, or None if that is hardly any."""
    lines = [str(line) for line in app_lines(app, labels)]
    begin, end = fence(lines, "diff")
    head = f"\n<details>\n<summary>{title(app)}</summary>\n\n{begin}"
    tail = f"{end}\n</details>\n"
    room -= len(head) + len(tail)
    whole = sum(len(line) + 1 for line in lines)
    if whole > room:
        if room < MIN_PART_CHARACTERS:
            return None
        lines = part(lines, room)
    return head + "".join(f"{line}\n" for line in lines) + tail


def part(lines: Sequence[str], room: int) -> list[str]:
    """The first of these lines, as many as there is room for, and how many are left out."""
    end = "… {:,} lines more"
    room -= len(end) + 10
    count = 0
    while room >= 0:
        room -= len(lines[count]) + 1
        count += 1
    return [*lines[: count - 1], end.format(len(lines) - count + 1)]


def _rest(apps: Sequence[AppDifference], room: int) -> str:
    """What was not unfolded, by name as far as there is room."""
    if not apps:
        return ""
    text = f"\n{len(apps):,} more {_differ(len(apps))}, for which there is no room here:\n\n"
    for number, app in enumerate(apps):
        line = f"- {title(app)}\n"
        last = f"- and {len(apps) - number:,} more\n"
        if len(text) + len(line) + len(last) > room:
            return text + last
        text += line
    return text


def title(app: AppDifference) -> str:
    word = "" if app.change == "changed" else f"{app.change} "
    if app.change == "failed":
        return f"{code(app.pair.name)} does not render"
    return f"{code(app.pair.name)} {word}{without_markup(counts_text(app.difference.counts()))}"
