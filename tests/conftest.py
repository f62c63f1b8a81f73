"""What holds for every test."""

import os
import sys
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import settings

from tests.support.collector_build import NoGo, Programs, built_programs
from tests.support.mongo_databases import Databases, deployment
from tests.support.mongod import ReplicaSet

# How long an example takes says something about the machine, nothing about the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def mongodb() -> Iterator[Databases]:
    """One MongoDB for the whole session, started for the first test that wants it."""
    with deployment() as url:
        databases = Databases(url)
        yield databases
        databases.close()


@pytest.fixture(scope="module")
def own_mongodb() -> Iterator[ReplicaSet]:
    """A MongoDB of this module alone, that may be stopped."""
    own = ReplicaSet()
    yield own
    own.close()


@pytest.fixture(scope="session")
def otel_programs(pytestconfig: pytest.Config) -> Programs:
    """The Collector and telemetrygen, built for the first test that wants them, which takes minutes once."""
    capture: Any = pytestconfig.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capture.global_and_fixture_disabled():
            sys.stdout.write(f"\n{text}\n")
            sys.stdout.flush()

    try:
        return built_programs(say)
    except NoGo as missing:
        pytest.skip(str(missing))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that skips itself in continuous integration."""
    report = yield
    _fail_if_skipped_in_ci(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail a module that skips itself in continuous integration."""
    report = yield
    _fail_if_skipped_in_ci(report)
    return report


def _fail_if_skipped_in_ci(report: pytest.TestReport | pytest.CollectReport) -> None:
    """A laptop may lack a part (a browser, a database); continuous integration must have them all."""
    expected_to_fail = hasattr(report, "wasxfail")
    if report.skipped and not expected_to_fail and os.environ.get("CI"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
        report.outcome = "failed"
        report.longrepr = f"A skipped test is a failure where CI is set. {reason}"
