#!/usr/bin/env bash
# Makes the packages from a built program: a .deb and an archive for other distributions.
# Usage: package.sh PROGRAM; they are put into target/package
# SOURCE_DATE_EPOCH, seconds since 1970, is the date of all files.
set -euo pipefail

program=$(realpath "$1")
cd "$(dirname "$0")/.."
if ! command -v cargo-deb >/dev/null; then
    echo "Installing cargo-deb, which writes the .deb (some minutes, once)"
    cargo install --locked cargo-deb
fi
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct)}
out=target/package stage=target/package/stage
version=$(cargo metadata --no-deps --format-version 1 | sed 's/.*"name":"vcl","version":"\([^"]*\)".*/\1/')

rm -rf "$out"
packaging/stage.sh "$program" "$stage"
# What is only for debugging would make the packages four times as large.
strip "$stage/bin/vcl"
# Nothing is built: what is packed is what was staged, whatever profile it was built with.
cargo deb --quiet --no-build --output "$out"

name=vcl-$version-$(uname -m)-linux
mkdir "$out/$name"
cp -a "$stage/bin" "$stage/share" packaging/install.sh README.md LICENSE-MIT LICENSE-APACHE "$out/$name"
tar --directory "$out" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner \
    --create "$name" | xz -T0 >"$out/$name.tar.xz"
rm -r "${out:?}/$name"
(cd "$out" && ls -sh -- *.deb *.tar.xz)
