"""Gitea with an organisation, users, their tokens and a repository whose branch is protected."""

from __future__ import annotations

import os
import re
import secrets
import subprocess
from pathlib import Path

from reconciler.errors import TestbedError
from reconciler.testbed import loopback
from reconciler.testbed.loopback import free_port
from reconciler.testbed.supervisor import Launch

TYPE_CHECKING = False
if TYPE_CHECKING:
    from reconciler.testbed.supervisor import Supervisor

PROGRAMS = ("gitea", "gitea-files")
ORGANISATION = "fleet"
REPOSITORY = "environments"
ADMINISTRATOR = "root-of-gitea"
BOT, PEOPLE = "bot", ("alice", "bob")

SETTINGS = """
APP_NAME = testbed
RUN_MODE = prod
WORK_PATH = {work}
[server]
HTTP_ADDR = 127.0.0.1
HTTP_PORT = {port}
ROOT_URL = {address}/
DISABLE_SSH = true
OFFLINE_MODE = true
STATIC_ROOT_PATH = {files}
APP_DATA_PATH = {work}/data
[database]
DB_TYPE = sqlite3
PATH = {work}/gitea.db
SQLITE_JOURNAL_MODE = WAL
[repository]
ROOT = {work}/repositories
DEFAULT_BRANCH = main
[security]
INSTALL_LOCK = true
SECRET_KEY = {secret}
INTERNAL_TOKEN = {secret}
PASSWORD_HASH_ALGO = pbkdf2_v1
[service]
DISABLE_REGISTRATION = true
[webhook]
ALLOWED_HOST_LIST = loopback
[indexer]
ISSUE_INDEXER_TYPE = db
[queue]
TYPE = channel
[session]
PROVIDER = memory
[actions]
ENABLED = false
[packages]
ENABLED = false
[log]
MODE = console
LEVEL = warn
"""


def start(supervisor: Supervisor) -> None:
    supervisor.say("preparing Gitea")
    work = supervisor.folder.path / "gitea"
    work.mkdir(mode=0o700)
    secret = secrets.token_urlsafe(32)
    (launch,) = supervisor.start(lambda: _launch(supervisor, work, secret))
    supervisor.say("making Gitea's users")
    tokens = work / "tokens"
    tokens.mkdir(mode=0o700)
    _populate(launch.address, _administrator(supervisor, work), tokens)
    supervisor.publish(
        GITEA_URL=launch.address, GITEA_TOKENS=str(tokens), GITEA_ORGANISATION=ORGANISATION
    )


def _launch(supervisor: Supervisor, work: Path, secret: str) -> Launch:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    files = supervisor.programs["gitea-files"]
    settings = work / "app.ini"
    settings.touch(mode=0o600)
    settings.write_text(
        SETTINGS.format(work=work, port=port, address=address, files=files, secret=secret)
    )
    return Launch(
        "gitea",
        [supervisor.programs["gitea"], "web", "--config", settings],
        ready=lambda: loopback.answers(f"{address}/api/healthz"),
        address=address,
        environment=_environment(work),
    )


def _environment(work: Path) -> dict[str, str]:
    return {
        "GITEA_WORK_DIR": str(work),
        "GITEA_I_AM_BEING_UNSAFE_RUNNING_AS_ROOT": "true",
        "HOME": str(work),
    }


def _administrator(supervisor: Supervisor, work: Path) -> str:
    """The first user; the others are made through the API with its token."""
    command: list[str | Path] = [
        *(supervisor.programs["gitea"], "--config", work / "app.ini", "admin", "user", "create"),
        *("--username", ADMINISTRATOR, "--email", f"{ADMINISTRATOR}@fleet.example", "--admin"),
        *("--random-password", "--must-change-password=false"),
        *("--access-token", "--access-token-scopes", "all"),
    ]
    done = subprocess.run(
        command,
        env=supervisor.environment() | _environment(work),
        capture_output=True,
        text=True,
        cwd=work,
    )
    found = re.search(r"\b[0-9a-f]{40}\b", done.stdout)
    if not found:
        raise TestbedError("Gitea makes no administrator", why=done.stderr.strip()[-300:])
    return found[0]


def _populate(address: str, administrator: str, tokens: Path) -> None:
    api = f"{address}/api/v1"
    for user in (BOT, *PEOPLE):
        password = secrets.token_urlsafe(24)
        account = {
            "username": user,
            "email": f"{user}@fleet.example",
            "password": password,
            "must_change_password": False,
        }
        loopback.call("POST", f"{api}/admin/users", account, token=administrator)
        scopes = {"name": "testbed", "scopes": ["all"]}
        made = loopback.call("POST", f"{api}/users/{user}/tokens", scopes, basic=(user, password))
        _keep(tokens / user, made["sha1"])
    _keep(tokens / ADMINISTRATOR, administrator)

    loopback.call("POST", f"{api}/orgs", {"username": ORGANISATION}, token=administrator)
    team = loopback.call(
        "POST",
        f"{api}/orgs/{ORGANISATION}/teams",
        {
            "name": "writers",
            "permission": "write",
            "includes_all_repositories": True,
            "can_create_org_repo": True,
            "units": ["repo.code", "repo.issues", "repo.pulls", "repo.releases"],
        },
        token=administrator,
    )
    for user in (BOT, *PEOPLE):
        loopback.call("PUT", f"{api}/teams/{team['id']}/members/{user}", token=administrator)
    repository = {"name": REPOSITORY, "auto_init": True, "default_branch": "main"}
    loopback.call("POST", f"{api}/orgs/{ORGANISATION}/repos", repository, token=administrator)
    rule = {"rule_name": "main", "enable_push": False, "required_approvals": 1}
    place = f"{api}/repos/{ORGANISATION}/{REPOSITORY}/branch_protections"
    loopback.call("POST", place, rule, token=administrator)


def _keep(file: Path, token: str) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT, 0o600), "w") as target:
        target.write(token)
