"""Runs the identity provider `oidc-provider-mock`: python mock_provider.py CONFIGURATION.

The configuration is JSON: port, client_id, client_secret, redirect_uris, and users, each with its claims. A test
chooses the user as the form of the provider does: it posts `sub` to the authorization URL. Prints "ready" once it
listens.
"""

import json
import logging
import os
import sys

# The provider speaks http on loopback.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

import warnings  # noqa: E402

warnings.simplefilter("ignore")

import oidc_provider_mock  # noqa: E402
from oidc_provider_mock._storage import Client, storage  # noqa: E402
from werkzeug.serving import make_server  # noqa: E402

configuration = json.loads(sys.argv[1])
users = [
    oidc_provider_mock.User(sub=claims["sub"], claims={name: claims[name] for name in claims if name != "sub"})
    for claims in configuration["users"]
]
app = oidc_provider_mock.app(require_client_registration=True, require_nonce=True, user_claims=users)
with app.test_request_context():
    app.preprocess_request()
    # A registration would choose another id and secret.
    storage.store_client(
        Client(
            id=configuration["client_id"],
            secret=configuration["client_secret"],
            redirect_uris=configuration["redirect_uris"],
            allowed_scopes=Client.SCOPES_SUPPORTED,
            token_endpoint_auth_method="client_secret_basic",
        )
    )
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = make_server("127.0.0.1", configuration["port"], app, threaded=True)
print("ready", flush=True)
server.serve_forever()
