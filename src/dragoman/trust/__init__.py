"""Secrets: passwords, opaque tokens and the service's own key. Knows no accounts, no tables and no headers."""
