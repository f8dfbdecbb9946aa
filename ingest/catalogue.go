package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// CatalogueEntry is a line of a catalogue: a publication and where its document
// is to be had.
type CatalogueEntry struct {
	corpus.Publication
	File string // path of the document beside the catalogue, or ""
	Line int    // of the catalogue
}

// CatalogueError says everything that is wrong with a catalogue, for people.
type CatalogueError struct{ Faults []string }

func (e *CatalogueError) Error() string { return strings.Join(e.Faults, "\n") }

const (
	maxCatalogue = 64 << 20 // bytes
	maxEntries   = 500_000
	// maxFaults bounds what is said about one catalogue: who made one mistake in
	// every line wants to read it once or twice.
	maxFaults = 20
	maxValue  = 2000 // code points
)

// isCatalogue tells by its extension that a file is a catalogue.
func isCatalogue(name string) bool {
	switch strings.ToLower(path.Ext(filepath.ToSlash(name))) {
	case ".csv", ".json", ".yaml", ".yml":
		return true
	}
	return false
}

// ParseCatalogue reads a catalogue; the extension of name says which form it
// has. A CSV file begins with a line of column names and is separated by commas,
// semicolons or tabs; JSON and YAML hold a list of entries, or an object with
// that list under "publications". The names, in English or Dutch:
//
//	number nummer · title titel · date datum · type soort · commission commissie ·
//	themes thema · language taal · edition editie · summary kern ·
//	original origineel (an address, or a file beside the catalogue) · file bestand ·
//	seen bron · id · supersedes vervangt · revises herziet · confirms bevestigt ·
//	reply reactie · relations (of kind and target) · verified
//
// Only the title is required. "-", "?", "onbekend" and what is marked as coming
// from memory are unknown. Anything else that cannot be used is a fault, and a
// catalogue with faults is refused as a whole with a *CatalogueError that names
// their lines.
func ParseCatalogue(name string, content []byte) ([]CatalogueEntry, error) {
	p := catalogueParser{ids: make(map[string]int)}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	switch {
	case len(content) > maxCatalogue:
		p.fault(0, "De catalogus is groter dan %d MB. Splits hem.", maxCatalogue>>20)
	case !utf8.Valid(content):
		p.fault(0, "De catalogus is geen UTF-8. Sla hem op als UTF-8.")
	default:
		var entries []rawEntry
		switch strings.ToLower(path.Ext(name)) {
		case ".csv":
			entries = p.csv(content)
		case ".json":
			entries = p.json(content)
		default:
			entries = p.yaml(content)
		}
		if len(entries) == 0 && len(p.faults) == 0 {
			p.fault(0, "De catalogus is leeg.")
		}
		for _, e := range entries {
			p.entry(e)
		}
	}
	if len(p.faults) > 0 {
		return nil, &CatalogueError{p.faults}
	}
	return p.entries, nil
}

// rawEntry is an entry as it is written, whatever the form of the file.
type rawEntry struct {
	line   int
	fields []rawField
}

type rawField struct {
	line      int
	name      string
	values    []string
	list      bool // written as a list: its values hold no separators
	relations []corpus.Relation
}

type catalogueParser struct {
	entries []CatalogueEntry
	ids     map[string]int // id → line
	faults  []string
}

// fault writes down what is wrong at a line, 0 for the whole file.
func (p *catalogueParser) fault(line int, format string, args ...any) {
	switch {
	case len(p.faults) > maxFaults:
		return
	case len(p.faults) == maxFaults:
		p.faults = append(p.faults, "… en meer.")
		return
	}
	text := fmt.Sprintf(format, args...)
	if line > 0 {
		text = fmt.Sprintf("regel %d: %s", line, text)
	}
	p.faults = append(p.faults, text)
}

// full tells that reading on serves nobody.
func (p *catalogueParser) full() bool { return len(p.faults) > maxFaults }

