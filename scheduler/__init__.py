"""The scheduler room: decides when, starts the crawler as a child, and joins the rooms into the `depesza` command."""
