"""A mail server on loopback for tests, based on aiosmtpd.

Arguments: the folder with certificate and key, and the behaviour (see smtp.rs). Prints the port, then one line for each
accepted mail."""

import asyncio
import logging
import ssl
import sys
import warnings

warnings.simplefilter("ignore")

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, AuthResult

logging.disable()
folder, behaviour = sys.argv[1], sys.argv[2]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/certificate.pem", f"{folder}/key.pem")


class Handler:
    """Implements the behaviours that concern single mails."""

    def __init__(self):
        self.seen = set()
        self.has_stalled = False

    async def handle_RCPT(self, server, session, envelope, address, options):
        if behaviour == "refuses":
            return f"550 5.1.1 <{address}> no such user here"
        if behaviour == "greylists" and address not in self.seen:
            self.seen.add(address)
            return "450 4.2.0 greylisted, come back later"
        if behaviour == "full":
            return "452 4.2.2 the mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if behaviour == "hangs" or behaviour == "stalls" and not self.has_stalled:
            self.has_stalled = True
            await asyncio.sleep(3600)
        if behaviour == "drops":
            server.transport.close()
            return "421 bye"
        for line in envelope.content.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("message-id:"):
                print("received", line.split(":", 1)[1].strip(), flush=True)
        return "250 OK"


class Server(UnthreadedController):
    def factory(self):
        def authenticate(server, session, envelope, mechanism, given):
            success = given.login == b"hall" and given.password == b"open-sesame"
            return AuthResult(success=success, handled=False)

        starttls = behaviour not in ("tls", "plain")
        return SMTP(
            self.handler,
            hostname="mail.example",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate,
            auth_required=behaviour == "auth",
            auth_require_tls=False,
        )


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
server = Server(Handler(), hostname="127.0.0.1", port=0, loop=loop, ssl_context=context if behaviour == "tls" else None)
server.begin()
print("port", server.server.sockets[0].getsockname()[1], flush=True)
loop.run_forever()
