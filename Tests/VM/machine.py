"""The virtual machine seen from the host: its image, its payload, and a running one that is talked to line by line.

Software emulation always: no machine that runs the tests needs to offer /dev/kvm, and all run the same.
"""

import hashlib
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "Tests" / "VM"
CONTRACTS = ROOT / "Tests" / "Contracts"
CACHE = ROOT / ".build" / "vm"
# Seconds. So many for a boot that takes twenty seconds on an idle machine: a loaded one is slow, a hung one is found out.
BOOT_DEADLINE = 400
IMAGE_DEADLINE = 1200
# What a scenario breaks on purpose lies on device-mapper: an ext4 that complains of a virtio disk wasn't meant to.
TROUBLE = re.compile(r"kernel BUG|BUG: |Oops: |general protection fault|Kernel panic|double fault|EXT4-fs error \(device vd")


class Failed(Exception):
    """What went wrong, for the last lines of the output."""


# What a run can end in that isn't a finding: a full disk or a program that isn't there is the rig's trouble too.
TROUBLES = (Failed, OSError, subprocess.CalledProcessError)


def told(error):
    """One of TROUBLES in words: what failed, and what it said itself."""
    said = getattr(error, "stderr", None) or b""
    said = said.strip() if isinstance(said, str) else said.decode(errors="replace").strip()
    return f"{error} {said}".strip()


def end_in_order():
    """SIGTERM runs what `finally` holds, as SIGINT does."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def note(text):
    print(f"vm: {text}", file=sys.stderr, flush=True)


# The image ------------------------------------------------------------------------------------------------------------------------------


def image():
    """The folder with root.ext4, vmlinuz and initrd, made of what Tests/VM/image says; built anew when that changes."""
    digest = hashlib.sha256()
    for path in sorted((HERE / "image").iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    folder = CACHE / f"image-{digest.hexdigest()[:16]}"
    if folder.is_dir():
        return folder
    began = time.monotonic()
    note("building the image")
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    with open(CACHE / "image.log", "wb") as log:
        # In a session of its own, so that all that it starts can be ended with it.
        build = subprocess.Popen([HERE / "image" / "build", fresh], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            status = build.wait(IMAGE_DEADLINE)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"the image isn't built in {IMAGE_DEADLINE} s; all of its log: {CACHE / 'image.log'}") from error
        finally:
            # By a deadline or an interruption too.
            end_group(build)
    if status != 0:
        sys.stderr.write(tail(CACHE / "image.log", 20))
        raise Failed(f"the image can't be built; all of its log: {CACHE / 'image.log'}")
    for old in CACHE.glob("image-*"):
        if old != fresh:
            shutil.rmtree(old)
    fresh.rename(folder)
    note(f"the image is built ({time.monotonic() - began:.0f} s, {disk_use(folder)} MB)")
    return folder


def end_group(process):
    """Ends a process that is still at work and its whole group, which gets a moment to take its own things away."""
    if process.poll() is not None:
        return
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        pass
    try:
        # Its leader may have ended before the others.
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        # None is left, or only what belongs to root and was told to end by sudo.
        pass
    process.wait()


def disk_use(folder):
    return sum(path.stat().st_blocks * 512 for path in folder.rglob("*") if path.is_file()) >> 20


# The payload ----------------------------------------------------------------------------------------------------------------------------

# Of the C library there can be only one, and it is the image's; both are Debian 12's.
C_LIBRARY = re.compile(r"^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util|nss_.*|mvec|anl))\.so")


def built():
    """Where the debug build's programs lie."""
    return (ROOT / ".build" / "debug").resolve()


