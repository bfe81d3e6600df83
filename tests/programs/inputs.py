# SPDX-License-Identifier: MIT
"""What the programs work on: made once in the directory of inputs, always the same."""
import functools
import os
import random
import shutil
import subprocess
import tarfile
import wave

from bench import inputs as bench_inputs
from bench import measure


def made_once(make):
    """A maker that runs once for each directory: make(directory)."""
    @functools.wraps(make)
    def once(directory):
        mark = directory / f".{make.__name__}"
        if not mark.exists():
            make(directory)
            mark.touch()
    return once


def tool(*argv, cwd=None, environment=None):
    """Runs a tool that makes an input."""
    try:
        subprocess.run(argv, cwd=cwd, check=True, capture_output=True,
                       env={**measure.clean_environment(), **(environment or {})})
    except (OSError, subprocess.CalledProcessError) as error:
        raise measure.Failed(f"no input: {error}") from error


def bench_file(name):
    """An input of the benchmark's."""
    def make(directory):
        bench_inputs.input_file(directory, name)
    make.__name__ = name
    return make


WORDS = ("apple bridge candle dragon engine forest garden harbor island jungle kettle lantern "
         "mirror needle orange pepper quartz ribbon silver tunnel umbra velvet window yellow zebra")


def lines(seed, count):
    numbers, words = random.Random(seed), WORDS.split()
    for i in range(count):
        yield (f"{numbers.randrange(10 ** 9)} {' '.join(numbers.choices(words, k=9))} "
               f"line {i}\n")


@made_once
def text(directory):
    """text.txt: 120,000 lines of words, 9 MB."""
    (directory / "text.txt").write_text("".join(lines(3, 120000)))


@made_once
def tree(directory):
    """tree/: 400 small files, tree.tar of it."""
    root = directory / "tree"
    shutil.rmtree(root, ignore_errors=True)
    for i in range(400):
        path = root / f"d{i % 20}" / f"f{i}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(lines(i, 60 + i % 90)))
        os.utime(path, (1.6e9 + i, 1.6e9 + i))
    with tarfile.open(directory / "tree.tar", "w") as archive:
        archive.add(root, "tree")


@made_once
def repository(directory):
    """repository.git: 120 commits over 60 files."""
    path = directory / "repository"
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir()
    identity = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
                (("NAME", "a"), ("EMAIL", "a@example.org"), ("DATE", "1700000000 +0000"))}
    identity["HOME"] = str(directory)
    tool("git", "init", "-q", "-b", "main", cwd=path)
    for i in range(40):
        for j in range(3):
            (path / f"file{(i * 7 + j) % 60}").write_text("".join(lines(i * 3 + j, 150)))
        tool("git", "add", ".", cwd=path, environment=identity)
        tool("git", "commit", "-q", "-m", f"change {i}", cwd=path, environment=identity)


