// Package extract turns the bytes of one file into the pages a citation can
// point at: text in reading order, blocks that say what each stretch of it is,
// printed page labels and what the document says of itself. It reads PDF
// (PDFium in WebAssembly, or the light reader, each page judged by the same
// gate, tesseract for pages that hold no readable text), web pages, Word
// documents, Markdown and plain text. Word documents have a reader of our own: the
// free libraries in Go that are kept up read no footnotes or may not be used under
// our licence. PDFs are opened in a child process with a deadline and a memory limit,
// because a parser of outside bytes must be allowed to die alone. Boxes beside the
// running text are known by their tags (Aside, BlockQuote) and by what is drawn: a
// filled or ruled rectangle, four rules, a shade behind each line. It may import
// ingest/pdfium, internal/corpus and libraries; it stores nothing and knows no database.
package extract
