"""The demo: a sample of outlets as package data, their local web server, and the story that `depesza demo` tells.

Here: `texts` (the sample as records), `pages` and `feeds` (records as HTML and XML), `site` (one outlet's answers by path),
`server` (real HTTP on loopback), `outlets` (the sample's entries for the catalogue), `engines` (what is searched with), `story`
and `printing` (the command).
Not here: anything that crawls, indexes or searches; the demo calls the same functions as the other commands.
"""
