"""The incident console for link platforms: entry points and the layers below them."""
