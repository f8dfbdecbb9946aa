package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/chat"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/postgres/postgrestest"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// editors is a database with what people change the public's view by, and two of them.
type editors struct {
	bench
	desk     *postgres.CorpusDesk
	pins     *postgres.Pins
	kinds    *postgres.Proposals
	ann, bob staff.User
}

func newEditors(t *testing.T) editors {
	t.Helper()
	e := editors{bench: newBench(t)}
	e.desk, e.pins = postgres.NewCorpusDesk(e.db, e.store), postgres.NewPins(e.db)
	e.kinds = postgres.NewProposals(e.db, e.desk.Kinds())
	for name, apply := range e.pins.Kinds() {
		e.kinds.Kind(name, apply)
	}
	e.ann, e.bob = addStaff(t, e.db, "ann@example.org", staff.RoleEditor), addStaff(t, e.db, "bob@example.org", staff.RoleEditor)
	return e
}

// does makes a change at once, as without four eyes.
func (e editors) does(t *testing.T, kind, object string, change any) error {
	t.Helper()
	_, err := staff.NewProposals(e.kinds, false).Propose(t.Context(), e.ann, kind, object, "proef", change)
	return err
}

// hold ingests a text that is to be held.
func (b bench) hold(t *testing.T, name, text string) ingest.Receipt {
	t.Helper()
	source := ingest.Upload(name, []byte(text))
	source.Hold = true
	receipt, err := b.ingester.Offer(testContext(t), source)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// settle works on jobs until none is left.
func (b bench) settle(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(testContext(t))
	done := make(chan error, 1)
	go func() { done <- b.ingester.Work(ctx) }()
	for {
		var pending int
		if err := b.pool.QueryRow(ctx, `SELECT count(*) FROM versions WHERE status = 'pending'`).Scan(&pending); err != nil {
			t.Fatal(err)
		}
		if pending == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

func TestHeldVersion(t *testing.T) {
	e := newEditors(t)
	first, err := e.ingester.Offer(testContext(t), ingest.Upload("advies.md", []byte("# Advies\nDe SER heeft 33 leden.")))
	if err != nil {
		t.Fatal(err)
	}
	e.settle(t)
	second := e.hold(t, "advies.md", "# Advies\nDe SER heeft 36 leden.")
	e.settle(t)
	if second.Document != first.Document || second.Result != ingest.Replaced {
		t.Fatalf("offered %+v after %+v", second, first)
	}
	checkWhole(t, e.pool)
	if got := texts(t, e.pool, first.Document); !slices.Equal(got, []string{"De SER heeft 33 leden."}) {
		t.Fatalf("while the new version is held, answers come from %q", got)
	}
	// It is whole, can be searched by itself, and nobody sees it.
	held, err := e.desk.Version(t.Context(), first.Document, 2)
	if err != nil || held.Status != "held" || len(held.Text) == 0 || held.Chunks == 0 {
		t.Fatalf("held version %+v, %v", held, err)
	}
	found, err := e.desk.FindIn(t.Context(), first.Document, 2, "Hoeveel leden heeft de SER?", 5)
	if err != nil || len(found) == 0 || !strings.Contains(found[0].Text, "36 leden") {
		t.Errorf("found %+v, %v", found, err)
	}
	if _, err := postgres.NewLibrary(e.db).Page(t.Context(), first.Document, 2, 1); err == nil {
		t.Error("the public can read a page of a held version")
	}
	if live, err := postgres.NewRetrievalStore(e.db).Passages(t.Context(), []int64{found[0].ChunkID}); err != nil || len(live) != 0 {
		t.Errorf("a held chunk is a live passage: %+v, %v", live, err)
	}
	// The same bytes again, held, change nothing.
	if again := e.hold(t, "advies.md", "# Advies\nDe SER heeft 36 leden."); again.Result != ingest.Unchanged || again.Version != 0 {
		t.Errorf("the same bytes again: %+v", again)
	}
	// Another reading under the same number is not what was looked at.
	wrong := office.HeldVersion{Document: first.Document, Version: 2, ID: held.ID + 1000}
	if err := e.does(t, office.KindPublish, "document:advies", wrong); err == nil {
		t.Error("another reading was published")
	}
	if err := e.does(t, office.KindPublish, "document:advies", office.HeldVersion{Document: first.Document, Version: 2, ID: held.ID}); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, e.pool)
	if got := texts(t, e.pool, first.Document); !slices.Equal(got, []string{"De SER heeft 36 leden."}) {
		t.Errorf("after publishing answers come from %q", got)
	}
	if old, err := postgres.NewLibrary(e.db).Page(t.Context(), first.Document, 1, 1); err != nil || old.Current != 2 {
		t.Errorf("the page of the old version: %+v, %v", old, err)
	}
	// One that is discarded leaves nothing; a document of nothing else goes with it.
	third := e.hold(t, "nieuw.md", "# Nieuw\nDit is nieuw.")
	e.settle(t)
	if v, err := e.desk.Version(t.Context(), third.Document, 1); err != nil {
		t.Fatal(err)
	} else if err := e.desk.Discard(t.Context(), e.ann, office.HeldVersion{Document: third.Document, Version: 1, ID: v.ID}); err != nil {
		t.Fatal(err)
	}
	checkWhole(t, e.pool)
	if _, _, err := e.desk.Document(t.Context(), third.Document); err == nil {
		t.Error("a discarded document is still there")
	}
}

func TestHoldAll(t *testing.T) {
	e := newEditors(t)
	if err := e.desk.SetHoldAll(t.Context(), e.ann, true); err != nil {
		t.Fatal(err)
	}
	entries := e.run(t, map[string]string{"a.md": "# A\nEen tekst over de SER."})
	if !entries["a.md"].Held {
		t.Errorf("entry %+v is not held", entries["a.md"])
	}
	state, err := e.desk.Corpus(t.Context())
	if err != nil || !state.HoldAll || len(state.Documents) != 1 || state.Documents[0].Held != 1 || state.Documents[0].Status != "held" {
		t.Errorf("state %+v, %v", state, err)
	}
}

// TestPublishProcess is no test but the process that TestPublishSurvivesKills kills.
func TestPublishProcess(t *testing.T) {
	address := os.Getenv("VRAAGBAAK_TEST_PUBLISH_URL")
	if address == "" {
		t.Skip("only runs as a process of the kill test")
	}
	db, err := postgres.Open(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	desk := postgres.NewCorpusDesk(db, store)
	proposals := staff.NewProposals(postgres.NewProposals(db, desk.Kinds()), false)
	fmt.Println("ready")
	state, err := desk.Corpus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range state.Documents {
		v, err := desk.Version(t.Context(), d.ID, d.Held)
		if err != nil {
			continue
		}
		_, err = proposals.Propose(t.Context(), staff.User{ID: 1, Name: "Ann", Role: staff.RoleEditor}, office.KindPublish, "document:"+d.ID, "x",
			office.HeldVersion{Document: d.ID, Version: d.Held, ID: v.ID})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestPublishSurvivesKills(t *testing.T) {
	address := postgrestest.URL(t)
	db, err := postgres.Open(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	store, err := postgres.NewIngestStore(db)
	if err != nil {
		t.Fatal(err)
	}
	b := bench{store: store, reader: &plainReader{}, pool: db.Pool(), db: db}
	if b.ingester, err = ingest.New(ingest.Config{Store: store, Queue: store, Extractor: b.reader, Index: indexChunk, Workers: 2}); err != nil {
		t.Fatal(err)
	}
	addStaff(t, db, "ann@example.org", staff.RoleEditor)
	const documents = 24
	for i := range documents {
		if _, err := b.ingester.Offer(testContext(t), ingest.Upload(fmt.Sprintf("d%d.md", i), fmt.Appendf(nil, "# D%d\nEen tekst met nummer %d.", i, i))); err != nil {
			t.Fatal(err)
		}
	}
	b.settle(t)
	for i := range documents {
		b.hold(t, fmt.Sprintf("d%d.md", i), fmt.Sprintf("# D%d\nEen nieuwe tekst met nummer %d.", i, i))
	}
	b.settle(t)
	left := func() (n int) {
		if err := db.Pool().QueryRow(testContext(t), `SELECT count(*) FROM versions WHERE status = 'held'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if left() != documents {
		t.Fatalf("%d versions are held, want %d", left(), documents)
	}
	random := rand.New(rand.NewPCG(8, 22)) // #nosec G404 -- moments of a test
	killed := 0
	for round := 0; left() > 0; round++ {
		if round > 60 {
			t.Fatalf("after %d rounds %d versions are still held", round, left())
		}
		program := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestPublishProcess$") // #nosec G204 -- this test binary
		program.Env = append(os.Environ(), "VRAAGBAAK_TEST_PUBLISH_URL="+address)
		out, err := program.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := program.Start(); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "ready"; {
			continue
		}
		if round < 8 {
			time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
			if program.Process.Kill() == nil {
				killed++
			}
		}
		_ = program.Wait() // it was killed
		checkWhole(t, db.Pool())
	}
	var applied, current int
	err = db.Pool().QueryRow(testContext(t), `
		SELECT (SELECT count(*) FROM staff_audit WHERE action = 'document.publish.applied'),
			(SELECT count(*) FROM versions WHERE status = 'current' AND number = 2)`).Scan(&applied, &current)
	if err != nil || applied != documents || current != documents {
		t.Errorf("after %d kills %d changes stand in the log and %d versions are current, want %d: %v", killed, applied, current, documents, err)
	}
}

// place finds a sentence in the current version of a document.
func place(t *testing.T, pool *pgxpool.Pool, document, sentence string) corpus.Reference {
	t.Helper()
	r := corpus.Reference{Document: document}
	var text string
	err := pool.QueryRow(testContext(t), `
		SELECT v.number, p.number, p.text FROM versions v JOIN pages p ON p.version_id = v.id
		WHERE v.document_id = $1 AND v.status = 'current' AND position($2 IN p.text) > 0`, document, sentence).Scan(&r.Version, &r.Page, &text)
	if err != nil {
		t.Fatal(err)
	}
	r.Start = len([]rune(text[:strings.Index(text, sentence)]))
	r.End = r.Start + len([]rune(sentence))
	return r
}

func TestPinnedAnswer(t *testing.T) {
	e := newEditors(t)
	e.run(t, map[string]string{"leden.md": "# Leden\nDe SER heeft 33 leden.", "anders.md": "# Anders\nDe SER zit in Den Haag."})
	one := postgres.NewEditorial(e.db)
	pinned := func(question string) (answer.Pin, bool) {
		t.Helper()
		if err := one.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		return one.Pinned("nl", answer.PinKey(question, "nl"))
	}
	draft := office.PinDraft{Lang: "nl", Questions: []string{"Hoeveel leden heeft de SER?", "Aantal leden SER"}, Sentences: []office.PinSentence{
		{Text: "De SER heeft 33 leden.", Citations: []corpus.Reference{place(t, e.pool, "leden", "De SER heeft 33 leden.")}},
		{Text: "Hij zit in Den Haag.", Citations: []corpus.Reference{place(t, e.pool, "anders", "De SER zit in Den Haag."), place(t, e.pool, "leden", "De SER heeft 33 leden.")}},
	}}
	if _, ok := pinned(draft.Questions[0]); ok {
		t.Fatal("a pin before there is one")
	}
	if err := e.does(t, office.KindPin, "pin:new", draft); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{"Hoeveel leden heeft de SER?", "hoeveel LEDEN heeft de ser", "SER aantal leden?"} {
		pin, ok := pinned(q)
		if !ok || len(pin.Sentences) != 2 || len(pin.Citations) != 2 || pin.Citations[0].Quote != "De SER heeft 33 leden." || !slices.Equal(pin.Sentences[1].Citations, []int{2, 1}) {
			t.Errorf("%q: %+v, %v", q, pin, ok)
		}
	}
	for _, q := range []string{"Hoeveel leden had de SER?", "Hoeveel leden heeft de SER niet?", "Hoeveel leden heeft de SER in 2020?"} {
		if _, ok := pinned(q); ok {
			t.Errorf("%q was taken for the pinned question", q)
		}
	}
	// Two answers to one question, sources that are not there, and no sources are refused.
	for name, bad := range map[string]office.PinDraft{
		"the same question": {Lang: "nl", Questions: []string{"Leden aantal van de SER", "aantal SER leden"}, Sentences: draft.Sentences},
		"no such place":     {Lang: "nl", Questions: []string{"Iets anders"}, Sentences: []office.PinSentence{{Text: "Ja.", Citations: []corpus.Reference{{Document: "leden", Version: 1, Page: 1, Start: 5, End: 5000}}}}},
		"no source":         {Lang: "nl", Questions: []string{"Iets anders"}, Sentences: []office.PinSentence{{Text: "Ja."}}},
	} {
		var user *corpus.UserError
		if err := e.does(t, office.KindPin, "pin:new", bad); !errors.As(err, &user) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A new version of a source is told to the editor; visitors still get the answer.
	e.run(t, map[string]string{"leden.md": "# Leden\nDe SER heeft 36 leden."})
	if pin, ok := pinned(draft.Questions[0]); !ok || pin.Citations[0].Quote != "De SER heeft 33 leden." {
		t.Errorf("after a new version: %+v, %v", pin, ok)
	}
	if items, err := e.pins.Pins(t.Context()); err != nil || len(items) != 1 || !items[0].Superseded() || !items[0].Shown() {
		t.Errorf("pins %+v, %v", items, err)
	}
	// With a withdrawn source it is not shown; it comes back with the source.
	if err := e.does(t, office.KindWithdraw, "document:anders", office.Withdrawal{Document: "anders", Reason: "fout"}); err != nil {
		t.Fatal(err)
	}
	if _, ok := pinned(draft.Questions[0]); ok {
		t.Error("shown with a withdrawn source")
	}
	if items, _ := e.pins.Pins(t.Context()); items[0].Shown() {
		t.Error("the editor is not told")
	}
	if err := e.does(t, office.KindRestore, "document:anders", office.Withdrawal{Document: "anders"}); err != nil {
		t.Fatal(err)
	}
	if _, ok := pinned(draft.Questions[0]); !ok {
		t.Error("not shown when its source is back")
	}
	// Versions stay; taken away it is shown no more, and its question is free.
	items, err := e.pins.Pins(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	changed := draft
	changed.ID, changed.Sentences = items[0].ID, draft.Sentences[:1]
	if err := e.does(t, office.KindPin, "pin:1", changed); err != nil {
		t.Fatal(err)
	}
	if versions, err := e.pins.Pin(t.Context(), changed.ID); err != nil || len(versions) != 2 || len(versions[0].Sentences) != 1 || len(versions[1].Sentences) != 2 {
		t.Errorf("versions %+v, %v", versions, err)
	}
	if err := e.does(t, office.KindUnpin, "pin:1", office.PinDraft{ID: changed.ID}); err != nil {
		t.Fatal(err)
	}
	if _, ok := pinned(draft.Questions[0]); ok {
		t.Error("shown after it was taken away")
	}
	if err := e.does(t, office.KindPin, "pin:new", draft); err != nil {
		t.Errorf("the question of a pin that was taken away is not free: %v", err)
	}
}

// Two servers follow what one of them is told; with four eyes nothing holds before
// somebody else says so.
func TestEditorialOnTwoServers(t *testing.T) {
	e := newEditors(t)
	e.run(t, map[string]string{"leden.md": "# Leden\nDe SER heeft 33 leden."})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var servers [2]*postgres.Editorial
	for i := range servers {
		servers[i] = postgres.NewEditorial(e.db)
		go servers[i].Follow(ctx)
	}
	eventually := func(what string, is func(*postgres.Editorial) bool) {
		t.Helper()
		deadline := time.Now().Add(2 * time.Minute) // generous: the machine may be busy
		for _, s := range servers {
			for !is(s) {
				if time.Now().After(deadline) {
					t.Fatalf("not on every server: %s", what)
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	state := office.PublicState{Closed: true, ClosedText: office.Text{NL: "Even niet.", EN: "Not now."}, Banner: office.Text{NL: "Onderhoud", EN: "Maintenance"}}
	if err := servers[0].SetPublic(ctx, e.ann, state); err != nil {
		t.Fatal(err)
	}
	eventually("closed", func(s *postgres.Editorial) bool {
		return s.Closed("en") == "Not now." && s.Current().BannerIn("nl", time.Now()) == "Onderhoud"
	})
	state.Closed = false
	if err := servers[1].SetPublic(ctx, e.ann, state); err != nil {
		t.Fatal(err)
	}
	eventually("open", func(s *postgres.Editorial) bool { return s.Closed("nl") == "" })

	waits := staff.NewProposals(e.kinds, true)
	p, err := waits.Propose(ctx, e.ann, office.KindScope, "scope:pensioen", "x", office.ScopeDraft{Phrase: "eigen pensioen", Message: office.Text{NL: "Nee.", EN: "No."}})
	if err != nil || p.Status != staff.ProposalOpen {
		t.Fatalf("%+v, %v", p, err)
	}
	if terms, err := e.pins.ScopeTerms(ctx); err != nil || len(terms) != 0 {
		t.Errorf("a term before it was confirmed: %+v, %v", terms, err)
	}
	if _, err := waits.Confirm(ctx, e.bob, p.ID); err != nil {
		t.Fatal(err)
	}
	eventually("a scope term", func(s *postgres.Editorial) bool {
		terms := s.ScopeTerms()
		return len(terms) == 1 && terms[0].In("Hoe hoog wordt mijn EIGEN pensioen?") && !terms[0].In("pensioen in eigen hand")
	})
	var log string
	if err := e.pool.QueryRow(ctx, `SELECT string_agg(action, ' ' ORDER BY id) FROM staff_audit`).Scan(&log); err != nil || !strings.Contains(log, "public.close public.open scope.save.open scope.save.applied") {
		t.Errorf("the log of changes: %s, %v", log, err)
	}
}

func TestReconstruction(t *testing.T) {
	e := newEditors(t)
	e.run(t, map[string]string{"leden.md": "# Leden\nDe SER heeft 33 leden."})
	account := postgres.NewAccount(e.db, time.Hour)
	made := office.Configuration{Program: "v1", Settings: map[string]string{"model": "groot"}, Prompts: map[string]string{"answer.v1.nl.system": "Antwoord kort."}}
	id, err := account.RecordConfiguration(t.Context(), made)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := account.RecordConfiguration(t.Context(), made); err != nil || again != id {
		t.Errorf("recorded again: %s, %v, want %s", again, err, id)
	}
	made.Prompts = map[string]string{"answer.v1.nl.system": "Antwoord lang."}
	if other, err := account.RecordConfiguration(t.Context(), made); err != nil || other == id {
		t.Errorf("another prompt has the same name: %s, %v", other, err)
	}
	store := e.db.Chat()
	turn := chat.NewTurn{ID: uuid.NewString(), Conversation: uuid.NewString(), NewConversation: true, Question: "Hoeveel leden?", Lang: "nl", Lease: time.Minute}
	accepted := chat.Event{Turn: turn.ID, Seq: 1, Type: chat.EventAccepted, Payload: []byte(`{}`)}
	if err := store.Accept(t.Context(), turn, accepted); err != nil {
		t.Fatal(err)
	}
	a := corpus.Answer{ID: turn.ID, Status: corpus.Answered, Text: "De SER heeft 33 leden. [1]", Model: "groot", Configuration: id,
		Read: []corpus.Reference{place(t, e.pool, "leden", "De SER heeft 33 leden.")}}
	if err := store.Finish(t.Context(), turn.ID, chat.Ending{Status: a.Status, Answer: &a, Events: []chat.Event{accepted, {Turn: turn.ID, Seq: 2, Type: chat.EventDone, Payload: []byte(`{}`)}}}); err != nil {
		t.Fatal(err)
	}
	r, err := account.Reconstruct(t.Context(), turn.ID)
	if err != nil || r.Question != turn.Question || !r.Recorded || len(r.Passages) != 1 || r.Passages[0].Quote != "De SER heeft 33 leden." ||
		r.Configuration == nil || r.Configuration.Prompts["answer.v1.nl.system"] != "Antwoord kort." || r.Retention.IsZero() {
		t.Fatalf("%+v, %v", r, err)
	}
	var user *corpus.UserError
	if _, err := account.Reconstruct(t.Context(), "iets"); !errors.As(err, &user) || user.Code != corpus.CodeNotFound {
		t.Errorf("an unknown turn: %v", err)
	}
	// It goes with its conversation.
	if _, err := store.DeleteConversation(t.Context(), turn.Conversation); err != nil {
		t.Fatal(err)
	}
	if _, err := account.Reconstruct(t.Context(), turn.ID); !errors.As(err, &user) {
		t.Errorf("after its conversation was deleted: %v", err)
	}
}
