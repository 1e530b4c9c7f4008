"""The version of `repoint`, where reading it costs nothing; a test holds it to `pyproject.toml`."""

VERSION = "0.1.0"
