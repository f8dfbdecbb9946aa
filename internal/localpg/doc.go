// Package localpg runs a private PostgreSQL for one data directory, reachable
// through a Unix socket only, without anybody having to install, start or stop
// a database server.
//
// The server belongs to no single command. The first command that calls Start
// starts a keeper: the same program once more, in a session of its own, that
// has PostgreSQL as its child. Every command that uses the server holds a shared
// lock on a file in the data directory; the operating system gives that lock
// back however a command ends. When the last one is gone the keeper stops
// PostgreSQL and ends. So a command joins the running server or starts it, two
// commands at once share it, the one that started it may end first, and nothing
// is left behind after kill -9.
//
//   - A command is killed: its lock is gone, the others keep the server.
//   - PostgreSQL is killed: the keeper starts it again on the same socket.
//   - The keeper is killed: the kernel tells PostgreSQL to shut down cleanly, and
//     the commands that are still there start a new keeper on the same socket.
//   - All are killed: the next Start waits for what is left of the old server
//     and recovers the data.
//
// The package imports nothing of the project. It works on Linux.
package localpg
