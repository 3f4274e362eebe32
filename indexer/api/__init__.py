"""The JSON API, the feeds and what guards them and the pages: see README.md."""
