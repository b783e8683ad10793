"""The embedded servers and the data folder, with the faults that happen to them."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time

import psutil
import psycopg
import pytest
import redis

from portal import embedded
from portal.running.folder import DataFolder, RunRefused
from portal.running.launching import expect_free_port


@pytest.fixture
def short_folder(test_folder):
    """A folder with a path short enough for a socket, open to PostgreSQL's account."""
    folder = test_folder / f"embedded-{time.monotonic_ns() % 10**9}"
    folder.mkdir(mode=0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server(short_folder):
    return embedded.Postgres(short_folder / "postgres", short_folder / "run", "demo-password", durable=False)


@pytest.fixture
def started(server):
    """Starts the server as often as asked; all are stopped in the end."""
    processes = []

    def start():
        server.initialise()
        processes.append(server.start())
        return processes[-1]

    yield start
    for process in processes:
        embedded.stop(process, signal.SIGQUIT)


def ask(server, query="SELECT 1"):
    with psycopg.connect(server.url("postgres")) as connection:
        return connection.execute(query).fetchone()[0]


def test_it_is_postgresql_18_and_listens_on_no_network(server, started):
    process = started()
    assert ask(server, "SHOW server_version").startswith("18.")
    assert ask(server, "SHOW listen_addresses") == ""
    assert psutil.Process(process.pid).net_connections("inet") == []
    assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700


def test_nobody_enters_without_the_password(server, started):
    started()
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url("postgres", password="another"))


def test_an_initialisation_that_was_killed_is_done_again(server, started):
    server.data.mkdir(parents=True)
    (server.data / "PG_VERSION").write_text("18\n")
    (server.data / "rubbish").write_text("half")
    assert server.initialise()
    started()
    assert ask(server) == 1


def test_a_complete_folder_is_kept(server, started):
    process = started()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    embedded.stop(process)
    assert not server.initialise()
    started()
    assert ask(server, "SELECT count(*) FROM kept") == 0


def test_a_server_that_a_killed_run_left_is_ended_and_its_data_kept(server, started):
    first = started()
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (x int)")
    started()
    assert first.wait(5) is not None
    assert ask(server, "SELECT count(*) FROM kept") == 0


def test_a_server_killed_without_warning_recovers(server, started):
    process = started()
    process.kill()
    process.wait()
    started()
    assert ask(server) == 1


def test_the_number_of_another_program_in_the_pid_file(server, started):
    embedded.stop(started())
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    (server.data / "postmaster.pid").write_text(f"{other.pid}\n{server.data}\n")
    try:
        started()
        assert ask(server) == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_server_that_cannot_start_says_where_its_reasons_are(server, started):
    embedded.stop(started())
    (server.data / "postgresql.conf").write_text("nonsense = yes\n")
    with pytest.raises(embedded.ServerRefused, match=r"^PostgreSQL does not start; its reasons are in .*log\.$"):
        server.start()


def test_redis_listens_on_a_socket_of_ours_alone(short_folder):
    server = embedded.Redis(short_folder / "redis", short_folder / "run")
    process = server.start()
    try:
        client = redis.Redis.from_url(server.url)
        assert client.ping()
        assert psutil.Process(process.pid).net_connections("inet") == []
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        client.close()
    finally:
        embedded.stop(process, signal.SIGTERM)
    assert (server.home / "dump.rdb").exists()


@pytest.fixture
def folder(tmp_path):
    folder = DataFolder(tmp_path / "carnet")
    yield folder
    if embedded.service_account() is not None:
        shutil.rmtree(folder.postgres.parent, ignore_errors=True)


def test_secrets_are_made_once_and_closed(folder):
    lock = folder.open()
    folder.make_secrets()
    first = {path.name: path.read_text() for path in folder.secrets.iterdir()}
    folder.make_secrets()
    assert {path.name: path.read_text() for path in folder.secrets.iterdir()} == first
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.secrets.iterdir()} == {0o400}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder.path, folder.secrets, folder.logs)} == {0o700}
    os.close(lock)


def test_a_lost_secret_is_not_replaced(folder):
    lock = folder.open()
    folder.make_secrets()
    folder.ready.touch()
    (folder.secrets / "keyring.json").unlink()
    with pytest.raises(RunRefused, match=r"keyring\.json is missing and the records cannot be opened without it"):
        folder.make_secrets()
    os.close(lock)


def test_secrets_of_a_first_run_that_was_killed_are_completed(folder):
    lock = folder.open()
    folder.make_secrets()
    (folder.secrets / "keyring.json").unlink()
    folder.make_secrets()
    assert (folder.secrets / "keyring.json").is_file()
    os.close(lock)


def test_one_run_at_a_time(folder):
    lock = folder.open()
    with pytest.raises(RunRefused, match=rf"already runs in .* \(process {os.getpid()}\); stop it there with Ctrl-C"):
        folder.open()
    os.close(lock)
    os.close(folder.open())


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RunRefused, match=r"cannot be written \(Not a directory\); expected a folder of yours\.$"):
        DataFolder(tmp_path / "file" / "carnet").open()


def test_a_long_path_gets_its_sockets_elsewhere(tmp_path):
    folder = DataFolder(tmp_path / ("long" * 40))
    assert len(str(folder.sockets / ".s.PGSQL.5432")) < 100


def listen_somewhere(listener, ports):
    for port in ports:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            continue
        listener.listen()
        return port
    raise AssertionError(f"no port of {ports} is free")


def test_a_port_in_use():
    # Below the ports that the system gives to connections: nobody else takes it between the two looks.
    with socket.socket() as taken:
        port = listen_somewhere(taken, range(20_011, 32_000, 97))
        with pytest.raises(RunRefused, match=rf"port {port} cannot be used .* choose another: PORT=\d+ make run"):
            expect_free_port(port)
    expect_free_port(port)
