"""Audio features to tokens: prompts, rules, searches, fallback. No MAX, no seconds."""
