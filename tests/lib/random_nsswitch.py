# SPDX-License-Identifier: MIT
"""Random nsswitch.conf files: from what distributions ship to what nobody would write."""
import re

SOURCES = ("extrausers", "cache", "house", "away", "busy", "systemd", "compat")
OTHERS = ("sss", "absent", "myhostname", "mymachines")
STATUSES = ("SUCCESS", "NOTFOUND", "UNAVAIL", "TRYAGAIN")
ACTIONS = ("return", "continue", "merge")
MISTAKES = ("[]", "[SUCCESS]", "[=return]", "[NOTFOUND=retrun]", "[FOUND=return]", "[!=return]",
            "[SUCCESS=continue", "[NOTFOUND return]", "[UNAVAIL==return]", "[NOTFOUND=return,]")
# Between these stands a word "subuid", with its [...], that is there from the beginning, on a line that "enable"
# changes.
ENABLED = ("passwd", "group", "initgroups")
BEGIN, END = "\x01", "\x02"


class Generator:
    """How odd a file is, from 0 to 1, is chosen for each: many oddities hide one another."""

    def __init__(self, rng):
        self.rng = rng
        self.odd = 0.0

    def maybe(self, probability):
        return self.rng.random() < probability * self.odd

    def case(self, word):
        return self.rng.choice((word.upper(), word.lower(), word.title())) if self.maybe(0.3) else word

    def blank(self):
        return self.rng.choice((" ", "\t", "  ", "\v", "\f", "\r")) if self.maybe(0.3) else " "

    def brackets(self):
        rng = self.rng
        if self.maybe(0.05):
            return rng.choice(MISTAKES)
        if rng.random() < 0.2:
            return "[SUCCESS=merge]"
        inner = []
        for _ in range(rng.choice((1, 1, 1, 2, 3))):
            space = " " if self.maybe(0.3) else ""
            inner.append("!" * self.maybe(0.5) + self.case(rng.choice(STATUSES)) + space + "=" + space
                         + self.case(rng.choice(ACTIONS)))
        space = " " if self.maybe(0.2) else ""
        return "[" + space + " ".join(inner) + space + "]"

    def service(self, name, database):
        text = self.case(name) if self.maybe(0.1) else name
        while self.maybe(0.4):
            text += ("" if self.maybe(0.2) else self.blank()) + self.brackets()
        return BEGIN + text + END if name == "subuid" and database in ENABLED else text

    def services(self, database, first):
        rng = self.rng
        names = [first] if first else []
        # Behind compat, compat itself and systemd, which asks glibc again, wait for ever for compat's lock.
        sources = [name for name in SOURCES if "_" not in database or name not in ("compat", "systemd")]
        names += rng.sample(sources, rng.choice((0, 1, 1, 2, 3)))
        if self.maybe(0.3):
            names.insert(rng.randrange(len(names) + 1), rng.choice(OTHERS + ("files",)))
        if self.maybe(0.2):
            rng.shuffle(names)
        for _ in range(2):
            if self.maybe(0.2):
                names.insert(rng.randrange(len(names) + 1), "subuid")
        # What systemd recommends.
        merges = database == "group" and rng.random() < 0.2
        text = ""
        for name in names:
            text += ("" if text.endswith("]") and self.maybe(0.3) else self.blank()) + self.service(name, database)
            text += " [SUCCESS=merge]" * (merges and name == first)
        return text

    def line(self, database, first):
        rng = self.rng
        text = "  " * self.maybe(0.1) + (self.case(database) if self.maybe(0.1) else database)
        text += rng.choice((":", " :", "", "::", ":\t")) if self.maybe(0.1) else ":"
        services = self.services(database, first)
        text += services.lstrip() if self.maybe(0.1) else services
        text += rng.choice((" ", "\t", "\r", "\0 house")) * self.maybe(0.1)
        if self.maybe(0.1):
            text += " #" + " " * rng.randrange(2) + " ".join(
                rng.choices(SOURCES + ("files", "subuid", "local", "[NOTFOUND=return]"), k=2))
        return text

    def file(self):
        """Returns its text, with BEGIN and END."""
        rng = self.rng
        self.odd = rng.choice((0.0, 0.1, 0.3, 1.0))
        accounts = rng.choice(("files", "files", "files", "compat"))
        lines = [self.line("passwd", accounts), self.line("group", accounts)]
        if self.maybe(0.5):
            lines.append(self.line("initgroups", rng.choice(("files", ""))))
        for database in ("passwd_compat", "group_compat"):
            if accounts == "compat" and rng.random() < 0.7:
                lines.append(self.line(database, ""))
        if rng.random() < 0.5:
            lines.append(self.line("shadow", "files"))
            lines.append("hosts: files myhostname dns" + self.maybe(0.1) * " [NOTFOUND]")
        if self.maybe(0.1):
            lines.append(self.line(rng.choice(("passwd", "group")), "files"))
        if self.maybe(0.05):
            lines.pop(rng.randrange(len(lines)))
        if self.maybe(0.3):
            rng.shuffle(lines)
        if self.maybe(0.3):
            lines.insert(rng.randrange(len(lines) + 1), rng.choice(("", "# passwd: files", "#", ":", "x")))
        return "\n".join(lines) + ("" if self.maybe(0.1) else "\n")


def written(text):
    """The file as it is."""
    return text.replace(BEGIN, "").replace(END, "").encode()


def without_subuid(text):
    """As glibc reads it, which is no further than to a second [...] in a row."""
    text = re.sub(BEGIN + r"[^\]\x02]*\]\s*\[.*", "", text)
    return re.sub(BEGIN + "[^" + END + "]*" + END, "", text).encode()


def smallest(text, is_wrong):
    """Takes away what is not needed for the fault."""
    # Services and brackets, each with the blanks in front, and newlines.
    parts = re.findall(r"[^\S\n]*(?:\x01[^\x02]*\x02|\[[^]\n]*\]?|[^\s:[\x01]+:*|:|$)|\n", text)
    for size in (8, 4, 2, 1, 1):
        i = 0
        while i < len(parts):
            fewer = parts[:i] + parts[i + size:]
            # Two services must not become one word.
            if not re.search(r"[^\s:\]]\x01", "".join(fewer)) and is_wrong("".join(fewer)):
                parts = fewer
            else:
                i += size
    return "".join(parts)
