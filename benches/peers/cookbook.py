"""The scheme that the OpenAI cookbook describes for many parallel requests, written anew.

A counter of available requests grows with time up to a minute's limit, each request takes one, and after a refusal
everything pauses for 15 s ("How to handle rate limits", openai/openai-cookbook).
"""
import asyncio
import os
import sys
import time

import aiohttp

PAUSE_SECONDS = 15
LOOP_SECONDS = 0.001


async def main(url: str, slots: int) -> None:
    limit = float(os.environ["PEER_REQUESTS_PER_MINUTE"])
    # The cookbook's own script asks for half of the limit by default, to be safe; here it is told all of it.
    available, updated, refused_at = limit / 60, time.monotonic(), 0.0
    in_flight = 0

    async with aiohttp.ClientSession() as session:

        async def call(number: int) -> None:
            nonlocal in_flight, refused_at
            content = f'<facts>{{"title":"Mug {number}"}}</facts> Write one sentence.'
            body = {"model": "any", "messages": [{"role": "user", "content": content}]}
            try:
                async with session.post(f"{url}/chat/completions", json=body) as response:
                    await response.read()
                    if response.status == 429:
                        refused_at = time.monotonic()
            finally:
                in_flight -= 1

        number, tasks = 0, set()
        while True:
            now = time.monotonic()
            available = min(available + limit * (now - updated) / 60, limit)
            updated = now
            if available >= 1 and in_flight < slots:
                available -= 1
                in_flight += 1
                number += 1
                task = asyncio.create_task(call(number))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            await asyncio.sleep(LOOP_SECONDS)
            since = time.monotonic() - refused_at
            if refused_at and since < PAUSE_SECONDS:
                await asyncio.sleep(PAUSE_SECONDS - since)


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
