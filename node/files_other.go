//go:build !unix

package node

// fileLimit returns 0: the system has no limit on open files that matters here.
func fileLimit() int { return 0 }

// countFiles returns 0: without a limit, open files are not counted.
func countFiles(int) int { return 0 }
