package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/research"
)

// ReadingLists keep the passages that visitors collect. It is implemented by
// *research.Service. What people did wrong is a *corpus.UserError in lang.
type ReadingLists interface {
	List(ctx context.Context, id string) (research.List, error)
	AddToList(ctx context.Context, id string, p research.Place, note, lang string) error
	SetNote(ctx context.Context, id string, item int64, note, lang string) error
	MoveItem(ctx context.Context, id string, item int64, to int, lang string) error
	RemoveItem(ctx context.Context, id string, item int64, lang string) error
	DeleteList(ctx context.Context, id string) error
	Import(ctx context.Context, content []byte, lang string) (research.Import, error)
}

// listCookie holds the id of the visitor's reading list. Whoever knows the id has the
// list, so it stands in no address; the cookie goes to the pages of research alone and
// is set with the first passage.
const listCookie = "leeslijst"

// exportFormats are the formats of an export with what they are called.
var exportFormats = []struct {
	format research.Format
	key    string
}{
	{research.FormatDOCX, "list.docx"},
	{research.FormatMarkdown, "list.markdown"},
	{research.FormatRIS, "list.ris"},
	{research.FormatBibTeX, "list.bibtex"},
	{research.FormatCSLJSON, "list.csl"},
	{research.FormatLeidraad, "list.leidraad"},
	{research.FormatAPA, "list.apa"},
}

func (p *Pages) registerLists(handle func(method, path string, h func(*locale, http.ResponseWriter, *http.Request))) {
	handle("GET", "/onderzoek/lijst", func(l *locale, w http.ResponseWriter, r *http.Request) {
		p.showList(l, w, r, listPage{}, http.StatusOK)
	})
	handle("GET", "/onderzoek/lijst/bestand", p.exportList)
	handle("POST", "/onderzoek/lijst/voeg-toe", p.addToList)
	handle("POST", "/onderzoek/lijst/wijzig", p.changeList)
	handle("POST", "/onderzoek/lijst/wis", p.wipeList)
	handle("POST", "/onderzoek/lijst/inlezen", p.importList)
}

// listOf is the id of this browser's reading list; "" when it has none.
func listOf(r *http.Request) string {
	c, err := r.Cookie(listCookie)
	if err != nil {
		return ""
	}
	return c.Value
}

func (p *Pages) setListCookies(w http.ResponseWriter, r *http.Request, id string, age time.Duration) {
	for _, lang := range slices.Sorted(maps.Keys(p.locales)) {
		l := p.locales[lang]
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure wherever the site is reached by https
			Name: listCookie, Value: id, Path: l.url("/onderzoek"), MaxAge: int(age / time.Second),
			HttpOnly: true, SameSite: http.SameSiteLaxMode,
			Secure: strings.HasPrefix(p.origin(r), "https://"),
		})
	}
}

type listPage struct {
	layout
	Error    string
	Items    []listItemView
	Exports  []linkTo
	Wiped    bool
	Imported bool
	Found    []matchView
	Unknown  []string
	Count    string // of what was imported
}

func (p listPage) with(base layout) any { p.layout = base; return p }

type linkTo struct{ Text, URL string }

type listItemView struct {
	excerptView
	ID          int64
	N           int
	Note        string
	Facts       string // type, number and date
	First, Last bool
}

type matchView struct {
	Written     string
	Publication publicationView
}

