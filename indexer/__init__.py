"""The indexer room: filed articles become findable: documents, engines, the query language, search."""
