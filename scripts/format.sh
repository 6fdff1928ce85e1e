#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Formats every C++ file of ours in place; with --check it only lists what is not formatted.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=$(command -v clang-format-14 || true)
[ -n "$tool" ] || { echo "format.sh: needs clang-format-14 (apt-get install clang-format-14)" >&2; exit 2; }

mode=(-i)
[ "${1:-}" = "--check" ] && mode=(--dry-run --Werror)
folders=()
for folder in include src tests examples fuzz benchmarks; do
  [ -d "$folder" ] && folders+=("$folder")
done
find "${folders[@]}" -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' \) -print0 |
  xargs -0 -r -P2 -n 16 "$tool" "${mode[@]}"
