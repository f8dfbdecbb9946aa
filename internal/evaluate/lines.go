package evaluate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// longestLine bounds one line of a set, in bytes.
const longestLine = 4 << 20

// eachLine decodes every line of a JSON Lines file into a new T. Empty lines are
// passed over; an error names its line, counted from 1. Unknown fields are allowed:
// sets may carry notes.
func eachLine[T any](r io.Reader, each func(line int, v T) error) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 64<<10), longestLine)
	line := 0
	for scanner.Scan() {
		line++
		text := bytes.TrimSpace(scanner.Bytes())
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\ufeff"))
		}
		if len(text) == 0 {
			continue
		}
		var v T
		if err := json.Unmarshal(text, &v); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
		if err := each(line, v); err != nil {
			return fmt.Errorf("line %d: %w", line, err)
		}
	}
	if err := scanner.Err(); err != nil {
		return fmt.Errorf("line %d: %w", line+1, err)
	}
	return nil
}
