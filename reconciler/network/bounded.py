"""Answers of bounded size: a server may send whatever it likes, and memory is ours."""

from __future__ import annotations

from reconciler.network.lean import httpx


async def read(response: httpx.Response, limit: int, said: str) -> bytes:
    """The whole body, decoded, and the response closed, whatever happens. ``said``: the limit in words.

    Raises:
        httpx.DecodingError: more than ``limit`` bytes, declared or sent.
        httpx.HTTPError: what reading raises.
    """
    try:
        declared = response.headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            raise httpx.DecodingError(f"the answer is larger than {said}")
        parts, size = [], 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > limit:
                raise httpx.DecodingError(f"the answer is larger than {said}")
            parts.append(part)
    finally:
        await response.aclose()
    return b"".join(parts)
