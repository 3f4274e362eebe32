"""The settings of the one Scrapy process of a run. Everything that we do ourselves, or that opens a door, is off.

Off and why: remote control and telnet run Python for whoever connects; file, data, s3 and ftp addresses are none of ours;
JOBDIR is pickle and not durable; cookies and Referer tell outlets things; robots, redirects, retries and compression are
done by `crawler.spiders.fetching` with the rules of SAFETY; a proxy would connect behind the guard's back.
"""

from __future__ import annotations

from typing import Any

from crawler.model.outlet import Outlet
from crawler.spiders.downloading import OutletDownloadHandler
from crawler.spiders.guard import Guard, guarded_resolver

_MIDDLEWARES_OFF = (
    "offsite.OffsiteMiddleware", "robotstxt.RobotsTxtMiddleware", "httpauth.HttpAuthMiddleware",
    "downloadtimeout.DownloadTimeoutMiddleware", "defaultheaders.DefaultHeadersMiddleware", "useragent.UserAgentMiddleware",
    "retry.RetryMiddleware", "redirect.MetaRefreshMiddleware", "httpcompression.HttpCompressionMiddleware",
    "redirect.RedirectMiddleware", "cookies.CookiesMiddleware", "httpproxy.HttpProxyMiddleware", "stats.DownloaderStats",
    "httpcache.HttpCacheMiddleware",
)  # fmt: skip
_EXTENSIONS_OFF = (
    "corestats.CoreStats", "logcount.LogCount", "telnet.TelnetConsole", "memusage.MemoryUsage", "memdebug.MemoryDebugger",
    "closespider.CloseSpider", "feedexport.FeedExporter", "logstats.LogStats", "spiderstate.SpiderState",
    "throttle.AutoThrottle", "remote_control.RemoteControl",
)  # fmt: skip
_SPIDER_MIDDLEWARES_OFF = (
    "start.StartSpiderMiddleware", "httperror.HttpErrorMiddleware", "referer.RefererMiddleware", "urllength.UrlLengthMiddleware",
    "depth.DepthMiddleware", "metacopy.MetaCopyDetectionMiddleware",
)  # fmt: skip
DNS_THREADS = 20
"""Names are resolved in threads, and one that hangs must not keep the others waiting."""


def scrapy_settings(outlets: tuple[Outlet, ...], guard: Guard) -> dict[str, Any]:
    """Settings for a run over these outlets: one download slot an outlet, with its own delay and concurrency."""
    handler = OutletDownloadHandler
    return {
        "DOWNLOAD_HANDLERS": {"http": handler, "https": handler, "file": None, "data": None, "s3": None, "ftp": None},
        "DOWNLOADER_MIDDLEWARES": {f"scrapy.downloadermiddlewares.{name}": None for name in _MIDDLEWARES_OFF},
        "SPIDER_MIDDLEWARES": {f"scrapy.spidermiddlewares.{name}": None for name in _SPIDER_MIDDLEWARES_OFF},
        "EXTENSIONS": {f"scrapy.extensions.{name}": None for name in _EXTENSIONS_OFF},
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "COOKIES_ENABLED": False,
        "REFERER_ENABLED": False,
        "HTTPPROXY_ENABLED": False,
        "REDIRECT_ENABLED": False,
        "RETRY_ENABLED": False,
        "COMPRESSION_ENABLED": False,
        "JOBDIR": None,
        "TWISTED_DNS_RESOLVER": guarded_resolver(guard),
        "REACTOR_THREADPOOL_MAXSIZE": DNS_THREADS,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_TLS_MIN_VERSION": "TLSv1.2",
        "DOWNLOAD_MAXSIZE": 0,  # bodies are cut by our own handler, which keeps what fits
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_FAIL_ON_DATALOSS": True,
        "DOWNLOAD_DELAY_JITTER": 0.0,  # a delay is a promise to the outlet, not an average
        "DOWNLOAD_SLOTS": {
            one.slug: {"delay": one.politeness.delay_s, "concurrency": one.politeness.concurrency, "jitter": 0.0}
            for one in outlets
        },
        "CONCURRENT_REQUESTS": 0,  # no limit of Scrapy's own: the slots and `PAGES_AT_ONCE` are ours
        "STATS_DUMP": False,
        "LOG_ENABLED": False,
        "LOG_INSTALL_ROOT_HANDLER": False,
    }
