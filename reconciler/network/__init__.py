"""What every client needs to reach a host, whatever it says there: httpx, proxies, trust, pauses, redaction."""
