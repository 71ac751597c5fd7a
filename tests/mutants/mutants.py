#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
mutants.py [--sample N] [--again] [--list] [--killer COMMAND]...

Changes the module's sources in every small way there is, one change at a time, and runs the unit tests on
each mutant: a mutant that they let live shows what they do not test. Run by "make mutants", which gives
COMPILE and WRAPPED.

A mutant whose object code is that of the original is no mutant. One that passes the unit tests, with and
without sanitizers, and raises no warning is a survivor. It needs a test, or a reason in the file
"survivors" beside this one. The exit status is 1 if there is a survivor without a reason, or a reason for a
mutant that does not survive.
"""

import argparse
import collections
import concurrent.futures
import dataclasses
import hashlib
import itertools
import os
import pathlib
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
SURVIVED = TOP / "build/mutants.survived"
SOURCES = ["nss_subuid.c", "subid_file.c", "subid_range.c", "account_name.c"]
HEADERS = ["nss_subuid.h", "subid_file.h", "subid_range.h", "account_name.h"]
# The first one is what knows most of the file.
TESTS = {
    "nss_subuid.c": ["test_nss_subuid"],
    "subid_file.c": ["test_subid_file", "test_nss_subuid"],
    "subid_range.c": ["test_subid_range", "test_subid_file", "test_nss_subuid"],
    "account_name.c": ["test_account_name", "test_nss_subuid"],
}
ALL_TESTS = ["test_account_name", "test_nss_subuid", "test_subid_file", "test_subid_range"]

# --- the changes ----------------------------------------------------------------------------------

TOKEN = re.compile(
    r"""(?P<skip>\s+|/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:\\.|[^"\\])*")
      | (?P<char>'(?:\\.|[^'\\])*')
      | (?P<number>\d\w*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.VERBOSE | re.DOTALL,
)

SIBLINGS = {}
for family in ("+ - * / %", "& | ^", "<< >>", "< <= > >= == !=", "&& ||",
               "= += -= *= /= %=", "= &= |= ^=", "= <<= >>="):
    for operator in family.split():
        SIBLINGS.setdefault(operator, [])
        SIBLINGS[operator] += [o for o in family.split() if o != operator]
SIBLINGS["="] = ["+=", "-=", "|=", "&="]

KEYWORDS = set("break case continue default do else for goto if return sizeof switch while".split())
TYPES = set("_Bool bool char const double enum extern float inline int long register short signed static struct "
            "typedef union unsigned void volatile".split())
# Where an operand of an operator that binds less tightly than && or || ends.
ENDS = {";", "{", "}", ",", "?", ":", "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=",
        "return", "case"}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


@dataclasses.dataclass(frozen=True)
class Mutant:
    file: str
    text: str  # of the whole file
    name: str  # file, function and change


