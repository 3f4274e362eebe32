"""An outlet's language by its own commonest words: its pages are told, those of a neighbour are left to the detector."""

from __future__ import annotations

from crawler.normalize.template.tongue import is_spoken, learn_tongue
from tests.themes import make_outlet


def texts(slug: str, count: int = 12) -> list[str]:
    return ["\n\n".join(one.truth.paragraphs) for one in make_outlet(slug, count).pages]


def test_pages_of_the_outlet_are_told_and_those_of_others_are_not() -> None:
    own = texts("visti-polissia")
    tongue = learn_tongue(own[:6], ["uk"] * 6)
    assert tongue is not None and tongue.language == "uk"
    assert sum(is_spoken(text, tongue) for text in own[6:]) >= 3
    for other in ("zaliv-segodnya", "glos-zulaw", "sazavske-listy", "moor-and-dale"):
        assert not any(is_spoken(text, tongue) for text in texts(other))


def test_a_short_text_is_left_to_the_detector() -> None:
    own = texts("glos-zulaw")
    tongue = learn_tongue(own[:6], ["pl"] * 6)
    assert tongue is not None and not is_spoken(own[7][:100], tongue)


def test_a_sample_in_two_languages_or_without_one_teaches_nothing() -> None:
    own = texts("glos-zulaw", 6)
    assert learn_tongue(own, ["pl", "pl", "pl", "pl", "pl", "cs"]) is None
    assert learn_tongue(own, ["und"] * 6) is None
    assert learn_tongue([*own[:5], "Krótko."], ["pl"] * 6) is None
