package browser_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/server"
)

// site is a website to look at.
type site struct {
	url      string
	drawer   *extract.Extractor
	scripted *scripted // nil for a website from outside
	network  *network
	host     *host        // another website with the widget
	db       *postgres.DB // what is stored
	team     *team        // the staff area
}

// The questions that the scripted answerer knows by their first word; every
// other question is answered at once.
const (
	askAnswered = "Wie betaalt de SER?"
	askSlow     = "Langzaam: wie betaalt de SER?" // waits for release after every sentence
	askDeclined = "Onbekend: wat is de hoofdstad van Australië?"
	askPartial  = "Deels: wie betaalt de SER en hoeveel?"
	askBroken   = "Stuk: wie betaalt de SER?"
	askPrinted  = "Gedrukt: wat is de SER?"   // cites scripted.printed
	askLong     = "Lang: wie betaalt de SER?" // twelve sentences, one by one
	askRead     = "Gelezen: wat staat er?"    // cites scripted.read
	askBusy     = "Druk: wie betaalt de SER?" // is refused as too much at once
	askHostile  = "Gevaar: <script>document.title='kwaad'</script> \u202ekrab"
)

const hostile = "<img src=x onerror=\"document.title='kwaad'\"> \u202eomgekeerd 🙂 " + "&lt;b&gt;"

// longAnswer is the number of sentences of the answer to askLong.
const longAnswer = 12

func longSentence(i int) string {
	return fmt.Sprintf("Zin %d van het lange antwoord: %s.", i, strings.Repeat("é", 10*i))
}

// lastSentence is in every complete scripted answer.
const lastSentence = "Werkgevers en werknemers dragen dus samen de kosten."

func newSite(t *testing.T) *site {
	t.Helper()
	if chromium.skip != "" {
		t.Skip(chromium.skip)
	}
	if url := os.Getenv(envSite); url != "" {
		return &site{url: strings.TrimSuffix(url, "/")}
	}
	return ownSite(t)
}

// ownSite is the website that these tests start, which needs no browser. with changes
// what its pages are made of.
func ownSite(t *testing.T, with ...func(*server.PagesConfig)) *site {
	t.Helper()
	db := postgrestest.New(t)
	host := newHost(t)
	pictures, drawer := newPictures(t, db)
	answerer := &scripted{release: make(chan struct{}, 16)}
	fill(t, db)
	editorial := postgres.NewEditorial(db)
	following, unfollow := context.WithCancel(context.Background())
	t.Cleanup(unfollow)
	go editorial.Follow(following)
	conversations := chat.New(chat.Config{Store: db.Chat(), Answerer: answerer, Closed: editorial.Closed})
	config := server.PagesConfig{
		Asker: server.AskerOf(conversations), Conversations: conversations, Library: postgres.NewLibrary(db), Pictures: pictures,
		Feedback: postgres.NewFeedback(db), Shares: postgres.NewShares(db), Operator: "Stichting Voorbeeld", Contact: "hulp@voorbeeld.nl", Retention: 30 * 24 * time.Hour,
		FrameOrigins: []string{host.URL}, Notices: notices{editorial},
	}
	for _, f := range with {
		f(&config)
	}
	pages, err := server.NewPages(config)
	if err != nil {
		t.Fatal(err)
	}
	members := newTeam(db)
	members.edits(t, db, editorial)
	srv, err := server.New(server.Config{Chat: conversations, Pages: pages, Office: members.open(t)})
	if err != nil {
		t.Fatal(err)
	}
	backend := httptest.NewServer(srv.Handler())
	wire := newNetwork(t, backend.Listener.Addr().String())
	host.site = "http://" + wire.listener.Addr().String()
	t.Cleanup(func() {
		wire.close()
		backend.CloseClientConnections()
		backend.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		conversations.Close(ctx)
	})
	return &site{url: "http://" + wire.listener.Addr().String(), scripted: answerer, network: wire, host: host, db: db, drawer: drawer, team: members}
}

// host is another website, whose only page loads the widget.
type host struct {
	*httptest.Server
	site string // set before the first request
}