// showList shows the reading list of this browser, with what page says besides.
func (p *Pages) showList(l *locale, w http.ResponseWriter, r *http.Request, page listPage, status int) {
	w.Header().Set("Cache-Control", "no-store")
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	list, err := p.lists.List(ctx, listOf(r))
	if err != nil {
		p.problem(l, w, r, err, composer{})
		return
	}
	page.layout = layout{Title: l.text("list.title"), Section: "research", NoIndex: true}
	page.Wiped = r.Method == http.MethodGet && r.URL.Query().Has("gewist") && len(list.Items) == 0
	for i, item := range list.Items {
		v := listItemView{excerptView: l.quoted(item.Citation), ID: item.ID, N: i + 1, Note: item.Note, First: i == 0, Last: i == len(list.Items)-1}
		v.Title = item.Citation.Document.Title
		if reference := l.reference(item.Citation.Document.Type, item.Citation.Document.Number, item.Citation.Document.Date); len(reference) > 0 {
			v.Facts = strings.Join(reference, " · ")
		}
		page.Items = append(page.Items, v)
	}
	if len(page.Items) > 0 {
		for _, f := range exportFormats {
			page.Exports = append(page.Exports, linkTo{l.text(f.key), l.url("/onderzoek/lijst/bestand?vorm=" + url.QueryEscape(string(f.format)))})
		}
	}
	p.render(l, w, r, status, "research_list", page)
}

// listProblem shows what was wrong with a change beside the list, which is as it was.
func (p *Pages) listProblem(l *locale, w http.ResponseWriter, r *http.Request, err error) {
	var user *corpus.UserError
	if errors.As(err, &user) && problemStatus[user.Code] < http.StatusInternalServerError && user.Message != "" {
		p.showList(l, w, r, listPage{Error: user.Message}, http.StatusUnprocessableEntity)
		return
	}
	p.problem(l, w, r, err, composer{})
}

// placeOf reads the address of a citation.
func placeOf(address string) (research.Place, bool) {
	rest, ok := strings.CutPrefix(address, "/citaat/")
	parts := strings.Split(rest, "/")
	if !ok || len(parts) != 4 {
		return research.Place{}, false
	}
	id, err := url.PathUnescape(parts[0])
	version, okVersion := positive(parts[1])
	page, okPage := positive(parts[2])
	start, end, okSpan := parseSpan(parts[3])
	return research.Place{Document: id, Version: version, Page: page, Start: start, End: end},
		err == nil && id != "" && okVersion && okPage && okSpan
}

// addToList puts a passage on the list: a script goes on where it was, a form goes to
// the list.
func (p *Pages) addToList(l *locale, w http.ResponseWriter, r *http.Request) {
	err := form(w, r)
	place, ok := placeOf(r.PostForm.Get("passage"))
	if err == nil && !ok {
		err = &corpus.UserError{Code: corpus.CodeBadMessage, Message: l.text("list.no_passage")}
	}
	id := listOf(r)
	if id == "" {
		id = research.NewListID()
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
		defer cancel()
		err = p.lists.AddToList(ctx, id, place, "", l.lang)
	}
	if err != nil {
		p.listProblem(l, w, r, err)
		return
	}
	age := p.retention
	if age <= 0 {
		age = cookieAge
	}
	p.setListCookies(w, r, id, age)
	w.Header().Set("Cache-Control", "no-store")
	if r.Header.Get("Accept") == "application/json" {
		writeJSON(w, http.StatusOK, map[string]string{"list": l.url("/onderzoek/lijst")})
		return
	}
	http.Redirect(w, r, l.url("/onderzoek/lijst"), http.StatusSeeOther)
}

// changeList moves, removes or annotates a passage.
func (p *Pages) changeList(l *locale, w http.ResponseWriter, r *http.Request) {
	if err := form(w, r); err != nil {
		p.listProblem(l, w, r, err)
		return
	}
	id := listOf(r)
	item, okItem := positive(r.PostForm.Get("item"))
	at, okAt := positive(r.PostForm.Get("plaats"))
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	err := error(&corpus.UserError{Code: corpus.CodeBadMessage, Message: l.text("research.wrong_choice")})
	anchor := "#i-" + strconv.Itoa(item)
	if okItem && okAt {
		switch r.PostForm.Get("doe") {
		case "notitie":
			err = p.lists.SetNote(ctx, id, int64(item), r.PostForm.Get("notitie"), l.lang)
		case "omhoog":
			err = p.lists.MoveItem(ctx, id, int64(item), max(at-2, 0), l.lang)
		case "omlaag":
			err = p.lists.MoveItem(ctx, id, int64(item), at, l.lang)
		case "weg":
			err, anchor = p.lists.RemoveItem(ctx, id, int64(item), l.lang), ""
		}
	}
	if err != nil {
		p.listProblem(l, w, r, err)
		return
	}
	http.Redirect(w, r, l.url("/onderzoek/lijst")+anchor, http.StatusSeeOther)
}

