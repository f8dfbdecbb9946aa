package office

import (
	"encoding/json"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// RecordField is a field of the Dutch Algoritmeregister. The fields, their names, lists
// and greatest lengths are those of the Algoritmeregister Publicatiestandaard 1.0 and
// of version 1.0 of the register's interface; where the two differ the shorter length
// is taken.
type RecordField struct {
	Name     string
	Group    string // general, use, working, metadata
	Required bool
	Max      int // characters; 0: a list or a choice
	Choices  []string
	Many     bool   // of Choices
	Form     string // "", url, contact, month, links (a line each: title, then an address)
	Needs    bool   // links need an address
	Long     bool   // several lines
	Fixed    bool   // the same for everybody
}

// maxRecordText is the longest text of a field, in characters.
const maxRecordText = 5000

// RecordFields are all fields, in the order of the standard.
func RecordFields() []RecordField {
	return []RecordField{
		{Name: "name", Group: "general", Required: true, Max: 100},
		{Name: "description_short", Group: "general", Required: true, Max: 350, Long: true},
		{Name: "organization", Group: "general", Required: true, Max: 100},
		{Name: "category", Group: "general", Many: true, Choices: []string{
			"Organisatie en bedrijfsvoering", "Cultuur en recreatie", "Economie", "Overheidsfinanciën", "Wonen", "Internationaal", "Migratie en integratie",
			"Natuur en milieu", "Onderwijs en wetenschap", "Openbare orde en veiligheid", "Recht", "Ruimte en infrastructuur", "Sociale zekerheid", "Verkeer",
			"Werk", "Zorg en gezondheid"}},
		{Name: "status", Group: "general", Required: true, Choices: []string{"In ontwikkeling", "In gebruik", "Buiten gebruik"}},
		{Name: "begin_date", Group: "general", Max: 7, Form: "month"},
		{Name: "end_date", Group: "general", Max: 7, Form: "month"},
		{Name: "contact_email", Group: "general", Required: true, Max: 500, Form: "contact"},
		{Name: "website", Group: "general", Max: 500, Form: "url"},
		{Name: "publication_category", Group: "general", Required: true, Choices: []string{"Hoog-risico AI-systeem", "Impactvolle algoritmes", "Overige algoritmes"}},
		{Name: "url", Group: "general", Max: 500, Form: "url"},
		{Name: "goal", Group: "use", Max: 2500, Long: true},
		{Name: "proportionality", Group: "use", Max: 2500, Long: true},
		{Name: "human_intervention", Group: "use", Max: 2500, Long: true},
		{Name: "risks", Group: "use", Max: 2500, Long: true},
		{Name: "lawful_basis", Group: "use", Max: 2500, Long: true},
		{Name: "lawful_basis_grouping", Group: "use", Form: "links", Max: 100, Needs: true, Long: true},
		{Name: "process_index_url", Group: "use", Max: 500, Form: "url"},
		{Name: "impacttoetsen_grouping", Group: "use", Form: "links", Max: 500, Long: true},
		{Name: "impacttoetsen", Group: "use", Max: 2500, Long: true},
		{Name: "source_data", Group: "working", Max: 2500, Long: true},
		{Name: "source_data_grouping", Group: "working", Form: "links", Max: 500, Long: true},
		{Name: "methods_and_models", Group: "working", Max: maxRecordText, Long: true},
		{Name: "provider", Group: "working", Max: 200},
		{Name: "publiccode", Group: "working", Max: 500, Form: "url"},
		{Name: "lang", Group: "metadata", Required: true, Choices: []string{"nld"}, Fixed: true},
		{Name: "standard_version", Group: "metadata", Required: true, Choices: []string{"1.0"}, Fixed: true},
		{Name: "source_id", Group: "metadata", Max: 100},
		{Name: "tags", Group: "metadata", Max: 2500, Long: true},
	}
}

// Record is a record for the Algoritmeregister by field. Lists stand a line each.
type Record map[string]string

// Say puts what people said over the record.
func (r Record) Say(said map[string]string) {
	for _, f := range RecordFields() {
		if value, ok := said[f.Name]; ok && !f.Fixed {
			r[f.Name] = value
		}
	}
}

// RecordFault is what is wrong with a field. Kind is one of missing, long, choice, url,
// contact, month, links, order.
type RecordFault struct {
	Field, Kind string
	Value       string // what is wrong, where it is a part
	Max         int
}

var monthPattern = regexp.MustCompile(`^\d{4}-(0[1-9]|1[0-2])$`)

// Validate holds the record against the standard. No faults: the register takes it.
func (r Record) Validate() []RecordFault {
	var faults []RecordFault
	for _, f := range RecordFields() {
		value := strings.TrimSpace(r[f.Name])
		wrong := func(kind, what string) {
			faults = append(faults, RecordFault{Field: f.Name, Kind: kind, Value: what, Max: f.Max})
		}
		if value == "" {
			if f.Required {
				wrong("missing", "")
			}
			continue
		}
		if f.Max > 0 && f.Form != "links" && f.Form != "month" && utf8.RuneCountInString(value) > f.Max {
			wrong("long", "")
		}
		switch {
		case f.Many:
			for _, one := range recordLines(value) {
				if !slices.Contains(f.Choices, one) {
					wrong("choice", one)
				}
			}
		case len(f.Choices) > 0 && !slices.Contains(f.Choices, value):
			wrong("choice", value)
		case f.Form == "url" && !isHTTPS(value):
			wrong("url", value)
		case f.Form == "contact" && !isHTTPS(value) && !isMail(value):
			wrong("contact", value)
		case f.Form == "month" && !monthPattern.MatchString(value):
			wrong("month", value)
		case f.Form == "links":
			for _, l := range recordLinks(value) {
				switch {
				case l.Title == "" || f.Needs && l.Link == "" || l.Link != "" && !isHTTPS(l.Link):
					wrong("links", strings.TrimSpace(l.Title+" "+l.Link))
				case utf8.RuneCountInString(l.Title) > f.Max:
					wrong("long", l.Title)
				}
			}
		}
	}
	begin, end := r["begin_date"], r["end_date"]
	if monthPattern.MatchString(begin) && monthPattern.MatchString(end) && end < begin {
		faults = append(faults, RecordFault{Field: "end_date", Kind: "order", Value: end})
	}
	return faults
}

func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && strings.Contains(u.Host, ".") && !strings.ContainsAny(s, " \n\t<>\"") && utf8.RuneCountInString(s) <= 500
}

