"""The crawler's commands: outlets, show, stories, diff, revisions, renormalize, batch, dead-letters. Joined into `depesza` by `scheduler.command`.

Each command reads its options, calls one function and prints. Imports of weight stand inside the commands, and nothing
here imports `crawler.run`: a crawl is a child process, started by the scheduler.
"""
