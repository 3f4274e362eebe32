"""All SQL of the house. The database is the source of truth; the search index can be rebuilt from it."""
