package answer

// DefaultPassages is how many passages a turn reads when its configuration says nothing.
const DefaultPassages = 40

// PromptVersion names the prompts that a language model is asked with, as Answer.Prompt
// does.
func PromptVersion() string { return promptVersion }
