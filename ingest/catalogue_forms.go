package ingest

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// csv reads a table with column names in its first line.
func (p *catalogueParser) csv(content []byte) []rawEntry {
	r := csv.NewReader(bytes.NewReader(content))
	first, _, _ := bytes.Cut(content, []byte("\n"))
	r.Comma = ','
	for _, separator := range []byte{';', '\t'} {
		if bytes.Count(first, []byte{separator}) > bytes.Count(first, []byte{byte(r.Comma)}) {
			r.Comma = rune(separator)
		}
	}
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		p.badCSV(err)
		return nil
	}
	for _, name := range header {
		if _, ok := fieldName(name); !ok {
			p.fault(1, "%q is geen kolom van een catalogus. De kolommen zijn: %s.", shorten(name), knownFields)
		}
	}
	if len(p.faults) > 0 {
		return nil
	}
	var entries []rawEntry
	for !p.full() {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			p.badCSV(err)
			if !errors.Is(err, csv.ErrFieldCount) {
				break // after a wrong quote everything seems wrong
			}
			continue
		}
		line, _ := r.FieldPos(0)
		e := rawEntry{line: line}
		for i, value := range record {
			at, _ := r.FieldPos(i)
			e.fields = append(e.fields, rawField{line: at, name: header[i], values: []string{value}})
		}
		if entries = append(entries, e); len(entries) > maxEntries {
			p.tooMany()
			return nil
		}
	}
	return entries
}

func (p *catalogueParser) tooMany() {
	p.fault(0, "De catalogus heeft meer dan %d publicaties. Splits hem.", maxEntries)
}

func (p *catalogueParser) badCSV(err error) {
	var at *csv.ParseError
	line := 1
	if errors.As(err, &at) {
		line = at.StartLine
	}
	switch {
	case errors.Is(err, csv.ErrFieldCount):
		p.fault(line, "deze regel heeft meer of minder kolommen dan de eerste regel. Zet een waarde met een scheidingsteken erin tussen aanhalingstekens.")
	case errors.Is(err, csv.ErrQuote), errors.Is(err, csv.ErrBareQuote):
		p.fault(line, "een aanhalingsteken staat verkeerd. Schrijf \"\" voor een aanhalingsteken in een waarde.")
	default:
		p.fault(line, "deze regel is geen CSV.")
	}
}

// jsonReader reads JSON token by token and knows the line it is at.
type jsonReader struct {
	*json.Decoder
	content []byte
	counted int // bytes of content whose lines are counted
	line    int // at counted
}

func (r *jsonReader) at() int {
	offset := min(int(r.InputOffset()), len(r.content))
	r.line += bytes.Count(r.content[r.counted:offset], []byte("\n"))
	r.counted = offset
	return r.line
}

var errShape = errors.New("not the shape of a catalogue")

func (p *catalogueParser) json(content []byte) []rawEntry {
	r := &jsonReader{json.NewDecoder(bytes.NewReader(content)), content, 0, 1}
	r.UseNumber()
	entries, err := p.jsonList(r, true)
	if err == nil {
		if _, err = r.Token(); errors.Is(err, io.EOF) {
			return entries
		}
		err = errShape
	}
	if len(p.faults) > 0 {
		return nil
	}
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF) && len(bytes.TrimSpace(content)) == 0:
	case errors.Is(err, errShape):
		p.fault(r.at(), "een catalogus is een lijst van publicaties, elk met velden als nummer en titel.")
	case errors.As(err, &syntax):
		p.fault(1+bytes.Count(content[:min(int(syntax.Offset), len(content))], []byte("\n")), "hier is het geen geldige JSON.")
	default:
		p.fault(r.at(), "hier houdt de JSON te vroeg op.")
	}
	return nil
}

// jsonList reads the list of entries, or with wrapped an object that has it
// under "publications".
func (p *catalogueParser) jsonList(r *jsonReader, wrapped bool) ([]rawEntry, error) {
	t, err := r.Token()
	if err != nil {
		return nil, err
	}
	if t == json.Delim('{') && wrapped {
		key, err := r.Token()
		if err != nil {
			return nil, err
		}
		if key != "publications" {
			return nil, errShape
		}
		entries, err := p.jsonList(r, false)
		if err != nil {
			return nil, err
		}
		if t, err = r.Token(); err != nil {
			return nil, err
		}
		if t != json.Delim('}') {
			return nil, errShape
		}
		return entries, nil
	}
	if t != json.Delim('[') {
		return nil, errShape
	}
	var entries []rawEntry
	for r.More() {
		if t, err = r.Token(); err != nil {
			return nil, err
		}
		if t != json.Delim('{') {
			return nil, errShape
		}
		e := rawEntry{line: r.at()}
		for r.More() {
			key, err := r.Token()
			if err != nil {
				return nil, err
			}
			name, ok := key.(string)
			if !ok {
				return nil, errShape
			}
			f := rawField{line: r.at(), name: name}
			if err := f.json(r); err != nil {
				return nil, err
			}
			e.fields = append(e.fields, f)
		}
		if _, err = r.Token(); err != nil {
			return nil, err
		}
		if entries = append(entries, e); len(entries) > maxEntries {
			p.tooMany()
			return nil, errShape
		}
	}
	_, err = r.Token()
	return entries, err
}

