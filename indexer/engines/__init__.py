"""The engines behind `indexer.engine.SearchEngine`, and the choice among them (`choose`)."""
