"""Hooks in real repositories, with real commits: what is in the clear does not get in."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator

import pytest
import yaml

from reconciler.git.snapshots import Snapshots
from tests.cli.conftest import Run
from tests.conftest import Repo
from tests.hooked import APP, CONFIG, FLEET, RUNNERS, SECRET, VALUE, Hooked, opened


@pytest.fixture(params=RUNNERS)
def hooked(request: pytest.FixtureRequest, repo: Repo) -> Hooked:
    return Hooked(repo, request.param)


@pytest.fixture
def scripted(repo: Repo) -> Hooked:
    return Hooked(repo, "script")


def test_plaintext_is_refused_with_its_line_and_its_key(hooked: Hooked) -> None:
    hooked.install("forbid-plaintext-secrets")
    before = hooked.repo.git("rev-parse", "HEAD")
    hooked.add({f"{APP}/db.yaml": SECRET, "notes.txt": "nothing\n"})
    done = hooked.commit()
    assert done.returncode == 1
    assert f"{APP}/db.yaml:5: Secret shop/db holds password in the clear\n" in done.stdout
    assert hooked.repo.git("rev-parse", "HEAD") == before
    hooked.repo.git("restore", "--staged", f"{APP}/db.yaml")
    assert hooked.commit().returncode == 0
    assert hooked.holds_nothing_in_the_clear()


def test_plaintext_is_sealed_where_it_stands_and_the_next_commit_holds_it(hooked: Hooked) -> None:
    hooked.install("seal-secrets")
    text = f"{CONFIG}---\n# the database\n{SECRET}---\n{CONFIG}"
    hooked.add({f"{APP}/db.yaml": text})
    refused = hooked.commit()
    assert refused.returncode == 1
    told = f"{APP}/db.yaml: sealed Secret db for prod where it stands: password\n"
    assert told in refused.stdout
    assert (hooked.repo.path / APP / "db.yaml").read_text().strip() == hooked.staged()[
        f"{APP}/db.yaml"
    ]
    assert hooked.commit().returncode == 0
    made = hooked.repo.git("show", f"HEAD:{APP}/db.yaml")
    assert made.startswith(f"{CONFIG}---\n# the database\napiVersion: bitnami.com/v1alpha1\n")
    assert made.endswith(f"---\n{CONFIG}".strip())
    assert hooked.sealed(f"{APP}/db.yaml") == {"db.password": VALUE}
    assert hooked.holds_nothing_in_the_clear()


def test_only_what_is_staged_counts(scripted: Hooked) -> None:
    """The plaintext that somebody has on disk and does not commit is theirs."""
    scripted.install("forbid-plaintext-secrets")
    scripted.add({f"{APP}/a.yaml": CONFIG + "data: {a: b}\n"})
    scripted.repo.write({f"{APP}/a.yaml": f"{CONFIG}---\n{SECRET}"})
    assert scripted.commit().returncode == 0
    assert VALUE in (scripted.repo.path / APP / "a.yaml").read_text()
    assert scripted.holds_nothing_in_the_clear()


def test_plaintext_that_is_staged_is_found_though_it_is_gone_from_disk(scripted: Hooked) -> None:
    scripted.install("forbid-plaintext-secrets")
    scripted.add({f"{APP}/a.yaml": f"{CONFIG}---\n{SECRET}"})
    scripted.repo.write({f"{APP}/a.yaml": CONFIG})
    assert scripted.commit().returncode == 1


def test_what_somebody_goes_on_to_write_is_not_touched(scripted: Hooked) -> None:
    scripted.install("seal-secrets")
    scripted.add({f"{APP}/db.yaml": SECRET})
    further = f"{SECRET}  user: me\n"
    scripted.repo.write({f"{APP}/db.yaml": further})
    said = scripted.commit().stdout
    assert f"{APP}/db.yaml: left as it is on disk, where it differs from what was staged\n" in said
    assert (scripted.repo.path / APP / "db.yaml").read_text() == further
    assert scripted.commit().returncode == 0
    assert scripted.sealed(f"{APP}/db.yaml") == {"db.password": VALUE}


INPUTS = {
    "a manifest": (
        {f"{APP}/db.secret.yaml": SECRET},
        {"db.password": VALUE},
    ),
    "an env file": ({f"{APP}/.env": f"# of the app\nPASSWORD={VALUE}\n"}, {"shop.PASSWORD": VALUE}),
    "a named env file": ({f"{APP}/db.secret.env": f"P={VALUE}\n"}, {"db.P": VALUE}),
    "CRLF": ({f"{APP}/db.secret.env": f"P={VALUE}\r\n"}, {"db.P": VALUE}),
}


@pytest.mark.parametrize("name", INPUTS)
def test_an_input_is_sealed_into_a_file_that_the_app_has(name: str, scripted: Hooked) -> None:
    files, values = INPUTS[name]
    scripted.install("seal-secrets")
    scripted.add(files)
    assert scripted.commit().returncode == 1
    [path] = [f"{APP}/{key.partition('.')[0]}.sealed.yaml" for key in values]
    staged = scripted.staged()
    assert not staged.keys() & files.keys()
    assert staged[f"{APP}/kustomization.yaml"] == (
        f"namespace: shop\nresources:\n  - a.yaml  # a comment\n  - {path.rpartition('/')[2]}"
    )
    assert all((scripted.repo.path / file).exists() for file in files), "they are the user's"
    assert scripted.commit().returncode == 0
    assert scripted.sealed(path) == values
    assert scripted.holds_nothing_in_the_clear()


def test_an_input_that_is_named_is_not_missed_once_it_is_sealed(
    scripted: Hooked, typed: Run
) -> None:
    file = f"{APP}/db.secret.yaml"
    secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: db}\nstringData: {p: " + VALUE + "}\n"
    scripted.add({file: secret})
    done = typed("secrets", "seal", file, cwd=scripted.repo.path)
    assert (done.returncode, b"secrets were sealed and staged" in done.stderr) == (1, True)
    assert b"not in the index" not in done.stderr
    assert f"{APP}/db.sealed.yaml" in scripted.staged()


def test_a_generator_becomes_a_sealed_secret(scripted: Hooked) -> None:
    scripted.install("seal-secrets")
    kustomization = FLEET[f"{APP}/kustomization.yaml"] + (
        "# made of much\nsecretGenerator:\n  - name: db\n    type: Opaque\n"
        f"    literals: [password={VALUE}, 'quoted=\"{VALUE}\"']\n"
        "    files: [db.key, other=db.pem]\n    envs: [db.txt]\n"
    )
    files = {f"{APP}/db.key": VALUE, f"{APP}/db.pem": VALUE, f"{APP}/db.txt": f"user={VALUE}\n"}
    scripted.add({f"{APP}/kustomization.yaml": kustomization, **files})
    said = scripted.commit().stdout
    assert (
        f"{APP}/kustomization.yaml: sealed Secret db for prod into {APP}/db.sealed.yaml: "
        "password, quoted, db.key, other and user\n"
    ) in said
    staged = scripted.staged()
    assert not staged.keys() & files.keys()
    assert "secretGenerator" not in staged[f"{APP}/kustomization.yaml"]
    assert scripted.commit().returncode == 0
    keys = ("password", "quoted", "db.key", "other", "user")
    assert scripted.sealed(f"{APP}/db.sealed.yaml") == {f"db.{key}": VALUE for key in keys}
    assert scripted.holds_nothing_in_the_clear()


def test_a_value_that_is_the_same_keeps_its_ciphertext(scripted: Hooked) -> None:
    scripted.install("seal-secrets")
    path = f"{APP}/db.yaml"
    for text in (SECRET, f"{SECRET}  user: me\n"):
        scripted.add({path: text})
        assert scripted.commit().returncode == 1
        assert scripted.commit().returncode == 0
    first, second = (
        yaml.safe_load(scripted.repo.git("show", f"{ref}:{path}"))["spec"]["encryptedData"]
        for ref in ("HEAD~1", "HEAD")
    )
    assert second["password"] == first["password"]
    assert second.keys() == {"password", "user"}


REFUSED: dict[str, tuple[str, str | bytes, str]] = {
    "no environment": ("overlays/shop/db.yaml", SECRET, "it belongs to no environment"),
    "no certificate": (f"{APP}/db.yaml", SECRET, "prod has no certificate to seal with"),
    "in a list": (
        f"{APP}/db.yaml",
        "apiVersion: v1\nkind: List\nitems:\n- "
        + SECRET.replace("\n", "\n  ").strip()
        + "\n- {}\n",
        "a Secret among others in one list cannot be sealed where it stands",
    ),
    "in another's kustomization": (
        f"{APP}/db/kustomization.yaml",
        f"secretGenerator: [{{name: db, literals: ['a={VALUE}']}}]\n",
        "only what the app's own kustomization makes is sealed",
    ),
    "a part of another": (
        f"{APP}/kustomization.yaml",
        f"secretGenerator: [{{name: db, behavior: merge, literals: ['a={VALUE}']}}]\n",
        "a generator that changes another's Secret cannot be sealed",
    ),
    "from what is not staged": (
        f"{APP}/kustomization.yaml",
        f"secretGenerator: [{{name: db, files: [b], literals: ['a={VALUE}']}}]\n",
        f"it takes a value from {APP}/b, which is not staged",
    ),
    "no YAML": (f"{APP}/db.yaml", f"{{{{ x }}}}: [\n{SECRET}", "this is not YAML"),
    "no name": (f"{APP}/db.yaml", SECRET.replace("name: db, ", ""), "the Secret has no name"),
    "too large": (
        f"{APP}/db.yaml",
        f"{SECRET}  a: {'x' * (2 << 20)}\n",
        "the values have 2,097,167 bytes",
    ),
    "no text": (f"{APP}/db.secret.yaml", SECRET.encode("utf-16"), "this is not text in UTF-8"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_sealed_is_refused_with_the_reason(name: str, scripted: Hooked) -> None:
    path, text, reason = REFUSED[name]
    if name == "no certificate":
        scripted.repo.git("rm", "--quiet", "environments/prod/sealing-cert.pem")
        scripted.repo.commit()
    scripted.install("seal-secrets")
    scripted.add({path: text})
    before = scripted.staged() if isinstance(text, str) else {}
    done = scripted.commit()
    assert done.returncode == 1, done.stdout
    assert reason in done.stdout
    assert f"\n{path}:" in f"\n{done.stdout}"
    assert not before or scripted.staged() == before


def test_a_repository_without_environments_is_refused_as_it_stands(repo: Repo, typed: Run) -> None:
    repo.write({"db.yaml": SECRET})
    repo.git("add", ".")
    done = typed("secrets", "seal", cwd=repo.path)
    assert done.returncode == 1
    assert b"db.yaml:5: Secret shop/db holds password in the clear" in done.stdout
    assert b"it belongs to no environment that it could be sealed for" in done.stderr


def test_one_that_cannot_be_sealed_does_not_keep_another_from_it(scripted: Hooked) -> None:
    scripted.install("seal-secrets")
    scripted.add({f"{APP}/db.yaml": SECRET, "overlays/shop/db.yaml": SECRET})
    done = scripted.commit()
    assert "overlays/shop/db.yaml:5: Secret shop/db holds password in the clear\n" in done.stdout
    assert is_sealed(scripted.staged()[f"{APP}/db.yaml"])


def is_sealed(text: str) -> bool:
    return list(opened(text)) == ["db.password"] and VALUE not in text


def test_files_with_crlf_keep_it(scripted: Hooked) -> None:
    scripted.install("seal-secrets")
    text = f"{CONFIG}---\n{SECRET}".replace("\n", "\r\n")
    scripted.add({f"{APP}/db.yaml": text.encode()})
    assert scripted.commit().returncode == 1
    made = (scripted.repo.path / APP / "db.yaml").read_bytes()
    assert made.count(b"\r\n") == made.count(b"\n") > 8
    assert is_sealed(made.decode())


def test_a_kustomization_keeps_its_byte_order_mark(scripted: Hooked) -> None:
    scripted.install("seal-secrets")
    kustomization = FLEET[f"{APP}/kustomization.yaml"] + (
        f"secretGenerator:\n  - name: db\n    literals: [password={VALUE}]\n"
    )
    scripted.add({f"{APP}/kustomization.yaml": b"\xef\xbb\xbf" + kustomization.encode()})
    assert scripted.commit().returncode == 1
    made = (scripted.repo.path / APP / "kustomization.yaml").read_bytes()
    assert made.startswith(b"\xef\xbb\xbf")
    assert b"secretGenerator" not in made
    assert b"db.sealed.yaml" in made


@pytest.mark.parametrize("arguments", [["--all"], [f"{APP}/a.yaml"]], ids=["all", "some files"])
def test_a_commit_with_an_index_of_its_own_is_looked_at_too(
    arguments: list[str], scripted: Hooked
) -> None:
    scripted.install("forbid-plaintext-secrets")
    scripted.repo.write({f"{APP}/a.yaml": f"{CONFIG}---\n{SECRET}"})
    assert scripted.commit(*arguments).returncode == 1
    scripted.install("seal-secrets")
    assert scripted.commit(*arguments).returncode == 1
    assert scripted.commit(*arguments).returncode == 0
    assert scripted.sealed(f"{APP}/a.yaml") == {"db.password": VALUE}
    assert scripted.holds_nothing_in_the_clear()


@pytest.mark.parametrize(
    ("paths", "folder", "file"),
    [
        ([], ".", "a/a.yaml"),
        (["."], ".", "a/a.yaml"),
        (["a"], ".", "a/a.yaml"),
        (["a/a.yaml", "a"], ".", "a/a.yaml"),
        (["."], "a", "a.yaml"),
        (["a.yaml"], "a", "a.yaml"),
    ],
)
def test_the_first_commit_is_looked_at_or_what_is_named_of_it(
    paths: list[str], folder: str, file: str, repo: Repo, typed: Run
) -> None:
    repo.write({"a/a.yaml": SECRET, "b.txt": ""})
    repo.git("add", ".")
    done = typed("secrets", "forbid", *paths, cwd=repo.path / folder)
    assert done.returncode == 1
    expected = f"{file}:5: Secret shop/db holds password in the clear\n"
    assert done.stdout.decode() == expected
    assert typed("secrets", "forbid", "b.txt", cwd=repo.path).returncode == 0


def test_plaintext_that_was_added_and_removed_again_is_found_in_the_range(
    repo: Repo, typed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = repo.commit({"a.txt": ""})
    bad = repo.commit({"db.yaml": SECRET, ".plaintext-secrets.yaml": ALLOWED})
    repo.git("rm", "--quiet", "db.yaml", ".plaintext-secrets.yaml")
    repo.commit()
    assert typed("secrets", "forbid", ".", cwd=repo.path).returncode == 0
    done = typed("secrets", "forbid", "--range", f"{base}..HEAD", cwd=repo.path)
    assert done.returncode == 1
    assert done.stdout.decode() == (
        f"{bad[:12]}:db.yaml:5: Secret shop/db holds password in the clear\n"
    )
    assert b"rewrite the branch" in done.stderr
    for words in ([f"{base}..HEAD"], [f"{base}.."], [f"{base}...HEAD"], [base, "HEAD"], [base]):
        assert typed("secrets", "forbid", *words, cwd=repo.path).stdout == done.stdout
    monkeypatch.setenv("PRE_COMMIT_FROM_REF", base)
    monkeypatch.setenv("PRE_COMMIT_TO_REF", "HEAD")
    on_push = typed("secrets", "forbid", cwd=repo.path)
    assert on_push.stdout == done.stdout
    clean = typed("secrets", "forbid", "--range", f"{bad}..HEAD", cwd=repo.path)
    assert clean.returncode == 0


ALLOWED = "allowed:\n  - file: db.yaml\n    reason: Made up.\n"


def test_what_is_allowed_passes_with_its_reason(repo: Repo, typed: Run) -> None:
    base = repo.commit()
    repo.commit({"db.yaml": SECRET, ".plaintext-secrets.yaml": ALLOWED})
    assert typed("secrets", "forbid", "--range", f"{base}..", cwd=repo.path).returncode == 0
    repo.commit({".plaintext-secrets.yaml": "allowed: [{file: db.yaml}]\n"})
    done = typed("secrets", "forbid", ".", cwd=repo.path)
    assert done.returncode == 2
    assert b".plaintext-secrets.yaml:1:11: allowed[0].reason is missing" in done.stderr


def test_an_evil_merge_is_found_and_a_plain_one_brings_nothing_new(repo: Repo, typed: Run) -> None:
    base = repo.commit({"a.txt": "", "old.yaml": SECRET})
    repo.git("checkout", "--quiet", "-b", "side")
    repo.commit({"b.txt": ""})
    repo.git("checkout", "--quiet", "main")
    repo.commit({"c.txt": ""})
    repo.git("merge", "--quiet", "--no-edit", "side")
    revisions = f"{base}..main"
    assert typed("secrets", "forbid", "--range", revisions, cwd=repo.path).returncode == 0
    repo.write({"b.txt": "", "d.yaml": SECRET})
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--amend", "--no-edit")
    done = typed("secrets", "forbid", "--range", revisions, cwd=repo.path)
    assert b":d.yaml:5: " in done.stdout
    assert b"old.yaml" not in done.stdout


def test_a_file_of_which_a_generator_makes_a_secret_is_found_with_either(
    repo: Repo, typed: Run
) -> None:
    repo.commit({"app/kustomization.yaml": "secretGenerator: [{name: db, files: [key/a.txt]}]\n"})
    repo.write({"app/key/a.txt": VALUE})
    repo.git("add", ".")
    expected = b"app/key/a.txt:1: the file, of which app/kustomization.yaml makes Secret db, is in"
    assert typed("secrets", "forbid", cwd=repo.path).stdout.startswith(expected)
    repo.git("rm", "--cached", "--quiet", "app/kustomization.yaml")
    repo.commit()
    assert typed("secrets", "forbid", cwd=repo.path).returncode == 0
    repo.git("rm", "--cached", "--quiet", "app/kustomization.yaml")
    repo.git("commit", "--quiet", "-m", "without it")
    repo.git("add", "app/kustomization.yaml")
    assert typed("secrets", "forbid", cwd=repo.path).stdout.startswith(expected)


def test_a_range_that_this_clone_does_not_hold_is_an_error(repo: Repo, typed: Run) -> None:
    repo.commit({"a.yaml": SECRET})
    for revisions in ("origin/main..HEAD", "HEAD..nothing", "--all"):
        done = typed("secrets", "forbid", f"--range={revisions}", cwd=repo.path)
        assert done.returncode == 2
        assert b"to do: fetch the whole history" in done.stderr


def test_a_code_host_is_told_at_the_line(repo: Repo, typed: Run) -> None:
    repo.write({"db.yaml": SECRET})
    repo.git("add", ".")
    done = typed("secrets", "forbid", "-o", "github", cwd=repo.path)
    assert done.stdout.decode() == (
        "::error file=db.yaml,line=5,title=secrets/plaintext::"
        "Secret shop/db holds password in the clear\n"
    )
    bad = repo.commit()
    done = typed("secrets", "forbid", "-o", "github", "--range", "HEAD", cwd=repo.path)
    assert done.stdout.decode() == (
        "::error file=db.yaml,line=5,title=secrets/plaintext::"
        f"Secret shop/db holds password in the clear, in the commit {bad[:12]}\n"
    )


def test_names_that_no_other_system_would_take_are_looked_at(repo: Repo, reconciler: Run) -> None:
    names = ["a b.yaml", "ä.yaml", "new\nline.yaml", "caf\udce9.yaml", ":(x).yaml", "-a.yaml"]
    for name in names:
        with open(os.fsencode(str(repo.path / name)), "w") as file:
            file.write(SECRET)
    repo.git("add", ".")
    done = reconciler("secrets", "forbid", cwd=repo.path)
    assert done.stdout.count(b"Secret shop/db holds password") == len(names)
    done = reconciler("secrets", "forbid", ":(x).yaml", cwd=repo.path)
    assert done.stdout.startswith(b":(x).yaml:5: ")
    done = reconciler("secrets", "forbid", "--", *names, cwd=repo.path)
    assert done.stdout.count(b"Secret shop/db holds password") == len(names)


def test_links_and_binaries_are_no_secrets(repo: Repo, typed: Run) -> None:
    repo.write({"a.bin": bytes(range(256)), "b.bin": b"\0" + SECRET.encode()})
    (repo.path / ".env").symlink_to("/etc/passwd")
    repo.git("add", ".")
    assert typed("secrets", "forbid", cwd=repo.path).returncode == 0


def test_a_sealed_secret_that_is_wrong_is_refused_though_the_disk_is_right(
    scripted: Hooked,
) -> None:
    scripted.install("seal-secrets")
    scripted.add({f"{APP}/db.secret.yaml": SECRET})
    scripted.commit()
    assert scripted.commit().returncode == 0
    scripted.install("check-sealed-secrets")
    right = (scripted.repo.path / APP / "db.sealed.yaml").read_text()
    scripted.add({f"{APP}/db.sealed.yaml": right.replace("name: db", "name: other")})
    scripted.repo.write({f"{APP}/db.sealed.yaml": right})
    done = scripted.commit()
    assert done.returncode == 1
    assert "it was sealed for shop/db, and is shop/other here" in done.stdout
    scripted.add({f"{APP}/db.sealed.yaml": right + "# fine\n"})
    assert scripted.commit().returncode == 0


def test_an_app_that_would_be_wrong_is_refused_by_the_hook_of_check(hooked: Hooked) -> None:
    hooked.install("reconciler-check")
    hooked.add({f"{APP}/a.yaml": CONFIG + "dta: {a: b}\n"})
    done = hooked.commit()
    assert done.returncode == 1
    assert "there is no field dta" in done.stdout
    hooked.add({f"{APP}/a.yaml": CONFIG + "data: {a: b}\n"})
    assert hooked.commit().returncode == 0


def test_a_repository_that_nobody_can_write_to_is_left_as_it_is(scripted: Hooked) -> None:
    scripted.add({f"{APP}/db.yaml": SECRET})
    before = scripted.staged()
    mount = "mount --bind . . && mount -o remount,ro,bind . && cd . && cd $PWD && "
    command = ["unshare", "--mount", "sh", "-c", f"{mount}reconciler secrets seal"]
    done = scripted.run(*command)
    if "unshare:" in done.stdout or "mount:" in done.stdout:
        pytest.skip("no file system can be mounted here")
    assert done.returncode == 2, done.stdout
    assert "Read-only file system" in done.stdout
    assert VALUE not in done.stdout
    assert scripted.staged() == before
    assert (scripted.repo.path / APP / "db.yaml").read_text() == SECRET


@pytest.fixture
def interrupts() -> Iterator[None]:
    """Interrupts work, though tests that run in the background are started without them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interruption_leaves_old_files_whole(
    scripted: Hooked, monkeypatch: pytest.MonkeyPatch, typed: Run
) -> None:
    """At whatever call to Git it comes: the index is the old one or the new one, never a part."""
    scripted.add({f"{APP}/db.yaml": SECRET, f"{APP}/api.secret.yaml": SECRET.replace("db", "api")})
    before = scripted.staged()
    run = Snapshots._git
    calls = 0

    def interrupted(self: Snapshots, *words: str, **others: object) -> bytes:
        nonlocal calls
        calls += 1
        if calls == at:
            signal.raise_signal(signal.SIGINT)
        return run(self, *words, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(Snapshots, "_git", interrupted)
    at = 0
    while True:
        at, calls = at + 1, 0
        done = typed("secrets", "seal", cwd=scripted.repo.path)
        if done.returncode != 130:
            break
        monkeypatch.undo()
        assert scripted.staged() == before or is_sealed(scripted.staged()[f"{APP}/db.yaml"])
        text = (scripted.repo.path / APP / "db.yaml").read_text()
        assert text == SECRET or is_sealed(text)
        monkeypatch.setattr(Snapshots, "_git", interrupted)
        scripted.repo.write({f"{APP}/db.yaml": SECRET})
        scripted.repo.git("add", f"{APP}/db.yaml", f"{APP}/api.secret.yaml")
    assert at > 5


def test_who_changes_what_counts_as_a_secret_is_told_of_in_a_range(repo: Repo, typed: Run) -> None:
    base = repo.commit(FLEET)
    plain = repo.commit({"a": "x"})
    allowed = f"allowed:\n  - {{file: {APP}/db.yaml, reason: trust me}}\n"
    repo.commit({".plaintext-secrets.yaml": allowed, f"{APP}/db.yaml": SECRET})
    said = b".plaintext-secrets.yaml: these commits change what counts as a secret"
    assert (
        said not in typed("secrets", "forbid", "--range", f"{base}..{plain}", cwd=repo.path).stderr
    )
    done = typed("secrets", "forbid", "--range", f"{base}..HEAD", cwd=repo.path)
    assert done.returncode == 0
    assert said in done.stderr
    done = typed("secrets", "forbid", "--range", f"{base}..HEAD", "-o", "github", cwd=repo.path)
    assert done.stdout.startswith(b"::warning file=.plaintext-secrets.yaml,title=secrets/rules::")


def test_findings_are_json_too_and_hold_no_value(repo: Repo, typed: Run) -> None:
    base = repo.commit({"a.txt": ""})
    bad = repo.commit({"db.yaml": SECRET})
    done = typed("secrets", "forbid", f"{base}..", "-o", "json", cwd=repo.path)
    assert done.returncode == 1
    assert json.loads(done.stdout) == {
        "version": 1,
        "files": 1,
        "found": [
            {
                "commit": bad,
                "file": "db.yaml",
                "line": 5,
                "what": "Secret shop/db holds password in the clear",
            }
        ],
        "unrendered": [],
    }
    clean = typed("secrets", "forbid", "a.txt", "-o", "json", cwd=repo.path)
    assert (clean.returncode, json.loads(clean.stdout)["found"], clean.stderr) == (0, [], b"")


def test_one_file_is_not_files(repo: Repo, typed: Run) -> None:
    repo.commit({"a.txt": ""})
    done = typed("secrets", "forbid", "a.txt", cwd=repo.path)
    assert done.stderr == b"1 file: nothing is in the clear\n"
