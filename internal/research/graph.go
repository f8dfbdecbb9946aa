package research

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

// link is what a text says of two publications.
type link struct {
	kind     corpus.RelationKind
	other    int
	finding  int
	incoming bool
}

// link makes the links that the catalogue and the texts state.
func (n *snapshot) link() {
	n.catalogued, n.said = make(map[int][]Link), make(map[int][]link)
	for i, p := range n.pubs {
		for _, r := range p.Relations {
			if j, ok := n.byID[r.Publication]; ok && r.Publication != "" {
				n.catalogued[i] = append(n.catalogued[i], Link{Kind: r.Kind, Target: n.pubs[j], InCatalogue: true})
				n.catalogued[j] = append(n.catalogued[j], Link{Kind: r.Kind, Target: p, InCatalogue: true, Incoming: true})
				continue
			}
			other := Publication{Publication: corpus.Publication{Metadata: corpus.Metadata{Title: r.Target}}}
			if strings.Contains(r.Target, "://") {
				other.Original = r.Target
			}
			n.catalogued[i] = append(n.catalogued[i], Link{Kind: r.Kind, Target: other, InCatalogue: true})
		}
	}
	for j, f := range n.findings {
		h, ok := n.versions[f.Version]
		if f.Kind != FoundMention || f.Relation == "" || !ok {
			continue
		}
		object := n.resolve(f.Mention)
		subject := n.document[n.held[h].Document.ID]
		if f.Subject != nil {
			subject = n.resolve(*f.Subject)
		} else if !n.advises(subject) {
			continue // nobody's publication says it of itself
		}
		if object < 0 || subject < 0 || object == subject {
			continue
		}
		if f.Relation == corpus.Reply { // the one that is replied to leads to its reply
			object, subject = subject, object
		}
		n.said[subject] = append(n.said[subject], link{f.Relation, object, j, false})
		n.said[object] = append(n.said[object], link{f.Relation, subject, j, true})
	}
}

// Graph is what a publication mentions and what mentions it, the oldest first, with
// the pages. An unknown id is a *corpus.UserError.
func (s *Service) Graph(ctx context.Context, id string) (Graph, error) {
	n, err := s.refresh(ctx)
	if err != nil {
		return Graph{}, err
	}
	i, err := n.find(id)
	if err != nil {
		return Graph{}, err
	}
	out := Graph{Publication: n.pubs[i], Corpus: n.state}
	if out.Cites, err = s.references(ctx, n, n.cites[i], n.unknown[i], func(r reference) int { return r.to }); err != nil {
		return Graph{}, err
	}
	if out.CitedBy, err = s.references(ctx, n, n.citedBy[i], nil, func(r reference) int { return r.from }); err != nil {
		return Graph{}, err
	}
	links, err := s.links(ctx, n, []int{i})
	out.Links = append([]Link{}, links[i]...)
	if err != nil {
		return Graph{}, err
	}
	divisions, err := s.divisions(ctx, n, topic{}, []int{i})
	out.Divisions = divisions[i]
	return out, err
}

// references groups mentions by the publication at their other end. What the
// catalogue does not know (unknown) has its number alone.
func (s *Service) references(ctx context.Context, n *snapshot, list []reference, unknown []int, end func(reference) int) ([]Reference, error) {
	found := make(map[int][]int)
	for _, r := range list {
		if n.findings[r.finding].Mention.Carried {
			continue
		}
		found[end(r)] = append(found[end(r)], r.finding)
	}
	found[-1] = unknown
	pages, err := s.pagesOf(ctx, n, found)
	if err != nil {
		return nil, err
	}
	out := []Reference{}
	add := func(p Publication, findings []int) {
		r := Reference{Publication: p, Pages: []int{}, Citations: []corpus.Citation{}}
		for _, j := range findings {
			passage, ok := pages.passage(n, j)
			if !ok {
				continue
			}
			c := cite(passage, passage.Start, passage.End)
			if !slices.ContainsFunc(r.Citations, func(o corpus.Citation) bool { return o.URL == c.URL }) {
				r.Citations = append(r.Citations, c)
			}
			if !slices.Contains(r.Pages, c.Page) {
				r.Pages = append(r.Pages, c.Page)
			}
		}
		slices.Sort(r.Pages)
		if len(r.Citations) > 0 {
			out = append(out, r)
		}
	}
	for other, findings := range found {
		if other >= 0 {
			add(n.pubs[other], findings)
		}
	}
	byNumber := make(map[string][]int)
	for _, j := range unknown {
		number := n.findings[j].Mention.Number
		byNumber[number] = append(byNumber[number], j)
	}
	for number, findings := range byNumber {
		add(Publication{Publication: corpus.Publication{Metadata: corpus.Metadata{Number: number}}}, findings)
	}
	slices.SortFunc(out, func(a, b Reference) int {
		return cmp.Or(cmp.Compare(a.Publication.Date, b.Publication.Date), cmp.Compare(a.Publication.ID, b.Publication.ID), cmp.Compare(a.Publication.Number, b.Publication.Number))
	})
	return out, nil
}
