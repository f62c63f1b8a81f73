"""The page on which people look at entries: static files, served as they are, without a build step."""
