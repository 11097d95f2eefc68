#!/usr/bin/env bash
# Makes assets/fonts/NotoSansKR-Hangul.otf: the letters that Korean needs, so that it is readable on a
# machine that has no Korean font. Run it again only to change the set of letters.
#
# The source is Noto Sans CJK KR Regular (SIL Open Font License 1.1) from Debian's fonts-noto-cjk.
# Needs apt-get, dpkg and python3 with venv.
set -euo pipefail
font=$(cd "$(dirname "$0")/.." && pwd)/assets/fonts/NotoSansKR-Hangul.otf
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download -q fonts-noto-cjk
dpkg -x fonts-noto-cjk_*.deb .
python3 -m venv python
python/bin/pip install -q fonttools==4.68.0

letters=(
    U+0020-007E U+00A0-00FF                 # Latin, for words between Korean ones
    U+2010-2027 U+2030-203B U+20A9          # dashes, quotes, dots, the won sign
    U+3000-3020 U+3040-30FF                 # CJK punctuation, kana
    U+1100-11FF U+3131-318E U+AC00-D7A3     # Hangul: jamo, compatibility jamo, every syllable
    U+FF01-FF5E U+FFE0-FFE6                 # full-width letters
)
# The collection holds one face for each language; number 1 has the Korean shapes.
# No hints and no layout features: the window uses neither, and they are a third of the file.
python/bin/pyftsubset usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc --font-number=1 \
    --unicodes="$(IFS=,; echo "${letters[*]}")" --layout-features= --no-hinting --output-file="$font"
ls -l "$font"
