package node

import (
	"fmt"
	"os"
	"runtime"
)

// SecretFileProblem returns why the mode of a file that holds a secret is unsafe, and how
// to correct it. It returns "" if other users can neither read nor change the file, if
// it does not exist, and on Windows, whose modes do not tell.
func SecretFileProblem(path string) string {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return ""
	}
	switch mode := info.Mode().Perm(); {
	case mode&0o022 != 0:
		return fmt.Sprintf("%s has mode %#o: other users of this machine can change it; chmod 600 %[1]s", path, mode)
	case mode&0o004 != 0:
		return fmt.Sprintf("%s has mode %#o: every user of this machine can read it; chmod 600 %[1]s", path, mode)
	}
	return ""
}
