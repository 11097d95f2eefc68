//! What lies on disk: cached embeddings, the user's prompts and labels, model directories.
