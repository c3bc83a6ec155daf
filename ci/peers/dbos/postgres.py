"""A Postgres of this program's own, on a Unix socket."""

import contextlib
import glob
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

# Nothing need survive, as on the Redis that story-engine is measured with: the same promise on both sides.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


def program(name):
    """Debian keeps them off the PATH."""
    found = shutil.which(name) or next(iter(sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), reverse=True)), None)
    if not found:
        raise SystemExit(f"there is no `{name}`: install Postgres (Debian: `apt-get install postgresql`)")
    return found


@contextlib.contextmanager
def running():
    """Yields the URL of a new database. Postgres refuses to be root, so root starts it as another user, outside of its own directories."""
    user = "postgres" if os.geteuid() == 0 else None
    with tempfile.TemporaryDirectory(prefix="dbos-peer-", ignore_cleanup_errors=True) as home:
        if user:
            account = pwd.getpwnam(user)
            os.chown(home, account.pw_uid, account.pw_gid)
        data = Path(home) / "data"
        environment = os.environ | {"LC_ALL": "C.UTF-8"}
        initdb = [program("initdb"), "-D", data, "-U", "peer", "-A", "trust", "--no-sync"]
        subprocess.run(initdb, check=True, user=user, cwd=home, env=environment, stdout=subprocess.DEVNULL)
        settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [program("postgres"), "-D", data, "-k", home, *settings], user=user, cwd=home, env=environment
        )
        try:
            _await(server, Path(home) / ".s.PGSQL.5432")
            yield f"postgresql+psycopg://peer@/postgres?host={home}"
        finally:
            server.send_signal(subprocess.signal.SIGINT)
            server.wait()


def _await(server, socket):
    import psycopg

    for _ in range(300):
        if server.poll() is not None:
            raise SystemExit("postgres has ended before it was ready")
        with contextlib.suppress(psycopg.OperationalError):
            psycopg.connect(f"host={socket.parent} user=peer dbname=postgres").close()
            return
        time.sleep(0.05)
    raise SystemExit("postgres is not ready")
