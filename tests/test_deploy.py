"""What docs/deploy.md says is done here: its commands are run, its files given to the programs that they are for."""

import configparser
import os
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tacit.cli.main import main
from tacit.store import Store

PAGE = (Path(__file__).parents[1] / "docs" / "deploy.md").read_text()
URL = "postgresql://labels@/{database}?host=/var/run/postgresql"
TACIT = [sys.executable, "-c", "import sys; from tacit.cli.main import main; sys.exit(main())"]
NAME = "label.example.org"
TAKEN = set()


def block(language):
    return re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]


def lines(program):
    """The commands of the page that begin with a program."""
    shell = "\n".join(re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))
    return [line for line in shell.splitlines() if line.startswith(program)]


def run(*words, **how):
    return subprocess.run(words, capture_output=True, text=True, check=False, **how)


@pytest.fixture
def database(postgres_server):
    """The databases of the page, made by its own commands; return where a URL of the page leads to here."""
    for line in lines("sudo -u postgres"):
        program, *words = shlex.split(line)[3:]
        found = shutil.which(program) or next(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
        done = run(str(found), "-h", str(postgres_server.folder), "-U", "tacit", *words)
        assert done.returncode == 0, done.stderr
    yield lambda text: text.replace("host=/var/run/postgresql", f"host={postgres_server.folder}")
    for name in ("labels", "labels_again"):
        postgres_server.execute(f"DROP DATABASE {name}", database="postgres")
    postgres_server.execute("DROP ROLE labels", database="postgres")


def test_the_commands_about_databases_and_backups_do_what_the_page_says(database, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    commands = [database(line).replace("/srv/backup", str(tmp_path)) for line in lines("tacit ")]
    empty, nightly, restore, export, before = (
        shlex.split(c.replace("$(date +%F)", "2026-01-31")) for c in commands if not c.startswith("tacit serve")
    )
    assert main(empty[1:]) == 2
    assert "an empty database" in capsys.readouterr().err
    (tmp_path / "labels.csv").write_text("item,labeler,label\nx,ann,cat\ny,ann,dog\n")
    assert main(["import", nightly[2], "labels.csv"]) == 0
    for words in (nightly, restore, export, before):
        assert main(words[1:]) == 0, words
    assert (tmp_path / "judgments.parquet").is_file()
    with Store.open(restore[3]) as again, Store.open(tmp_path / "labels-2026-01-31", create=False) as copy:
        assert again.judgments().equals(copy.judgments())
        assert again.n_judgments() == 2
    assert main(restore[1:]) == 2
    assert "holds something" in capsys.readouterr().err


def test_the_nightly_line_is_the_command_of_the_page():
    cron = block("crontab")
    (nightly,) = (line for line in lines("tacit backup") if "date" in line)
    assert cron.replace("\\%", "%").partition("/opt/labels/venv/bin/")[2].strip() == nightly


def free_port():
    """A port that is free and stays so: none that the system gives to a connection that other tests make meanwhile."""
    for port in range(20_000 + 10 * (os.getpid() % 1000), 30_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) and port not in TAKEN:
                TAKEN.add(port)
                return port
    raise AssertionError("no free port")


@pytest.fixture
def service(database):
    """The server as the unit starts it, on a free port; return the port and the first owner's link."""
    unit = configparser.ConfigParser(interpolation=None)
    unit.optionxform = str
    unit.read_string(block("ini"))
    words = shlex.split(database(unit["Service"]["ExecStart"]))
    assert words[0] == "/opt/labels/venv/bin/tacit"
    port = free_port()
    with subprocess.Popen([*TACIT, *words[1:], "--port", str(port)], stderr=subprocess.PIPE, text=True) as process:
        try:
            said = ""
            while "/enter/" not in said:
                line = process.stderr.readline()
                assert line, said
                said += line
            yield port, re.search(r"https://\S+", said.partition("once:")[2])[0]
        finally:
            process.terminate()
            process.communicate(timeout=120)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd here: its units cannot be checked")
def test_the_unit_is_taken_by_systemd(tmp_path):
    unit = tmp_path / "labels.service"
    unit.write_text(block("ini").replace("/opt/labels/venv/bin/tacit", "/bin/true").replace("User=labels", "User=root"))
    done = run("systemd-analyze", "verify", "--man=no", str(unit))
    complaints = [line for line in done.stderr.splitlines() if "labels.service" in line]
    assert (done.returncode, complaints) == (0, [])


@pytest.fixture
def proxy(service, tmp_path):
    """nginx with the page's file, before the service; return a client that trusts its certificate."""
    if not (shutil.which("nginx") or Path("/usr/sbin/nginx").exists()):
        pytest.skip("no nginx here: the page's file for it cannot be tried")
    port, link = service
    clear, secure = free_port(), free_port()
    certificate, key = tmp_path / "fullchain.pem", tmp_path / "privkey.pem"
    made = run(
        *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"),
        *("-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME}", "-out", certificate, "-keyout", key),
    )
    assert made.returncode == 0, made.stderr
    site = block("nginx").replace(f"/etc/letsencrypt/live/{NAME}", str(tmp_path)).replace(":8000", f":{port}")
    site = site.replace("listen 80;", f"listen 127.0.0.1:{clear};")
    site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;")
    places = "\n".join(
        f"{kind}_temp_path {tmp_path / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = tmp_path / "nginx.conf"
    conf.write_text(
        f"pid {tmp_path / 'pid'}; daemon off; error_log stderr;\nevents {{}}\n"
        f"http {{ access_log off; {places}\n{site} }}\n"
    )
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    with subprocess.Popen([nginx, "-p", tmp_path, "-c", conf], stderr=subprocess.PIPE, text=True) as process:
        trusted = ssl.create_default_context(cafile=certificate)
        client = httpx.Client(
            base_url=f"https://127.0.0.1:{secure}",
            verify=trusted,
            headers={"Host": NAME, "Sec-Fetch-Site": "same-origin", "Origin": f"https://{NAME}"},
            timeout=120,
        )
        try:
            wait_for(secure)
            yield client, link, clear
        finally:
            client.close()
            process.terminate()
            process.communicate(timeout=120)


def wait_for(port):
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(port)


def get(client, path, **how):
    return client.get(path, extensions={"sni_hostname": NAME}, **how)


def test_people_reach_the_server_through_nginx_by_tls(proxy):
    client, link, clear = proxy
    moved = httpx.get(f"http://127.0.0.1:{clear}/judge/x", headers={"Host": NAME}, timeout=120)
    assert (moved.status_code, moved.headers["location"]) == (301, f"https://{NAME}/judge/x")
    assert link.startswith(f"https://{NAME}/enter/")
    path = link.removeprefix(f"https://{NAME}")
    page = get(client, path)
    assert page.status_code == 200
    assert "default-src" in page.headers["content-security-policy"]
    form = dict.fromkeys(re.findall(r'<input[^>]*name="(\w*name\w*)"', page.text), "Olga")
    secrets = dict.fromkeys(re.findall(r'<input[^>]*name="(\w*password\w*)"', page.text), "a long enough password")
    entered = client.post(path, data=form | secrets, extensions={"sni_hostname": NAME})
    assert entered.status_code in (302, 303), entered.text
    cookie = entered.headers["set-cookie"]
    assert cookie.startswith("__Host-tacit=")
    assert "Secure" in cookie
    assert get(client, "/accounts", headers={"Cookie": cookie.partition(";")[0]}).status_code == 200
    assert get(client, "/", headers={"Host": "elsewhere.example.org"}).status_code in (400, 403, 421)
