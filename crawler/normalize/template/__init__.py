"""Known outlets: a template learned from pages an outlet gave (`learn.py`), used (`apply.py`) and checked (`check.py`). Pure.

Not here: keeping templates (`crawler.store.templates`), when a crawl learns (`crawler.spiders.known`).
"""
