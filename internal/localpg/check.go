package localpg

// Check is the outcome of one check of the installation.
type Check struct {
	Name   string // what was looked at
	OK     bool
	Detail string // what was found
	Mend   string // what to do about it; may advise even when OK
}
