package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// maxFile bounds a scenario file, in bytes.
const maxFile = 64 << 10

// Editors on Windows may write byteOrderMark at the beginning of a file.
const byteOrderMark = "\ufeff"

// Parse reads a scenario file. An error names the file, the line of each fault and
// what to do about it.
func Parse(file string, text []byte) (Scenario, error) {
	text = bytes.TrimPrefix(text, []byte(byteOrderMark))
	if len(text) > maxFile {
		return Scenario{}, fmt.Errorf("%s: %d bytes are no scenario; the limit is %d", file, len(text), maxFile)
	}
	if line, why := tooIntricate(text); line > 0 {
		return Scenario{}, fmt.Errorf("%s:%d: %s", file, line, why)
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return Scenario{}, located(file, err)
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		return Scenario{}, fmt.Errorf("%s:1: there is nothing in the file; begin with name:, or with what \"signalmesh sim list --show steady\" writes", file)
	}
	if len(tree.Docs) > 1 {
		return Scenario{}, fmt.Errorf("%s:%d: a second document begins; write a file for each scenario", file, tree.Docs[1].Start.Position.Line)
	}
	if line := aliasIn(tree.Docs[0].Body); line > 0 {
		return Scenario{}, fmt.Errorf("%s:%d: a scenario file takes no aliases; write out what it stands for", file, line)
	}
	c := shape{file: file}
	if c.node("$", tree.Docs[0].Body, reflect.TypeFor[Scenario]()); len(c.errs) > 0 {
		return Scenario{}, errors.Join(c.errs...)
	}
	var s Scenario
	if err := yaml.NodeToValue(tree.Docs[0].Body, &s, yaml.Strict()); err != nil {
		return Scenario{}, located(file, err)
	}
	if s.Name == "" {
		s.Name = strings.TrimSuffix(strings.TrimSuffix(file[strings.LastIndexByte(file, '/')+1:], ".yaml"), ".yml")
	}
	if s, err = s.Complete(); err != nil {
		return Scenario{}, placed(file, tree, err)
	}
	if _, err := s.Variants(s.Vary); err != nil {
		return Scenario{}, placed(file, tree, FieldError{"$.vary", err.Error()})
	}
	return s, nil
}

// located gives an error of the YAML library its line.
func located(file string, err error) error {
	var syntax yaml.Error
	if !errors.As(err, &syntax) || syntax.GetToken() == nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	text := syntax.GetMessage()
	remedy := "; mend the YAML there, or above it"
	switch {
	case strings.Contains(text, "'\t'"):
		remedy = "; indent with spaces, not with tabs"
	case strings.Contains(text, "end token"):
		remedy = "; close what is open there"
	case strings.Contains(text, "already defined"):
		remedy = "; write each key once"
	}
	return fmt.Errorf("%s:%d: %s%s", file, syntax.GetToken().Position.Line, text, remedy)
}

// placed gives every FieldError the line it is about.
func placed(file string, tree *ast.File, err error) error {
	var several interface{ Unwrap() []error }
	if errors.As(err, &several) {
		var errs []error
		for _, e := range several.Unwrap() {
			errs = append(errs, placed(file, tree, e))
		}
		return errors.Join(errs...)
	}
	var field FieldError
	if !errors.As(err, &field) {
		return fmt.Errorf("%s: %w", file, err)
	}
	return fmt.Errorf("%s:%d: %w", file, lineOf(tree, field.Path), err)
}

// lineOf is the line of the nearest thing to path that is in the file.
func lineOf(tree *ast.File, path string) int {
	for ; len(path) > 1; path = path[:strings.LastIndexAny(path, ".[")] {
		p, err := yaml.PathString(path)
		if err != nil {
			continue
		}
		if n, err := p.FilterFile(tree); err == nil && n != nil {
			return first(n).GetToken().Position.Line
		}
	}
	return 1
}

// first is the first key of a mapping, whose own token is the colon after it.
func first(n ast.Node) ast.Node {
	switch n := n.(type) {
	case *ast.MappingNode:
		if len(n.Values) > 0 {
			return n.Values[0].Key
		}
	case *ast.MappingValueNode:
		return n.Key
	}
	return n
}