func newHost(t *testing.T) *host {
	t.Helper()
	h := &host{}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="nl"><title>Elders</title><main><h1>Elders</h1><script src="%s/widget.js"></script></main>`, h.site)
	}))
	t.Cleanup(h.Close)
	return h
}

// own skips tests that need the scripted answers.
func (s *site) own(t *testing.T) {
	t.Helper()
	if s.scripted == nil {
		t.Skip("needs the scripted answers of the test's own website")
	}
}

var pageTexts = []string{
	"Hoofdstuk 1 De Sociaal-Economische Raad\nDe Sociaal-Economische Raad adviseert regering en parlement. In de raad zitten ondernemers, werknemers en onafhankelijke kroonleden.\n1",
	"Hoofdstuk 2 Financiering\n" + strings.Repeat("Dit hoofdstuk gaat over geld.\n", 40) + "De SER wordt betaald door het bedrijfsleven. Het geld komt sinds 2013 uit het Algemeen Werkloosheidsfonds (Awf).\nDe raad stelt elk jaar een begroting vast.\nWerkgevers en werknemers dragen dus samen de kosten.\n2",
	"Hoofdstuk 3 Toezicht\nDe minister keurt de begroting goed. " + strings.Repeat("De raad legt elk jaar verantwoording af over de uitgaven. ", 12) + "\n3",
}

// fill puts documents into the corpus as the ingester would have.
func fill(t *testing.T, db *postgres.DB) {
	t.Helper()
	exec := func(query string, args ...any) {
		t.Helper()
		if _, err := db.Pool().Exec(t.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	add := func(id, title, kind, date string, pages []string) {
		digest := sha256.Sum256([]byte(id))
		exec(`INSERT INTO originals (digest, media_type, content) VALUES ($1, 'text/plain', $2)`, digest[:], []byte(strings.Join(pages, "\n\n")))
		exec(`INSERT INTO documents (id, source) VALUES ($1, 'test:' || $1)`, id)
		exec(`INSERT INTO versions (document_id, number, digest, status, title, publication, type, language, date, published_at)
			VALUES ($1, 1, $2, 'current', $3, '', $4, 'nl', $5, '2024-05-01 12:00Z')`, id, digest[:], title, kind, date)
		for i, text := range pages {
			var blocks []corpus.Block
			at := 0
			lines := strings.Split(text, "\n")
			for j, line := range lines {
				n := len([]rune(line))
				b := corpus.Block{Kind: corpus.BlockParagraph, Start: at, End: at + n}
				switch j {
				case 0:
					b.Kind, b.Level = corpus.BlockHeading, 1
				case len(lines) - 1:
					b.Kind = corpus.BlockPageNumber
				}
				blocks = append(blocks, b)
				at += n + 1
			}
			exec(`INSERT INTO pages (version_id, number, label, text, reader, blocks)
				SELECT id, $2, $3, $4, 'pdfium', $5 FROM versions WHERE document_id = $1`, id, i+1, fmt.Sprint(i+1), text, blocks)
		}
	}
	add("financiering-van-de-ser", "Hoe de SER aan zijn geld komt", "uitleg", "2024-04-25", pageTexts)
	add("gevaar", hostile, "uitleg", "2023", []string{"Kop\n" + hostile + " " + strings.Repeat("w", 3000) + "\n1"})
	for i, title := range []string{"De overlegeconomie op drie niveaus", "Het Charter Diversiteit", "Leven lang ontwikkelen", "Het Jongerenplatform", "Adviezen van de jaren vijftig"} {
		add(fmt.Sprintf("document-%d", i), title, "advies", fmt.Sprintf("20%02d", 10+i), pageTexts[:i%3+1])
	}
	exec(`UPDATE corpus_changes SET at = '2024-05-01 12:00Z'`)
}

// scripted is an answerer that says what the first word of the question asks for.
type scripted struct {
	release chan struct{}
	read    corpus.Citation // of the document that newSite's ingest read
	printed corpus.Citation
	mu      sync.Mutex
	asked   []string
}

func (s *scripted) questions() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.asked...)
}

// cite finds a quote in the corpus of the test.
func cite(n, page int, quote string) corpus.Citation {
	text := []rune(pageTexts[page-1])
	i := strings.Index(string(text), quote)
	start := len([]rune(string(text)[:i]))
	end := start + len([]rune(quote))
	return corpus.Citation{N: n,
		Document: corpus.DocumentRef{ID: "financiering-van-de-ser", Title: "Hoe de SER aan zijn geld komt", Type: "uitleg", Date: "2024-04-25"},
		Version:  1, Page: page, PageLabel: fmt.Sprint(page), Heading: strings.SplitN(string(text), "\n", 2)[0],
		Quote: quote, Start: start, End: end,
		URL: corpus.CitationURL("financiering-van-de-ser", 1, page, start, end)}
}

func (s *scripted) Answer(ctx context.Context, req answer.Request, emit func(answer.Event) error) (corpus.Answer, error) {
	s.mu.Lock()
	s.asked = append(s.asked, req.Question)
	s.mu.Unlock()
	kind, _, _ := strings.Cut(req.Question, ":")
	wait := func() error {
		switch kind {
		case "Langzaam":
		case "Lang":
			time.Sleep(2 * time.Millisecond)
			return nil
		default:
			return nil
		}
		select {
		case <-s.release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	for _, stage := range []string{answer.StageSearching, answer.StageReading, answer.StageWriting} {
		if err := emit(answer.Progress{Stage: stage}); err != nil {
			return corpus.Answer{}, err
		}
	}
	a := corpus.Answer{Status: corpus.Answered, Completeness: corpus.Complete, Model: answer.ModelExtractive, Lang: "nl", Corpus: "1"}
	switch kind {
	case "Onbekend":
		a.Status, a.Completeness = corpus.NoAnswer, corpus.None
		a.Text = "Dat staat niet in de documenten. Stel een vraag over de SER, dan zoek ik het op."
		return a, nil
	case "Druk":
		return corpus.Answer{}, chat.ProblemBusy.Err("nl", nil)
	case "Stuk":
		return corpus.Answer{}, errors.New("scripted failure")
	case "Deels":
		a.Status, a.Completeness = corpus.Partial, corpus.Incomplete
	}
	a.Citations = []corpus.Citation{
		cite(1, 2, "De SER wordt betaald door het bedrijfsleven."),
		cite(2, 2, "Het geld komt sinds 2013 uit het Algemeen Werkloosheidsfonds (Awf)."),
		cite(3, 2, lastSentence),
	}
	a.Sentences = []corpus.Sentence{
		{Text: "De SER wordt betaald door het bedrijfsleven.", Citations: []int{1}},
		{Text: "Het geld komt sinds 2013 uit het Algemeen Werkloosheidsfonds (Awf).", Citations: []int{2}},
		{Text: lastSentence, Citations: []int{1, 3}},
	}
	if kind == "Lang" {
		a.Sentences = nil
		for i := range longAnswer {
			a.Sentences = append(a.Sentences, corpus.Sentence{Text: longSentence(i), Citations: []int{i%3 + 1}})
		}
	}
	if kind == "Gelezen" {
		a.Citations = []corpus.Citation{s.read}
		a.Sentences = []corpus.Sentence{{Text: s.read.Quote, Citations: []int{1}}}
	}
	if kind == "Gedrukt" {
		a.Citations = []corpus.Citation{s.printed}
		a.Sentences = []corpus.Sentence{{Text: s.printed.Quote, Citations: []int{1}}}
	}
	if kind == "Gevaar" {
		text := []rune("Kop\n" + hostile)
		quote := string(text[4:])
		a.Citations = []corpus.Citation{{N: 1, Document: corpus.DocumentRef{ID: "gevaar", Title: hostile, Type: "uitleg"}, Version: 1, Page: 1, PageLabel: hostile,
			Heading: hostile, Quote: quote, Start: 4, End: len(text), URL: corpus.CitationURL("gevaar", 1, 1, 4, len(text))}}
		a.Sentences = []corpus.Sentence{{Text: hostile + strings.Repeat("w", 3000), Citations: []int{1}}}
	}
	sent := map[int]bool{}
	for i, sentence := range a.Sentences {
		for _, n := range sentence.Citations {
			if !sent[n] {
				sent[n] = true
				if err := emit(a.Citations[n-1]); err != nil {
					return corpus.Answer{}, err
				}
			}
		}
		if err := emit(answer.IndexedSentence{Index: i, Sentence: sentence}); err != nil {
			return corpus.Answer{}, err
		}
		if err := wait(); err != nil {
			return corpus.Answer{}, err
		}
		a.Text += fmt.Sprintf("%s %v ", sentence.Text, sentence.Citations)
	}
	return a, nil
}

// network stands between browser and server and can be cut.
type network struct {
	listener net.Listener
	target   string
	mu       sync.Mutex
	down     bool
	conns    map[net.Conn]bool
	faults   *rand.Rand // nil: none
	stalls   bool       // some connections fall silent instead of closing
	slow     bool       // 400 kbit/s with 200 ms on the way, both ways: slow 3G
}

// throttle makes every connection from now on one of a telephone far from its mast.
func (n *network) throttle() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.slow = true
}

// harm makes every connection from now on a bad one, by the seed.
func (n *network) harm(seed uint64, stalls bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.faults, n.stalls = rand.New(rand.NewPCG(seed, 1)), stalls
}

// fault is what is wrong with a connection in one direction.
type fault struct {
	breakAfter int           // bytes, also in the middle of a message; -1: never
	stall      bool          // fall silent then, instead of closing
	pieces     int           // the most bytes that go at once
	delay      time.Duration // before each piece
	latency    time.Duration // before what came together
}

func (n *network) fault() fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.slow {
		return fault{breakAfter: -1, pieces: 1000, delay: 20 * time.Millisecond, latency: 200 * time.Millisecond}
	}
	if n.faults == nil {
		return fault{breakAfter: -1, pieces: 32 << 10}
	}
	f := fault{breakAfter: -1, pieces: 32 << 10}
	if n.faults.IntN(4) > 0 {
		f.breakAfter = n.faults.IntN(8000)
		f.stall = n.stalls && n.faults.IntN(8) == 0
	}
	if n.faults.IntN(2) == 0 {
		f.pieces = 1 + n.faults.IntN(300)
		f.delay = time.Duration(n.faults.IntN(2000)) * time.Microsecond
	}
	return f
}

// pass copies from one side to the other as well as the fault lets it.
func (f fault) pass(to io.Writer, from io.Reader) {
	b := make([]byte, 32<<10)
	for sent := 0; ; {
		count, err := from.Read(b)
		time.Sleep(f.latency)
		for rest := b[:count]; len(rest) > 0; {
			piece := rest[:min(len(rest), f.pieces)]
			broken := f.breakAfter >= 0 && sent+len(piece) > f.breakAfter
			if broken {
				piece = piece[:max(0, f.breakAfter-sent)]
			}
			time.Sleep(f.delay)
			if _, err := to.Write(piece); err != nil {
				return
			}
			if sent += len(piece); broken {
				if f.stall {
					_, _ = io.Copy(io.Discard, from)
				}
				return
			}
			rest = rest[len(piece):]
		}
		if err != nil {
			return
		}
	}
}

func newNetwork(t *testing.T, target string) *network {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	n := &network{listener: l, target: target, conns: map[net.Conn]bool{}}
	go n.accept()
	return n
}

func (n *network) accept() {
	for {
		in, err := n.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.DialTimeout("tcp", n.target, 5*time.Second)
		if err != nil || !n.add(in, out) {
			_ = in.Close()
			if out != nil {
				_ = out.Close()
			}
			continue
		}
		pipe := func(to, from net.Conn) {
			n.fault().pass(to, from) // until either side went away
			_ = to.Close()
			_ = from.Close()
		}
		go pipe(out, in)
		go pipe(in, out)
	}
}

func (n *network) add(conns ...net.Conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range conns {
		n.conns[c] = true
	}
	return !n.down
}

// cut drops every connection and refuses new ones until mend.
func (n *network) cut() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = true
	for c := range n.conns {
		_ = c.Close()
	}
	n.conns = map[net.Conn]bool{}
}

func (n *network) mend() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = false
}

func (n *network) close() {
	_ = n.listener.Close()
	n.cut()
}