// fieldNames are the names of fields in English and Dutch.
var fieldNames = map[string]string{
	"number": "number", "nummer": "number", "publicatienummer": "number",
	"title": "title", "titel": "title",
	"date": "date", "datum": "date",
	"type": "type", "soort": "type",
	"commission": "commission", "commissie": "commission",
	"themes": "themes", "theme": "themes", "thema": "themes", "themas": "themes", "thema's": "themes",
	"language": "language", "lang": "language", "taal": "language",
	"edition": "edition", "editie": "edition",
	"summary": "summary", "kern": "summary", "samenvatting": "summary",
	"original": "original", "origineel": "original", "url": "original", "address": "original", "adres": "original",
	"file": "file", "bestand": "file",
	"seen": "seen", "bron": "seen", "source": "seen",
	"id":         "id",
	"supersedes": "supersedes", "vervangt": "supersedes",
	"revises": "revises", "herziet": "revises",
	"confirms": "confirms", "bevestigt": "confirms",
	"reply": "reply", "reactie": "reply", "kabinetsreactie": "reply",
	"relations": "relations", "relaties": "relations",
	"verified": "verified", "gecontroleerd": "verified",
}

func fieldName(s string) (string, bool) {
	name, ok := fieldNames[strings.ToLower(strings.TrimSpace(s))]
	return name, ok
}

const knownFields = "nummer, titel, datum, type, commissie, thema, taal, editie, kern, origineel, bestand, bron, id, vervangt, herziet, bevestigt, reactie"

// fromMemory marks a value nobody checked.
var fromMemory = regexp.MustCompile(`(?i)^memory[.:]?$|\((?:from )?memory\)`)

// sure is a value without what says that it is not known.
func sure(value string) string {
	value = strings.Join(strings.Fields(value), " ")
	switch strings.ToLower(value) {
	case "-", "–", "—", "?", "onbekend", "unknown", "n.v.t.", "nvt", "n/a":
		return ""
	}
	if fromMemory.MatchString(value) {
		return ""
	}
	return value
}

