"""A real Elasticsearch on this machine, for development and tests, without Docker (extra `local-elasticsearch`).

`distribution` brings the server and its Java runtime, `configuration` writes its files, `account` decides as whom it runs and
what that user can reach, `process` finds and ends it, `server` joins them: start, stop, status. It is Elastic's *test*
distribution with the core modules only: fetched from Maven Central by whoever runs this, never passed on, never production.
"""
