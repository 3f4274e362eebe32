"""Whose text a story is, where it began, and what each member made of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crawler.model.attribution import EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.story import MemberRole
from crawler.stories.evidence import Witness, containments, role_of, weigh


@pytest.fixture
def witness(start: Any) -> Any:
    def make(name: str, minutes: float, *credits: Any, **changes: Any) -> Witness:
        at = start + timedelta(minutes=minutes)
        values: dict[str, Any] = {
            "article_id": name, "outlet": name, "published_at": at, "date_is_told": True, "first_seen_at": at, "attributions": credits,
        }  # fmt: skip
        return Witness(**(values | changes))

    return make


@pytest.mark.parametrize(
    ("own", "origin", "role"),
    [
        (0.95, 0.97, MemberRole.VERBATIM),
        (0.95, 0.40, MemberRole.ABRIDGED),
        (0.50, 0.90, MemberRole.EXTENDED),
        (0.60, 0.60, MemberRole.EDITED),
        (0.80, 0.80, MemberRole.VERBATIM),
    ],
)
def test_the_role_follows_from_the_containment_both_ways(own: float, origin: float, role: MemberRole) -> None:
    assert role_of(own, origin) is role


def test_containment_is_the_share_of_each_text_in_the_other() -> None:
    assert containments((1, 2, 3, 4), (3, 4)) == (0.5, 1.0)
    assert containments((), (1,)) == (0.0, 0.0)


def test_a_credit_travels_through_the_story(witness: Any, credit: Any) -> None:
    facts = weigh([witness("kurier", 0), witness("goniec", 9, credit("pap")), witness("echo", 20)])
    assert facts.agency == "pap"
    assert facts.agency_confidence > 0.7


def test_the_agencys_own_article_is_the_origin_even_when_it_was_found_last(witness: Any, credit: Any) -> None:
    own = credit("pap", EvidenceKind.OWN_SITE, confidence=1.0)
    facts = weigh([witness("kurier", 0, credit("pap")), witness("pap", 45, own)])
    assert facts.origin_article_id == "pap"
    assert "the agency (pap) itself" in facts.origin_reason


def test_without_it_the_earliest_article_that_credits_the_agency_is_the_origin_not_the_earliest(
    witness: Any, credit: Any
) -> None:
    facts = weigh([witness("kurier", 0), witness("goniec", 5, credit("pap")), witness("echo", 3)])
    assert facts.origin_article_id == "goniec"
    assert "the earliest known article that credits pap" in facts.origin_reason


def test_without_any_credit_the_first_is_only_the_earliest_known(witness: Any) -> None:
    facts = weigh([witness("goniec", 5), witness("kurier", 0)])
    assert (facts.origin_article_id, facts.agency, facts.agency_confidence) == ("kurier", None, 0.0)
    assert "earliest known" in facts.origin_reason


def test_an_outlet_that_the_others_name_as_their_source_is_the_origin(witness: Any, credit: Any) -> None:
    named = credit("echo", source_kind=NamedSourceKind.OUTLET)
    facts = weigh([witness("kurier", 0, named), witness("echo", 5), witness("goniec", 9, named)])
    assert facts.origin_article_id == "echo"
    assert facts.agency is None


@pytest.mark.parametrize("kind", [EvidenceKind.MENTION, EvidenceKind.IMAGE_CREDIT])
def test_a_mention_or_a_picture_credit_names_no_agency_of_the_text(witness: Any, credit: Any, kind: EvidenceKind) -> None:
    role = SourceRole.CITED if kind is EvidenceKind.MENTION else SourceRole.PHOTO
    assert weigh([witness("kurier", 0, credit("reuters", kind, role))]).agency is None


def test_in_a_chain_the_first_agency_counts_more_and_two_members_agree_on_it(witness: Any, credit: Any) -> None:
    chain = (credit("reuters", confidence=0.45), credit("pap", confidence=0.45, position=2))
    facts = weigh([witness("kresy", 0, *chain), witness("kurier", 5, credit("reuters"))])
    assert facts.agency == "reuters"
    assert facts.agency_confidence < 0.9


def test_two_members_that_credit_different_agencies_leave_it_open(witness: Any, credit: Any) -> None:
    facts = weigh([witness("kurier", 0, credit("pap")), witness("goniec", 5, credit("reuters"))])
    assert facts.agency is None


def test_a_conflict_that_a_majority_settles_lowers_the_confidence(witness: Any, credit: Any) -> None:
    agreed = weigh([witness("a", 0, credit("pap")), witness("b", 1, credit("pap")), witness("c", 2, credit("pap"))])
    disputed = weigh([witness("a", 0, credit("pap")), witness("b", 1, credit("pap")), witness("c", 2, credit("reuters"))])
    assert agreed.agency == disputed.agency == "pap"
    assert disputed.agency_confidence < agreed.agency_confidence


def test_a_member_with_little_of_the_text_says_less_about_it(witness: Any, credit: Any) -> None:
    merged = witness("goniec", 5, credit("reuters"), closeness=0.3)
    assert weigh([witness("kurier", 0, credit("pap")), merged]).agency == "pap"


def test_a18_a_false_byline_does_not_outweigh_the_agencys_own_article(witness: Any, credit: Any) -> None:
    own = credit("pap", EvidenceKind.OWN_SITE, confidence=1.0)
    liars = [witness(f"liar{number}", number, credit("tass")) for number in range(5)]
    facts = weigh([witness("pap", 30, own), *liars])
    assert (facts.agency, facts.origin_article_id) == ("pap", "pap")


def test_a18_a_claimed_time_and_ours_stand_side_by_side(witness: Any, start: Any) -> None:
    backdated = witness("spam", -300, first_seen_at=start + timedelta(minutes=90))
    facts = weigh([witness("kurier", 0), backdated])
    assert facts.first_published_at == start - timedelta(minutes=300)
    assert facts.first_seen_at == start


def test_a_time_of_first_fetch_is_no_publication_time(witness: Any, start: Any) -> None:
    facts = weigh([witness("kurier", 0, date_is_told=False), witness("goniec", 7)])
    assert facts.first_published_at == start + timedelta(minutes=7)
