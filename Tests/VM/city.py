"""The city on the host: vm-city, which runs platformd and verifies at the end what the kiosk's queue has acknowledged."""

import contextlib
import re
import select
import subprocess
import time

import machine


class City:
    def __init__(self, seed):
        self.seed = seed
        self.acknowledged = 0
        self.received = b""
        self.process = subprocess.Popen(
            [machine.built() / "vm-city", str(seed)], cwd=machine.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        try:
            self.port = self._line(90).split()[1]
            self.credential = self._line(10).split(" ", 1)[1]
            self.key = self._line(10).split(" ", 1)[1]
        except machine.Failed:
            self.close()
            raise

    def introduce(self, guest):
        """Tells a machine where the city is: a port of the host, on QEMU's user network."""
        guest.send(f"set platform-port {self.port}")
        guest.send(f"set credential {self.credential}")
        guest.send(f"set key {self.key}")
        guest.send(f"set seed {self.seed}")

    def hear(self, line):
        """Takes a line of the agent; true when it was an acknowledgement."""
        if not re.fullmatch(r"acknowledged \S+", line):
            return False
        self.acknowledged += 1
        self._say(line)
        return True

    def verify(self):
        """The sentences on what is wrong, and a dictionary of the counts. For a queue that has drained."""
        self._say("verify")
        findings = []
        while True:
            line = self._line(300)
            if line.startswith("verified "):
                return findings, {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", line)}
            findings.append(line)

    def close(self):
        # A line that couldn't be sent is still in the buffer, and closing tries again.
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()

    def _say(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise machine.Failed("vm-city has ended") from error

    def _line(self, timeout):
        end = time.monotonic() + timeout
        while b"\n" not in self.received:
            if not select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))[0]:
                raise machine.Failed(f"vm-city says nothing for {timeout} s")
            piece = self.process.stdout.read1(1 << 16)
            if not piece:
                raise machine.Failed(f"vm-city has ended with {self.process.wait()}")
            self.received += piece
        line, self.received = self.received.split(b"\n", 1)
        return line.decode(errors="replace")