// wipeList deletes the list.
func (p *Pages) wipeList(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	if err := p.lists.DeleteList(ctx, listOf(r)); err != nil {
		p.listProblem(l, w, r, err)
		return
	}
	p.setListCookies(w, r, "", -time.Second)
	http.Redirect(w, r, l.url("/onderzoek/lijst?gewist"), http.StatusSeeOther)
}

// exportList gives the list as a file.
func (p *Pages) exportList(l *locale, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
	defer cancel()
	format := research.Format(r.URL.Query().Get("vorm"))
	if !slices.Contains(research.Formats(), format) {
		p.listProblem(l, w, r, &corpus.UserError{Code: corpus.CodeBadMessage, Message: l.text("research.wrong_choice")})
		return
	}
	list, err := p.lists.List(ctx, listOf(r))
	var file research.File
	if err == nil {
		file, err = list.Export(format, research.ExportOptions{Lang: l.lang, Origin: p.origin(r), Accessed: time.Now().In(l.zone)})
	}
	if err != nil {
		p.listProblem(l, w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", file.Media)
	h.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.Name))
	h.Set("Content-Length", strconv.Itoa(len(file.Content)))
	h.Set("Cache-Control", "no-store")
	if _, err := w.Write(file.Content); err != nil {
		p.log.DebugContext(r.Context(), "file not delivered", "error", err)
	}
}

// importList looks up the publications of a bibliography.
func (p *Pages) importList(l *locale, w http.ResponseWriter, r *http.Request) {
	const around = 64 << 10 // what a form has around its file
	r.Body = http.MaxBytesReader(w, r.Body, research.MaxBibliography+around)
	content, err := uploaded(r)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large) || len(content) > research.MaxBibliography:
		err = &corpus.UserError{Code: corpus.CodeBadMessage, Message: l.text("list.too_large", "max", research.MaxBibliography>>20)}
	case err != nil || len(content) == 0:
		err = &corpus.UserError{Code: corpus.CodeBadMessage, Message: l.text("list.no_file"), Err: err}
	}
	if r.MultipartForm != nil {
		defer func() { _ = r.MultipartForm.RemoveAll() }() // held in memory; nothing to lose
	}
	var found research.Import
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), readTimeout)
		defer cancel()
		found, err = p.lists.Import(ctx, content, l.lang)
	}
	if err != nil {
		p.listProblem(l, w, r, err)
		return
	}
	page := listPage{Imported: true, Count: l.text("list.found", "found", len(found.Found), "all", len(found.Found)+len(found.Unknown))}
	for _, m := range found.Found {
		page.Found = append(page.Found, matchView{written(m.Listed), l.publication(m.Publication)})
	}
	for _, listed := range found.Unknown {
		page.Unknown = append(page.Unknown, written(listed))
	}
	p.showList(l, w, r, page, http.StatusOK)
}

// uploaded is the file of a form.
func uploaded(r *http.Request) ([]byte, error) {
	if err := r.ParseMultipartForm(research.MaxBibliography + 1); err != nil { //nolint:gosec // importList bounds the body
		return nil, err
	}
	f, _, err := r.FormFile("bestand")
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read to its end
	return io.ReadAll(f)
}

// written is an entry of a bibliography on one line.
func written(e research.Listed) string {
	var parts []string
	for _, s := range []string{e.Title, e.Number} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Year > 0 {
		parts = append(parts, strconv.Itoa(e.Year))
	}
	return strings.Join(parts, ", ")
}
