//go:build !linux

package localpg

import (
	"context"
	"errors"
	"log/slog"
)

// Options say which server to start or join.
type Options struct {
	DataDir   string
	BinDir    string
	Throwaway bool
	Logger    *slog.Logger
}

// Instance is the use of a private server by this process.
type Instance struct{}

// Start fails: the private server needs Linux.
func Start(context.Context, Options) (*Instance, error) {
	return nil, errors.New("the private PostgreSQL works on Linux only: give the address of a server in DATABASE_URL")
}

// URL is the address of the database.
func (*Instance) URL() string { return "" }

// Joined tells whether the server was already running.
func (*Instance) Joined() bool { return false }

// Close does nothing.
func (*Instance) Close() error { return nil }

// Checks has nothing to check.
func Checks(context.Context, string) []Check { return nil }
