#!/usr/bin/env python3
"""Tells what differs between a configuration and its hosts and clusters, for a pipeline.

    drift.py DIRECTORY [--core tofu|terraform] [--json FILE]

Prints a line for each difference: the resource, the attribute, what was found, what is wanted.
Exit status: 0 nothing differs, 2 something does, 1 the plan failed. Nothing is changed, and the
state is not locked.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

NOTHING = (["no-op"], ["read"])


def run(core, directory, *arguments):
    """Runs the core; its errors are the pipeline's to show."""
    return subprocess.run(
        [core, f"-chdir={directory}", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=False,
    )


def plan(core, directory):
    """The plan as JSON, or nothing when it failed."""
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, "plan")
        flags = ["-input=false", "-no-color", "-lock=false", f"-out={path}"]
        planned = run(core, directory, "plan", *flags)
        if planned.returncode != 0:
            sys.stderr.buffer.write(planned.stdout)
            return None
        shown = run(core, directory, "show", "-json", path)
        return json.loads(shown.stdout) if shown.returncode == 0 else None


def differences(found, wanted, unknown, hidden, path=""):
    """Every leaf that differs, as (path, found, wanted)."""
    if hidden is True:
        if found != wanted or unknown:
            yield path, "(sensitive)", "(sensitive)"
    elif unknown is True:
        yield path, found, "(known after apply)"
    elif isinstance(found, dict) or isinstance(wanted, dict):
        found, wanted = found or {}, wanted or {}
        below = unknown if isinstance(unknown, dict) else {}
        covered = hidden if isinstance(hidden, dict) else {}
        for key in sorted({*found, *wanted, *below}):
            deeper = f"{path}.{key}" if path else key
            parts = found.get(key), wanted.get(key), below.get(key), covered.get(key)
            yield from differences(*parts, deeper)
    elif found != wanted:
        yield path, found, wanted


def lines(change):
    """What is printed of one resource."""
    body = change["change"]
    hidden = body.get("before_sensitive") or body.get("after_sensitive") or {}
    actions = "/".join(body["actions"])
    if body["actions"] != ["update"]:
        yield f"{change['address']}: {actions}"
        return
    parts = body.get("before"), body.get("after"), body.get("after_unknown"), hidden
    for path, found, wanted in differences(*parts):
        values = [value if isinstance(value, str) else json.dumps(value) for value in (found, wanted)]
        yield f"{change['address']}: {path}: {values[0]} -> {values[1]}"


def main():
    """The differences, and the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", help="where the configuration is")
    parser.add_argument("--core", default="tofu", help="tofu (default) or terraform")
    parser.add_argument("--json", metavar="FILE", help="keeps the whole plan there")
    arguments = parser.parse_args()
    document = plan(arguments.core, arguments.directory)
    if document is None:
        return 1
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(document, file)
    changes = document.get("resource_changes", [])
    drifted = [change for change in changes if change["change"]["actions"] not in NOTHING]
    for change in drifted:
        print(*lines(change), sep="\n")
    return 2 if drifted else 0


if __name__ == "__main__":
    sys.exit(main())
