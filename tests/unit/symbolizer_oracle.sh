#!/bin/sh
# SPDX-License-Identifier: MIT
#
# symbolizer_oracle.sh DUMP FIXTURES - asks the symbolizer and binutils about the same addresses of
# real files and compares: lines and inlined frames with addr2line, functions with nm. Exits 77
# (skipped) without them. Several hundred addresses, the same ones in every run.
set -u
dump=$1
fixtures=$2
for tool in addr2line nm readelf awk; do
    command -v $tool >/dev/null || { echo "skipped: no $tool"; exit 77; }
done
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0

# pick FILE COUNT > addresses spread over .text
pick() {
    bounds=$(readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] *//' |
        awk '$1 == ".text" { print "0x" $3, "0x" $5 }')
    start=$((${bounds% *})) size=$((${bounds#* })) i=0
    while [ $i -lt "$2" ]; do
        printf '0x%x\n' $((start + (i * 7919 + 13) * 104729 % size))
        i=$((i + 1))
    done
}

# Last component of paths, no discriminators, one way to say "no line": addr2line then still takes
# the file from the symbol table.
normalise() {
    sed -e 's/ (discriminator [0-9]*)$//' -e 's#^.*/\(.*:[0-9?]*\)$#\1#' \
        -e 's/^.*:[?0]*$/??:0/' "$1"
}

# For every address the same number of frames at the same lines as addr2line finds. With "numbers"
# file names are left out: for code of an #include in the middle of a source binutils 2.40 names
# the including file.
compare_lines() {
    pick "$1" 400 >"$work/addresses"
    "$dump" "$1" <"$work/addresses" >"$work/ours" || failed=1
    addr2line -afi -e "$1" <"$work/addresses" >"$work/theirs"
    for side in ours theirs; do
        normalise "$work/$side" | grep -e '^0x' -e ':[0-9]*$' >"$work/$side.lines"
        [ "$2" = files ] || sed -i 's/^.*://' "$work/$side.lines"
    done
    if diff "$work/ours.lines" "$work/theirs.lines" >"$work/differ"; then
        echo "$1: $(grep -c . "$work/ours.lines") lines as addr2line finds them"
    else
        echo "$1: < ours > addr2line's"
        head -20 "$work/differ"
        failed=1
    fi
}

# compare_names FILE TYPES [-d]: whatever nm lists with a size and one of these types must have one
# of its names at its start. -d: as variables.
compare_names() {
    nm -S --defined-only "$1" |
        awk -v types="$2" 'NF == 4 && index(types, $3) { sub(/@.*/, "", $4); print }' |
        sort | head -400 >"$work/symbols"
    awk '{ print $1 }' "$work/symbols" | "$dump" "$1" ${3:+"$3"} | sed 's/+0$//' |
        awk '/^0x/ { if (name != "") print address, name; address = substr($1, 3); odd = 0; next }
             { if (odd = !odd) name = $0 } END { print address, name }' >"$work/names"
    wrong=$(awk 'NR == FNR { known[$1 " " $4] = 1; next } !(($1 " " $2) in known)' \
        "$work/symbols" "$work/names" | wc -l)
    echo "$1: $(grep -c . "$work/names") names, $wrong not as nm has them"
    [ "$wrong" -eq 0 ] || failed=1
}

libc=$(ldd "$dump" | awk '$1 ~ /^libc\.so/ { print $3 }')
compare_lines "$dump" files
compare_names "$dump" tTwWi
compare_names "$dump" bBdDrRvV -d
compare_lines "$fixtures/code_dwarf5.so" files
if [ -f "$fixtures/names_gcc.so" ]; then
    compare_lines "$fixtures/names_gcc.so" files
fi
if [ -n "$libc" ] && addr2line -e "$libc" "$(pick "$libc" 1)" | grep -q '\.[cS]:'; then
    compare_lines "$libc" numbers
else
    echo "left out: libc has no debug file (Debian package libc6-dbg)"
fi
exit $failed
