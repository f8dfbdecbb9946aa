package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/ingest/extract"
	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// Source is a document that can be ingested: where it is and what is known of
// it beforehand.
type Source struct {
	// Name is the absolute path, the address, or demo:NAME. It identifies the
	// document over its versions.
	Name  string
	Hints corpus.Metadata
	// Hold keeps the version that is read of it out of the answers until somebody
	// publishes it.
	Hold bool
	// open reads at most limit+1 bytes. It is nil for an address, and for a
	// publication of a catalogue that has no document.
	open      func(ctx context.Context, limit int64) (file, error)
	isAddress bool
	// publication is the entry of the catalogue that led here.
	publication *corpus.Publication
	// optional: it is no failure when the document is not to be had.
	optional bool
	// list: it is no document but a sitemap or catalogue that fails.
	list bool
}

// file is a document as it was found.
type file struct {
	Name      string
	MediaType string
	Content   []byte
	// Of an address: the digest of the bytes when it has what it had before (Content
	// is nil then), and what tells that the next time.
	stored             []byte
	etag, lastModified string
}

// Find makes the sources of arguments as people type them: files, folders (all
// supported files in it and below, hidden ones apart, sorted by name), addresses
// that begin with http:// or https://, sitemaps (addresses that end in .xml or
// .xml.gz, or a robots.txt that names some) and catalogues (files that end in .csv, .json, .yaml or .yml; see
// ParseCatalogue). A .txt file in a folder is passed over when a PDF of the same
// name lies beside it. What does not exist or cannot be read, and a folder without
// anything to read, is a source that fails, so that the others go on.
func (in *Ingester) Find(ctx context.Context, args []string) ([]Source, error) {
	var sources []Source
	seen := make(map[string]int) // name → place in sources
	add := func(s Source) {
		at, again := seen[s.Name]
		switch {
		case !again:
			seen[s.Name] = len(sources)
			sources = append(sources, s)
		case sources[at].publication == nil && s.publication != nil:
			sources[at] = s // what a catalogue knows of it goes first
		case s.publication != nil:
			// A second publication of the same document: kept, without the document.
			sources = append(sources, Source{Name: s.Name, publication: s.publication})
		}
	}
	for _, arg := range args {
		switch {
		case isAddress(arg) && isSitemap(arg):
			for _, s := range in.sitemap(ctx, cleanAddress(arg)) {
				add(s)
			}
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			continue
		case isAddress(arg):
			add(in.address(arg))
			continue
		}
		absolute, err := filepath.Abs(arg)
		if err != nil {
			return nil, fmt.Errorf("finding %s: %w", arg, err)
		}
		if info, err := os.Stat(absolute); err != nil || !info.IsDir() {
			if isCatalogue(absolute) {
				for _, s := range in.catalogue(ctx, absolute) {
					add(s)
				}
				continue
			}
			add(fileSource(absolute))
			continue
		}
		found, twins, err := walk(os.DirFS(absolute))
		if err != nil {
			add(Source{Name: absolute, open: refused(unreadableFolder(err)), list: true})
			continue
		}
		if len(found) == 0 {
			add(Source{Name: absolute, open: refused(&failureError{corpus.Failure{Code: CodeUnreadable,
				Message: "In deze map staat geen bestand dat gelezen kan worden, zoals een PDF- of tekstbestand."}, fs.ErrNotExist}), list: true})
			continue
		}
		for _, name := range twins {
			in.cfg.Logger.Info("passed over the text of a PDF that lies beside it", "folder", absolute, "name", name)
		}
		for _, name := range found {
			add(fileSource(filepath.Join(absolute, filepath.FromSlash(name))))
		}
	}
	return sources, nil
}

// FromFS makes the sources of all supported files of a file system, as Find
// does for a folder, named prefix followed by their path, such as demo:NAME.
func FromFS(fsys fs.FS, prefix string) ([]Source, error) {
	names, _, err := walk(fsys)
	if err != nil {
		return nil, fmt.Errorf("looking through %s: %w", prefix, err)
	}
	sources := make([]Source, len(names))
	for i, name := range names {
		sources[i] = Source{Name: prefix + name, open: func(_ context.Context, limit int64) (file, error) {
			return readFile(fsys, name, limit)
		}}
	}
	return sources, nil
}

