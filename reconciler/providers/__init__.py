"""The clouds' APIs: how they are reached (one transport), signed, paged, encoded and decoded. No own policy."""
