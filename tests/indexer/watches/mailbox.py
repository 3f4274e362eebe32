"""A real SMTP server on loopback that keeps the mails it was given (RFC 5321 with AUTH PLAIN and LOGIN, no TLS)."""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Mailbox:
    """What an SMTP server received."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Mailbox]:
    """The server, until the block ends."""
    box = Mailbox()

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 localhost ESMTP")
            while line := self.rfile.readline():
                word, _, rest = line.decode().strip().partition(" ")
                if word.upper() == "QUIT":
                    self.say("221 bye")
                    return
                self.answer(word.upper(), rest)

        def answer(self, word: str, rest: str) -> None:
            match word:
                case "EHLO" | "HELO":
                    self.say("250-localhost\r\n250-8BITMIME\r\n250 AUTH PLAIN LOGIN")
                case "AUTH":
                    self.log_in(*rest.split())
                case "RCPT":
                    box.recipients.append(rest.partition(":")[2].partition("<")[2].partition(">")[0])
                    self.say("250 ok")
                case "DATA":
                    self.say("354 go on")
                    lines = []
                    while (line := self.rfile.readline()) not in (b".\r\n", b""):
                        lines.append(line[1:] if line.startswith(b"..") else line)
                    box.mails.append(message_from_bytes(b"".join(lines), policy=policy.default))  # type: ignore[arg-type]  # typeshed: of EmailPolicy an EmailMessage comes
                    self.say("250 kept")
                case _:
                    self.say("250 ok")

        def log_in(self, way: str, first: str = "") -> None:
            if way.upper() == "PLAIN":
                _, user, password = base64.b64decode(first or self.ask("334 ")).decode().split("\0")
            else:
                user = base64.b64decode(first or self.ask("334 VXNlcm5hbWU6")).decode()
                password = base64.b64decode(self.ask("334 UGFzc3dvcmQ6")).decode()
            box.logins.append((user, password))
            self.say("235 welcome")

        def ask(self, line: str) -> bytes:
            self.say(line)
            return self.rfile.readline().strip()

        def say(self, line: str) -> None:
            self.wfile.write(line.encode() + b"\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Session) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        box.port = server.server_address[1]
        yield box
        server.shutdown()
