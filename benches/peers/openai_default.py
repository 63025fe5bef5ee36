"""The Python `openai` client with its default retries: so many calls in flight, without end."""
import asyncio
import sys

from openai import AsyncOpenAI


async def main(url: str, slots: int) -> None:
    client = AsyncOpenAI(base_url=url, api_key="none")

    async def calls(number: int) -> None:
        content = f'<facts>{{"title":"Mug {number}"}}</facts> Write one sentence.'
        while True:
            try:
                await client.chat.completions.create(model="any", messages=[{"role": "user", "content": content}])
            except Exception:
                # After its retries the client gives up; a caller would begin anew.
                pass

    await asyncio.gather(*(calls(number) for number in range(slots)))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
