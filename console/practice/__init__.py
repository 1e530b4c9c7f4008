"""The practice platform: a real HTTP server with landing pages that really fail."""
