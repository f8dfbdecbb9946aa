package staff

import (
	"slices"
	"time"
)

// Role is what somebody does here. Each role may do all that the one before it may.
type Role string

// The roles, from the one that may do least.
const (
	RoleViewer   Role = "viewer"   // reads answers, judgements, figures
	RoleReviewer Role = "reviewer" // judges answers
	RoleEditor   Role = "editor"   // keeps question sets, runs them, pins and corrects answers, withdraws documents
	RoleAdmin    Role = "admin"    // keeps accounts and what the public chat does
)

// Roles are all roles, from the one that may do least.
func Roles() []Role { return []Role{RoleViewer, RoleReviewer, RoleEditor, RoleAdmin} }

// Valid reports whether r is one of Roles.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// Permission is something that one may be allowed to do.
type Permission string

// The permissions.
const (
	MayEnter   Permission = "enter"   // be in the staff area at all, keep one's own account
	MayRead    Permission = "read"    // conversations, judgements, runs, figures
	MayJudge   Permission = "judge"   // give a judgement
	MayEdit    Permission = "edit"    // question sets, runs, pins, documents
	MayPublish Permission = "publish" // confirm what another proposed
	MayManage  Permission = "manage"  // accounts, the public chat, the log of changes
)

// Permissions are all permissions.
func Permissions() []Permission {
	return []Permission{MayEnter, MayRead, MayJudge, MayEdit, MayPublish, MayManage}
}

// least is the lowest role that has a permission.
func (p Permission) least() Role {
	switch p {
	case MayEnter, MayRead:
		return RoleViewer
	case MayJudge:
		return RoleReviewer
	case MayEdit, MayPublish:
		return RoleEditor
	}
	return RoleAdmin
}

// May reports whether somebody with role r is allowed p. An unknown role may nothing.
func (r Role) May(p Permission) bool {
	has := slices.Index(Roles(), r)
	return has >= 0 && has >= slices.Index(Roles(), p.least())
}

// User is somebody of the staff.
type User struct {
	ID       int64
	Name     string
	Email    string // in small letters; what one signs in with
	Role     Role
	Disabled time.Time // zero: may sign in
	Created  time.Time
	SignedIn time.Time // last; zero: never
	// Password reports whether the account has one; Provider is the OpenID provider it
	// signs in with, "" for none.
	Password bool
	Provider string
	// Epoch goes up when all sessions of the account must end.
	Epoch int64
}

// May reports whether the user is allowed p.
func (u User) May(p Permission) bool { return u.Disabled.IsZero() && u.Role.May(p) }
