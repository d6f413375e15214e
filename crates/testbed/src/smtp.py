"""A mail server on loopback that does as it is told, for the suite: aiosmtpd, behind TLS where it is asked for.

Its first argument is the folder with its certificate and key, its second how it behaves. It prints its port, and then
a line for each mail it takes."""

import asyncio
import logging
import ssl
import sys

import warnings

warnings.simplefilter("ignore")

from aiosmtpd.controller import UnthreadedController
from aiosmtpd.smtp import SMTP, AuthResult

logging.disable()
folder, manner = sys.argv[1], sys.argv[2]
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/certificate.pem", f"{folder}/key.pem")


class Manner:
    """How it behaves; what is not said here it takes."""

    def __init__(self):
        self.seen = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if manner == "refuses":
            return f"550 5.1.1 <{address}> no such user here"
        if manner == "greylists" and address not in self.seen:
            self.seen.add(address)
            return "450 4.2.0 greylisted, come back later"
        if manner == "full":
            return "452 4.2.2 the mailbox is full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if manner == "hangs":
            await asyncio.sleep(3600)
        if manner == "drops":
            server.transport.close()
            return "421 bye"
        for line in envelope.content.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("message-id:"):
                print("took", line.split(":", 1)[1].strip(), flush=True)
        return "250 OK"


class Server(UnthreadedController):
    def factory(self):
        def authenticate(server, session, envelope, mechanism, given):
            right = given.login == b"hall" and given.password == b"open-sesame"
            return AuthResult(success=right, handled=False)

        starts = manner not in ("tls", "plain")
        return SMTP(
            self.handler,
            hostname="mail.example",
            tls_context=context if starts else None,
            require_starttls=starts,
            authenticator=authenticate,
            auth_required=manner == "asks",
            auth_require_tls=False,
        )


loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)
server = Server(Manner(), hostname="127.0.0.1", port=0, loop=loop, ssl_context=context if manner == "tls" else None)
server.begin()
print("port", server.server.sockets[0].getsockname()[1], flush=True)
loop.run_forever()
