// Package postgrestest gives tests a fresh, migrated database of their own in
// milliseconds: a copy of a template that was migrated once. The server is the
// one of VRAAGBAAK_TEST_DATABASE_URL when that is set, and otherwise a private
// PostgreSQL per test process, started when the first test asks for it. Only
// tests may import it; it imports postgres, migrations and localpg.
package postgrestest
