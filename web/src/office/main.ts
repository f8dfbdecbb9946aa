// The scripts of the staff area: each page works without them.
export {};