class File:
    """A source file, and all that can be changed in it."""

    def __init__(self, name):
        self.name = name
        self.text = (TOP / name).read_text(encoding="utf-8")
        self.tokens = []
        self.changes = []  # (start, end, replacement)
        self.functions = []  # (start, end, name)
        self.tokenize()
        self.partner = self.pair_brackets()
        self.types = TYPES | {t.text for t in self.tokens if re.fullmatch(r"\w+_t|find_function|subid_path", t.text)}
        self.find_changes()

    def tokenize(self):
        """Splits the file. Of the preprocessor's lines only what stands behind #define NAME or NAME(…) counts."""
        directive = re.compile(r"^[ \t]*#[ \t]*(?:define[ \t]+\w+(?:\([^)]*\))?|(?:\\\n|[^\n])*)", re.MULTILINE)
        code = directive.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), self.text)
        for match in TOKEN.finditer(code):
            if match.lastgroup != "skip":
                self.tokens.append(Token(match.lastgroup, match.group(), match.start(), match.end()))

    def pair_brackets(self):
        partner, stack = {}, []
        for i, token in enumerate(self.tokens):
            if token.text in ("(", "[", "{"):
                stack.append(i)
            elif token.text in (")", "]", "}"):
                partner[i] = stack.pop()
                partner[partner[i]] = i
        return partner

    def at(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) else ""

    def source(self, first, last):
        """The text of tokens first to last - 1."""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end] if first < last else ""

    def change(self, first, last, new):
        """Tokens first to last - 1 become this text."""
        self.changes.append((self.tokens[first].start, self.tokens[last - 1].end, new))

    # What a token is

    def is_type(self, i):
        return self.at(i) in self.types or self.at(i - 1) in ("struct", "enum")

    def is_cast(self, i):
        """Whether the parenthesis that opens at i holds a type and is no call's or sizeof's."""
        inside = range(i + 1, self.partner[i])
        return (self.at(i - 1) != "sizeof" and (self.at(i - 1) in KEYWORDS or self.tokens[i - 1].kind != "name")
                and len(inside) > 0 and all(self.is_type(j) or self.at(j) == "*" for j in inside)
                and self.at(self.partner[i] + 1) not in ("{", ";", ",", ")"))

    def is_binary(self, i):
        before = self.tokens[i - 1]
        if before.text == ")":
            opening = self.partner[i - 1]
            return not self.is_cast(opening) and self.at(opening - 1) not in ("if", "while", "for", "switch")
        if before.text == "]" or before.kind in ("number", "char", "string"):
            return True
        return before.kind == "name" and before.text not in KEYWORDS and not self.is_type(i - 1)

    # The changes of a token

    def find_changes(self):
        i = 0
        while i < len(self.tokens):
            if self.at(i) == "_Static_assert":  # asked of the compiler; tests/nss/object.t has its tests
                i = self.partner[i + 1] + 1
            elif self.at(i) in ("_Pragma", "__attribute__"):
                i = self.partner[i + 1] + 1
            else:
                self.change_token(i)
                i += 1
        i = 0
        while i < len(self.tokens):
            if self.at(i) == "{" and self.at(i - 1) == ")":
                opening = self.partner[i - 1]
                self.functions.append((self.tokens[i].start, self.tokens[self.partner[i]].end, self.at(opening - 1)))
                self.change_block(i)
            i = self.partner[i] + 1 if self.at(i) == "{" else i + 1

    def change_token(self, i):
        token = self.tokens[i]
        if token.kind == "number":
            self.change_number(i)
        elif token.kind == "char":
            for new in (f"({token.text} + 1)", f"({token.text} - 1)", "'\\0'"):
                if token.text != "'\\0'" or new != "'\\0'":
                    self.change(i, i + 1, new)
        elif token.kind == "string":
            inside = token.text[1:-1]
            last = re.search(r"(\\.|.)$", inside)
            for new in ["", inside + "!"] + ([inside[: last.start()], inside[: last.start()] + "!", "!" + inside[1:]]
                                              if last else []):
                if new != inside:
                    self.change(i, i + 1, f'"{new}"')
        elif token.text in ("true", "false"):
            self.change(i, i + 1, "false" if token.text == "true" else "true")
        elif token.kind == "name" and re.fullmatch(r"[A-Z][A-Z0-9_]+", token.text):
            if token.text != "NULL" and self.at(i + 1) not in ("(", "="):  # no macro with arguments, no enumerator
                for new in (f"({token.text} + 1)", f"({token.text} - 1)", "0"):
                    self.change(i, i + 1, new)
        elif token.text == "sizeof":
            end = self.partner[i + 1] + 1
            self.change(i, end, f"({self.source(i, end)} + 1)")
            self.change(i, end, f"({self.source(i, end)} - 1)")
        elif token.kind == "op":
            self.change_operator(i)

    def change_number(self, i):
        text = self.at(i)
        value = int(text, 8 if re.fullmatch(r"0[0-7]+", text) else 0)
        for new in (value + 1, value - 1, 0):
            if new != value:
                self.change(i, i + 1, f"{new:#x}" if text.startswith("0x") else str(new))

    def change_operator(self, i):
        text = self.at(i)
        if text in ("!", "~"):
            self.change(i, i + 1, "")
        elif text in ("++", "--"):
            self.change(i, i + 1, "--" if text == "++" else "++")
            self.change(i, i + 1, "")
            if self.tokens[i + 1].kind == "name" and self.at(i + 2) not in ("->", ".", "["):
                self.change(i, i + 2, self.at(i + 1) + text)
            elif self.tokens[i - 1].kind == "name" and self.at(i - 2) not in ("->", "."):
                self.change(i - 1, i + 1, text + self.at(i - 1))
        elif text == "-" and not self.is_binary(i):
            self.change(i, i + 1, "")
        elif text in SIBLINGS and (text not in ("+", "-", "*", "&") or self.is_binary(i)):
            for new in SIBLINGS[text] if text != "=" or not self.is_initialiser(i) else []:
                self.change(i, i + 1, new)
            if text in ("&&", "||"):
                self.change_condition(self.operand_begin(i, text), i)
                self.change_condition(i + 1, self.operand_end(i, text))
        elif text == "?":
            self.change_condition(self.operand_begin(i, "?"), i)
        elif text == "(" and self.is_cast(i):
            self.change(i, self.partner[i] + 1, "")
        elif text == "." and self.at(i - 1) in ("{", ",") and self.at(i + 2) == "=":
            end = i
            while self.at(end) not in (",", "}"):
                end = self.partner[end] + 1 if end in self.partner else end + 1
            self.change(i, end + (self.at(end) == ","), "")

    def is_initialiser(self, i):
        """Whether this "=" belongs to a declaration, an enumerator or a member that is initialised."""
        begin = i
        while begin > 0 and self.at(begin - 1) not in (";", "{", "}", "(", ","):
            begin -= 1
        return self.is_type(begin) or self.at(begin) in (".", "[") or re.fullmatch(r"[A-Z_]+", self.at(begin))

    def operand_begin(self, i, operator):
        ends = ENDS | ({"&&", "||"} if operator == "&&" else {"||"} if operator == "||" else set())
        while i > 0 and self.at(i - 1) not in ends and self.at(i - 1) not in ("(", "["):
            i = self.partner[i - 1] if self.at(i - 1) in (")", "]") else i - 1
        return i

    def operand_end(self, i, operator):
        ends = ENDS | ({"&&", "||"} if operator == "&&" else {"||"})
        i += 1
        while self.at(i) not in ends and self.at(i) not in (")", "]"):
            i = self.partner[i] + 1 if self.at(i) in ("(", "[") else i + 1
        return i

    def change_condition(self, first, last):
        self.change(first, last, "1")
        self.change(first, last, "0")
        self.change(first, last, f"!({self.source(first, last)})")

    # The changes of a statement

    def change_block(self, i):
        end = self.partner[i]
        i += 1
        while i < end:
            i = self.change_statement(i)

    def change_statement(self, i):
        """Changes the statement that begins at i. Returns where the next one does."""
        begin, word = i, self.at(i)
        if word == "{":
            self.change_block(i)
            return self.partner[i] + 1
        if word in ("case", "default"):
            while self.at(i) != ":":
                i += 1
            if word == "case":
                self.change(begin, i + 1, "")
            return i + 1
        if word in ("if", "while", "for", "switch"):
            close = self.partner[i + 1]
            if word == "for":
                self.change_for(i + 2, close)
            elif word != "switch":
                self.change_condition(i + 2, close)
            i = self.change_statement(close + 1)
            if word == "if" and self.at(i) == "else":
                self.change(i, i + 1, ";")
                i = self.change_statement(i + 1)
        elif word == "do":
            i = self.change_statement(i + 1)
            self.change_condition(i + 2, self.partner[i + 1])
            i = self.partner[i + 1] + 2
        else:
            while self.at(i) != ";":
                i = self.partner[i] + 1 if i in self.partner else i + 1
            if word == "return" and i > begin + 1:
                value = self.source(begin + 1, i)
                for new in ("0", "1", "-1", f"({value}) + 1", f"({value}) - 1", f"!({value})"):
                    if new != value:
                        self.change(begin + 1, i, new)
            i += 1
            if self.is_type(begin):
                return i
        self.change(begin, i, ";")
        return i

    def change_for(self, first, last):
        parts = [first]
        for i in range(first, last):
            if self.at(i) == ";":
                parts.append(i + 1)
        parts.append(last + 1)
        begin, condition, step = ((parts[k], parts[k + 1] - 1) for k in range(3))
        if begin[0] < begin[1] and not self.is_type(begin[0]):
            self.change(*begin, "")
        if condition[0] < condition[1]:
            self.change_condition(*condition)
        if step[0] < step[1]:
            self.change(*step, "")

    # What comes of it

    def mutants(self):
        seen, names = set(), collections.Counter()
        for start, end, new in sorted(self.changes):
            text = self.text[:start] + new + self.text[end:]
            if text in seen or text == self.text:
                continue
            seen.add(text)
            name = self.describe(start, end, new)
            names[name] += 1
            yield Mutant(self.name, text, name + (f" #{names[name]}" if names[name] > 1 else ""))

    def describe(self, start, end, new):
        """The line with the change marked in it: no number, so that it holds while other lines change."""

        def plain(text):
            return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))

        def short(text):
            return text if len(text) <= 60 else text[:40] + " … " + text[-16:]

        function = next((name for begin, stop, name in self.functions if begin <= start < stop), "-")
        line_end = self.text.find("\n", end)
        before = plain(self.text[self.text.rfind("\n", 0, start) + 1 : start]).lstrip()
        after = plain(self.text[end : line_end if line_end >= 0 else len(self.text)]).rstrip()
        old = short(plain(self.text[start:end]))
        return f"{self.name} {function}: {before}[{old} -> {short(plain(new))}]{after}"


