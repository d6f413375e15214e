#!/usr/bin/env python3
"""A receiver of webhooks for measurements: answers 204 at once, and keeps when it received which delivery.

    receiver.py PORT

It reads with epoll and looks at as little as it can, since it shares a processor with the load. GET requests control it:
/count returns the number of deliveries, /connections that of connections, /receipts the time (in ns) and the id of each
delivery, one per line, and /reset forgets them.
"""
import select, socket, sys, time

RESPONSE = b"HTTP/1.1 204 No Content\r\n\r\n"
# A run has fewer.
MAX_RECEIPTS = 4_000_000


class Receiver:
    def __init__(self, port):
        # At all addresses of the loopback interface, so that each endpoint can have an origin of its own.
        self.listener = socket.create_server(("", port), backlog=1024)
        self.listener.setblocking(False)
        self.epoll = select.epoll()
        self.epoll.register(self.listener, select.EPOLLIN)
        # The connections by file descriptor, and what was received of a request that is not complete.
        self.connections, self.pending, self.receipts, self.accepted = {}, {}, [], 0

    def serve(self):
        while True:
            for descriptor, _ in self.epoll.poll():
                if descriptor == self.listener.fileno():
                    self.accept()
                else:
                    self.read(descriptor)

    def accept(self):
        try:
            connection, (address, _) = self.listener.accept()
        except OSError:
            return
        if not address.startswith("127."):
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.accepted += 1
        self.connections[connection.fileno()] = connection
        self.epoll.register(connection, select.EPOLLIN)

    def close(self, descriptor):
        self.pending.pop(descriptor, None)
        self.connections.pop(descriptor).close()

    def read(self, descriptor):
        connection = self.connections[descriptor]
        try:
            received = connection.recv(1 << 16)
        except OSError:
            received = b""
        if not received:
            self.close(descriptor)
            return
        received_at = time.time_ns()
        data = self.pending.pop(descriptor, b"") + received
        while data:
            rest = self.take_request(connection, data, received_at)
            if rest is None:
                self.pending[descriptor] = data
                return
            data = rest

    def take_request(self, connection, data, received_at):
        """Answers the first request. Returns what follows it; None if it is not complete."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            return None
        if data.startswith(b"GET "):
            self.control(connection, data[:end].split(b" ", 2)[1])
            return data[end + 4:]
        head = data[:end].lower()
        at = head.index(b"\r\ncontent-length:") + 17
        length = int(head[at:].split(b"\r\n", 1)[0])
        following = end + 4 + length
        if len(data) < following:
            return None
        connection.send(RESPONSE)
        if len(self.receipts) < MAX_RECEIPTS:
            at = head.find(b"\r\nwebhook-id:") + 13
            self.receipts.append((received_at, head[at:at + 40]))
        return data[following:]

    def control(self, connection, path):
        lines = []
        if path == b"/reset":
            self.receipts, self.accepted = [], 0
        elif path == b"/connections":
            lines.append(b"%d" % self.accepted)
        elif path == b"/receipts":
            for received_at, id in self.receipts:
                lines.append(b"%d\t%s\n" % (received_at, id.split(b"\r\n", 1)[0].strip()))
        else:
            lines.append(b"%d" % len(self.receipts))
        body = b"".join(lines)
        connection.setblocking(True)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        connection.setblocking(False)


if __name__ == "__main__":
    Receiver(int(sys.argv[1])).serve()
