// Package browser tests the website in a real Chromium, over the real server,
// chat and database, with an answerer that says what the test wants. It holds
// tests only.
//
// Every page and state is compared with a small grey picture in testdata/golden.
// After a change of looks, look at the pictures in full and then accept them:
//
//	VRAAGBAAK_SCREENSHOTS=/tmp/pictures go test ./web/browser
//	go test ./web/browser -update
package browser
