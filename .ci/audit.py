"""Asks the registry for known vulnerabilities of every pinned package, and never takes silence for safety.

Exits with 1 if there is one. Without a network, or for packages it has no word on, it says so: that is no failure.
"""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NOT_AUDITED = "NOT AUDITED: the registry could not be asked for known vulnerabilities; repeat this with a network."
_NO_NETWORK = ("ConnectionError", "ProxyError", "Timeout", "SSLError", "network may be blocking")


def main(tool: str) -> int:
    """Run pip-audit and tell what it found."""
    command = [tool, "--disable-pip", "--no-deps", "--requirement", ROOT / "requirements.txt", "--format", "json"]
    done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        if any(word in done.stderr for word in _NO_NETWORK):
            print(done.stderr.strip().splitlines()[-1], NOT_AUDITED, sep="\n")
            return 0
        print(done.stderr)
        return done.returncode or 1
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    found = [(p["name"], p["version"], v) for p in packages for v in p.get("vulns", [])]
    for name, version, one in found:
        print(f"{name} {version}: {one['id']}, fixed in {', '.join(one['fix_versions']) or 'no version yet'}")
    print(f"{len(packages) - len(skipped)} of {len(packages)} packages audited, {len(found)} known vulnerabilities.")
    if skipped:
        print(f"The registry has no word on {', '.join(skipped)}.")
        if len(skipped) == len(packages):
            print(NOT_AUDITED)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
