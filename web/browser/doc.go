// Package browser tests the website in a real Chromium, over the real server,
// chat and database, with an answerer that says what the test wants. It holds
// tests only.
package browser
