"""What a word counts by relevance, in every engine (SEARCH.md, "Folding and relevance"). Not here: the queries of an engine.

A word with its forms is one term: the best field of the best form's BM25, each form weighted as rare as all of them
together, since BM25 would else put the article with the rarest case form on top. A prefix counts the same for every word
that it finds. A phrase counts like its words in the field where it stands. Filters, dates and what is negated count nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

WEIGHTS: Mapping[str, float] = {"title": 3.0, "lead": 1.5, "text": 1.0}
"""Of the fields that are searched where a query names none."""


def field_weights(field: str) -> Mapping[str, float]:
    """The fields that a word of a query is sought in, and what each counts; "" is none named."""
    return {field: 1.0} if field else WEIGHTS


def form_factor(rank: int) -> float:
    """What the form at a place of a word's forms counts, the typed form (0) first: very nearly one.

    Articles that differ in a form only would else score alike but for the rounding, which is each engine's own, and many such
    articles (titles of one length) would stand in another order in each. Single precision errs by less than a millionth.
    """
    return 1 - rank * 2e-6


def rarity(count: int, articles: int) -> float:
    """BM25's idf of a term that `count` of `articles` articles have, as tantivy and Lucene compute it."""
    articles = max(articles, count)
    return math.log(1 + (articles - count + 0.5) / (count + 0.5))