# --- the tests ------------------------------------------------------------------------------------

def shell_words(name):
    words = os.environ.get(name)
    if not words:
        sys.exit(f"mutants.py: {name} is not set: run it with make mutants")
    return shlex.split(words)


def run(command, **options):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False, **options).returncode


class Killer:
    """Builds the unit tests once, and runs them on the objects of mutants."""

    def __init__(self, folder, flags):
        self.folder = folder
        # A pointer made of a number is no mutant, but an error.
        self.compile = shell_words("COMPILE") + ["-g0", "-Wno-error", "-Werror=int-conversion"] + flags
        self.wrapped = [f"-Wl,--wrap={call}" for call in shell_words("WRAPPED")]
        self.limits = {}
        self.folder.mkdir(parents=True)
        for name in ALL_TESTS:
            self.must_compile(TOP / f"tests/unit/{name}.c", ["-I", TOP, "-I", TOP / "tests/lib"])
        self.must_compile(TOP / "tests/lib/files.c", [])
        for name in SOURCES:
            self.must_compile(TOP / name, [])
        for name in ALL_TESTS:
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            if not self.passes(self.folder, name):
                sys.exit(f"mutants.py: {name} ({folder.name}) fails as it is")
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            # Processor time, so that a busy machine kills nobody; a mutant that hangs takes all of it.
            self.limits[name] = 2 + int(2 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))

    def must_compile(self, path, flags):
        subprocess.run(self.compile + flags + ["-c", "-o", self.folder / (path.stem + ".o"), path], check=True)

    def objects(self, folder):
        """The module's objects, as they are or as they lie in this folder."""
        names = [source[:-2] + ".o" for source in SOURCES]
        return [folder / name if (folder / name).exists() else self.folder / name for name in names]

    def build(self, folder, sources, flags=()):
        """Compiles these sources in a folder. Returns a hash of their objects, or None."""
        digest = hashlib.sha256()
        for source in sources:
            target = folder / (source[:-2] + ".o")
            # From within, so that the object has the same name of its source in it.
            if run(self.compile + [*flags, "-I", TOP, "-c", "-o", target.name, source], cwd=folder) != 0:
                return None
            digest.update(target.read_bytes())
        return digest.hexdigest()

    def passes(self, folder, test):
        program = folder / test
        link = self.compile + ["-o", program, self.folder / f"{test}.o", self.folder / "files.o"]
        if run(link + self.objects(folder) + self.wrapped + ["-lcmocka"]) != 0:
            return False
        (folder / "build").mkdir(exist_ok=True)
        # cmocka goes on behind a test that failed unless it is told to abort.
        environment = dict(os.environ, CMOCKA_TEST_ABORT="1", ASAN_OPTIONS="detect_leaks=0")
        try:
            limit = self.limits.get(test, 60)
            result = run(["prlimit", f"--cpu={limit}", "--core=0", program], cwd=folder, env=environment,
                         timeout=limit * 20)
        except subprocess.TimeoutExpired:
            return False
        return result == 0


