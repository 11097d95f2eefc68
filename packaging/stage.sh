#!/usr/bin/env bash
# Lays out an installed vcl, as every package and `make install` have it.
# Usage: stage.sh PROGRAM PREFIX
#   PROGRAM  the built vcl; it must run here, because it writes its own man pages, completions and icons
#   PREFIX   such as /usr/local, or below the folder of a package
# Model, demo and fonts are in the program itself: nothing is looked for at run time.
set -euo pipefail

program=$(realpath "$1") prefix=$2
cd "$(dirname "$0")/.."
share=$prefix/share

install -Dm755 "$program" "$prefix/bin/vcl"
"$program" package-files "$share"
gzip -9nf "$share"/man/man1/vcl*.1
install -Dm644 -t "$share/applications" packaging/app.vcl.Vcl.desktop
install -Dm644 -t "$share/metainfo" packaging/app.vcl.Vcl.metainfo.xml
install -Dm644 -t "$share/doc/vcl" README.md LICENSE-MIT LICENSE-APACHE assets/fonts/OFL.txt
