package extract

import "golang.org/x/sys/unix"

// usage is what this process (unix.RUSAGE_SELF), or its children that have
// ended (unix.RUSAGE_CHILDREN), took of the machine so far.
func usage(who int) Cost {
	var r unix.Rusage
	if err := unix.Getrusage(who, &r); err != nil {
		return Cost{}
	}
	return Cost{CPU: float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9, Memory: r.Maxrss << 10}
}
