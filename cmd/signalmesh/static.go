package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"strings"
)

// A folder provides the files of a folder that may be served to everybody. It has no files
// and folders whose names begin with a dot, except .well-known (RFC 8615), no links that
// lead out of the folder, no devices and pipes, and only those folders that have an
// index.html, so that nothing is listed. All others do not exist for clients.
//
// The folder is opened for each file: it may be replaced by another while it is served.
type folder string

// Open implements fs.FS.
func (f folder) Open(name string) (fs.File, error) {
	file, err := f.open(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		err = fs.ErrNotExist // such as a link that leads out of the folder
	}
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return file, nil
}

func (f folder) open(name string) (fs.File, error) {
	if !fs.ValidPath(name) || hidden(name) {
		return nil, fs.ErrNotExist
	}
	root, err := os.OpenRoot(string(f))
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err == nil && info.IsDir() {
		info, err = root.Stat(path.Join(name, "index.html"))
	}
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return root.Open(name)
}

// hidden reports whether a part of a path begins with a dot.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." && part != ".well-known" {
			return true
		}
	}
	return false
}