def payload(programs, disk):
    """A read-only disk with the programs, the shared libraries they name, Kiosk and the scenarios, at /payload in the machine."""
    libraries = {}
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        tree = pathlib.Path(scratch)
        (tree / "bin").mkdir()
        (tree / "lib").mkdir()
        for name in programs:
            source = built() / name
            if not source.is_file():
                raise Failed(f"{name} isn't built; `make vm-test` builds it")
            os.link(stripped(source), tree / "bin" / name)
            for line in subprocess.run(["ldd", source], check=True, capture_output=True, text=True).stdout.splitlines():
                found = re.match(r"\s*(\S+) => (/\S+)", line)
                if "not found" in line:
                    raise Failed(f"{name} needs a library that isn't there: {line.strip()}")
                if found and not C_LIBRARY.match(found.group(1)):
                    libraries[found.group(1)] = pathlib.Path(found.group(2))
        for name, source in libraries.items():
            os.link(stripped(source), tree / "lib" / name)
        for bundle in built().glob("*.resources"):
            shutil.copytree(bundle, tree / "bin" / bundle.name)
        shutil.copytree(ROOT / "Kiosk", tree / "Kiosk")
        shutil.copytree(HERE / "scenarios", tree / "scenarios")
        shutil.copytree(CONTRACTS, tree / "scenarios" / "contract")
        make_disk(disk, tree)


def stripped(source):
    """A copy without debug information, which is most of a debug build; made once for each build of it."""
    source = source.resolve()
    state = source.stat()
    key = hashlib.sha256(f"{source} {state.st_size} {state.st_mtime_ns}".encode()).hexdigest()[:16]
    folder = CACHE / "stripped"
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{source.name}-{key}"
    if not copy.exists():
        for old in folder.glob(f"{source.name}-" + "[0-9a-f]" * 16):
            old.unlink()
        subprocess.run(["strip", "-g", "-o", f"{copy}.new", source], check=True, capture_output=True)
        os.chmod(f"{copy}.new", 0o755)
        os.rename(f"{copy}.new", copy)
    return copy


def make_disk(path, tree=None, megabytes=None):
    """An ext4 file system, from a tree or empty; owned by root inside, whoever makes it."""
    path.unlink(missing_ok=True)
    if megabytes is None:
        megabytes = (sum(file.stat().st_size for file in tree.rglob("*") if file.is_file()) >> 20) * 11 // 10 + 32
    # Whoever isn't root often has no sbin in PATH.
    program = shutil.which("mke2fs", path=os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]))
    if program is None:
        raise Failed("mke2fs isn't installed; it comes with e2fsprogs")
    command = [program, "-q", "-t", "ext4", "-m", "0", "-E", "root_owner=0:0"]
    if tree is not None:
        command += ["-O", "^has_journal", "-d", tree]
    subprocess.run(command + [path, f"{megabytes}M"], check=True, capture_output=True)


# A running machine ----------------------------------------------------------------------------------------------------------------------


