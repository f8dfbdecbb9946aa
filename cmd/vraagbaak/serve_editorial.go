package main

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/ser-nl/vraagbaak/ingest"
	"github.com/ser-nl/vraagbaak/internal/answer"
	"github.com/ser-nl/vraagbaak/internal/corpus"
	"github.com/ser-nl/vraagbaak/internal/office"
	"github.com/ser-nl/vraagbaak/internal/postgres"
	"github.com/ser-nl/vraagbaak/internal/staff"
)

// notices are what visitors are told, for the pages.
type notices struct{ *postgres.Editorial }

// Banner implements server.Notices.
func (n notices) Banner(lang string) string { return n.Current().BannerIn(lang, time.Now()) }

// facts are what the service says of itself.
func (c *serveCommand) facts() office.Facts {
	f := office.Facts{
		Operator: c.Operator, Contact: c.Contact, PublicURL: c.PublicURL, Retention: c.Retention, Program: version(),
		Model: c.Model, ModelHost: hostOf(c.ModelURL), EmbedHost: hostOf(c.EmbeddingsURL), RankHost: hostOf(c.RerankURL),
		SignIn: c.OIDCIssuer, FourEyes: c.FourEyes, Masked: []string{"bsn", "iban", "email", "phone"},
	}
	if c.Model != "" && f.ModelHost == "" {
		f.ModelHost = "api.anthropic.com" // where that kind goes without an address
	}
	if c.EmbeddingsURL != "" {
		f.Embedder = c.EmbeddingsModel
	}
	if c.RerankURL != "" {
		f.Reranker = c.RerankModel
	}
	return f
}

// hostOf is the computer that an address leads to; "" for no address.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// record keeps with what this server answers, names it in every answer from now on, and
// reads what the staff decided.
func (c *serveCommand) record(ctx context.Context, x *engine) error {
	f := c.facts()
	made := office.Configuration{Program: f.Program, Settings: map[string]string{
		"model": f.Model, "model-kind": c.ModelKind, "model-host": f.ModelHost, "model-window": strconv.Itoa(c.ModelWindow),
		"embeddings-model": f.Embedder, "embeddings-host": f.EmbedHost, "rerank-model": f.Reranker, "rerank-host": f.RankHost,
		"embeddings-query-prefix": c.QueryPrefix, "embeddings-document-prefix": c.DocumentPrefix, "dictionary": c.Dictionary,
	}}
	maps.DeleteFunc(made.Settings, func(_, value string) bool { return value == "" })
	if f.Generative() {
		var err error
		if made.Prompts, err = answer.PromptTexts(); err != nil {
			return err
		}
	} else {
		delete(made.Settings, "model-kind")
		delete(made.Settings, "model-window")
	}
	id, err := postgres.NewAccount(x.db.DB, c.Retention).RecordConfiguration(ctx, made)
	if err != nil {
		return err
	}
	x.making.Configuration = id
	x.answers = answer.New(x.making)
	return x.editorial.Refresh(ctx)
}

// editors adds to the staff area the parts on which people change what the public sees.
// Documents that they hand over are read by whoever works on jobs.
func (c *serveCommand) editors(ctx context.Context, e *env, x *engine, team *staffArea, wg *sync.WaitGroup) error {
	in, extractor, err := x.ingester(e, c.PDFSettings, ingest.FetchOptions{}, 1)
	if err != nil {
		return err
	}
	wg.Go(func() {
		<-ctx.Done()
		if err := extractor.Close(); err != nil {
			e.log.Warn("a reader did not stop cleanly", "error", err)
		}
	})
	store, err := postgres.NewIngestStore(x.db.DB)
	if err != nil {
		return err
	}
	desk, pins := postgres.NewCorpusDesk(x.db.DB, store), postgres.NewPins(x.db.DB)
	for _, kinds := range []map[string]postgres.ApplyProposal{desk.Kinds(), pins.Kinds()} {
		for name, apply := range kinds {
			team.Kinds.Kind(name, apply)
		}
	}
	alone := x.making // an answer made again is the program's, whatever people pinned since
	alone.Editorial = nil
	team.Editor = &office.Editor{
		Corpus: desk, Offers: offers{in, desk}, Pins: pins, Search: x.search, Public: x.editorial,
		Accountability: postgres.NewAccount(x.db.DB, c.Retention), Answerer: answer.New(alone), Facts: c.facts(),
	}
	return nil
}

// offers hands documents of the staff to the ingester.
type offers struct {
	in   *ingest.Ingester
	desk *postgres.CorpusDesk
}

// Upload implements office.Offers.
func (o offers) Upload(ctx context.Context, by staff.User, name string, content []byte, hold bool) (office.Offered, error) {
	return o.offer(ctx, by, ingest.Upload(name, content), hold)
}

// Address implements office.Offers.
func (o offers) Address(ctx context.Context, by staff.User, address string, hold bool) (office.Offered, error) {
	source, ok := o.in.Address(address)
	if !ok {
		return office.Offered{}, &corpus.UserError{Code: corpus.CodeBadMessage, Message: "Dit is geen adres van een document. Begin met https:// en noem één document, geen sitemap."}
	}
	return o.offer(ctx, by, source, hold)
}

func (o offers) offer(ctx context.Context, by staff.User, source ingest.Source, hold bool) (office.Offered, error) {
	source.Hold = hold
	receipt, err := o.in.Offer(ctx, source)
	if err != nil {
		return office.Offered{}, err
	}
	if err := o.desk.RecordOffer(ctx, by, source.Name, receipt.Document, hold); err != nil {
		return office.Offered{}, fmt.Errorf("after handing over %s: %w", source.Name, err)
	}
	return office.Offered{Document: receipt.Document, Unchanged: receipt.Version == 0, SameAs: receipt.SameAs}, nil
}
