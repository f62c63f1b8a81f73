"""A service like the one that a reader has started, and the reader."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.command_line import run_tracking
from tests.support.reader import Reader
from tests.support.service import Service, serving


@pytest.fixture
async def started(tmp_path: Path) -> AsyncIterator[Service]:
    """The service after its first start: its key stands on its standard output."""
    async with serving(tmp_path, bootstrap_api_key=None) as service:
        yield service


@pytest.fixture
def reader(started: Service, tmp_path: Path) -> Reader:
    """Somebody in front of it, who puts their own keys where the documents have placeholders."""
    (key,) = set(re.findall(r"\btrk_[0-9A-Za-z]{43}\b", started.stdout))
    database = {"TRACKING_DATABASE_URL": str(started.settings["database_url"])}
    words = ("key", "create", "--organisation", "default", "--kind", "browser", "--origin", "https://shop.example")
    made = run_tracking(*words, "--json", cwd=tmp_path, **database)
    replaced = {
        "http://localhost:8080": f"http://127.0.0.1:{started.http_port}",
        "localhost:50051": f"127.0.0.1:{started.grpc_port}",
        "http://localhost:4318": f"http://127.0.0.1:{started.otlp_http_port}",
        "YOUR_API_KEY": key,
        "YOUR_BROWSER_KEY": str(json.loads(made.stdout)["key"]),
        "data/tracking.db": str(started.database),
    }
    settings = {"address": f"127.0.0.1:{started.grpc_port}", "database_url": started.settings["database_url"]}
    return Reader(tmp_path / "reader", replaced, settings)
