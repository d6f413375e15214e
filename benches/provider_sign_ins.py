"""Sign-ins with an identity provider of this machine, in the way that clients of the API make them."""
import http.client, json, select, socket, subprocess, sys, time
from urllib.parse import parse_qs, urlencode, urlsplit

import identity_provider, measure, sign_ins
from common import BENCHES

# Ids of social providers.
SOCIAL, HANGING = "bench_oidc", "hanging_oidc"
CLIENT_ID = identity_provider.CLIENT_ID


class Provider:
    """identity_provider.py in a process of its own, on the processor of the load."""

    def __init__(self, port):
        self.port = port
        self.process = subprocess.Popen(["taskset", "-c", measure.LOAD_CPU, sys.executable, BENCHES / "identity_provider.py",
                                         str(port)])
        for _ in range(500):
            try:
                self.waiting()
                return
            except OSError:
                time.sleep(0.01)
        sys.exit("the identity provider did not start")

    def issuer(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def settings(self):
        """The settings of a server that offers the providers. They are on this machine, which only staging allows."""
        providers = {id: {"client_id": CLIENT_ID, "issuer": self.issuer(name)}
                     for id, name in ((SOCIAL, "social"), (HANGING, "hanging"))}
        return {"VESTIBULE_MODE": "staging", "VESTIBULE_SOCIAL_PROVIDERS": json.dumps(providers)}

    def waiting(self):
        """How many requests hang."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", "/hanging/count")
        count = int(connection.getresponse().read())
        connection.close()
        return count

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Way:
    """How a browser is sent to a provider and comes back."""

    def __init__(self, origin, begin, field, callback, **parameters):
        self.begin = f"{begin}?{urlencode(parameters | {'redirect_uri': origin + '/'})}"
        self.field, self.callback = field, callback

    @classmethod
    def social(cls, origin, provider=SOCIAL):
        return cls(origin, "/auth/oauth2/init", "oauth_url", "/auth/oauth2/callback", provider=provider)

    @classmethod
    def link(cls, origin):
        return cls(origin, "/me/init-sso-connection", "oauth_url", "/me/sso-connection-callback", provider=SOCIAL)

    @classmethod
    def enterprise(cls, origin, connection):
        return cls(origin, "/auth/sso/login", "sso_url", "/auth/sso/oidc/callback", connection_id=connection)


class SignIn:
    """One sign-in: it is begun, and finished in the same session."""

    def __init__(self, way, user):
        self.way, self.user, self.cookie, self.target = way, user, None, None

    def begin(self, browser):
        url = browser.post(self.way.begin)[self.way.field]
        query = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
        code = identity_provider.code_for(query["nonce"], self.user.email, self.user.email)
        self.target = f"{self.way.callback}?{urlencode({'code': code, 'state': query['state']})}"
        self.cookie = browser.cookie

    def finish(self, browser):
        browser.cookie = self.cookie
        sign_ins.require_signed_in(browser.send("GET", self.target)["data"]["session"])


def with_provider(way):
    """A whole sign-in, as `sign_ins.with_password` is one."""
    def sign_in(browser, user):
        started = SignIn(way, user)
        started.begin(browser)
        started.finish(browser)
    return sign_in


def link(target, users):
    """Connects an identity to the account of each user, who proves the account with the password."""
    for user in users:
        browser = sign_ins.Browser(target["port"], target["origin"])
        user.submit_password(browser)
        linked = SignIn(Way.link(target["origin"]), user)
        linked.begin(browser)
        browser.post(linked.target)


class HangingCallbacks:
    """Callbacks whose provider never responds. They end after the five seconds that the server waits for one."""

    def __init__(self, target, provider, users):
        self.started = [SignIn(Way.social(target["origin"], HANGING), user) for user in users]
        browser = sign_ins.Browser(target["port"], target["origin"])
        for sign_in in self.started:
            browser.forget()
            sign_in.begin(browser)
        browser.connection.close()
        self.target, self.provider, self.connections = target, provider, []

    def __enter__(self):
        for sign_in in self.started:
            connection = socket.create_connection(("127.0.0.1", self.target["port"]))
            head = f"GET {sign_in.target} HTTP/1.1\r\nHost: localhost\r\nCookie: {sign_in.cookie}\r\n\r\n"
            connection.sendall(head.encode())
            self.connections.append(connection)
        for _ in range(1000):
            if self.provider.waiting() == len(self.started):
                return self
            time.sleep(0.001)
        sys.exit("the callbacks do not hang")

    def __exit__(self, *_):
        for connection in self.connections:
            connection.close()

    def require_hanging(self):
        """Ends the run if a callback has ended: then the measurement says less than it seems to."""
        if select.select(self.connections, [], [], 0)[0]:
            sys.exit("a callback has ended before the measurement")
