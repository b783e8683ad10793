"""A real server with the S3 interface: Ceph's gateway on a cluster of one monitor and one disk in memory.

Debian packages: radosgw, ceph-mon, ceph-osd, ceph-common. Everything runs in the foreground, as children of the test,
and leaves with it.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

PROGRAMS = ("radosgw", "radosgw-admin", "ceph", "ceph-mon", "ceph-osd", "ceph-authtool", "monmaptool")
ACCESS, SECRET = "CARNETTEST", "carnet-test-secret-key"
_CONF = """
[global]
fsid = {fsid}
mon_host = [v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_v1}]
public_addr = 127.0.0.1
mon_initial_members = a
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
run_dir = {folder}
admin_socket = {folder}/$name.asok
log_file = {folder}/$name.log
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
osd_objectstore = memstore
memstore_device_bytes = 1073741824
mon_data_avail_crit = 1
mon_data = {folder}/mon
osd_data = {folder}/osd
keyring = {folder}/keyring
[mon]
keyring = {folder}/mon.keyring
[osd]
keyring = {folder}/osd/keyring
[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:{port}
rgw_data = {folder}
"""


def missing() -> list[str]:
    """The programs that are not installed here."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


@dataclass
class Radosgw:
    """The gateway, started by :meth:`start`; its address is ``endpoint``."""

    folder: Path
    endpoint: str = ""
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        for name in ("mon", "osd"):
            (self.folder / name).mkdir(parents=True)
        ports = dict(zip(("mon", "mon_v1", "port"), _free_ports(3), strict=True))
        self.endpoint = f"http://127.0.0.1:{ports['port']}"
        fsid = str(uuid.uuid4())
        (self.folder / "ceph.conf").write_text(_CONF.format(folder=self.folder, fsid=fsid, **ports))
        everything = ("--cap", "mon", "allow *", "--cap", "osd", "allow *", "--cap", "mgr", "allow *")
        mon_keys, keys = f"{self.folder}/mon.keyring", f"{self.folder}/keyring"
        self._run("ceph-authtool", "--create-keyring", mon_keys, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        self._run("ceph-authtool", "--create-keyring", keys, "--gen-key", "-n", "client.admin", *everything)
        self._run("ceph-authtool", keys, "--gen-key", "-n", "client.rgw.a", *everything)
        self._run("ceph-authtool", mon_keys, "--import-keyring", keys)
        address = f"[v2:127.0.0.1:{ports['mon']},v1:127.0.0.1:{ports['mon_v1']}]"
        monmap = f"{self.folder}/monmap"
        self._run("monmaptool", "--create", "--fsid", fsid, "--addv", "a", address, monmap)
        self._run("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", mon_keys)
        self._begin("ceph-mon", "-f", "-i", "a")
        self._start_disk()
        self._run(
            "radosgw-admin", "user", "create", "--uid", "carnet", "--display-name", "carnet",
            "--access-key", ACCESS, "--secret-key", SECRET,
        )  # fmt: skip
        self._begin("radosgw", "-f", "-n", "client.rgw.a")
        self._wait()

    def _start_disk(self) -> None:
        disk = str(uuid.uuid4())
        key = self._run("ceph-authtool", "--gen-print-key").strip()
        self._run("ceph", "osd", "new", disk, "-i", "-", given=f'{{"cephx_secret": "{key}"}}')
        self._run("ceph-authtool", "--create-keyring", f"{self.folder}/osd/keyring", "-n", "osd.0", "--add-key", key)
        self._run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk)
        self._begin("ceph-osd", "-f", "-i", "0")
        self._run("ceph", "osd", "crush", "add", "osd.0", "1.0", "host=here", "root=default")

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.kill()
            process.wait()

    def pause(self, *, on: bool) -> None:
        """Let the gateway fall silent, as behind a broken line, or speak again."""
        self._processes[-1].send_signal(19 if on else 18)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "CEPH_CONF": f"{self.folder}/ceph.conf"}

    def _run(self, *command: str, given: str = "") -> str:
        done = subprocess.run(
            command, env=self._environment(), input=given, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{command[0]}: {done.stderr[-500:]}"
        return done.stdout

    def _begin(self, *command: str) -> None:
        with (self.folder / f"{command[0]}.out").open("wb") as out:
            self._processes.append(subprocess.Popen(command, env=self._environment(), stdout=out, stderr=out))

    def _wait(self) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with urlopen(self.endpoint, timeout=5):
                    return
            except (URLError, OSError):
                time.sleep(0.3)
        raise AssertionError("radosgw does not answer")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
