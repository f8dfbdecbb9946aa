// Package staff is who works with the service: accounts, roles and what each role may
// do, passwords, the log of what was changed by whom, and changes that wait for a
// second person.
//
// It may import corpus. What it stores in is an interface; the pages are those of
// package office.
package staff
