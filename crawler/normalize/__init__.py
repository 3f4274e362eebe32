"""A page becomes an article: pure functions, no network, no clock, no log. The steps stand in `chain.py`.

Not here: fetching (`crawler.spiders`), filing (`crawler.filing`), the pool that runs this under limits (`crawler.workers`).
"""