// entry checks an entry and adds it.
func (p *catalogueParser) entry(raw rawEntry) {
	e := CatalogueEntry{Line: raw.line}
	seen := make(map[string]bool)
	unsure := false
	var number, kind string
	before := len(p.faults)
	for _, f := range raw.fields {
		name, ok := fieldName(f.name)
		if !ok {
			p.fault(f.line, "%q is geen veld van een catalogus. De velden zijn: %s.", shorten(f.name), knownFields)
			continue
		}
		if seen[name] {
			p.fault(f.line, "het veld %s staat er twee keer.", f.name)
			continue
		}
		seen[name] = true
		if len(f.relations) > 0 && name != "relations" {
			p.fault(f.line, "het veld %s heeft gewone waarden nodig.", f.name)
			continue
		}
		values, ok := p.values(f)
		if !ok {
			continue
		}
		one := ""
		if len(values) > 0 {
			one = values[0]
		}
		switch name {
		case "themes":
			e.Themes = split(values, f.list, ";,/|")
			continue
		case "supersedes", "revises", "confirms", "reply":
			for _, target := range split(values, f.list, ";|") {
				e.Relations = append(e.Relations, relation(corpus.RelationKind(name), target))
			}
			continue
		case "relations":
			if len(values) > 0 {
				p.fault(f.line, "een relatie heeft een kind (supersedes, revises, confirms of reply) en een target.")
			}
			for _, r := range f.relations {
				switch kind, ok := fieldName(string(r.Kind)); {
				case !ok || (kind != "supersedes" && kind != "revises" && kind != "confirms" && kind != "reply"):
					p.fault(f.line, "%q is geen relatie. Schrijf supersedes, revises, confirms of reply.", shorten(string(r.Kind)))
				case sure(r.Target) == "" || utf8.RuneCountInString(r.Target) > maxValue:
					p.fault(f.line, "een relatie zegt niet met welke publicatie (target).")
				default:
					e.Relations = append(e.Relations, relation(corpus.RelationKind(kind), sure(r.Target)))
				}
			}
			continue
		}
		if len(values) > 1 {
			p.fault(f.line, "het veld %s heeft meer dan één waarde.", f.name)
			continue
		}
		switch name {
		case "number":
			number = one
		case "title":
			e.Title = one
		case "type":
			kind = one
		case "commission":
			e.Commission = one
		case "summary":
			e.Summary = one
		case "id":
			e.ID = one
		case "verified":
			unsure = strings.HasPrefix(strings.ToLower(strings.Join(f.values, " ")), "memory")
		case "date":
			var ok bool
			if e.Date, ok = catalogueDate(one); !ok {
				p.fault(f.line, "de datum %q is niet herkend. Schrijf een datum als 2014, 2014-04 of 2014-04-25.", shorten(one))
			}
		case "language":
			switch strings.ToLower(one) {
			case "", "nl", "en":
				e.Language = strings.ToLower(one)
			case "nederlands", "dutch":
				e.Language = "nl"
			case "engels", "english":
				e.Language = "en"
			default:
				p.fault(f.line, "de taal %q is niet nl of en.", shorten(one))
			}
		case "edition":
			switch strings.ToLower(one) {
			case "", "final", "definitief", "eindversie":
			case "draft", "ontwerp", "concept":
				e.Edition = corpus.EditionDraft
			case "minister", "ministersversie":
				e.Edition = corpus.EditionMinister
			default:
				p.fault(f.line, "de editie %q is niet ontwerp, minister of definitief.", shorten(one))
			}
		case "original":
			if one != "" && !isAddress(one) && strings.Contains(one, "://") {
				p.fault(f.line, "het adres %q begint niet met http:// of https://.", shorten(one))
			}
			e.Original = one
		case "seen":
			if one != "" && !isAddress(one) {
				p.fault(f.line, "de bron %q is geen adres.", shorten(one))
			}
			e.Seen = one
		case "file":
			if isAddress(one) {
				p.fault(f.line, "%q is een adres en geen bestand: zet het in het veld origineel.", shorten(one))
			}
			e.File = one
		}
	}
	if p.full() || len(p.faults) > before {
		return
	}
	if e.Original != "" && !isAddress(e.Original) { // a file beside the catalogue
		if e.File != "" {
			p.fault(e.Line, "er staan twee bestanden: %q en %q.", shorten(e.Original), shorten(e.File))
			return
		}
		e.File, e.Original = e.Original, ""
	}
	if unsure {
		number, kind, e.Date, e.Commission = "", "", "", ""
	}
	setType(&e.Publication, kind)
	if number != "" {
		if e.Number = corpus.PublicationNumber(number, e.Date.Year()); e.Number == "" {
			p.fault(e.Line, "het nummer %q is niet herkend. Schrijf een nummer als 14/04 of 1953/05, of een streepje als het er niet is.", shorten(number))
			return
		}
	}
	if e.Title == "" {
		p.fault(e.Line, "er is geen titel.")
		return
	}
	if e.ID == "" {
		e.ID = publicationID(e.Publication)
	}
	if !validID.MatchString(e.ID) {
		p.fault(e.Line, "%q kan geen id zijn: gebruik kleine letters, cijfers en streepjes, hoogstens 100.", shorten(e.ID))
		return
	}
	if first, ok := p.ids[e.ID]; ok {
		p.fault(e.Line, "dezelfde publicatie (%s) staat ook op regel %d. Geef een van beide een eigen id.", e.ID, first)
		return
	}
	p.ids[e.ID] = e.Line
	p.entries = append(p.entries, e)
}

