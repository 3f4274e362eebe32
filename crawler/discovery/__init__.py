"""Where articles are found: feeds, sitemaps, section pages; when to ask again; and how to find the sources of a site.

Readers take bytes and give entries; they fetch nothing. Not here: requests (`crawler.spiders`), "already seen"
(`crawler.store`), pages of articles (`crawler.normalize`).
"""