func isMail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && strings.Contains(s[strings.LastIndexByte(s, '@'):], ".")
}

// recordLines are the lines of a list.
func recordLines(value string) []string {
	var lines []string
	for line := range strings.Lines(value) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// RecordLink is a title with an address.
type RecordLink struct {
	Title string `json:"title"`
	Link  string `json:"link"`
}

// recordLinks reads a line each: a title, then an address.
func recordLinks(value string) []RecordLink {
	var links []RecordLink
	for _, line := range recordLines(value) {
		l := RecordLink{Title: line}
		if at := strings.LastIndexAny(line, " \t"); at >= 0 && strings.Contains(line[at+1:], "://") {
			l = RecordLink{strings.TrimRight(line[:at], " \t,:-"), line[at+1:]}
		} else if strings.Contains(line, "://") {
			l = RecordLink{Link: line}
		}
		links = append(links, l)
	}
	return links
}

// Object is the record as the register's interface takes it: lists as lists, and what
// is empty left out.
func (r Record) Object() map[string]any {
	out := make(map[string]any)
	for _, f := range RecordFields() {
		value := strings.TrimSpace(r[f.Name])
		switch {
		case value == "":
		case f.Many:
			out[f.Name] = recordLines(value)
		case f.Form == "links":
			out[f.Name] = recordLinks(value)
		default:
			out[f.Name] = value
		}
	}
	return out
}

// CSV is the record as one line under the names of the fields, every field there. Lists
// are JSON.
func (r Record) CSV() ([]byte, error) {
	object := r.Object()
	var names, values []string
	for _, f := range RecordFields() {
		value := ""
		switch v := object[f.Name].(type) {
		case nil:
		case string:
			value = v
		default:
			text, err := json.Marshal(v)
			if err != nil {
				return nil, fmt.Errorf("field %s: %w", f.Name, err)
			}
			value = string(text)
		}
		names, values = append(names, f.Name), append(values, value)
	}
	return csvLines([][]string{names, values}, ',', false)
}

// DraftRecord is the record as far as the program knows. What people alone can say
// (weighing, legal ground, assessments, dates) is left for them.
func DraftRecord(f Facts) Record {
	r := Record{
		"name":                 "Vraagbaak",
		"description_short":    "Vraagbaak beantwoordt vragen over de SER uit publicaties van de SER. Bij elke zin staat de passage waar die uit komt. Staat iets niet in de publicaties, dan zegt Vraagbaak dat het geen antwoord heeft.",
		"organization":         f.Operator,
		"category":             "Organisatie en bedrijfsvoering\nWerk",
		"status":               "In gebruik",
		"contact_email":        f.Contact,
		"publication_category": "Overige algoritmes",
		"goal": "Bezoekers vinden met Vraagbaak sneller wat de SER heeft geadviseerd en hoe de SER werkt. Zij stellen een vraag in gewone taal en krijgen een kort antwoord met bronnen. " +
			"Vraagbaak neemt geen besluiten over mensen of bedrijven en geeft geen persoonlijk advies.",
		"human_intervention": "Het antwoord komt zonder tussenkomst van een mens tot stand. Medewerkers beoordelen antwoorden achteraf, leggen een eigen antwoord vast waar dat beter is, " +
			"trekken documenten in en kunnen de openbare chat uitzetten. Bij elk antwoord staat of een computer of de redactie het schreef.",
		"risks": "Een antwoord kan onvolledig of verouderd zijn. Daarom controleert het programma elke zin tegen de letterlijke passage (getallen, namen, ontkenningen, inhoud), toont het de bron met pagina " +
			"en laat het weg wat niet klopt. Medewerkers meten de kwaliteit met vaste vragenlijsten; de cijfers staan op de openbare pagina over kwaliteit. " + maskedSentence(f),
		"source_data": "Openbare publicaties van de SER. Het algoritme is niet getraind op gegevens van personen. De vraag van de bezoeker wordt verwerkt om te antwoorden. " + keptSentence(f),
		"methods_and_models": "Invoer: een vraag in het Nederlands of Engels. Werking: het programma zoekt passages op woorden (BM25 met Nederlandse woordstammen) en op betekenis (" + vectorsPhrase(f) + "). " +
			composePhrase(f) + " Elke zin wordt voor het tonen door vaste regels gecontroleerd tegen het citaat. Uitvoer: zinnen met citaten, of de mededeling dat er geen antwoord is. " +
			"Het systeem is niet zelflerend: vragen en oordelen van bezoekers veranderen het niet.",
		"lang":             "nld",
		"standard_version": "1.0",
		"source_id":        "vraagbaak",
		"tags":             "SER, Sociaal-Economische Raad, chatbot, zoeken, vraagbeantwoording, adviezen",
	}
	if f.PublicURL != "" {
		r["website"] = f.PublicURL + "/ai"
	}
	return r
}

func vectorsPhrase(f Facts) string {
	if f.Embedder != "" {
		return "vectoren van het model " + f.Embedder
	}
	return "vectoren die op de publicaties zelf zijn berekend"
}

func composePhrase(f Facts) string {
	if f.Generative() {
		return "Het taalmodel " + f.Model + " schrijft met deze passages een antwoord en mag alleen passages aanhalen die het programma aanbiedt."
	}
	return "Regels kiezen de zinnen die de vraag beantwoorden; het antwoord bestaat uit letterlijke zinnen van de publicaties. Er is geen taalmodel."
}

func keptSentence(f Facts) string {
	if f.Days() == 0 {
		return "Gesprekken worden bewaard tot de bezoeker ze wist."
	}
	return fmt.Sprintf("Gesprekken worden %d dagen na de laatste vraag gewist, of eerder als de bezoeker dat doet.", f.Days())
}

func maskedSentence(f Facts) string {
	if len(f.Masked) == 0 {
		return ""
	}
	return "Persoonsgegevens in vragen (" + strings.Join(maskedNames(f), ", ") + ") worden onleesbaar gemaakt voordat iets wordt opgeslagen of verstuurd."
}

// maskedNames are the kinds of personal data as people call them.
func maskedNames(f Facts) []string {
	called := map[string]string{"bsn": "burgerservicenummers", "iban": "bankrekeningnummers", "email": "e-mailadressen", "phone": "telefoonnummers"}
	names := make([]string, len(f.Masked))
	for i, kind := range f.Masked {
		if names[i] = called[kind]; names[i] == "" {
			names[i] = kind
		}
	}
	return names
}

// sorted are the entries of a map by name.
func sorted(m map[string]string) []settingView {
	var out []settingView
	for name, value := range m {
		out = append(out, settingView{name, value})
	}
	slices.SortFunc(out, func(a, b settingView) int { return strings.Compare(a.Name, b.Name) })
	return out
}
