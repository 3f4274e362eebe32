"""The crawler room: outlets, feeds and pages become clean articles, copies and agencies, filed in the store."""
