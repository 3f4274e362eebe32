"""Who printed this: a text of one's own against articles that keep, cut, move and quote it, the archive included."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from crawler.carriers import LEAST_WORDS, Carrier, OwnText, candidates, carrier_of, find_carriers, unwrapped
from crawler.model.article import Article
from crawler.store.database import Database
from crawler.store.fingerprint_walk import Span, count_in, walk_fingerprints
from crawler.store.rows import pack_fingerprint
from tests.crawler.stories.conftest import START, make_article, make_sentences, store_article

RELEASE = [*make_sentences(1, 15), "Budżet projektu wynosi 680 milionów złotych na trzy lata."]
OWN = OwnText.of("\n\n".join(RELEASE))
DAY = 24 * 60


def looked_at(sentences: list[str], **changes: Any) -> Carrier | None:
    """What the two steps, fingerprints first, make of an article of these sentences."""
    article = make_article(sentences, **changes)
    if not candidates(OWN, [(article.id, pack_fingerprint(article.fingerprint))]):
        return None
    return carrier_of(OWN, article)


@pytest.mark.parametrize(
    ("sentences", "role", "share"),
    [
        (RELEASE, "verbatim", 1.0),
        (RELEASE[:9], "abridged", 0.58),
        ([*RELEASE, *make_sentences(2, 12)], "extended", 1.0),
        ([*RELEASE[8:], *RELEASE[:8]], "verbatim", 1.0),
        ([*RELEASE[:8], *make_sentences(3, 12)], "edited", 0.5),
        ([*make_sentences(4, 20), RELEASE[3], *make_sentences(5, 20)], "partly reused", 0.07),
    ],
    ids=["whole", "shortened", "inside a longer one", "halves exchanged", "half of it", "one sentence quoted"],
)
def test_what_an_article_made_of_the_text(sentences: list[str], role: str, share: float) -> None:
    found = looked_at(sentences)
    assert found is not None
    assert (found.role, found.kept_share) == (role, pytest.approx(share, abs=0.06))


def test_nothing_is_found_in_another_text_or_by_a_common_phrase() -> None:
    assert looked_at(make_sentences(7, 30)) is None
    phrase = " ".join(RELEASE[2].split()[:6])
    assert looked_at([*make_sentences(8, 10), f"{phrase} zupełnie co innego niż tam.", *make_sentences(9, 10)]) is None


def test_kept_and_cut_passages_are_pieces_of_the_text_and_share_it_out() -> None:
    found = looked_at([*RELEASE[:4], *RELEASE[9:]])
    assert found is not None
    assert all(OWN.text[one.start : one.end] == one.text for one in (*found.kept, *found.cut))
    assert sum(one.words for one in (*found.kept, *found.cut)) == len(OWN.words)
    (cut,) = found.cut
    assert RELEASE[4] in cut.text and RELEASE[8] in cut.text and RELEASE[3] not in cut.text


def test_a_changed_number_is_listed() -> None:
    found = looked_at([one.replace("680", "860") for one in RELEASE])
    assert found is not None and found.role == "verbatim"
    assert [(one.before, one.after) for one in found.numbers] == [("680", "860")]


def test_a_mail_s_line_breaks_are_no_paragraphs() -> None:
    assert unwrapped("Pierwszy wiersz\r\ndrugi wiersz.\r\n \r\nDrugi akapit\nciąg dalszy.") == (
        "Pierwszy wiersz drugi wiersz.\n\nDrugi akapit ciąg dalszy."
    )
    assert unwrapped("Akapit.\nDrugi akapit.") == "Akapit.\n\nDrugi akapit."


@pytest.mark.parametrize("text", ["", "Dziękujemy za uwagę.", " ".join(["słowo"] * (LEAST_WORDS - 1)), "a" * 1_000_001])
def test_a_text_that_cannot_be_looked_for_is_refused_in_words(text: str) -> None:
    with pytest.raises(ValueError, match=r"write at least|at most"):
        OwnText.of(text)


def find(database: Database, **wanted: Any) -> list[str]:
    span = Span(**{name: wanted.pop(name) for name in ("since", "until") if name in wanted})
    return [one.outlet for one in find_carriers(database, OWN, span, **wanted)]


def keep(database: Database, *articles: Article) -> None:
    with database.write() as connection:
        for one in articles:
            store_article(connection, one)


def test_the_archive_is_looked_through_without_stories_and_in_order_of_time(database: Database) -> None:
    """The articles are in no story and no window: their own fingerprints are what is searched."""
    others = [make_article(make_sentences(seed, 8), f"other{seed}", seed * DAY) for seed in range(20, 40)]
    keep(
        database,
        make_article(RELEASE, "late", 200 * DAY),
        make_article(RELEASE[:10], "first", 0),
        make_article([*make_sentences(50, 20), *RELEASE[5:7]], "quoting", 30 * DAY),
        *others,
    )
    assert find(database) == ["first", "quoting", "late"]
    assert find(database, since=START + timedelta(days=10)) == ["quoting", "late"]
    assert find(database, until=START + timedelta(days=10)) == ["first"]
    assert find(database, but=make_article(RELEASE, "late", 200 * DAY).id) == ["first", "quoting"]


def test_the_walk_meets_every_article_once_whatever_the_batch(database: Database) -> None:
    made = [make_article(make_sentences(seed, 3), f"o{seed}", 5 * (seed // 3)) for seed in range(10)]
    keep(database, *made)
    told: list[tuple[int, int]] = []
    find_carriers(database, OWN, Span(), lambda done, total: told.append((done, total)))
    assert told == [(10, 10)]
    with database.read() as connection:
        assert count_in(connection, Span(since=START + timedelta(minutes=5))) == 7
        for batch in (1, 2, 3, 100):
            met = [one for rows in walk_fingerprints(connection, Span(), batch) for one, _ in rows]
            assert sorted(met) == sorted(one.id for one in made)
