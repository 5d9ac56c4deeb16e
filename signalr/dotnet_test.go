package signalr

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestTypesHaveTheirDotNetNames(t *testing.T) {
	type Point struct{}
	for want, v := range map[string]any{
		"Int32": new(int), "Int64": new(int64), "UInt64": new(uint64), "Byte": new(byte), "Boolean": new(bool),
		"String": new(string), "Double": new(float64), "Single": new(float32), "Byte[]": new([]byte),
		"DateTime": new(time.Time), "TimeSpan": new(time.Duration), "Object": new(any), "Point": new(Point),
		"Point[]": new([]*Point), "Dictionary`2": new(map[string]int), "Month": new(time.Month),
	} {
		assert.Equal(t, want, dotNetName(reflect.TypeOf(v).Elem()))
	}
}
