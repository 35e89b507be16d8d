"""Telling people elsewhere: webhooks, and comments on pull and merge requests. No cloud credential reaches this room."""
