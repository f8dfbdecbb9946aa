package corpus

import "fmt"

// CitationURL is the permanent address of a quote: it names the version, so it
// keeps resolving to the same words after the document changes.
func CitationURL(document string, version, page, start, end int) string {
	return fmt.Sprintf("/citaat/%s/%d/%d/%d-%d", document, version, page, start, end)
}
