"""What the Scrapy process is allowed to do, read from Scrapy's own objects after it took our settings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from scrapy.crawler import Crawler
from scrapy.settings import Settings
from scrapy.utils.conf import build_component_list

import crawler
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet, Politeness
from crawler.model.run import CrawlPlan
from crawler.run import honest_user_agent
from crawler.spiders.guard import Guard
from crawler.spiders.outlet_spider import OutletSpider
from crawler.spiders.scrapy_settings import scrapy_settings

KURIER = Outlet(
    slug="kurier", name="Kurier", homepage="https://kurier.example/", domains=("kurier.example",), country="PL", languages=("pl",),
    timezone="Europe/Warsaw", politeness=Politeness(delay_s=2.5, concurrency=3),
)  # fmt: skip


@pytest.fixture
def settings() -> Settings:
    return Crawler(OutletSpider, scrapy_settings((KURIER,), Guard([KURIER]))).settings


def test_a12_nothing_is_pickled_and_no_job_folder_is_kept(settings: Settings) -> None:
    assert settings["JOBDIR"] is None
    ours = [path for path in Path(crawler.__file__).parent.rglob("*.py") if path.name not in ("workers.py", "batch_resume.py")]
    names = {
        name.name
        for path in ours
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert not names & {"pickle", "shelve", "marshal", "dill"}, "only the pipe to our own workers holds pickles"
    # ... and the state of a batch, which is read by a reader of its own that refuses every name but records of ours
    resuming = ast.parse((Path(crawler.__file__).parent / "batch_resume.py").read_text())
    called = {ast.unparse(node.func) for node in ast.walk(resuming) if isinstance(node, ast.Call)}
    assert not called & {"pickle.load", "pickle.loads", "pickle.Unpickler"}


def test_a05_only_http_and_https_have_a_handler(settings: Settings) -> None:
    handlers = settings.getwithbase("DOWNLOAD_HANDLERS")
    assert {scheme for scheme, handler in handlers.items() if handler} == {"http", "https"}


def test_no_door_is_open_and_no_middleware_works_behind_our_back(settings: Settings) -> None:
    assert not settings.getbool("TELNETCONSOLE_ENABLED") and not settings.getbool("REMOTE_CONTROL_ENABLED")
    for kind in ("DOWNLOADER_MIDDLEWARES", "SPIDER_MIDDLEWARES", "EXTENSIONS"):
        assert build_component_list(settings.get_component_priority_dict_with_base(kind)) == [], kind


def test_tls_is_verified_and_the_delay_is_a_promise(settings: Settings) -> None:
    assert settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES")
    assert settings["DOWNLOAD_SLOTS"] == {"kurier": {"delay": 2.5, "concurrency": 3, "jitter": 0.0}}


def test_nobody_crawls_without_an_address_to_write_to(tmp_path: Path) -> None:
    plan = CrawlPlan(
        run_id="r", store_url="sqlite:///x", data_dir=tmp_path, report_path=tmp_path / "r.json", outlets=(KURIER,), owner="o",
        user_agent="Depesza/1", contact="desk@example.org",
    )  # fmt: skip
    assert honest_user_agent(plan) == "Depesza/1 (+desk@example.org)"
    with pytest.raises(ConfigError, match="contact"):
        honest_user_agent(CrawlPlan(**{name: getattr(plan, name) for name in plan.__slots__} | {"contact": " "}))
    hostile = CrawlPlan(**{name: getattr(plan, name) for name in plan.__slots__} | {"user_agent": "x\r\nCookie: a"})
    assert "\n" not in honest_user_agent(hostile) and "\r" not in honest_user_agent(hostile)


def test_nobody_here_imports_twisted() -> None:
    for path in Path(crawler.__file__).parent.rglob("*.py"):
        tree = ast.parse(path.read_text())
        modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        modules += [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
        assert not any(module.split(".")[0] == "twisted" for module in modules), path