C_UNIT = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
struct node_{n} {{ int key; struct node_{n} *left, *right; char text[{size}]; }};
struct node_{n} *insert_{n}(struct node_{n} *node, int key)
{{
    if (!node) {{
        node = calloc(1, sizeof *node);
        node->key = key;
        snprintf(node->text, sizeof node->text, "key %d", key);
        return node;
    }}
    if (key < node->key)
        node->left = insert_{n}(node->left, key);
    else if (key > node->key)
        node->right = insert_{n}(node->right, key);
    return node;
}}
int depth_{n}(struct node_{n} *node)
{{
    int left = node ? depth_{n}(node->left) : -1, right = node ? depth_{n}(node->right) : -1;
    switch (left - right) {{
    case 0: return left + 1;
    case 1: return left + 1;
    default: return (left > right ? left : right) + 1;
    }}
}}
"""

MAKEFILE = """
objects = $(patsubst %.c,%.o,$(wildcard unit*.c))
.PHONY: all
all: program
program: main.o $(objects)
\t$(CC) -o $@ $^
%.o: %.c
\t$(CC) -O2 -c -o $@ $<
"""


@made_once
def sources(directory):
    """sources/: a program in C of 6 units with a Makefile and a CMakeLists.txt."""
    root = directory / "sources"
    root.mkdir(exist_ok=True)
    for unit in range(6):
        (root / f"unit{unit}.c").write_text("".join(
            C_UNIT.format(n=unit * 8 + n, size=16 + n) for n in range(8)))
    (root / "main.c").write_text("int main(void) { return 0; }\n")
    (root / "Makefile").write_text(MAKEFILE)
    (root / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.16)\nproject(p C)\n"
                                         "file(GLOB units unit*.c)\n"
                                         "add_executable(program main.c ${units})\n")
    (root / "all.c").write_text("".join(C_UNIT.format(n=n, size=16 + n) for n in range(60)))


CXX_SOURCE = """
#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <vector>
template <int N> struct table { std::map<std::string, std::vector<std::shared_ptr<int>>> rows; };
template <int N> int fill()
{
    table<N> made;
    for (int i = 0; i < N; i++)
        made.rows["row" + std::to_string(i)].push_back(std::make_shared<int>(i));
    std::regex digits("[0-9]+");
    return (int)std::count_if(made.rows.begin(), made.rows.end(),
                              [&](auto &row) { return std::regex_search(row.first, digits); });
}
int main()
{
    std::cout << fill<1>() + fill<2>() + fill<3>() + fill<4>() + fill<5>() << "\\n";
}
"""


@made_once
def cxx_source(directory):
    (directory / "templates.cc").write_text(CXX_SOURCE)


@made_once
def sound(directory):
    """sound.wav: 8 s of 16-bit mono noise."""
    numbers = random.Random(5)
    with wave.open(str(directory / "sound.wav"), "wb") as out:
        out.setparams((1, 2, 22050, 0, "NONE", ""))
        out.writeframes(numbers.randbytes(2 * 22050 * 8))


@made_once
def picture(directory):
    """picture.ppm: 600 x 400 points."""
    numbers = random.Random(6)
    points = bytes((x * y + numbers.randrange(32)) & 255 for y in range(400) for x in range(1800))
    (directory / "picture.ppm").write_bytes(b"P6 600 400 255\n" + points)


@made_once
def page(directory):
    """page.html: a table of 300 rows and a script that makes another 300."""
    rows = "".join(f"<tr><td>{i}</td><td>{i * i}</td></tr>" for i in range(300))
    (directory / "page.html").write_text(
        f"<!doctype html><title>page</title><table id=t>{rows}</table><script>"
        "for (let i = 0; i < 300; i++) { const r = t.insertRow(); r.insertCell().textContent = i;"
        " r.insertCell().textContent = 'made ' + i * 3; }</script>\n")


@made_once
def graph(directory):
    """graph.dot: 250 nodes, 400 edges."""
    numbers = random.Random(7)
    edges = "".join(f"  n{numbers.randrange(250)} -> n{numbers.randrange(250)};\n"
                    for _ in range(400))
    (directory / "graph.dot").write_text("digraph g {\n" + edges + "}\n")


@made_once
def postscript(directory):
    """pages.ps: 12 pages of text and curves."""
    body = "".join(f"/Helvetica findfont {10 + i} scalefont setfont 40 {40 + i * 25} moveto "
                   f"(line {i}) show 40 {40 + i * 25} moveto 200 300 400 {i * 10} 500 {i * 20} "
                   "curveto stroke\n" for i in range(28))
    (directory / "pages.ps").write_text("%!PS\n" + (body + "showpage\n") * 12)


GPG = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", "x"]


@made_once
def keyring(directory):
    """gnupg/: a key to sign with."""
    path = directory / "gnupg"
    path.mkdir(mode=0o700)
    home = {"GNUPGHOME": str(path)}
    tool("gpg", *GPG, "--quick-generate-key", "someone@example.org", "ed25519", "default", "never",
         environment=home)
    tool("gpgconf", "--kill", "all", environment=home)


def script(name, content):
    """A file with just this content."""
    def make(directory):
        (directory / name).write_text(content)
    make.__name__ = name
    return make
