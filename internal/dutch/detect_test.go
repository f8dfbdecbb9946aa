package dutch

import "testing"

func TestDetect(t *testing.T) {
	tests := []struct{ text, want string }{
		{"Hoeveel leden heeft de SER?", "nl"},
		{"How many members does the SER have?", "en"},
		{"Who pays the SER?", "en"},
		{"wie betaalt de ser", "nl"},
		{"When was Diversity Day 2023?", "en"},
		{"wanneer was Diversity Day?", "nl"},
		{"Awf?", "nl"},
		{"Wat is de overlegeconomie", "nl"},
		{"What is the overlegeconomie?", "en"},
		{"kroonleden", "nl"},
		{"crown members", "en"},
		{"funding of the council", "en"},
		{"Social and Economic Council", "en"},
		{"Thanks!", "en"},
		{"Bedankt", "nl"},
		{"hello", "en"},
		{"hallo", "nl"},
		{"SER definition", "en"},
		{"Diversiteit in Bedrijf", "nl"},
		{"", "nl"},
		{"2023", "nl"},
		{"en in 2022?", "nl"},
		{"and in 2022?", "en"},
		{"what about 2022", "en"},
		{"can my employer fire me", "en"},
		{"mag mijn baas mij ontslaan", "nl"},
		{"In welk jaar was de eerste vergadering?", "nl"},
		{"In which year was the first meeting?", "en"},
		{"Is the SER part of the government?", "en"},
		{"Is de SER een overheidsinstelling?", "nl"},
	}
	for _, tt := range tests {
		if got := Detect(tt.text); got != tt.want {
			t.Errorf("Detect(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("Wie betaalt de SER?")
	f.Add("the \xff\xfe")
	f.Fuzz(func(t *testing.T, text string) {
		if got := Detect(text); got != "nl" && got != "en" {
			t.Errorf("Detect = %q", got)
		}
	})
}
