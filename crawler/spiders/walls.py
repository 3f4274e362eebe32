"""What an answer is before anybody reads its text: gone, a wall, no web page (SAFETY F31). Pure.

Walls that only their text betrays are recognised by `crawler.normalize`; one text at many addresses by `crawler.filing`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from crawler.model.run import Outcome
from crawler.spiders.fetching import Answer

_FRONT = re.compile(r"/(?:index|home|default|main)?(?:\.(?:html?|php|aspx?|jsp))?|/[a-z]{2}(?:[-_][a-z]{2})?/?|", re.I)
"""Paths of front pages: "/", "/index.html", "/pl/"."""
_WALL_HOST = re.compile(r"(?:consent|cmp|login|accounts?|auth|sso|privacy|challenge)\..+", re.I)
_WALL_PATH = re.compile(
    r"/(?:consent|cookie[-_]?(?:consent|wall)|gdpr|rodo|privacy[-_]?(?:gate|wall)|log[-_]?in|sign[-_]?in|zaloguj|logowanie|"
    r"subscri(?:be|ption)|paywall|challenge|captcha|cdn-cgi/challenge-platform|registrier\w*|anmeld\w*)(?:[/.?]|$)",
    re.I,
)
_MISSING_PATH = re.compile(
    r"/(?:404|410|not[-_]?found|error(?:[-_]?404)?|nie[-_]?znaleziono|page[-_]?not[-_]?found)(?:[/.]|$)", re.I
)
_WEB_PAGE = re.compile(r"(?:text/(?:html|plain|xml)|application/(?:xhtml\+xml|xml|octet-stream))\s*(?:;|$)|$", re.I)
"""Media types that may hold an article's page; servers that do not know send text/plain or octet-stream, or nothing."""


class Verdict(NamedTuple):
    """An outcome with its reason in words."""

    outcome: Outcome
    reason: str


def judge(answer: Answer) -> Verdict | None:
    """What the answer to an article's address is, or None: a page to be read."""
    status = answer.status
    if is_challenge(answer.header):
        return Verdict(Outcome.BLOCKED, f"a challenge for browsers (HTTP {status})")
    if status in (404, 410):
        return Verdict(Outcome.GONE, f"HTTP {status}")
    if status in (401, 402, 403, 407, 451, 511):
        return Verdict(Outcome.BLOCKED, f"HTTP {status}")
    if not 200 <= status < 300:
        return Verdict(Outcome.FAILED, f"HTTP {status}")
    if (verdict := _judge_address(urlsplit(answer.requested_url), urlsplit(answer.final_url))) is not None:
        return verdict
    media_type = (answer.header("content-type") or "").strip()
    if not _WEB_PAGE.match(media_type):
        return Verdict(Outcome.NO_ARTICLE, f"no web page but {media_type[:80]}")
    if not answer.body.strip():
        return Verdict(Outcome.NO_TEXT, "an empty page")
    return None


def is_challenge(header: Callable[[str], str | None]) -> bool:
    """Whether the headers say that a browser is to prove itself (Cloudflare: `cf-mitigated: challenge`; AWS WAF likewise).

    `header` gives a header's value by name, or None.
    """
    asked_by_amazon = (header("x-amzn-waf-action") or "").lower()
    return (header("cf-mitigated") or "").lower() == "challenge" or asked_by_amazon in ("challenge", "captcha")


def _judge_address(asked: SplitResult, final: SplitResult) -> Verdict | None:
    """An article that leads elsewhere: to the front page, a "not found" page, a consent or login wall."""
    if (asked.netloc, asked.path, asked.query) == (final.netloc, final.path, final.query):
        return None
    if _FRONT.fullmatch(final.path) and not final.query and not (_FRONT.fullmatch(asked.path) and not asked.query):
        return Verdict(Outcome.GONE, "redirected to the front page")
    if _MISSING_PATH.search(final.path) and not _MISSING_PATH.search(asked.path):
        return Verdict(Outcome.GONE, f"redirected to {final.path[:80]}")
    if (_WALL_HOST.fullmatch(final.netloc) and final.netloc != asked.netloc) or (
        _WALL_PATH.search(final.path) and not _WALL_PATH.search(asked.path)
    ):
        return Verdict(Outcome.BLOCKED, f"redirected to a wall: {final.netloc}{final.path[:80]}")
    return None
