"""What ``reconcile --help`` prints, as plain text: it needs no parser, so it costs next to nothing to start.

A test holds this text against the commands and the parsers, so that it cannot go stale.
"""

COMMANDS = {
    "validate": "check manifests against the schemas and every rule of their clouds",
    "plan": "show what would change, without changing it",
    "apply": "plan, ask, change, and prove that nothing is left to do",
    "drift": "show where live state is not what the manifests say, and why",
    "show": "print a saved plan, outcome or drift document",
    "import": "write manifests for what is live",
    "fmt": "rewrite manifests in one style; comments stay",
    "init": "begin: providers, schemas and CI files for what is found here",
    "snapshot": "write what is live into a file, to plan from without credentials",
    "comment": "put plans, outcomes and drift on a pull or merge request",
    "report": "make a static site from the documents of many runs",
    "schema": "print a JSON Schema, for editors and other tools",
    "explain": "why a diagnostic code exists and how to fix it",
    "providers": "what each provider type can do: limits, fields, rights, variables",
    "emulator": "serve an emulated cloud over HTTP",
    "completion": "print a completion script for bash, zsh or fish",
    "version": "print the version",
}
"""Every command with its one line, in the order of ``--help``. The module of ``import`` is ``commands.import_``."""

_HEAD = """\
usage: reconcile COMMAND [PATH ...] [flags]

Brings the L7 policies, L7 rules and security group rules of cloud load balancers to the state that YAML manifests
describe. No state file: every plan compares the manifests with what is live.

commands:
"""

_TAIL = """
flags that most commands take (before or after the command):
  -C, --directory DIR    work as if started in DIR: every relative path starts there
      --target GLOB      only documents whose address or name matches (repeatable)
      --exclude GLOB     leave such documents out (repeatable)
      --shard I/N        only part I of N, for fleets that are looked at by many runs
      --format FORMAT    text, json; markdown, html, sarif and others where --help lists them
      --out FILE         write to FILE what stdout would get
      --json-into FILE   write the JSON document to FILE besides
      --color WHEN       auto, always or never
  -q, --quiet            no progress, no warnings: errors only
  -v, --verbose          logs on stderr; twice: every request
      --log-format F     text or json
      --parallelism N    how many requests to one provider may run at once
      --timeout D        how long one request may take (30s, 2m)
  -h, --help             this text; after a command: its flags, with examples

Nearly every flag can also be set by an environment variable (--log-format: RECONCILE_LOG_FORMAT). Consent cannot:
--auto-approve, --plan, --allow, --max-deletes and --expect-digest are flags only.

exit codes:
  0 done, or nothing to do   1 failed            2 drift; changes, when asked for     3 invalid input or usage
  4 refused by a guard       5 partly applied    130/143 interrupted at a safe state

examples:
  reconcile validate manifests/
  reconcile plan manifests/ --json-into plan.json
  reconcile apply --plan plan.json
  reconcile explain HW-R61
"""


def text() -> str:
    """The whole overview."""
    return _HEAD + "".join(f"  {name:<12}{line}\n" for name, line in COMMANDS.items()) + _TAIL
