package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/ser-nl/vraagbaak/internal/server"
)

// Relations is what the catalogue says of a document and other publications, both
// ways, by kind and date. Publications that the corpus does not have are named too.
func (l *Library) Relations(ctx context.Context, document string) ([]server.Relation, error) {
	rows, err := l.db.pool.Query(ctx, `
		WITH own AS ( -- what the document is in the catalogue
			SELECT id FROM publications WHERE document_id = $1
		), `+namedPublications+`, resolved AS ( -- every relation with both its ends, as far as the catalogue has them
			SELECT r.publication_id AS source, r.kind, r.target, coalesce(direct.id, titled.id) AS id
			FROM publication_relations r
			LEFT JOIN named direct ON direct.name = r.target
			LEFT JOIN named titled ON titled.name = lower(r.target)
		), other AS ( -- the ends that are not the document
			SELECT kind, false AS incoming, id, target FROM resolved WHERE source IN (SELECT id FROM own)
			UNION
			SELECT kind, true, source, '' FROM resolved
			WHERE id IN (SELECT id FROM own) AND source NOT IN (SELECT id FROM own)
		)
		SELECT o.kind, o.incoming, coalesce(p.title, o.target), coalesce(p.number, ''), coalesce(p.type, ''), coalesce(p.date, ''),
			coalesce(p.language, ''), coalesce(d.id, ''), coalesce(p.original, '')
		FROM other o
		LEFT JOIN publications p ON p.id = o.id
		LEFT JOIN documents d ON d.id = p.document_id AND d.withdrawn_at IS NULL
			AND EXISTS (SELECT FROM versions v WHERE v.document_id = d.id AND v.status = 'current')
		ORDER BY o.kind, o.incoming, p.date, 3
		LIMIT 100`, document)
	if err != nil {
		return nil, fmt.Errorf("read relations: %w", err)
	}
	relations, err := pgx.CollectRows(rows, pgx.RowToStructByPos[server.Relation])
	if err != nil {
		return nil, fmt.Errorf("read relations: %w", err)
	}
	return relations, nil
}
