package research

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Limits of a reading list.
const (
	MaxListItems = 500
	MaxNote      = 4000 // code points
)

// List is a reading list: passages that a visitor keeps, in the order they gave them.
type List struct {
	ID      string     `json:"id"` // whoever knows it may read and change the list
	Items   []ListItem `json:"items"`
	Updated time.Time  `json:"updated,omitzero"`
}

// ListItem is a passage on a list. Citation is as the stored page says it now and
// always: it names the version that was read.
type ListItem struct {
	ID       int64           `json:"id"`
	Citation corpus.Citation `json:"citation"` // N counts from 1 within the list
	Note     string          `json:"note"`     // of who made the list
	Added    time.Time       `json:"added"`
}

// Place is where a passage stands: what an address of a citation says.
type Place struct {
	Document string
	Version  int
	Page     int
	Start    int // code points into the page's text
	End      int
}

// PlaceOf is the place of a citation.
func PlaceOf(c corpus.Citation) Place {
	return Place{Document: c.Document.ID, Version: c.Version, Page: c.Page, Start: c.Start, End: c.End}
}

// Errors that a ListStore returns for callers to tell apart.
var (
	// ErrNoPassage: there are no such words in the corpus.
	ErrNoPassage = errors.New("no such passage")
	// ErrListFull: the list has as many passages as it may.
	ErrListFull = errors.New("the list is full")
	// ErrNoItem: the list has no such passage, or there is no such list.
	ErrNoItem = errors.New("no such item")
)

// ListStore keeps reading lists. internal/postgres implements it. Every change counts
// as use of the list, which is kept until it was not used for as long as conversations
// are.
type ListStore interface {
	// List is empty when there is no such list.
	List(ctx context.Context, id string) (List, error)
	// AddToList puts a passage at the end, and makes the list when there is none. One
	// that is there already stays where it is; a note that is not "" replaces its note.
	AddToList(ctx context.Context, id string, p Place, note string, limit int) error
	SetNote(ctx context.Context, id string, item int64, note string) error
	// MoveItem puts an item at an index, from 0; beyond the end is the end.
	MoveItem(ctx context.Context, id string, item int64, to int) error
	RemoveItem(ctx context.Context, id string, item int64) error
	DeleteList(ctx context.Context, id string) error
}

// NewListID is a name for a new list that nobody can guess.
func NewListID() string { return uuid.NewString() }

// listTimeout bounds one call of the store.
const listTimeout = 10 * time.Second

// List reads a list. One that does not exist, or that is no longer kept, is empty.
func (s *Service) List(ctx context.Context, id string) (List, error) {
	if !validList(id) {
		return List{ID: id, Items: []ListItem{}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return s.cfg.Lists.List(ctx, id)
}

// AddToList puts a passage at the end of a list, which is made when there is none.
// What cannot be added is a *corpus.UserError in lang.
func (s *Service) AddToList(ctx context.Context, id string, p Place, note, lang string) error {
	note, err := cleanNote(note, lang)
	if err != nil {
		return err
	}
	if p.Document == "" || p.Version < 1 || p.Page < 1 || p.Start < 0 || p.End <= p.Start || !validList(id) {
		return listError(ErrNoPassage, lang)
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return listError(s.cfg.Lists.AddToList(ctx, id, p, note, MaxListItems), lang)
}

// SetNote replaces the note at an item; "" takes it off.
func (s *Service) SetNote(ctx context.Context, id string, item int64, note, lang string) error {
	note, err := cleanNote(note, lang)
	if err != nil {
		return err
	}
	return s.change(ctx, id, lang, func(ctx context.Context) error { return s.cfg.Lists.SetNote(ctx, id, item, note) })
}

// MoveItem puts an item at an index, from 0.
func (s *Service) MoveItem(ctx context.Context, id string, item int64, to int, lang string) error {
	return s.change(ctx, id, lang, func(ctx context.Context) error { return s.cfg.Lists.MoveItem(ctx, id, item, max(to, 0)) })
}

// RemoveItem takes an item off a list.
func (s *Service) RemoveItem(ctx context.Context, id string, item int64, lang string) error {
	return s.change(ctx, id, lang, func(ctx context.Context) error { return s.cfg.Lists.RemoveItem(ctx, id, item) })
}

// DeleteList deletes a list with everything on it; one that does not exist is no error.
func (s *Service) DeleteList(ctx context.Context, id string) error {
	if !validList(id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return s.cfg.Lists.DeleteList(ctx, id)
}

func (s *Service) change(ctx context.Context, id, lang string, do func(context.Context) error) error {
	if !validList(id) {
		return listError(ErrNoItem, lang)
	}
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	return listError(do(ctx), lang)
}

func validList(id string) bool {
	_, err := uuid.Parse(id)
	return err == nil && len(id) == 36
}

// cleanNote makes text that can be stored and exported.
func cleanNote(note, lang string) (string, error) {
	note = strings.TrimSpace(printable(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(note)))
	if utf8.RuneCountInString(note) > MaxNote {
		message := "De notitie is te lang. Gebruik ten hoogste 4.000 tekens."
		if lang == "en" {
			message = "The note is too long. Use at most 4,000 characters."
		}
		return "", &corpus.UserError{Code: corpus.CodeTooLong, Message: message}
	}
	return note, nil
}

// listError says what a store's error means for people.
func listError(err error, lang string) error {
	var code corpus.Code
	var nl, en string
	switch {
	case errors.Is(err, ErrNoPassage):
		code, nl, en = corpus.CodeNotFound, "Deze passage bestaat niet. Open de bron opnieuw en voeg de passage daar toe.",
			"This passage does not exist. Open the source again and add the passage there."
	case errors.Is(err, ErrListFull):
		code, nl, en = corpus.CodeTooLong, "De leeslijst is vol: er passen 500 passages in. Haal er eerst een weg, of bewaar de lijst als bestand en begin een nieuwe.",
			"The reading list is full: it holds 500 passages. Remove one first, or save the list as a file and start a new one."
	case errors.Is(err, ErrNoItem):
		code, nl, en = corpus.CodeNotFound, "Deze passage staat niet meer op de leeslijst. Ververs de pagina.",
			"This passage is no longer on the reading list. Reload the page."
	default:
		return err
	}
	if lang == "en" {
		nl = en
	}
	return &corpus.UserError{Code: code, Message: nl, Err: err}
}
