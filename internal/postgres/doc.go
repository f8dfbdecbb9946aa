// Package postgres is the adapter to PostgreSQL: the connection pool, the
// migrations, the checks of the database, and one file per consumer with the
// stores that implement the consumers' small interfaces. All SQL of the project
// is here or in the migrations. It may import the packages whose interfaces it
// implements for their types; only cmd wires it in.
package postgres
