package protocol

import (
	"fmt"
	"reflect"
	"time"

	"github.com/tinylib/msgp/msgp"
)

// appendMessagePackValue appends the MessagePack of an application's value. The
// common simple ones need no memory.
func (s *shape) appendMessagePackValue(dst []byte, v any) ([]byte, error) {
	if s.surrogates == nil {
		switch v := v.(type) {
		case nil:
			return msgp.AppendNil(dst), nil
		case Raw:
			if len(v) == 0 {
				return msgp.AppendNil(dst), nil
			}
			return append(dst, v...), nil
		case string:
			return msgp.AppendString(dst, v), nil
		case bool:
			return msgp.AppendBool(dst, v), nil
		case int:
			return appendInt(dst, int64(v)), nil
		case int64:
			return appendInt(dst, v), nil
		case float64:
			return msgp.AppendFloat64(dst, v), nil
		case time.Time:
			return appendTime(dst, v), nil
		}
	}
	return s.appendReflect(dst, reflect.ValueOf(v), 0)
}

func (p messagePack) Bind(raw Raw, dst any) error {
	if dst, ok := dst.(*Raw); ok {
		*dst = raw
		return nil
	}
	v := reflect.ValueOf(dst)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return bindError(dst, fmt.Errorf("a %T cannot be set; pass a pointer", dst))
	}
	if _, err := skip(raw, maxDepth); err != nil {
		return bindError(dst, err)
	}
	if _, err := p.bind(raw, v.Elem()); err != nil {
		return bindError(dst, err)
	}
	return nil
}
