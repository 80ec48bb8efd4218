"""What every measurement needs: servers as processes, a load, a receiver, and what they used."""

import os, pathlib, re, signal, socket, subprocess, sys, tempfile, time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "whsec_" + "0123456789abcdef" * 2
OUT_SECRET = "whsec_" + "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, seconds=20):
    end = time.time() + seconds
    while time.time() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port} after {seconds} s")


def cpu_seconds(pid):
    total = 0
    for line in [pathlib.Path(f"/proc/{pid}/stat").read_text()]:
        fields = line.rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def resident_mib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status).group(1)) / 1024


class Server:
    """A process to be loaded, with its port."""

    def __init__(self, arguments, port, folder, environment=None):
        self.port = port
        self.log = open(folder / f"server-{port}.log", "w+")
        self.process = subprocess.Popen(
            arguments, stdout=self.log, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}, cwd=folder
        )
        wait_for(port)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def fresh_database(url):
    """A new, empty database beside the one that `url` names, on the same server."""
    name = f"usher_bench_{os.getpid()}_{time.monotonic_ns()}"
    subprocess.run(["psql", "-q", url, "-c", f"CREATE DATABASE {name}"], check=True)
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(path=f"/{name}"))


def usher(arguments, folder, destination=None, sources=None, destination_events="*", destination_more="", more=()):
    """Starts Usher with the source `stripe` and `sources` (name to YAML), one destination on port `destination`, and more lines."""
    port = free_port()
    data = pathlib.Path(tempfile.mkdtemp(dir=folder))
    lines = [
        f"listen: 127.0.0.1:{port}",
        f"database: {fresh_database(arguments.database) if arguments.database else f'sqlite:{data}/usher.db'}",
        f"root_key: file:{data}/root.key",
        "log: {level: error}",
        "sources:",
        f"  stripe: {{provider: stripe, secrets: [{SECRET}]}}",
    ]
    lines += [f"  {name}: {source}" for name, source in (sources or {}).items()]
    if destination:
        lines += [
            "destinations:",
            f'  app: {{url: "http://127.0.0.1:{destination}/hooks", secret: "{OUT_SECRET}", allow_private: true,'
            f' events: ["{destination_events}"],{destination_more} concurrency: 64}}',
        ]
    (data / "usher.yaml").write_text("\n".join([*lines, *more]) + "\n")
    server = Server([arguments.usher, "serve", "--config", str(data / "usher.yaml")], port, data)
    server.data = data
    return server


def wrk(server, connections, seconds, run, path="/api/integrations/webhooks/stripe", script="stripe.lua", secret=SECRET,
        more=()):
    """Loads a server; its own script's figures for Stripe's events, else wrk's."""
    command = ["wrk", "-t2" if connections > 1 else "-t1", f"-c{connections}", f"-d{seconds}s", "--latency"]
    command += ["-s", str(HERE / script), f"http://127.0.0.1:{server.port}{path}", "--", secret, run, *more]
    before = cpu_seconds(server.process.pid) if server.process else 0
    output = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60).stdout
    used = (cpu_seconds(server.process.pid) if server.process else 0) - before
    if "RESULT" in output:
        found = dict(re.findall(r"(\w+)=([\d.]+)", output[output.index("RESULT"):]))
        requests, taken = int(found["requests"]), float(found["seconds"])
        p50, p99, bad = float(found["p50_ms"]), float(found["p99_ms"]), int(found["bad_status"])
    else:
        requests = int(re.search(r"(\d+) requests in", output).group(1))
        taken, bad = float(seconds), 0
        p50, p99 = (latency(output, share) for share in ("50%", "99%"))
    return {
        "requests": requests, "per_second": requests / taken, "p50_ms": p50, "p99_ms": p99,
        "cpu_us": used / requests * 1e6 if requests else 0, "bad": bad,
    }


def latency(output, share):
    value, unit = re.search(re.escape(share) + r"\s+([\d.]+)(us|ms|s)", output).groups()
    return float(value) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def row(name, connections, result):
    print(
        f"| {name} | {connections} | {result['per_second']:,.0f} | {result['p50_ms']:.2f} | {result['p99_ms']:.1f} "
        f"| {result['cpu_us']:.0f} | {result['bad']} |", flush=True
    )


class Receiver:
    """Answers 200 to every delivery and counts them: nginx when it is there, else a small server of its own."""

    def __init__(self, folder, log_format="1"):
        self.port = free_port()
        config = folder / "receiver.conf"
        text = NGINX.format(folder=folder, port=self.port, log=f"{folder}/receiver.log count", format=log_format)
        config.write_text(text)
        self.log = folder / "receiver.log"
        self.process = subprocess.Popen(["nginx", "-p", str(folder), "-c", str(config)])
        wait_for(self.port)

    def count(self):
        return self.log.stat().st_size if self.log.exists() else 0

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(10)


NGINX = """daemon off; master_process off; pid {folder}/nginx-{port}.pid; error_log {folder}/nginx-{port}.err;
events {{ worker_connections 2048; }}
http {{ log_format count '{format}'; access_log {log}; client_body_temp_path {folder}/body; keepalive_requests 100000000;
proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
server {{ listen 127.0.0.1:{port}; location / {{ return 200; }} }} }}
"""
