"""The address guard, without a network: what it lets through, to whom, and the resolver that asks it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from crawler.errors import FetchNever
from crawler.model.outlet import Outlet, Politeness
from crawler.spiders.guard import Guard, guarded_resolver

ODD_SPELLINGS = [
    "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1", "127.0.0.1.", "１２７.0.0.1", "[::1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "0.0.0.0", "0", "[::]", "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "[fd00::1]", "[fe80::1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "100.64.0.1", "224.0.0.1", "%31%32%37.0.0.1",
]  # fmt: skip


def outlet(slug: str, *domains: str, private: bool = False) -> Outlet:
    return Outlet(
        slug=slug, name=slug, homepage=f"https://{domains[0]}/", domains=domains, country="PL", languages=("pl",),
        timezone="Europe/Warsaw", politeness=Politeness(allow_private=private),
    )  # fmt: skip


@pytest.mark.parametrize("host", ODD_SPELLINGS)
def test_a03_every_spelling_of_a_private_address_is_refused_before_anything_is_asked(host: str) -> None:
    kurier = outlet("kurier", "kurier.example")
    with pytest.raises(FetchNever, match=r"private address refused|not a web address"):
        Guard([kurier]).check(f"http://{host}:9200/_search", kurier)


def test_a03_allow_private_opens_an_outlets_own_hosts_for_itself_and_for_nobody_else() -> None:
    inside, stranger = outlet("inside", "127.0.0.1:8080", private=True), outlet("stranger", "stranger.example")
    guard = Guard([inside, stranger])
    guard.check("http://127.0.0.1:8080/a", inside)
    with pytest.raises(FetchNever):
        guard.check("http://127.0.0.1:9200/", inside)
    with pytest.raises(FetchNever):
        guard.check("http://127.0.0.2:8080/", inside)
    with pytest.raises(FetchNever):
        guard.check("http://127.0.0.1:8080/a", stranger)


def test_a03_a_name_that_one_outlet_opened_is_closed_to_another() -> None:
    inside, stranger = outlet("inside", "news.intranet", private=True), outlet("stranger", "news.intranet")
    guard = Guard([inside, stranger])
    guard.check("http://news.intranet/a", inside)
    with pytest.raises(FetchNever):
        guard.check("http://news.intranet/a", stranger)


class Receiver:
    """Takes what a resolver gives."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.completed = 0

    def resolutionBegan(self, resolution: Any) -> None:
        pass

    def addressResolved(self, address: Any) -> None:
        self.got.append(address.host)

    def resolutionComplete(self) -> None:
        self.completed += 1


class AlternatingDns:
    """Answers public first and private afterwards, as a rebinding attacker's server does."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)

    def resolveHostName(self, receiver: Any, name: str, *rest: Any) -> Any:
        receiver.resolutionBegan(None)
        for ip in self.answers.pop(0):
            receiver.addressResolved(SimpleNamespace(host=ip))
        receiver.resolutionComplete()
        return receiver


def resolver(guard: Guard, dns: AlternatingDns, cache_size: int) -> Any:
    return guarded_resolver(guard)(SimpleNamespace(nameResolver=dns), cache_size)


def ask(one: Any, name: str) -> Receiver:
    receiver = Receiver()
    one.resolveHostName(receiver, name, 80)
    return receiver


def test_a04_an_answer_that_turns_private_is_refused_at_each_look_up() -> None:
    guard = Guard([])
    names = resolver(guard, AlternatingDns(["93.184.216.34"], ["127.0.0.1"], ["10.0.0.1", "93.184.216.34"]), 0)
    # without a cache each look-up asks the attacker again
    from scrapy.resolver import dnscache

    assert ask(names, "one.rebind.example").got == ["93.184.216.34"]
    dnscache.pop("one.rebind.example", None)
    refused = ask(names, "one.rebind.example")
    assert refused.got == [] and refused.completed == 1
    assert guard.why_refused("http://one.rebind.example/") == "127.0.0.1"
    dnscache.pop("one.rebind.example", None)
    assert ask(names, "one.rebind.example").got == ["93.184.216.34"]


def test_a04_within_a_run_a_name_keeps_the_addresses_it_had_first() -> None:
    names = resolver(Guard([]), AlternatingDns(["93.184.216.34"], ["127.0.0.1"]), 100)
    import attr
    from scrapy.resolver import dnscache

    @attr.s(auto_attribs=True, frozen=True)
    class Address:
        host: str
        port: int = 0

    dnscache["two.rebind.example"] = [Address("93.184.216.34")]
    assert [ask(names, "two.rebind.example").got for _ in range(3)] == [["93.184.216.34"]] * 3
    dnscache["two.rebind.example"] = [Address("169.254.169.254")]
    assert ask(names, "two.rebind.example").got == [], "a cached address is checked again"
