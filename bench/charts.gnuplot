# SPDX-License-Identifier: MIT
# Draws docs/lookup-by-ids.svg and docs/lookup-by-lines.svg from what bench/run.sh has measured.
set terminal svg size 720,460 font "sans-serif,13" background "white"
set logscale xy
set grid
set key outside below maxcols 2
set rmargin 5
set ylabel "µs of CPU time per lookup"
set format x "%.0f"
set format y "%.0f"
set datafile separator "\t"

set output "docs/lookup-by-ids.svg"
set title "The last of so many IDs: lookup by UID"
set xlabel "IDs that can be answered (a passwd line each; for subuid one line for all)"
plot "build/bench/results-ids.tsv" using 1:2 with linespoints lw 3 title "subuid", \
     "" using 1:3 with linespoints title "files", \
     "" using 1:4 with linespoints title "extrausers", \
     "" using 1:5 with linespoints title "cache, no index", \
     "" using 1:6 with linespoints title "cache, index"

set output "docs/lookup-by-lines.svg"
set title "So many ranges: lookup by UID"
set xlabel "ranges"
plot "build/bench/results-lines.tsv" using 1:4 with linespoints lw 3 title "lines of /etc/sub[ug]id: last of both", \
     "" using 1:3 with linespoints lw 3 title "lines of /etc/subuid: refusal", \
     "" using 1:2 with linespoints title "reading one file by lines", \
     "" using 1:6 with linespoints lw 3 title "imported lines: last of both", \
     "" using 1:5 with linespoints lw 3 title "imported lines: refusal", \
     "" using 1:7 with linespoints lw 3 title "all as one line"
