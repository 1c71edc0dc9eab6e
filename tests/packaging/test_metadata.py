from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def names_of(requirements):
    return {re.match(r"[A-Za-z0-9._-]+", requirement)[0] for requirement in requirements}


def test_exactly_four_packages_are_required_and_the_transport_layer_of_httpx(project):
    assert names_of(project["project"]["dependencies"]) == {"anyio", "attrs", "cattrs", "h11", "httpcore", "httpx"}


def test_all_has_every_extra(project):
    extras = project["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    assert set(re.search(r"\[(.+)\]", everything)[1].split(",")) == set(extras) - {"all"}


def test_every_dependency_has_a_minimum_version(project):
    extras = project["project"]["optional-dependencies"].values()
    requirements = [*project["project"]["dependencies"], *(each for extra in extras for each in extra)]
    for requirement in requirements:
        assert ">=" in requirement or requirement.startswith("duro-sdk["), requirement


def test_the_package_is_marked_as_typed():
    assert (ROOT / "duro" / "py.typed").is_file()


def test_the_command_is_installed(project):
    assert project["project"]["scripts"] == {"duro": "duro.cli:main"}


def test_the_oldest_python_of_the_metadata_is_consistent(project):
    oldest, *_ = [each for each in project["project"]["classifiers"] if re.search(r":: 3\.\d+$", each)]
    assert project["project"]["requires-python"] == ">=" + oldest.rpartition(" ")[2]


def test_ci_runs_the_commands_of_the_readme():
    commands = re.findall(r"^\$ (.+)$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)[:2]
    assert commands == [
        "python -m pip install '.[sandbox]' && duro quickstart",
        "python -m pip install 'nox[uv]' && nox -s tests",
    ]
    assert commands[1] in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_ci_runs_each_session_of_the_workflow_and_the_guide_describes_it():
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    sessions = re.findall(r'"(\w+)-\$\{PYTHON\}"', workflow)
    sessions += re.search(r"session: \[([\w, ]+)\]", workflow)[1].split(", ")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    lists = re.findall(r"(?:^run|&& nox -s) ([\w. -]+)", script, re.MULTILINE)
    run = {name.partition("-")[0] for names in lists for name in names.split()}
    # The session "coverage" runs the slow tests.
    assert {*sessions} - {"slow"} == run
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert [name for name in sessions if f"| `nox -s {name}` |" not in guide] == []


def test_the_version_has_its_entry_in_the_changelog(project):
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## [Unreleased]" in changelog or f"## [{project['project']['version']}]" in changelog


def test_the_folders_of_the_contributing_guide_exist():
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"\b(?:duro|tests)/[\w/.]*", guide)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []
