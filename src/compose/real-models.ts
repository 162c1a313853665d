/** What gets a person from the mock to a real model. */
export const REAL_MODELS = 'set OPENAI_API_KEY, ANTHROPIC_API_KEY or GOOGLE_API_KEY, or run Ollama';