var validID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,99}$`)

// values are the known values of a field; ok is false after a fault.
func (p *catalogueParser) values(f rawField) (values []string, ok bool) {
	for _, v := range f.values {
		if utf8.RuneCountInString(v) > maxValue {
			p.fault(f.line, "het veld %s is langer dan %d tekens.", f.name, maxValue)
			return nil, false
		}
		if strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) && !unicode.IsSpace(r) || r == utf8.RuneError }) {
			p.fault(f.line, "het veld %s bevat tekens die geen tekst zijn.", f.name)
			return nil, false
		}
		if v = sure(v); v != "" {
			values = append(values, v)
		}
	}
	return values, true
}

// split divides what is written as one value with separators.
func split(values []string, list bool, separators string) (out []string) {
	for _, v := range values {
		parts := []string{v}
		if !list {
			parts = strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune(separators, r) })
		}
		for _, part := range parts {
			if part = sure(part); part != "" {
				out = append(out, part)
			}
		}
	}
	return out
}

func relation(kind corpus.RelationKind, target string) corpus.Relation {
	if n := corpus.PublicationNumber(target, 0); n != "" {
		target = n
	}
	return corpus.Relation{Kind: kind, Target: target}
}

var (
	inBrackets   = regexp.MustCompile(`\s*\(([^)]*)\)\s*`)
	periodOfDate = regexp.MustCompile(`^(\d{4})-\d{2}/\d{2}$`)
)

// setType reads a type as catalogues write it: "SER-advies", "advies (MLT)",
// "(ontwerp)advies", "verkenning/advies", "brochure (EN)".
func setType(p *corpus.Publication, kind string) {
	kind = strings.ToLower(kind)
	if strings.Contains(kind, "ontwerp") {
		if p.Edition == corpus.EditionFinal {
			p.Edition = corpus.EditionDraft
		}
		kind = strings.NewReplacer("(ontwerp)", "", "ontwerp", "").Replace(kind)
	}
	for _, m := range inBrackets.FindAllStringSubmatch(kind, -1) {
		switch strings.TrimSpace(m[1]) {
		case "en", "engels", "english":
			if p.Language == "" {
				p.Language = "en"
			}
		}
	}
	kind = inBrackets.ReplaceAllString(kind, " ")
	kind, _, _ = strings.Cut(kind, "/")
	kind = strings.TrimPrefix(strings.TrimSpace(kind), "ser-")
	p.Type = strings.Trim(kind, "- ")
}

// catalogueDate also reads, of a period of months, the year.
func catalogueDate(s string) (corpus.Date, bool) {
	if m := periodOfDate.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	d, err := corpus.ReadDate(s)
	return d, err == nil
}

// publicationID names a publication by its number, else by title and year, so
// that a corrected catalogue meets the publication it corrects.
func publicationID(p corpus.Publication) string {
	var parts []string
	if p.Number != "" {
		parts = append(parts, Slug(p.Number))
	} else if s := Slug(p.Title); s != "" {
		parts = append(parts, s)
		if p.Date != "" {
			parts = append(parts, string(p.Date[:4]))
		}
	}
	if p.Language == "en" && p.Number != "" {
		parts = append(parts, "en")
	}
	if p.Edition != corpus.EditionFinal {
		parts = append(parts, string(p.Edition))
	}
	return strings.Join(parts, "-")
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// catalogue makes the sources of a catalogue file: one for each publication,
// with the document where the entry says where that is.
func (in *Ingester) catalogue(ctx context.Context, absolute string) []Source {
	fail := func(err error) []Source {
		return []Source{{Name: absolute, open: refused(err), list: true}}
	}
	f, err := fileSource(absolute).open(ctx, maxCatalogue)
	if err != nil {
		return fail(err)
	}
	entries, err := ParseCatalogue(absolute, f.Content)
	if err != nil {
		var faults *CatalogueError
		message := err.Error()
		if errors.As(err, &faults) {
			message = "Deze catalogus klopt niet; er is niets uit gelezen. Verbeter hem en bied hem opnieuw aan.\n" + message
		}
		return fail(&failureError{corpus.Failure{Code: CodeCatalogue, Message: message}, err})
	}
	sources := make([]Source, len(entries))
	for i, e := range entries {
		source := Source{Name: "catalogus:" + e.ID}
		switch {
		case e.File != "":
			name := filepath.FromSlash(e.File)
			if !filepath.IsAbs(name) {
				name = filepath.Join(filepath.Dir(absolute), name)
			}
			source = fileSource(name)
		case e.Original != "" && !in.cfg.Fetch.Never:
			source = in.address(e.Original)
			source.optional = true
		}
		source.Hints = e.Metadata
		source.publication = &e.Publication
		sources[i] = source
	}
	return sources
}
