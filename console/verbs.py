"""The table of commands and of the flags that all of them take. A new command is one line here."""

from __future__ import annotations

from typing import Final, NamedTuple


class Verb(NamedTuple):
    """One command.

    Attributes:
        name: what is typed.
        group: under which heading `repoint --help` lists it.
        help: one line, in the third person.
        room: its module in `console.subcommands`, where that is not its name.
    """

    name: str
    group: str
    help: str
    room: str = ""

    @property
    def module(self) -> str:
        """The module with its EXAMPLE, `add_arguments(parser)` and `run(args)`."""
        return f"console.subcommands.{self.room or self.name.replace('-', '_')}"


class Flag(NamedTuple):
    """A flag that stands before or after the verb. `metavar` is empty for a switch."""

    name: str
    metavar: str
    help: str

    @property
    def dest(self) -> str:
        """Its attribute in the parsed arguments."""
        return self.name.removeprefix("--").replace("-", "_")


LOOK: Final = "Look"
ACT: Final = "Act"
ACCOUNT: Final = "Who you are, what is left"
SETTINGS: Final = "Set up"
PRACTICE: Final = "Practise"

_ALL: Final = (
    Verb("links", LOOK, "lists links, worst health first"),
    Verb("history", LOOK, "shows a link's versions, and counts as your review"),
    Verb("diff", LOOK, "shows what differs between two versions"),
    Verb("preview", LOOK, "shows where visitors go"),
    Verb("health", LOOK, "looks at the destinations, from here and from the platform"),
    Verb("watch", LOOK, "watches rolled-back links and outages, one line a change"),
    Verb("export", LOOK, "writes links to CSV, NDJSON or JSON"),
    Verb("sync", LOOK, "brings the cache up to date"),
    Verb("journal", LOOK, "shows what was sent, refused and noted, and verifies it"),
    Verb("status", LOOK, "says how the incident stands, in a paragraph for a chat"),
    Verb("timeline", LOOK, "tells an incident for a post-mortem: Markdown, JSON"),
    Verb("evidence", LOOK, "bundles all about a link or a run with its proof, checks one"),
    Verb("rollback", ACT, "points a link back at a version that worked, under the guard"),
    Verb("plan", ACT, "plans a batch for review: rollback or repoint, what it costs"),
    Verb("run", ACT, "performs a reviewed plan in waves, verified in between"),
    Verb("runs", ACT, "lists runs, shows what became of each item"),
    Verb("resume", ACT, "goes on with a run that was paused, stopped or killed"),
    Verb("retry", ACT, "tries a run's failed items again, each read anew"),
    Verb("cancel", ACT, "gives up what a run has not sent"),
    Verb("undo", ACT, "takes a rollback or a whole run back, under the same guard"),
    Verb("import", ACT, "imports links from a file, checked whole first", "import_links"),
    Verb("reconcile", ACT, "settles what is UNKNOWN by reading; sends nothing"),
    Verb("arm", ACT, "lets a protected profile write for 15 minutes"),
    Verb("note", ACT, "puts a sentence, a TODO or the incident into the journal"),
    Verb("handoff", ACT, "gives an incident to the next operator, or takes it over"),
    Verb("report", ACT, "reports to the platform's support, shown whole before it is sent"),
    Verb("login", ACCOUNT, "asks for a token, checks it, says how to use it"),
    Verb("whoami", ACCOUNT, "shows operator, role, plan and the token's life"),
    Verb("budget", ACCOUNT, "shows the writes left today"),
    Verb("config", SETTINGS, "shows the settings and which source won, or makes the file"),
    Verb("profile", SETTINGS, "lists, shows and adds profiles"),
    Verb("doctor", SETTINGS, "looks at profile, line, token, routes, terminal, files"),
    Verb("cache", SETTINGS, "tells, prunes or clears the cache", "cache_files"),
    Verb("completion", SETTINGS, "prints a shell's completion"),
    Verb("demo", PRACTICE, "opens the console on a practice incident, nothing to set up"),
    Verb("drill", PRACTICE, "times and scores you on a practice incident"),
    Verb("sandbox", PRACTICE, "runs the practice platform alone"),
)

VERBS: Final[dict[str, Verb]] = {verb.name: verb for verb in _ALL}

GLOBAL_FLAGS: Final = (
    Flag("--profile", "NAME", "work with this profile"),
    Flag("--handle", "HANDLE", "work on this handle instead of the profile's"),
    Flag("--json", "", "print JSON"),
    Flag("--offline", "", "read the cache only; nothing is asked or sent"),
    Flag("--no-color", "", "print without colour"),
    Flag("--quiet", "", "leave out notes and progress"),
    Flag("--verbose", "", "print details"),
)


_EXAMPLES: Final = (
    "repoint demo",
    "repoint links status:down",
    "repoint rollback spring-launch --last-healthy --reason 'shop is down'",
    "repoint rollback --help",
)


def overview() -> str:
    """What `repoint --help` prints."""
    lines = [
        "usage: repoint [flags] [command] ...",
        "",
        "The incident console for link platforms: see what is broken, point it back,",
        "never twice. Without a command it opens the console.",
    ]
    width = max(len(name) for name in VERBS) + 2
    for group in dict.fromkeys(verb.group for verb in VERBS.values()):
        lines += ["", f"{group}:"]
        lines += [f"  {v.name:<{width}}{v.help}" for v in VERBS.values() if v.group == group]
    lines += ["", "Flags, before or after the command:"]
    lines += [f"  {f'{f.name} {f.metavar}':<20}{f.help}" for f in GLOBAL_FLAGS]
    lines += [
        f"  {'--version':<20}print the version",
        f"  {'--help':<20}print this, or the help of a command",
    ]
    lines += ["", "Examples:", *(f"  {example}" for example in _EXAMPLES)]
    return "\n".join(lines) + "\n"
