"""The job that says of a pull request what it breaks, and what it would change."""

from __future__ import annotations

from enum import StrEnum


class CiSystem(StrEnum):
    github = "github"
    gitlab = "gitlab"


GITHUB = """\
name: reconciler

# What a pull request breaks, and what it would change in each environment.
on: pull_request

permissions:
  contents: read

jobs:
  reconciler:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@34e114876b0b11c390a56381ad16ebd13914f8d5 # v4.3.1
        with:
          fetch-depth: 0 # the commits that entries pin
          persist-credentials: false
      - uses: actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0
        with:
          python-version: "3.13"
      # Where the program is, as pip takes it, such as git+https://HOST/OWNER/REPO@COMMIT.
      - run: pip install "${RECONCILER:?set the variable RECONCILER to where the program is}"
        env:
          RECONCILER: ${{ vars.RECONCILER }}
      - run: git remote set-head origin "$MAIN"
        env:
          MAIN: ${{ github.event.repository.default_branch }}
      - run: reconciler check -o github
      # In the summary of the run. 1 says that something differs, 2 that an app does not render.
      - if: always()
        env:
          BASE: origin/${{ github.base_ref }}
        run: |
          status=0
          reconciler diff --from "$BASE" --to HEAD --merge-base -o markdown \\
            >> "$GITHUB_STEP_SUMMARY" || status=$?
          test "$status" -le 1
"""

GITLAB = """\
# What a merge request breaks, and what it would change in each environment.
reconciler:
  image: python:3.13
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  variables:
    GIT_DEPTH: "0" # the commits that entries pin
  script:
    # Where the program is, as pip takes it, such as git+https://HOST/OWNER/REPO@COMMIT.
    - pip install "${RECONCILER:?set the variable RECONCILER to where the program is}"
    - git remote set-head origin "$CI_DEFAULT_BRANCH"
    - reconciler check
    # 1 says that something differs, 2 that an app does not render.
    - >-
      reconciler diff --from "origin/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME" --to HEAD --merge-base
      || test $? = 1
"""

CI_FILES = {
    CiSystem.github: (".github/workflows/reconciler.yml", GITHUB),
    CiSystem.gitlab: (".gitlab-ci.yml", GITLAB),
}