class Lab:
    """Tries mutants, one folder for each."""

    def __init__(self, scratch, commands):
        self.scratch = scratch
        self.folders = itertools.count()
        self.killers = [
            Killer(scratch / "plain", []),
            # An access outside an array or an undefined result may pass unseen without them. (For the place of the
            # program see fuzz_place in tests.mk.)
            Killer(scratch / "sanitized", ["-U_FORTIFY_SOURCE", "-O1", "-fsanitize=address,undefined",
                                 "-fno-sanitize-recover=all", "-fno-pie", "-no-pie"]),
        ]
        self.commands = commands
        self.originals = {name: self.hash_of(name) for name in SOURCES + HEADERS}
        self.killed = {}  # by the first of them, for each object code

    def hash_of(self, name):
        folder = self.folder(name)
        if self.killers[0].build(folder, self.sources_of(name), ["-Werror"]) is None:
            sys.exit(f"mutants.py: {name} raises a warning as it is")
        digest = self.killers[0].build(folder, self.sources_of(name))
        shutil.rmtree(folder)
        return digest

    @staticmethod
    def sources_of(name):
        return [name] if name in SOURCES else SOURCES

    def folder(self, name, text=None):
        folder = self.scratch / str(next(self.folders))
        folder.mkdir()
        for source in self.sources_of(name):
            shutil.copy(TOP / source, folder)
        if text is not None:
            (folder / name).write_text(text, encoding="utf-8")
        return folder

    def verdict(self, mutant):
        """'not compiled', 'equivalent', 'killed' or 'survivor'; and whether another has the same code."""
        folder = self.folder(mutant.file, mutant.text)
        try:
            digest = self.killers[0].build(folder, self.sources_of(mutant.file))
            if digest is None:
                return "not compiled", False
            if digest == self.originals[mutant.file]:
                return "equivalent", False
            # A mutant that is just now being tried elsewhere is tried twice: that is cheaper than to wait.
            known = digest in self.killed
            if not known:
                self.killed[digest] = not self.passes(self.killers[0], mutant, folder)
            if self.killed[digest]:
                return "killed", known
            # Here those of the same code differ: one may write behind an array, into what the other has it longer.
            return "killed" if self.is_seen_otherwise(mutant, folder) else "survivor", False
        finally:
            shutil.rmtree(folder)

    @staticmethod
    def passes(killer, mutant, folder):
        return all(killer.passes(folder, test) for test in TESTS.get(mutant.file, ALL_TESTS))

    def is_seen_otherwise(self, mutant, folder):
        sources = self.sources_of(mutant.file)
        self.killers[1].build(folder, sources)
        if not self.passes(self.killers[1], mutant, folder):
            return True
        # make lint takes a warning for an error.
        if self.killers[0].build(folder, sources, ["-Werror"]) is None:
            return True
        for source in SOURCES:
            if not (folder / source).exists():
                shutil.copy(TOP / source, folder)
        return any(run(["timeout", "300", "sh", "-c", command], cwd=folder) != 0 for command in self.commands)


