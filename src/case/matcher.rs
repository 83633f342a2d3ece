//! Matchers: what an `expect` demands of elements and texts, and their JSON for the engine.
