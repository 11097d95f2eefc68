#!/usr/bin/env bash
# Looks at an installed vcl as a desktop does, and uses it.
# Usage: package.sh PLACE [--window]
#   PLACE     a .deb, or a folder that packaging/stage.sh has filled
#   --window  also start the window on a virtual screen, and install and remove the archive
set -euo pipefail

place=$(realpath "$1") window=${2:-}
root=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "package: $1" >&2; exit 1; }

if [ -f "$place" ]; then
    dpkg -x "$place" "$work/tree"
    place=$work/tree/usr
    dpkg-deb --field "$1" Depends | grep -q libgstreamer1.0-0 || fail "the .deb does not ask for GStreamer"
    [ -f "$place/share/doc/vcl/copyright" ] || fail "the .deb has no copyright file"
fi
share=$place/share id=app.vcl.Vcl

# As the menu and the software centre read it.
entry=$share/applications/$id.desktop
desktop-file-validate "$entry"
appstreamcli validate --no-net "$share/metainfo/$id.metainfo.xml" >"$work/appstream" || { cat "$work/appstream"; exit 1; }
program=$(sed -n 's/^Exec=\([^ ]*\).*/\1/p' "$entry")
[ -x "$place/bin/$program" ] || fail "the menu starts $program, which is not there"
for size in 16 22 24 32 48 64 128 256 512; do
    icon=$share/icons/hicolor/${size}x$size/apps/$(sed -n 's/^Icon=//p' "$entry").png
    [ "$(identify -format %wx%h "$icon")" = "${size}x$size" ] || fail "$icon has another size"
done
[ -f "$share/icons/hicolor/scalable/apps/$id.svg" ] || fail "the icon for sharp screens is missing"
# Open with: what the program takes for a video, the desktop must know as one of our types.
types=$(sed -n 's/^MimeType=//p' "$entry")
extensions=$(sed -n '/const VIDEO_EXTENSIONS/,/];/p' "$root/src/video/file/names.rs" | grep -o '"[a-z0-9]*"' | tr -d '"')
[ "$(wc -w <<<"$extensions")" -ge 20 ] || fail "the list of extensions was not found"
for extension in $extensions; do
    known=$(grep -F ":*.$extension" /usr/share/mime/globs2 | grep ":\*\.$extension\$" | cut -d: -f2 || true)
    matched=
    for type in $known; do [[ ";$types" != *";$type;"* ]] || matched=1; done
    [ -n "$matched" ] || fail "files *.$extension ($known) are not opened with vcl"
done

# As a person at a terminal reads it.
for page in vcl vcl-search vcl-find vcl-model-download; do
    [ "$(gzip -dc "$share/man/man1/$page.1.gz" | grep -c '^\.SH')" -ge 3 ] || fail "the man page $page has no sections"
done
[ ! -e "$share/man/man1/vcl-package-files.1.gz" ] || fail "a command of packagers has a man page"
bash -n "$share/bash-completion/completions/vcl"
completed=$(bash -c 'source "$1"; COMP_WORDS=(vcl se) COMP_CWORD=1; _vcl vcl se vcl; echo "${COMPREPLY[*]}"' - \
    "$share/bash-completion/completions/vcl")
[[ " $completed " == *" search "* ]] || fail "bash completes 'vcl se' to '$completed'"
grep -q '^#compdef vcl' "$share/zsh/site-functions/_vcl" || fail "zsh will not find its completions"
grep -q 'complete -c vcl' "$share/fish/vendor_completions.d/vcl.fish" || fail "fish has no completions"

# As it runs: from elsewhere, with nothing in the environment that points here.
vcl() {
    (cd / && env -i PATH="$place/bin:/usr/bin:/bin" HOME="$work/home" XDG_RUNTIME_DIR="$work" vcl "$@")
}
vcl --version | head -1 | grep -qE '^vcl [0-9]+\.[0-9]+' || fail "no version"
vcl licences | grep -q '^egui	' || fail "the licences of the crates are not told"
cmp -s <(vcl licences) "$share/doc/vcl/licences.txt" || fail "the licences in the folder are others"
found=$(vcl search "$root/assets/demo.mp4" "waves on the sea" --top 1 --device cpu)
grep -q 'moment *0:14.0' <<<"$found" || fail "an installed vcl finds nothing: $found"
echo "package: desktop entry, icons, types, man pages, completions, licences and search are in order"
[ "$window" = --window ] || exit 0

bash "$root/tests/window_smoke.sh" "$place/bin/vcl" "$root/assets/demo.mp4"

# Installed as a person does it without a package manager, and removed: nothing is left.
mkdir -p "$work/archive" "$work/prefix"
cp -a "$place/bin" "$share" "$root/packaging/install.sh" "$work/archive"
bash "$work/archive/install.sh" "$work/prefix" >/dev/null
grep -q "^Exec=\"$work/prefix/bin/vcl\" %F" "$work/prefix/share/applications/$id.desktop" || fail "the menu would not find it"
desktop-file-validate "$work/prefix/share/applications/$id.desktop"
"$work/prefix/bin/vcl" -V >/dev/null
bash "$work/archive/install.sh" --remove "$work/prefix" >/dev/null
left=$(find "$work/prefix" -type f ! -name mimeinfo.cache ! -name icon-theme.cache)
[ -z "$left" ] || fail "left behind: $left"
echo "package: the window opens, and the archive installs and goes again"