# --- the report -----------------------------------------------------------------------------------

def read_reasons():
    """The file "survivors": a reason, and indented below it the mutants that it lets live."""
    reasons, reason = {}, None
    for line in pathlib.Path(__file__).with_name("survivors").read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            reasons[line.strip()] = reason
        elif not line.startswith("#"):
            reason = line
    return reasons


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--sample", type=int, help="so many mutants, evenly spread; which ones, the sources decide")
    arguments.add_argument("--again", action="store_true", help="only those that survived last time")
    arguments.add_argument("--list", action="store_true", help="print the mutants, try none")
    arguments.add_argument("--killer", action="append", default=[],
                           help="a command that survivors have to pass, too; it runs where the mutant's sources lie")
    arguments.add_argument("--jobs", type=int, default=min(2, os.cpu_count()))
    options = arguments.parse_args()

    mutants = [mutant for name in SOURCES + HEADERS for mutant in File(name).mutants()]
    generated = len(mutants)
    if options.sample:
        step = max(1, generated // options.sample)
        digest = hashlib.sha256("".join((TOP / name).read_text(encoding="utf-8") for name in SOURCES).encode())
        mutants = mutants[digest.digest()[0] % step :: step]
    if options.again:
        names = set(SURVIVED.read_text(encoding="utf-8").splitlines())
        mutants = [mutant for mutant in mutants if mutant.name in names]
    if options.list:
        print(*(mutant.name for mutant in mutants), sep="\n")
        return 0

    reasons = read_reasons()
    begun = time.monotonic()
    # In memory where there is such a place: the tests write thousands of small files.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else TOP / "build"
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="nss-subuid-mutants.", dir=memory) as scratch:
        lab = Lab(pathlib.Path(scratch), options.killer)
        pool = concurrent.futures.ThreadPoolExecutor(options.jobs)
        try:
            verdicts = list(pool.map(lab.verdict, mutants))
        finally:
            pool.shutdown(cancel_futures=True)

    counts, wrong = collections.Counter(), []
    survivors = []
    for mutant, (verdict, same) in zip(mutants, verdicts):
        counts[verdict + (" again" if same else "")] += 1
        if verdict == "survivor":
            survivors.append(mutant.name)
            if mutant.name not in reasons:
                wrong.append(f"survives without a reason: {mutant.name}")
        elif verdict != "equivalent" and mutant.name in reasons:
            wrong.append(f"has a reason, but is {verdict}: {mutant.name}")
    if not options.sample and not options.again:
        known = {mutant.name for mutant in mutants}
        wrong += [f"has a reason, but there is no such mutant: {name}" for name in reasons if name not in known]
        SURVIVED.parent.mkdir(exist_ok=True)
        SURVIVED.write_text("".join(f"{name}\n" for name in survivors), encoding="utf-8")

    distinct = counts["killed"] + counts["survivor"]
    print(f"{generated:6} mutants" + (f", of which {len(mutants)} were tried" if len(mutants) < generated else ""))
    print(f"{counts['not compiled']:6} not compiled")
    print(f"{counts['equivalent']:6} equivalent: the same object code as the original")
    print(f"{counts['killed again']:6} the same object code as another one that was killed")
    print(f"{counts['killed']:6} killed, {100 * counts['killed'] / max(1, distinct):.1f} % of {distinct}")
    print(f"{counts['survivor']:6} survivors, {sum(name in reasons for name in survivors)} of them with a reason")
    print(f"{(time.monotonic() - begun) / 60:6.1f} minutes")
    print(*wrong, sep="\n", end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
