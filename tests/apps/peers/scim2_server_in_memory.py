"""The server in memory of `scim2-server`, behind `waitress`, which keeps connections as its own test server does not.

usage: scim2_server_in_memory.py PORT TOKEN
"""
import sys

import waitress
from scim2_models import ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import load_default_resource_types, load_default_schemas, load_default_service_provider_config

port, token = sys.argv[1:]
provider = ScimProvider.from_discovery(
    load_default_schemas().values(), load_default_resource_types().values(), config=load_default_service_provider_config(),
)
application = BearerTokenApplication(InMemoryStorage(), provider, bearer_tokens=[token])
server = waitress.create_server(application, host="127.0.0.1", port=int(port), threads=16)
print("ready", flush=True)
server.run()
