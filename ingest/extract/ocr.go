package extract

import "time"

// OCROptions says how pages without readable text are read.
type OCROptions struct {
	Off       bool          // leave such pages empty
	Command   string        // default "tesseract", from PATH
	Languages string        // default "nld+eng"
	Deadline  time.Duration // for one page; default 2 minutes
	Parallel  int           // pages at once over all documents; default 2
	DPI       int           // default 300
}

func (o OCROptions) withDefaults() OCROptions {
	if o.Command == "" {
		o.Command = "tesseract"
	}
	if o.Languages == "" {
		o.Languages = "nld+eng"
	}
	if o.Deadline <= 0 {
		o.Deadline = 2 * time.Minute
	}
	if o.Parallel <= 0 {
		o.Parallel = 2
	}
	if o.DPI <= 0 {
		o.DPI = 300
	}
	return o
}
