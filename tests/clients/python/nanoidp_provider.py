"""Runs the identity provider `nanoidp`: python nanoidp_provider.py CONFIGURATION.

The configuration is JSON: port, client_id, client_secret, redirect_uris, and users, each with username, email and
groups. A login_hint "persona-auto-login:USERNAME" signs this user in without a page. Prints "ready" once it listens.
"""

import json
import logging
import sys
import tempfile
from pathlib import Path

import yaml
from nanoidp.app import create_app
from werkzeug.serving import make_server

configuration = json.loads(sys.argv[1])
port = configuration["port"]
client = {
    "client_id": configuration["client_id"],
    "client_secret": configuration["client_secret"],
    "redirect_uris": configuration["redirect_uris"],
}
users = {
    user["username"]: {"email": user["email"], "groups": user.get("groups", []), "roles": [], "password": None}
    for user in configuration["users"]
}

with tempfile.TemporaryDirectory() as folder:
    settings = {
        "server": {"host": "127.0.0.1", "port": port},
        "oauth": {
            "issuer": f"http://127.0.0.1:{port}",
            "audience": client["client_id"],
            "require_pkce": True,
            "clients": [client],
        },
        "jwt": {"keys_dir": str(Path(folder) / "keys")},
        "login": {"mode": "persona", "auto_login": True},
        "logging": {"level": "WARNING", "log_token_requests": False, "verbose_logging": False},
    }
    Path(folder, "settings.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
    Path(folder, "users.yaml").write_text(yaml.safe_dump({"users": users}), encoding="utf-8")
    app = create_app(folder)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", port, app, threaded=True)
    print("ready", flush=True)
    server.serve_forever()
