package extract

import (
	"errors"
	"fmt"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// The codes of a Failure. They are stored with the document and shown by the
// command line, so they do not change.
const (
	CodeEmpty        = "empty"          // no bytes
	CodeNotPDF       = "not_pdf"        // named .pdf, is something else
	CodePassword     = "password"       // needs a password to open
	CodeDamaged      = "damaged"        // beyond what the readers can mend
	CodeTooManyPages = "too_many_pages" // over Options.MaxPages
	CodeTooLarge     = "too_large"      // over Options.MaxBytes
	CodeTimeout      = "timeout"        // over Options.Deadline
	CodeMemory       = "memory"         // over Options.MemoryPages
	CodeUnsupported  = "unsupported"    // a kind of file that is not read
	CodeNoText       = "no_text"        // nothing readable on any page
)

// Failure is why one document could not be read. Message is for people, in
// Dutch, and says what to do; Err is the cause for the log.
type Failure struct {
	Code    string
	Message string
	Err     error
}

// Error is the code, the message and the cause.
func (f *Failure) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("%s: %s (%v)", f.Code, f.Message, f.Err)
	}
	return f.Code + ": " + f.Message
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Corpus is the failure as it is stored with a document.
func (f *Failure) Corpus() corpus.Failure {
	return corpus.Failure{Code: f.Code, Message: f.Message}
}

// AsFailure finds the Failure in err, if there is one.
func AsFailure(err error) (*Failure, bool) {
	var f *Failure
	ok := errors.As(err, &f)
	return f, ok
}

// messages says per code what is wrong and what to do about it.
var messages = map[string]string{ //nolint:gosec // the word for password is no password
	CodeEmpty:        "Het bestand is leeg. Vraag het bestand opnieuw op.",
	CodeNotPDF:       "Dit is geen PDF, al heet het bestand zo. Controleer het bestand en bied het opnieuw aan.",
	CodePassword:     "De PDF is beveiligd met een wachtwoord. Sla het document op zonder wachtwoord en bied het opnieuw aan.",
	CodeDamaged:      "De PDF is beschadigd en niet te lezen. Vraag het bestand opnieuw op bij de maker.",
	CodeTooManyPages: "Het document heeft te veel pagina's. Splits het in delen en bied die apart aan.",
	CodeTooLarge:     "Het bestand is te groot. Splits het in delen of maak de afbeeldingen kleiner.",
	CodeTimeout:      "Het lezen van het document duurde te lang. Splits het in delen of sla de PDF opnieuw op.",
	CodeMemory:       "Het lezen van het document kost te veel geheugen. Splits het in delen of sla de PDF opnieuw op.",
	CodeUnsupported:  "Dit soort bestand kan niet worden gelezen. Bied een PDF, een Word-bestand (docx), een webpagina (html), een Markdown-bestand of platte tekst aan.",
	CodeNoText:       "In het document staat geen leesbare tekst. Is het een scan? Installeer tesseract (pakketten tesseract-ocr, tesseract-ocr-nld en tesseract-ocr-osd) en bied het opnieuw aan.",
}

// fail makes the Failure of a code with its standard message.
func fail(code string, err error) *Failure {
	return &Failure{Code: code, Message: messages[code], Err: err}
}
