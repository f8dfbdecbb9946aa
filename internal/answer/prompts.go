package answer

import (
	"fmt"
	"io/fs"
	"strings"
)

// PromptTexts are the texts that a language model is asked with, by file name, such as
// answer.v1.nl.system. They are kept with the answers made from them.
func PromptTexts() (map[string]string, error) {
	names, err := fs.Glob(promptFiles, "prompts/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("list prompts: %w", err)
	}
	texts := make(map[string]string, len(names))
	for _, name := range names {
		content, err := promptFiles.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read prompt: %w", err)
		}
		texts[strings.TrimSuffix(strings.TrimPrefix(name, "prompts/"), ".tmpl")] = string(content)
	}
	return texts, nil
}
