# SPDX-License-Identifier: MIT
"""Inputs of the whole programs, and the sources of a program with much DWARF. Made once, always
the same, into the benchmark's directory under build/."""
import concurrent.futures
import functools
import os
import random
import re
import shutil
import subprocess

from bench import measure

SQL = """
create table orders(id integer primary key, customer text, amount integer, note text);
with recursive r(i) as (select 1 union all select i + 1 from r where i < 100000)
insert into orders select i, 'customer ' || (i * 7919 % 5000), i * 31 % 997, hex(i * i) from r;
create index by_customer on orders(customer);
select customer, count(*), sum(amount), max(note) from orders
  group by customer order by sum(amount) desc, customer limit 20;
select count(*) from orders a join orders b on a.customer = b.customer and a.id < b.id
  where a.amount < 100;
select group_concat(upper(substr(note, 1, 4)) || printf('%08d', id), '') like '%zz%'
  from orders group by id % 100;
update orders set note = note || ' ' || customer where id % 3 = 0;
select sum(length(note)) from orders;
"""

PERL = r"""
my %words;
for my $i (1 .. 250000) {
    my $key = "word" . ($i * 7919 % 60000);
    push @{$words{$key}{places}}, "place $i";
    $words{$key}{"text $i"} = $i;
    $words{$key}{count}++;
}
my $sum = 0;
$sum += $words{$_}{count} * length($_) for sort keys %words;
print "$sum ", scalar(keys %words), "\n";
"""

PYTHON = """
import collections
words = collections.defaultdict(list)
for i in range(140000):
    words[f"word{i * 7919 % 30000}"].append({"place": i, "text": str(i) * 2})
total = sum(len(entry["text"]) for entries in words.values() for entry in entries)
print(total, len(words), sorted(words)[:3])
"""


def json_text():
    numbers = random.Random(1)
    for i in range(75000):
        tags = ", ".join(f'"tag{numbers.randrange(500)}"' for _ in range(4))
        yield (f'{{"id": {i}, "name": "record number {i}", "score": {numbers.random():.6f}, '
               f'"tags": [{tags}], "place": {{"x": {numbers.randrange(9999)}, '
               f'"y": {numbers.randrange(9999)}, "note": null, "is_open": true}}}}\n')


def xml_text():
    numbers = random.Random(2)
    yield "<?xml version='1.0'?>\n<catalogue>"
    for i in range(54000):
        yield (f'<item id="{i}" kind="k{numbers.randrange(40)}"><name>item number {i}</name>'
               f'<price currency="EUR">{numbers.randrange(99999)}</price>'
               f'<text>some <b>words</b> here</text></item>')
    yield "</catalogue>\n"


FILES = {"input.json": json_text, "input.xml": xml_text, "input.sql": lambda: [SQL],
         "input.pl": lambda: [PERL], "input.py": lambda: [PYTHON]}


@functools.lru_cache(None)
def input_file(directory, name):
    path = directory / name
    text = "".join(FILES[name]())
    if not path.exists() or path.stat().st_size != len(text.encode()):
        path.write_text(text, encoding="utf-8")
    return str(path)


def interpreter(name):
    """The program itself: Debian's, not a script in front of it that chooses a version."""
    debian = f"/usr/bin/{name}"
    path = debian if os.access(debian, os.X_OK) else shutil.which(name)
    return os.path.realpath(path) if path else None


def command(name, directory):
    """(arguments, stdin or None, environment) of a whole program."""
    if name == "jq":
        return [".", input_file(directory, "input.json")], None, {}
    if name == "xmllint":
        return ["--format", input_file(directory, "input.xml")], None, {}
    if name == "sqlite3":
        return [":memory:"], input_file(directory, "input.sql"), {}
    if name == "perl":
        return [input_file(directory, "input.pl")], None, {"PERL_HASH_SEED": "0"}
    return [input_file(directory, "input.py")], None, {"PYTHONMALLOC": "malloc"}


# A program with much DWARF: many units of functions, each with types and variables of its own, and
# a table of them. Called through three others, each function that is called is a stack.
UNITS, UNIT_FUNCTIONS, CALLED = 40, 200, 2000

FUNCTION = """
struct record_{n} {{
    long id_{n};
    const char *name_{n};
    double weight_{n}, height_{n}, length_{n}, width_{n}, depth_{n};
    struct {{ int first_{n}, second_{n}, third_{n}; }} place_{n};
    enum {{ CLOSED_{n}, OPEN_{n}, BROKEN_{n} }} state_{n};
    struct record_{n} *next;
}};
void *make_{n}(long size)
{{
    struct record_{n} *record = malloc(sizeof *record + (unsigned long)size);
    long number_{n} = size * {n};
    for (int index_{n} = 0; index_{n} < 3; index_{n}++) {{
        long inner_{n} = number_{n} ^ index_{n};
        number_{n} += inner_{n} % 7;
    }}
    record->id_{n} = number_{n};
    record->next = record;
    return record;
}}
"""

MAIN = """
#include <stdlib.h>
{declarations}
static void *(*const makers[])(long) = {{ {names} }};
static void *inner(int i, long size) {{ void *volatile made = makers[i](size); return made; }}
static void *outer(int i, long size) {{ void *volatile made = inner(i, size); return made; }}
int main(void)
{{
    void *volatile made;
    for (unsigned i = 0; i < sizeof makers / sizeof *makers; i++)
        made = outer((int)i, i % 100);
    return made == NULL;
}}
"""


def write_units(directory):
    """Sources of the program, one per unit, main last."""
    step = UNITS * UNIT_FUNCTIONS // CALLED
    for unit in range(UNITS):
        path = directory / f"unit_{unit}.c"
        numbers = range(unit * UNIT_FUNCTIONS, (unit + 1) * UNIT_FUNCTIONS)
        path.write_text("#include <stdlib.h>\n" + "".join(FUNCTION.format(n=n) for n in numbers))
        yield path
    called = [f"make_{n}" for n in range(0, UNITS * UNIT_FUNCTIONS, step)]
    path = directory / "main.c"
    path.write_text(MAIN.format(declarations="\n".join(f"void *{name}(long);" for name in called),
                                names=", ".join(called)))
    yield path


def compile_unit(path):
    target = path.with_suffix(".o")
    subprocess.run([*os.environ.get("CC", "cc").split(), "-g", "-O0", "-c", path, "-o", target],
                   capture_output=True, check=True)
    return target


def program_with_dwarf(directory):
    """Its path, built the first time: as long as a compiler takes for 8,000 functions."""
    target = directory / "many_functions"
    if target.exists():
        return str(target)
    sources = directory / "many_functions.d"
    sources.mkdir(exist_ok=True)
    try:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            units = list(pool.map(compile_unit, write_units(sources)))
        subprocess.run([*os.environ.get("CC", "cc").split(), "-o", target, *units],
                       capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise measure.Failed(f"the program with DWARF could not be built: {error}") from error
    shutil.rmtree(sources)
    return str(target)


def dwarf_bytes(path):
    """What its .debug_* sections come to, as readelf (binutils) has them."""
    try:
        done = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    sizes = re.findall(r"\] \.debug_\w+ +\w+ +\w+ \w+ (\w+)", done.stdout)
    return sum(int(size, 16) for size in sizes)