class Machine:
    """QEMU, the serial log, and the line to the agent inside.

    root.ext4 is never written to: what a machine changes in it lies in a temporary file and is forgotten.
    The data disk survives, as a real one does.
    """

    def __init__(self, name, image, payload, data, deadline=BOOT_DEADLINE):
        self.name = name
        logs = CACHE / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.log = logs / f"{name}.log"
        self.log.unlink(missing_ok=True)
        self.scratch = tempfile.TemporaryDirectory(prefix="civickiosk-vm-")
        path = os.path.join(self.scratch.name, "agent")
        self.received = b""
        self.line = None
        began = time.monotonic()
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            listener.settimeout(1)
            self.process = subprocess.Popen(
                # It ends with this program, whatever ends this program.
                ["setpriv", "--pdeathsig", "KILL", "--", "qemu-system-x86_64", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "1024",
                 "-display", "none", "-nodefaults", "-no-reboot",
                 "-kernel", image / "vmlinuz", "-initrd", image / "initrd",
                 # no_timer_check: on a loaded machine the emulated timer comes too late for the kernel, which gives up.
                 "-append",
                 "console=ttyS0 loglevel=7 mitigations=off no_timer_check nowatchdog oops=panic panic=-1 net.ifnames=0 systemd.show_status=0",
                 "-drive", f"file={image / 'root.ext4'},if=virtio,format=raw,snapshot=on",
                 "-drive", f"file={payload},if=virtio,format=raw,readonly=on",
                 "-drive", f"file={data},if=virtio,format=raw,cache=writeback",
                 "-netdev", "user,id=net", "-device", "virtio-net-pci,netdev=net,romfile=", "-device", "virtio-rng-pci",
                 "-device", "virtio-serial-pci", "-chardev", f"socket,id=agent,path={path}",
                 "-device", "virtserialport,chardev=agent,name=agent", "-serial", f"file:{self.log}"],
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
            try:
                self.line = self._accept(listener, 30)
                self.line.setblocking(False)
                self.wait(lambda line: line == "ready", deadline, "the agent to be ready")
            except (OSError, Failed) as error:
                self.kill()
                raise Failed(f"the machine doesn't come up: {error}") from error
        self.ready_at = time.monotonic()
        self.boot_seconds = self.ready_at - began

    def _accept(self, listener, timeout):
        """QEMU's end of the line. A QEMU that has ended will never connect, and has said why."""
        end = time.monotonic() + timeout
        while True:
            try:
                return listener.accept()[0]
            except TimeoutError:
                code = self.process.poll()
                if code is not None:
                    raise Failed(f"QEMU ended with {code}; {self.words()}") from None
                if time.monotonic() >= end:
                    raise Failed(f"QEMU doesn't connect in {timeout} s") from None

    def send(self, line):
        try:
            self.line.setblocking(True)
            self.line.sendall(line.encode() + b"\n")
            self.line.setblocking(False)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Failed(f"the machine has gone; {self.words()}") from error

    def receive(self, timeout):
        """The agent's next line; None when none comes in that many seconds. Fails when the machine has gone."""
        end = time.monotonic() + timeout
        while True:
            if b"\n" in self.received:
                line, self.received = self.received.split(b"\n", 1)
                return line.decode(errors="replace")
            left = end - time.monotonic()
            if left <= 0:
                return None
            if not select.select([self.line], [], [], min(left, 1))[0]:
                continue
            try:
                piece = self.line.recv(1 << 16)
            except ConnectionResetError:
                # QEMU ended with something of ours unread: an end of the line as well.
                piece = b""
            if not piece:
                raise Failed(f"the machine has gone; {self.words()}")
            self.received += piece

    def _drain(self):
        """Takes what the machine had sent by its end."""
        try:
            while piece := self.line.recv(1 << 16):
                self.received += piece
        except OSError:
            # Nothing more has come, or the other end was torn down with it.
            pass

    def wait(self, is_wanted, timeout, what, other=lambda line: None):
        """Reads until a line is the wanted one, and hands every line before it to `other`."""
        end = time.monotonic() + timeout
        while True:
            line = self.receive(end - time.monotonic())
            if line is None:
                raise Failed(f"waited {timeout} s in vain for {what}; {self.words()}")
            if is_wanted(line):
                return line
            other(line)

    def words(self):
        """What the machine itself said last."""
        code = self.process.poll()
        if code is not None and self.process.stderr:
            said = self.process.stderr.read().decode(errors="replace").strip()
            if said:
                return f"QEMU: {said}"
        return f"the end of its serial log ({self.log}):\n{tail(self.log, 25)}"

    def trouble(self):
        """The first line of the serial log in which the kernel complains of itself; None for a quiet one."""
        for line in read(self.log).splitlines():
            if TROUBLE.search(line):
                return line.strip()
        return None

    def rest(self):
        """The whole lines that had left a machine before it was killed."""
        lines = self.received.split(b"\n")[:-1]
        self.received = b""
        return [line.decode(errors="replace") for line in lines]

    def kill(self):
        """The hard power-off: QEMU is gone between two instructions. What the guest had not yet handed to its disk is lost."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        if self.line:
            self._drain()
            self.line.close()
            self.line = None
        self.scratch.cleanup()


def read(path):
    try:
        return path.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def tail(path, count):
    return "\n".join(read(path).splitlines()[-count:]) + "\n"
