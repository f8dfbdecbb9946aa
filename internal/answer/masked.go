package answer

import (
	"strings"

	"github.com/ser-nl/vraagbaak/internal/dutch"
)

// maskedSign stands where personal data was taken out of a question. It asks nothing.
const maskedSign = `\[(?:bsn|iban|e-mail|telefoon)\]`

var (
	masked = re(maskedSign)
	// handedOver is such a sign with the words that hand it over: "mijn bsn is [bsn] en",
	// "bel me op [telefoon]".
	handedOver = re(`(?i)[(,;]?\s*(?:\b(?:ik ben|ik heet|mijn naam is|i am|my name is)\b[^,.;?!]{0,40},\s*)?` +
		`(?:\b(?:of|or|en|and)\s+)?(?:\b(?:bel|mail|app|bereik|stuur|antwoord|call|email|reach|answer|write to)\b(?:\s+(?:me|mij|het|it))?(?:\s+(?:op|via|naar|aan|on|at|to))?\s+)?` +
		`(?:\b(?:met|with|of|or|en|and)\s+)?(?:\b(?:mijn|m'n|my)\s+)?` +
		`(?:\b(?:bsn|sofi|burgerservice|citizen service|rekening|bankrekening|bank account|account|iban|btw|e-?mail|mail|tel|telefoon|mobiel|phone|nummer|number)` +
		`(?:-?(?:nr|nummer|adres)| (?:number|address))?\b\.?\s*(?:is|was|:|=|#)?\s*)?` + maskedSign + `\)?,?(?:\s*\b(?:en|and)\b)?`)
)

// withoutMasked is a message without the sentences that only give personal data, where it
// asks something besides, and without what stands in their place.
func withoutMasked(message string) string {
	if !masked.MatchString(message) {
		return message
	}
	clean := func(s string) string {
		for masked.MatchString(s) {
			s = masked.ReplaceAllString(handedOver.ReplaceAllString(s, " "), " ")
		}
		return strings.TrimLeft(strings.Join(strings.Fields(s), " "), " .,;:!")
	}
	r := []rune(message)
	var kept []string
	for _, span := range dutch.Sentences(message) {
		s := string(r[span.Start:span.End])
		if cleaned := clean(s); !masked.MatchString(s) || strings.Contains(cleaned, "?") {
			kept = append(kept, cleaned)
		}
	}
	if rest := strings.Join(kept, " "); strings.Contains(rest, "?") {
		return rest
	}
	return clean(message)
}
