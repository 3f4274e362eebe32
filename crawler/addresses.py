"""Web addresses: one spelling for each article, whose they are, and whether an IP address may be asked at all.

Pure functions that never raise, whatever a feed holds. Not here: what was already seen (`crawler.store`), the guard in
the resolver (`crawler.spiders`), spider traps (`crawler.discovery.traps`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Protocol
from urllib.parse import SplitResult, unquote, unquote_plus, urlsplit, urlunsplit

import idna
from w3lib.url import canonicalize_url

MAX_ADDRESS_LENGTH = 2048
"""Characters. Longer addresses are traps or mistakes; Internet Explorer's old limit became everybody's (SAFETY.md, A19)."""

_PASSES = 6
"""Cleaning one layer may bare the next (a quote before an empty query); what does not settle is no address."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"(?!-)[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_CONTROLS = re.compile("[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_TRAILING_JUNK = re.compile("(?:%(?:20|09|0[ad]|c2%a0|e2%80%8b|22|3e)|[\\s\"'<>|\\\\^`\u201d\u201c\u2019])+$", re.I)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#]*|/\((?:[A-Z]\([^/()]*\))+\)(?=/)", re.I)
"""`;jsessionid=...` of servlets and `/(S(...))/` of cookieless ASP.NET."""

TRACKING_PREFIXES = (
    "utm_", "at_", "pk_", "mtm_", "matomo_", "piwik_", "ns_", "hsa_", "wt.", "wt_", "_x_tr_", "aspsessionid", "stm_", "itm_",
)  # fmt: skip
TRACKING_NAMES = frozenset(
    """
    fbclid fb_action_ids fb_action_types fb_source fb_ref gclid gclsrc dclid gbraid wbraid gad_source gad_campaignid msclkid
    yclid ysclid twclid ttclid li_fat_id igshid igsh mc_cid mc_eid _ga _gl _openstat mkt_tok oly_enc_id oly_anon_id vero_id
    vero_conv _hsenc _hsmi hsctatracking wickedid s_cid s_kwcid ncid cmpid icid ito ocid xtor __twitter_impression ref_src
    ref_url smid smtyp sr_share share_id guccounter guce_referrer guce_referrer_sig wtmc wtrid cmp srcc srcx src01 src02
    cn-reloaded echobox rb_clickid ml_subscriber ml_subscriber_hash _branch_match_id _branch_referrer epik dm_i mibextid sfnsn
    __tn__ eqid ref_type phpsessid jsessionid sessionid session_id oscsid zenid cfid cftoken
    """.split()  # noqa: SIM905 - a list of words reads better than ninety literals
)
"""Parameters that say how a reader came, or which visit it was; lower case. Collected from what outlets put into their own
feeds and from the lists that browsers strip (November 2026). `cmp` is the Guardian's, `xtor` and `at_` French media's."""

_CHANNEL_NAMES = frozenset({"ref", "source", "src", "from", "medium", "partner", "via", "traffic_source", "origin", "campaign"})
_CHANNEL_VALUE = re.compile(
    r"(?:rss|atom|feeds?|twitter|facebook|fb|telegram|whatsapp|linkedin|instagram|google|newsletter|e?mail|push|social|share|"
    r"home|homepage|main|amp|x|tw|tg|wa)(?:[-_.].*|\d*)",
    re.I,
)
"""`?from=rss` says a channel, `?from=2020` may be part of the address: these names go only with such a value."""
_LONG_HASH = re.compile(r"[0-9a-z]{16,}", re.I)

_PUBLIC_V6 = ip_network("2000::/3")
_REFUSED = tuple(
    ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
        "224.0.0.0/4", "240.0.0.0/4",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
"""IANA special-purpose registries, November 2026, with 6to4 (RFC 3056) and its relays (RFC 7526), Teredo (RFC 4380). In
IPv6 only global unicast (2000::/3, RFC 4291) is public at all: NAT64, v4-mapped, site-local, unique local and multicast
addresses lie outside it."""

_AMP_CACHE_HOST = re.compile(r"(?:[\w-]+\.)?cdn\.ampproject\.org|(?:www\.)?(?:google\.[a-z]{2,3}(?:\.[a-z]{2})?|bing\.com)")
_AMP_CACHE_PATH = re.compile(r"/(?:amp|[acvirw])/(s/)?((?:[\w-]+\.)+[a-z][\w-]+(?:/.*)?)", re.I)
_AMP_TAIL = re.compile(r"(?<=[^/])(?:/amp/?|/amp\.html?|\.amp|\.amp(?=\.html?$))$|(?<=[^/])\.amp(?=\.html?$)", re.I)
_AMP_QUERY = re.compile(
    r"(?:amp|amp_js_v|amp_gsa|amp_ct|amp_kit|usqp|aoh)(?:=.*)?|(?:outputtype|output|view|format|type)=amp",
    re.I,
)


class _SuffixReader(Protocol):
    def __call__(self, url: str) -> object: ...


def canonical_address(url: str, keep_query: Sequence[str] = ()) -> str | None:
    """The one spelling of an http(s) address, or None when `url` is no usable web address.

    Host in lower case and IDNA (UTS 46), odd spellings of IP addresses as the plain one, no default port, no user and
    password, no fragment, dot segments resolved, percent-encoding normalised, query sorted, without tracking parameters
    and session ids. With `keep_query` exactly those parameters stay (names as in the outlet's TOML, case ignored). The
    scheme, `www.` and a trailing slash stay as they are: servers may tell them apart; the table of addresses joins what
    redirects and `rel=canonical` show to be the same. Idempotent; never raises.
    """
    return _canonical(url, tuple(keep_query))


@lru_cache(maxsize=4096)
def _canonical(url: str, keep_query: tuple[str, ...]) -> str | None:
    """Kept, because a page names its own address up to ten times."""
    kept = frozenset(name.lower() for name in keep_query)
    for _ in range(_PASSES):
        address = _simplified(url, kept)
        if address is None or address == url:
            return address
        url = address
    return None


def belongs_to(url: str, domains: Sequence[str]) -> bool:
    """Whether the host of `url` equals or is below one of `domains`.

    A domain with a port ("127.0.0.1:8080") asks for that port too.
    """
    parts = _split(url)
    host = _host(parts.hostname or "") if parts is not None else None
    if parts is None or host is None or _netloc(parts) is None:
        return False
    port = parts.port or _DEFAULT_PORTS[parts.scheme]
    return any(_is_below(host, port, domain) for domain in domains)


def host_of(url: str) -> str | None:
    """The host of an http(s) address in lower case and IDNA (an IPv6 address without brackets), or None."""
    parts = _split(url)
    return _host(parts.hostname or "") if parts is not None else None


def registrable_domain(url: str) -> str | None:
    """The domain a registrar sells: "https://a.b.gov.pl/" -> "b.gov.pl". None for IP addresses and bare names.

    The public suffix list is the one in the tldextract package; the network is never asked for a newer one.
    """
    host = host_of(url)
    if host is None or literal_ip(host):
        return None
    extract = _suffixes()
    return str(getattr(extract(host), "top_domain_under_public_suffix", "")) or None


def literal_ip(host: str) -> str | None:
    """The IP address that `host` spells, in its plain form, or None for a name.

    Understands what browsers do (WHATWG URL, section 3.5): decimal, octal and hexadecimal parts, one to four of them,
    full-width digits, percent-encoding, brackets, a zone id, a final dot.
    """
    text = unquote(host).strip().strip("[]").partition("%")[0]
    if ":" in text:
        try:
            return str(IPv6Address(text))
        except ValueError:
            return None
    plain = text if text.isascii() else (_to_ascii(text) or "")
    numbers = [_number(part) for part in plain.removesuffix(".").split(".")]
    known = [number for number in numbers if number is not None]
    if len(known) != len(numbers) or not 1 <= len(known) <= 4:
        return None
    *high, low = known
    if any(number > 255 for number in high) or low >= 256 ** (5 - len(known)):
        return None
    return str(IPv4Address(sum(number << (8 * (3 - place)) for place, number in enumerate(high)) + low))


def is_public_ip(ip: str) -> bool:
    """Whether an address may be asked: global unicast and nothing else (SAFETY.md, A3). False for anything that is no IP address.

    Stricter than `ipaddress.is_global`: refuses NAT64 (64:ff9b::/96), 6to4, Teredo, v4-mapped, site-local, multicast,
    carrier NAT (100.64.0.0/10), benchmark and documentation networks.
    """
    try:
        address = ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address not in _PUBLIC_V6:
        return False
    return address.is_global and not address.is_multicast and not any(address in network for network in _REFUSED)


def amp_to_article(url: str) -> str:
    """The article behind an AMP address, or `url` as it is.

    Undone is only what is certain without asking: AMP caches (Google, Bing, ampproject.org), a last path part `amp`, `.amp`
    endings, `?amp=1`, `?outputType=amp`. Own AMP hosts (amp.example.com) name their article by `rel=canonical`.
    """
    for _ in range(3):
        plain = _without_amp(url)
        if plain == url:
            break
        url = plain
    return url


def _simplified(url: str, keep_query: frozenset[str]) -> str | None:
    parts = _split(url)
    if parts is None:
        return None
    netloc = _netloc(parts)
    if netloc is None:
        return None
    path = _SESSION_IN_PATH.sub("", parts.path)
    query = _kept_query(parts.query, keep_query)
    try:
        address = canonicalize_url(urlunsplit((parts.scheme, netloc, path, query, "")))
    except ValueError:
        return None
    return address if len(address) <= MAX_ADDRESS_LENGTH and address.isascii() else None


def _without_amp(url: str) -> str:
    parts = _split(url)
    if parts is None:
        return url
    inner = _AMP_CACHE_PATH.fullmatch(parts.path)
    if inner and _AMP_CACHE_HOST.fullmatch(parts.hostname or ""):
        return f"{'https' if inner[1] else 'http'}://{inner[2]}{'?' if parts.query else ''}{parts.query}"
    path = _AMP_TAIL.sub("", parts.path)
    pieces = parts.query.split("&") if parts.query else []
    query = "&".join(piece for piece in pieces if not _AMP_QUERY.fullmatch(piece))
    if path == parts.path and query == parts.query:
        return url
    return urlunsplit((parts.scheme, parts.netloc, path, query, ""))


@lru_cache(maxsize=4096)
def _split(url: str) -> SplitResult | None:
    """`url` cleaned of what surrounds it and split, or None when it is not http(s) with a host."""
    text = _TRAILING_JUNK.sub("", _CONTROLS.sub(" ", url[: 4 * MAX_ADDRESS_LENGTH]).strip(" \"'<>"))
    if len(url) > 4 * MAX_ADDRESS_LENGTH:
        return None
    head, colon, tail = text.partition(":")
    if not colon or head.lower() not in _DEFAULT_PORTS:
        return None
    # browsers read "http:\\host" and "http:/host" as "http://host" (WHATWG URL, special schemes)
    before, question, query = tail.partition("#")[0].partition("?")
    path = before.replace("\\", "/").lstrip("/")
    text = f"{head.lower()}://{path}{question}{query.replace('&amp;', '&')}".replace(" ", "%20")
    try:
        parts = urlsplit(text)
        return parts if parts.hostname else None
    except ValueError:
        return None


def _netloc(parts: SplitResult) -> str | None:
    host = _host(parts.hostname or "")
    try:
        port = parts.port
    except ValueError:
        return None
    if host is None or port == 0:
        return None
    name = f"[{host}]" if ":" in host else host
    return name if port is None or port == _DEFAULT_PORTS[parts.scheme] else f"{name}:{port}"


@lru_cache(maxsize=4096)
def _host(host: str) -> str | None:
    """A host in its plain form, or None when no server can have that name."""
    ip = literal_ip(host)
    if ip:
        return ip
    name = _to_ascii(unquote(host).removesuffix("."))
    if not name or len(name) > 253 or not _HOST.fullmatch(name) or any(len(label) > 63 for label in name.split(".")):
        return None
    # a last label that is a number makes an IPv4 address or nothing (WHATWG URL, "ends in a number")
    return None if _number(name.rpartition(".")[2]) is not None else name


def _to_ascii(name: str) -> str | None:
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError, IndexError, ValueError):
        return None


def _number(part: str) -> int | None:
    """A part of an IPv4 address: decimal, octal with a leading 0, hexadecimal with 0x ("0x" alone is 0)."""
    text = part.lower()
    if len(text) > 20:
        return None
    base = 16 if text.startswith("0x") else 8 if len(text) > 1 and text.startswith("0") else 10
    digits = text[2:] if base == 16 else text
    if base == 16 and not digits:
        return 0
    if not re.fullmatch({16: "[0-9a-f]+", 8: "[0-7]+", 10: "[0-9]+"}[base], digits):
        return None
    return int(digits, base)


def _is_below(host: str, port: int, domain: str) -> bool:
    name, wanted_port = _domain(domain)
    if name is None or (wanted_port is not None and wanted_port != port):
        return False
    return host == name or (host.endswith("." + name) and literal_ip(name) is None)


@lru_cache(maxsize=4096)
def _domain(domain: str) -> tuple[str | None, int | None]:
    name, colon, port = domain.strip().rpartition(":")
    if colon and port.isdecimal() and (":" not in name or name.startswith("[")):
        return _host(name), int(port)
    return _host(domain.strip().strip(".")), None


def _kept_query(query: str, keep: frozenset[str]) -> str:
    kept = [piece for piece in query.split("&") if piece and _is_kept(piece, keep)]
    return "&".join(kept)


def _is_kept(piece: str, keep: frozenset[str]) -> bool:
    raw_name, _, raw_value = piece.partition("=")
    name = unquote_plus(raw_name).strip().lower()
    if keep:
        return name in keep
    if name in TRACKING_NAMES or name.startswith(TRACKING_PREFIXES) or not name:
        return False
    value = unquote_plus(raw_value).strip()
    if name == "sid":
        return not _LONG_HASH.fullmatch(value)
    return not (name in _CHANNEL_NAMES and _CHANNEL_VALUE.fullmatch(value))


@cache
def _suffixes() -> _SuffixReader:
    import tldextract  # here, not above: it costs 60 ms, and most callers never need it

    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
