"""Who is watched, as data: outlets (one TOML file each, in a folder by country) and press agencies (`agencies.toml`)."""
