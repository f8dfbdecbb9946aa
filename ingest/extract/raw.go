package extract

// What the readers hand to the assembler, whichever reader it was: lines of
// characters with just enough geometry to see structure in.

// rawDocument is a document's own words about itself.
type rawDocument struct {
	Title    string
	Subject  string
	Keywords string
	Pages    int
	Outline  []outlineItem
}

// outlineItem is one bookmark.
type outlineItem struct {
	Title string
	Level int // 1 is the highest
	Page  int // from 1; 0 when it points nowhere
}

// rawPage is one page as a reader saw it. Coordinates are in points, x to the
// right, y upwards, after the page's own rotation.
type rawPage struct {
	Number        int
	Label         string // of the PDF's page labels; "" when it has none
	Width, Height float64
	Reader        string
	Lines         []rawLine
	Drawn         []rect  // boxes that are drawn on it
	Bad           bool    // failed the page gate
	Broken        string  // why the page could not be read at all
	Confidence    float64 // OCR only
	Places        []place // of the words; OCR only
}

// rawLine is a run of characters on one baseline.
type rawLine struct {
	Text   string // without line end; U+0002 for the hyphen of a cut word is in Cut
	First  int    // index of the first rune in the reader's characters; the others follow on
	X0, X1 float64
	Y      float64 // of the baseline
	Size   float64 // of the font, in points, as shown
	Font   string
	Weight int       // of the font as the reader gives it; 0 when unknown
	Bold   bool      // by the font's name
	Mixed  bool      // starts or ends in another weight than its middle
	Turned bool      // does not run left to right; its coordinates follow the text
	Ink    bool      // places are of ink, not of characters with their side bearings
	Cut    bool      // ended in a hyphen that cuts a word
	Tag    string    // of the structure tree, lower-case, "" when untagged
	Item   int       // number of the structure element, 0 when untagged
	Box    int       // number of the box it stands in, by its tag or, negative, as it is drawn; 0 for none
	Cell   tableCell // of a table, by its tags
	whole  int       // which line it is a piece of, from 1; 0 for none
	Marks  []mark    // raised digits
	Words  []rawWord
}

// place is where a run of the reader's characters stands on the page as it is
// seen.
type place struct {
	First, Len int
	Box        Box
}

// mark is a run of raised characters, as rune offsets into the line.
type mark struct{ From, To int }

// rawWord is where a word of a line stands; only lines that may be rows of a
// table have them.
type rawWord struct {
	From   int // rune offset of its first character
	X0, X1 float64
}
