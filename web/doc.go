// Package web holds what a browser receives: the templates of the pages, the
// words they say in Dutch and English, and the built styles and scripts. It
// imports the standard library only; internal/server decides what is shown when.
//
// The styles and scripts are built by `npm ci && npm run build` in this folder
// into dist, which is not kept in version control. Without them the package
// compiles and the pages work, plainly.
package web
