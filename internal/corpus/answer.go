package corpus

// Status is how a turn ended, as CONTRACT fixes it for every surface.
type Status string

// The statuses of an answer. Only Answered and Partial carry sentences that
// claim something.
const (
	Answered   Status = "answered"
	Partial    Status = "partial"
	NoAnswer   Status = "no_answer"    // in scope, not in the documents
	OutOfScope Status = "out_of_scope" // not about the SER or its subjects
	Refused    Status = "refused"      // voting advice, personal legal advice, steering
	Error      Status = "error"
)

// Completeness says whether an answer covers all that was asked.
type Completeness string

// The degrees of completeness.
const (
	Complete   Completeness = "complete"
	Incomplete Completeness = "incomplete"
	None       Completeness = "none"
)

// DocumentRef is what a citation says about its document.
type DocumentRef struct {
	ID     string `json:"id"`
	Title  string `json:"title"`
	Number string `json:"number"`
	Type   string `json:"type"`
	Date   Date   `json:"date"`
}

// Passage is a retrieved chunk with what is needed to cite and verify it.
type Passage struct {
	ChunkID   int64       `json:"chunk"`
	Document  DocumentRef `json:"document"`
	Language  string      `json:"language"`
	VersionID int64       `json:"version_id"`
	Version   int         `json:"version"`
	Page      int         `json:"page"`
	PageLabel string      `json:"page_label"`
	Heading   []string    `json:"heading"` // outermost first
	Kind      BlockKind   `json:"kind"`
	Section   SectionKind `json:"section,omitempty"` // empty: no heading says what it is
	Start     int         `json:"start"`             // code points into the page's text
	End       int         `json:"end"`
	Text      string      `json:"text"`
	Score     float64     `json:"score"` // higher is better; comparable within one query only
	// Reader is what read the page; when that was ReaderOCR, OCRConfidence is how
	// sure it was, 0 to 100.
	Reader        string  `json:"reader,omitempty"`
	OCRConfidence float64 `json:"ocr_confidence,omitempty"`
	// PageText is the stored text of the whole page: the ground a quote is
	// checked against.
	PageText string `json:"-"`
}

// Citation ties a sentence to a verbatim quote: Quote is exactly
// Slice(stored page text, Start, End).
type Citation struct {
	N         int         `json:"n"` // counts from 1 within an answer
	Document  DocumentRef `json:"document"`
	Version   int         `json:"version"`
	Page      int         `json:"page"`
	PageLabel string      `json:"page_label"`
	Heading   string      `json:"heading"`
	Quote     string      `json:"quote"`
	Start     int         `json:"start"`
	End       int         `json:"end"`
	URL       string      `json:"url"` // CitationURL
	// Reader and OCRConfidence are those of the page, as in Passage.
	Reader        string  `json:"reader,omitempty"`
	OCRConfidence float64 `json:"ocr_confidence,omitempty"`
	// SupersededBy is the publication that took the place of Document, when the
	// catalogue knows one.
	SupersededBy *DocumentRef `json:"superseded_by,omitempty"`
}

// Speaker is who says what a sentence says.
type Speaker string

// The speakers. "" is a sentence that gives facts and nobody's view, or several views.
const (
	SpeakerCouncil    Speaker = "council"
	SpeakerEmployers  Speaker = "employers"
	SpeakerWorkers    Speaker = "workers"
	SpeakerCrown      Speaker = "crown_members"
	SpeakerMinority   Speaker = "minority" // some members of the Council
	SpeakerCommission Speaker = "commission"
	SpeakerPlatform   Speaker = "platform"
	SpeakerCabinet    Speaker = "cabinet"
	SpeakerParliament Speaker = "parliament"
)

// Sentence is one sentence of an answer with the numbers of its citations.
type Sentence struct {
	Text      string  `json:"text"`
	Citations []int   `json:"citations"`
	Speaker   Speaker `json:"speaker,omitempty"`
}

// Standing is how the corpus stands in time.
type Standing struct {
	// ReferenceDate is the date of the newest document: what came later no answer
	// can know.
	ReferenceDate Date
	// SupersededBy holds, by document id, the publication that took its place.
	SupersededBy map[string]DocumentRef
}

// Usage is what one answer took of a language model, in tokens.
type Usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	// Estimated: the server did not say, the numbers are counted by characters.
	Estimated bool `json:"estimated,omitempty"`
}

// Timing is where a turn's time went, in milliseconds from acceptance.
type Timing struct {
	Retrieve      float64 `json:"retrieve"`
	FirstSentence float64 `json:"first_sentence"`
	Total         float64 `json:"total"`
}

// Reference names a passage for good: the code points [Start, End) of a page of a
// document version.
type Reference struct {
	Document string `json:"document"`
	Version  int    `json:"version"`
	Page     int    `json:"page"`
	Start    int    `json:"start"`
	End      int    `json:"end"`
}

// URL is the permanent address of the passage.
func (r Reference) URL() string { return CitationURL(r.Document, r.Version, r.Page, r.Start, r.End) }

// Answer is the whole reply to one question, the same on every surface.
type Answer struct {
	ID           string       `json:"id"`
	Conversation string       `json:"conversation"`
	Question     string       `json:"question"`
	Lang         string       `json:"lang"`
	Status       Status       `json:"status"`
	Completeness Completeness `json:"completeness"`
	Text         string       `json:"text"` // sentences with their [n], or the kind refusal
	Sentences    []Sentence   `json:"sentences"`
	Citations    []Citation   `json:"citations"`
	Model        string       `json:"model"`
	Corpus       string       `json:"corpus"` // state of the corpus it was made from
	AIGenerated  bool         `json:"ai_generated"`
	Timing       Timing       `json:"timing_ms"`
	// ReferenceDate is the date of the newest document that the answer could be made
	// from.
	ReferenceDate Date `json:"reference_date,omitempty"`
	// Divided: a sentence of the answer says that the Council was divided.
	Divided bool `json:"divided,omitempty"`
	// Notice tells the reader in one sentence, in the answer's language, what went
	// otherwise than usual: the language model failed, the answer broke off.
	Notice string `json:"notice,omitempty"`
	// Prompt is the version of the prompt files that a model was asked with.
	Prompt string `json:"prompt,omitempty"`
	// Usage is what the language model took; nil when none was asked.
	Usage *Usage `json:"usage,omitempty"`
	// Stopped: the visitor stopped the turn; the answer is what was shown so far.
	Stopped bool `json:"stopped,omitempty"`
	// Masked names what was masked in Question: bsn, iban, email, phone.
	Masked []string `json:"masked,omitempty"`
	// Written is when people wrote the answer, at Date's precision of a day; "" when a
	// program made it.
	Written Date `json:"written,omitempty"`
	// Configuration names the program version, settings and prompts that the answer was
	// made with, where those are kept.
	Configuration string `json:"configuration,omitempty"`
	// Read are the passages that the turn looked at, best first. They are kept beside
	// the answer and are not part of it.
	Read []Reference `json:"-"`
}