// walk lists the supported files below fsys by name. What cannot be looked into
// is listed too, so that it fails by name instead of being passed over. A plain
// text beside a PDF of the same name is that PDF's text and is set apart as its
// twin: with both, everything would be found twice, once without its pages.
func walk(fsys fs.FS) (names, twins []string, err error) {
	err = fs.WalkDir(fsys, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			if name == "." {
				return err
			}
			names = append(names, name)
			return nil
		}
		if name != "." && strings.HasPrefix(entry.Name(), ".") {
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if !entry.IsDir() && extract.Supported(name) {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	names = slices.Compact(names)
	pdfs := make(map[string]bool)
	for _, name := range names {
		if ext := path.Ext(name); strings.EqualFold(ext, ".pdf") {
			pdfs[strings.TrimSuffix(name, ext)] = true
		}
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		ext := path.Ext(name)
		if !strings.EqualFold(ext, ".txt") || !pdfs[strings.TrimSuffix(name, ext)] {
			return false
		}
		twins = append(twins, name)
		return true
	})
	return names, twins, err
}

func fileSource(absolute string) Source {
	return Source{Name: absolute, open: func(_ context.Context, limit int64) (file, error) {
		dir, base := filepath.Split(absolute)
		return readFile(os.DirFS(dir), base, limit)
	}}
}

func readFile(fsys fs.FS, name string, limit int64) (file, error) {
	info, err := fs.Stat(fsys, name)
	if err != nil {
		return file{}, unreadable(err)
	}
	if !info.Mode().IsRegular() {
		return file{}, unreadable(errNotRegular)
	}
	f, err := fsys.Open(name)
	if err != nil {
		return file{}, unreadable(err)
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return file{}, unreadable(err)
	}
	return file{Name: path.Base(name), Content: content}, nil
}

var errNotRegular = errors.New("not a regular file")

// unreadable says what to do when a file cannot be read.
func unreadable(err error) error {
	message := "Het bestand is niet te lezen. Controleer het bestand en bied het opnieuw aan."
	switch {
	case errors.Is(err, fs.ErrNotExist):
		message = "Het bestand bestaat niet (meer). Controleer de naam."
	case errors.Is(err, fs.ErrPermission):
		message = "Het bestand mag niet worden gelezen. Pas de rechten aan en bied het opnieuw aan."
	case errors.Is(err, errNotRegular):
		message = "Dit is geen gewoon bestand maar een pijp, een apparaat of een map. Bied het document zelf aan."
	}
	return &failureError{corpus.Failure{Code: CodeUnreadable, Message: message}, err}
}

// unreadableFolder says what to do when a folder cannot be looked through.
func unreadableFolder(err error) error {
	return &failureError{corpus.Failure{Code: CodeUnreadable,
		Message: "Deze map is niet te lezen. Controleer de map en de rechten en bied hem opnieuw aan."}, err}
}

// open reads a source and refuses what cannot be a document, before it is
// stored.
func (in *Ingester) open(ctx context.Context, s Source) (file, error) {
	var f file
	var err error
	if s.isAddress {
		var known Fetched
		err = persist(ctx, func() (err error) { known, err = in.cfg.Store.Fetched(ctx, s.Name); return err })
		if err != nil {
			return file{}, err
		}
		f, err = in.fetch.get(ctx, s.Name, known, in.cfg.MaxBytes)
	} else {
		f, err = s.open(ctx, in.cfg.MaxBytes)
	}
	if err != nil {
		return file{}, err
	}
	if int64(len(f.Content)) > in.cfg.MaxBytes {
		return file{}, tooLarge(in.cfg.MaxBytes)
	}
	if f.MediaType == "" && f.stored == nil {
		f.MediaType = mediaType(f.Name, f.Content)
	}
	return f, nil
}

func tooLarge(limit int64) error {
	return &failureError{corpus.Failure{Code: extract.CodeTooLarge,
		Message: fmt.Sprintf("Het bestand is groter dan %d MB. Splits het in delen of maak de afbeeldingen kleiner.", limit>>20)},
		errors.New("over the size limit")}
}

// mediaType names the kind of a file after its first bytes, and after its name
// where those do not tell.
func mediaType(name string, content []byte) string {
	if bytes.Contains(content[:min(len(content), 1024)], []byte("%PDF")) {
		return "application/pdf"
	}
	switch strings.ToLower(path.Ext(name)) {
	case ".md", ".markdown":
		return "text/markdown; charset=utf-8"
	case ".docx":
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	}
	return http.DetectContentType(content)
}

func isAddress(arg string) bool {
	u, err := url.Parse(arg)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}
