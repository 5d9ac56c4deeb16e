package ncconf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/signalmesh/signalmesh/discovery/diag"
)

// Load reads the file at path, following symbolic links, as Parse does. No more
// than MaxFileSize bytes of it are read.
func Load(path string, o Options) (*File, diag.Problems) {
	f, r := load(path, o)
	return f, r.Problems()
}

// How Reload waits for a writer to finish.
const (
	reloadTries = 5
	reloadPause = 250 * time.Millisecond
)

// Reload is Load for a file that may be rewritten at this moment: NCache's
// manager writes in place, so for an instant the file is empty or cut off. Such a
// file is read again, for about a second or until ctx ends.
func Reload(ctx context.Context, path string, o Options) (*File, diag.Problems) {
	for try := 1; ; try++ {
		f, r := load(path, o)
		if !r.truncated || try == reloadTries {
			return f, r.Problems()
		}
		select {
		case <-ctx.Done():
			return f, r.Problems()
		case <-time.After(reloadPause):
		}
	}
}

func load(path string, o Options) (*File, *report) {
	data, err := read(path)
	if err != nil {
		r := newReport(path, o)
		r.error(diag.Origin{Source: path}, "", err.Error())
		return nil, r
	}
	return parse(path, data, o)
}

// read returns the content of a regular file, at most one byte more than allowed.
func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, reason(err)
	case info.IsDir():
		return nil, errors.New("is a directory; give the path of the file in it")
	case info.Size() > MaxFileSize:
		return nil, fmt.Errorf("the file is larger than %d bytes", MaxFileSize)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if err != nil {
		return nil, reason(err)
	}
	return data, nil
}

// reason is the operating system's reason without the path, which the problem
// names already.
func reason(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return fmt.Errorf("cannot be read: %w", pe.Err)
	}
	return fmt.Errorf("cannot be read: %w", err)
}
