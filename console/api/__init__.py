"""The far side: the port to a link platform, and the HTTP client behind it."""
