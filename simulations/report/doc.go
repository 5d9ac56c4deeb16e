// Package report shows what a simulation found out: as a page (index.html, which
// needs nothing but itself), as data (results.json, samples.csv) and as a table for
// a terminal.
//
// Write is for one run or several, Compare for runs of which the differences
// matter, Summary for the terminal. They only read the results, keep nothing, and
// may be called concurrently for different directories.
//
// The plots are SVG made here: a plot has axes, series, bands (the faults) and
// marks, and is drawn once for a wide screen and once for a narrow one. Colours are
// page.css's, for light and dark. The page has no script, and its policy lets
// nothing in but its own style. Texts of a scenario are escaped in the page and
// stripped of control characters for the terminal.
package report
