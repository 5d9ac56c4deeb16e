//go:build !unix

package node_test

const fewFiles = "TEST_NODE_WITH_FEW_FILES"

func runFewFiles() error { return nil } // there is no limit on open files
