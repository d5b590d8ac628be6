"""One Chromium and one running commune for all browser tests of a worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser import montclair, support
from tests.browser.montclair import Montclair


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with support.launched() as browser:
        yield browser


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The prepared demonstration, the same for every worker of this run."""
    own = tmp_path_factory.getbasetemp()
    return montclair.prepared(own if worker_id == "master" else own.parent)


@pytest.fixture(scope="session")
def town(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Montclair]:
    """Montclair on Tuesday 12 January 2027, 7 h 50."""
    with montclair.started(template, tmp_path_factory.mktemp("town") / "var") as running:
        yield running


@pytest.fixture(params=[False, True], ids=["wide", "phone"])
def phone(request: pytest.FixtureRequest) -> bool:
    """Both sizes: 1280 and 390 px."""
    return bool(request.param)
