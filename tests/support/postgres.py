"""A private PostgreSQL server for the tests: real, on loopback, gone afterwards."""

import os
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SETTINGS = (
    "listen_addresses = '127.0.0.1'",
    "max_connections = 300",
    # Tests may lose everything in a power cut; what is tested (synchronous_commit) stays on.
    "fsync = off",
    "full_page_writes = off",
    "shared_buffers = 64MB",
    "unix_socket_directories = ''",
    "logging_collector = off",
)


@dataclass
class Server:
    """A running server; `url(name)` is a SQLAlchemy address."""

    folder: Path
    port: int
    binaries: Path

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def stop(self, mode: str = "immediate") -> None:
        _as_postgres([str(self.binaries / "pg_ctl"), "-D", str(self.folder / "data"), "-m", mode, "-w", "stop"])

    def start(self) -> None:
        _as_postgres(
            [
                str(self.binaries / "pg_ctl"),
                "-D",
                str(self.folder / "data"),
                "-l",
                str(self.folder / "log"),
                "-w",
                "start",
            ]
        )

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def find_binaries() -> Path | None:
    """The newest installed server's folder of programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if found:
        return found[-1].parent
    initdb = shutil.which("initdb")
    return Path(initdb).resolve().parent if initdb else None


def start_server(*, durable: bool = False) -> Server:
    """Make a cluster in a temporary folder and start it. `durable` keeps fsync on, for fault campaigns."""
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("PostgreSQL server programs are missing; `sh script/test` installs them.")
    folder = Path(tempfile.mkdtemp(prefix="cme-postgres-"))
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    _as_postgres(
        [
            str(binaries / "initdb"),
            "-D",
            str(data),
            "-U",
            "postgres",
            "-A",
            "trust",
            "--locale=C.UTF-8",
            "-E",
            "UTF8",
            "-N",
        ]
    )
    port = free_port()
    settings = [line for line in SETTINGS if not (durable and line.startswith(("fsync", "full_page")))]
    with (data / "postgresql.conf").open("a", encoding="utf-8") as file:
        file.write("\n".join([*settings, f"port = {port}", ""]))
    server = Server(folder, port, binaries)
    server.start()
    return server


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_postgres(command: list[str]) -> None:
    if os.getuid() == 0:  # initdb and postgres refuse to run as root
        command = ["runuser", "-u", "postgres", "--", *command]
    done = subprocess.run(
        command, cwd="/tmp", stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[-1]}: {done.stderr}")
