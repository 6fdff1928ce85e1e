#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats every C++ file of ours in place; with --check it only lists what is not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."

# Versions differ in what they make of a line, so it is this one or none.
tool=$(command -v clang-format-14 || command -v clang-format || true)
[[ -n $tool && $("$tool" --version) == *" version 14."* ]] || {
  echo "format.sh: needs clang-format 14 (Debian 12: apt-get install clang-format-14; elsewhere pipx install clang-format==14.0.6)" >&2
  exit 2
}

mode=(-i)
[ "${1:-}" = "--check" ] && mode=(--dry-run --Werror)
folders=()
for folder in include src tests examples fuzz benchmarks; do
  [ -d "$folder" ] && folders+=("$folder")
done
find "${folders[@]}" -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' \) -print0 |
  xargs -0 -r -P2 -n 16 "$tool" "${mode[@]}"