// json reads the value of a field: a text, a number, nothing, or a list of
// texts and numbers or of relations.
func (f *rawField) json(r *jsonReader) error {
	t, err := r.Token()
	if err != nil {
		return err
	}
	if t != json.Delim('[') {
		return f.scalar(t)
	}
	f.list = true
	for r.More() {
		if t, err = r.Token(); err != nil {
			return err
		}
		if t != json.Delim('{') {
			if err := f.scalar(t); err != nil {
				return err
			}
			continue
		}
		var relation corpus.Relation
		for r.More() {
			key, err := r.Token()
			if err != nil {
				return err
			}
			value, err := r.Token()
			if err != nil {
				return err
			}
			text, ok := value.(string)
			if !ok || !setRelation(&relation, key, text) {
				return errShape
			}
		}
		if _, err = r.Token(); err != nil {
			return err
		}
		f.relations = append(f.relations, relation)
	}
	_, err = r.Token()
	return err
}

func (f *rawField) scalar(t json.Token) error {
	switch v := t.(type) {
	case nil:
	case string:
		f.values = append(f.values, v)
	case json.Number:
		f.values = append(f.values, v.String())
	default:
		return errShape
	}
	return nil
}

func setRelation(r *corpus.Relation, key any, value string) bool {
	switch key {
	case "kind", "soort":
		r.Kind = corpus.RelationKind(value)
	case "target", "doel":
		r.Target = value
	default:
		return false
	}
	return true
}

// yaml reads the same shapes written as YAML. References are refused: they can
// make a small file endless.
func (p *catalogueParser) yaml(content []byte) []rawEntry {
	var root yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	if err := decoder.Decode(&root); err != nil {
		if !errors.Is(err, io.EOF) {
			p.fault(0, "De catalogus is geen geldige YAML (%s).", strings.TrimPrefix(err.Error(), "yaml: "))
		}
		return nil
	}
	if err := decoder.Decode(&yaml.Node{}); !errors.Is(err, io.EOF) {
		p.fault(0, "De catalogus bestaat uit meer dan één YAML-document. Houd er één over.")
		return nil
	}
	list := &root
	if list.Kind == yaml.DocumentNode && len(list.Content) == 1 {
		list = list.Content[0]
	}
	if list.Kind == yaml.MappingNode && len(list.Content) == 2 && list.Content[0].Value == "publications" {
		list = list.Content[1]
	}
	if list.Kind == yaml.ScalarNode && list.Tag == "!!null" {
		return nil
	}
	bad := func(n *yaml.Node) {
		p.fault(max(n.Line, 1), "een catalogus is een lijst van publicaties, elk met velden als nummer en titel.")
	}
	if list.Kind != yaml.SequenceNode {
		bad(list)
		return nil
	}
	if len(list.Content) > maxEntries {
		p.tooMany()
		return nil
	}
	entries := make([]rawEntry, 0, len(list.Content))
	for _, n := range list.Content {
		if n.Kind != yaml.MappingNode {
			bad(n)
			continue
		}
		e := rawEntry{line: n.Line}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			f := rawField{line: key.Line, name: key.Value}
			if key.Kind != yaml.ScalarNode || !f.yaml(value) {
				bad(key)
				continue
			}
			e.fields = append(e.fields, f)
		}
		entries = append(entries, e)
	}
	return entries
}

func (f *rawField) yaml(n *yaml.Node) bool {
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag != "!!null" {
			f.values = append(f.values, n.Value)
		}
		return true
	case yaml.SequenceNode:
		f.list = true
		for _, item := range n.Content {
			if item.Kind == yaml.MappingNode {
				var relation corpus.Relation
				for i := 0; i+1 < len(item.Content); i += 2 {
					if item.Content[i+1].Kind != yaml.ScalarNode || !setRelation(&relation, item.Content[i].Value, item.Content[i+1].Value) {
						return false
					}
				}
				f.relations = append(f.relations, relation)
				continue
			}
			if item.Kind != yaml.ScalarNode || !f.yaml(item) {
				return false
			}
		}
		return true
	}
	return false
}
