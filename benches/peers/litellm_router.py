"""LiteLLM's Router with its usage-based routing, and a deployment that is told its requests per minute."""
import asyncio
import logging
import os
import sys

import litellm
from litellm import Router

litellm.suppress_debug_info = True
logging.disable(logging.CRITICAL)


async def main(url: str, slots: int) -> None:
    deployment = {
        "model_name": "copy",
        "litellm_params": {
            "model": "openai/any",
            "api_base": url,
            "api_key": "none",
            "rpm": int(os.environ["PEER_REQUESTS_PER_MINUTE"]),
        },
    }
    router = Router(model_list=[deployment], routing_strategy="usage-based-routing-v2", num_retries=3)

    async def calls(number: int) -> None:
        content = f'<facts>{{"title":"Mug {number}"}}</facts> Write one sentence.'
        while True:
            try:
                await router.acompletion(model="copy", messages=[{"role": "user", "content": content}])
            except Exception:
                # No deployment has room, or the retries are used up; a caller would begin anew, after a moment.
                await asyncio.sleep(0.05)

    await asyncio.gather(*(calls(number) for number in range(slots)))


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
