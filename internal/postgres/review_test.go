package postgres_test

import (
	"github.com/ser-nl/vraagbaak/internal/staff"
)

func userN(id int64) staff.User { return staff.User{ID: id, Name: "U", Role: staff.RoleReviewer} }
