"""Telling people elsewhere: webhooks, comments on pull and merge requests. No cloud credential reaches this room."""
